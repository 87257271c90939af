import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { selfSigned } from "../certificate";

/** A request that has reached a device's HTTP server. */
export interface DeviceRequest {
  path: string;
  query: URLSearchParams;
  cookie: string;
  body: Buffer;
}

export interface DeviceResponse {
  status: number;
  headers?: Record<string, string>;
  body: Buffer | string;
}

/** What can happen to a request instead of its response. */
export type HttpFault =
  /** The connection is closed before the firmware sees the request. */
  | "drop"
  /** The firmware carries the request out, and the connection is closed before the response. */
  | "drop-response"
  /** No response is ever sent. */
  | "hang"
  /** A web page, as from a server whose session has fallen over: carried out all the same. */
  | "garbage"
  /** Text that is not HTTP. */
  | "noise"
  /** A response without an end. */
  | "endless";

const PAGE = "<html><head><title>SHIP 2.0</title></head><body>404</body></html>";

/** The HTTP server of the devices, "SHIP 2.0", with its oddities (kasa-local.md section 4). */
export class DeviceHttpServer {
  readonly server: Server;
  /** Faults of the next requests, with the paths that they are for. */
  readonly faults: { fault: HttpFault; path: RegExp }[] = [];
  /** Requests with headers that a device does not understand, or while another one was in progress. */
  violations = 0;
  requests: string[] = [];
  /** Every response is followed by the end of the connection. */
  closesConnections = true;
  #busy = 0;

  constructor(respond: (request: DeviceRequest) => DeviceResponse, isTls = false) {
    const handle = (message: IncomingMessage, response: ServerResponse): void => {
      this.#handle(message, response, respond).catch(() => response.destroy());
    };
    this.server = isTls ? createTlsServer({ ...selfSigned({ subject: "TP-Link" }) }, handle) : createServer(handle);
    this.server.on("clientError", (_, socket) => socket.destroy());
  }

  async #handle(
    message: IncomingMessage,
    response: ServerResponse,
    respond: (request: DeviceRequest) => DeviceResponse,
  ): Promise<void> {
    this.#busy++;
    response.once("close", () => this.#busy--);
    const { pathname, searchParams } = new URL(message.url ?? "/", "http://device");
    this.requests.push(pathname);
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const request = {
      path: pathname,
      query: searchParams,
      cookie: message.headers.cookie ?? "",
      body: Buffer.concat(chunks),
    };
    const index = this.faults.findIndex(({ path }) => path.test(pathname));
    const fault = index < 0 ? undefined : this.faults.splice(index, 1)[0]?.fault;
    const { socket } = message;
    if (fault === "drop") return void socket.destroy();
    if (fault === "hang") return;
    if (fault === "noise") return void socket.end("no http at all\r\n\r\n");
    if (fault === "endless") return sendForever(response);
    const refusal = this.#refusalOf(message);
    if (refusal) this.violations++;
    const answer = refusal ?? respond(request);
    if (fault === "drop-response") return void socket.destroy();
    const {
      status,
      headers = {},
      body,
    } = fault === "garbage" ? { status: 200, headers: { "Content-Type": "text/html" }, body: PAGE } : answer;
    const connection = this.closesConnections ? { Connection: "close" } : {};
    response.writeHead(status, {
      Server: "SHIP 2.0",
      "Content-Length": Buffer.byteLength(body),
      ...connection,
      ...headers,
    });
    response.end(body);
  }

  #refusalOf({ method, rawHeaders, headers }: IncomingMessage): DeviceResponse | undefined {
    const names = rawHeaders.filter((_, index) => index % 2 === 0);
    if (this.#busy > 1) return { status: 503, body: "" };
    if (method !== "POST") return { status: 404, body: "" };
    // python-kasa has sent this one to all kinds of devices for years.
    const isOdd = (name: string): boolean => /^[a-z]|-[a-z]/.test(name) && name !== "requestByApp";
    if (names.some(isOdd)) return { status: 400, body: "" };
    if (headers["transfer-encoding"] !== undefined) return { status: 500, body: "" };
    const isPage = Object.values(headers).includes("") || /TIMEOUT/i.test(headers.cookie ?? "");
    return isPage ? { status: 200, headers: { "Content-Type": "text/html" }, body: PAGE } : undefined;
  }
}

function sendForever(response: ServerResponse): void {
  response.writeHead(200);
  const more = (): void => {
    while (!response.destroyed && response.write(Buffer.alloc(65_536)));
  };
  response.on("drain", more);
  more();
}
