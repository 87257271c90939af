import { LightAbortController } from "../../core/abort";
import type { CallOptions } from "../../core/call-context";
import type { Clock } from "../../core/clock";
import { PlatformError } from "../../core/errors";
import { protocolError } from "../../http/response";
import { isUnreachable } from "../error-codes";
import type { Info } from "../schemas";
import type { OperationSpec } from "./operation-spec";
import { bundledSpec, parseSpec } from "./spec-parser";

/** The part of a controller's client that the cache uses. */
interface SpecApi {
  info(options?: CallOptions): Promise<Info>;
  spec(options?: CallOptions): Promise<unknown>;
}

/** The operations of a controller, as far as they are known. */
export interface ControllerSpec {
  operations: readonly OperationSpec[];
  /** Whether this is the controller's own description; otherwise it is the bundled table. */
  own: boolean;
  /** Of the controller; blank if unknown. */
  version: string;
  /** Whether the controller has not responded yet. */
  pending: boolean;
  /** Why the controller's own description is not available. */
  error?: PlatformError | undefined;
}

interface Entry {
  client: SpecApi;
  fetchedAt: number;
  info?: Info | undefined;
  operations?: readonly OperationSpec[] | undefined;
  error?: PlatformError | undefined;
  inFlight?: Promise<void> | undefined;
}

/** A description takes some megabytes. */
const MAX_ENTRIES = 4;
/** How soon an update of a controller is noticed. */
const VERSION_MAX_AGE_MS = 60_000;
/** The cloud does not reveal its version: its description expires instead. */
const UNVERSIONED_MAX_AGE_MS = 3_600_000;
const RETRY_INTERVAL_MS = 20_000;

/** Caches the descriptions of a few controllers, until their version changes. */
export class SpecCache {
  readonly #clock: Clock;
  /** The least recently used first. */
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The operations of a controller; those of the bundled table if it cannot be reached.
   * @param key identifies the controller: its description stays cached when `client` is replaced
   * @param waitMs how long to wait for the controller; the request continues in the background
   */
  async get(key: string, client: SpecApi, waitMs: number): Promise<ControllerSpec> {
    const entry = this.#refresh(key, client);
    const { inFlight } = entry;
    // A cached description is good enough while its version is being checked.
    if (inFlight && !entry.operations) {
      const timer = new LightAbortController();
      await Promise.race([inFlight, this.#clock.sleep(waitMs, timer.signal).catch(() => undefined)]);
      timer.abort();
    }
    const { operations, error, info } = entry;
    const pending = entry.inFlight !== undefined && !operations;
    const version = info?.controllerVer ?? "";
    return operations
      ? { operations, own: true, version, pending, error }
      : { ...bundledControllerSpec(error), version, pending };
  }

  #refresh(key: string, client: SpecApi): Entry {
    const cached = this.#entries.get(key);
    this.#entries.delete(key);
    const entry = cached?.client === client ? cached : { client, fetchedAt: -Infinity };
    this.#entries.set(key, entry);
    for (const oldest of [...this.#entries.keys()].slice(0, -MAX_ENTRIES)) this.#entries.delete(oldest);

    const maxAgeMs = entry.error ? RETRY_INTERVAL_MS : entry.info ? VERSION_MAX_AGE_MS : UNVERSIONED_MAX_AGE_MS;
    if (!entry.inFlight && this.#clock.now() - entry.fetchedAt >= maxAgeMs) {
      entry.inFlight = this.#fetch(entry, cached).finally(() => {
        entry.fetchedAt = this.#clock.now();
        entry.inFlight = undefined;
      });
    }
    return entry;
  }

  // Never rejects: an error is part of the result.
  async #fetch(entry: Entry, previous: Entry | undefined): Promise<void> {
    const { client } = entry;
    try {
      const info = await client.info().catch((error: unknown) => {
        if (isUnreachable(error)) throw error;
        return undefined;
      });
      const isCurrent = info && isSameController(info, previous?.info) && previous?.operations;
      entry.operations = isCurrent ? previous.operations : await fetchOperations(client);
      entry.info = info;
      entry.error = undefined;
    } catch (error) {
      entry.error = error instanceof PlatformError ? error : notASpecError();
    }
  }
}

/** The bundled table of operations. @param error why it stands in for the controller's own description */
export function bundledControllerSpec(error?: PlatformError): ControllerSpec {
  return { operations: bundledSpec(), own: false, version: "", pending: false, error };
}

function isSameController(one: Info, other: Info | undefined): boolean {
  return one.omadacId === other?.omadacId && one.controllerVer === other.controllerVer;
}

async function fetchOperations(client: SpecApi): Promise<OperationSpec[]> {
  const operations = await parseSpec(await client.spec());
  if (operations.length === 0) throw notASpecError();
  return operations;
}

const notASpecError = (): PlatformError => protocolError("It is not an OpenAPI description.");
