import assert from "node:assert/strict";
import { Plug, Strip } from "../../support/simulators/kasa/plugs";
import { PLUG, setUp, StubDevice, sysinfoResponse } from "./control-fixture";

/** A home whose strip has been read, and has its outlets called otherwise since. */
async function setUpStrip() {
  const home = setUp();
  const strip = home.deviceOf(Strip);
  const [screen, printer] = strip.outlets;
  assert.ok(screen && printer);
  for (const outlet of strip.outlets) outlet.on = false;
  await home.control.state("desk", "", {});
  return { ...home, strip, screen, printer };
}

/** A home with two plugs that have been read, and have swapped their names since. */
async function setUpSwapped() {
  const home = setUp([new Plug(PLUG, "Heater"), new Plug(PLUG, "Lamp")]);
  const [first, second] = home.devices as [Plug, Plug];
  for (const name of ["heater", "lamp"]) await home.control.state(name, "", {});
  [first.alias, second.alias] = ["Lamp", "Heater"];
  return { ...home, first, second };
}

describe("An outlet that was renamed in the app", () => {
  it("is switched by its new name", async () => {
    const { set, screen } = await setUpStrip();
    screen.alias = "Coffee";

    await set("desk", { on: true }, "Coffee");

    assert.equal(screen.on, true);
  });

  it("is switched, and not the one that had the name before", async () => {
    const { set, screen, printer } = await setUpStrip();
    [screen.alias, printer.alias] = ["Printer", "Screen"];

    await set("desk", { on: true }, "Screen");

    assert.deepEqual([screen.on, printer.on], [false, true]);
  });

  it("is switched by its name also in a strip that is addressed by its id", async () => {
    const { control, strip, screen, printer } = await setUpStrip();
    [screen.alias, printer.alias] = ["Printer", "Screen"];

    await control.set(strip.deviceId, "Screen", { on: true }, {});

    assert.deepEqual([screen.on, printer.on], [false, true]);
  });

  it("is measured, and not the one that had the name before", async () => {
    const { control, screen, printer } = await setUpStrip();
    [screen.alias, printer.alias] = ["Printer", "Screen"];
    printer.on = true;
    printer.meter.watts = 70;

    assert.equal((await control.energy("desk", "Screen", {})).powerW, 70);
  });

  it("gets a raw command, and not the one that had the name before", async () => {
    const { control, screen, printer } = await setUpStrip();
    [screen.alias, printer.alias] = ["Printer", "Screen"];

    await control.raw("desk", "Screen", { system: { set_relay_state: { state: 1 } } }, {});

    assert.deepEqual([screen.on, printer.on], [false, true]);
  });

  it("costs no further request if it is addressed by its id or its number, in a strip that is addressed by its id", async () => {
    const { control, strip, screen, sent } = await setUpStrip();
    const before = sent.length;

    await control.set(strip.deviceId, screen.id, { on: true }, {});
    await control.set(strip.deviceId, "0", { on: false }, {});

    assert.equal(sent.length - before, 2);
  });
});

describe("A device whose name has moved to another one", () => {
  it("is not switched, but the one that has the name now", async () => {
    const { set, first, second } = await setUpSwapped();

    const { deviceId } = await set("Lamp", { on: true });

    assert.deepEqual([first.on, second.on], [true, false]);
    assert.equal(deviceId, first.deviceId);
  });

  it("is not toggled, but the one that has the name now", async () => {
    const { set, first, second } = await setUpSwapped();

    await set("Heater", { on: "toggle" });

    assert.deepEqual([first.on, second.on], [false, true]);
  });

  for (const [operation, call] of [
    ["restarted", "reboot"],
    ["read", "state"],
    ["measured", "energy"],
  ] as const) {
    it(`is not ${operation}, but the one that has the name now`, async () => {
      const home = setUp([new Plug(PLUG, "Heater", "milli"), new Plug(PLUG, "Lamp", "milli")]);
      const [first, second] = home.devices as [Plug, Plug];
      for (const name of ["heater", "lamp"]) await home.control.state(name, "", {});
      [first.alias, second.alias] = ["Lamp", "Heater"];
      const before = [first, second].map(({ commands }) => commands.length);

      await home.control[call]("Lamp", "", {});

      const last = JSON.stringify(first.commands.at(-1));
      assert.match(last, { reboot: /reboot/, state: /get_sysinfo/, energy: /get_realtime/ }[call]);
      assert.ok(first.commands.length > (before[0] ?? 0));
      assert.doesNotMatch(JSON.stringify(second.commands.slice(before[1])), /reboot/);
    });
  }

  it("gets no raw command, but the one that has the name now", async () => {
    const { control, first, second } = await setUpSwapped();

    await control.raw("Lamp", "", { system: { set_relay_state: { state: 1 } } }, {});

    assert.deepEqual([first.on, second.on], [true, false]);
  });

  it("is not switched if no device has the name any more", async () => {
    const { set, first } = await setUpSwapped();
    first.alias = "Fan";

    await assert.rejects(set("Lamp", { on: true }), { code: "not-found", message: /no device "Lamp"/ });
  });

  it("costs one more list, however long the list of the cloud and the device disagree", async () => {
    const stub = new StubDevice(() => sysinfoResponse({ relay_state: 1, alias: "otherwise" }, { set_relay_state: {} }));
    const { set, listRequests } = setUp([stub]);

    for (let call = 0; call < 3; call++) await set("stub", { on: true });

    assert.equal(listRequests.length, 2);
  });

  it("can be sent raw commands by its name even if it has no sysinfo", async () => {
    const stub = new StubDevice(() => ({ system: { err_code: -1, err_msg: "module not support" } }));
    const { control } = setUp([stub]);

    await control.raw("stub", "", { camera: { get: {} } }, {});

    assert.deepEqual(stub.commands.at(-1), { camera: { get: {} } });
  });
});

describe("A name with accents", () => {
  for (const form of ["NFC", "NFD"] as const) {
    it(`is found whichever way it is written: here ${form} in the message, and otherwise in the app`, async () => {
      const { set, devices } = setUp([new Plug(PLUG, "Küche".normalize(form === "NFC" ? "NFD" : "NFC"))]);
      const [plug] = devices as [Plug];
      plug.on = false;

      await set("küche".normalize(form), { on: true });

      assert.equal(plug.on, true);
    });
  }
});
