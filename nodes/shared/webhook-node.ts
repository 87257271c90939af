import type { ServerResponse } from "node:http";
import type { Node, NodeAPI } from "node-red";
import { createTrace } from "../../src/core/call-context";
import { systemClock } from "../../src/core/clock";
import { inputError, PlatformError } from "../../src/core/errors";
import { toFlowError, type PlatformName } from "./flow-error";
import { onceFlowsStarted } from "./flows-started";
import { GuessGuard } from "./guess-guard";
import {
  addPostRoute,
  parseRoutePath,
  readRequestBody,
  respond,
  type PostRequest,
  type RequestBody,
} from "./http-route";
import { NodeStatus } from "./node-status";
import { expandVariables, unsetVariableError, variableName } from "./settings";

/** What differs from one webhook node type to another. */
interface WebhookOptions<Payload extends object> {
  platform: PlatformName;
  /** Without it every post is refused; an error of the settings, such as a variable that is not set, answers each with 503. */
  secret: string | PlatformError;
  maxBodyBytes: number;
  /**
   * Whether the headers of a post carry the secret: undefined if they carry none at all, so that it may be in the body.
   * Without the secret in its headers no body is read.
   */
  hasSecretInHeaders: (request: PostRequest, secret: string) => boolean | undefined;
  hasSecretInBody: (body: unknown, secret: string) => boolean;
  /** Identifies a message that the platform may post again; undefined for one that may be repeated. */
  deliveryId: (body: RequestBody) => string | undefined;
  /** The payload of the message; undefined if the body holds none. */
  parse: (body: unknown) => Payload | undefined;
  /** Whether the flow wants this message; one that it does not want is answered all the same. */
  isWanted: (payload: Payload) => boolean;
}

const HTTP_NODE_AUTH_WARNING =
  "httpNodeAuth is set in Node-RED's settings: a post without its user name and password gets 401 before it reaches this " +
  "node. Put them into the URL of the controller's webhook (https://user:password@…), or let a reverse proxy add them.";

/** How many messages are remembered, to recognise one that is posted again. */
const MAX_DELIVERY_IDS = 100;

/**
 * Makes a node receive posts on Node-RED's HTTP server and send each in a message. The runtime goes on whatever happens
 * here.
 *
 * The message catalog of the node needs `status.watching`.
 * @param path below `httpNodeRoot`; may hold environment variables
 */
export function webhook<Payload extends object>(
  RED: NodeAPI,
  node: Node<object>,
  path: string,
  options: WebhookOptions<Payload>,
): void {
  const status = new NodeStatus(RED, node);
  const delivered = new Set<string>();
  let isOpen = true;
  let removeRoute: (() => void) | undefined;
  let isReported = false;
  let forget: (() => void) | undefined;

  const guard = new GuessGuard(systemClock, (line) => node.warn(line));

  /** @returns the HTTP status to respond with, and the payload to send afterwards */
  const handlePost = async (request: PostRequest): Promise<[number, object?]> => {
    const { secret } = options;
    if (typeof secret !== "string") return [503];
    const address = request.socket.remoteAddress ?? "";
    if (guard.isBlocked(address)) return [429];
    const isTrusted = options.hasSecretInHeaders(request, secret);
    const body = isTrusted === false ? undefined : await readRequestBody(request, options.maxBodyBytes, !!isTrusted);
    if (typeof body === "number") return [body];
    if (!isTrusted && !(body && options.hasSecretInBody(body.value, secret))) {
      if (secret) {
        status.pollFailed(
          new PlatformError(
            "sign-in",
            "A post had the wrong secret. Enter the same secret here and in the controller.",
          ),
        );
        await guard.failed(address);
      }
      return [401];
    }
    return body ? acceptPost(body) : [400];
  };

  const acceptPost = (body: RequestBody): [number, object?] => {
    const payload = options.parse(body.value);
    if (!payload) return [400];
    if (!isOpen) return [503];
    if (!options.isWanted(payload)) return [200];
    // A platform that received no response posts the same message again.
    const id = options.deliveryId(body);
    if (id === undefined) return [200, payload];
    if (delivered.has(id)) return [200];
    delivered.add(id);
    for (const oldest of [...delivered].slice(0, -MAX_DELIVERY_IDS)) delivered.delete(oldest);
    return [200, payload];
  };

  const receive = async (request: PostRequest, response: ServerResponse): Promise<void> => {
    const [code, payload] = await handlePost(request);
    respond(request, response, code);
    if (!payload) return;
    status.watching();
    node.send({ topic: "webhook", payload });
  };

  const start = (): void => {
    try {
      const routePath = parseRoutePath(resolvePath(RED, node, path));
      removeRoute = addPostRoute(RED, routePath, (request, response) => {
        // An error of the flow is not the sender's concern, and must not end the runtime.
        receive(request, response).catch(() => respond(request, response, 500));
      });
      // It is asked for before anything reaches this node.
      if (RED.settings["httpNodeAuth" as keyof typeof RED.settings]) node.warn(HTTP_NODE_AUTH_WARNING);
      if (options.secret instanceof PlatformError) throw options.secret;
      if (options.secret) return status.watching();
      const problem = "No secret is set: every post is refused. Enter the secret of the controller's webhook.";
      throw new PlatformError("config", problem);
    } catch (thrown) {
      const error = thrown instanceof PlatformError ? thrown : inputError("The path cannot be read.");
      status.pollFailed(error);
      if (!isReported) node.error(toFlowError(error, options.platform, createTrace(node.type)), {});
      isReported = true;
      // A deploy that leaves this node alone may remove the other node that uses the path.
      if (!removeRoute) forget = onceFlowsStarted(RED, startLater);
    }
  };
  // Before all nodes of the flow are started there are no Catch nodes, and other nodes may still add or remove routes.
  const startLater = (): void => {
    starting = setImmediate(start);
  };
  let starting = setImmediate(start);

  node.on("close", () => {
    clearImmediate(starting);
    forget?.();
    isOpen = false;
    guard.close();
    removeRoute?.();
    status.close();
  });
}

function resolvePath(RED: NodeAPI, node: Node<object>, path: string): string {
  const unset = variableName(path);
  if (unset !== undefined) throw unsetVariableError(unset, "path", "input");
  return String(expandVariables(RED, node, path, "path", "input"));
}
