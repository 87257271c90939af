import { isPlainObject, toJsonValue } from "../core/encoding";
import { inputError } from "../core/errors";
import { isSecretName, MASK } from "../core/redact";
import { checkParameters, ENDPOINTS, type Endpoint, type Fields } from "./endpoints";

/** What can be posted to, by name. */
const WRITES: ReadonlyMap<string, Endpoint> = new Map(
  ENDPOINTS.filter(({ method, effect }) => method === "POST" && effect !== "read").map((one) => [one.name, one]),
);
/** Commands without a body, also where the message holds one. */
const COMMANDS_WITHOUT_BODY = new Set(["cmd.config.apply", "cmd.config.discard"]);
const COMMANDS_WITH_OPTIONAL_BODY = new Set([...COMMANDS_WITHOUT_BODY, "cmd.system.reboot"]);
/** What these delete does not come back by itself, although the table calls them commands. */
const DELETING_COMMANDS = new Set(["cmd.sms.delete", "cmd.wifi.forget"]);
/** The only values of `action` that certainly destroy nothing (peplink.md section 2). */
const HARMLESS_ACTION = /^(add|update|start|unstow)$/i;
/** Inside a body, an `action` may also be what a rule does, such as `deny`. */
const DESTRUCTIVE_ACTION = /remov|delet|replac|reboot|reset|restor|eras|wip|clear|purg|factory|(?<!un)stow/i;
/** What the router shows in place of a secret (peplink.md section 2.3). */
const PLACEHOLDER = "@~HiDdEn~@";
/** Names that other firmwares have in place of the one that the table requires (peplink.md section 2.1). */
const ALTERNATIVES: Readonly<Record<string, readonly string[]>> = {
  simPriority: ["enabledSim", "preferredSim"],
  securityPolicy: ["security"],
};
/** The names that are required inside a parameter, which the table does not hold (peplink.md section 2). */
const ITEM_NAMES: Readonly<Record<string, readonly [parameter: string, names: readonly string[]]>> = {
  "cmd.carrier.select": ["selectedCarrier", ["mcc", "mnc", "pcs"]],
  "cmd.channelPci.lock": ["sim", ["id", "value"]],
  "config.gpio": ["list", ["id"]],
  "config.mesh": ["list", ["id"]],
  "config.wan.connection": ["list", ["id"]],
  "config.wan.connection.priority": ["list", ["connId"]],
};
/** With an empty list, it only reads. */
const MAY_LACK_ITEMS = new Set(["config.gpio"]);

/**
 * Checks the body of a post.
 * @returns the body to send; undefined for a command without one
 * @throws `input` if it is not an object, is not known to be harmless and not confirmed, lacks a required name, or holds a
 * masked secret
 */
export function checkBody(endpoint: string, body: unknown, confirm: boolean): Fields | undefined {
  const json = isPlainObject(body) && !COMMANDS_WITHOUT_BODY.has(endpoint) ? toJsonValue(body) : undefined;
  const fields = isPlainObject(json) ? json : undefined;
  if (!fields && !COMMANDS_WITH_OPTIONAL_BODY.has(endpoint)) {
    throw inputError('The body must be an object, such as {"list": [{"connId": 1, "priority": 2}]}.');
  }
  const danger = confirm ? undefined : whyConfirm(endpoint, fields);
  if (danger) throw inputError(`${danger} Tick "confirm" in the node if that is what you want.`);
  if (!fields) return undefined;
  checkRequired(endpoint, fields);
  const masked = findMaskedSecret(fields);
  if (masked) {
    throw inputError(
      `"${masked}" holds the placeholder of a hidden secret, which would replace the secret itself. Leave it out, or set it.`,
    );
  }
  return checkParameters(fields);
}

