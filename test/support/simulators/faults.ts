import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { encodeBody, encodeHead, headersOf, sendResponse, type SimulatedResponse } from "./simulated-response";

/** Milliseconds, or a function that returns them each time. */
export type Duration = number | (() => number);

/** The platform never sees the request; this happens instead of its response. */
type RequestFault =
  /** Another response is sent. */
  | { kind: "response"; status?: number; headers?: Record<string, string | string[]>; body?: unknown }
  /** No response is ever sent. */
  | { kind: "hang" }
  /** A response whose head or body never ends. */
  | { kind: "endless"; part?: "head" | "body" }
  /** A response that declares this length, and stops after its first byte. */
  | { kind: "announce"; bytes: number }
  /** A compressed response that expands to this length. */
  | { kind: "bomb"; encoding: "gzip" | "br" | "gzip, gzip"; bytes: number }
  /** Text that is not HTTP. */
  | { kind: "garbage"; text: string };

/** The platform handles the request; this happens to its response. */
type ResponseFault =
  /** The platform receives the request late. */
  | { kind: "delay"; ms: Duration }
  /** The platform receives the request when this has come. */
  | { kind: "hold"; until: Promise<unknown> }
  /** The response is sent late. */
  | { kind: "late"; ms: Duration }
  /** The response is changed. */
  | { kind: "alter"; how: (response: SimulatedResponse) => SimulatedResponse }
  /** The response is dropped, and the connection stays open. */
  | { kind: "drop" }
  /** The connection is reset before the first byte of the response. */
  | { kind: "reset" }
  /** The connection is closed before the first byte of the response. */
  | { kind: "close" }
  /** The connection is destroyed after the head, or in the middle of the body. */
  | { kind: "cut"; after?: "head" | "half"; chunked?: boolean }
  /** The response stops in the middle of the body, and the connection stays open. */
  | { kind: "stall" }
  /** The body, or the whole response, is sent byte by byte. */
  | { kind: "drip"; everyMs: number; part?: "head" | "body" }
  /** More bytes follow than the response declares. */
  | { kind: "surplus"; text: string }
  /** The response is complete, and then the connection is destroyed although it was to be kept alive. */
  | { kind: "hangUp"; ms: Duration };

/** What can go wrong with a request or its response. */
export type Fault = RequestFault | ResponseFault;

/** What can go wrong with a connection before the first request. */
export type ConnectionFault =
  /** It is accepted, and nothing is sent, not even a TLS handshake. */
  | { kind: "silent" }
  /** TLS or HTTP begins after a while. */
  | { kind: "slow"; ms: Duration }
  | { kind: "reset" }
  | { kind: "close" }
  /** Another service has the port, and sends text first. */
  | { kind: "garbage"; text: string };

const REQUEST_FAULTS: readonly string[] = [
  "response",
  "hang",
  "endless",
  "announce",
  "bomb",
  "garbage",
] satisfies Fault["kind"][];

/** Whether the platform does not see the request. */
export function isRequestFault(fault: Fault): fault is RequestFault {
  return REQUEST_FAULTS.includes(fault.kind);
}

/** Responds in place of the platform. */
export function applyRequestFault(serverResponse: ServerResponse, fault: RequestFault): void {
  switch (fault.kind) {
    case "response":
      return sendResponse(serverResponse, { body: "", ...fault });
    case "hang":
      return;
    case "endless":
      return fault.part === "head" ? sendEndlessHead(serverResponse) : sendEndlessBody(serverResponse);
    case "announce":
      serverResponse.socket?.write(`${encodeHead({ body: "" }, fault.bytes)}{`);
      return;
    case "bomb":
      return sendResponse(serverResponse, { headers: { "content-encoding": fault.encoding }, body: bomb(fault) });
    case "garbage":
      serverResponse.socket?.write(fault.text);
  }
}

