import { systemClock, type Clock } from "../../../src/core/clock";
import { parseServerAddress } from "../../../src/http/server-address";
import type { TlsSettings } from "../../../src/http/tls";
import { Transport } from "../../../src/http/transport";
import { KasaClient, type KasaSettings } from "../../../src/kasa/client";
import type { ReachSettings } from "../../../src/kasa/device-access";
import { closeAfterTest } from "../../support/mocha-hooks";
import { KasaCloud } from "../../support/simulators/kasa/cloud";

/** A client of a cloud, with the credentials of the owner unless the settings have others. */
export function createClient(
  cloud: KasaCloud,
  settings: Partial<KasaSettings & ReachSettings> = {},
  { tls = {}, clock = systemClock }: { tls?: TlsSettings; clock?: Clock } = {},
): KasaClient {
  const transport = closeAfterTest(new Transport({ timeoutMs: 5000, tls, concurrency: 8, clock }));
  const { email, password } = cloud;
  const defaults = {
    server: parseServerAddress(cloud.url),
    appType: "Kasa_Android",
    terminalUUID: "one",
    email,
    password,
    refreshToken: "",
  };
  return new KasaClient({ ...defaults, ...settings }, transport, clock);
}

/** A cloud, and a client of it. */
export async function setUp(settings: Partial<KasaSettings> = {}) {
  const cloud = closeAfterTest(await KasaCloud.start());
  return { cloud, client: createClient(cloud, settings) };
}

/** Replaces the response to the next request of a method. */
export function respondOnce(cloud: KasaCloud, method: string, body: unknown): void {
  cloud.server.injectFault({ kind: "response", body }, { when: (request) => request.body.includes(`"${method}"`) });
}
