import { randomBytes } from "node:crypto";
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import { createServer, type AddressInfo, type Socket, type Server as TcpServer } from "node:net";
import type { Certificate } from "./certificate";
import {
  applyConnectionFault,
  isRequestFault,
  sendFault,
  sendFaulty,
  sleep,
  type ConnectionFault,
  type Fault,
} from "./faults";
import { send, type SimulatedResponse } from "./simulated-response";

export type { SimulatedResponse } from "./simulated-response";
export type { ConnectionFault, Fault } from "./faults";

/** One request that reached a simulator. */
export interface RecordedRequest {
  method: string;
  /** Without the query. */
  path: string;
  /** Path and query as they came, with nothing made tidy. */
  target: string;
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

/** How long a fault lasts. */
export interface FaultScope {
  /** How many requests are spoilt; default 1. */
  times?: number;
  /** Which requests are meant; default all. */
  when?: (asked: RecordedRequest) => boolean;
}

/** Where and how a simulator listens. */
export interface ServeOptions {
  /** Default: a free one. */
  port?: number | undefined;
  /** An address of this machine; default `127.0.0.1`. */
  host?: string | undefined;
  /** With it the simulator speaks https. */
  certificate?: Certificate | undefined;
}

/** A platform's side of a conversation: one answer for one request. */
export type Handler = (asked: RecordedRequest) => SimulatedResponse | Promise<SimulatedResponse>;

/** An HTTP server on loopback that keeps a journal and can be spoilt. */
export class SimulatedServer {
  /** All that was asked, in order. */
  readonly journal: RecordedRequest[] = [];
  /** How many TCP connections were made. */
  connections = 0;
  /** Hears of each request before the platform does: the world may change at that very moment. */
  onRequest: ((asked: RecordedRequest) => void) | undefined;
  /** Hears what the platform says to each request that it sees, whatever becomes of the answer on its way. */
  onResponse: ((asked: RecordedRequest, answer: SimulatedResponse) => void) | undefined;
  /** Speaks to the connections that the port hands to it. */
  readonly #server: Server;
  readonly #port: TcpServer;
  readonly #address: { port: number; host: string };
  readonly #sockets = new Set<Socket>();
  readonly #used = new Set<Socket>();
  readonly #faults: { fault: Fault; left: number; when: (asked: RecordedRequest) => boolean }[] = [];
  readonly #connectionFaults: { fault: ConnectionFault; left: number }[] = [];
  readonly #secure: boolean;
  /** Kept for life, as a server does that only changes its certificate: sessions of before can be resumed. */
  readonly #ticketKeys = randomBytes(48);

  private constructor(handler: Handler, { certificate, port = 0, host = "127.0.0.1" }: ServeOptions) {
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      this.#answer(handler, request, response).catch(() => response.destroy());
    };
    this.#secure = certificate !== undefined;
    this.#server = certificate
      ? createHttpsServer({ ...certificate, ticketKeys: this.#ticketKeys }, answer)
      : createHttpServer(answer);
    this.#server.on("tlsClientError", () => undefined);
    this.#port = createServer({ noDelay: true, allowHalfOpen: !this.#secure }, (socket) => this.#connected(socket));
    this.#address = { port, host };
  }

  /** Starts a simulator on loopback. */
  static async start(handler: Handler, options: ServeOptions = {}): Promise<SimulatedServer> {
    const simulated = new SimulatedServer(handler, options);
    await simulated.goOnline();
    return simulated;
  }

  /** Base URL, without a slash at the end. */
  get url(): string {
    const { port, host } = this.#address;
    return `${this.#secure ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
  }

  /** How many connections are open. */
  get openConnections(): number {
    return this.#sockets.size;
  }

  /** How many of them have carried a request. */
  get usedConnections(): number {
    return this.#used.size;
  }

  /** Spoils the next requests that match. Faults are used up in the order in which they were given. */
  injectFault(fault: Fault, { times = 1, when = () => true }: FaultScope = {}): void {
    this.#faults.push({ fault, left: times, when });
  }

  /** Spoils the next connections that are made; those that are there go on. */
  injectConnectionFault(fault: ConnectionFault, times = 1): void {
    this.#connectionFaults.push({ fault, left: times });
  }

  /** Drops every fault that is left, and stops listening in. */
  clearFaults(): void {
    this.#faults.length = 0;
    this.#connectionFaults.length = 0;
    this.onRequest = this.onResponse = undefined;
  }

  /** Ends every open connection, as a restart of the platform does. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Shows another certificate from the next handshake on. */
  changeCertificate({ key, cert }: Certificate): void {
    (this.#server as HttpsServer).setSecureContext({ key, cert, ticketKeys: this.#ticketKeys });
  }

  /** Refuses connections from now on, and ends those that are there. */
  async goOffline(): Promise<void> {
    this.dropConnections();
    if (this.#port.listening) await new Promise((resolve) => this.#port.close(resolve));
  }

  /** Listens, after it was down at the same address. */
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

  /** Stops listening and ends every connection. */
  async close(): Promise<void> {
    await this.goOffline();
  }

  #connected(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#sockets.delete(socket));
    const talk = (): void => void this.#server.emit("connection", socket);
    const spoilt = this.#connectionFaults.find(({ left }) => left > 0);
    if (!spoilt) return talk();
    spoilt.left--;
    applyConnectionFault(socket, spoilt.fault, talk);
  }

  async #answer(handler: Handler, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    if (!this.#used.has(socket)) socket.once("close", () => this.#used.delete(socket));
    this.#used.add(socket);
    const asked = await read(request, this.#secure);
    this.journal.push(asked);
    this.onRequest?.(asked);

    const spoilt = this.#faults.find(({ left, when }) => left > 0 && when(asked));
    if (spoilt) spoilt.left--;
    const fault = spoilt?.fault;
    if (fault && isRequestFault(fault)) return sendFault(response, fault);
    if (fault?.kind === "delay") await sleep(fault.ms);

    const answer = await handler(asked);
    this.onResponse?.(asked, answer);
    if (fault?.kind === "late") await sleep(fault.ms);
    if (fault) return sendFaulty(response, answer, fault);
    send(response, answer);
  }
}

async function read(request: IncomingMessage, secure: boolean): Promise<RecordedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://simulator");
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  const body = Buffer.concat(chunks).toString();
  return {
    method: request.method ?? "GET",
    path: pathname,
    target: request.url ?? "",
    query: searchParams,
    headers,
    body,
    at: Date.now(),
    secure,
  };
}