/** Sends the platform's response with a fault. */
export function applyResponseFault(
  serverResponse: ServerResponse,
  response: SimulatedResponse,
  fault: ResponseFault,
): void {
  const body = encodeBody(response);
  const half = body.subarray(0, body.length >> 1);
  const socket = serverResponse.socket as Socket;
  switch (fault.kind) {
    case "delay":
    case "hold":
    case "late":
      return sendResponse(serverResponse, response);
    case "alter":
      return sendResponse(serverResponse, fault.how(response));
    case "drop":
      return;
    case "reset":
      socket.resetAndDestroy();
      return;
    case "close":
      socket.end();
      return;
    case "cut": {
      const head = Buffer.from(encodeHead(response, fault.chunked ? "chunked" : body.length));
      const chunk = fault.chunked ? Buffer.from(`${half.length.toString(16)}\r\n`) : Buffer.alloc(0);
      const sent = fault.after === "head" ? [head] : [head, chunk, half];
      socket.write(Buffer.concat(sent), () => socket.destroy());
      return;
    }
    case "stall":
      socket.write(Buffer.concat([Buffer.from(encodeHead(response, body.length)), half]));
      return;
    case "drip":
      return fault.part === "head"
        ? dripAll(socket, response, fault.everyMs)
        : dripBody(serverResponse, response, fault.everyMs);
    case "surplus":
      serverResponse.once("finish", () => socket.write(fault.text));
      return sendResponse(serverResponse, response);
    case "hangUp":
      sendResponse(serverResponse, response);
      setTimeout(() => socket.destroy(), toMilliseconds(fault.ms)).unref();
  }
}

/** @param serve starts TLS or HTTP on the connection, as without a fault */
export function applyConnectionFault(socket: Socket, fault: ConnectionFault, serve: () => void): void {
  switch (fault.kind) {
    case "silent":
      // Has to be read nevertheless for its end to be noticed.
      socket.on("end", () => socket.end()).resume();
      return;
    case "slow":
      setTimeout(serve, toMilliseconds(fault.ms)).unref();
      return;
    case "reset":
      socket.resetAndDestroy();
      return;
    case "close":
      socket.end();
      return;
    case "garbage":
      socket.write(fault.text);
  }
}

export const sleep = (duration: Duration): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, toMilliseconds(duration)).unref());

const toMilliseconds = (duration: Duration): number => (typeof duration === "number" ? duration : duration());

function dripBody(serverResponse: ServerResponse, response: SimulatedResponse, everyMs: number): void {
  const body = encodeBody(response);
  serverResponse.writeHead(response.status ?? 200, { ...headersOf(response), "content-length": body.length });
  writeByteByByte(body, everyMs, serverResponse, () => serverResponse.end());
}

// Bypasses the server's own response, so the connection cannot be used again.
function dripAll(socket: Socket, response: SimulatedResponse, everyMs: number): void {
  const body = encodeBody(response);
  const lastResponse = { ...response, headers: { ...response.headers, connection: "close" } };
  const bytes = Buffer.concat([Buffer.from(encodeHead(lastResponse, body.length)), body]);
  writeByteByByte(bytes, everyMs, socket, () => socket.end());
}

function writeByteByByte(bytes: Buffer, everyMs: number, stream: NodeJS.WritableStream, onEnd: () => void): void {
  let sent = 0;
  const timer = setInterval(() => {
    stream.write(bytes.subarray(sent, ++sent));
    if (sent < bytes.length) return;
    clearInterval(timer);
    onEnd();
  }, everyMs);
  stream.on("close", () => clearInterval(timer));
}

function sendEndlessBody(serverResponse: ServerResponse): void {
  serverResponse.writeHead(200, { "content-type": "application/json" });
  writeForever(serverResponse, Buffer.alloc(65_536, " "));
}

function sendEndlessHead(serverResponse: ServerResponse): void {
  const socket = serverResponse.socket as Socket;
  socket.write("HTTP/1.1 200 OK\r\n");
  writeForever(socket, Buffer.from(`x-endless: ${"a".repeat(1000)}\r\n`));
}

function writeForever(stream: NodeJS.WritableStream & { destroyed: boolean }, block: Buffer): void {
  const writeMore = (): void => {
    while (!stream.destroyed && stream.write(block));
  };
  stream.on("drain", writeMore);
  stream.on("close", () => stream.removeListener("drain", writeMore));
  writeMore();
}

/** Compressed once, because benchmarks must not count the work of the simulator. */
const bombs = new Map<string, Buffer>();

function bomb({ encoding, bytes }: RequestFault & { kind: "bomb" }): Buffer {
  const key = `${encoding} ${bytes}`;
  const compressed = bombs.get(key) ?? compress(encoding, Buffer.alloc(bytes, " "));
  bombs.set(key, compressed);
  return compressed;
}

function compress(encoding: (RequestFault & { kind: "bomb" })["encoding"], content: Buffer): Buffer {
  if (encoding === "br") return brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
  return encoding === "gzip" ? gzipSync(content) : gzipSync(gzipSync(content));
}
