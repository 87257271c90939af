import type { IncomingMessage, ServerResponse } from "node:http";
import type { NodeAPI } from "node-red";
import { inputError, PlatformError } from "../../src/core/errors";

/** A request as Node-RED's HTTP server hands it on; `body` where its owner's middleware has read it already. */
export interface PostRequest extends IncomingMessage {
  body?: unknown;
}

type Handler = (request: PostRequest, response: ServerResponse) => void;

/** As much of Express as is used. It makes its router for the first route. */
interface Application {
  post(path: string, ...handlers: unknown[]): void;
  _router?: { stack: Layer[] };
}

interface Layer {
  route?: { methods: Record<string, boolean | undefined>; stack: { handle: unknown }[] };
  match?(path: string): boolean;
}

/** More than a body may have is read and thrown away up to this many times its limit, so that the answer still arrives. */
const PATIENCE = 4;

/**
 * A path as Express takes it literally: with a slash before it and none after it.
 * @throws `input` for one with signs in it that mean something to Express, or that a URL would not keep
 */
export function parseRoutePath(text: string): string {
  const path = `/${text.trim()}`.replace(/\/+/g, "/").replace(/\/$/, "");
  if (/^(\/(?!\.{1,2}(\/|$))[\w.~-]+)+$/.test(path)) return path;
  throw inputError('"path" must be like /omada-webhook: letters, digits, and - . _ ~ between slashes.');
}

/**
 * Opens a route for POST on Node-RED's own HTTP server, behind the same middleware as Node-RED's own routes.
 * @param path below `httpNodeRoot`
 * @returns closes it; the routes of others stay
 * @throws `config` when the server is switched off or something else answers there already
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
  if (layers().some((layer) => answersPost(layer, path))) {
    throw new PlatformError("config", `Another node answers posts to ${path} already. Choose another path.`);
  }
  const middleware = [httpNodeMiddleware].flat().filter((each) => typeof each === "function");
  app.post(path, ...middleware, handler);
  return () => {
    const ours = layers().findIndex(({ route }) => route?.stack.some(({ handle }) => handle === handler));
    if (ours >= 0) layers().splice(ours, 1);
  };
}

function answersPost(layer: Layer, path: string): boolean {
  const { methods = {} } = layer.route ?? {};
  return Boolean((methods["post"] ?? methods["_all"]) && layer.match?.(path));
}

/** A body that has been read. */
export interface Body {
  /** The JSON in it; undefined where there is none, and for a form that the parser has taken apart. */
  value: unknown;
  /** Tells it from other bodies; undefined where it cannot be written again. */
  text: string | undefined;
}

/**
 * Reads a body whole.
 * @param most bytes
 * @returns undefined when it is larger, or when the sender went away
 */
export async function readRequestBody(request: PostRequest, most: number): Promise<Body | undefined> {
  return request.readableEnded ? alreadyRead(request, most) : readText(request, most);
}

async function readText(request: PostRequest, most: number): Promise<Body | undefined> {
  const text = await new Promise<string | undefined>((done) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= most) chunks.push(chunk);
      else if (size > PATIENCE * most) done(undefined);
    });
    request.on("end", () => done(size > most ? undefined : Buffer.concat(chunks).toString()));
    for (const event of ["error", "close"]) request.on(event, () => done(undefined));
  });
  return text === undefined ? undefined : { value: parsed(text), text };
}

// With Node-RED's default roots its editor's parser has read the body first. The length that was sent is then known from
// its header alone; without one (chunked, or unpacked) the JSON is measured as it would be written again. That leaves out
// white space, and JSON nested too deep to be written; Node-RED's own limit (apiMaxLength) holds for those.
function alreadyRead({ body, headers }: PostRequest, most: number): Body | undefined {
  if (Number(headers["content-length"]) > most) return undefined;
  const isText = typeof body === "string" || Buffer.isBuffer(body);
  const text = isText ? body.toString() : written(body);
  if (text !== undefined && Buffer.byteLength(text) > most) return undefined;
  const isForm = /^\s*application\/x-www-form-urlencoded\b/i.test(headers["content-type"] ?? "");
  if (isForm) return { value: undefined, text };
  return { value: isText ? parsed(body.toString()) : body, text };
}

function written(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Answers with a status and nothing else. An answer before the end of the request ends the connection. */
export function respond(request: IncomingMessage, response: ServerResponse, status: number): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { "content-length": 0, ...(request.readableEnded ? {} : { connection: "close" }) });
  response.end();
}
