import type { IncomingMessage, ServerResponse } from "node:http";
import type { NodeAPI } from "node-red";
import { inputError, PlatformError } from "../../src/core/errors";
import { BodyBuffer } from "../../src/http/body-buffer";
import { normalizeRoutePath } from "./route-path";

/** A request to Node-RED's HTTP server; `body` is set if a middleware has parsed it already. */
export interface PostRequest extends IncomingMessage {
  body?: unknown;
}

type Handler = (request: PostRequest, response: ServerResponse) => void;

/** The part of an Express application that is used here. It creates its router with the first route. */
interface Application {
  post(path: string, ...handlers: unknown[]): void;
  _router?: { stack: Layer[] };
}

/** An entry of an Express router. */
interface Layer {
  route?: { methods: Record<string, boolean | undefined>; stack: { handle: unknown }[] };
  match?(path: string): boolean;
}

/** A body that is too large is still read up to this many times its limit, so that the sender receives the response. */
const DRAIN_FACTOR = 4;

/**
 * The path of a route, normalized.
 * @throws `input` for characters that are a pattern in Express, or that are encoded in a URL
 */
export function parseRoutePath(text: string): string {
  const path = normalizeRoutePath(text);
  if (path !== undefined) return path;
  throw inputError('"path" must be like /omada-webhook: letters, digits, and - . _ ~ between slashes.');
}

/**
 * Adds a POST route to Node-RED's HTTP server, behind the same middleware as the routes of "http in" nodes.
 * @param path below `httpNodeRoot`
 * @returns removes the route
 * @throws `config` if the server is switched off, or another route matches the path
 */
export function addPostRoute(RED: NodeAPI, path: string, handler: Handler): () => void {
  const { httpNodeRoot, httpNodeMiddleware } = RED.settings as unknown as Record<string, unknown>;
  if (httpNodeRoot === false) {
    throw new PlatformError(
      "config",
      "Node-RED's own HTTP server is switched off. Set httpNodeRoot in its settings file to receive webhooks.",
    );
  }
  const app = RED.httpNode as unknown as Application;
  const layers = (): Layer[] => app["_router"]?.stack ?? [];
  if (layers().some((layer) => matchesPost(layer, path))) {
    throw new PlatformError("config", `Another node handles posts to ${path} already. Choose another path.`);
  }
  const middleware = [httpNodeMiddleware].flat().filter((each) => typeof each === "function");
  app.post(path, ...middleware, handler);
  return () => {
    const index = layers().findIndex(({ route }) => route?.stack.some(({ handle }) => handle === handler));
    if (index >= 0) layers().splice(index, 1);
  };
}

function matchesPost(layer: Layer, path: string): boolean {
  const { methods = {} } = layer.route ?? {};
  return Boolean((methods["post"] ?? methods["_all"]) && layer.match?.(path));
}

/** The body of a request. */
export interface RequestBody {
  /** The parsed JSON; undefined if it is none, or a form. */
  value: unknown;
  /** The same as text; undefined if a middleware has parsed it into something that is not JSON. */
  text: string | undefined;
}

/** The HTTP status that a body is refused with. */
type Refusal = 408 | 413 | 503;

/** A sender that needs longer for its body is not a controller. */
const MAX_BODY_MS = 10_000;
/** How many bodies are read at the same time, of senders that have shown the secret and of those that have not. */
const MAX_BODIES = 20;
const bodiesBeingRead = { trusted: 0, unknown: 0 };

/**
 * Reads the whole body of a request: in one buffer, in limited time, and only so many at once.
 * @param isTrusted whether the sender has shown the secret already: others cannot take its place
 * @returns the status to refuse it with if it is too large or too slow, or if too many are being read
 */
export async function readRequestBody(
  request: PostRequest,
  maxBytes: number,
  isTrusted: boolean,
): Promise<RequestBody | Refusal> {
  if (request.readableEnded) return parsedBody(request, maxBytes) ?? 413;
  const sender = isTrusted ? "trusted" : "unknown";
  if (bodiesBeingRead[sender] >= MAX_BODIES) return 503;
  bodiesBeingRead[sender]++;
  try {
    return await readBody(request, maxBytes);
  } finally {
    bodiesBeingRead[sender]--;
  }
}

function readBody(request: PostRequest, maxBytes: number): Promise<RequestBody | Refusal> {
  return new Promise((resolve) => {
    const body = new BodyBuffer(maxBytes);
    let length = 0;
    const end = (result: RequestBody | Refusal): void => {
      clearTimeout(timer);
      request.off("data", onData);
      resolve(result);
    };
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      if (length <= maxBytes) body.append(chunk);
      else if (length > DRAIN_FACTOR * maxBytes) end(413);
    };
    const timer = setTimeout(() => end(408), MAX_BODY_MS);
    request.on("data", onData);
    request.on("end", () => {
      if (length > maxBytes) return end(413);
      const text = body.text();
      end({ value: tryParse(text), text });
    });
    for (const event of ["error", "close"]) request.on(event, () => end(408));
  });
}

// With Node-RED's default settings the body parser of its editor has read the body already. The number of bytes is then
// known from the content-length header alone; without one (chunked or compressed) the size of the JSON is measured as it
// would be written again. That leaves out white space, and JSON that is nested too deep to be written: for those only
// Node-RED's own limit (apiMaxLength) applies.
function parsedBody({ body, headers }: PostRequest, maxBytes: number): RequestBody | undefined {
  if (Number(headers["content-length"]) > maxBytes) return undefined;
  const isText = typeof body === "string" || Buffer.isBuffer(body);
  const text = isText ? body.toString() : tryStringify(body);
  if (text !== undefined && Buffer.byteLength(text) > maxBytes) return undefined;
  const isForm = /^\s*application\/x-www-form-urlencoded\b/i.test(headers["content-type"] ?? "");
  if (isForm) return { value: undefined, text };
  return { value: isText ? tryParse(body.toString()) : body, text };
}

function tryStringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Responds with a status and no body. A response before the end of the request closes the connection. */
export function respond(request: IncomingMessage, response: ServerResponse, status: number): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { "content-length": 0, ...(request.readableEnded ? {} : { connection: "close" }) });
  response.end();
}
