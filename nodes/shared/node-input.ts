import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from "node-red";
import type { AbortSignalLike } from "../../src/core/abort";
import { trimSpaces } from "../../src/core/encoding";
import { inputError } from "../../src/core/errors";

/** An expression waits for a promise in the message, and a context store may never answer: nobody else waits for that. */
const LONGEST_EVALUATION_MS = 5000;

/** Reads what a message and a node's settings say together. */
export class NodeInput {
  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly def: NodeDef,
    readonly msg: NodeMessageInFlow,
    private readonly signal: AbortSignalLike,
  ) {}

  get #settings(): Record<string, unknown> {
    return this.def as NodeDef & Record<string, unknown>;
  }

  /** Whether a field holds anything; a blank one reads the message. */
  isSet(name: string): boolean {
    const field = this.#settings[name];
    return field !== undefined && field !== null && (typeof field !== "string" || field.trim() !== "");
  }

  /**
   * The value of a typed field: a set field wins, a blank one reads the message.
   * @param property of the message that a blank field reads
   * @param otherwise the type of a field whose type was not saved
   * @throws `input` for a promise
   */
  async value(name: string, property = name, otherwise = "str"): Promise<unknown> {
    const field = this.#settings[name];
    if (!this.isSet(name)) return atHand((this.msg as unknown as Record<string, unknown>)[property], property);
    if (typeof field !== "string") return field;
    const chosen = this.#settings[`${name}Type`];
    const type = typeof chosen === "string" && chosen ? chosen : otherwise;
    // Nothing to evaluate in most fields of most messages.
    if (type === "str") return field;
    const { found } = await this.#evaluate(name, field, type);
    return atHand(found, name);
  }

  /**
   * A text.
   * @returns without spaces around it; empty where neither the field nor the message holds any
   * @throws `input` for anything but text or a number
   */
  async text(name: string): Promise<string> {
    const value = (await this.value(name)) ?? "";
    if (typeof value === "string" || typeof value === "number") return trimSpaces(String(value));
    throw inputError(`"${name}" must be text.`);
  }

  /**
   * An object, or JSON text that holds one.
   * @returns a copy, empty where there is none, so that a flow's own object is never changed
   * @throws `input` for anything else
   */
  async params(): Promise<Record<string, unknown>> {
    const value = parsed((await this.value("params", "params", "json")) ?? {}, "params");
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
    throw inputError('"params" must be an object, such as {"searchKey": "phone"}.');
  }

  /** A body: the field, or the payload; JSON text is read. What it has to be is for the platform to say. */
  async body(): Promise<unknown> {
    const value = await this.value("body", "payload", "json");
    try {
      return parsed(value, "body");
    } catch {
      // Commands that need nothing said take any payload, also a text.
      return value;
    }
  }

  #evaluate(name: string, field: string, type: string): Promise<{ found: unknown }> {
    return new Promise((resolve, reject) => {
      let late: NodeJS.Timeout | undefined;
      let isOver = false;
      const fail = (): void => {
        isOver = true;
        reject(inputError(`"${name}" cannot be read as ${type}. Correct it in the node.`));
      };
      try {
        this.RED.util.evaluateNodeProperty(field, type, this.node, this.msg, (error, value: unknown) => {
          clearTimeout(late);
          if (error || Number.isNaN(value)) return fail();
          isOver = true;
          resolve({ found: value });
        });
      } catch {
        fail();
      }
      if (isOver) return;
      late = setTimeout(fail, LONGEST_EVALUATION_MS);
      this.signal.addEventListener("abort", () => clearTimeout(late), { once: true });
    });
  }
}

// The next `await` on its way would wait for a promise: for ever, and with a place in the queue, where it never comes.
function atHand(value: unknown, name: string): unknown {
  if (typeof (Object(value) as { then?: unknown }).then !== "function") return value;
  throw inputError(`"${name}" is a promise. Wait for it in the flow, and send what it brings.`);
}

function parsed(value: unknown, name: string): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    throw inputError(`"${name}" is text that is no JSON.`);
  }
}
