import assert from "node:assert/strict";
import type { AbortSignalLike } from "../../src/core/abort";
import { createTrace } from "../../src/core/call-context";
import type { Clock } from "../../src/core/clock";
import { PlatformError } from "../../src/core/errors";
import { parseServerAddress } from "../../src/http/server-address";
import { Transport } from "../../src/http/transport";
import { OmadaClient, type OmadaQuery, type OmadaSettings } from "../../src/omada/client";
import { collectRows } from "../../src/omada/pagination";
import { closeAfterTest } from "./mocha-hooks";
import { OmadaController, type ControllerOptions } from "./simulators/omada/controller";
import type { Row } from "./simulators/omada/rows";
import type { RecordedRequest } from "./simulators/simulated-server";

/** A clock that a test sets; a sleep ends at once. */
class SkippingClock implements Clock {
  at = Date.now();

  now(): number {
    return this.at;
  }

  async sleep(ms: number, signal?: AbortSignalLike): Promise<void> {
    signal?.throwIfAborted();
    this.at += ms;
  }
}

/** The result of a query. */
interface QueryResult {
  payload: unknown;
  /** The names of the rows, if they have names. */
  names: unknown[];
  /** Without what lies beside the rows. */
  details: Record<string, unknown>;
  beside: unknown;
  operation: string;
}

/** A simulated controller, our client of it, and one clock for both. */
export class OmadaFixture {
  readonly clock = new SkippingClock();
  readonly client: OmadaClient;
  /** Does what a config node does when it is closed. */
  readonly close: () => Promise<void>;

  private constructor(
    readonly omada: OmadaController,
    settings: Partial<OmadaSettings>,
    concurrency: number,
  ) {
    const { url, omadacId, clientId, clientSecret } = omada;
    const credentials = { omadacId, mode: "client", clientId, clientSecret, username: "", password: "" } as const;
    const transport = new Transport({ timeoutMs: 5000, tls: {}, concurrency, clock: this.clock });
    omada.now = () => this.clock.at;
    const server = parseServerAddress(url);
    this.client = new OmadaClient({ server, ...credentials, ...settings }, transport, this.clock);
    this.close = () => {
      this.client.close();
      return transport.close();
    };
    closeAfterTest(this);
  }

  /**
   * Starts a controller that is closed after the test.
   * @param settings of the client, instead of those of the controller's application
   * @param concurrency maximum of requests in flight
   */
  static async start(
    options: ControllerOptions = {},
    settings: Partial<OmadaSettings> | ((omada: OmadaController) => Partial<OmadaSettings>) = {},
    concurrency = 10,
  ): Promise<OmadaFixture> {
    const omada = closeAfterTest(await OmadaController.start({ http: true, ...options }));
    return new OmadaFixture(omada, typeof settings === "function" ? settings(omada) : settings, concurrency);
  }

  async query(path: string, query: Partial<OmadaQuery> = {}): Promise<QueryResult> {
    const trace = createTrace();
    const complete = { method: "GET", path, params: {}, site: "", all: true, limit: 0, ...query } as const;
    const result = await this.client.query(complete, { trace });
    const payload = "pages" in result ? await collectRows(result.pages) : result.result;
    const names = Array.isArray(payload) ? payload.map((row: Row) => row["name"]) : [];
    const { beside, ...details } = trace.details;
    return { payload, names, details, beside, operation: trace.operation };
  }

  /** The error that a query fails with. */
  queryError(path: string, query: Partial<OmadaQuery> = {}): Promise<PlatformError> {
    return platformErrorOf(this.query(path, query));
  }

  /** The requests with a token, in order: method and path below `/openapi/`, with the query. */
  requests(): string[] {
    const requests = this.omada.server.journal.filter(({ path }) => !isSignIn(path));
    return requests.map(
      ({ method, path, query }) => `${method} ${this.#withNames(path)}${query.size ? `?${query}` : ""}`,
    );
  }

  /** The requests without a token, in order: the end of the path, and the type of the grant. */
  signInRequests(): string[] {
    const requests = this.omada.server.journal.filter(({ path }) => isSignIn(path));
    return requests.map(({ path, query }) =>
      [path.split("/").at(-1), query.get("grant_type")].filter((word) => word !== null).join(" "),
    );
  }

  /** Lets the controller send this response to requests whose path matches. */
  respondWith(
    pattern: RegExp,
    response: { status?: number; headers?: Record<string, string>; body?: unknown },
    times = 1,
  ) {
    const when = ({ path }: RecordedRequest): boolean => pattern.test(path);
    this.omada.server.injectFault({ kind: "response", ...response }, { times, when });
  }

  #withNames(path: string): string {
    const { omadacId, sites } = this.omada;
    const anonymous = path.replace("/openapi/", "").replaceAll(omadacId, "{id}");
    return sites.reduce((text, { siteId, name }) => text.replaceAll(siteId, `{${name}}`), anonymous);
  }
}

/** Settings of a client that signs in as a user. */
export const asUser = ({ username, password }: OmadaController): Partial<OmadaSettings> => ({
  mode: "code",
  username,
  password,
});

/** The JSON body of a request; null if it has none. */
export const bodyOf = (request: RecordedRequest | undefined): unknown => JSON.parse(request?.body || "null");

/** The error that a promise rejects with. */
export async function platformErrorOf(promise: Promise<unknown>): Promise<PlatformError> {
  const error: unknown = await promise.then(
    () => assert.fail("it did not fail"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof PlatformError, String(error));
  return error;
}

const isSignIn = (path: string): boolean => /\/openapi\/authorize\/|\/api\/info$/.test(path);
