import { asUser, respondWith, type PeplinkFlowSettings } from "../support/harness/peplink-flow";
import type { PeplinkRouter } from "../support/simulators/peplink/router";

/** A way to fail, and the error that the Catch node gets. */
export interface Failure {
  settings?: PeplinkFlowSettings;
  /** What happens to the router before the message is sent. */
  prepare?: (router: PeplinkRouter) => void | Promise<void>;
  /** The message, unless it is an empty one to the node "status". */
  send?: { node: "status" | "post"; msg: object };
  code: string;
  message: RegExp;
  cause: object;
}

const STATUS = "status.wan.connection";
const READ_CONFIG = { node: "status", msg: { endpoint: "config.ssid.profile" } } as const;
const ALWAYS = { times: Infinity };

/** The failures of router-status, by what causes them. */
export const FAILURES: Record<string, Failure> = {
  "an invalid endpoint": {
    send: { node: "status", msg: { endpoint: "../login" } },
    code: "input",
    message: /^"endpoint" must be a name such as/,
    cause: { operation: "router-status" },
  },
  "no config node": {
    settings: { status: { router: "" } },
    code: "config",
    message: /^No config node is chosen/,
    cause: { operation: "router-status" },
  },
  "a client without a secret": {
    settings: { router: { credentials: { clientId: "panel", clientSecret: " " } } },
    code: "config",
    message: /^Enter the client id and the client secret/,
    cause: { operation: "router-status" },
  },
  "a user without a password": {
    settings: { router: { mode: "user", credentials: { username: "admin" } } },
    code: "config",
    message: /^Enter the user name and password/,
    cause: { operation: "router-status" },
  },
  "no server address": {
    settings: { router: { server: " " } },
    code: "config",
    message: /^Enter the server address/,
    cause: { operation: "router-status" },
  },
  "plain http to a public address": {
    settings: { router: { server: "http://198.51.100.7", fingerprint: "" } },
    code: "config",
    message: /must begin with https/,
    cause: { operation: "router-status" },
  },
  "an invalid fingerprint": {
    settings: { router: { fingerprint: "AB:CD" } },
    code: "config",
    message: /^The fingerprint is not a SHA-256/,
    cause: { operation: "router-status" },
  },
  "a wrong client secret": {
    settings: { router: { credentials: { clientId: "0".repeat(32), clientSecret: "not-the-right-one" } } },
    code: "sign-in",
    message: /^The router refuses the client id or the client secret\. Correct it/,
    cause: { operation: STATUS, statusCode: 200, vendorCode: 401, vendorMessage: "Unauthorized" },
  },
  "a wrong password": {
    settings: { router: asUser({ username: "admin", password: "not-the-right-one" }) },
    code: "sign-in",
    message: /^The router refuses the user name or the password\. Correct it/,
    cause: { operation: STATUS, statusCode: 200, vendorCode: 401, vendorMessage: "Unauthorized" },
  },
  "new sessions that are refused at once": {
    prepare: (router) => void (router.refuseEverySession = true),
    code: "sign-in",
    message: /^The router refuses a session that it has just granted/,
    cause: { operation: STATUS, statusCode: 200, vendorCode: 401, vendorMessage: "Invalid access token" },
  },
  "an endpoint that is forbidden": {
    prepare: (router) => respondWith(router, "config.ssid.profile", "", { status: 403 }),
    send: READ_CONFIG,
    code: "forbidden",
    message: /^The Peplink router forbids this/,
    cause: { operation: "config.ssid.profile", statusCode: 403 },
  },
  "an endpoint that does not exist": {
    prepare: (router) => respondWith(router, STATUS, "", { status: 404 }),
    code: "not-found",
    message: /^There is nothing at this address/,
    cause: { operation: STATUS, statusCode: 404 },
  },
  "an endpoint that does not exist, with the router's own message": {
    prepare: (router) => respondWith(router, STATUS, { stat: "fail", code: 404, message: "No such" }, { status: 404 }),
    code: "not-found",
    message: /^There is nothing at this address/,
    cause: { operation: STATUS, statusCode: 404, vendorCode: 404, vendorMessage: "No such" },
  },
  "a parameter that the router rejects": {
    send: { node: "status", msg: { endpoint: "cmd.sms.get", params: { connId: 1 } } },
    code: "rejected",
    message: /^The router declined: Invalid connId\. Check the endpoint's parameters/,
    cause: { operation: "cmd.sms.get", statusCode: 200, vendorCode: 999, vendorMessage: "Invalid connId" },
  },
  "a rejection without a message": {
    prepare: (router) => respondWith(router, STATUS, { stat: "fail", code: 999, message: null }),
    code: "rejected",
    message: /^The router declined \(999\)\./,
    cause: { operation: STATUS, statusCode: 200, vendorCode: 999 },
  },
  "a rejection without a number and a message": {
    prepare: (router) => respondWith(router, STATUS, { stat: "fail", code: "?" }),
    code: "rejected",
    message: /^The router declined\./,
    cause: { operation: STATUS, statusCode: 200 },
  },
  "a parameter whose name only sounds like a transient error": {
    prepare: (router) => respondWith(router, STATUS, { stat: "fail", code: 999, message: "Invalid timeout" }),
    code: "rejected",
    message: /^The router declined: Invalid timeout\./,
    cause: { operation: STATUS, statusCode: 200, vendorCode: 999, vendorMessage: "Invalid timeout" },
  },
  "a function that the firmware does not have": {
    send: { node: "status", msg: { endpoint: "status.weather" } },
    code: "unsupported",
    message: /^This router or its firmware does not have this endpoint: unknown function\./,
    cause: { operation: "status.weather", statusCode: 200, vendorCode: 999, vendorMessage: "unknown function" },
  },
  "a request that the model does not support": {
    send: { node: "status", msg: { endpoint: "cmd.wifi.result" } },
    prepare: (router) =>
      respondWith(router, "cmd.wifi.result", { stat: "fail", code: 999, message: "Unsupported request" }),
    code: "unsupported",
    message: /does not have this endpoint: Unsupported request/,
    cause: { operation: "cmd.wifi.result", statusCode: 200, vendorCode: 999, vendorMessage: "Unsupported request" },
  },
  "an internal error of the router": {
    prepare: (router) => router.failWithInternalError(3),
    code: "busy",
    message: /^The router cannot answer just now: Internal Error\. Try again later/,
    cause: { operation: STATUS, statusCode: 200, vendorCode: 999, vendorMessage: "Internal Error", retryable: true },
  },
  "a router that is busy": {
    prepare: (router) => respondWith(router, STATUS, { stat: "fail", code: 999, message: "System busy" }),
    code: "busy",
    message: /^The router cannot answer just now: System busy\./,
    cause: { operation: STATUS, statusCode: 200, vendorCode: 999, vendorMessage: "System busy", retryable: true },
  },
  "a router that is starting": {
    prepare: (router) => respondWith(router, STATUS, { stat: "fail", code: 999, message: "timeout" }),
    code: "busy",
    message: /^The router cannot answer just now: timeout\./,
    cause: { operation: STATUS, statusCode: 200, vendorCode: 999, vendorMessage: "timeout", retryable: true },
  },
  "a router that asks to wait for long": {
    prepare: (router) => respondWith(router, STATUS, "", { status: 429, headers: { "retry-after": "60" } }),
    code: "busy",
    message: /HTTP 429/,
    cause: { operation: STATUS, statusCode: 429, retryAfterMs: 60_000, retryable: true },
  },
  "a router that is switched off": {
    prepare: (router) => router.close(),
    code: "network",
    message: /^The Peplink router refused the connection\./,
    cause: { operation: STATUS, retryable: true },
  },
  "a connection that always breaks": {
    prepare: (router) => router.server.injectFault({ kind: "cut" }, ALWAYS),
    code: "network",
    message: /^The connection to the Peplink router broke while reading the response/,
    cause: { operation: STATUS, statusCode: 200, retryable: true },
  },
  "a self-signed certificate": {
    settings: { router: { fingerprint: "" } },
    code: "tls",
    message: /self-signed\. Pin its SHA-256 fingerprint/,
    cause: { operation: STATUS },
  },
  "another certificate than the pinned one": {
    settings: { router: { fingerprint: "AB".repeat(32) } },
    code: "tls",
    message: /another certificate than the pinned one/,
    cause: { operation: STATUS },
  },
  "no response": {
    settings: { router: { timeout: 0.2 } },
    prepare: (router) => router.server.injectFault({ kind: "hang" }, ALWAYS),
    code: "timeout",
    message: /^No complete response from the Peplink router within 0\.2 s/,
    cause: { operation: STATUS, retryable: true },
  },
  "a response that comes too slowly": {
    settings: { router: { timeout: 0.2 } },
    prepare: (router) => router.server.injectFault({ kind: "drip", everyMs: 20 }, ALWAYS),
    code: "timeout",
    message: /reading the response/,
    cause: { operation: STATUS, retryable: true },
  },
  "the Web Admin's page in place of the API": {
    prepare: (router) => void (router.isApiDisabled = true),
    code: "protocol",
    message: /^The response cannot be read\. It is a web page: check the address and the port, and that the API/,
    cause: { operation: STATUS, statusCode: 200 },
  },
  "half a response": {
    prepare: (router) => respondWith(router, STATUS, '{"stat":"ok","response":{"1"'),
    code: "protocol",
    message: /^The response cannot be read\. It is not complete JSON/,
    cause: { operation: STATUS, statusCode: 200 },
  },
  "the response of another kind of server": {
    prepare: (router) => respondWith(router, STATUS, { error_code: 0, result: {} }),
    code: "protocol",
    message: /another shape than expected \(at stat\)/,
    cause: { operation: STATUS, statusCode: 200 },
  },
  "a success with HTTP 500": {
    prepare: (router) => respondWith(router, STATUS, { stat: "ok", response: {} }, { status: 500 }),
    code: "protocol",
    message: /HTTP 500/,
    cause: { operation: STATUS, statusCode: 500 },
  },
  "a redirect": {
    prepare: (router) => respondWith(router, STATUS, "", { status: 302, headers: { location: "https://192.0.2.1/" } }),
    code: "protocol",
    message: /redirect/,
    cause: { operation: STATUS, statusCode: 302 },
  },
  "an endless response": {
    prepare: (router) => router.server.injectFault({ kind: "endless" }, { when: ({ path }) => path.endsWith(STATUS) }),
    code: "protocol",
    message: /larger than 16 MiB/,
    cause: { operation: STATUS, statusCode: 200 },
  },
  "a sign-in that returns no token": {
    prepare: (router) => respondWith(router, "auth.token.grant", { stat: "ok", response: { scope: "api" } }),
    code: "protocol",
    message: /another shape than expected \(at accessToken\)/,
    cause: { operation: STATUS, statusCode: 200 },
  },
  "a sign-in that returns an empty token": {
    prepare: (router) => respondWith(router, "auth.token.grant", { stat: "ok", response: { accessToken: "" } }),
    code: "protocol",
    message: /another shape than expected \(at accessToken\)/,
    cause: { operation: STATUS, statusCode: 200 },
  },
  "a sign-in that returns no cookie": {
    settings: { router: asUser({ username: "admin", password: "any" }) },
    prepare: (router) => respondWith(router, "login", { stat: "ok" }),
    code: "protocol",
    message: /no session cookie/,
    cause: { operation: STATUS, statusCode: 200 },
  },
  "a firmware without API clients": {
    prepare: (router) =>
      respondWith(router, "auth.token.grant", { stat: "fail", code: 999, message: "unknown function" }),
    code: "unsupported",
    message: /unknown function/,
    cause: { operation: STATUS, statusCode: 200, vendorCode: 999, vendorMessage: "unknown function" },
  },
};
