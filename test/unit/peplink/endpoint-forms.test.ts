import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { endpointForms } from "../../../src/peplink/endpoint-forms";
import { checkBody, ENDPOINTS } from "../../../src/peplink/endpoints";

// The facts that were gathered out of the vendor's documents. A fresh clone has no ../shared/data beside it.
const FACTS = resolve("../shared/data/peplink-endpoints.json");

const form = (method: string, name: string) =>
  endpointForms().find((one) => one.method === method && one.name === name) ?? assert.fail(`no ${method} ${name}`);

const asked = (method: string, name: string): string[] =>
  form(method, name).fields.map(({ at: [name], type, items = "", required, choices }) => {
    return `${name}${required ? "*" : ""} ${items}${type}${choices ? ` ${choices.join("|")}` : ""}`;
  });

describe("The forms for the router's endpoints", () => {
  it("are there for each of them", () => {
    assert.deepEqual(
      endpointForms().map(({ method, name }) => `${method} ${name}`),
      ENDPOINTS.map(({ method, name }) => `${method} ${name}`),
    );
  });

  it("ask for what an endpoint takes, by its type", () => {
    assert.deepEqual(asked("GET", "status.client"), [
      "vlanId integer",
      "activeOnly boolean",
      "connectionType stringlist",
      "size integer",
      "outputWeight string full|normal|lite",
      "infoType stringlist",
    ]);
    assert.deepEqual(asked("GET", "status.wan.connection"), ["id integerlist", "lite boolean"]);
    assert.deepEqual(asked("POST", "cmd.starlink"), ["connId* integer", "action* string reboot|stow|unstow"]);
    assert.deepEqual(asked("POST", "cmd.billing.newCycle"), ["connId* integer", "simId integer 1|2"]);
    assert.deepEqual(asked("POST", "cmd.carrier.scan")[2], "reference string yes|no");
    assert.deepEqual(asked("GET", "cmd.carrier.scan")[1], "reference* boolean");
  });

  it("ask for all that the table of endpoints names", () => {
    for (const { method, name, params } of ENDPOINTS) {
      const fields = asked(method, name).map((field) => field.split(/[* ]/)[0]);
      for (const param of params) assert.ok(fields.includes(param.replace("*", "")), `${method} ${name} ${param}`);
    }
  });

  it("ask for nothing that the documents do not have", function () {
    if (!existsSync(FACTS)) this.skip(); // the facts are not at hand

    const facts = JSON.parse(readFileSync(FACTS, "utf8")) as {
      documented: Record<string, { method: string; endpoint: string; params: string }>;
      undocumented: { method: string; endpoint: string; note: string }[];
    };
    const known = new Map(
      [...Object.values(facts.documented), ...facts.undocumented.map((one) => ({ ...one, params: one.note }))].flatMap(
        ({ method, endpoint, params }) => method.split("/").map((one) => [`${one} ${endpoint}`, params] as const),
      ),
    );
    for (const { method, name, fields, template = {} } of endpointForms()) {
      const said = known.get(`${method} ${name}`) ?? "";
      for (const { at } of fields) assert.ok(said.includes(at[0]), `${method} ${name} ${at[0]}`);
      for (const key of Object.keys(template)) assert.ok(said.includes(key), `${method} ${name} ${key}`);
    }
  });

  it("bring a body to begin with for every write that somebody has written down", () => {
    const without = endpointForms().filter(({ effect, template }) => effect !== "read" && !template);

    assert.deepEqual(
      without.map(({ name }) => name),
      [
        "cmd.config.apply",
        "cmd.config.discard",
        "cmd.sim.ussd.send",
        "cmd.sms.delete",
        "cmd.system.reboot",
        "config.firewall",
        "config.port",
      ],
    );
    for (const { name, template, fields, effect } of endpointForms()) {
      if (!template) continue;
      assert.notEqual(effect, "read", name);
      assert.deepEqual(checkBody(name, template, true), template, name);
      const names = fields.map(({ at }) => at[0]);
      const needed = fields.filter(({ required }) => required).map(({ at }) => at[0]);
      for (const key of Object.keys(template)) assert.ok(names.includes(key), `${name} ${key}`);
      for (const key of needed) assert.ok(key in template, `${name} ${key}`);
    }
  });

  it("bring no body that destroys by itself", () => {
    for (const { name, template, destroys } of endpointForms())
      if (template && !destroys) assert.doesNotThrow(() => checkBody(name, template, false), name);
  });

  it("say what has to be confirmed, and who may ask", () => {
    const destroying = endpointForms().filter(({ destroys }) => destroys);

    assert.deepEqual(
      destroying.map(({ name }) => name),
      ["cmd.cellularModule.reset", "cmd.config.restore", "cmd.sms.delete", "cmd.system.reboot", "cmd.wifi.forget"],
    );
    assert.equal(form("GET", "status.client").scope, "api.read-only");
    for (const [method, name] of [
      ["GET", "config.lan"],
      ["POST", "status.cellularModule.temperature"],
      ["POST", "cmd.ap"],
    ] as const)
      assert.equal(form(method, name).scope, "api", name);
  });
});
