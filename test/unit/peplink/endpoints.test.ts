import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { checkBody, checkWritable, ENDPOINTS, readingMethod } from "../../../src/peplink/endpoints";

// The facts that were gathered out of the vendor's documents. A fresh clone has no ../shared/data beside it.
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
  const { documented } = JSON.parse(readFileSync(FACTS, "utf8")) as { documented: Record<string, Fact> };
  return Object.values(documented).filter(({ effect, endpoint }) => effect !== "auth" && !endpoint.startsWith("auth."));
};

const row = (method: string, endpoint: string) =>
  ENDPOINTS.filter((one) => one.method === method && one.name === endpoint);

describe("The bundled table of the router's endpoints", () => {
  it("has every documented endpoint once, as the documents have it", function () {
    if (!existsSync(FACTS)) this.skip(); // the facts are not at hand

    assert.ok(documented().length > 50);
    for (const { method, endpoint, effect, since, stability } of documented()) {
      const [found, another] = row(method, endpoint);
      assert.ok(found, `${method} ${endpoint} is missing`);
      assert.equal(another, undefined, `${method} ${endpoint} is there twice`);
      // Those of no known version are in the list of names of 8.5.2, and in no document before it.
      const firmware = /\d+\.\d+\.\d+/.exec(since)?.[0] ?? "8.5.2";
      assert.deepEqual([found.effect, found.since, found.stability], [effect, firmware, stability], endpoint);
    }
  });

  it("knows which parameters must be given, and invents none", function () {
    if (!existsSync(FACTS)) this.skip(); // the facts are not at hand

    for (const { method, endpoint, params = "" } of documented()) {
      for (const name of row(method, endpoint)[0]?.params ?? [])
        assert.ok(params.includes(name), `${endpoint} ${name}`);
    }
    assert.deepEqual(row("GET", "cmd.sms.get")[0]?.params, ["connId*"]);
    assert.deepEqual(row("GET", "status.port")[0]?.params, []);
  });

  it("holds nothing of the session's affairs, and no row that is cut", () => {
    for (const { method, name, effect, since, stability } of ENDPOINTS) {
      assert.match(method, /^(GET|POST)$/);
      assert.match(name, /^(status|info|config|cmd)(\.[A-Za-z]\w*)+$/);
      assert.match(effect, /^(read|config|command|apply|destructive)$/);
      assert.match(since, /^(\d+\.\d+\.\d+)?$/);
      assert.notEqual(stability, "");
      if (stability !== "undocumented") assert.notEqual(since, "", name);
    }
  });

  it("lets each be read or written as it wants to be", () => {
    for (const { method, name, effect } of ENDPOINTS) {
      if (effect === "read") assert.equal(readingMethod(name), method, name);
      else assert.doesNotThrow(() => checkWritable(name), name);
    }
  });

  it("asks before each that destroys", () => {
    const destructive = ENDPOINTS.filter(({ effect }) => effect === "destructive");

    assert.ok(destructive.length >= 3);
    for (const { name } of destructive) assert.throws(() => checkBody(name, {}, false), /confirm/, name);
  });
});
