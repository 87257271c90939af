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

/** A clock whose hands are turned by the test; nobody has to wait. */
export class TestClock implements Clock {
  at = Date.now();

  now(): number {
    return this.at;
  }

  async sleep(ms: number, signal?: AbortSignalLike): Promise<void> {
    signal?.throwIfAborted();
    this.at += ms;
  }
}

/** What came of a query. */
export interface Read {
  payload: unknown;
  /** The names of the rows, where there are rows with names. */
  names: unknown[];
  details: Record<string, unknown>;
  operation: string;
}

/** A controller, our client of it, and one clock for both. */
export class Setting {
  readonly clock = new TestClock();
  readonly client: OmadaClient;
  /** Ends what a config node ends when it is closed. */
  readonly close: () => Promise<void>;

  private constructor(
    readonly omada: OmadaController,
    settings: Partial<OmadaSettings>,
    concurrency: number,
  ) {
    const { url, omadacId, clientId, clientSecret } = omada;
    const who = { omadacId, mode: "client", clientId, clientSecret, username: "", password: "" } as const;
    const transport = new Transport({ timeoutMs: 5000, tls: {}, concurrency, clock: this.clock });
    omada.now = () => this.clock.at;
    this.client = new OmadaClient({ server: parseServerAddress(url), ...who, ...settings }, transport, this.clock);
    this.close = () => {
      this.client.close();
      return transport.close();
    };
    closeAfterTest(this);
  }

  /**
   * @param settings of the client, where they are not those of an application of the controller
   * @param concurrency requests under way at most
   */
  static async start(
    options: ControllerOptions = {},
    settings: Partial<OmadaSettings> | ((omada: OmadaController) => Partial<OmadaSettings>) = {},
    concurrency = 10,
  ): Promise<Setting> {
    const omada = closeAfterTest(await OmadaController.start({ http: true, ...options }));
    return new Setting(omada, typeof settings === "function" ? settings(omada) : settings, concurrency);
  }

  async read(path: string, query: Partial<OmadaQuery> = {}): Promise<Read> {
    const trace = createTrace();
    const whole = { method: "GET", path, params: {}, site: "", all: true, limit: 0, ...query } as const;
    const reading = await this.client.query(whole, { trace });
    const payload = "pages" in reading ? await collectRows(reading.pages) : reading.result;
    const names = Array.isArray(payload) ? payload.map((row: Row) => row["name"]) : [];
    return { payload, names, details: trace.details, operation: trace.operation };
  }

  /** Why a query fails. */
  async failure(path: string, query: Partial<OmadaQuery> = {}): Promise<PlatformError> {
    const error: unknown = await this.read(path, query).then(
      () => assert.fail("it did not fail"),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof PlatformError, String(error));
    return error;
  }

  /** What was asked with a token, in order: method and path below `/openapi/`, with the query. */
  asked(): string[] {
    const calls = this.omada.server.journal.filter(({ path }) => !isAtTheDoor(path));
    return calls.map(({ method, path, query }) => `${method} ${this.#named(path)}${query.size ? `?${query}` : ""}`);
  }

  /** The requests at the controller's door, in order: the path and the kind of grant. */
  atTheDoor(): string[] {
    const requests = this.omada.server.journal.filter(({ path }) => isAtTheDoor(path));
    return requests.map(({ path, query }) => (path.split("/").at(-1) ?? "") + suffix(query.get("grant_type")));
  }

  /** Makes the controller answer calls whose path matches with something of the test's own. */
  answering(pattern: RegExp, answer: { status?: number; headers?: Record<string, string>; body?: unknown }, times = 1) {
    const when = ({ path }: RecordedRequest): boolean => pattern.test(path);
    this.omada.server.injectFault({ kind: "response", ...answer }, { times, when });
  }

  #named(path: string): string {
    const { omadacId, sites } = this.omada;
    const named = path.replace("/openapi/", "").replaceAll(omadacId, "{id}");
    return sites.reduce((text, { siteId, name }) => text.replaceAll(siteId, `{${name}}`), named);
  }
}

const isAtTheDoor = (path: string): boolean => /\/openapi\/authorize\/|\/api\/info$/.test(path);

const suffix = (grant: string | null): string => (grant ? ` ${grant}` : "");
