import assert from "node:assert/strict";
import { closeAfterTest } from "../../mocha-hooks";
import { KasaCloud, type KasaCloudOptions } from "./cloud";
import type { CloudDevice } from "./devices";
import { isRecord, type Json } from "./firmware";

/** An answer of the cloud. */
export interface Reply {
  error_code: number;
  msg?: string;
  result?: Json & { token: string; refreshToken?: string; deviceList: Json[]; responseData: string };
}

/** A cloud, and what somebody else's client would do with it. */
export async function setUp(options?: KasaCloudOptions) {
  const cloud = closeAfterTest(await KasaCloud.start(options));

  async function post(body: string, { type = "application/json", query = "" } = {}): Promise<Reply> {
    const response = await fetch(`${cloud.url}/${query}`, { method: "POST", headers: { "content-type": type }, body });
    assert.equal(response.status, 200);
    const reply: Reply = JSON.parse(await response.text());
    return reply;
  }
  const ask = (method: string, params: Json = {}, query = "") => post(JSON.stringify({ method, params }), { query });
  const login = (changes: Json = {}) => {
    const known = { cloudUserName: cloud.email, cloudPassword: cloud.password, terminalUUID: "one" };
    return ask("login", { appType: "Kasa_Android", ...known, ...changes });
  };
  const refresh = (refreshToken: string | undefined, terminalUUID = "one") =>
    ask("refreshToken", { appType: "Kasa_Android", terminalUUID, refreshToken });
  const signIn = async () => (await login()).result?.token ?? assert.fail("no token");
  const pass = async (device: CloudDevice, requestData: unknown) =>
    ask("passthrough", { token: await signIn(), deviceId: device.deviceId, requestData });
  const say = async (device: CloudDevice, request: Json) => {
    const { result } = await pass(device, JSON.stringify(request));
    const answer: Json = JSON.parse(result?.responseData ?? assert.fail("no answer"));
    return answer;
  };
  return { cloud, post, ask, login, refresh, signIn, pass, say };
}

export const codes = (replies: Reply[]): number[] => replies.map(({ error_code }) => error_code);

/** What lies at the end of a path of names. */
export const at = (value: unknown, ...path: string[]): unknown =>
  path.reduce((inner, name) => (isRecord(inner) ? inner[name] : undefined), value);
