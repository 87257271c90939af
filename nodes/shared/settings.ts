import type { Node, NodeAPI } from "node-red";
import { inputError, PlatformError } from "../../src/core/errors";
import type { Limit } from "./limits";

/** What Node-RED takes for a variable where a setting consists of nothing else; the second form is its older one. */
const ONLY_A_VARIABLE = /^(?:\$\{(\S+)\}|\$\((\S+)\))$/;

/** The code of an error in a setting: that of a config node is `config`, that of any other node `input`. */
type SettingCode = "config" | "input";

/**
 * Fills in the environment variables of one setting. Node-RED does that itself only where a setting consists of nothing
 * but a variable; in an address, for instance, it is often a part.
 * @param setting its name, as the error says it
 * @throws `code`, naming the variable, where one is not set or empty
 */
export function expandVariables(
  RED: NodeAPI,
  node: Node,
  value: unknown,
  setting: string,
  code: SettingCode = "config",
): unknown {
  if (typeof value !== "string" || !value.includes("$")) return value;
  return value.replace(/^\$\((\S+)\)$/, "${$1}").replace(/\$\{([^}]+)\}/g, (variable, name: string) => {
    const text = toText(RED.util.evaluateNodeProperty(variable, "env", node, {}));
    if (typeof text === "string" && text !== "") return text;
    throw unsetVariableError(name, setting, code);
  });
}

/** The name of the variable that a setting consists of; undefined if it is anything else. */
export function variableName(value: unknown): string | undefined {
  const match = typeof value === "string" ? ONLY_A_VARIABLE.exec(value) : undefined;
  return match?.[1] ?? match?.[2];
}

/** What to say of a variable that yields nothing, and of the setting that consists of it. */
export function unsetVariableError(variable: string, setting: string, code: SettingCode): PlatformError {
  return new PlatformError(code, `The environment variable ${variable} is not set, but "${setting}" needs it. Set it.`);
}

/** Properties of a node that hold text for people, or its place in the flow. */
const NO_SETTINGS: ReadonlySet<string> = new Set(["id", "type", "z", "g", "name", "info"]);

/**
 * A copy of a config node's settings with their environment variables filled in.
 * @throws `config`, naming the variable, where one is not set or empty
 */
export function expandEnvironment<Settings extends object>(RED: NodeAPI, node: Node, settings: Settings): Settings {
  for (const [name, variable] of Object.entries(emptyVariables(RED, node, settings))) {
    throw unsetVariableError(variable, name, "config");
  }
  const entries = Object.entries(settings).map(([name, value]: [string, unknown]) => {
    const isText = !NO_SETTINGS.has(name) && typeof value !== "boolean";
    return [name, isText ? toText(expandVariables(RED, node, value, name)) : value] as const;
  });
  return Object.fromEntries(entries) as Settings;
}

/**
 * The credentials of a node, in which Node-RED has filled in the variables that are set.
 * @throws `config`, naming the variable, where one is not set or empty
 */
export function expandCredentials<Credentials extends object>(
  RED: NodeAPI,
  node: Node<Credentials>,
): Partial<Credentials> {
  const saved = (RED.nodes.getCredentials(savedId(node)) ?? {}) as Readonly<Record<string, unknown>>;
  const entries = Object.entries(node.credentials ?? {}).map(([name, value]: [string, unknown]) => {
    // A part of a password may look like a variable; the whole of one is taken for a variable, as Node-RED does.
    const unset = variableName(value) ?? (value === "" ? variableName(saved[name]) : undefined);
    if (unset !== undefined) throw unsetVariableError(unset, name, "config");
    return [name, toText(value)] as const;
  });
  return Object.fromEntries(entries) as Partial<Credentials>;
}

const emptyVariablesOf = new WeakMap<object, Readonly<Record<string, string>>>();

/**
 * The settings that are blank because Node-RED has replaced a variable in them by its empty value, and the variables.
 * What was meant to be something must not be taken for a blank setting, which often stands for everything.
 * @param settings as Node-RED hands them to the node; the result is kept for them
 */
export function emptyVariables(RED: NodeAPI, node: Node, settings: object): Readonly<Record<string, string>> {
  const known = emptyVariablesOf.get(settings);
  if (known) return known;
  const names: Record<string, string> = {};
  const id = savedId(node);
  RED.nodes.eachNode((saved) => {
    if (saved.id !== id) return;
    for (const [name, value] of Object.entries(settings)) {
      const variable = value === "" ? variableName((saved as unknown as Record<string, unknown>)[name]) : undefined;
      if (variable !== undefined && !NO_SETTINGS.has(name)) names[name] = variable;
    }
  });
  emptyVariablesOf.set(settings, names);
  return names;
}

/** The id of a node in the flow file: a node in a subflow is an instance of the one that was saved. */
export function savedId(node: object): string {
  const { id = "", _alias = id } = node as { id?: string; _alias?: string };
  return _alias;
}

// A variable may be of the type number or boolean.
function toText(value: unknown): unknown {
  return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
}

/**
 * Parses a numeric setting. It may come as text, where an environment variable stands for it.
 * @param name of the setting, as the error says it
 * @param code of the error: a wrong setting of a config node is `config`, of any other node `input`
 * @returns the limit's default for a blank setting
 * @throws `code` for anything but a number within the limits
 */
export function parseNumber(value: unknown, name: string, limit: Limit, code: SettingCode): number {
  if (value === undefined || value === null || (typeof value === "string" && value.trim() === "")) return limit.default;
  const number = typeof value === "string" || typeof value === "number" ? Number(value) : NaN;
  const { min, max = Number.MAX_VALUE, integer = false } = limit;
  if (number >= min && number <= max && (!integer || Number.isInteger(number))) return number;
  const kind = integer ? "a whole number" : "a number";
  const range = limit.max === undefined ? `of at least ${min}` : `from ${min} to ${max}`;
  const place = code === "config" ? "config node" : "node";
  throw new PlatformError(code, `"${name}" must be ${kind} ${range}. Correct it in the ${place}.`);
}

/**
 * A setting of a node that is text or a number, with its environment variables filled in.
 * @throws `input` for anything else, or a variable that yields nothing: a blank setting often stands for everything
 */
export function readText<Def extends object>(RED: NodeAPI, node: Node, def: Def, name: keyof Def & string): string {
  const value = expandVariables(RED, node, def[name] ?? "", name, "input");
  const unset = value === "" ? emptyVariables(RED, node, def)[name] : variableName(value);
  if (unset !== undefined) throw unsetVariableError(unset, name, "input");
  if (typeof value === "string" || typeof value === "number") return String(value).trim();
  throw inputError(`"${name}" must be text. Correct it in the node.`);
}

/**
 * Parses the names of the events that a node sends.
 * @param text names separated by commas; blank = all
 * @param known the events of the source
 * @throws `input` for any other name: it would never come, and the flow would wait in vain
 */
export function parseEvents(text: string, known: readonly string[]): ReadonlySet<string> {
  const names = text.split(",").map((name) => name.trim().toLowerCase());
  const events = new Set(names.filter((name) => name !== ""));
  const isKnown = [...events].every((name) => known.includes(name));
  if (isKnown && (events.size > 0 || text.trim() === "")) return events;
  throw inputError(`"events" must be some of ${known.join(", ")}, with commas. Correct it, or leave it blank for all.`);
}
