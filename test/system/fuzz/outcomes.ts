import { NODE_RED, type NodeRedRuntime } from "../../../scripts/node-red";
import { materialize } from "./arbitraries";
import type { Case } from "./node-inputs";

/** The outcome of a message: how often it ended, with which error, and how often it was sent. */
export interface Outcome {
  ended: number;
  sent: number;
  error: (Error & { code?: unknown; cause?: Record<string, unknown> }) | undefined;
  payload: unknown;
}

/** A node that can get messages. */
export type Receiver = { id: string; receive(msg: object): void };
type CompleteEvent = { msg: object; error?: Outcome["error"]; node: { id: string } };
type SendEvent = { msg: object & { payload?: unknown }; source: { id: string } };

/** Records the outcomes of messages by their identity: nothing else in them can be trusted. */
export class OutcomeRecorder {
  readonly #outcomes = new Map<object, Outcome & { node: string }>();
  readonly #rejections: unknown[] = [];
  readonly #red = require(NODE_RED) as NodeRedRuntime;
  #onCompletion: () => void = () => undefined;

  constructor() {
    const { hooks } = this.#red;
    hooks.add("onSend.fuzz", (events: SendEvent[]) => {
      for (const { msg, source } of events) {
        const outcome = this.#outcomes.get(msg);
        // The nodes after it get the same message.
        if (outcome && source.id === outcome.node)
          Object.assign(outcome, { sent: outcome.sent + 1, payload: msg.payload });
      }
    });
    hooks.add("onComplete.fuzz", ({ msg, error, node }: CompleteEvent) => {
      const outcome = this.#outcomes.get(msg);
      if (outcome && node.id === outcome.node) Object.assign(outcome, { ended: outcome.ended + 1, error });
      this.#onCompletion();
    });
    process.on("unhandledRejection", this.#onRejection);
  }

  close(): void {
    for (const hook of ["onSend", "onComplete"]) this.#red.hooks.remove(`${hook}.fuzz`);
    process.off("unhandledRejection", this.#onRejection);
  }

  /** Returns the unhandled rejections since the last call. */
  takeRejections(): unknown[] {
    return this.#rejections.splice(0);
  }

  /**
   * Sends messages to nodes, all at once, and waits until each has ended.
   * @param timeoutMs after which the others are no longer waited for
   */
  async record(deliveries: readonly (readonly [Receiver, object])[], timeoutMs: number): Promise<Outcome[]> {
    this.#outcomes.clear();
    const outcomes = deliveries.map(([{ id }, msg]) => {
      const outcome = { node: id, ended: 0, sent: 0, error: undefined, payload: undefined };
      this.#outcomes.set(msg, outcome);
      return outcome;
    });
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#onCompletion = () => {
        if (outcomes.some(({ ended }) => ended === 0)) return;
        clearTimeout(timer);
        // A second end would follow within two turns of the event loop.
        setImmediate(() => setImmediate(resolve));
      };
      for (const [node, msg] of deliveries) node.receive(msg);
    });
    this.#onCompletion = () => undefined;
    return outcomes;
  }

  readonly #onRejection = (reason: unknown): void => void this.#rejections.push(reason);
}

/** Builds the message of a case, with its id: a frozen one could not get it later. */
export function buildMessage({ shape, values }: Case): object {
  const msg = { _msgid: "0123456789abcdef", ...(materialize(values) as object) };
  switch (shape) {
    case "frozen":
      return Object.freeze(msg);
    case "sealed":
      return Object.seal({ payload: undefined, ...msg });
    case "without prototype":
      return Object.assign(Object.create(null) as object, msg);
    case "a proxy":
      return new Proxy(msg, {});
    case "with getters": {
      const properties = Object.entries(msg).map(([name, value]) => [name, { get: () => value, enumerable: true }]);
      return Object.create(Object.prototype, Object.fromEntries(properties) as PropertyDescriptorMap) as object;
    }
    case "read-only": {
      for (const name of Object.keys(msg)) Object.defineProperty(msg, name, { writable: false });
      return msg;
    }
    default:
      return msg;
  }
}
