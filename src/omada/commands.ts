import { decodeFully, isPlainObject, toJsonValue } from "../core/encoding";
import { inputError } from "../core/errors";
import { findOperation, type Operation } from "./operations";
import type { PathParams } from "./path";

const COMMAND_METHODS: readonly string[] = ["POST", "PUT", "PATCH", "DELETE"];

/**
 * Patterns of destructive operations, for their path or their id, and what they do, as words that follow "would".
 * The method is not enough: the API deletes by POST as well as by DELETE.
 */
const DESTRUCTIVE: readonly [pattern: RegExp, effect: string][] = [
  [/delete|remove|purge|erase|wipe|\/clear-(invalid|dynamic-mac)$|\/sms\/operate$/i, "delete something"],
  [/forget/i, "forget a device"],
  [/unbind/i, "take devices, sites or the cloud away"],
  [/(?<!p)reset/i, "reset settings"],
  [/restore/i, "replace the configuration by a backup"],
  [/rollback/i, "roll firmware back"],
  [/\/(start-(online|rolling|manually)-upgrade|onlineRollingUpgrade|isp-upgrade)$/i, "replace firmware"],
  [/\/(files\/upgrade\/firmware|upgrade\/(plan|autoCheck|overview\/plans)|failed-model-plan)$/i, "replace firmware"],
  [/\/(autoCheck\/[^/]+\/upgrade|plans\/[^/]+\/upgrade\/overview|upgrade-schedules(\/[^/]+)?)$/i, "replace firmware"],
  [/\/owner\/transfer$/i, "transfer the controller to another owner"],
  [/\/batch$/i, "run many operations at once"],
];

/** What to write. */
export interface OmadaCommand {
  method: string;
  /** The API's own, or short: `sites/{siteId}/led`. */
  path: string;
  /** For the placeholders; the remaining ones become the query. */
  params: PathParams;
  /** Name or id, for a path that contains `{siteId}`. */
  site: string;
  body: unknown;
  /** Whether the body was set on purpose: a payload that happens to be there is not always meant. */
  isBodySet: boolean;
  /** Whether destructive operations are allowed. */
  confirm: boolean;
}

/**
 * Checks a command before any request.
 * @param path in full and filled: a placeholder must not hide a destructive operation
 * @returns the body to send; undefined for none
 * @throws `input` for an invalid method or body, and for a destructive operation without `confirm`
 */
export function checkCommand(path: string, { method, body, isBodySet, confirm }: OmadaCommand): unknown {
  if (!COMMAND_METHODS.includes(method)) throw inputError('"method" must be POST, PUT, PATCH or DELETE.');
  const operation = findOperation(method, path);
  const effect = confirm ? undefined : destructiveEffect(method, path);
  if (effect !== undefined) throw inputError(`This would ${effect}. Tick "confirm" in the node if you want that.`);
  return checkBody(operation?.body ?? "optional", body, isBodySet);
}

/**
 * What an operation destroys, in words that follow "would"; undefined for one that is known to be harmless.
 * @param path from `/openapi/` on, filled or with placeholders; it is judged as it is, and as the controller may read it
 */
export function destructiveEffect(method: string, path: string): string | undefined {
  if (method === "DELETE") return "delete something";
  const operation = findOperation(method, path);
  if (!operation) return knownEffect(method, path) ?? "do something that this package does not know";
  return [path, decodedPath(path)].map((each) => knownEffect(method, each)).find((effect) => effect !== undefined);
}

function knownEffect(method: string, path: string): string | undefined {
  const operation = findOperation(method, path);
  if (operation?.list === "post") return undefined;
  return DESTRUCTIVE.find(([pattern]) => pattern.test(path) || pattern.test(operation?.id ?? ""))?.[1];
}

// Some servers ignore what follows a semicolon in a segment.
const decodedPath = (path: string): string => decodeFully(path).replace(/;[^/]*/g, "");

function checkBody(accepted: Operation["body"], body: unknown, isSet: boolean): unknown {
  const content = isContent(body) ? toJsonValue(body) : undefined;
  if (isContent(content)) return accepted === "none" && !isSet ? undefined : content;
  if (accepted === "required" || (isSet && body !== undefined)) {
    throw inputError('The body must be an object, such as {"enable": true}.');
  }
  return undefined;
}

// Not a Date, a Map or a Buffer.
function isContent(value: unknown): boolean {
  return Array.isArray(value) || isPlainObject(value);
}