/** Whether an endpoint takes effect at once when its body says so, and nothing has to be applied. */
export function isInstant(endpoint: string, fields: Fields | undefined): boolean {
  // The vendor documents it as a string and prints it as a boolean (peplink.md section 2.3).
  const { instantActive } = fields ?? {};
  return (
    (instantActive === true || instantActive === "true") &&
    WRITES.get(endpoint)?.params.includes("instantActive") === true
  );
}

/** Why a post needs a confirmation, in a sentence; undefined if it is known to be harmless. */
export function whyConfirm(endpoint: string, fields: Fields = {}): string | undefined {
  const known = WRITES.get(endpoint);
  if (!known) return `"${endpoint}" is not documented, so that it might destroy something.`;
  const destroys = known.effect === "destructive" || DELETING_COMMANDS.has(endpoint);
  if (destroys || hasDestructiveAction(fields)) return `"${endpoint}" would destroy or cut off something here.`;
  return undefined;
}

// The action may be in the body itself, or in the entries of its lists. Routers may read any spelling of it.
function hasDestructiveAction(fields: Fields): boolean {
  const pending: [value: object, isTop: boolean][] = [[fields, true]];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const [value, isTop] = next;
    for (const [name, inner] of Object.entries(value)) {
      if (name.trim().toLowerCase() === "action") {
        const actions = [inner].flat(Infinity).filter((action) => action !== null);
        if (actions.some((action) => (isTop ? !isHarmless(action) : isDestructive(action)))) return true;
      }
      if (typeof inner === "object" && inner !== null) pending.push([inner, false]);
    }
  }
  return false;
}

function isHarmless(action: unknown): boolean {
  return typeof action === "string" && HARMLESS_ACTION.test(action);
}

// An object among them may have no text at all; its own fields are judged like any others.
function isDestructive(action: unknown): boolean {
  return typeof action === "string" && DESTRUCTIVE_ACTION.test(action);
}

// A router may accept a body without them, and do nothing (peplink.md section 2.3).
function checkRequired(endpoint: string, fields: Fields): void {
  const params = WRITES.get(endpoint)?.params ?? [];
  for (const param of params.filter((each) => each.endsWith("*"))) {
    const name = param.slice(0, -1);
    if (![name, ...(ALTERNATIVES[name] ?? [])].some((each) => isSet(fields[each]))) throw missing(name, name, fields);
  }
  const [parameter, names] = ITEM_NAMES[endpoint] ?? [];
  if (parameter === undefined || names === undefined) return;
  const value = fields[parameter];
  const items: readonly unknown[] = Array.isArray(value) ? value : parameter === "selectedCarrier" ? [value] : [];
  if (items.length === 0) {
    if (MAY_LACK_ITEMS.has(endpoint) && (value === undefined || Array.isArray(value))) return;
    throw inputError(`"${parameter}" must be a list with an object for each thing to change.`);
  }
  for (const [index, item] of items.entries()) {
    const place = Array.isArray(value) ? `${parameter}[${index}]` : parameter;
    if (!isPlainObject(item)) throw inputError(`"${place}" must be an object.`);
    for (const name of names) {
      // A lock is released with `value: null`.
      const isThere = name === "value" ? Object.hasOwn(item, name) : isSet(item[name]);
      if (!isThere) throw missing(`${place}.${name}`, name, item);
    }
  }
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function missing(place: string, name: string, fields: Fields): Error {
  const other = name === "connId" ? "id" : name === "id" ? "connId" : undefined;
  const hint = other && isSet(fields[other]) ? ` Here it is not called "${other}".` : "";
  return inputError(`The body lacks "${place}", without which the router does nothing.${hint}`);
}

// A flow that posts what it has read sends back the router's placeholder, or the mask of this package.
function findMaskedSecret(value: unknown, name = "body"): string | undefined {
  if (value === PLACEHOLDER || (value === MASK && isSecretName(name))) return name;
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const masked = findMaskedSecret(inner, Array.isArray(value) ? name : key);
    if (masked) return masked;
  }
  return undefined;
}
