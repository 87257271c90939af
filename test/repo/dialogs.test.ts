import assert from "node:assert/strict";
import { LIMITS } from "../../nodes/shared/limits";
import { catalogOf, dialogOf, NODE_TYPES, shownKeys } from "./dialog-definition";
import { NODE_CONTRACTS } from "./node-contracts";

/** Values on both sides of the limits. */
const NUMBERS: Readonly<Record<string, { valid: unknown[]; invalid: unknown[] }>> = {
  timeout: { valid: [15, "1", "600", "0.5e1", LIMITS.timeout.max], invalid: ["", "0", LIMITS.timeout.max + 1, "soon"] },
  concurrency: { valid: [4, "1", LIMITS.concurrency.max], invalid: ["", "0", LIMITS.concurrency.max + 1, "1.5"] },
  queue: { valid: [1000, "0", LIMITS.queue.max], invalid: ["", "-1", LIMITS.queue.max + 1, "1.5"] },
  rate: { valid: ["", "0", "0.5", "10"], invalid: ["-1", "fast"] },
  interval: { valid: [30, "15", "20.5", LIMITS.interval.max], invalid: ["", "0.5", LIMITS.interval.max + 1, "often"] },
  settle: { valid: [1, "2", LIMITS.settle.max], invalid: ["", "0", LIMITS.settle.max + 1, "1.5"] },
  threshold: { valid: [200, "", LIMITS.threshold.max], invalid: ["0", LIMITS.threshold.max + 1, "slow"] },
  limit: { valid: [0, "1000"], invalid: ["", "-1", "1.5", "few"] },
};

const texts = { _: (key: string) => key };

describe("The label of a node on the canvas", () => {
  it("says what the node will do, and with what", () => {
    const labels: [string, object, string][] = [
      ["kasa-device", { device: "Modem plug", value: "on" }, "Modem plug: on"],
      ["kasa-device", { device: "Modem plug", value: "false", valueType: "bool" }, "Modem plug: off"],
      ["kasa-device", { device: "lamp", deviceType: "flow", value: "{}", valueType: "json" }, "flow.lamp: set"],
      ["kasa-device", { device: "Desk strip", outlet: "Fan", command: "energy" }, "Desk strip / Fan: energy"],
      ["kasa-event", { filter: "Freezer" }, "Freezer"],
      ["omada-query", { path: "sites/{siteId}/clients" }, "clients"],
      ["omada-query", { path: "/openapi/v1/{omadacId}/sites" }, "sites"],
      ["omada-query", { path: "todo", pathType: "msg", method: "POST" }, "POST msg.todo"],
      ["omada-command", { method: "PUT", path: "todo", pathType: "msg" }, "PUT msg.todo"],
      ["omada-event", { filter: "Ada's phone" }, "Ada's phone: omada-event.option.source.clients"],
      ["router-status", { endpoint: "" }, "msg.endpoint"],
      ["router-config-post", { apply: true }, "config.wan.connection.priority router-config-post.node.apply"],
      ["router-event", { filter: "Fibre" }, "Fibre: router-event.option.source.wan"],
    ];
    for (const [type, settings, label] of labels) {
      const node = { ...NODE_CONTRACTS[type]?.defaults, ...settings, ...texts };
      assert.equal(dialogOf(type).definition.label.call(node), label);
    }
  });
});

describe("The path of an omada-webhook", () => {
  const validate = dialogOf("omada-webhook").definition.defaults["path"]?.validate ?? assert.fail();

  it("may be what the runtime can listen at", () => {
    for (const path of ["/omada", "omada", " //a/b-c_d.e~f/ ", "${HOOK}", "/hooks/${HOOK}"])
      assert.equal(validate(path, {}), true, path);
    for (const path of [undefined, "", " ", "/", "/a/../b", "/omada/:id", "/*", "/a b", "/a%20b"])
      assert.equal(validate(path, {}), "@homenet/node-red-homenet/omada-webhook:omada-webhook.error.path", path);
  });

  it("is checked at once, however long it is", () => {
    assert.equal(validate("/a-path".repeat(10_000), {}), true);
    assert.notEqual(validate(`/${"a".repeat(10_000)}?`, {}), true);
  });
});

