import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Certificate } from "./certificate";

/** One request that reached a simulator. */
export interface Asked {
  method: string;
  /** Without the query. */
  path: string;
  query: URLSearchParams;
  /** Names in lower case. */
  headers: Record<string, string>;
  /** The raw body; empty for a GET. */
  body: string;
  /** When it had arrived whole, in milliseconds since 1970. */
  at: number;
  /** Whether it came over TLS. */
  secure: boolean;
}

/** What a simulator answers. A `body` that is no string is sent as JSON. */
export interface Answer {
  /** Default 200. */
  status?: number;
  /** `content-type` defaults to JSON; an empty string leaves it out, as some platforms do. */
  headers?: Record<string, string | string[]>;
  body: unknown;
}

/** What can go wrong between a platform and its client. */
export type Fault =
  /** Something else is answered; the platform never sees the request. */
  | { kind: "answer"; status?: number; headers?: Record<string, string | string[]>; body?: unknown }
  /** The platform's own answer, late. */
  | { kind: "delay"; ms: number }
  /** The platform never sees the request, and nothing is ever answered. */
  | { kind: "hang" }
  /** The platform carries the request out, and the connection dies before a byte of the answer. */
  | { kind: "reset" }
  /** The platform carries the request out, and the connection dies in the middle of the answer. */
  | { kind: "cut" }
  /** The platform carries the request out, and answers a byte at a time. */
  | { kind: "drip"; everyMs: number }
  /** An answer that never ends; the platform never sees the request. */
  | { kind: "endless" };

/** How long a fault lasts. */
export interface Spoiling {
  /** How many requests are spoilt; default 1. */
  times?: number;
  /** Which requests are meant; default all. */
  when?: (asked: Asked) => boolean;
}

/** Where and how a simulator listens. */
export interface ServeOptions {
  /** Default: a free one. */
  port?: number;
  /** With it the simulator speaks https. */
  certificate?: Certificate;
}

/** A platform's side of a conversation: one answer for one request. */
export type Handler = (asked: Asked) => Answer | Promise<Answer>;

/** An HTTP server on loopback that keeps a journal and can be spoilt. */
export class SimulatedServer {
  /** All that was asked, in order. */
  readonly journal: Asked[] = [];
  /** How many TCP connections were made. */
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #faults: { fault: Fault; left: number; when: (asked: Asked) => boolean }[] = [];
  readonly #secure: boolean;

  private constructor(handler: Handler, options: ServeOptions) {
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      this.#answer(handler, request, response).catch(() => response.destroy());
    };
    this.#secure = options.certificate !== undefined;
    this.#server = options.certificate ? createHttpsServer(options.certificate, answer) : createHttpServer(answer);
    this.#server.on("connection", (socket: Socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => this.#sockets.delete(socket));
    });
    this.#server.on("tlsClientError", () => undefined);
  }

  /** Starts a simulator on 127.0.0.1. */
  static async start(handler: Handler, options: ServeOptions = {}): Promise<SimulatedServer> {
    const simulated = new SimulatedServer(handler, options);
    await new Promise<void>((resolve, reject) => {
      simulated.#server.once("error", reject);
      simulated.#server.listen(options.port ?? 0, "127.0.0.1", resolve);
    });
    return simulated;
  }

  /** Base URL, without a slash at the end. */
  get url(): string {
    return `${this.#secure ? "https" : "http"}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Spoils the next requests that match. Faults are used up in the order in which they were given. */
  spoil(fault: Fault, { times = 1, when = () => true }: Spoiling = {}): void {
    this.#faults.push({ fault, left: times, when });
  }

  /** Drops every fault that is left. */
  heal(): void {
    this.#faults.length = 0;
  }

  /** Ends every open connection, as a restart of the platform does. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Stops listening and ends every connection. */
  async close(): Promise<void> {
    this.dropConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(handler: Handler, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = await read(request, this.#secure);
    this.journal.push(asked);

    const spoilt = this.#faults.find(({ left, when }) => left > 0 && when(asked));
    if (spoilt) spoilt.left--;
    const fault = spoilt?.fault;

    switch (fault?.kind) {
      case "hang":
        return;
      case "answer":
        return send(response, { body: "", ...fault });
      case "endless":
        return sendForever(response);
      case "delay":
        await sleep(fault.ms);
    }

    const answer = await handler(asked);
    switch (fault?.kind) {
      case "reset":
        request.socket.resetAndDestroy();
        return;
      case "cut":
        return sendHalf(response, answer);
      case "drip":
        return sendSlowly(response, answer, fault.everyMs);
      default:
        return send(response, answer);
    }
  }
}

async function read(request: IncomingMessage, secure: boolean): Promise<Asked> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://simulator");
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  const body = Buffer.concat(chunks).toString();
  return {
    method: request.method ?? "GET",
    path: pathname,
    query: searchParams,
    headers,
    body,
    at: Date.now(),
    secure,
  };
}

function send(response: ServerResponse, answer: Answer): void {
  const body = bytes(answer);
  response.writeHead(answer.status ?? 200, { ...headersOf(answer), "content-length": body.length });
  response.end(body);
}

function sendHalf(response: ServerResponse, answer: Answer): void {
  const body = bytes(answer);
  response.writeHead(answer.status ?? 200, { ...headersOf(answer), "content-length": body.length });
  response.write(body.subarray(0, body.length >> 1), () => response.destroy());
}

function sendSlowly(response: ServerResponse, answer: Answer, everyMs: number): void {
  const body = bytes(answer);
  response.writeHead(answer.status ?? 200, { ...headersOf(answer), "content-length": body.length });
  let sent = 0;
  const timer = setInterval(() => {
    response.write(body.subarray(sent, ++sent));
    if (sent < body.length) return;
    clearInterval(timer);
    response.end();
  }, everyMs);
  response.on("close", () => clearInterval(timer));
}

function sendForever(response: ServerResponse): void {
  const block = Buffer.alloc(65_536, " ");
  response.writeHead(200, { "content-type": "application/json" });
  const more = (): void => {
    while (!response.destroyed && response.write(block));
  };
  response.on("drain", more);
  response.on("close", () => response.removeAllListeners("drain"));
  more();
}

function bytes({ body }: Answer): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
}

function headersOf({ headers = {} }: Answer): Record<string, string | string[]> {
  const all: Record<string, string | string[]> = { "content-type": "application/json;charset=UTF-8", ...headers };
  if (all["content-type"] === "") delete all["content-type"];
  return all;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());
