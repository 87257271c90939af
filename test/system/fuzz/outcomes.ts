import { NODE_RED, type NodeRedRuntime } from "../../../scripts/node-red";
import { made } from "./arbitraries";
import type { Case } from "./node-inputs";

/** What became of a message: how often it ended, with what error, and how often it was sent on. */
export interface Outcome {
  ended: number;
  sent: number;
  error: (Error & { code?: unknown; cause?: Record<string, unknown> }) | undefined;
  payload: unknown;
}

/** What Node-RED shows of a node that can get messages. */
export type Receiver = { id: string; receive(msg: object): void };
type CompleteEvent = { msg: object; error?: Outcome["error"]; node: { id: string } };
type SendEvent = { msg: object & { payload?: unknown }; source: { id: string } };

/** Watches how messages end in the runtime, by their identity: a message may lie about everything else. */
export class Outcomes {
  readonly #known = new Map<object, Outcome & { node: string }>();
  readonly #rejections: unknown[] = [];
  readonly #red = require(NODE_RED) as NodeRedRuntime;
  #told: () => void = () => undefined;

  constructor() {
    const { hooks } = this.#red;
    hooks.add("onSend.fuzz", (events: SendEvent[]) => {
      for (const { msg, source } of events) {
        const known = this.#known.get(msg);
        // What comes after the node ends with the same message.
        if (known && source.id === known.node) Object.assign(known, { sent: known.sent + 1, payload: msg.payload });
      }
    });
    hooks.add("onComplete.fuzz", ({ msg, error, node }: CompleteEvent) => {
      const known = this.#known.get(msg);
      if (known && node.id === known.node) Object.assign(known, { ended: known.ended + 1, error });
      this.#told();
    });
    process.on("unhandledRejection", this.#onRejection);
  }

  close(): void {
    for (const hook of ["onSend", "onComplete"]) this.#red.hooks.remove(`${hook}.fuzz`);
    process.off("unhandledRejection", this.#onRejection);
  }

  /** What nobody caught since the last look. */
  orphans(): unknown[] {
    return this.#rejections.splice(0);
  }

  /**
   * Hands messages to nodes, all at once, and waits until each has ended.
   * @param withinMs then those that have not ended are given up
   */
  async of(deliveries: readonly (readonly [Receiver, object])[], withinMs: number): Promise<Outcome[]> {
    this.#known.clear();
    const endings = deliveries.map(([{ id }, msg]) => {
      const ending = { node: id, ended: 0, sent: 0, error: undefined, payload: undefined };
      this.#known.set(msg, ending);
      return ending;
    });
    await new Promise<void>((done) => {
      const late = setTimeout(done, withinMs);
      this.#told = () => {
        if (endings.some(({ ended }) => ended === 0)) return;
        clearTimeout(late);
        // What ends twice does so within a turn or two.
        setImmediate(() => setImmediate(done));
      };
      for (const [node, msg] of deliveries) node.receive(msg);
    });
    this.#told = () => undefined;
    return endings;
  }

  readonly #onRejection = (reason: unknown): void => void this.#rejections.push(reason);
}

/** The message of a case. It has its id already: a frozen one could not be given any. */
export function message({ shape, says }: Case): object {
  const msg = { _msgid: "0123456789abcdef", ...(made(says) as object) };
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
