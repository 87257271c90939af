import { selfSigned } from "../../support/simulators/certificate";
import type { ConnectionFault, Fault, RecordedRequest } from "../../support/simulators/simulated-server";
import type { SecretsFixture } from "./fixture";

type Platform = "kasa" | "omada" | "router";

/** What a platform may quote: the request as it came, and in plain words; and whatever else it knows. */
interface Quotable {
  request: () => string;
  all: string;
}

type Spoiling = (quotable: Quotable, platform: Platform) => Fault;

/** Something that goes wrong on all platforms at once. */
export interface Trouble {
  name: string;
  /** What becomes of answers: of each the next of these. */
  faults?: readonly Spoiling[];
  /** What becomes of each connection. */
  connection?: ConnectionFault;
  /** An answer to a call would be what was asked for. */
  signInOnly?: boolean;
  /** Whoever waits for it to end should not wait for long. */
  isSlow?: boolean;
  /** What else happens. */
  verb?: (house: SecretsFixture) => unknown;
}

// The platform's own way to say no, with all in it that it was sent.
const refusing =
  (codes: Readonly<Record<Platform, number>>): Spoiling =>
  ({ request }, platform) => ({
    kind: "response",
    get body() {
      const [code, words] = [codes[platform], `Refused: ${request()}`];
      if (platform === "kasa") return { error_code: code, msg: words };
      if (platform === "omada") return { errorCode: code, msg: words };
      return { stat: "fail", code, message: words };
    },
  });

const saying =
  (status: number, headers: Record<string, string> = {}): Spoiling =>
  ({ all }) => ({ kind: "response", status, headers, body: `<html>${all}</html>` });

const redirecting: Spoiling = ({ all }) => {
  const quoted = encodeURIComponent(all);
  return { kind: "response", status: 302, headers: { location: `https://127.0.0.1:1/?q=${quoted}`, "x-echo": quoted } };
};

const succeeding: Spoiling = ({ all }) => {
  const result = { [all]: all, token: { [all]: 1 }, accessToken: [all], deviceList: [{ [all]: all }] };
  return { kind: "response", body: { error_code: 0, errorCode: 0, stat: "ok", msg: all, result, response: result } };
};

/** All that can happen. */
export const TROUBLES: readonly Trouble[] = [
  { name: "nothing" },
  { name: "a refusal", faults: [refusing({ kasa: -20104, omada: -1001, router: 7 })] },
  { name: "a refusal of the secret", faults: [refusing({ kasa: -20601, omada: -44106, router: 401 })] },
  { name: "a refusal of the token", faults: [refusing({ kasa: -20651, omada: -44112, router: 401 })] },
  {
    name: "an answer that is none of the platform's",
    faults: [
      saying(200),
      ({ all }) => ({ kind: "response", body: [{ [all]: all, token: [all] }] }),
      ({ all }) => ({ kind: "response", body: `{"result":{"token":"${all}` }),
      ({ all }) => ({ kind: "garbage", text: `${all}\r\n\r\n` }),
    ],
  },
  { name: "a result of another shape", signInOnly: true, faults: [succeeding] },
  { name: "another HTTP status", faults: [saying(400), saying(403), saying(404), saying(500), redirecting] },
  { name: "HTTP 401", faults: [saying(401)] },
  { name: "a limit", faults: [saying(429, { "retry-after": "99999" }), saying(503, { "retry-after": "99999" })] },
  {
    name: "a size that is too large",
    faults: [() => ({ kind: "bomb", encoding: "gzip", bytes: 1000 }), () => ({ kind: "announce", bytes: 1e9 })],
  },
  { name: "a broken connection", faults: [() => ({ kind: "reset" }), () => ({ kind: "cut" })] },
  {
    name: "silence",
    isSlow: true,
    faults: [() => ({ kind: "drop" }), () => ({ kind: "stall" }), () => ({ kind: "drip", everyMs: 20 })],
  },
  { name: "a connection that is refused", connection: { kind: "reset" } },
  { name: "a connection to somebody else", connection: { kind: "garbage", text: "220 mail ready\r\n" } },
  {
    name: "another certificate",
    verb: ({ omada, router }) => {
      for (const { server } of [omada, router]) {
        server.changeCertificate(selfSigned());
        server.dropConnections();
      }
    },
  },
  {
    name: "spent tokens",
    verb: ({ kasa, omada, router }) => {
      kasa.expireTokens();
      omada.expireTokens();
      router.expireSessions();
    },
  },
];

/** Lets it happen, to requests that are meant. */
export function happen(house: SecretsFixture, trouble: Trouble, isMeant: (asked: RecordedRequest) => boolean): void {
  const { faults = [], connection, verb } = trouble;
  const all = house.canaries.map(({ value }) => value).join(" | ");
  for (const platform of ["kasa", "omada", "router"] as const) {
    const { server } = house[platform];
    let last = "";
    let count = 0;
    server.onRequest = (asked) => {
      last = inWords(asked);
      if (isMeant(asked)) count++;
    };
    faults.forEach((fault, index) => {
      const when = (asked: RecordedRequest): boolean => isMeant(asked) && count % faults.length === index;
      server.injectFault(fault({ request: () => last, all }, platform), { times: Infinity, when });
    });
    if (!connection) continue;
    server.injectConnectionFault(connection, Infinity);
    server.dropConnections();
  }
  verb?.(house);
}

/** Ends what was let happen. */
export function heal(house: SecretsFixture): void {
  house.kasa.server.clearFaults();
  for (const { server, certificate } of [house.omada, house.router]) {
    server.clearFaults();
    if (certificate) server.changeCertificate(certificate);
  }
}

/** Whether a request is there to sign in. */
export function isSignIn({ path, body }: RecordedRequest): boolean {
  return /authorize|login|auth\.token/.test(path) || /^\{"method":"(login|refreshToken)"/.test(body);
}

// As it came, and each of its values by itself.
function inWords({ query, headers, body, target }: RecordedRequest): string {
  const { authorization = "", cookie = "" } = headers;
  const [, token = ""] = authorization.split("=");
  const inside = body.startsWith("{") ? leaves(JSON.parse(body)) : [];
  const values = [token, cookie.replace(/^.*=/, ""), ...query.values(), ...inside];
  return [...values, body, target, authorization, cookie].join(" | ");
}

function leaves(value: unknown): string[] {
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(leaves) : [String(value)];
}
