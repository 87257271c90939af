import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { checkBody } from "../../../src/peplink/bodies";
import { checkReadable, checkWritable, ENDPOINTS } from "../../../src/peplink/endpoints";

// Facts from the vendor's documents. They are not part of this repository.
const FACTS = resolve("../shared/data/peplink-endpoints.json");

interface Fact {
  method: string;
  endpoint: string;
  effect: string;
  since: string;
  stability: string;
  params?: string;
}

const documented = (): Fact[] => {
  const facts = JSON.parse(readFileSync(FACTS, "utf8")) as { documented: Record<string, Fact> };
  return Object.values(facts.documented).filter(
    ({ effect, endpoint }) => effect !== "auth" && !endpoint.startsWith("auth."),
  );
};

const rowsOf = (method: string, endpoint: string) =>
  ENDPOINTS.filter((one) => one.method === method && one.name === endpoint);

describe("The bundled table of the router's endpoints", () => {
  it("has every documented endpoint once, as it is documented", function () {
    if (!existsSync(FACTS)) this.skip(); // The facts are missing.

    assert.ok(documented().length > 50);
    for (const { method, endpoint, effect, since, stability } of documented()) {
      const [endpointRow, duplicate] = rowsOf(method, endpoint);
      assert.ok(endpointRow, `${method} ${endpoint} is missing`);
      assert.equal(duplicate, undefined, `${method} ${endpoint} is duplicated`);
      // Endpoints without a version are in the list of 8.5.2, and in no document before it.
      const firmware = /\d+\.\d+\.\d+/.exec(since)?.[0] ?? "8.5.2";
      assert.deepEqual(
        [endpointRow.effect, endpointRow.since, endpointRow.stability],
        [effect, firmware, stability],
        endpoint,
      );
    }
  });

  it("marks required parameters, and has no undocumented ones", function () {
    if (!existsSync(FACTS)) this.skip(); // The facts are missing.

    for (const { method, endpoint, params = "" } of documented()) {
      for (const name of rowsOf(method, endpoint)[0]?.params ?? [])
        assert.ok(params.includes(name), `${endpoint} ${name}`);
    }
    assert.deepEqual(rowsOf("GET", "cmd.sms.get")[0]?.params, ["connId*"]);
    assert.deepEqual(rowsOf("GET", "status.port")[0]?.params, []);
  });

  it("has only complete rows, and none for signing in", () => {
    for (const { method, name, effect, since, stability } of ENDPOINTS) {
      assert.match(method, /^(GET|POST)$/);
      assert.match(name, /^(status|info|config|cmd)(\.[A-Za-z]\w*)+$/);
      assert.match(effect, /^(read|config|command|apply|destructive)$/);
      assert.match(since, /^(\d+\.\d+\.\d+)?$/);
      assert.notEqual(stability, "");
      if (stability !== "undocumented") assert.notEqual(since, "", name);
    }
  });

  it("lets each endpoint be read or written with its method", () => {
    for (const { method, name, effect } of ENDPOINTS) {
      if (effect === "read") assert.equal(checkReadable(name), method, name);
      else assert.doesNotThrow(() => checkWritable(name), name);
    }
  });

  it("requires confirmation for each destructive endpoint", () => {
    const destructive = ENDPOINTS.filter(({ effect }) => effect === "destructive");

    assert.ok(destructive.length >= 3);
    for (const { name } of destructive) assert.throws(() => checkBody(name, {}, false), /confirm/, name);
  });
});
