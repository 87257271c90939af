import assert from "node:assert/strict";
import { request as httpsRequest } from "node:https";
import { closeAfterTest } from "../../mocha-hooks";
import { KasaCloud } from "../kasa/cloud";
import type { Json } from "../kasa/firmware";
import { TapoCloud } from "./cloud";

/** Both clouds, and a client that shares no code with ours. */
async function setUp() {
  const kasa = closeAfterTest(await KasaCloud.start());
  const cloud = closeAfterTest(await TapoCloud.start(kasa));
  const { email: cloudUserName, password: cloudPassword } = kasa;
  const params = { appType: "Tapo_Android", cloudUserName, cloudPassword, terminalUUID: "one" };
  const headers = { "content-type": "application/json" };
  const login = await fetch(kasa.url, { method: "POST", headers, body: JSON.stringify({ method: "login", params }) });
  const { result } = (await login.json()) as { result: { token: string } };
  const authorized = { authorization: `ut|${result.token}`, "app-cid": "app:test:one" };

  async function call(target: string, changes: Json = {}, base = cloud.url): Promise<{ status: number; json: Json }> {
    const { method = "GET", body, headers: own = {} } = changes as { method?: string; body?: Json; headers?: object };
    const all = { ...authorized, ...(body && { "content-type": "application/json" }), ...own };
    return new Promise((resolve, reject) => {
      const request = httpsRequest(`${base}${target}`, { method, headers: all, ca: cloud.ca }, (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () => {
          const json = (text.startsWith("{") ? JSON.parse(text) : { text }) as Json;
          resolve({ status: response.statusCode ?? 0, json });
        });
      });
      request.once("error", reject);
      request.end(body && JSON.stringify(body));
    });
  }
  const stairs = cloud.thing("Stairs");
  const write = (desired: Json, version: unknown) =>
    call(`/v1/things/${stairs.thingName}/shadows`, { method: "PATCH", body: { state: { desired }, version } });
  return { kasa, cloud, stairs, call, write };
}

describe("The simulator of TP-Link's second cloud", () => {
  it("has certificates of an authority of its own, at both addresses", async () => {
    const { cloud, call } = await setUp();

    assert.equal((await call("/v2/things")).status, 200);
    assert.equal((await call("/v2/things", {}, cloud.urlV2)).status, 200);
    await assert.rejects(fetch(cloud.url));
  });

  it("wants a live token in one header, and the terminal that it was issued to in the other", async () => {
    const { call, kasa } = await setUp();
    const statusWith = async (headers: object): Promise<number> => (await call("/v2/things", { headers })).status;

    assert.equal(await statusWith({ "app-cid": "one" }), 403);
    assert.equal(await statusWith({ "app-cid": "app:test:two" }), 401);
    assert.equal(await statusWith({ authorization: "Bearer x" }), 401);
    kasa.expireTokens();
    assert.equal(await statusWith({}), 401);
  });

  it("changes a shadow for the version after the present one, and for no other", async () => {
    const { stairs, write } = await setUp();

    for (const version of [118, 120, "x", undefined]) assert.notEqual((await write({ on: true }, version)).status, 200);
    const { json } = await write({ on: true }, 118);
    assert.deepEqual([json["code"], json["data"]], [11_000, { curVersion: 118 }]);
    assert.equal(stairs.reported["on"], false);

    assert.equal((await write({ on: true }, "119")).status, 200);
    assert.equal(stairs.reported["on"], true);
  });

  it("takes the wish for an offline thing, which does not carry it out", async () => {
    const { stairs, write } = await setUp();
    stairs.online = false;

    assert.equal((await write({ on: true }, 119)).status, 200);
    assert.deepEqual([stairs.desired, stairs.reported["on"]], [{ on: true }, false]);
  });

  it("lists pages that begin with 0, and names in base64", async () => {
    const { call, cloud } = await setUp();

    const { json } = await call("/v2/things?page=1&pageSize=3");
    const data = json["data"] as Json[];

    assert.deepEqual([json["page"], json["total"], data.length], [1, cloud.things.length, 3]);
    assert.equal(Buffer.from(String(data[0]?.["nickname"]), "base64").toString(), cloud.things[3]?.nickname);
  });
});
