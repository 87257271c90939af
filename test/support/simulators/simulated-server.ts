import { randomBytes } from "node:crypto";
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import { createServer, type AddressInfo, type Socket, type Server as TcpServer } from "node:net";
import type { Certificate } from "./certificate";
import {
  applyConnectionFault,
  applyRequestFault,
  applyResponseFault,
  isRequestFault,
  sleep,
  type ConnectionFault,
  type Fault,
} from "./faults";
import { sendResponse, type SimulatedResponse } from "./simulated-response";

export type { ConnectionFault, Fault } from "./faults";
export type { SimulatedResponse } from "./simulated-response";

/** A request that reached a simulator. */
export interface RecordedRequest {
  method: string;
  /** Without the query. */
  path: string;
  /** Path and query as they were sent, not normalized. */
  target: string;
  query: URLSearchParams;
  /** Names in lower case. */
  headers: Record<string, string>;
  /** The raw body; empty for a GET. */
  body: string;
  /** When it was complete, in milliseconds since 1970. */
  at: number;
  /** Whether it came over TLS. */
  secure: boolean;
  /** Whether its connection has carried a request before. */
  isReused: boolean;
}

/** Which requests a fault is injected into. */
interface FaultScope {
  /** How many requests; default 1. */
  times?: number;
  /** Which requests; default all. */
  when?: (request: RecordedRequest) => boolean;
}

/** Where and how a simulator listens. */
export interface ServeOptions {
  /** Default: a free port. */
  port?: number | undefined;
  /** An address of this machine; default `127.0.0.1`. */
  host?: string | undefined;
  /** Makes the simulator use HTTPS. */
  certificate?: Certificate | undefined;
}

/** The platform: returns the response to a request. */
export type Handler = (request: RecordedRequest) => SimulatedResponse | Promise<SimulatedResponse>;

/** An HTTP server on loopback that records requests, and that faults can be injected into. */
export class SimulatedServer {
  /** All requests, in order. */
  readonly journal: RecordedRequest[] = [];
  /** How many TCP connections were accepted. */
  connections = 0;
  /** Called for each request before the platform handles it, so that a test can change the platform at that moment. */
  onRequest: ((request: RecordedRequest) => void) | undefined;
  /** Called for each response of the platform, before a fault changes it. */
  onResponse: ((request: RecordedRequest, response: SimulatedResponse) => void) | undefined;
  /** Serves the connections that `#port` accepts. */
  readonly #server: Server;
  readonly #port: TcpServer;
  readonly #address: { port: number; host: string };
  readonly #sockets = new Set<Socket>();
  readonly #usedSockets = new Set<Socket>();
  readonly #faults: { fault: Fault; left: number; when: (request: RecordedRequest) => boolean }[] = [];
  readonly #connectionFaults: { fault: ConnectionFault; left: number }[] = [];
  readonly #isSecure: boolean;
  /** Kept when the certificate changes, as a server does, so that TLS sessions can still be resumed. */
  readonly #ticketKeys = randomBytes(48);

