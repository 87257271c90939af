import { checkSize } from "../core/encoding";
import { inputError } from "../core/errors";
import { memoize } from "../core/memoize";
import table from "./endpoints.json";

/** A JSON object, such as the parameters or the body of a message. */
export type Fields = Readonly<Record<string, unknown>>;

/** A documented endpoint (see `scripts/generate/peplink-endpoints.mjs`). */
export interface Endpoint {
  method: string;
  name: string;
  effect: "read" | "config" | "command" | "apply" | "destructive";
  /** The first firmware that has it; empty if unknown. */
  since: string;
  /** The vendor's own word, or `undocumented`. */
  stability: string;
  /** Names of its parameters, with an asterisk if required. */
  params: string[];
}

/** The documented endpoints; a router may have others. */
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

const namesOf = (matches: (endpoint: Endpoint) => boolean): string[] =>
  ENDPOINTS.filter(matches).map(({ name }) => name);

const ENDPOINT_NAME = /^[A-Za-z]\w*(\.\w+)*$/;
/** Commands that only read (peplink.md section 2). */
const READING_COMMANDS = new Set(namesOf(({ method, name }) => method === "GET" && name.startsWith("cmd.")));
/** Reads that have to be sent as POST. */
const POSTED_READS = new Set(namesOf(({ method, effect }) => method === "POST" && effect === "read"));
/** Parameters that only the session sets. */
const RESERVED_PARAMETERS = new Set(["accessToken"]);

/**
 * Checks the name of an endpoint to read.
 * @returns the HTTP method that it has to be sent with
 * @throws `input` if it is not a name, or the endpoint does not only read
 */
export const checkReadable = memoize((endpoint): "GET" | "POST" => {
  checkName(endpoint);
  if (!/^(status|info|config)\./.test(endpoint) && !READING_COMMANDS.has(endpoint)) {
    throw inputError(
      endpoint.startsWith("cmd.")
        ? `"${endpoint}" is a command. Use a router-config-post node for it.`
        : '"endpoint" must begin with status., info. or config.',
    );
  }
  return POSTED_READS.has(endpoint) ? "POST" : "GET";
});

/** Whether even an API client of the scope `api.read-only` may call it. */
export const allowsReadOnlyScope = memoize(
  (endpoint) => /^(status|info)\./.test(endpoint) && !POSTED_READS.has(endpoint),
);

/**
 * Encodes parameters for a query as the router parses it: a list as one value with spaces, a boolean as yes or no.
 * @throws `input` for a value that a query cannot hold
 */
export function toQuery(params: Fields): Record<string, string> {
  // Most requests have none.
  if (Object.keys(params).length === 0) return {};
  checkSize(params);
  const pairs = Object.entries(checkParameters(params)).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(pairs.map(([name, value]) => [name, toQueryValue(value, name)]));
}

function toQueryValue(value: unknown, name: string): string {
  if (Array.isArray(value)) return value.map((item) => scalarToText(item, name)).join(" ");
  return scalarToText(value, name);
}

function scalarToText(value: unknown, name: string): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string" || Number.isFinite(value)) return String(value);
  throw inputError(`"params.${name}" must be text, a number, true/false, or a list of those.`);
}

/**
 * Checks the name of an endpoint to post to.
 * @throws `input` if it is not a name, or the endpoint does not write
 */
export function checkWritable(endpoint: string): void {
  checkName(endpoint);
  if (/^(config|cmd)\./.test(endpoint)) return;
  throw inputError('"endpoint" must begin with config. or cmd. to change something.');
}

/** The key of changes that are applied: applying takes everything that is pending (peplink.md section 2.3). */
export const CHANGE_AND_APPLY = "change and apply";

function checkName(endpoint: string): void {
  if (ENDPOINT_NAME.test(endpoint)) return;
  throw inputError('"endpoint" must be a name such as status.wan.connection: words, with dots between them.');
}

/**
 * Checks the names of parameters or of the fields of a body.
 * @throws `input` for one that is reserved for the session
 */
export function checkParameters(fields: Fields): Fields {
  const reserved = Object.keys(fields).find((name) => RESERVED_PARAMETERS.has(name));
  if (reserved === undefined) return fields;
  throw inputError(`"${reserved}" must not be set: the config node signs in.`);
}
