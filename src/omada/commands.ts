import { inputError } from "../errors";
import { findOperation } from "./operations";
import type { Params } from "./path";

export type CommandMethod = "POST" | "PUT" | "PATCH" | "DELETE";

/** Operations that destroy: by method, and by what their path ends with or holds. */
const DESTRUCTIVE: readonly { methods: readonly CommandMethod[]; path: RegExp; what: string }[] = [
  { methods: ["DELETE"], path: /./, what: "delete something" },
  { methods: ["POST"], path: /\/forget$/, what: "forget a device" },
  { methods: ["POST"], path: /\/(batch-)?(sn-)?unbind(-active|device)?$/, what: "take devices or sites away" },
  { methods: ["POST", "PATCH", "PUT"], path: /\/(factory-?)?reset(\/|$)/i, what: "reset settings" },
  { methods: ["POST"], path: /\/(multi-)?restore(\/|$)/, what: "replace the configuration by a backup" },
  { methods: ["POST"], path: /\/rollback$/, what: "roll firmware back" },
  {
    methods: ["POST"],
    path: /\/(start-online-upgrade|start-rolling-upgrade|start-manually-upgrade|onlineRollingUpgrade|isp-upgrade)$/,
    what: "replace firmware",
  },
  { methods: ["POST"], path: /\/(clear-invalid|clear-dynamic-mac)$/, what: "delete many things at once" },
  { methods: ["POST"], path: /\/batch$/, what: "do many things at once" },
];

/** What to write. */
export interface OmadaCommand {
  method: string;
  /** The API's own, or short: `sites/{siteId}/led`. */
  path: string;
  /** For placeholders; what is left is the query. */
  params: Params;
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
 * @param path in full, with its placeholders
 * @returns the body to send; undefined where nothing is to be sent
 * @throws `input` for a method or a body that cannot be right, and for what destroys without `confirm`
 */
export function checkCommand(path: string, { method, body, bodyChosen, confirm }: OmadaCommand): unknown {
  if (!isCommandMethod(method)) throw inputError('"method" must be POST, PUT, PATCH or DELETE.');
  const destructive = DESTRUCTIVE.find((row) => row.methods.includes(method) && row.path.test(path));
  if (destructive && !confirm) {
    throw inputError(`This would ${destructive.what}. Tick "confirm" in the node if that is what you want.`);
  }
  return checkBody(findOperation(method, path)?.body ?? "takes", body, bodyChosen);
}

function checkBody(wanted: "none" | "takes" | "needs", given: unknown, chosen: boolean): unknown {
  if (typeof given === "object" && given !== null && !Buffer.isBuffer(given)) {
    return wanted === "none" && !chosen ? undefined : given;
  }
  if (wanted === "needs" || (chosen && given !== undefined)) {
    throw inputError('The body must be an object, such as {"enable": true}.');
  }
  return undefined;
}

function isCommandMethod(method: string): method is CommandMethod {
  return ["POST", "PUT", "PATCH", "DELETE"].includes(method);
}
