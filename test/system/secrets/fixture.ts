import type { FlowNode, Message } from "../../support/harness/node-red";
import { closeAfterTest } from "../../support/mocha-hooks";
import { KasaCloud } from "../../support/simulators/kasa/cloud";
import { LOCATION } from "../../support/simulators/kasa/devices";
import { OmadaController } from "../../support/simulators/omada/controller";
import { PeplinkRouter } from "../../support/simulators/peplink/router";
import type { Canary } from "./canaries";

/** Three platforms whose secrets are canaries. */
export interface SecretsFixture {
  kasa: KasaCloud;
  omada: OmadaController;
  router: PeplinkRouter;
  canaries: Canary[];
  /** Config nodes for each platform and each of its ways to sign in. */
  configs: FlowNode[];
  webhookSecret: string;
}

/** A node, and the message that it gets. */
export interface NodeCase {
  node: FlowNode;
  /** Missing for a trigger node. */
  message?: Message;
}

const TERMINAL = "0c1d2e3f-0000-4000-8000-000000000000";

/** Plain words do not look like tokens: only code that knows them can mask them. */
const STEMS = {
  kasaToken: "kestrelTokenOfKasa",
  kasaRefresh: "kestrelRefreshOfKasa",
  omadaToken: "puffinTokenOfOmada",
  omadaRefresh: "puffinRefreshOfOmada",
  omadaSession: "9f3e-puffin-session-3141592653",
  omadaCode: "4c8d-razorbill-code-2718281828",
  routerToken: "gannetTokenOfRouter",
  routerCookie: "7b21-gannet-cookie-1618033988",
} as const;

export async function startFixture(): Promise<SecretsFixture> {
  let count = 0;
  // Letters, so that it does not look like a token.
  const unique = (stem: string): string =>
    stem + String(++count).replace(/\d/g, (digit) => "abcdefghij"[Number(digit)] ?? "");

  const email = "keeper.of.canaries@nest.tst";
  const kasa = closeAfterTest(await KasaCloud.start({ email, password: 'plum "heron" \\ & é 50% quill' }));
  kasa.createToken = (kind) => unique(kind === "token" ? STEMS.kasaToken : STEMS.kasaRefresh);
  Object.assign(LOCATION, { latitude_i: 531_415_926, longitude_i: -61_803_398 });

  const omada = closeAfterTest(await OmadaController.start());
  omada.clientSecret = 'lapwing "secret" \\ & ß 70% finch';
  omada.password = 'dunlin "tables" \\ + ø 30% stilt';
  const omadaStems: Record<string, string> = {
    "AT-": STEMS.omadaToken,
    "RT-": STEMS.omadaRefresh,
    "OC-": STEMS.omadaCode,
  };
  omada.mint = (kind) => kind + unique(omadaStems[kind] ?? STEMS.omadaSession);
  const ssidPassword = "avocet-under-the-pier";
  for (const ssid of omada.devices.flatMap(({ ssids }) => ssids)) ssid["ssidPassword"] &&= ssidPassword;

  const router = closeAfterTest(await PeplinkRouter.start());
  router.password = 'curlew "salt" \\ = å 20% ruff';
  router.generate = (kind) =>
    kind === "client id"
      ? "5a5a-gannet-client-0577215664"
      : kind === "client secret"
        ? "whimbrelSecretOfRouter"
        : unique(kind === "token" ? STEMS.routerToken : STEMS.routerCookie);
  const client = router.addClient("canaries", "api");
  const wifiKey = "turnstone-on-the-slip";
  for (const { security } of router.ssids) security.wpa2Personal.key = wifiKey;
  const apnPassword = "sanderling-of-the-mast";
  for (const { details } of router.wans.flatMap(({ sims }) => sims)) details["password"] &&= apnPassword;
  const { sim } = router.wan("Cellular").settings["cellular"] as { sim: Record<string, Record<string, unknown>> };
  Object.assign(sim["1"] ?? {}, { password: apnPassword });
  const text = "Your code is redshank-and-knot.";
  for (const sms of router.world.inbox) sms.text = text;

  const refreshToken = await fetchKasaRefreshToken(kasa);
  const { clientId, clientSecret, username, password } = omada;
  const webhookSecret = "oystercatcher-of-the-hook";
  return {
    kasa,
    omada,
    router,
    webhookSecret,
    canaries: [
      { name: "Kasa e-mail", value: email },
      { name: "Kasa password", value: kasa.password },
      { name: "Kasa token", value: STEMS.kasaToken },
      { name: "Kasa refresh token", value: STEMS.kasaRefresh },
      { name: "Kasa location", value: "531415926" },
      { name: "Omada client id", value: clientId },
      { name: "Omada client secret", value: clientSecret },
      { name: "Omada user", value: username },
      { name: "Omada password", value: password },
      { name: "Omada token", value: STEMS.omadaToken },
      { name: "Omada refresh token", value: STEMS.omadaRefresh },
      { name: "Omada session or CSRF token", value: STEMS.omadaSession },
      { name: "Omada code", value: STEMS.omadaCode },
      { name: "Omada Wi-Fi key", value: ssidPassword },
      { name: "router client id", value: client.clientId },
      { name: "router client secret", value: client.clientSecret },
      { name: "router password", value: router.password },
      { name: "router token", value: STEMS.routerToken },
      { name: "router cookie", value: STEMS.routerCookie },
      { name: "router Wi-Fi key", value: wifiKey },
      { name: "router APN password", value: apnPassword },
      { name: "router SMS", value: text },
      { name: "webhook secret", value: webhookSecret },
      ...[kasa, omada, router].map(({ url }) => ({ name: "address", value: new URL(url).host })),
    ],
    configs: [
      { id: "hook", type: "omada-webhook", path: "/canary", credentials: { secret: webhookSecret } },
      config("kasa", kasa, { email, password: kasa.password }),
      config("kasa2", kasa, { email, refreshToken }, { terminalUUID: TERMINAL }),
      config("omada", omada, { clientId, clientSecret }, { omadacId: omada.omadacId }),
      config("omada2", omada, { clientId, clientSecret, username, password }, { mode: "code", store: "default" }),
      config("router", router, { clientId: client.clientId, clientSecret: client.clientSecret }),
      config("router2", router, { username: router.username, password: router.password }, { mode: "user" }),
    ],
  };
}

