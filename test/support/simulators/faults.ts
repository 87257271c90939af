import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { bytes, head, headersOf, send, type SimulatedResponse } from "./simulated-response";

/** Milliseconds, or something that says them anew each time. */
export type Duration = number | (() => number);

/** The platform never sees the request; this comes in place of its answer. */
type RequestFault =
  /** Something else is answered. */
  | { kind: "response"; status?: number; headers?: Record<string, string | string[]>; body?: unknown }
  /** Nothing is ever answered. */
  | { kind: "hang" }
  /** An answer that never ends: its head, or its body. */
  | { kind: "endless"; part?: "head" | "body" }
  /** An answer that says how long it will be, and begins. */
  | { kind: "announce"; bytes: number }
  /** An answer of so many bytes that is small on its way. */
  | { kind: "bomb"; encoding: "gzip" | "br" | "gzip, gzip"; bytes: number }
  /** Something that is no HTTP. */
  | { kind: "garbage"; text: string };

/** The platform sees the request, and carries it out; this becomes of its answer. */
type ResponseFault =
  /** The request arrives late. */
  | { kind: "delay"; ms: Duration }
  /** The answer leaves late. */
  | { kind: "late"; ms: Duration }
  /** The answer leaves as somebody else would have given it. */
  | { kind: "alter"; how: (answer: SimulatedResponse) => SimulatedResponse }
  /** Nothing of the answer ever leaves. */
  | { kind: "drop" }
  /** The connection dies before a byte of the answer. */
  | { kind: "reset" }
  /** The connection is ended, politely, before a byte of the answer. */
  | { kind: "close" }
  /** The connection dies after the head of the answer, or in the middle of its body. */
  | { kind: "cut"; after?: "head" | "half"; chunked?: boolean }
  /** The connection stays open in the middle of the answer, and nothing more comes. */
  | { kind: "stall" }
  /** The answer comes a byte at a time: all of it, or its body. */
  | { kind: "drip"; everyMs: number; part?: "head" | "body" }
  /** More bytes come than the answer says. */
  | { kind: "surplus"; text: string }
  /** A good answer, and then the connection is ended without a word that it would be. */
  | { kind: "hangUp"; ms: Duration };

/** What can go wrong between a platform and its client. */
export type Fault = RequestFault | ResponseFault;

/** What can go wrong with a connection before anything is asked. */
export type ConnectionFault =
  /** It is made, and nobody says anything: not even TLS begins. */
  | { kind: "silent" }
  /** It takes that long until somebody answers: TLS begins late. */
  | { kind: "slow"; ms: Duration }
  | { kind: "reset" }
  | { kind: "close" }
  /** Somebody else has the port, and speaks first. */
  | { kind: "garbage"; text: string };

const INSTEAD: readonly string[] = [
  "response",
  "hang",
  "endless",
  "announce",
  "bomb",
  "garbage",
] satisfies Fault["kind"][];

/** Whether the platform never sees a request that this happens to. */
export function isRequestFault(fault: Fault): fault is RequestFault {
  return INSTEAD.includes(fault.kind);
}

/** Answers in place of the platform. */
export function sendFault(response: ServerResponse, fault: RequestFault): void {
  switch (fault.kind) {
    case "response":
      return send(response, { body: "", ...fault });
    case "hang":
      return;
    case "endless":
      return fault.part === "head" ? sendHeadForever(response) : sendForever(response);
    case "announce":
      response.socket?.write(`${head({ body: "" }, fault.bytes)}{`);
      return;
    case "bomb":
      return send(response, { headers: { "content-encoding": fault.encoding }, body: bomb(fault) });
    case "garbage":
      response.socket?.write(fault.text);
  }
}

