import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { runInNewContext } from "node:vm";

const NAMESPACE = "@homenet/node-red-homenet";

/** What a saved flow holds of a node: its properties with their defaults, as promised. */
interface Promised {
  defaults: Record<string, string | number | boolean>;
  credentials?: Record<string, "text" | "password">;
  /** Properties that refer to a config node, and its type. */
  refersTo?: Record<string, string>;
  /** What a property can be chosen from. */
  choices?: Record<string, string[]>;
  /** Properties of the message that are read. */
  reads?: string[];
  /** Properties of the message that are set, and of `msg.api` beside the common ones. */
  sets?: string[];
  /** It starts flows by itself: it has no input, and a message of its own. */
  starts?: true;
  /** The errors that can come, where it asks no platform for anything. */
  errors?: string[];
  /** What the canvas shows for an unnamed one with its defaults. */
  label: string;
}

const CONNECTION = { timeout: 15, concurrency: 4, queue: 1000, rate: "", store: "", tls: "", fingerprint: "" };
const CLIENT_OR_USER = { clientId: "text", clientSecret: "password", username: "text", password: "password" } as const;
const PROMISED: Readonly<Record<string, Promised>> = {
  "kasa-account": {
    defaults: { name: "", server: "", appType: "", terminalUUID: "", ...CONNECTION },
    credentials: { email: "text", password: "password", refreshToken: "password" },
    label: "kasa-account.unnamed",
  },
  "omada-controller": {
    defaults: { name: "", server: "", omadacId: "", mode: "client", ...CONNECTION },
    credentials: CLIENT_OR_USER,
    choices: { mode: ["client", "code"] },
    label: "omada-controller.unnamed",
  },
  "peplink-router": {
    defaults: { name: "", server: "", mode: "client", ...CONNECTION },
    credentials: CLIENT_OR_USER,
    choices: { mode: ["client", "user"] },
    label: "peplink-router.unnamed",
  },
  "kasa-login": {
    defaults: { name: "", account: "", force: false, hideToken: false },
    refersTo: { account: "kasa-account" },
    reads: ["force"],
    sets: ["reused"],
    label: "kasa-login.node.login",
  },
  "kasa-device-list": {
    defaults: { name: "", account: "", detail: "list", output: "array" },
    refersTo: { account: "kasa-account" },
    choices: { detail: ["list", "state"], output: ["array", "messages"] },
    reads: [],
    sets: ["alias", "online", "supported", "kind", "parts"],
    label: "kasa-device-list.node.list",
  },
  "kasa-device": {
    defaults: {
      name: "",
      account: "",
      device: "",
      deviceType: "str",
      outlet: "",
      outletType: "str",
      command: "set",
      value: "",
      valueType: "str",
    },
    refersTo: { account: "kasa-account" },
    choices: { command: ["set", "state", "energy", "reboot", "raw"] },
    reads: ["payload", "device", "outlet"],
    sets: (
      "deviceId alias kind on brightness hue saturation colorTemp outlets rssi led " +
      "powerW voltageV currentA totalKwh"
    ).split(" "),
    label: "Kasa: set",
  },
  "kasa-event": {
    defaults: { name: "", account: "", source: "devices", filter: "", interval: 30, settle: 1, initial: false },
    refersTo: { account: "kasa-account" },
    choices: { source: ["devices"] },
    starts: true,
    sets: "event id name at current previous on off online offline changed".split(" "),
    label: "kasa-event.node.all",
  },
  "omada-query": {
    defaults: {
      name: "",
      controller: "",
      site: "",
      siteType: "str",
      method: "GET",
      path: "sites",
      pathType: "str",
      params: "",
      paramsType: "json",
      paging: "all",
      limit: 0,
      output: "array",
    },
    refersTo: { controller: "omada-controller" },
    choices: { method: ["GET", "POST"], paging: ["all", "one"], output: ["array", "pages", "messages"] },
    reads: ["site", "path", "params"],
    sets: ["totalRows", "pages", "parts"],
    label: "GET sites",
  },
  "omada-command": {
    defaults: {
      name: "",
      controller: "",
      site: "",
      siteType: "str",
      method: "POST",
      path: "",
      pathType: "str",
      params: "",
      paramsType: "json",
      body: "",
      bodyType: "json",
      confirm: false,
    },
    refersTo: { controller: "omada-controller" },
    choices: { method: ["POST", "PUT", "PATCH", "DELETE"] },
    reads: ["payload", "site", "path", "params"],
    label: "POST msg.path",
  },
  "omada-event": {
    defaults: {
      name: "",
      controller: "",
      source: "clients",
      site: "",
      filter: "",
      interval: 30,
      settle: 1,
      initial: false,
    },
    refersTo: { controller: "omada-controller" },
    choices: { source: ["clients", "devices", "wan", "alerts", "events"] },
    starts: true,
    sets: (
      "event id name at current previous client-connected client-disconnected client-roamed " +
      "device-connected device-disconnected wan-up wan-down alert log"
    ).split(" "),
    label: "omada-event.option.source.clients",
  },
  "omada-webhook": {
    defaults: { name: "", path: "/omada-webhook" },
    credentials: { secret: "password" },
    starts: true,
    sets: "site controller at text references kind mac".split(" "),
    errors: ["input", "config"],
    label: "/omada-webhook",
  },
  "router-status": {
    defaults: {
      name: "",
      router: "",
      endpoint: "status.wan.connection",
      endpointType: "str",
      params: "",
      paramsType: "json",
      shape: "raw",
      secrets: "hide",
    },
    refersTo: { router: "peplink-router" },
    choices: { shape: ["raw", "list"], secrets: ["hide", "show"] },
    reads: ["endpoint", "params"],
    sets: ["notice"],
    label: "status.wan.connection",
  },
  "router-config-post": {
    defaults: {
      name: "",
      router: "",
      endpoint: "config.wan.connection.priority",
      endpointType: "str",
      body: "",
      bodyType: "json",
      apply: false,
      confirm: false,
    },
    refersTo: { router: "peplink-router" },
    reads: ["payload", "endpoint"],
    sets: ["applied", "notice"],
    label: "config.wan.connection.priority",
  },
  "router-event": {
    defaults: { name: "", router: "", source: "wan", filter: "", interval: 30, settle: 1, initial: false },
    refersTo: { router: "peplink-router" },
    choices: { source: ["wan", "clients", "vpn", "location", "allowance"] },
    starts: true,
    sets: (
      "event id name at current previous wan-up wan-down wan-standby wan-active-changed " +
      "client-connected client-disconnected vpn-up vpn-down moved allowance-crossed"
    ).split(" "),
    label: "router-event.option.source.wan",
  },
};

