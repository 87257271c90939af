import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { checkBody } from "../../../src/peplink/bodies";
import { endpointForms } from "../../../src/peplink/endpoint-forms";
import { ENDPOINTS } from "../../../src/peplink/endpoints";

// Facts from the vendor's documents. They are not part of this repository.
const FACTS = resolve("../shared/data/peplink-endpoints.json");

const formOf = (method: string, name: string) =>
  endpointForms().find((one) => one.method === method && one.name === name) ?? assert.fail(`no ${method} ${name}`);

const fieldsOf = (method: string, name: string): string[] =>
  formOf(method, name).fields.map(({ at: [field], type, items = "", required, choices }) => {
    return `${field}${required ? "*" : ""} ${items}${type}${choices ? ` ${choices.join("|")}` : ""}`;
  });

describe("The forms of the router's endpoints", () => {
  it("exist for each documented endpoint", () => {
    assert.deepEqual(
      endpointForms().map(({ method, name }) => `${method} ${name}`),
      ENDPOINTS.map(({ method, name }) => `${method} ${name}`),
    );
  });

  it("have a field for each parameter, by its type", () => {
    assert.deepEqual(fieldsOf("GET", "status.client"), [
      "vlanId integer",
      "activeOnly boolean",
      "connectionType stringlist",
      "size integer",
      "outputWeight string full|normal|lite",
      "infoType stringlist",
    ]);
    assert.deepEqual(fieldsOf("GET", "status.wan.connection"), ["id integerlist", "lite boolean"]);
    assert.deepEqual(fieldsOf("POST", "cmd.starlink"), ["connId* integer", "action* string reboot|stow|unstow"]);
    assert.deepEqual(fieldsOf("POST", "cmd.billing.newCycle"), ["connId* integer", "simId integer 1|2"]);
    assert.deepEqual(fieldsOf("POST", "cmd.carrier.scan")[2], "reference string yes|no");
    assert.deepEqual(fieldsOf("GET", "cmd.carrier.scan")[1], "reference* boolean");
  });

  it("send USSD codes and delete messages, as firmware 8.5.2 calls it", () => {
    assert.deepEqual(fieldsOf("POST", "cmd.sim.ussd.send"), ["connId integer", "simId integer 1|2", "ussd string"]);
    assert.deepEqual(fieldsOf("POST", "cmd.sms.delete"), ["connId integer", "simId integer 1|2", "id integer"]);
  });

  it("have a field for each parameter in the table of endpoints", () => {
    for (const { method, name, params } of ENDPOINTS) {
      const fields = fieldsOf(method, name).map((field) => field.split(/[* ]/)[0]);
      for (const param of params) assert.ok(fields.includes(param.replace("*", "")), `${method} ${name} ${param}`);
    }
  });

  it("have no field that is not documented", function () {
    if (!existsSync(FACTS)) this.skip(); // The facts are missing.

    const facts = JSON.parse(readFileSync(FACTS, "utf8")) as {
      documented: Record<string, { method: string; endpoint: string; params: string }>;
      undocumented: { method: string; endpoint: string; note: string }[];
    };
    const documented = new Map(
      [...Object.values(facts.documented), ...facts.undocumented.map((one) => ({ ...one, params: one.note }))].flatMap(
        ({ method, endpoint, params }) => method.split("/").map((one) => [`${one} ${endpoint}`, params] as const),
      ),
    );
    for (const { method, name, fields, template = {} } of endpointForms()) {
      // Only their names are documented, in the list of 8.5.2.
      if (name === "cmd.sim.ussd.send" || name === "cmd.sms.delete") continue;
      const parameters = documented.get(`${method} ${name}`) ?? "";
      for (const { at } of fields) assert.ok(parameters.includes(at[0]), `${method} ${name} ${at[0]}`);
      for (const key of Object.keys(template)) assert.ok(parameters.includes(key), `${method} ${name} ${key}`);
    }
  });

  it("have a template for every documented write", () => {
    const without = endpointForms().filter(({ effect, template }) => effect !== "read" && !template);

    assert.deepEqual(
      without.map(({ name }) => name),
      ["cmd.config.apply", "cmd.config.discard", "cmd.system.reboot", "config.firewall", "config.port"],
    );
    for (const { name, template, fields, effect } of endpointForms()) {
      if (!template) continue;
      assert.notEqual(effect, "read", name);
      assert.deepEqual(checkBody(name, template, true), template, name);
      const names = fields.map(({ at }) => at[0]);
      const required = fields.filter((field) => field.required).map(({ at }) => at[0]);
      for (const key of Object.keys(template)) assert.ok(names.includes(key), `${name} ${key}`);
      for (const key of required) assert.ok(key in template, `${name} ${key}`);
    }
  });

  it("have no template that is destructive by itself", () => {
    for (const { name, template, destroys } of endpointForms())
      if (template && !destroys) assert.doesNotThrow(() => checkBody(name, template, false), name);
  });

  it("say what needs confirmation, and which scope", () => {
    const destructive = endpointForms().filter(({ destroys }) => destroys);

    assert.deepEqual(
      destructive.map(({ name }) => name),
      ["cmd.cellularModule.reset", "cmd.config.restore", "cmd.sms.delete", "cmd.system.reboot", "cmd.wifi.forget"],
    );
    assert.equal(formOf("GET", "status.client").scope, "api.read-only");
    for (const [method, name] of [
      ["GET", "config.lan"],
      ["POST", "status.cellularModule.temperature"],
      ["POST", "cmd.ap"],
    ] as const)
      assert.equal(formOf(method, name).scope, "api", name);
  });
});
