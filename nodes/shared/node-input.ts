import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from "node-red";
import type { AbortSignalLike } from "../../src/core/abort";
import { trimSpaces } from "../../src/core/encoding";
import { inputError, type PlatformError } from "../../src/core/errors";
import { memoize } from "../../src/core/memoize";
import { emptyVariables, unsetVariableError, variableName } from "./settings";

/** A JSONata expression may wait for a promise in the message, and a context store may never answer. */
const MAX_EVALUATION_MS = 5000;

/** A value, or the promise of one where an expression or a context store has to be asked: mostly there is nothing to wait for. */
type Awaitable<T> = T | Promise<T>;

/** Uses a value as soon as it is there: at once where there is nothing to wait for, which `await` would cost a turn. */
function whenReady<T, R>(value: Awaitable<T>, use: (value: T) => R): R | Promise<Awaited<R>> {
  return value instanceof Promise ? (value.then(use) as Promise<Awaited<R>>) : use(value);
}

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
   * The text of a setting that no message stands in for, without the spaces around it; empty if it is blank.
   * @throws `input` for a variable that is not set: what was meant to be something must not be taken for blank
   */
  setting(name: string): string {
    const value = this.#settings[name];
    const unset = value ? variableName(value) : emptyVariables(this.RED, this.node, this.def)[name];
    if (unset !== undefined) throw unsetVariableError(unset, name, "input");
    return typeof value === "string" ? value.trim() : "";
  }

  /**
   * The value of a typed field: a set field wins, a blank one reads the message.
   * @param property of the message that a blank field reads
   * @param defaultType of a field whose type was not saved
   * @throws `input` for a promise, for a field that cannot be evaluated, and for one that is set and yields nothing
   */
  value(name: string, property = name, defaultType = "str"): Awaitable<unknown> {
    const field = this.#settings[name];
    if (!this.isSet(name)) return this.#messageProperty(name, property);
    if (typeof field !== "string") return field;
    const savedType = this.#settings[typeNameOf(name)];
    const type = typeof savedType === "string" && savedType ? savedType : defaultType;
    // Most fields of most nodes are plain text: there is nothing to evaluate.
    if (type === "str") return field.startsWith("$") ? requireVariable(field, name) : field;
    return this.#evaluate(name, field, type).then(({ result }) => {
      // A `null` that was typed as JSON is meant; any other has come about.
      if (result === undefined || result === "" || (result === null && type !== "json")) {
        throw yieldsNothingError(name, field, type);
      }
      return rejectPromise(result, name);
    });
  }

  /**
   * The text of a typed field.
   * @returns without spaces around it; empty if the field is blank, and the message has none either
   * @throws `input` for anything but text or a number, and for a field that is set and yields nothing
   */
  text(name: string): Awaitable<string> {
    return whenReady(this.value(name), (value) => {
      if (value === undefined || value === null) value = "";
      if (typeof value !== "string" && typeof value !== "number") throw inputError(`"${name}" must be text.`);
      const text = trimSpaces(String(value));
      if (text === "" && this.isSet(name)) throw yieldsNothingError(name);
      return text;
    });
  }

  /**
   * The parameters of a request: an object, or JSON text of one.
   * @returns a copy, so that an object of the flow is never changed; empty if there are none
   * @throws `input` for anything else
   */
  params(): Awaitable<Record<string, unknown>> {
    return whenReady(this.value("params", "params", "json"), (found) => {
      if (found === null && this.isSet("params")) throw yieldsNothingError("params");
      const value = parseJson(found ?? {}, "params");
      if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
      throw inputError('"params" must be an object, such as {"searchKey": "phone"}.');
    });
  }

  /** The body of a request: the field, or the payload. JSON text is parsed. The platform's client validates it. */
  async body(): Promise<unknown> {
    const value = await this.value("body", "payload", "json");
    if (value === null && this.isSet("body")) throw yieldsNothingError("body");
    try {
      return parseJson(value, "body");
    } catch {
      // Requests without a body ignore the payload, so it may be any text.
      return value;
    }
  }

  #messageProperty(name: string, property: string): unknown {
    const unset = emptyVariables(this.RED, this.node, this.def)[name];
    if (unset !== undefined) throw unsetVariableError(unset, name, "input");
    return rejectPromise((this.msg as unknown as Record<string, unknown>)[property], property);
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

/** The setting that holds the type of a typed field. */
const typeNameOf = memoize((name) => `${name}Type`);

// Node-RED has replaced the variables that are set.
function requireVariable(field: string, name: string): string {
  const unset = variableName(field);
  if (unset !== undefined) throw unsetVariableError(unset, name, "input");
  return field;
}

// A blank field often stands for everything: the whole device, or the default endpoint. One that is set must not.
function yieldsNothingError(name: string, field = "", type = ""): PlatformError {
  const sources: Readonly<Record<string, string>> = {
    env: `the environment variable ${field.replace(/^\$\{(.*)\}$/, "$1")}`,
    jsonata: "an expression",
    msg: `msg.${field}`,
    flow: `flow.${field}`,
    global: `global.${field}`,
  };
  const source = sources[type] ?? "a value";
  return inputError(`"${name}" is set to ${source} that yields nothing. Correct it, or leave the field blank.`);
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
