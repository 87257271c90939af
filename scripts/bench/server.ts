// The benchmark's server: prepared responses over bare sockets, so that the client dominates what is measured.
import { createServer as createTcpServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { selfSigned } from "../../test/support/simulators/certificate";
import { serveCommands } from "./ipc";
import { clientsPage, KASA, MEGABYTE, OMADA, ROUTER, shortPage } from "./responses";
import { DEVICES, type Addresses, type ServerCounters } from "./types";

const counters: ServerCounters = { requests: 0, connections: 0, handshakes: 0, signIns: 0 };
const invalidTokens = new Set<string>();
let issuedTokens = 0;
let listRows = 0;
/** Pages of a list whose rows have as many keys as real ones, prepared in advance. */
let fullPages: Buffer[] = [];
let hangingSockets: Socket[] = [];

interface ParsedRequest {
  method: string;
  target: string;
  head: string;
  body: string;
}

const LATENCY_MS = 20;
const STORM_MS = 300;
const SIGN_IN_MS = 50;

const small = httpResponse(OMADA.small);
const large = httpResponse(OMADA.large);
const megabyte = httpResponse(MEGABYTE);
const routerSmall = httpResponse(ROUTER.small);
const routerLarge = httpResponse(ROUTER.large);
const kasa = httpResponse(KASA);

/** A complete response, as bytes. */
function httpResponse(body: string): Buffer {
  const bytes = Buffer.from(body);
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json;charset=UTF-8\r\ncontent-length: ${bytes.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), bytes]);
}

// The first match responds; the most frequent come first.
function respond({ method, target, head, body }: ParsedRequest, socket: Socket): void {
  if (target.startsWith("/api/")) return respondAsRouter(target, socket);
  if (target.startsWith("/?") || target === "/") return respondAsKasa(body, socket);
  if (target.includes("/devices?")) return write(socket, large);
  if (method === "POST") return writeLater(SIGN_IN_MS, socket, () => httpResponse(tokenResponse()));
  if (target.includes("/storm")) return writeLater(Math.random() * STORM_MS, socket, () => stormResponse(head));
  if (fullPages.length > 0 && target.includes("/clients?")) return write(socket, fullPage(target));
  if (target.includes("/clients?")) return writeLater(LATENCY_MS, socket, () => listPage(target));
  if (target.includes("/rows?")) return write(socket, listPage(target));
  if (target.includes("/megabyte")) return write(socket, megabyte);
  if (target.includes("/slow")) return writeLater(LATENCY_MS, socket, () => small);
  if (target.includes("/hang")) return void hangingSockets.push(socket);
  write(socket, small);
}

function respondAsRouter(target: string, socket: Socket): void {
  if (target.startsWith("/api/auth.token.grant")) {
    counters.signIns++;
    return write(socket, httpResponse('{"stat":"ok","response":{"accessToken":"bench","expiresIn":172800}}'));
  }
  write(socket, target.includes("large") ? routerLarge : routerSmall);
}

function respondAsKasa(body: string, socket: Socket): void {
  if (body.includes('"passthrough"')) return write(socket, kasa);
  const device = { deviceType: "IOT.SMARTPLUGSWITCH", deviceModel: "HS103(US)", status: 1, appServerUrl: "" };
  const list = { deviceList: DEVICES.map((deviceId, index) => ({ ...device, deviceId, alias: `Bench ${index}` })) };
  if (!body.includes('"getDeviceList"')) counters.signIns++;
  const result = body.includes('"getDeviceList"') ? list : { token: "bench", accountId: "1" };
  write(socket, httpResponse(JSON.stringify({ error_code: 0, result })));
}

function tokenResponse(): string {
  counters.signIns++;
  const accessToken = `AT-${++issuedTokens}`;
  return JSON.stringify({ errorCode: 0, msg: "", result: { accessToken, tokenType: "bearer", expiresIn: 7200 } });
}