  private constructor(handler: Handler, { certificate, port = 0, host = "127.0.0.1" }: ServeOptions) {
    const listener = (message: IncomingMessage, serverResponse: ServerResponse): void => {
      this.#handle(handler, message, serverResponse).catch(() => serverResponse.destroy());
    };
    this.#isSecure = certificate !== undefined;
    this.#server = certificate
      ? createHttpsServer({ ...certificate, ticketKeys: this.#ticketKeys }, listener)
      : createHttpServer(listener);
    this.#server.on("tlsClientError", () => undefined);
    this.#port = createServer({ noDelay: true, allowHalfOpen: !this.#isSecure }, (socket) => this.#accept(socket));
    this.#address = { port, host };
  }

  static async start(handler: Handler, options: ServeOptions = {}): Promise<SimulatedServer> {
    const server = new SimulatedServer(handler, options);
    await server.goOnline();
    return server;
  }

  /** Base URL, without a slash at the end. */
  get url(): string {
    const { port, host } = this.#address;
    return `${this.#isSecure ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
  }

  /** How many connections are open. */
  get openConnections(): number {
    return this.#sockets.size;
  }

  /** How many open connections have carried a request. */
  get usedConnections(): number {
    return this.#usedSockets.size;
  }

  /** Injects a fault into the next requests that match. Several faults are used up in the order of their injection. */
  injectFault(fault: Fault, { times = 1, when = () => true }: FaultScope = {}): void {
    this.#faults.push({ fault, left: times, when });
  }

  /** Injects a fault into the next connections. */
  injectConnectionFault(fault: ConnectionFault, times = 1): void {
    this.#connectionFaults.push({ fault, left: times });
  }

  /** Removes all faults that are left, and the callbacks. */
  clearFaults(): void {
    this.#faults.length = 0;
    this.#connectionFaults.length = 0;
    this.onRequest = this.onResponse = undefined;
  }

  /** Destroys every open connection, as a restart of the platform does. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Presents another certificate from the next handshake on. */
  changeCertificate({ key, cert }: Certificate): void {
    (this.#server as HttpsServer).setSecureContext({ key, cert, ticketKeys: this.#ticketKeys });
  }

  /** Destroys every open connection, and refuses new ones. */
  async goOffline(): Promise<void> {
    this.dropConnections();
    if (this.#port.listening) await new Promise((resolve) => this.#port.close(resolve));
  }

  /** Listens, again at the same address. */
  async goOnline(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#port.once("error", reject);
      this.#port.listen(this.#address, () => {
        this.#port.off("error", reject);
        resolve();
      });
    });
    this.#address.port = (this.#port.address() as AddressInfo).port;
  }

  /** Moves to another address of this machine, with the same port. */
  async moveTo(host: string): Promise<void> {
    await this.goOffline();
    this.#address.host = host;
    await this.goOnline();
  }

  async close(): Promise<void> {
    await this.goOffline();
  }

  #accept(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#sockets.delete(socket));
    const serve = (): void => void this.#server.emit("connection", socket);
    const next = this.#connectionFaults.find(({ left }) => left > 0);
    if (!next) return serve();
    next.left--;
    applyConnectionFault(socket, next.fault, serve);
  }

  async #handle(handler: Handler, message: IncomingMessage, serverResponse: ServerResponse): Promise<void> {
    const { socket } = message;
    const isReused = this.#usedSockets.has(socket);
    if (!isReused) socket.once("close", () => this.#usedSockets.delete(socket));
    this.#usedSockets.add(socket);
    const request = await record(message, this.#isSecure, isReused);
    this.journal.push(request);
    this.onRequest?.(request);

    const next = this.#faults.find(({ left, when }) => left > 0 && when(request));
    if (next) next.left--;
    const fault = next?.fault;
    if (fault && isRequestFault(fault)) return applyRequestFault(serverResponse, fault);
    if (fault?.kind === "delay") await sleep(fault.ms);
    if (fault?.kind === "hold") await fault.until;

    const response = await handler(request);
    this.onResponse?.(request, response);
    if (fault?.kind === "late") await sleep(fault.ms);
    if (fault) return applyResponseFault(serverResponse, response, fault);
    sendResponse(serverResponse, response);
  }
}

async function record(message: IncomingMessage, isSecure: boolean, isReused: boolean): Promise<RecordedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const { pathname, searchParams } = new URL(message.url ?? "/", "http://simulator");
  return {
    method: message.method ?? "GET",
    path: pathname,
    target: message.url ?? "",
    query: searchParams,
    headers: Object.fromEntries(Object.entries(message.headers).map(([name, value]) => [name, String(value)])),
    body: Buffer.concat(chunks).toString(),
    at: Date.now(),
    secure: isSecure,
    isReused,
  };
}
