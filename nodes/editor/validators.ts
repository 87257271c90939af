// What may be saved in a field. Node-RED shows the text that a validator returns; an environment variable such as
// ${HOME_SERVER} never gets here, it is always accepted.
import { LIMITS, MIN_INTERVALS_S, MIN_LOCAL_INTERVAL_S, type Limit } from "../shared/limits";
import { normalizeRoutePath } from "../shared/route-path";
import { isDialogOpen } from "./config/open-dialog";

/** Whether a field is valid; if not, why. */
type Verdict = true | string;

/**
 * Checks a number against the limits that the runtime checks as well.
 * @param type of the node, in whose catalog the error is
 * @param name of the property
 * @param options `account` is the id of the Kasa account of the node, if it has one
 */
export function checkNumber(
  type: string,
  name: keyof typeof LIMITS,
  value: unknown,
  { allowBlank = false, account = "" } = {},
): Verdict {
  const { min, max = Infinity, integer }: Limit = { ...LIMITS[name], ...intervalOf(type, name, account) };
  // A flow that is older, or that no editor has made, may leave out what has a default.
  if (value === undefined) return true;
  const blank = typeof value === "string" && value.trim() === "";
  const number = Number(value);
  const within = number >= min && number <= max && (!integer || Number.isInteger(number));
  return (blank ? allowBlank : within) || invalid(type, name, { min, max });
}

/** Checks the address of a server; an environment variable may be a part of it. */
export function checkAddress(type: string, value = "", { allowBlank = false } = {}): Verdict {
  return (value === "" ? allowBlank : isAddress(value)) || invalid(type, "server");
}

/** Checks the address of another server that may be left blank, and that an older flow does not have. */
export function checkOptionalAddress(type: string, name: string, value: string | undefined): Verdict {
  return value === undefined || value === "" || isAddress(value) || invalid(type, name);
}

// The runtime takes off the spaces that are often pasted along.
function isAddress(value: string): boolean {
  return /^https?:\/\/[^\s?#]+(#\S*)?$/i.test(value.trim());
}

/** Checks the path of a route as the runtime does; an environment variable may be a part of it. */
export function checkPath(type: string, value = ""): Verdict {
  return /\$\{[^}]+\}/.test(value) || normalizeRoutePath(value) !== undefined || invalid(type, "path");
}

/** Checks a SHA-256 fingerprint; none is fine. */
export function checkFingerprint(type: string, value = ""): Verdict {
  return /^$|^[0-9a-f]{64}$|^([0-9a-f]{2}:){31}[0-9a-f]{2}$/i.test(value.trim()) || invalid(type, "fingerprint");
}

/**
 * Checks that a config node has something to sign in with. What was deployed is not asked: only the runtime knows its
 * credentials. Neither is a node whose dialog is open: they are being entered.
 */
export function checkCredentials(type: string, { id, changed, credentials, mode, reach }: EditorNode): Verdict {
  const has = (...names: string[]): boolean =>
    names.every((name) => credentials?.[name] || credentials?.[`has_${name}`] === true);
  const isClient = type !== "kasa-account" && mode !== "user" && has("clientId", "clientSecret");
  const isUser = type === "peplink-router" && mode === "user" && has("username", "password");
  const isAccount = type === "kasa-account" && (has("email", "password") || has("refreshToken") || reach === "local");
  const isDeployed = changed !== true && credentials === undefined;
  return isDeployed || isClient || isUser || isAccount || isDialogOpen(id) || invalid(type, "credentials");
}

// The runtime raises an interval that is too short for the platform; a dialog says so at once.
function intervalOf(type: string, name: string, account: string): Partial<Limit> {
  if (name !== "interval" || !(type in MIN_INTERVALS_S)) return {};
  if (account && RED.nodes.node(account)?.["reach"] === "local") return { min: MIN_LOCAL_INTERVAL_S };
  return { min: MIN_INTERVALS_S[type as keyof typeof MIN_INTERVALS_S] };
}

function invalid(type: string, name: string, limits?: Readonly<Record<string, number>>): string {
  return RED._(`@homenet/node-red-homenet/${type}:${type}.error.${name}`, limits);
}
