const wire = (secret: string, ...where: string[]): string[] => where.map((place) => `${secret} → wire, ${place}`);
const seen = (secret: string, ...where: string[]): string[] => where.map((place) => `${secret} → ${place}`);

/** What is asked for goes over the wire to the platform that it belongs to, in the request that needs it. */
const ON_THE_WIRE = [
  wire("Kasa e-mail", "kasa login, body"),
  wire("Kasa password", "kasa login, body"),
  wire("Kasa refresh token", "kasa refreshToken, body"),
  wire("Kasa token", "kasa call, query token"),
  wire("Omada client id", "omada token, body", "omada login, query client_id", "omada code, query client_id"),
  wire("Omada client secret", "omada token, body"),
  wire("Omada user", "omada login, body"),
  wire("Omada password", "omada login, body"),
  wire("Omada session or CSRF token", "omada code, header cookie", "omada code, header csrf-token"),
  wire("Omada code", "omada token, query code"),
  wire("Omada refresh token", "omada token, query refresh_token"),
  wire("Omada token", "omada call, header authorization"),
  // A Wi-Fi key that a flow sets.
  wire("Omada Wi-Fi key", "omada call, body"),
  wire("router client id", "router grant, body"),
  wire("router client secret", "router grant, body"),
  wire("router password", "router login, body"),
  wire("router token", "router call, query accessToken"),
  wire("router cookie", "router call, header cookie"),
  wire("router Wi-Fi key", "router call, body"),
];

/** What a flow asks for by name, in the payload and nowhere else. */
const IN_PAYLOADS = [
  seen("Kasa token", "payload, login"),
  seen("Kasa refresh token", "payload, login"),
  seen("Kasa e-mail", "payload, login", "payload, hidden login"),
  // The cloud says of each device where it can be reached.
  seen("address", "payload, list", "payload, states"),
  // The device's own JSON.
  seen("Kasa location", "payload, raw"),
  seen("Omada Wi-Fi key", "payload, Wi-Fi query"),
  seen("router Wi-Fi key", "payload, shown status"),
  seen("router APN password", "payload, shown WAN config"),
  seen("router SMS", "payload, messages"),
  // The router's answer to a change is what was changed.
  seen("router Wi-Fi key", "payload, post"),
];

/** What Node-RED keeps and shows of a node: its settings, and credentials of type text. */
const IN_NODE_RED = [
  seen("address", "admin, flow", "admin, flows", "disk, flows.json", "disk, .flows.json.backup"),
  seen("Kasa e-mail", "admin, credentials"),
  seen("Omada client id", "admin, credentials"),
  seen("Omada user", "admin, credentials"),
  seen("router client id", "admin, credentials"),
  // It has just been made, and the dialog fills it in.
  seen("router client id", "dialog, client"),
];

/** Whoever listens to undici in the same process sees each request, as he could see it in memory. */
const IN_DIAGNOSTICS = [
  seen("Kasa token", "diagnostics, query token"),
  seen("Omada client id", "diagnostics, query client_id"),
  seen("Omada code", "diagnostics, query code"),
  seen("Omada refresh token", "diagnostics, query refresh_token"),
  seen("router token", "diagnostics, query accessToken"),
];

/** Where a secret may be seen, and must be: a row that nobody sees any more has lost its reason, or its test. */
export const EXPECTED_FLOWS: readonly string[] = [ON_THE_WIRE, IN_PAYLOADS, IN_NODE_RED, IN_DIAGNOSTICS].flat(2);

/** All places that are looked at. */
export const PLACES: readonly string[] = [
  ["admin", "caught", "diagnostics", "dialog", "disk", "editor", "error", "log", "message"],
  ["payload", "sessions", "status", "wire"],
].flat();
