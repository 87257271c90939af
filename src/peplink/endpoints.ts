import { isPlainObject, toJsonValue } from "../core/encoding";
import { inputError } from "../core/errors";
import { isSecretName, MASK } from "../core/redact";
import table from "./endpoints.json";

/** Parameters and bodies as messages bring them. */
export type Fields = Readonly<Record<string, unknown>>;

const NAME = /^[A-Za-z]\w*(\.\w+)*$/;
/** What is known of an endpoint (see `scripts/generate/peplink-endpoints.mjs`). */
export interface Endpoint {
  method: string;
  name: string;
  effect: "read" | "config" | "command" | "apply" | "destructive";
  /** Firmware; blank where nobody says. */
  since: string;
  /** In the vendor's own words, or `undocumented`. */
  stability: string;
  /** Names of its parameters; those with an asterisk must be given. */
  params: string[];
}

/** The endpoints that are known; a router may have others. */
export const ENDPOINTS: readonly Endpoint[] = table.map(
  ([method = "", name = "", effect, since = "", stability = "", params]) => ({
    method,
    name,
    effect: effect as Endpoint["effect"],
    since,
    stability,
    params: params ? params.split(" ") : [],
  }),
);

const named = (wanted: (endpoint: Endpoint) => boolean): string[] => ENDPOINTS.filter(wanted).map(({ name }) => name);

/** Commands that only read (peplink.md section 2). */
const READING_COMMANDS = new Set(named(({ method, name }) => method === "GET" && name.startsWith("cmd.")));
/** Reads that the router wants POSTed. */
const POSTED_READS = new Set(named(({ method, effect }) => method === "POST" && effect === "read"));
/** Commands to which there is nothing to say: what the message happens to hold is not for them. */
const MUTE_COMMANDS = new Set(["cmd.config.apply", "cmd.config.discard"]);
/** Commands that need nothing said. */
const BARE_COMMANDS = new Set([...MUTE_COMMANDS, "cmd.system.reboot"]);
/** What is lost or cut off by them does not come back by itself. */
const DESTRUCTIVE = new Set([...named(({ effect }) => effect === "destructive"), "cmd.sms.delete", "cmd.wifi.forget"]);
const DESTRUCTIVE_ACTIONS = new Set<unknown>(["reboot", "remove", "replace", "stow"]);
/** What the router shows in the place of a secret that it keeps to itself (peplink.md section 2.3). */
const PLACEHOLDER = "@~HiDdEn~@";
/** Tokens are the session's affair, wherever a router would take them. */
const RESERVED = new Set(["accessToken"]);

/**
 * Checks the name of an endpoint that is read.
 * @returns how it is asked
 * @throws `input` for one that does not read
 */
export function readingMethod(endpoint: string): "GET" | "POST" {
  checkName(endpoint);
  if (!/^(status|info|config)\./.test(endpoint) && !READING_COMMANDS.has(endpoint)) {
    throw inputError(
      endpoint.startsWith("cmd.")
        ? `"${endpoint}" does something. Use the node that posts configuration and commands.`
        : '"endpoint" must begin with status., info. or config.',
    );
  }
  return POSTED_READS.has(endpoint) ? "POST" : "GET";
}

/** Whether even a client of scope `api.read-only` may read it. */
export function anyScopeReads(endpoint: string): boolean {
  return /^(status|info)\./.test(endpoint) && !POSTED_READS.has(endpoint);
}

/**
 * Writes parameters as the router reads them in a query: lists as one value with spaces, true and false as yes and no.
 * @throws `input` for a value that no query can hold
 */
export function toQuery(params: Fields): Record<string, string> {
  const pairs = Object.entries(checkParameters(params)).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(pairs.map(([name, value]) => [name, queryValue(value, name)]));
}

function queryValue(value: unknown, name: string): string {
  if (Array.isArray(value)) return value.map((item) => scalar(item, name)).join(" ");
  return scalar(value, name);
}

function scalar(value: unknown, name: string): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string" || Number.isFinite(value)) return String(value);
  throw inputError(`"params.${name}" must be text, a number, true/false, or a list of those.`);
}

/**
 * Checks the name of an endpoint that is written.
 * @throws `input` for one that does not write
 */
export function checkWritable(endpoint: string): void {
  checkName(endpoint);
  if (/^(config|cmd)\./.test(endpoint)) return;
  throw inputError('"endpoint" must begin with config. or cmd. to change something.');
}

/**
 * Checks what is to be written.
 * @returns the body to send; none for a command that needs nothing said
 * @throws `input` for a body that is no object or still holds a hidden secret, and for what destroys without `confirm`
 */
export function checkBody(endpoint: string, body: unknown, confirm: boolean): Fields | undefined {
  const given = isFields(body) && !MUTE_COMMANDS.has(endpoint) ? toJsonValue(body) : undefined;
  const fields = isFields(given) ? given : undefined;
  if (!fields && !BARE_COMMANDS.has(endpoint)) {
    throw inputError('The body must be an object, such as {"list": [{"connId": 1, "priority": 2}]}.');
  }
  if (!confirm && (DESTRUCTIVE.has(endpoint) || destroys(fields))) {
    throw inputError(
      `"${endpoint}" would destroy or cut off something here. Tick "confirm" in the node if that is what you want.`,
    );
  }
  const hidden = fields && findHidden(fields);
  if (hidden) {
    throw inputError(
      `"${hidden}" still holds a placeholder for a hidden secret: it would become the secret. Leave it out, or set it.`,
    );
  }
  return fields && checkParameters(fields);
}

// An action may stand in the body, or in the entries of its lists.
function destroys(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(
    ([name, inner]) =>
      (name === "action" && [inner].flat().some((one) => DESTRUCTIVE_ACTIONS.has(one))) || destroys(inner),
  );
}

function checkName(endpoint: string): void {
  if (NAME.test(endpoint)) return;
  throw inputError('"endpoint" must be a name such as status.wan.connection: words, with dots between them.');
}

/**
 * Checks the names of what goes along with a request.
 * @throws `input` for one that is the session's affair
 */
export function checkParameters(fields: Fields): Fields {
  const reserved = Object.keys(fields).find((name) => RESERVED.has(name));
  if (reserved === undefined) return fields;
  throw inputError(`"${reserved}" is not yours to send: the config node signs in.`);
}

// Both the router's placeholder and our own mask come back when somebody posts what they have read.
function findHidden(value: unknown, name = "body"): string | undefined {
  if (value === PLACEHOLDER || (value === MASK && isSecretName(name))) return name;
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const found = findHidden(inner, Array.isArray(value) ? name : key);
    if (found) return found;
  }
  return undefined;
}

// A Date, a Map or a Buffer is none, and a Function node's own objects have another Object than ours.
function isFields(value: unknown): value is Fields {
  return isPlainObject(value);
}
