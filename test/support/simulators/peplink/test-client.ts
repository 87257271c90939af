import assert from "node:assert/strict";
import { request } from "node:https";
import { TLSSocket } from "node:tls";
import { closeAfterTest } from "../../mocha-hooks";
import { PeplinkRouter } from "./router";

/** An envelope, typed as loosely as a client that knows nothing beforehand would. */
export interface Envelope {
  stat?: string;
  code?: number;
  message?: string;
  notice?: { status: string };
  response: Record<string, Record<string, unknown>> & {
    accessToken: string;
    order: number[];
    list: Record<string, unknown>[];
  };
}

/** A router, and a client of it with a token. */
interface Setup {
  router: PeplinkRouter;
  accessToken: string;
  get: (endpoint: string, query?: Record<string, string>) => Promise<Envelope>;
  post: (endpoint: string, body?: object) => Promise<Envelope>;
}

const JSON_BODY = { "content-type": "application/json" };

/** Starts a router with plain HTTP, and fetches a token. */
export async function setUp(scope: "api" | "api.read-only" = "api"): Promise<Setup> {
  const router = closeAfterTest(await PeplinkRouter.start({ http: true }));
  const credentials = credentialsOf(scope === "api" ? router : router.readOnlyClient);
  const { accessToken } = (await post(router, "auth.token.grant", credentials)).response;
  return {
    router,
    accessToken,
    get: (endpoint, query = {}) =>
      fetchEnvelope(`${router.url}/api/${endpoint}?${new URLSearchParams({ ...query, accessToken }).toString()}`),
    post: (endpoint, body) => post(router, `${endpoint}?accessToken=${accessToken}`, body),
  };
}

export async function fetchEnvelope(url: string, init?: RequestInit): Promise<Envelope> {
  const envelope: Envelope = JSON.parse(await (await fetch(url, init)).text());
  return envelope;
}

export function post({ url }: PeplinkRouter, endpoint: string, body?: object): Promise<Envelope> {
  return fetchEnvelope(
    `${url}/api/${endpoint}`,
    body ? { method: "POST", headers: JSON_BODY, body: JSON.stringify(body) } : { method: "POST" },
  );
}

/** The body of `auth.token.grant`. */
export function credentialsOf({ clientId, clientSecret }: { clientId: string; clientSecret: string }): {
  clientId: string;
  clientSecret: string;
} {
  return { clientId, clientSecret };
}

export function login(
  router: PeplinkRouter,
  username = router.username,
  password = router.password,
): Promise<Response> {
  return fetch(`${router.url}/api/login`, {
    method: "POST",
    headers: JSON_BODY,
    body: JSON.stringify({ username, password }),
  });
}

/** Logs in. @returns a Cookie header with everything that was set */
export async function fetchSessionCookie(router: PeplinkRouter): Promise<string> {
  const cookies = (await login(router)).headers.getSetCookie().map((cookie) => cookie.split(";", 1)[0]);
  return cookies.join("; ");
}

export function callWithCookie(
  { url }: PeplinkRouter,
  endpoint: string,
  cookie: string,
  body?: object,
): Promise<Envelope> {
  const headers = { ...JSON_BODY, cookie };
  return fetchEnvelope(
    `${url}/api/${endpoint}`,
    body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers },
  );
}

/** Logs in over HTTPS. @returns the Set-Cookie headers, and the fingerprint of the router's certificate */
export function loginOverTls({
  url,
  username,
  password,
  certificate,
}: PeplinkRouter): Promise<{ cookies: string[]; fingerprint: string }> {
  return new Promise((resolve, reject) => {
    const options = { method: "POST", headers: JSON_BODY, ca: certificate?.cert ?? "", agent: false as const };
    const sent = request(`${url}/api/login`, options, (response) => {
      assert.ok(response.socket instanceof TLSSocket);
      const { fingerprint256 } = response.socket.getPeerCertificate();
      response
        .resume()
        .on("end", () => resolve({ cookies: response.headers["set-cookie"] ?? [], fingerprint: fingerprint256 }));
    });
    sent.on("error", reject).end(JSON.stringify({ username, password }));
  });
}
