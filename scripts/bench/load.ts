import type { Slice } from "./types";

/** Asks once, and brings what came. */
export type One = () => Promise<unknown>;

/** Keeps so many askings under way for so long: one begins when one ends. */
export async function slice(one: One, inFlight: number, ms: number): Promise<Slice> {
  const latencies: number[] = [];
  let errors = 0;
  const cpu = process.cpuUsage();
  const begun = performance.now();
  const end = begun + ms;
  const lane = async (): Promise<void> => {
    for (let at = performance.now(); at < end;) {
      try {
        await one();
      } catch {
        errors++;
      }
      const now = performance.now();
      latencies.push(now - at);
      at = now;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  const wallMs = performance.now() - begun;
  const { user, system } = process.cpuUsage(cpu);
  latencies.sort((one, other) => one - other);
  const at = (share: number): number => latencies[Math.floor((latencies.length - 1) * share)] ?? Number.NaN;
  return { count: latencies.length, errors, cpuUs: user + system, wallMs, p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** How long one thing takes against another, each going first every other time; one ratio per try. */
export function compared(tries: number, one: () => unknown, other: () => unknown): number[] {
  const found: number[] = [];
  for (let left = tries + WARM_TRIES; left > 0; left--) {
    const under = left % 2 ? timed(other) : undefined;
    const over = timed(one);
    found.push(over / (under ?? timed(other)));
  }
  return found.slice(WARM_TRIES);
}

const WARM_TRIES = 20;

function timed(act: () => unknown): number {
  const begun = performance.now();
  act();
  return performance.now() - begun;
}

/** Collects what is collectable, and tells what is left of the heap and in buffers. */
export function heapAfterCollection(): number {
  const { gc } = globalThis as { gc?: () => void };
  for (let times = 0; times < 3; times++) gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

export const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
