import assert from "node:assert/strict";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { inspect } from "node:util";
import { systemClock, type Clock } from "../../src/core/clock";
import { PlatformError, type ErrorCode } from "../../src/core/errors";
import type { Request } from "../../src/http/request";
import { Transport, type TransportOptions } from "../../src/http/transport";
import { closeAfterTest } from "./mocha-hooks";
import { selfSigned, type Certificate } from "./simulators/certificate";
import { SimulatedServer, type Handler, type ServeOptions } from "./simulators/simulated-server";

/** Starts a server that answers `{"ok":true}` to every request, or with a handler; it is closed after the test. */
export async function startServer(options: ServeOptions & { handler?: Handler } = {}): Promise<SimulatedServer> {
  const { handler = () => ({ body: { ok: true } }), ...serve } = options;
  return closeAfterTest(await SimulatedServer.start(handler, serve));
}

/** Starts the same server with TLS and a self-signed certificate. */
export async function startSecureServer(
  certificate: Certificate = selfSigned(),
  port = 0,
): Promise<{ certificate: Certificate; server: SimulatedServer }> {
  return { certificate, server: await startServer({ certificate, port }) };
}

/** Starts a server that need not speak HTTP: `onConnection` gets each socket. */
export async function startRawServer(
  onConnection: (socket: Socket) => void,
): Promise<{ port: number; connections: () => number }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closeAfterTest({
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  });
  return { port: (server.address() as AddressInfo).port, connections: () => sockets.length };
}

/** A transport that is closed after the test. */
export function createTransport(options: Partial<TransportOptions> & { clock?: Clock } = {}): Transport {
  return closeAfterTest(new Transport({ timeoutMs: 5000, tls: {}, concurrency: 8, clock: systemClock, ...options }));
}

/** A GET request, which is safe to retry. */
export function readRequest(origin: string, more: Partial<Request> = {}): Request {
  return { effect: "read", method: "GET", origin, path: "/things", ...more };
}

/** A POST request, which is not safe to retry. */
export function writeRequest(origin: string, more: Partial<Request> = {}): Request {
  return { effect: "write", method: "POST", origin, path: "/things", body: { on: true }, ...more };
}

/** Asserts that a call rejects with a `PlatformError` of this code. @returns that error */
export async function rejectsWith(promise: Promise<unknown>, code: ErrorCode): Promise<PlatformError> {
  const error = await promise.then(
    () => assert.fail(`The call should have rejected with "${code}".`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof PlatformError, `Not a PlatformError: ${String(error)}`);
  assert.equal(error.code, code, error.message);
  return error;
}

/** Everything that anybody could read in an error. */
export function inspectAll(error: unknown): string {
  return inspect(error, { depth: null, showHidden: true });
}

/** Waits until a condition holds, for half a minute at most. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !(await condition());) {
    if (Date.now() > end) assert.fail("The condition did not come true.");
    await systemClock.sleep(5);
  }
}

/** How many sockets of this process are open. */
export function countSockets(): number {
  return countResources("TCPSocketWrap");
}

/** How many timers keep this process alive. */
export function countTimers(): number {
  return countResources("Timeout");
}

function countResources(kind: string): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === kind).length;
}

/** The unhandled rejections while `act` runs, each of which would end a process. */
export async function unhandledRejectionsDuring(act: () => Promise<unknown>): Promise<unknown[]> {
  const rejections: unknown[] = [];
  const listener = (reason: unknown): void => void rejections.push(reason);
  process.on("unhandledRejection", listener);
  try {
    await act();
    await systemClock.sleep(5);
  } finally {
    process.off("unhandledRejection", listener);
  }
  return rejections;
}

/** The warnings that Node emits while `act` runs. */
export async function warningsDuring(act: () => Promise<unknown>): Promise<Error[]> {
  const warnings: Error[] = [];
  const listener = (warning: Error): void => void warnings.push(warning);
  process.on("warning", listener);
  await act();
  await systemClock.sleep(5);
  process.off("warning", listener);
  return warnings;
}

/**
 * How long the event loop of this process was idle while `act` ran, in milliseconds. It shows a call that hangs, whereas a
 * busy machine hardly changes it.
 */
export async function idleMsDuring(act: () => Promise<unknown>): Promise<number> {
  const before = performance.eventLoopUtilization();
  await act();
  return performance.eventLoopUtilization(before).idle;
}

/** A port on which no server listens. */
export async function unusedPort(): Promise<number> {
  const server = await SimulatedServer.start(() => ({ body: null }));
  const { port } = new URL(server.url);
  await server.close();
  return Number(port);
}
