import type { Node, NodeAPI } from "node-red";
import { PlatformError } from "../../src/core/errors";
import type { Limit } from "./limits";

/**
 * Fills in the environment variables of one setting. Node-RED does that itself only where a setting consists of nothing
 * but a variable; in an address, for instance, it is often a part.
 */
export function expandVariables(RED: NodeAPI, node: Node, value: unknown): unknown {
  if (typeof value !== "string" || !value.includes("${")) return value;
  return RED.util.evaluateNodeProperty(value, "env", node, {});
}

/** A copy of a node's settings or credentials with their environment variables filled in. */
export function expandEnvironment<Settings extends object>(RED: NodeAPI, node: Node, settings: Settings): Settings {
  const entries = Object.entries(settings).map(([name, value]) => [name, expandVariables(RED, node, value)] as const);
  return Object.fromEntries(entries) as Settings;
}

/**
 * Parses a numeric setting. It may come as text, where an environment variable stands for it.
 * @param name of the setting, as the error says it
 * @param code of the error: a wrong setting of a config node is `config`, of any other node `input`
 * @returns the limit's default for a blank setting
 * @throws `code` for anything but a number within the limits
 */
export function parseNumber(value: unknown, name: string, limit: Limit, code: "config" | "input"): number {
  if (value === undefined || value === null || (typeof value === "string" && value.trim() === "")) return limit.default;
  const number = typeof value === "string" || typeof value === "number" ? Number(value) : NaN;
  const { min, max = Number.MAX_VALUE, integer = false } = limit;
  if (number >= min && number <= max && (!integer || Number.isInteger(number))) return number;
  const kind = integer ? "a whole number" : "a number";
  const range = limit.max === undefined ? `of at least ${min}` : `from ${min} to ${max}`;
  const place = code === "config" ? "config node" : "node";
  throw new PlatformError(code, `"${name}" must be ${kind} ${range}. Correct it in the ${place}.`);
}
