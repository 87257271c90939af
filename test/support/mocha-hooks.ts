import assert from "node:assert/strict";
import { takeCoverage } from "node:v8";
import { deriveQuickKeys } from "./quick-keys";

// Mocha loads this file once per process (see .mocharc.json) and runs its hooks around the tests of every file. A hook that
// a fixture registers itself would run for the first file only that imports it: workers run many files, one after the other.

deriveQuickKeys();

type CleanUp = () => unknown;

/** How much of a worker's coverage may be lost, in milliseconds. */
const COVERAGE_INTERVAL_MS = 30_000;
let coverageTakenAt = Date.now();

const afterEachTest: CleanUp[] = [];
const afterAllTests: CleanUp[] = [];
const closeables: { close(): unknown }[] = [];
const unhandledRejections: unknown[] = [];

/** Registers what has to be undone after each test of this process. */
export function cleanUpAfterEach(cleanUp: CleanUp): void {
  afterEachTest.push(cleanUp);
}

/** Registers what has to be ended when all tests have ended. A worker is ended as it is: see `onExit`. */
export function cleanUpAfterAll(cleanUp: CleanUp): void {
  afterAllTests.push(cleanUp);
}

/** Registers what this process removes last, without waiting for anything. */
export function onExit(cleanUp: () => void): void {
  process.once("exit", cleanUp);
}

/** Closes a server or a client when the test that opened it has ended. */
export function closeAfterTest<T extends { close(): unknown }>(closeable: T): T {
  closeables.push(closeable);
  return closeable;
}

export const mochaHooks = {
  // Mocha takes all listeners away when a file has ended.
  beforeAll(): void {
    process.on("unhandledRejection", (reason) => void unhandledRejections.push(reason));
  },

  async afterEach(): Promise<void> {
    await Promise.all(closeables.splice(0).map((closeable) => closeable.close()));
    for (const cleanUp of afterEachTest) await cleanUp();
    // Mocha passes over them, but each would end a Node-RED.
    assert.deepEqual(unhandledRejections.splice(0), []);
  },

  // Mocha kills a worker that takes more than a second to end, which writing its coverage may take on a busy machine.
  afterAll(): void {
    if (!process.env["NODE_V8_COVERAGE"] || Date.now() - coverageTakenAt < COVERAGE_INTERVAL_MS) return;
    takeCoverage();
    coverageTakenAt = Date.now();
  },
};

export async function mochaGlobalTeardown(): Promise<void> {
  for (const cleanUp of afterAllTests) await cleanUp();
}
