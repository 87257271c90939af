import { systemClock, type Clock } from "../../../../src/core/clock";
import { parseServerAddress } from "../../../../src/http/server-address";
import { Transport, type TransportOptions } from "../../../../src/http/transport";
import { KasaClient, type KasaSettings } from "../../../../src/kasa/client";
import type { ReachSettings } from "../../../../src/kasa/device-access";
import type { ThingSettings } from "../../../../src/kasa/transports/tapo-cloud/thing-cloud";
import { SessionState } from "../../../../src/session/session-state";
import { closeAfterTest } from "../../../support/mocha-hooks";
import { issuedBy, selfSigned } from "../../../support/simulators/certificate";
import { HttpProxy } from "../../../support/simulators/http-proxy";
import { KasaCloud } from "../../../support/simulators/kasa/cloud";
import { TapoCloud } from "../../../support/simulators/tapo-cloud/cloud";

type Settings = Partial<KasaSettings & ReachSettings & ThingSettings>;

/** Both clouds of one account, the second one reached at an address of its own. */
export async function setUp({ clock = systemClock, ...settings }: Settings & { clock?: Clock } = {}) {
  const kasa = closeAfterTest(await KasaCloud.start());
  const cloud = closeAfterTest(await TapoCloud.start(kasa));
  const states = [new SessionState(), new SessionState()] as const;
  const create = (more: Settings = {}): KasaClient =>
    createClient(kasa, cloud, { ...settings, ...more }, clock, states);
  return { kasa, cloud, client: create(), create };
}

/** Both clouds under the names of the real ones, to which a proxy leads. */
export async function setUpByName(options: Partial<TransportOptions> = {}) {
  const ca = selfSigned({ subject: "a public CA", names: [] });
  const certificate = issuedBy(ca, { subject: "wap.tplinkcloud.com", names: ["wap.tplinkcloud.com"] });
  const kasa = closeAfterTest(await KasaCloud.start({ certificate }));
  const cloud = closeAfterTest(await TapoCloud.start(kasa));
  const proxy = closeAfterTest(await HttpProxy.start());
  proxy.hosts.set("wap.tplinkcloud.com", new URL(kasa.url).host);
  for (const label of ["app-server", "euw1-app-server", "aps1-app-server"])
    proxy.hosts.set(`${label}.iot.i.tplinknbu.com`, new URL(cloud.url).host);
  const client = clientOf(
    kasa,
    { server: parseServerAddress("https://wap.tplinkcloud.com") },
    {
      tls: { ca: ca.cert },
      tlsFor: (origin) => (origin.includes(".iot.i.") ? { ca: cloud.ca } : undefined),
      proxyFor: () => ({ origin: proxy.url }),
      ...options,
    },
  );
  return { kasa, cloud, proxy, client };
}

/** A client of both clouds. */
export function createClient(
  kasa: KasaCloud,
  cloud: TapoCloud,
  settings: Settings = {},
  clock: Clock = systemClock,
  states?: readonly [SessionState, SessionState],
): KasaClient {
  const servers = { server: parseServerAddress(kasa.url), tapoServer: parseServerAddress(cloud.url) };
  return clientOf(kasa, { ...servers, ...settings }, { tls: { ca: cloud.ca }, clock }, states);
}

function clientOf(
  { email, password }: KasaCloud,
  settings: Pick<KasaSettings, "server"> & Settings,
  options: Partial<TransportOptions>,
  [state, thingState]: readonly [SessionState, SessionState] = [new SessionState(), new SessionState()],
): KasaClient {
  const clock = options.clock ?? systemClock;
  const transport = closeAfterTest(new Transport({ timeoutMs: 5000, tls: {}, concurrency: 8, clock, ...options }));
  const defaults = { appType: "Kasa_Android", terminalUUID: "terminal-1", email, password, refreshToken: "" };
  return new KasaClient({ ...defaults, ...settings }, transport, clock, state, thingState);
}

/** What was requested of the second cloud with a method, such as "PATCH". */
export const requestsOf = (cloud: TapoCloud, method: string): unknown[] =>
  cloud.server.journal.flatMap((one) => (one.method === method ? [JSON.parse(one.body)] : []));
