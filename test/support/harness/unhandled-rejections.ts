import assert from "node:assert/strict";

const orphans: unknown[] = [];

process.on("unhandledRejection", (reason) => void orphans.push(reason));

/** For mocha, which passes over rejections that nobody hears of: each of them would be the end of a Node-RED. */
export const mochaHooks = {
  afterEach(): void {
    assert.deepEqual(orphans.splice(0), []);
  },
};