const ERROR_CODES =
  "input config sign-in forbidden not-found rejected unsupported offline busy network tls timeout protocol cancelled".split(
    " ",
  );

const manifest: Manifest = JSON.parse(read("package.json"));
const types = Object.keys(manifest["node-red"].nodes);
const languages = readdirSync(path("nodes/locales"));

describe("The package", () => {
  it("is found as a package of Node-RED nodes", () => {
    assert.ok(manifest.keywords.includes("node-red"));
    assert.equal(manifest.license, "MIT");
    assert.ok(existsSync(path("LICENSE")));
    assert.match(manifest["node-red"].version, /^>=4/);
    assert.match(manifest.engines.node, /^>=20/);
    for (const folder of ["dist", "examples"]) assert.ok(manifest.files.includes(folder), folder);
  });

  it("brings few dependencies, and names no address to fetch them from", () => {
    assert.ok(Object.keys(manifest.dependencies).length <= 6);
    assert.ok(!read("package-lock.json").includes('"resolved": "http'));
  });

  it("has every node where Node-RED looks for it", () => {
    for (const [type, file] of Object.entries(manifest["node-red"].nodes)) assert.equal(file, `dist/nodes/${type}.js`);
  });

  it("shows every node in an example", () => {
    const files = readdirSync(path("examples"), { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".json"),
    );
    const flows = files.map((file): { type: string }[] => JSON.parse(read(`examples/${file}`)));
    const shown = new Set(flows.flat().map(({ type }) => type));
    const hidden = types.filter((type) => editorOf(type).category !== "config" && !shown.has(type));
    assert.deepEqual(hidden, []);
  });

  it("keeps one colour, category and icon per platform, and an icon for each trigger", () => {
    const looks = new Map<string, Set<string>>();
    const icons = new Set<string>();
    for (const type of types) {
      const { category, color, icon } = editorOf(type);
      const platform = type.replace(/-.*/, "").replace("router", "peplink");
      const look = (looks.get(platform) ?? new Set()).add(color);
      looks.set(platform, category === "config" ? look : look.add(category));
      assert.equal(icon, `${PROMISED[type]?.starts ? type : platform}.svg`);
      icons.add(icon);
    }
    for (const [platform, look] of looks) assert.equal(look.size, 2, platform);
    assert.deepEqual(readdirSync(path("icons")).toSorted(), [...icons].toSorted());
  });

  it("draws its icons in white on nothing, in the shape that fits a node", () => {
    for (const icon of readdirSync(path("icons"))) {
      const drawing = read(`icons/${icon}`);
      assert.match(drawing, /<svg [^>]*viewBox="0 0 40 60"/);
      for (const [, paint] of drawing.matchAll(/(?:fill|stroke)="([^"]*)"/g))
        assert.match(paint ?? "", /^(#fff|none)$/);
    }
  });
});

describe("A node on the canvas", () => {
  it("says what it will do, and with what", () => {
    const labels: [string, object, string][] = [
      ["kasa-device", { device: "Modem plug", value: "on" }, "Modem plug: on"],
      ["kasa-device", { device: "Modem plug", value: "false", valueType: "bool" }, "Modem plug: off"],
      ["kasa-device", { device: "lamp", deviceType: "flow", value: "{}", valueType: "json" }, "flow.lamp: set"],
      ["kasa-device", { device: "Desk strip", outlet: "Fan", command: "energy" }, "Desk strip / Fan: energy"],
      ["kasa-event", { filter: "Freezer" }, "Freezer"],
      ["omada-query", { path: "sites/{siteId}/clients" }, "GET sites/{siteId}/clients"],
      ["omada-command", { method: "PUT", path: "todo", pathType: "msg" }, "PUT msg.todo"],
      ["omada-event", { filter: "Ada's phone" }, "Ada's phone: omada-event.option.source.clients"],
      ["router-status", { endpoint: "" }, "msg.endpoint"],
      ["router-config-post", { apply: true }, "config.wan.connection.priority router-config-post.node.apply"],
      ["router-event", { filter: "Fibre" }, "Fibre: router-event.option.source.wan"],
    ];
    for (const [type, settings, label] of labels) {
      const node = { ...PROMISED[type]?.defaults, ...settings, _: (key: string) => key };
      assert.equal(editorOf(type).definition.label.call(node), label);
    }
  });
});

for (const type of types) {
  describe(`The editor's ${type}`, () => {
    const promised = PROMISED[type];
    if (!promised) {
      it("has its saved properties promised in this test", () => assert.fail(`add ${type} to PROMISED`));
      return;
    }
    const { category, definition, script, template } = editorOf(type);
    const isConfig = category === "config";
    const prefix = isConfig ? "node-config-input" : "node-input";
    const properties = Object.keys(promised.defaults);
    const credentials = promised.credentials ?? {};
    const typed = properties.filter((name) => properties.includes(`${name}Type`));

    it("registers itself in the literal way that tools can read", () => {
      assert.match(script, new RegExp(`^\\s*RED\\.nodes\\.registerType\\("${type}", \\{\\s*category: "\\w+",`));
      assert.match(script, /\n {4}defaults: \{\n/);
      assert.equal(script.split("registerType(").length, 2);
    });

    it("saves exactly the promised properties, with their defaults", () => {
      const defaults = Object.entries(definition.defaults).map(([name, { value }]) => [name, value]);
      assert.deepEqual(Object.fromEntries(defaults), promised.defaults);
    });

    it("keeps exactly the promised credentials, secrets as passwords", () => {
      const kept = Object.entries(definition.credentials ?? {}).map(([name, { type }]) => [name, type]);
      assert.deepEqual(Object.fromEntries(kept), credentials);
    });

    it("refers to the config nodes that it needs", () => {
      const references = Object.entries(definition.defaults).filter(([name, { type }]) => type && name !== "tls");
      assert.deepEqual(Object.fromEntries(references.map(([name, { type }]) => [name, type])), promised.refersTo ?? {});
      for (const [name, { required }] of references) assert.equal(required, true, name);
      assert.equal(definition.defaults["tls"]?.type, isConfig ? "tls-config" : undefined);
    });

    it("has one field with Node-RED's own id for everything that it keeps, and no other", () => {
      const ids = [...template.matchAll(/\bid="([^"]*)"/g)].map(([, id]) => id ?? "");
      const fields = ids.filter((id) => id.startsWith("node-"));
      const kept = [...properties, ...Object.keys(credentials)].map((name) => `${prefix}-${name}`);
      assert.deepEqual(fields.toSorted(), kept.toSorted());
      for (const name of typed) assert.match(field(template, `${prefix}-${name}Type`), /type="hidden"/);
      for (const [name, type] of Object.entries(credentials)) {
        assert.match(field(template, `${prefix}-${name}`), new RegExp(`type="${type}"`));
      }
    });

    it("offers exactly the promised choices", () => {
      const offered = [...template.matchAll(/<select id="([^"]*)"[^>]*>([^]*?)<\/select>/g)].map(([, id, options]) => {
        const values = [...(options ?? "").matchAll(/<option value="([^"]*)"/g)].map(([, value]) => value);
        return [id?.slice(prefix.length + 1), values];
      });
      assert.deepEqual(Object.fromEntries(offered), promised.choices ?? {});
    });

    it("lets a typed field be blank, and checks it by its type", () => {
      for (const name of typed) {
        const { options } = definition.defaults[name]?.validate ?? {};
        assert.equal(options?.typeField, `${name}Type`);
        assert.equal(options?.allowBlank, true);
        assert.match(script, new RegExp(`\\$\\("#${prefix}-${name}"\\)\\.typedInput\\([^;]*"#${prefix}-${name}Type"`));
      }
    });

    it("says what it will do", () => {
      const texts = { _: (key: string) => key };
      assert.equal(definition.label.call({ ...promised.defaults, ...texts }), promised.label);
      assert.equal(definition.label.call({ ...promised.defaults, ...texts, name: "mine" }), "mine");
      if (isConfig) return;
      assert.equal(definition.inputs, promised.starts ? 0 : 1);
      assert.equal(definition.outputs, 1);
      assert.equal(definition.paletteLabel?.call(texts), `${type}.palette`);
      assert.equal(definition.outputLabels?.call(texts), `${type}.output`);
    });

    it("writes no data into the page as HTML, and leaves colours to the theme", () => {
      assert.doesNotMatch(script, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\.html\(\s*[^)\s]/);
      assert.doesNotMatch(template, /<style|<script|colou?r\s*:|background|bgcolor|#[0-9a-f]{3,8}["; ]|rgba?\(/i);
    });

    it("finds every text that it shows in the catalog, which holds no other", () => {
      const shown = new Set(textsOf(type));
      const known = keysOf(type, "en-US");
      const missing = [...shown].filter((key) => !known.includes(key));
      const unused = known.filter((key) => !shown.has(key) && !key.startsWith(`${type}.status.`));
      assert.deepEqual({ missing, unused }, { missing: [], unused: [] });
    });

    if (isConfig) {
      it("tells a wrong setting from a right one, and says what is wrong", () => {
        const pin = "0123456789abcdef".repeat(4);
        const settings: Record<string, { right: unknown[]; wrong: unknown[] }> = {
          server: {
            right: ["https://10.0.0.1", "http://192.168.1.1:8043/behind/a/proxy"],
            wrong: ["10.0.0.1", "ftp://a", "https://"],
          },
          timeout: { right: [15, "1", "600", "0.5e1"], wrong: ["", "0", "601", "soon"] },
          concurrency: { right: [4, "1", "64"], wrong: ["", "0", "65", "1.5"] },
          queue: { right: [1000, "0", "100000"], wrong: ["", "-1", "100001"] },
          rate: { right: ["", "0.5", "10"], wrong: ["0", "-1", "fast"] },
          fingerprint: {
            right: ["", pin, pin.toUpperCase().match(/../g)?.join(":")],
            wrong: ["12", `${pin}0`, pin.replace("0", "g")],
          },
        };
        for (const [name, { right, wrong }] of Object.entries(settings)) {
          const validate = definition.defaults[name]?.validate;
          assert.equal(validate?.length, 2, "only then does Node-RED show the text");
          for (const value of right) assert.equal(validate(value, {}), true, `${name} ${String(value)}`);
          for (const value of wrong) assert.equal(validate(value, {}), `${NAMESPACE}/${type}:${type}.error.${name}`);
        }
        const blank = definition.defaults["server"];
        assert.equal(blank?.required !== true && blank?.validate?.("", {}) === true, type === "kasa-account");
      });
    } else {
      it("has the texts of the statuses that the runtime shows", () => {
        const acting = ["requesting", "waiting", "not-configured", "done"];
        const statuses = promised.starts ? ["looking", "watching", "not-configured"] : acting;
        for (const status of statuses) assert.ok(keysOf(type, "en-US").includes(`${type}.status.${status}`), status);
      });
    }
  });

  describe(`The help of ${type}`, () => {
    const promised = PROMISED[type];
    const isConfig = editorOf(type).category === "config";
    if (!promised) return;

    it("begins with the tooltip, and has the sections of Node-RED's style guide", () => {
      const help = helpOf(type, "en-US");
      assert.match(help, new RegExp(`^<script type="text/html" data-help-name="${type}">\\s*<p>`));
      assert.doesNotMatch(help, /<\/?[bi]>|<h[125]>/);
      const titles = [...help.matchAll(/<h3>(.*?)<\/h3>/g)].map(([, title]) => title);
      const body = ["Details", "Errors", "References"];
      const message = promised.starts ? ["Outputs"] : ["Inputs", "Outputs"];
      assert.deepEqual(titles, isConfig ? ["Settings", ...body] : [...message, ...body]);
    });

    it("explains every setting by its label", () => {
      const explained = terms(helpOf(type, "en-US"));
      const catalog = catalogOf(type, "en-US");
      const kept = [...Object.keys(promised.defaults), ...Object.keys(promised.credentials ?? {})];
      const settings = kept.filter((name) => name !== "name" && !kept.some((other) => name === `${other}Type`));
      const labels = ["Name", ...settings.map((name) => catalog.get(`${type}.label.${name}`) ?? `no label: ${name}`)];
      assert.deepEqual(
        labels.filter((label) => !explained.includes(label)),
        [],
      );
    });

    if (!isConfig) {
      it("explains every property of the message", () => {
        const help = helpOf(type, "en-US");
        assert.deepEqual(terms(section(help, "Inputs")).toSorted(), (promised.reads ?? []).toSorted());
        const outputs = section(help, "Outputs");
        const message = promised.starts ? ["topic", "payload"] : ["payload", "statusCode", "api"];
        for (const name of message) assert.ok(terms(outputs).includes(name), name);
        const told = [...terms(outputs), ...[...outputs.matchAll(/<code>(.*?)<\/code>/g)].map(([, code]) => code)];
        const common = promised.starts ? [] : ["platform", "operation", "attempts", "durationMs"];
        for (const name of [...common, ...(promised.sets ?? [])]) assert.ok(told.includes(name), name);
      });
    }

    it("says what to do about every error that can come", () => {
      const told = terms(section(helpOf(type, "en-US"), "Errors")).flatMap((term) => term.split(", "));
      assert.deepEqual(
        told.filter((code) => !ERROR_CODES.includes(code)),
        [],
      );
      const everywhere = ["config", "sign-in", "busy", "tls"];
      // What a trigger gives up is nobody's message, so nobody hears of it.
      const always = isConfig ? everywhere : [...everywhere, "protocol", ...(promised.starts ? [] : ["cancelled"])];
      const errors = promised.errors ?? [...always, "network", "timeout"];
      for (const code of errors) assert.ok(told.includes(code), code);
    });

    it("is there in every language, and so is every label", () => {
      for (const language of languages) {
        assert.deepEqual(keysOf(type, language).toSorted(), keysOf(type, "en-US").toSorted(), language);
        const count = (tag: string): number => helpOf(type, language).split(tag).length;
        for (const tag of ["<h3>", "<dt"]) assert.equal(count(tag), helpOf(type, "en-US").split(tag).length, language);
      }
    });
  });
}

interface Manifest {
  keywords: string[];
  license: string;
  engines: { node: string };
  files: string[];
  dependencies: Record<string, string>;
  "node-red": { version: string; nodes: Record<string, string> };
}

/** What a node registers with the editor; validators remember what they were made with. */
interface Definition {
  category: string;
  color: string;
  icon: string;
  defaults: Record<string, { value: unknown; type?: string; required?: boolean; validate?: Validator }>;
  credentials?: Record<string, { type: string }>;
  inputs?: number;
  outputs?: number;
  label: (this: unknown) => string;
  paletteLabel?: (this: unknown) => string;
  outputLabels?: (this: unknown) => string;
}

interface Validator {
  (value: unknown, opt: object): unknown;
  options?: { typeField?: string; allowBlank?: boolean };
}

interface Editor extends Definition {
  definition: Definition;
  script: string;
  template: string;
}

interface Catalog {
  [name: string]: string | Catalog;
}

// Runs the node's own script against as much of Node-RED's editor as it touches while loading.
function editorOf(type: string): Editor {
  const html = read(`nodes/${type}.html`);
  const script = /<script type="text\/javascript">([^]*?)<\/script>/.exec(html)?.[1] ?? "";
  const template =
    new RegExp(`<script type="text/html" data-template-name="${type}">([^]*?)</script>`).exec(html)?.[1] ?? "";
  const registered: [string, Definition][] = [];
  runInNewContext(script, {
    RED: {
      _: (key: string) => key,
      nodes: { registerType: (name: string, definition: Definition) => registered.push([name, definition]) },
      validators: { typedInput: (options: object) => Object.assign(() => true, { options }) },
    },
  });
  const [name, definition] = registered[0] ?? [];
  assert.ok(definition && name === type, `nodes/${type}.html registers ${type}`);
  return { ...definition, definition, script, template };
}

// Keys without a namespace are the node's own; of other packages' texts only the common name of a name is used.
function textsOf(type: string): string[] {
  const html = read(`nodes/${type}.html`);
  const marked = [...html.matchAll(/data-i18n="([^"]*)"/g)].flatMap(([, keys]) => (keys ?? "").split(";"));
  const called = [...html.matchAll(/\b(?:this|RED)\._\(\s*"([^"]*)"/g)].map(([, key]) => key ?? "");
  return [...marked.map((key) => key.replace(/^\[\w+\]/, "")), ...called]
    .map((key) => key.replace(`${NAMESPACE}/${type}:`, ""))
    .filter((key) => key !== "node-red:common.label.name");
}

function catalogOf(type: string, language: string): Map<string, string> {
  const texts = new Map<string, string>();
  const walk = (branch: Catalog, at: string): void => {
    for (const [name, text] of Object.entries(branch)) {
      if (typeof text === "string") texts.set(at + name, text);
      else walk(text, `${at}${name}.`);
    }
  };
  walk(JSON.parse(read(`nodes/locales/${language}/${type}.json`)), "");
  return texts;
}

function keysOf(type: string, language: string): string[] {
  return [...catalogOf(type, language).keys()];
}

function helpOf(type: string, language: string): string {
  return read(`nodes/locales/${language}/${type}.html`);
}

function section(help: string, title: string): string {
  return help.split(`<h3>${title}</h3>`)[1]?.split("<h3>")[0] ?? "";
}

/** What the definition lists of a help text explain. */
function terms(help: string): string[] {
  const bare = [...help.matchAll(/<dt[^>]*>([^]*?)<\/dt>/g)].map(([, term]) => (term ?? "").replace(/<span[^]*/, ""));
  return bare.map((term) => term.replace(/\s+/g, " ").trim());
}

function field(template: string, id: string): string {
  return new RegExp(`<input[^>]*\\bid="${id}"[^>]*>`).exec(template)?.[0] ?? "";
}

function path(name: string): string {
  return resolve(name);
}

function read(name: string): string {
  return readFileSync(path(name), "utf8");
}
