import type { NodeAPI } from "node-red";
import { LightAbortController, type AbortSignalLike } from "../../src/core/abort";
import { abortable } from "../../src/core/call-context";
import { cancelledError, inputError, PlatformError } from "../../src/core/errors";
import { type ConfigNode, type PlatformClient } from "../shared/config-node";

/** Something that a dialog has done with what was typed into it, saved or not. */
export type AdminAction = (asked: Readonly<Record<string, unknown>>, signal: AbortSignalLike) => Promise<object>;

/** A list that a dialog shows, read through a deployed config node. */
export type AdminList<Client extends PlatformClient> = (
  client: Client,
  query: Readonly<Record<string, string>>,
  signal: AbortSignalLike,
) => Promise<object>;

/** What the runtime does for the dialogs of one platform. */
export interface EditorApi<Client extends PlatformClient> {
  actions: Readonly<Record<string, AdminAction>>;
  /** Each answers an object such as `{ rows: […] }`. */
  lists: Readonly<Record<string, AdminList<Client>>>;
}

/** As much of Express as is needed here. */
export interface AdminRequest {
  params: Record<string, string>;
  query: Record<string, unknown>;
  body: unknown;
  headers: Record<string, string | string[] | undefined>;
}
export interface AdminResponse {
  setHeader(name: string, value: string): void;
  json(body: object): void;
  on(event: "close", listener: () => void): void;
}

const LARGEST_QUESTION = 64 * 1024;
const USUAL_TIMEOUT_S = 15;
const LONGEST_TIMEOUT_S = 600;

/**
 * Answers the dialogs of one config node type and of the nodes that use it; called once, while the type is registered.
 * `POST homenet/<type>/<act>` needs the permission `<type>.write`, `GET homenet/<type>/<id>/<list>` needs `<type>.read`.
 * What goes wrong is an answer as well, `{ error: { code, message } }`: the browser's console is no place for it.
 * @param load is called at the first question: registering costs nothing but two routes
 */
export function registerAdminRoutes<Client extends PlatformClient>(
  RED: NodeAPI,
  type: string,
  load: () => EditorApi<Client>,
): void {
  const path = `/homenet/${type}`;

  RED.httpAdmin.post(
    `${path}/:act`,
    RED.auth.needsPermission(`${type}.write`),
    (request: AdminRequest, response: AdminResponse) => {
      const asked = fields(request.body);
      respond(response, Number(fields(asked["settings"])["timeout"]), async (signal) => {
        refuseOdd(request);
        const act = own(load().actions, request.params["act"]);
        if (!act) throw inputError("This dialog asks for something that is not there. Reload the editor.");
        return act(asked, signal);
      });
    },
  );

  RED.httpAdmin.get(
    `${path}/:id/:list`,
    RED.auth.needsPermission(`${type}.read`),
    (request: AdminRequest, response: AdminResponse) => {
      const node = RED.nodes.getNode(request.params["id"] ?? "") as ConfigNode<Client> | null;
      respond(response, USUAL_TIMEOUT_S, async (signal) => {
        const list = own(load().lists, request.params["list"]);
        if (!list) throw inputError("This dialog asks for something that is not there. Reload the editor.");
        if (node?.type !== type || !node.client) return { notDeployed: true };
        if (node.client instanceof PlatformError) throw node.client;
        return list(node.client, texts(request.query), signal);
      });
    },
  );
}

/**
 * Answers one question of a dialog with what comes of `work`, or with why nothing does.
 * Nothing that happens here may reach Express, or the runtime as an orphan rejection.
 * @param timeoutS seconds for all of it; the usual ones where it is no number above 0
 */
export function respond(
  response: AdminResponse,
  timeoutS: number,
  work: (signal: AbortSignalLike) => Promise<object>,
): void {
  told(response, timeoutS, work)
    .then((words) => {
      response.setHeader("cache-control", "no-store");
      return response.json(words);
    })
    .catch(() => undefined);
}

async function told(
  response: AdminResponse,
  timeoutS: number,
  work: (signal: AbortSignalLike) => Promise<object>,
): Promise<object> {
  const giveUp = new LightAbortController();
  const seconds = timeoutS > 0 ? Math.min(timeoutS, LONGEST_TIMEOUT_S) : USUAL_TIMEOUT_S;
  const timer = setTimeout(() => giveUp.abort(tooLate(seconds)), seconds * 1000);
  response.on("close", () => giveUp.abort(cancelledError()));
  try {
    return await abortable(work(giveUp.signal), giveUp.signal);
  } catch (error) {
    return { error: describeError(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** What a dialog is told of a failure: no more than a Catch node would be. */
export function describeError(error: unknown): { code: string; message: string; vendorCode?: number } {
  if (!(error instanceof PlatformError))
    return { code: "protocol", message: "Something unexpected happened. Please report it." };
  const { code, message, details } = error;
  return { code, message, ...(details.vendorCode === undefined ? {} : { vendorCode: details.vendorCode }) };
}

function tooLate(seconds: number): PlatformError {
  return new PlatformError("timeout", `No answer came within ${seconds} seconds. Check the address and the network.`);
}

// Other content types reach this place from any web page, without the browser asking first.
function refuseOdd({ headers, body }: AdminRequest): void {
  if (!String(headers["content-type"]).startsWith("application/json")) throw inputError("Only JSON is read here.");
  if (JSON.stringify(body).length > LARGEST_QUESTION) throw inputError("That is more than a dialog can hold.");
}

/** The fields of what should be an object; none of anything else. */
export function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** The texts among the fields of what should be an object. */
export function texts(value: unknown): Readonly<Record<string, string>> {
  const all = Object.entries(fields(value)).filter((pair): pair is [string, string] => typeof pair[1] === "string");
  return Object.fromEntries(all);
}

function own<T>(table: Readonly<Record<string, T>>, name = ""): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
