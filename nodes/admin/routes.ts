import type { NodeAPI } from "node-red";
import { abortable, LightAbortController, type AbortSignalLike } from "../../src/core/abort";
import { cancelledError, inputError, PlatformError } from "../../src/core/errors";
import type { ConfigNode, PlatformClient } from "../shared/config-node";

/** Something that a dialog does with its own values, saved or not. */
export type AdminAction = (input: Readonly<Record<string, unknown>>, signal: AbortSignalLike) => Promise<object>;

/** A list in a dialog, fetched through a deployed config node. */
export type AdminList<Client extends PlatformClient> = (
  client: Client,
  query: Readonly<Record<string, string>>,
  signal: AbortSignalLike,
) => Promise<object>;

/** What the runtime does for the dialogs of one platform. */
export interface EditorApi<Client extends PlatformClient> {
  actions: Readonly<Record<string, AdminAction>>;
  /** Each resolves to an object such as `{ rows: […] }`. */
  lists: Readonly<Record<string, AdminList<Client>>>;
}

/** A row of a list as the editor's combobox shows it. */
export interface ListRow {
  value: string;
  label: string;
  detail: string;
  /** Shown as one that is offline or switched off. */
  dim: boolean;
}

/** The part of Express that is used here. */
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

const MAX_BODY_LENGTH = 64 * 1024;
const DEFAULT_TIMEOUT_S = 15;
const MAX_TIMEOUT_S = 600;

/**
 * Adds the routes for the dialogs of one config node type and of the nodes that use it. Call it once, when the type is
 * registered. `POST homenet/<type>/<action>` needs the permission `<type>.write`, `GET homenet/<type>/<id>/<list>` needs
 * `<type>.read`. Failures are responses as well, `{ error: { code, message } }`: a failed request would be an error in the
 * browser's console.
 * @param load is called by the first request, so that registering a type stays cheap
 */
export function registerAdminRoutes<Client extends PlatformClient>(
  RED: NodeAPI,
  type: string,
  load: () => EditorApi<Client>,
): void {
  const path = `/homenet/${type}`;

  RED.httpAdmin.post(
    `${path}/:action`,
    RED.auth.needsPermission(`${type}.write`),
    (request: AdminRequest, response: AdminResponse) => {
      const input = asObject(request.body);
      respond(response, Number(asObject(input["settings"])["timeout"]), async (signal) => {
        requireJson(request);
        return requireEntry(load().actions, request.params["action"])(input, signal);
      });
    },
  );

  RED.httpAdmin.get(
    `${path}/:id/:list`,
    RED.auth.needsPermission(`${type}.read`),
    (request: AdminRequest, response: AdminResponse) => {
      const node = RED.nodes.getNode(request.params["id"] ?? "") as ConfigNode<Client> | null;
      respond(response, DEFAULT_TIMEOUT_S, async (signal) => {
        const list = requireEntry(load().lists, request.params["list"]);
        if (node?.type !== type || !node.client) return { notDeployed: true };
        if (node.client instanceof PlatformError) throw node.client;
        return list(node.client, stringFields(request.query), signal);
      });
    },
  );
}

/**
 * Responds to a dialog with the result of `work`, or with its error. Nothing is thrown into Express, and nothing is left
 * as an unhandled rejection.
 * @param timeoutS for all of it, in seconds; the default if it is not a positive number
 */
export function respond(
  response: AdminResponse,
  timeoutS: number,
  work: (signal: AbortSignalLike) => Promise<object>,
): void {
  runWithTimeout(response, timeoutS, work)
    .then((body) => {
      response.setHeader("cache-control", "no-store");
      return response.json(body);
    })
    .catch(() => undefined);
}

async function runWithTimeout(
  response: AdminResponse,
  timeoutS: number,
  work: (signal: AbortSignalLike) => Promise<object>,
): Promise<object> {
  const controller = new LightAbortController();
  const seconds = timeoutS > 0 ? Math.min(timeoutS, MAX_TIMEOUT_S) : DEFAULT_TIMEOUT_S;
  const timer = setTimeout(() => controller.abort(timeoutError(seconds)), seconds * 1000);
  response.on("close", () => controller.abort(cancelledError()));
  try {
    return await abortable(work(controller.signal), controller.signal);
  } catch (error) {
    return { error: describeError(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** An error as a dialog shows it. It reveals no more than a Catch node receives. */
export function describeError(error: unknown): { code: string; message: string; vendorCode?: number } {
  if (!(error instanceof PlatformError)) {
    return { code: "protocol", message: "An unexpected error occurred. Please report it." };
  }
  const { code, message, details } = error;
  return { code, message, ...(details.vendorCode === undefined ? {} : { vendorCode: details.vendorCode }) };
}

function timeoutError(seconds: number): PlatformError {
  return new PlatformError("timeout", `No response within ${seconds} seconds. Check the address and the network.`);
}

// Any web page can post other content types across origins without a preflight request.
function requireJson({ headers, body }: AdminRequest): void {
  if (!String(headers["content-type"]).startsWith("application/json")) throw inputError("Only JSON is accepted here.");
  if (JSON.stringify(body).length > MAX_BODY_LENGTH) throw inputError("The request is larger than a dialog can be.");
}

function requireEntry<T>(table: Readonly<Record<string, T>>, name = ""): T {
  const entry = Object.hasOwn(table, name) ? table[name] : undefined;
  if (entry === undefined) throw inputError("The runtime does not know this request. Reload the editor.");
  return entry;
}

/** The value as an object; an empty one if it is anything else. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** Those fields of an object that are strings. */
export function stringFields(value: unknown): Readonly<Record<string, string>> {
  const fields = Object.entries(asObject(value));
  return Object.fromEntries(fields.filter((field): field is [string, string] => typeof field[1] === "string"));
}
