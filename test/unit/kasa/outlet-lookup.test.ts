import assert from "node:assert/strict";
import { Strip } from "../../support/simulators/kasa/plugs";
import { setUp, StubDevice, sysinfoResponse } from "./control-fixture";

describe("The lookup of an outlet", () => {
  it("rejects a name for a device that is not a strip", async () => {
    const { control } = setUp();

    await assert.rejects(control.state("modem", "0", {}), { code: "input", message: /no separate outlets/ });
  });

  it("rejects a name for a device that is neither a plug nor a light", async () => {
    const { control } = setUp([new StubDevice(() => sysinfoResponse({ alias: "Stub" }))]);

    await assert.rejects(control.raw("stub", "0", {}, {}), { code: "input", message: /no separate outlets/ });
  });

  it("rejects a name for a strip that lists no outlets", async () => {
    const { control } = setUp([new StubDevice(() => sysinfoResponse({ children: [] }))]);

    await assert.rejects(control.state("stub", "0", {}), { code: "input", message: /no separate outlets/ });
  });

  for (const name of ["6", "-1", "1.5", "005", "0x1", "1e0", "toaster"]) {
    it(`rejects ${name} for a strip of six outlets, and lists them`, async () => {
      const { control } = setUp();

      await assert.rejects(control.state("desk", name, {}), { code: "input", message: /There are: 0 "Screen", 1 "P/ });
    });
  }

  it("rejects an alias that several outlets have, and switches none of them", async () => {
    const { control, deviceOf, set } = setUp();
    const [first, second] = deviceOf(Strip).outlets;
    Object.assign(first ?? {}, { alias: "twin", on: false });
    Object.assign(second ?? {}, { alias: "Twin", on: false });

    await assert.rejects(set("desk", { on: true }, "twin"), { code: "input", message: /number from 0 to 5/ });
    await control.set("desk", "1", { on: true }, {});

    assert.deepEqual([first?.on, second?.on], [false, true]);
  });

  it("prefers an id, in upper or lower case, to an alias, and an alias to a number", async () => {
    const { deviceOf, set } = setUp();
    const { outlets } = deviceOf(Strip);
    const [zero, one, two, three] = outlets;
    for (const outlet of outlets) outlet.on = false;
    for (const twin of [one, three]) Object.assign(twin ?? {}, { alias: String(zero?.id) });
    Object.assign(two ?? {}, { alias: "5" });

    await set("desk", { on: true }, String(zero?.id).toLowerCase());
    await set("desk", { on: true }, "5");

    assert.deepEqual(
      outlets.map(({ on }) => on),
      [true, false, true, false, false, false],
    );
  });

  it("quotes at most 80 characters of an unknown name", async () => {
    const { control } = setUp();

    await assert.rejects(control.state("desk", "x".repeat(500), {}), { message: /"x{80}"/ });
  });
});
