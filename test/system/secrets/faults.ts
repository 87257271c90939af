import { selfSigned } from "../../support/simulators/certificate";
import type { ConnectionFault, Fault, RecordedRequest } from "../../support/simulators/simulated-server";
import type { SecretsFixture } from "./fixture";

type Platform = "kasa" | "omada" | "router";

/** What a platform may quote. */
interface Quotes {
  /** The last request, raw and by its values. */
  request: () => string;
  /** All canaries. */
  all: string;
}

type FaultFactory = (quotes: Quotes, platform: Platform) => Fault;

/** Something that goes wrong on all platforms at once. */
export interface Incident {
  name: string;
  /** Faults of responses, which occur in turn. */
  faults?: readonly FaultFactory[];
  /** A fault of each connection. */
  connection?: ConnectionFault;
  /** Whether only sign-ins fail: the response to a call would be a valid one. */
  signInOnly?: boolean;
  /** Whether it lasts until the timeout, which is then short. */
  isSlow?: boolean;
  /** What else happens. */
  effect?: (fixture: SecretsFixture) => unknown;
}

// The platform's own form of a refusal, which quotes the request.
const refusal =
  (codes: Readonly<Record<Platform, number>>): FaultFactory =>
  ({ request }, platform) => ({
    kind: "response",
    get body() {
      const [code, message] = [codes[platform], `Refused: ${request()}`];
      if (platform === "kasa") return { error_code: code, msg: message };
      if (platform === "omada") return { errorCode: code, msg: message };
      return { stat: "fail", code, message };
    },
  });

const page =
  (status: number, headers: Record<string, string> = {}): FaultFactory =>
  ({ all }) => ({ kind: "response", status, headers, body: `<html>${all}</html>` });

const redirect: FaultFactory = ({ all }) => {
  const quoted = encodeURIComponent(all);
  return { kind: "response", status: 302, headers: { location: `https://127.0.0.1:1/?q=${quoted}`, "x-echo": quoted } };
};

const success: FaultFactory = ({ all }) => {
  const result = { [all]: all, token: { [all]: 1 }, accessToken: [all], deviceList: [{ [all]: all }] };
  return { kind: "response", body: { error_code: 0, errorCode: 0, stat: "ok", msg: all, result, response: result } };
};

export const INCIDENTS: readonly Incident[] = [
  { name: "nothing" },
  { name: "a refusal", faults: [refusal({ kasa: -20104, omada: -1001, router: 7 })] },
  { name: "a refusal of the secret", faults: [refusal({ kasa: -20601, omada: -44106, router: 401 })] },
  { name: "a refusal of the token", faults: [refusal({ kasa: -20651, omada: -44112, router: 401 })] },
  {
    name: "a response of another kind of server",
    faults: [
      page(200),
      ({ all }) => ({ kind: "response", body: [{ [all]: all, token: [all] }] }),
      ({ all }) => ({ kind: "response", body: `{"result":{"token":"${all}` }),
      ({ all }) => ({ kind: "garbage", text: `${all}\r\n\r\n` }),
    ],
  },
  { name: "a result of another shape", signInOnly: true, faults: [success] },
  { name: "another HTTP status", faults: [page(400), page(403), page(404), page(500), redirect] },
  { name: "HTTP 401", faults: [page(401)] },
  { name: "a limit", faults: [page(429, { "retry-after": "99999" }), page(503, { "retry-after": "99999" })] },
  {
    name: "a response that is too large",
    faults: [() => ({ kind: "bomb", encoding: "gzip", bytes: 1000 }), () => ({ kind: "announce", bytes: 1e9 })],
  },
  { name: "a broken connection", faults: [() => ({ kind: "reset" }), () => ({ kind: "cut" })] },
  {
    name: "no response",
    isSlow: true,
    faults: [() => ({ kind: "drop" }), () => ({ kind: "stall" }), () => ({ kind: "drip", everyMs: 20 })],
  },
  { name: "a refused connection", connection: { kind: "reset" } },
  { name: "a connection to another service", connection: { kind: "garbage", text: "220 mail ready\r\n" } },
  {
    name: "another certificate",
    effect: ({ omada, router }) => {
      for (const { server } of [omada, router]) {
        server.changeCertificate(selfSigned());
        server.dropConnections();
      }
    },
  },
  {
    name: "expired tokens",
    effect: ({ kasa, omada, router }) => {
      kasa.expireTokens();
      omada.expireTokens();
      router.expireSessions();
    },
  },
];

/** Starts an incident for the requests that it affects. */
export function startIncident(
  fixture: SecretsFixture,
  incident: Incident,
  isAffected: (request: RecordedRequest) => boolean,
): void {
  const { faults = [], connection, effect } = incident;
  const all = fixture.canaries.map(({ value }) => value).join(" | ");
  for (const platform of ["kasa", "omada", "router"] as const) {
    const { server } = fixture[platform];
    let last = "";
    let count = 0;
    server.onRequest = (request) => {
      last = quote(request);
      if (isAffected(request)) count++;
    };
    faults.forEach((fault, index) => {
      const when = (request: RecordedRequest): boolean => isAffected(request) && count % faults.length === index;
      server.injectFault(fault({ request: () => last, all }, platform), { times: Infinity, when });
    });
    if (!connection) continue;
    server.injectConnectionFault(connection, Infinity);
    server.dropConnections();
  }
  effect?.(fixture);
}

/** Ends the incident. */
export function endIncident(fixture: SecretsFixture): void {
  fixture.kasa.server.clearFaults();
  for (const { server, certificate } of [fixture.omada, fixture.router]) {
    server.clearFaults();
    if (certificate) server.changeCertificate(certificate);
  }
}

export function isSignIn({ path, body }: RecordedRequest): boolean {
  return /authorize|login|auth\.token/.test(path) || /^\{"method":"(login|refreshToken)"/.test(body);
}

// The raw request, and each of its values by itself.
function quote({ query, headers, body, target }: RecordedRequest): string {
  const { authorization = "", cookie = "" } = headers;
  const [, token = ""] = authorization.split("=");
  const values = body.startsWith("{") ? leavesOf(JSON.parse(body)) : [];
  const parts = [token, cookie.replace(/^.*=/, ""), ...query.values(), ...values];
  return [...parts, body, target, authorization, cookie].join(" | ");
}

function leavesOf(value: unknown): string[] {
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(leavesOf) : [String(value)];
}
