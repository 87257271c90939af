import assert from "node:assert/strict";
import { closeAfterTest } from "../../mocha-hooks";
import { KasaCloud, type KasaCloudOptions } from "./cloud";
import type { CloudDevice } from "./devices";
import { isRecord, type Json } from "./firmware";

/** A response of the cloud. */
interface CloudResponse {
  error_code: number;
  msg?: string;
  result?: Json & { token: string; refreshToken?: string; deviceList: Json[]; responseData: string };
}

/** Starts a cloud, and a client that shares no code with ours. */
export async function setUp(options?: KasaCloudOptions) {
  const cloud = closeAfterTest(await KasaCloud.start(options));

  async function post(body: string, { type = "application/json", query = "" } = {}): Promise<CloudResponse> {
    const response = await fetch(`${cloud.url}/${query}`, { method: "POST", headers: { "content-type": type }, body });
    assert.equal(response.status, 200);
    const envelope: CloudResponse = JSON.parse(await response.text());
    return envelope;
  }
  const call = (method: string, params: Json = {}, query = "") => post(JSON.stringify({ method, params }), { query });
  const login = (changes: Json = {}) => {
    const credentials = { cloudUserName: cloud.email, cloudPassword: cloud.password, terminalUUID: "one" };
    return call("login", { appType: "Kasa_Android", ...credentials, ...changes });
  };
  const refresh = (refreshToken: string | undefined, terminalUUID = "one") =>
    call("refreshToken", { appType: "Kasa_Android", terminalUUID, refreshToken });
  const signIn = async () => (await login()).result?.token ?? assert.fail("no token");
  const passthrough = async (device: CloudDevice, requestData: unknown) =>
    call("passthrough", { token: await signIn(), deviceId: device.deviceId, requestData });
  const command = async (device: CloudDevice, request: Json) => {
    const { result } = await passthrough(device, JSON.stringify(request));
    const response: Json = JSON.parse(result?.responseData ?? assert.fail("no response of the device"));
    return response;
  };
  return { cloud, post, call, login, refresh, signIn, passthrough, command };
}

export const errorCodes = (responses: CloudResponse[]): number[] => responses.map(({ error_code }) => error_code);

/** The value at the end of a path of property names. */
export const valueAt = (value: unknown, ...path: string[]): unknown =>
  path.reduce((inner, name) => (isRecord(inner) ? inner[name] : undefined), value);
