import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { apiOf, payloadOf, rowsOf } from "../support/harness/kasa-flow";
import { kasaCloud } from "../support/harness/platforms";
import { startServer } from "../support/http-fixture";
import type { Json } from "../support/simulators/kasa/firmware";
import type { SimulatedResponse } from "../support/simulators/simulated-server";
import { assertNoSecretLeaked, kasaFlowOf } from "./kasa-fixture";

// What the cloud has answered to others. It is read from there, and never copied into this repository.
const RECORDINGS = resolve("../shared/fixtures/tapo-cloud");

const read = (file: string): Json =>
  (JSON.parse(readFileSync(join(RECORDINGS, `${file}.json`), "utf8")) as { body: Json }).body;

/** A server that answers as recorded: one plug that is off, whose shadow is at version 118. */
async function recordedCloud() {
  const things = [read("v1-things-p110"), read("v2-things-ep10")].flatMap(({ data }) => data as Json[]);
  const { response: written } = read("v1-shadow-write");
  const { get: usage } = read("v1-usage");
  const conflicts = [read("v1-shadow-version-conflict")];
  const spent = [read("v1-token-expired")];
  const handler = ({ method, path }: { method: string; path: string }): SimulatedResponse => {
    const route = `${method} ${path.replace(/[0-9A-F]{40}/, "{thing}")}`;
    const conflict = route === "PATCH /v1/things/{thing}/shadows" ? conflicts.pop() : spent.pop();
    if (conflict) return { body: conflict };
    switch (route) {
      case "GET /v2/things":
        return { body: { page: 0, pageSize: 100, total: things.length, data: things } };
      case "GET /v1/things/shadows":
        return { body: read("v1-shadows-p110") };
      case "PATCH /v1/things/{thing}/shadows":
        return { body: written };
      case "GET /v1/things/{thing}/usage":
        return { body: usage };
      default:
        return { status: 404, body: "" };
    }
  };
  return startServer({ handler });
}

(existsSync(RECORDINGS) ? describe : describe.skip)("What TP-Link's second cloud has answered to others", () => {
  afterEach(assertNoSecretLeaked);

  it("is understood: the list, a shadow, a conflict, a spent token, a meter", async () => {
    const server = await recordedCloud();
    const { cloud, account } = await kasaCloud({ tapoServer: server.url });
    const nodes = ["set", "energy"].map((command) => ({ id: command, type: "kasa-device", account: "kasa", command }));
    const { red } = await kasaFlowOf(cloud, account, { nodes });

    const list = rowsOf((await red.send("list")).msg);
    const p110 = list.find(({ deviceModel }) => deviceModel === "P110");
    const ep10 = list.find(({ deviceModel }) => deviceModel === "EP10(US)");
    const set = (await red.send("set", { device: p110?.["alias"], payload: false })).msg;
    const energy = (await red.send("energy", { device: p110?.["deviceId"] })).msg;

    assert.deepEqual([p110?.["kind"], p110?.["online"], p110?.["supported"]], ["plug", true, true]);
    assert.match(String(p110?.["alias"]), / heater$/);
    assert.deepEqual([ep10?.["alias"], ep10?.["protocol"]], ["Desk lamp", "iot"]);
    assert.deepEqual([payloadOf(set)["on"], apiOf(set)["confirmed"]], [false, true]);
    assert.equal(payloadOf(energy)["powerW"], 1.25);
    const versions = server.journal.flatMap(({ method, body }) =>
      method === "PATCH" ? [(JSON.parse(body) as Json)["version"]] : [],
    );
    assert.deepEqual(versions, [119, 119]);
  });
});