const TYPES = { kasa: "kasa-account", omada: "omada-controller", router: "peplink-router" } as const;

function config(
  id: string,
  { url, fingerprint }: { url: string; fingerprint?: string | undefined },
  credentials: Record<string, string>,
  settings: object = {},
): FlowNode {
  const type = TYPES[id.replace("2", "") as keyof typeof TYPES];
  return { id, type, server: url, fingerprint, rate: 1000, credentials, ...settings };
}

/** Restores what other tests share. */
export function restoreLocation(): void {
  Object.assign(LOCATION, { latitude_i: 123_456, longitude_i: -654_321 });
}

async function fetchKasaRefreshToken(cloud: KasaCloud): Promise<string> {
  const { email: cloudUserName, password: cloudPassword } = cloud;
  const params = {
    appType: "Kasa_iOS",
    cloudUserName,
    cloudPassword,
    terminalUUID: TERMINAL,
    refreshTokenNeeded: true,
  };
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ method: "login", params });
  const response = await fetch(cloud.url, { method: "POST", headers, body });
  cloud.server.journal.length = 0;
  return ((await response.json()) as { result: { refreshToken: string } }).result.refreshToken;
}

const kasa = (name: string, type: string, settings: object, message?: Message): NodeCase[] =>
  ["kasa", "kasa2"].map((account) => nodeCase(`${name} ${account}`, { type, account, ...settings }, message));
const omada = (name: string, type: string, settings: object, message?: Message): NodeCase[] =>
  ["omada", "omada2"].map((controller) =>
    nodeCase(`${name} ${controller}`, { type, controller, ...settings }, message),
  );
const router = (name: string, type: string, settings: object, message?: Message): NodeCase[] =>
  ["router", "router2"].map((id) => nodeCase(`${name} ${id}`, { type, router: id, ...settings }, message));

function nodeCase(id: string, node: object, message: Message | undefined): NodeCase {
  return { node: { id, ...node } as FlowNode, ...(message ? { message } : {}) };
}

const AP_OVERRIDE = { site: "Harbour", path: "/openapi/v2/{omadacId}/sites/{siteId}/aps/{apMac}/override" };
const AP = { apMac: "02-00-5E-00-00-04" };

/** Every node type, in each way that may show a secret. */
export const NODE_CASES: readonly NodeCase[] = [
  ...kasa("login", "kasa-login", {}, { force: false }),
  ...kasa("hidden login", "kasa-login", { hideToken: true }, { force: false }),
  ...kasa("states", "kasa-device-list", { detail: "state" }, {}),
  ...kasa("list", "kasa-device-list", { output: "messages" }, {}),
  ...kasa("state", "kasa-device", { device: "Freezer", command: "state" }, {}),
  ...kasa("set", "kasa-device", { device: "Modem" }, { payload: true }),
  ...kasa("raw", "kasa-device", { device: "Modem", command: "raw" }, { payload: { system: { get_sysinfo: {} } } }),
  ...kasa("event", "kasa-event", { source: "devices", initial: true, interval: 15 }),
  ...omada("query", "omada-query", { site: "Harbour", path: "sites/{siteId}/devices" }, {}),
  ...omada("Wi-Fi query", "omada-query", AP_OVERRIDE, { params: AP }),
  ...omada(
    "command",
    "omada-command",
    { site: "Harbour", path: "sites/{siteId}/led", method: "PUT" },
    { payload: { enable: true } },
  ),
  ...omada(
    "Wi-Fi command",
    "omada-command",
    { ...AP_OVERRIDE, method: "PATCH" },
    {
      params: AP,
      payload: { ssidOverrides: [{ ssidEntryId: 1, ssidPassword: "avocet-under-the-pier" }] },
    },
  ),
  ...omada("event", "omada-event", { source: "clients", site: "Harbour", initial: true, interval: 5 }),
  ...router("status", "router-status", { shape: "list" }, {}),
  ...router("Wi-Fi status", "router-status", { endpoint: "config.ssid.profile" }, {}),
  ...router("shown status", "router-status", { endpoint: "config.ssid.profile", secrets: "show" }, {}),
  ...router("WAN config", "router-status", { endpoint: "config.wan.connection" }, {}),
  ...router("shown WAN config", "router-status", { endpoint: "config.wan.connection", secrets: "show" }, {}),
  ...router("messages", "router-status", { endpoint: "cmd.sms.get", params: '{"connId":3}' }, {}),
  ...router(
    "post",
    "router-config-post",
    { endpoint: "config.ssid.profile", apply: true },
    {
      payload: {
        action: "update",
        id: 1,
        security: { policy: "WPA2 Personal", wpa2Personal: { key: "turnstone-on-the-slip" } },
      },
    },
  ),
  ...router("event", "router-event", { source: "wan", initial: true, interval: 1 }),
];
