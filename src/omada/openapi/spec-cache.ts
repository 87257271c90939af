import { LightAbortController } from "../../core/abort";
import type { CallOptions } from "../../core/call-context";
import type { Clock } from "../../core/clock";
import { isPlatformError, PlatformError } from "../../core/errors";
import { protocolError } from "../../http/response";
import type { Info } from "../schemas";
import { bundledSpec, parseSpec, type OperationSpec } from "./description";

/** Who can be asked for a description: a controller's client. */
export interface SpecApi {
  info(options?: CallOptions): Promise<Info>;
  description(options?: CallOptions): Promise<unknown>;
}

/** What is known of a controller's operations. */
export interface Known {
  operations: readonly OperationSpec[];
  /** Whether it is the controller's own description; otherwise the bundled table. */
  own: boolean;
  /** Of the controller; blank where it does not say. */
  version: string;
  /** Whether the controller is still being asked. */
  pending: boolean;
  /** Why there is no description of its own. */
  error?: PlatformError | undefined;
}

interface Entry {
  client: SpecApi;
  askedAt: number;
  info?: Info | undefined;
  operations?: readonly OperationSpec[] | undefined;
  error?: PlatformError | undefined;
  reading?: Promise<void> | undefined;
}

/** Descriptions take some megabytes each. */
const MOST_KEPT = 4;
/** An update of a controller is noticed within this time. */
const LOOK_AGAIN_MS = 60_000;
/** The cloud does not tell its version: its description is read anew. */
const TOO_OLD_MS = 3_600_000;
const TRY_AGAIN_MS = 20_000;

/** Keeps the descriptions of a few controllers, one for each version of each. */
export class SpecCache {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * What is known of a controller's operations. A controller that cannot be asked has those of the bundled table.
   * @param key names the controller: what was read for it is kept when `client` is another one
   * @param waitMs how long an answer is waited for; it goes on being read when that is over
   */
  async of(key: string, client: SpecApi, waitMs: number): Promise<Known> {
    const entry = this.#entry(key, client);
    const { reading } = entry;
    // What is known already is good enough while the controller is asked whether it was updated.
    if (reading && !entry.operations) {
      const over = new LightAbortController();
      await Promise.race([reading, this.#clock.sleep(waitMs, over.signal).catch(() => undefined)]);
      over.abort();
    }
    const { operations, error, info } = entry;
    const pending = entry.reading !== undefined && !operations;
    const version = info?.controllerVer ?? "";
    return operations ? { operations, own: true, version, pending, error } : { ...bundled(error), version, pending };
  }

  #entry(key: string, client: SpecApi): Entry {
    const known = this.#entries.get(key);
    this.#entries.delete(key);
    const same = known?.client === client ? known : undefined;
    const entry = same ?? { client, askedAt: -Infinity };
    this.#entries.set(key, entry);
    for (const oldest of [...this.#entries.keys()].slice(0, -MOST_KEPT)) this.#entries.delete(oldest);

    const rest = entry.error ? TRY_AGAIN_MS : entry.info ? LOOK_AGAIN_MS : TOO_OLD_MS;
    if (!entry.reading && this.#clock.now() - entry.askedAt >= rest) {
      entry.reading = this.#read(entry, same ?? known).finally(() => {
        entry.askedAt = this.#clock.now();
        entry.reading = undefined;
      });
    }
    return entry;
  }

  // Never fails: what went wrong is part of what is known.
  async #read(entry: Entry, before: Entry | undefined): Promise<void> {
    const { client } = entry;
    try {
      const info = await client.info().catch((error: unknown) => {
        // One who does not answer this will not answer the rest.
        if (isPlatformError(error, "network", "tls", "timeout", "busy", "cancelled")) throw error;
        return undefined;
      });
      const updated = !info || !sameController(info, before?.info) || !before?.operations;
      entry.operations = updated ? await described(client) : before.operations;
      entry.info = info;
      entry.error = undefined;
    } catch (error) {
      entry.error = error instanceof PlatformError ? error : protocolError("It is no description of operations.");
    }
  }
}

/** What is known without asking, and why nobody was asked. */
export function bundled(error?: PlatformError): Known {
  return { operations: bundledSpec(), own: false, version: "", pending: false, error };
}

function sameController(one: Info, other: Info | undefined): boolean {
  return one.omadacId === other?.omadacId && one.controllerVer === other.controllerVer;
}

async function described(client: SpecApi): Promise<OperationSpec[]> {
  const operations = await parseSpec(await client.description());
  if (operations.length === 0) throw protocolError("It is no description of operations.");
  return operations;
}
