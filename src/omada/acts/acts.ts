import type { ActOrder, ActOutcome, ActSummary, TargetRow } from "../../acts/act";
import { runAct, summarizeActs } from "../../acts/run-act";
import { TargetMemory } from "../../acts/target-memory";
import type { CallOptions } from "../../core/call-context";
import type { Clock } from "../../core/clock";
import { KeyedQueue } from "../../core/keyed-queue";
import { OmadaActContext, type ActsClient } from "./context";
import { ACTS } from "./table";

/** The acts of a controller, by their names. */
export class OmadaActs {
  readonly #client: ActsClient;
  readonly #clock: Clock;
  readonly #memory: TargetMemory;
  readonly #queue: KeyedQueue;

  constructor(client: ActsClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
    this.#memory = new TargetMemory(clock);
    this.#queue = new KeyedQueue("earlier ones of the same kind");
  }

  /**
   * Runs an act on a site, by its name or id.
   * @see runAct
   */
  run(order: ActOrder, site: string, options: CallOptions): Promise<ActOutcome> {
    const createContext = (inner: CallOptions): OmadaActContext =>
      new OmadaActContext(this.#client, site, this.#memory, inner);
    return runAct(ACTS, order, createContext, { queue: this.#queue, clock: this.#clock }, options);
  }

  /** What an act can be done to, for a dialog; empty for an act that has no target. */
  async targets(act: string, site: string, options: CallOptions): Promise<TargetRow[]> {
    const target = Object.hasOwn(ACTS, act) ? ACTS[act]?.target : undefined;
    return (await target?.list?.(new OmadaActContext(this.#client, site, this.#memory, options))) ?? [];
  }
}

/** The acts of a controller, as a dialog offers them. */
export function omadaActs(): ActSummary[] {
  return summarizeActs(ACTS);
}