describe("The interval of a kasa-event", () => {
  it("may be a second where the account is set to the local network only", () => {
    const validate = dialogOf("kasa-event").definition.defaults["interval"]?.validate ?? assert.fail();

    assert.equal(validate.call({ account: "local" }, 1, {}), true);
    assert.notEqual(validate.call({ account: "local" }, 0.5, {}), true);
    assert.notEqual(validate.call({ account: "another" }, 1, {}), true);
  });
});

for (const type of NODE_TYPES) {
  describe(`The dialog of ${type}`, () => {
    const contract = NODE_CONTRACTS[type];
    if (!contract) {
      it("has a contract to be tested against", () => assert.fail(`Add ${type} to node-contracts.ts.`));
      return;
    }
    const { definition, script, template } = dialogOf(type);
    const isConfig = definition.category === "config";
    const prefix = isConfig ? "node-config-input" : "node-input";
    const properties = Object.keys(contract.defaults);
    const credentials = contract.credentials ?? {};
    const typed = properties.filter((name) => properties.includes(`${name}Type`));

    it("registers its type as a literal that tools can parse", () => {
      assert.match(script, new RegExp(`^\\s*RED\\.nodes\\.registerType\\("${type}", \\{\\s*category: "\\w+",`));
      assert.match(script, /\n {4}defaults: \{\n/);
      assert.equal(script.split("registerType(").length, 2);
    });

    it("saves exactly the properties of its contract, with their defaults", () => {
      const defaults = Object.entries(definition.defaults).map(([name, { value }]) => [name, value]);
      assert.deepEqual(Object.fromEntries(defaults), contract.defaults);
    });

    it("has exactly the credentials of its contract, with secrets as passwords", () => {
      const saved = Object.entries(definition.credentials ?? {}).map(([name, credential]) => [name, credential.type]);
      assert.deepEqual(Object.fromEntries(saved), credentials);
    });

    it("refers to the config nodes that the node needs", () => {
      const references = Object.entries(definition.defaults).filter(
        ([name, property]) => property.type && name !== "tls" && name !== "proxy",
      );
      const found = Object.fromEntries(references.map(([name, property]) => [name, property.type]));
      assert.deepEqual(found, contract.configNodes ?? {});
      // An action node may leave it to the message.
      for (const [name, { required }] of references) assert.equal(required, contract.isTrigger === true, name);
      assert.equal(definition.defaults["tls"]?.type, isConfig ? "tls-config" : undefined);
      assert.equal(definition.defaults["proxy"]?.type, isConfig ? "http proxy" : undefined);
    });

    it("has one field with Node-RED's own id for each property and credential, and no other", () => {
      const ids = [...template.matchAll(/\bid="([^"]*)"/g)].map(([, id = ""]) => id);
      const saved = [...properties, ...Object.keys(credentials)].map((name) => `${prefix}-${name}`);
      assert.deepEqual(ids.filter((id) => id.startsWith("node-")).toSorted(), saved.toSorted());
      for (const name of typed) assert.match(inputIn(template, `${prefix}-${name}Type`), /type="hidden"/);
      for (const [name, kind] of Object.entries(credentials))
        assert.match(inputIn(template, `${prefix}-${name}`), new RegExp(`type="${kind}"`));
    });

    it("offers exactly the choices of its contract", () => {
      const selects = [...template.matchAll(/<select id="([^"]*)"[^>]*>([^]*?)<\/select>/g)];
      const choices = selects.map(([, id = "", options = ""]) => {
        const values = [...options.matchAll(/<option value="([^"]*)"/g)].map(([, value]) => value);
        return [id.slice(prefix.length + 1), values];
      });
      assert.deepEqual(Object.fromEntries(choices), contract.choices ?? {});
    });

    it("lets a typed field be blank, and checks it by its type", () => {
      for (const name of typed) {
        const { options } = definition.defaults[name]?.validate ?? {};
        assert.equal(options?.typeField, `${name}Type`);
        assert.equal(options?.allowBlank, true);
        assert.match(script, new RegExp(`homenet\\.typedInputs\\([^;]*\\b${name}: \\["`));
      }
    });

    it("labels the node, its output and its entry in the palette", () => {
      assert.equal(definition.label.call({ ...contract.defaults, ...texts }), contract.label);
      assert.equal(definition.label.call({ ...contract.defaults, ...texts, name: "mine" }), "mine");
      if (isConfig) return;
      assert.equal(definition.inputs, contract.isTrigger ? 0 : 1);
      assert.equal(definition.outputs, 1);
      assert.equal(definition.paletteLabel?.call(texts), `${type}.palette`);
      assert.equal(definition.outputLabels?.call(texts), `${type}.output`);
    });

    it("writes no data into the page as HTML, and leaves colours to the theme", () => {
      assert.doesNotMatch(script, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\.html\(\s*[^)\s]/);
      assert.doesNotMatch(template, /<style|<script|colou?r\s*:|background|bgcolor|#[0-9a-f]{3,8}["; ]|rgba?\(/i);
    });

    it("finds every text that it shows in its catalog, which has no other", () => {
      const shown = new Set(shownKeys(type));
      const keys = [...catalogOf(type, "en-US").keys()];
      const missing = [...shown].filter((key) => !keys.includes(key));
      const unused = keys.filter((key) => !shown.has(key) && !key.startsWith(`${type}.status.`));
      assert.deepEqual({ missing, unused }, { missing: [], unused: [] });
    });

    if (!isConfig) {
      it("has the texts of the statuses that the runtime shows", () => {
        const action = ["requesting", "waiting", "not-configured", "done"];
        const statuses = contract.isTrigger ? ["looking", "watching", "not-configured"] : action;
        const keys = [...catalogOf(type, "en-US").keys()];
        for (const status of statuses) assert.ok(keys.includes(`${type}.status.${status}`), status);
      });
    }

    it("tells valid values from invalid ones by the limits of the runtime, and says why; what a flow leaves out has its default", () => {
      const pin = "0123456789abcdef".repeat(4);
      const address = {
        valid: [
          "https://10.0.0.1",
          "http://192.168.1.1:8043/behind/a/proxy",
          "https://${HOST}:8043",
          " https://10.0.0.1 ",
        ],
        invalid: ["10.0.0.1", "ftp://a", "https://"],
      };
      // Kasa has a server of its own.
      (type === "kasa-account" ? address.valid : address.invalid).push("");
      const fingerprint = {
        valid: ["", pin, ` ${pin} `, pin.toUpperCase().match(/../g)?.join(":")],
        invalid: ["12", `${pin}0`, pin.replace("0", "g")],
      };
      const cases = { ...NUMBERS, ...(isConfig ? { server: address, fingerprint } : {}) };
      for (const [name, { valid, invalid }] of Object.entries(cases)) {
        const property = definition.defaults[name];
        if (!property) continue;
        const { validate } = property;
        assert.equal(validate?.length, 2, `Node-RED shows the text of ${name} only then`);
        const all = name === "server" && type !== "kasa-account" ? valid : [...valid, undefined];
        for (const value of all) assert.equal(validate(value, {}), true, `${name} ${String(value)}`);
        const message = `@homenet/node-red-homenet/${type}:${type}.error.${name}`;
        for (const value of invalid) assert.equal(validate(value, {}), message, `${name} ${value}`);
      }
    });

    it("accepts an older flow, which has no address of a second server", () => {
      assert.equal(definition.defaults["tapoServer"]?.validate?.(undefined, {}) ?? true, true);
    });
  });
}

function inputIn(template: string, id: string): string {
  return new RegExp(`<input[^>]*\\bid="${id}"[^>]*>`).exec(template)?.[0] ?? "";
}