// The token is checked when the response is sent, however long ago the request came.
function stormResponse(head: string): Buffer {
  const token = /AccessToken=(\S+)/.exec(head)?.[1] ?? "";
  return invalidTokens.has(token) ? httpResponse('{"errorCode":-44112,"msg":"The access token has expired."}') : small;
}

function listPage(target: string): Buffer {
  const { searchParams } = new URL(target, "http://bench");
  const [number, size] = [Number(searchParams.get("page")), Number(searchParams.get("pageSize"))];
  return httpResponse(shortPage(number, Math.max(0, Math.min(size, listRows - (number - 1) * size)), listRows));
}

function fullPage(target: string): Buffer {
  const number = Number(/[?&]page=(\d+)/.exec(target)?.[1]);
  return fullPages[number - 1] ?? small;
}

function writeLater(ms: number, socket: Socket, create: () => Buffer): void {
  setTimeout(() => write(socket, create()), ms);
}

function write(socket: Socket, bytes: Buffer): void {
  if (!socket.destroyed) socket.write(bytes);
}

function handleConnection(socket: Socket): void {
  let received = EMPTY;
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => {
    received = received.length ? Buffer.concat([received, chunk]) : chunk;
    for (let request = parseRequest(received); request; request = parseRequest(received)) {
      received = received.subarray(request.length);
      if (request.target.startsWith("/control/")) {
        write(socket, control(request.target));
        continue;
      }
      counters.requests++;
      respond(request, socket);
    }
  });
}

/** Parses the first request; undefined as long as it is incomplete. */
function parseRequest(bytes: Buffer): (ParsedRequest & { length: number }) | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = bytes.toString("latin1", 0, end);
  const length = end + 4 + Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  if (bytes.length < length) return undefined;
  const [method = "", target = ""] = head.slice(0, head.indexOf("\r\n")).split(" ");
  return { method, target, head, body: bytes.toString("utf8", end + 4, length), length };
}

const EMPTY = Buffer.alloc(0);

/** Commands for the server itself, by IPC or at `/control/<name>?<number>`. */
const CONTROLS: Record<string, (number: number) => unknown> = {
  counters: () => {
    const taken = { ...counters };
    Object.assign(counters, { requests: 0, connections: 0, handshakes: 0, signIns: 0 });
    return taken;
  },
  /** Rejects all tokens that were issued so far. */
  invalidateTokens: () => {
    for (let number = 1; number <= issuedTokens; number++) invalidTokens.add(`AT-${number}`);
  },
  /** Sets the number of rows in the lists. */
  rows: (count) => {
    listRows = count;
    fullPages = [];
  },
  /** Sets the number of rows, with all their keys and in pages of 1,000. */
  fullRows: (count) => {
    fullPages = Array.from({ length: count / 1000 }, (_, index) => httpResponse(clientsPage(index + 1, 1000, count)));
  },
  /** The number of requests that will never get a response. */
  hanging: () => hangingSockets.length,
  hangUp: () => {
    for (const socket of hangingSockets) socket.destroy();
    hangingSockets = [];
  },
};

function control(target: string): Buffer {
  const [, name = "", number = ""] = /^\/control\/(\w+)(?:\?(\d+))?$/.exec(target) ?? [];
  return httpResponse(JSON.stringify(CONTROLS[name]?.(Number(number)) ?? null));
}

async function main(): Promise<void> {
  const certificate = selfSigned();
  const http = createTcpServer(handleConnection);
  http.on("connection", () => counters.connections++);
  const https = createTlsServer({ key: certificate.key, cert: certificate.cert }, handleConnection);
  https.on("secureConnection", () => {
    counters.connections++;
    counters.handshakes++;
  });
  https.on("tlsClientError", () => undefined);
  const addresses: Addresses = { http: await listen(http), https: await listen(https), certificate };

  serveCommands({ addresses: () => addresses, counters: () => CONTROLS["counters"]?.(0) });

  async function listen(server: typeof http): Promise<string> {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    return `http${server === https ? "s" : ""}://127.0.0.1:${port}`;
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
