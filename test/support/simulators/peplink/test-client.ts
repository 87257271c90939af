import assert from "node:assert/strict";
import { request } from "node:https";
import { TLSSocket } from "node:tls";
import { closeAfterTest } from "../../mocha-hooks";
import { PeplinkRouter } from "./router";

/** An answer as somebody else's client reads it: nothing about it is known beforehand. */
export interface Reply {
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

/** A router, and somebody who asks it with a token. */
export interface Setup {
  router: PeplinkRouter;
  accessToken: string;
  get: (endpoint: string, query?: Record<string, string>) => Promise<Reply>;
  post: (endpoint: string, body?: object) => Promise<Reply>;
}

/** A router that speaks plain http, and its own client or the read-only one, with a token. */
export async function setUp(who: "own" | "read-only" = "own"): Promise<Setup> {
  const router = closeAfterTest(await PeplinkRouter.start({ http: true }));
  const { clientId, clientSecret } = who === "own" ? router : router.readOnlyClient;
  const granted = await post(router, "auth.token.grant", { clientId, clientSecret });
  const { accessToken } = granted.response;
  return {
    router,
    accessToken,
    get: (endpoint, query = {}) =>
      read(`${router.url}/api/${endpoint}?${new URLSearchParams({ ...query, accessToken }).toString()}`),
    post: (endpoint, body) => post(router, `${endpoint}?accessToken=${accessToken}`, body),
  };
}

const JSON_BODY = { "content-type": "application/json" };

export async function read(url: string, init?: RequestInit): Promise<Reply> {
  const reply: Reply = JSON.parse(await (await fetch(url, init)).text());
  return reply;
}

export function post({ url }: PeplinkRouter, endpoint: string, body?: object): Promise<Reply> {
  return read(
    `${url}/api/${endpoint}`,
    body ? { method: "POST", headers: JSON_BODY, body: JSON.stringify(body) } : { method: "POST" },
  );
}

export function grantOf({ clientId, clientSecret }: PeplinkRouter): { clientId: string; clientSecret: string } {
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

export async function signedIn(router: PeplinkRouter): Promise<string> {
  const cookies = (await login(router)).headers.getSetCookie().map((cookie) => cookie.split(";", 1)[0]);
  return cookies.join("; ");
}

export function withCookie({ url }: PeplinkRouter, endpoint: string, cookie: string, body?: object): Promise<Reply> {
  const headers = { ...JSON_BODY, cookie };
  return read(`${url}/api/${endpoint}`, body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers });
}

export function secureLogin({
  url,
  username,
  password,
  certificate,
}: PeplinkRouter): Promise<{ cookies: string[]; fingerprint: string }> {
  return new Promise((resolve, reject) => {
    const options = { method: "POST", headers: JSON_BODY, ca: certificate?.cert ?? "", agent: false as const };
    const asked = request(`${url}/api/login`, options, (answer) => {
      assert.ok(answer.socket instanceof TLSSocket);
      const { fingerprint256 } = answer.socket.getPeerCertificate();
      answer
        .resume()
        .on("end", () => resolve({ cookies: answer.headers["set-cookie"] ?? [], fingerprint: fingerprint256 }));
    });
    asked.on("error", reject).end(JSON.stringify({ username, password }));
  });
}
