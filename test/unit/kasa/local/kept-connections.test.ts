import assert from "node:assert/strict";
import { createTrace } from "../../../../src/core/call-context";
import { systemClock } from "../../../../src/core/clock";
import { RequestNotSentError } from "../../../../src/http/retry";
import { rejectsWith, until } from "../../../support/http-fixture";
import { iotPlug } from "../../../support/simulators/kasa-local/neighbourhood";
import { FAST_CLOCK, listed, OWNER, seen, setUp, switchOn, SYSINFO } from "./fixture";

const MODULES = { emeter: { get_realtime: {} } };
const toState = (state: number): object => ({ system: { set_relay_state: { state } } });

/** A plug with older firmware, a transport that has found it, and its TCP server. */
async function setUpPlug(options: Parameters<typeof setUp>[1] = {}) {
  const found = await setUp(iotPlug("Pump", "xor"), options);
  return { ...found, server: found.device.xor };
}

describe("The connections to Kasa devices with older firmware", () => {
  it("carry forty commands at once over one connection, in order", async () => {
    const { device, server, send } = await setUpPlug();
    const states = Array.from({ length: 40 }, (_, index) => index % 3);

    await Promise.all(states.map((state) => send(toState(state), "write")));

    const [identity, ...commands] = device.commands;
    assert.deepEqual(identity, SYSINFO);
    assert.deepEqual(
      commands,
      states.map((state) => toState(state)),
    );
    assert.deepEqual([server.connections, server.violations], [1, 0]);
  });

  it("are one to each device, whatever the account", async () => {
    const { device, server, send, createTransport } = await setUpPlug();
    const other = createTransport({ ...OWNER, email: "other@example.test" });

    await send(SYSINFO);
    await other.send(listed(device), SYSINFO, "read", {});
    await send(SYSINFO);

    assert.equal(server.connections, 1);
  });

  it("carry no write while the device may be about to end them", async () => {
    const { device, server, send } = await setUpPlug();
    server.endsAfterMs = 20;
    await send(SYSINFO);

    await send(switchOn, "write");

    assert.deepEqual([seen(device, switchOn), server.connections], [1, 3]);
  });

  it("carry no write where their end came while this process was busy", async () => {
    const { device, server, send } = await setUpPlug();
    server.endsAfterMs = 0;
    await send(SYSINFO);
    for (const end = Date.now() + 100; Date.now() < end;);

    await send(switchOn, "write");

    assert.deepEqual([seen(device, switchOn), server.connections], [1, 3]);
  });

  it("carry no command where they should have ended already, but this process was busy", async () => {
    let shiftMs = 0;
    const clock = { ...FAST_CLOCK, now: () => FAST_CLOCK.now() + shiftMs };
    const { server, send } = await setUpPlug({ clock });
    await send(SYSINFO);
    shiftMs = 1000;

    await send(switchOn, "write");

    assert.equal(server.connections, 2);
  });

  for (const [ending, property] of [
    ["ends them with its response", "endsAfterMs"],
    ["ends them when they are idle", "maxIdleMs"],
  ] as const)
    it(`are one for each command where the device ${ending}`, async () => {
      const { server, send } = await setUpPlug();
      server[property] = property === "maxIdleMs" ? 100 : 0;
      await send(SYSINFO);
      await until(() => server.open.size === 0);

      for (const state of [1, 0, 1, 0]) await send(toState(state), "write");

      // Before something is changed, the device is asked who it is.
      assert.equal(server.connections, 1 + 2 * 4);
    });

  it("are kept again after ten minutes where a device has once ended one", async () => {
    let shiftMs = 0;
    const clock = { ...FAST_CLOCK, now: () => FAST_CLOCK.now() + shiftMs };
    const { device, server, send, discovery } = await setUpPlug({ clock });
    server.maxIdleMs = 100;
    await send(SYSINFO);
    await until(() => server.open.size === 0);
    server.maxIdleMs = undefined;
    shiftMs = 600_001;
    await discovery.locate(device.mac);

    for (const state of [1, 0, 1]) await send(toState(state), "write");

    assert.equal(server.connections, 2);
  });

  it("are made anew for a read that meets one that has ended", async () => {
    const { device, server, send } = await setUpPlug();
    await send(SYSINFO);
    device.spoil("drop");

    const trace = createTrace();

    assert.ok((await send(SYSINFO, "read", trace))["system"]);

    assert.deepEqual([server.connections, trace.attempts], [2, 1]);
  });

  it("are not made anew for a read of which a part has been answered", async () => {
    const { device, send } = await setUpPlug();
    device.deaf = true;
    await send(SYSINFO);
    // A response to the last probe may still be on its way.
    await systemClock.sleep(50);
    device.spoil("cut");

    await rejectsWith(send(SYSINFO), "network");

    assert.equal(seen(device, SYSINFO), 2);
  });

  it("are not made anew for a write that meets one that has ended", async () => {
    const { device, server, send } = await setUpPlug();
    await send(SYSINFO);
    device.spoil("drop");

    const error = await rejectsWith(send(switchOn, "write"), "network");

    assert.ok(!(error instanceof RequestNotSentError));
    assert.match(error.message, /Whether the command was carried out is not known/);
    assert.equal(server.connections, 1);
  });

  it("end where a response has more bytes than it says", async () => {
    const { device, server, send } = await setUpPlug();
    device.spoil("twice");
    await send(SYSINFO);

    assert.deepEqual(Object.keys(await send(MODULES)), ["emeter"]);

    assert.equal(server.connections, 2);
  });

  it("end where the device sends something that was not asked for", async () => {
    const { device, server, send } = await setUpPlug();
    device.spoil("again");
    await send(SYSINFO);
    for (let count = 0; count < 5; count++) await systemClock.sleep(20);

    assert.deepEqual(Object.keys(await send(MODULES)), ["emeter"]);

    // Over a new one the device is also asked who it is.
    assert.equal(server.connections, 3);
  });

  it("bring no response to a later command that came after its time", async () => {
    const { device, send } = await setUpPlug({ timeoutMs: 300 });
    await send(SYSINFO);
    device.spoil("late");
    await rejectsWith(send(switchOn, "write"), "timeout");

    for (let count = 0; count < 20; count++) assert.deepEqual(Object.keys(await send(MODULES)), ["emeter"]);
  });

  it("bring no response to a later command of one that was cancelled", async () => {
    const { device, server, send, transport } = await setUpPlug();
    await send(SYSINFO);
    device.spoil("late");
    const controller = new AbortController();
    const sent = transport.send(listed(device), switchOn, "write", { signal: controller.signal });
    await until(() => seen(device, switchOn) === 1);
    controller.abort(new Error("enough"));
    await assert.rejects(sent, /enough/);

    assert.deepEqual(Object.keys(await send(MODULES)), ["emeter"]);
    assert.equal(server.connections, 2);
  });

  it("end after a second without commands", async () => {
    const { server, send } = await setUpPlug();
    await send(SYSINFO);
    assert.equal(server.open.size, 1);

    await until(() => server.open.size === 0);
  });

  it("end when an account is closed, whichever it is: the next command makes a new one", async () => {
    const { server, send, createTransport } = await setUpPlug();
    await send(SYSINFO);

    createTransport().close();
    await send(SYSINFO);

    assert.equal(server.connections, 2);
  });

  it("do not keep the process alive", async () => {
    const { server, send } = await setUpPlug();
    await send(SYSINFO);
    await systemClock.sleep(100);

    const sockets = process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap");

    assert.equal(sockets.length, server.open.size);
  });
});
