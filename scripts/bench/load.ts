import type { Slice } from "./types";

/** Sends one request and resolves with its response. */
export type SendRequest = () => Promise<unknown>;

/** Keeps `inFlight` requests in flight for `ms` milliseconds. */
export async function runSlice(send: SendRequest, inFlight: number, ms: number): Promise<Slice> {
  const latencies: number[] = [];
  let errors = 0;
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const end = start + ms;
  const lane = async (): Promise<void> => {
    for (let sentAt = performance.now(); sentAt < end;) {
      try {
        await send();
      } catch {
        errors++;
      }
      const now = performance.now();
      latencies.push(now - sentAt);
      sentAt = now;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  const wallMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpuBefore);
  latencies.sort((a, b) => a - b);
  const quantile = (share: number): number => latencies[Math.floor((latencies.length - 1) * share)] ?? Number.NaN;
  return { count: latencies.length, errors, cpuUs: user + system, wallMs, p50Ms: quantile(0.5), p99Ms: quantile(0.99) };
}

/** How long one function takes relative to another, one ratio per try. They take turns in going first. */
export function measureRatios(tries: number, subject: () => unknown, reference: () => unknown): number[] {
  const ratios: number[] = [];
  for (let left = tries + WARM_UP_TRIES; left > 0; left--) {
    const before = left % 2 ? durationOf(reference) : undefined;
    const duration = durationOf(subject);
    ratios.push(duration / (before ?? durationOf(reference)));
  }
  return ratios.slice(WARM_UP_TRIES);
}

const WARM_UP_TRIES = 20;

function durationOf(act: () => unknown): number {
  const start = performance.now();
  act();
  return performance.now() - start;
}

/** The CPU time that something takes, of the whole process; in milliseconds. */
export async function cpuOf(act: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await act();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Collects garbage and returns the size of heap and buffers in bytes. */
export function heapAfterCollection(): number {
  const { gc } = globalThis as { gc?: () => void };
  for (let times = 0; times < 3; times++) gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
