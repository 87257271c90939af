import assert from "node:assert/strict";
import { coldStarts } from "../../scripts/bench/cold-start";

describe("A start of Node-RED", () => {
  it("loads neither undici nor zod for nodes that have had no message yet", () => {
    const [starts] = coldStarts(1);

    assert.deepEqual(starts?.with.loaded, []);
  });
});
