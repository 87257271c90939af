import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from "node-red";
import type { AbortSignalLike } from "../../src/core/abort";
import { trimSpaces } from "../../src/core/encoding";
import { inputError } from "../../src/core/errors";

/** A JSONata expression may wait for a promise in the message, and a context store may never answer. */
const MAX_EVALUATION_MS = 5000;

/** The input of an action: what a message and the node's settings say together. */
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

  /** Whether a field of the dialog is set; a blank one reads the message. */
  isSet(name: string): boolean {
    const field = this.#settings[name];
    return field !== undefined && field !== null && (typeof field !== "string" || field.trim() !== "");
  }

  /**
   * The value of a typed field: a set field wins, a blank one reads the message.
   * @param property of the message that a blank field reads
   * @param defaultType of a field whose type was not saved
   * @throws `input` for a promise, or for a field that cannot be evaluated
   */
  async value(name: string, property = name, defaultType = "str"): Promise<unknown> {
    const field = this.#settings[name];
    if (!this.isSet(name)) return rejectPromise((this.msg as unknown as Record<string, unknown>)[property], property);
    if (typeof field !== "string") return field;
    const savedType = this.#settings[`${name}Type`];
    const type = typeof savedType === "string" && savedType ? savedType : defaultType;
    // Most fields of most nodes are plain text: there is nothing to evaluate.
    if (type === "str") return field;
    const { result } = await this.#evaluate(name, field, type);
    return rejectPromise(result, name);
  }

  /**
   * The text of a typed field.
   * @returns without spaces around it; empty if neither the field nor the message has any
   * @throws `input` for anything but text or a number
   */
  async text(name: string): Promise<string> {
    const value = (await this.value(name)) ?? "";
    if (typeof value === "string" || typeof value === "number") return trimSpaces(String(value));
    throw inputError(`"${name}" must be text.`);
  }

  /**
   * The parameters of a request: an object, or JSON text of one.
   * @returns a copy, so that an object of the flow is never changed; empty if there are none
   * @throws `input` for anything else
   */
  async params(): Promise<Record<string, unknown>> {
    const value = parseJson((await this.value("params", "params", "json")) ?? {}, "params");
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
    throw inputError('"params" must be an object, such as {"searchKey": "phone"}.');
  }

  /** The body of a request: the field, or the payload. JSON text is parsed. The platform's client validates it. */
  async body(): Promise<unknown> {
    const value = await this.value("body", "payload", "json");
    try {
      return parseJson(value, "body");
    } catch {
      // Requests without a body ignore the payload, so it may be any text.
      return value;
    }
  }

  // The result is wrapped: a promise among the results must be refused, not awaited.
  #evaluate(name: string, field: string, type: string): Promise<{ result: unknown }> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      let isSettled = false;
      const fail = (): void => {
        isSettled = true;
        reject(inputError(`"${name}" cannot be read as ${type}. Correct it in the node.`));
      };
      try {
        this.RED.util.evaluateNodeProperty(field, type, this.node, this.msg, (error, result: unknown) => {
          clearTimeout(timer);
          if (error || Number.isNaN(result)) return fail();
          isSettled = true;
          resolve({ result });
        });
      } catch {
        fail();
      }
      if (isSettled) return;
      timer = setTimeout(fail, MAX_EVALUATION_MS);
      this.signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
    });
  }
}

// Awaiting a promise of the flow may take forever, and would occupy a place in the queue meanwhile.
function rejectPromise(value: unknown, name: string): unknown {
  if (typeof (Object(value) as { then?: unknown }).then !== "function") return value;
  throw inputError(`"${name}" is a promise. Await it in the flow, and send its result.`);
}

function parseJson(value: unknown, name: string): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    throw inputError(`"${name}" is text, but not valid JSON.`);
  }
}
