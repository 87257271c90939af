import assert from "node:assert/strict";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { inspect } from "node:util";
import { systemClock, type Clock } from "../../src/core/clock";
import { PlatformError, type ErrorCode } from "../../src/core/errors";
import { Transport, type Request, type TransportOptions } from "../../src/http/transport";
import { closeAfterTest } from "./mocha-hooks";
import { selfSigned, type Certificate } from "./simulators/certificate";
import { SimulatedServer, type Handler, type ServeOptions } from "./simulators/simulated-server";

/** A server that answers every request with `{"ok":true}`, unless told otherwise; it is gone after the test. */
export async function server(options: ServeOptions & { handler?: Handler } = {}): Promise<SimulatedServer> {
  const { handler = () => ({ body: { ok: true } }), ...serve } = options;
  return closeAfterTest(await SimulatedServer.start(handler, serve));
}

/** The same, over TLS and with a certificate of its own. */
export async function secureServer(
  certificate: Certificate = selfSigned(),
  port = 0,
): Promise<{ certificate: Certificate; simulated: SimulatedServer }> {
  return { certificate, simulated: await server({ certificate, port }) };
}

/** A server that speaks no HTTP: `talk` does what it likes with each connection. */
export async function rawServer(talk: (socket: Socket) => void): Promise<{ port: number; connections: () => number }> {
  const sockets: Socket[] = [];
  const raw = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    talk(socket);
  });
  await new Promise<void>((resolve) => raw.listen(0, "127.0.0.1", resolve));
  closeAfterTest({
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => raw.close(resolve));
    },
  });
  return { port: (raw.address() as AddressInfo).port, connections: () => sockets.length };
}

/** A transport; it is closed after the test. */
export function transport(options: Partial<TransportOptions> & { clock?: Clock } = {}): Transport {
  return closeAfterTest(new Transport({ timeoutMs: 5000, tls: {}, concurrency: 8, clock: systemClock, ...options }));
}

/** A plain read. */
export function read(origin: string, more: Partial<Request> = {}): Request {
  return { effect: "read", method: "GET", origin, path: "/things", ...more };
}

/** A plain write. */
export function write(origin: string, more: Partial<Request> = {}): Request {
  return { effect: "write", method: "POST", origin, path: "/things", body: { on: true }, ...more };
}

/** The failure that a call must end with. */
export async function failure(promise: Promise<unknown>, code: ErrorCode): Promise<PlatformError> {
  const error = await promise.then(
    () => assert.fail(`it should have failed with "${code}"`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof PlatformError, `a failure of ours, not ${String(error)}`);
  assert.equal(error.code, code, error.message);
  return error;
}

/** All that anybody could read in an error. */
export function readable(error: unknown): string {
  return inspect(error, { depth: null, showHidden: true });
}

/** Waits until a condition holds, for half a minute at most. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !(await condition());) {
    if (Date.now() > end) assert.fail("waited in vain");
    await systemClock.sleep(5);
  }
}

/** How many sockets this process holds. */
export function sockets(): number {
  return held("TCPSocketWrap");
}

/** How many timers keep this process alive. */
export function timers(): number {
  return held("Timeout");
}

function held(kind: string): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === kind).length;
}

/** The rejections that nobody hears of while `act` runs: in a program each of them would be the end. */
export async function orphansDuring(act: () => Promise<unknown>): Promise<unknown[]> {
  const orphans: unknown[] = [];
  const listener = (reason: unknown): void => void orphans.push(reason);
  process.on("unhandledRejection", listener);
  try {
    await act();
    await systemClock.sleep(5);
  } finally {
    process.off("unhandledRejection", listener);
  }
  return orphans;
}

/** The warnings that Node gives while `act` runs. */
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
 * How long this process waited with nothing to do while `act` ran, in milliseconds: a hang shows in it, a busy machine
 * hardly does.
 */
export async function idleDuring(act: () => Promise<unknown>): Promise<number> {
  const before = performance.eventLoopUtilization();
  await act();
  return performance.eventLoopUtilization(before).idle;
}

/** A port on which nobody listens. */
export async function deadPort(): Promise<number> {
  const simulated = await SimulatedServer.start(() => ({ body: null }));
  const { port } = new URL(simulated.url);
  await simulated.close();
  return Number(port);
}
