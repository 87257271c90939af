import type { NodeAPI } from "node-red";
import { abortable, LightAbortController, type AbortSignalLike } from "../../src/core/abort";
import { cancelledError, inputError, PlatformError } from "../../src/core/errors";
import type { ConfigNode, PlatformClient } from "../shared/config-node";
import { hasPermission, refuseOtherPages, type AdminRequest } from "./access";
import { findConfigNode } from "./deployed-config";
import { SharedTasks, TaskLimit } from "./load-limits";

/** What an action may do besides its own business. */
export interface Requester {
  /** Whether the user may deploy, and so see every variable and send every secret anywhere. */
  mayDeploy: () => Promise<boolean>;
}

/** Something that a dialog does with its own values, saved or not. */
export type AdminAction = (
  input: Readonly<Record<string, unknown>>,
  signal: AbortSignalLike,
  requester: Requester,
) => Promise<object>;

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
  /** What a bug report needs to know of a deployed config node. */
  diagnose: (node: ConfigNode<Client>) => Promise<object>;
}

/** A row of a list as the editor's combobox shows it. */
export interface ListRow {
  value: string;
  label: string;
  detail: string;
  /** Shown as one that is offline or switched off. */
  dim: boolean;
}

/** The part of Express's response that is used here. */
export interface AdminResponse {
  setHeader(name: string, value: string): void;
  json(body: object): void;
  on(event: "close", listener: () => void): void;
}

const MAX_BODY_LENGTH = 64 * 1024;
const DEFAULT_TIMEOUT_S = 15;
const MAX_TIMEOUT_S = 600;
const NOT_DEPLOYED = { notDeployed: true };

/**
 * Adds the routes for the dialogs of one config node type and of the nodes that use it. Call it once, when the type is
 * registered. `POST homenet/<type>/<action>` needs the permission `<type>.write`, `GET homenet/<type>/<id>/<list>` needs
 * `<type>.read`; the list `diagnostics` is the file for a bug report. Failures are responses as well, `{ error: { code,
 * message } }`: a failed request would be an error in the browser's console.
 * @param load is called by the first request, so that registering a type stays cheap
 */
export function registerAdminRoutes<Client extends PlatformClient>(
  RED: NodeAPI,
  type: string,
  load: () => EditorApi<Client>,
): void {
  const path = `/homenet/${type}`;
  const tests = new TaskLimit();
  const lists = new SharedTasks();

  RED.httpAdmin.post(
    `${path}/:action`,
    RED.auth.needsPermission(`${type}.write`),
    (request: AdminRequest, response: AdminResponse) => {
      const input = asObject(request.body);
      respond(request, response, Number(asObject(input["settings"])["timeout"]), async (signal) => {
        requireJson(request);
        const action = requireEntry(load().actions, request.params["action"]);
        const mayDeploy = (): Promise<boolean> => hasPermission(RED, request, "flows.write");
        return tests.run(() => action(input, signal, { mayDeploy }));
      });
    },
  );

  RED.httpAdmin.get(
    `${path}/:id/:list`,
    RED.auth.needsPermission(`${type}.read`),
    (request: AdminRequest, response: AdminResponse) => {
      const { id = "", list: name = "" } = request.params;
      respond(request, response, DEFAULT_TIMEOUT_S, async () => {
        const api = load();
        const { z, ...query } = stringFields(request.query);
        const node = findConfigNode<Client, object>(RED, type, id, z);
        if (name === "diagnostics")
          return node ? lists.run(`${node.id} ${name}`, () => api.diagnose(node)) : NOT_DEPLOYED;
        const list = requireEntry(api.lists, name);
        const client = node?.client;
        if (!client) return NOT_DEPLOYED;
        if (client instanceof PlatformError) throw client;
        const key = JSON.stringify([node.id, name, Object.entries(query).toSorted()]);
        // Not with the signal of this request: others may wait for the same.
        return lists.run(key, () =>
          withTimeout(DEFAULT_TIMEOUT_S, new LightAbortController(), (s) => list(client, query, s)),
        );
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
  request: AdminRequest,
  response: AdminResponse,
  timeoutS: number,
  work: (signal: AbortSignalLike) => Promise<object>,
): void {
  run(request, response, timeoutS, work)
    .then((body) => {
      response.setHeader("cache-control", "no-store");
      return response.json(body);
    })
    .catch(() => undefined);
}

async function run(
  request: AdminRequest,
  response: AdminResponse,
  timeoutS: number,
  work: (signal: AbortSignalLike) => Promise<object>,
): Promise<object> {
  const controller = new LightAbortController();
  response.on("close", () => controller.abort(cancelledError()));
  try {
    refuseOtherPages(request);
    return await withTimeout(timeoutS, controller, work);
  } catch (error) {
    return { error: describeError(error) };
  }
}

/**
 * Aborts `work` after that time.
 * @throws `timeout` then
 */
export async function withTimeout(
  timeoutS: number,
  controller: LightAbortController,
  work: (signal: AbortSignalLike) => Promise<object>,
): Promise<object> {
  const seconds = timeoutS > 0 ? Math.min(timeoutS, MAX_TIMEOUT_S) : DEFAULT_TIMEOUT_S;
  const timer = setTimeout(() => controller.abort(timeoutError(seconds)), seconds * 1000);
  try {
    return await abortable(work(controller.signal), controller.signal);
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

/**
 * What a table has for a name of a request.
 * @throws `input` if it has nothing
 */
export function requireEntry<T>(table: Readonly<Record<string, T>>, name = ""): T {
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
