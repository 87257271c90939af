const inRequests = (secret: string, ...requests: string[]): string[] =>
  requests.map((request) => `${secret} → request, ${request}`);
const inPlaces = (secret: string, ...places: string[]): string[] => places.map((place) => `${secret} → ${place}`);

/** A secret is sent to its own platform, in the request that needs it. */
const IN_REQUESTS = [
  inRequests("Kasa e-mail", "kasa login, body"),
  inRequests("Kasa password", "kasa login, body"),
  inRequests("Kasa refresh token", "kasa refreshToken, body"),
  inRequests("Kasa token", "kasa call, query token"),
  inRequests("Omada client id", "omada token, body", "omada login, query client_id", "omada code, query client_id"),
  inRequests("Omada client secret", "omada token, body"),
  inRequests("Omada user", "omada login, body"),
  inRequests("Omada password", "omada login, body"),
  inRequests("Omada session or CSRF token", "omada code, header cookie", "omada code, header csrf-token"),
  inRequests("Omada code", "omada token, query code"),
  inRequests("Omada refresh token", "omada token, query refresh_token"),
  inRequests("Omada token", "omada call, header authorization"),
  // A Wi-Fi key that a flow sets.
  inRequests("Omada Wi-Fi key", "omada call, body"),
  inRequests("router client id", "router grant, body"),
  inRequests("router client secret", "router grant, body"),
  inRequests("router password", "router login, body"),
  inRequests("router token", "router call, query accessToken"),
  inRequests("router cookie", "router call, header cookie"),
  inRequests("router Wi-Fi key", "router call, body"),
];

/** What a flow asks for explicitly is in the payload and nowhere else. */
const IN_PAYLOADS = [
  inPlaces("Kasa token", "payload, login"),
  inPlaces("Kasa refresh token", "payload, login"),
  inPlaces("Kasa e-mail", "payload, login", "payload, hidden login"),
  // The cloud returns an address for each device.
  inPlaces("address", "payload, list", "payload, states"),
  // The device's own JSON.
  inPlaces("Kasa location", "payload, raw"),
  inPlaces("Omada Wi-Fi key", "payload, Wi-Fi query"),
  inPlaces("router Wi-Fi key", "payload, shown status"),
  inPlaces("router APN password", "payload, shown WAN config"),
  inPlaces("router SMS", "payload, messages"),
  // The router responds to a change with what was changed.
  inPlaces("router Wi-Fi key", "payload, post"),
];

/** Node-RED saves and shows the settings of a node, and its credentials of type text. */
const IN_NODE_RED = [
  inPlaces("address", "admin, flow", "admin, flows", "disk, flows.json", "disk, .flows.json.backup"),
  inPlaces("Kasa e-mail", "admin, credentials"),
  inPlaces("Omada client id", "admin, credentials"),
  inPlaces("Omada user", "admin, credentials"),
  inPlaces("router client id", "admin, credentials"),
  // It has just been created, and the dialog inserts it.
  inPlaces("router client id", "dialog, client"),
];

/** Code in the same process can subscribe to undici's diagnostics, as it could read the memory. */
const IN_DIAGNOSTICS = [
  inPlaces("Kasa token", "diagnostics, query token"),
  inPlaces("Omada client id", "diagnostics, query client_id"),
  inPlaces("Omada code", "diagnostics, query code"),
  inPlaces("Omada refresh token", "diagnostics, query refresh_token"),
  inPlaces("router token", "diagnostics, query accessToken"),
];

/** Where each secret is found, and has to be: an entry that is no longer found has lost its reason, or its test. */
export const EXPECTED_FLOWS: readonly string[] = [IN_REQUESTS, IN_PAYLOADS, IN_NODE_RED, IN_DIAGNOSTICS].flat(2);

/** All kinds of places that are searched. */
export const PLACES: readonly string[] = [
  ["admin", "caught", "diagnostics", "dialog", "disk", "editor", "error", "log", "message"],
  ["payload", "request", "sessions", "status"],
].flat();
