import { isPlainObject, toJsonValue } from "../core/encoding";
import { inputError } from "../core/errors";
import { findOperation, type Operation } from "./operations";
import type { PathParams } from "./path";

export type CommandMethod = "POST" | "PUT" | "PATCH" | "DELETE";

/** What destroys, by a word of its path or of its operation's id: the API deletes by POST as well as by DELETE. */
const DESTRUCTIVE: readonly [word: RegExp, what: string][] = [
  [/delete|remove|purge|erase|wipe|\/clear-(invalid|dynamic-mac)$|\/sms\/operate$/i, "delete something"],
  [/forget/i, "forget a device"],
  [/unbind/i, "take devices, sites or the cloud away"],
  [/(?<!p)reset/i, "reset settings"],
  [/restore/i, "replace the configuration by a backup"],
  [/rollback/i, "roll firmware back"],
  [/\/(start-(online|rolling|manually)-upgrade|onlineRollingUpgrade|isp-upgrade)$/i, "replace firmware"],
  [/\/(files\/upgrade\/firmware|upgrade\/(plan|autoCheck|overview\/plans)|failed-model-plan)$/i, "replace firmware"],
  [/\/(autoCheck\/[^/]+\/upgrade|plans\/[^/]+\/upgrade\/overview|upgrade-schedules(\/[^/]+)?)$/i, "replace firmware"],
  [/\/owner\/transfer$/i, "give the controller to somebody else"],
  [/\/batch$/i, "do many things at once"],
];

/** What to write. */
export interface OmadaCommand {
  method: string;
  /** The API's own, or short: `sites/{siteId}/led`. */
  path: string;
  /** For placeholders; what is left is the query. */
  params: PathParams;
  /** Name or id, where the path asks for a site. */
  site: string;
  body: unknown;
  /** Whether the body was chosen as such: a payload that happens to be there is not always meant. */
  bodyChosen: boolean;
  /** Whether the owner wants what destroys. */
  confirm: boolean;
}

/**
 * Checks a write before anything is asked.
 * @param path in full and filled: what destroys must not hide in a placeholder
 * @returns the body to send; undefined where nothing is to be sent
 * @throws `input` for a method or a body that cannot be right, and for what destroys without `confirm`
 */
export function checkCommand(path: string, { method, body, bodyChosen, confirm }: OmadaCommand): unknown {
  if (!isCommandMethod(method)) throw inputError('"method" must be POST, PUT, PATCH or DELETE.');
  const operation = findOperation(method, path);
  const what = confirm ? undefined : destroys(method, path, operation);
  if (what !== undefined) throw inputError(`This would ${what}. Tick "confirm" in the node if that is what you want.`);
  return checkBody(operation?.body ?? "takes", body, bodyChosen);
}

/** What an operation destroys, in words that follow "would"; nothing where it destroys nothing. */
export function destroys(method: string, path: string, operation: Operation | undefined): string | undefined {
  if (method === "DELETE") return "delete something";
  if (operation?.list === "post") return undefined;
  return DESTRUCTIVE.find(([word]) => word.test(path) || word.test(operation?.id ?? ""))?.[1];
}

function checkBody(wanted: Operation["body"], given: unknown, chosen: boolean): unknown {
  const content = isContent(given) ? toJsonValue(given) : undefined;
  if (isContent(content)) return wanted === "none" && !chosen ? undefined : content;
  if (wanted === "needs" || (chosen && given !== undefined)) {
    throw inputError('The body must be an object, such as {"enable": true}.');
  }
  return undefined;
}

// A Date, a Map or a Buffer is none.
function isContent(value: unknown): boolean {
  return Array.isArray(value) || isPlainObject(value);
}

function isCommandMethod(method: string): method is CommandMethod {
  return ["POST", "PUT", "PATCH", "DELETE"].includes(method);
}
