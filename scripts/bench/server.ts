// The server of the measurements: canned answers over bare sockets, so that the client is what is measured.
import { createServer as createTcpServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { selfSigned } from "../../test/support/simulators/certificate";
import { clientsPage, KASA, MEGABYTE, OMADA, ROUTER, shortPage } from "./answers";
import { obey } from "./ipc";
import { DEVICE, type Addresses, type Seen } from "./types";

const seen: Seen = { requests: 0, connections: 0, handshakes: 0, signIns: 0 };
const spent = new Set<string>();
let issued = 0;
let listRows = 0;
/** Pages of a list whose rows have as many keys as real ones: made ahead, to be sent at once. */
let wholePages: Buffer[] = [];
let hangs: Socket[] = [];

interface Asked {
  method: string;
  target: string;
  head: string;
  body: string;
}

const LATENCY_MS = 20;
const STORM_MS = 300;
const SIGN_IN_MS = 50;

const small = ready(OMADA.small);
const large = ready(OMADA.large);
const megabyte = ready(MEGABYTE);
const routerSmall = ready(ROUTER.small);
const routerLarge = ready(ROUTER.large);
const kasa = ready(KASA);

/** An answer, whole and as bytes. */
function ready(body: string): Buffer {
  const bytes = Buffer.from(body);
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json;charset=UTF-8\r\ncontent-length: ${bytes.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), bytes]);
}

// The first that matches answers; what is asked most comes first.
function answer({ method, target, head, body }: Asked, socket: Socket): void {
  if (target.startsWith("/api/")) return answerRouter(target, socket);
  if (target.startsWith("/?") || target === "/") return answerKasa(body, socket);
  if (target.includes("/devices?")) return write(socket, large);
  if (method === "POST") return later(SIGN_IN_MS, socket, () => ready(signIn()));
  if (target.includes("/storm")) return later(Math.random() * STORM_MS, socket, () => storm(head));
  if (wholePages.length > 0 && target.includes("/clients?")) return write(socket, wholePage(target));
  if (target.includes("/clients?")) return later(LATENCY_MS, socket, () => page(target));
  if (target.includes("/rows?")) return write(socket, page(target));
  if (target.includes("/megabyte")) return write(socket, megabyte);
  if (target.includes("/slow")) return later(LATENCY_MS, socket, () => small);
  if (target.includes("/hang")) return void hangs.push(socket);
  write(socket, small);
}

function answerRouter(target: string, socket: Socket): void {
  if (target.startsWith("/api/auth.token.grant")) {
    seen.signIns++;
    return write(socket, ready('{"stat":"ok","response":{"accessToken":"bench","expiresIn":172800}}'));
  }
  write(socket, target.includes("large") ? routerLarge : routerSmall);
}

function answerKasa(body: string, socket: Socket): void {
  if (body.includes('"passthrough"')) return write(socket, kasa);
  const device = { deviceId: DEVICE, deviceType: "IOT.SMARTPLUGSWITCH", deviceModel: "HS103(US)", alias: "Bench" };
  const list = { deviceList: [{ ...device, status: 1, appServerUrl: "" }] };
  if (!body.includes('"getDeviceList"')) seen.signIns++;
  const result = body.includes('"getDeviceList"') ? list : { token: "bench", accountId: "1" };
  write(socket, ready(JSON.stringify({ error_code: 0, result })));
}

function signIn(): string {
  seen.signIns++;
  const accessToken = `AT-${++issued}`;
  return JSON.stringify({ errorCode: 0, msg: "", result: { accessToken, tokenType: "bearer", expiresIn: 7200 } });
}

// Refused is what is answered after its token was spent, whenever it was asked.
function storm(head: string): Buffer {
  const token = /AccessToken=(\S+)/.exec(head)?.[1] ?? "";
  return spent.has(token) ? ready('{"errorCode":-44112,"msg":"The access token has expired."}') : small;
}

function page(target: string): Buffer {
  const { searchParams } = new URL(target, "http://bench");
  const [number, size] = [Number(searchParams.get("page")), Number(searchParams.get("pageSize"))];
  return ready(shortPage(number, Math.max(0, Math.min(size, listRows - (number - 1) * size)), listRows));
}

function wholePage(target: string): Buffer {
  const number = Number(/[?&]page=(\d+)/.exec(target)?.[1]);
  return wholePages[number - 1] ?? small;
}

function later(ms: number, socket: Socket, make: () => Buffer): void {
  setTimeout(() => write(socket, make()), ms);
}

function write(socket: Socket, bytes: Buffer): void {
  if (!socket.destroyed) socket.write(bytes);
}

function serve(socket: Socket): void {
  let pending = NOTHING;
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => {
    pending = pending.length ? Buffer.concat([pending, chunk]) : chunk;
    for (let asked = read(pending); asked; asked = read(pending)) {
      pending = pending.subarray(asked.length);
      if (asked.target.startsWith("/control/")) {
        write(socket, control(asked.target));
        continue;
      }
      seen.requests++;
      answer(asked, socket);
    }
  });
}

/** The first request in some bytes; nothing where it has not come whole. */
function read(bytes: Buffer): (Asked & { length: number }) | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = bytes.toString("latin1", 0, end);
  const length = end + 4 + Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  if (bytes.length < length) return undefined;
  const [method = "", target = ""] = head.slice(0, head.indexOf("\r\n")).split(" ");
  return { method, target, head, body: bytes.toString("utf8", end + 4, length), length };
}

const NOTHING = Buffer.alloc(0);

/** What the server itself can be asked, by its own process or at `/control/<name>?<number>`. */
const CONTROLS: Record<string, (number: number) => unknown> = {
  seen: () => {
    const now = { ...seen };
    Object.assign(seen, { requests: 0, connections: 0, handshakes: 0, signIns: 0 });
    return now;
  },
  /** All tokens so far are worth nothing from now on. */
  spend: () => {
    for (let number = 1; number <= issued; number++) spent.add(`AT-${number}`);
  },
  /** So many rows are in the lists from now on. */
  rows: (count) => {
    listRows = count;
    wholePages = [];
  },
  /** So many rows with all their keys, in pages of 1,000. */
  wholeRows: (count) => {
    wholePages = Array.from({ length: count / 1000 }, (_, index) => ready(clientsPage(index + 1, 1000, count)));
  },
  /** How many requests wait for an answer that will never come. */
  hanging: () => hangs.length,
  hangUp: () => {
    for (const socket of hangs) socket.destroy();
    hangs = [];
  },
};

function control(target: string): Buffer {
  const [, name = "", number = ""] = /^\/control\/(\w+)(?:\?(\d+))?$/.exec(target) ?? [];
  return ready(JSON.stringify(CONTROLS[name]?.(Number(number)) ?? null));
}

async function main(): Promise<void> {
  const certificate = selfSigned();
  const http = createTcpServer(serve);
  http.on("connection", () => seen.connections++);
  const https = createTlsServer({ key: certificate.key, cert: certificate.cert }, serve);
  https.on("secureConnection", () => {
    seen.connections++;
    seen.handshakes++;
  });
  https.on("tlsClientError", () => undefined);
  const addresses: Addresses = { http: await listen(http), https: await listen(https), certificate };

  obey({ addresses: () => addresses, seen: () => CONTROLS["seen"]?.(0) });

  async function listen(server: typeof http): Promise<string> {
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as { port: number };
    return `http${server === https ? "s" : ""}://127.0.0.1:${port}`;
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
