import type { ActOrder, ActOutcome, ActSummary, TargetRow } from "../../acts/act";
import { runAct, summarizeActs } from "../../acts/run-act";
import type { CallOptions } from "../../core/call-context";
import type { Clock } from "../../core/clock";
import { inputError } from "../../core/errors";
import type { KeyedQueue } from "../../core/keyed-queue";
import type { PeplinkApi } from "../api";
import { RouterActContext } from "./context";
import { ACTS } from "./table";

/** These concern the whole router. */
const ACTS_ON_EVERYTHING: ReadonlySet<string> = new Set(["wifi-enable", "reboot"]);

/** The acts of a router, by their names. */
export class PeplinkActs {
  readonly #api: PeplinkApi;
  readonly #clock: Clock;
  readonly #queue: KeyedQueue;

  /** @param queue of the acts, and of changes that the client applies */
  constructor(api: PeplinkApi, clock: Clock, queue: KeyedQueue) {
    this.#api = api;
    this.#clock = clock;
    this.#queue = queue;
  }

  /**
   * Runs an act. `options.trace.details` also receives the router's `notice` and its `warning`.
   * @see runAct
   * @throws `input` also for a target that an act on the whole router would ignore
   */
  async run(order: ActOrder, options: CallOptions): Promise<ActOutcome> {
    if (ACTS_ON_EVERYTHING.has(order.act) && order.target !== "") {
      throw inputError(`"${order.act}" concerns the whole router, so that it takes no target. Leave "target" empty.`);
    }
    let said: Readonly<Record<string, unknown>> = {};
    const createContext = (inner: CallOptions): RouterActContext => {
      said = inner.trace?.details ?? {};
      return new RouterActContext(this.#api, this.#clock, inner);
    };
    try {
      return await runAct(ACTS, order, createContext, { queue: this.#queue, clock: this.#clock }, options);
    } finally {
      const { notice, warning } = said;
      if (options.trace) Object.assign(options.trace.details, notice && { notice }, warning && { warning });
    }
  }

  /** What an act can be done to, for a dialog; empty for an act whose targets cannot be listed. */
  async targets(act: string, options: CallOptions): Promise<TargetRow[]> {
    const target = Object.hasOwn(ACTS, act) ? ACTS[act]?.target : undefined;
    return (await target?.list?.(new RouterActContext(this.#api, this.#clock, options))) ?? [];
  }
}

/** The acts of a router, as a dialog offers them. */
export function routerActs(): ActSummary[] {
  return summarizeActs(ACTS);
}
