import assert from "node:assert/strict";
import { createTrace, setOperation } from "../../../src/core/call-context";

describe("The operation of a call", () => {
  it("is written to its trace, if there is one, and is short", () => {
    const trace = createTrace();
    setOperation("getDeviceList", {});
    setOperation("x".repeat(10_000), { trace });
    assert.ok(trace.operation.length <= 120);
    setOperation("getDeviceList", { trace });
    assert.equal(trace.operation, "getDeviceList");
  });
});