/** Sends the platform's own answer, and not as it should be. */
export function sendFaulty(response: ServerResponse, answer: SimulatedResponse, fault: ResponseFault): void {
  const body = bytes(answer);
  const half = body.subarray(0, body.length >> 1);
  const socket = response.socket as Socket;
  switch (fault.kind) {
    case "delay":
    case "late":
      return send(response, answer);
    case "alter":
      return send(response, fault.how(answer));
    case "drop":
      return;
    case "reset":
      socket.resetAndDestroy();
      return;
    case "close":
      socket.end();
      return;
    case "cut": {
      const start = Buffer.from(head(answer, fault.chunked ? "chunked" : body.length));
      const chunk = fault.chunked ? Buffer.from(`${half.length.toString(16)}\r\n`) : Buffer.alloc(0);
      const sent = fault.after === "head" ? [start] : [start, chunk, half];
      socket.write(Buffer.concat(sent), () => socket.destroy());
      return;
    }
    case "stall":
      socket.write(Buffer.concat([Buffer.from(head(answer, body.length)), half]));
      return;
    case "drip":
      return fault.part === "head" ? dripAll(socket, answer, fault.everyMs) : dripBody(response, answer, fault.everyMs);
    case "surplus":
      response.once("finish", () => socket.write(fault.text));
      return send(response, answer);
    case "hangUp":
      send(response, answer);
      setTimeout(() => socket.destroy(), milliseconds(fault.ms)).unref();
  }
}

/** Does to a new connection what a fault says; `talk` is what should have been done. */
export function applyConnectionFault(socket: Socket, fault: ConnectionFault, talk: () => void): void {
  switch (fault.kind) {
    case "silent":
      // Listened to all the same, so that its end is noticed.
      socket.on("end", () => socket.end()).resume();
      return;
    case "slow":
      setTimeout(talk, milliseconds(fault.ms)).unref();
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

export const sleep = (ms: Duration): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds(ms)).unref());

const milliseconds = (span: Duration): number => (typeof span === "number" ? span : span());

function dripBody(response: ServerResponse, answer: SimulatedResponse, everyMs: number): void {
  const body = bytes(answer);
  response.writeHead(answer.status ?? 200, { ...headersOf(answer), "content-length": body.length });
  byteByByte(body, everyMs, response, () => response.end());
}

// Past the server's own idea of an answer: so the connection must not be used again.
function dripAll(socket: Socket, answer: SimulatedResponse, everyMs: number): void {
  const body = bytes(answer);
  const closing = { ...answer, headers: { ...answer.headers, connection: "close" } };
  const all = Buffer.concat([Buffer.from(head(closing, body.length)), body]);
  byteByByte(all, everyMs, socket, () => socket.end());
}

function byteByByte(all: Buffer, everyMs: number, stream: NodeJS.WritableStream, end: () => void): void {
  let sent = 0;
  const timer = setInterval(() => {
    stream.write(all.subarray(sent, ++sent));
    if (sent < all.length) return;
    clearInterval(timer);
    end();
  }, everyMs);
  stream.on("close", () => clearInterval(timer));
}

function sendForever(response: ServerResponse): void {
  const block = Buffer.alloc(65_536, " ");
  response.writeHead(200, { "content-type": "application/json" });
  keepWriting(response, block);
}

function sendHeadForever(response: ServerResponse): void {
  const socket = response.socket as Socket;
  socket.write("HTTP/1.1 200 OK\r\n");
  keepWriting(socket, Buffer.from(`x-and-on: ${"a".repeat(1000)}\r\n`));
}

function keepWriting(stream: NodeJS.WritableStream & { destroyed: boolean }, block: Buffer): void {
  const more = (): void => {
    while (!stream.destroyed && stream.write(block));
  };
  stream.on("drain", more);
  stream.on("close", () => stream.removeListener("drain", more));
  more();
}

/** Made once: it is not the simulator's work that is looked at. */
const bombs = new Map<string, Buffer>();

function bomb({ encoding, bytes }: RequestFault & { kind: "bomb" }): Buffer {
  const made = bombs.get(`${encoding} ${bytes}`) ?? compressed(encoding, Buffer.alloc(bytes, " "));
  bombs.set(`${encoding} ${bytes}`, made);
  return made;
}

function compressed(encoding: (RequestFault & { kind: "bomb" })["encoding"], blank: Buffer): Buffer {
  if (encoding === "br") return brotliCompressSync(blank, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
  return encoding === "gzip" ? gzipSync(blank) : gzipSync(gzipSync(blank));
}
