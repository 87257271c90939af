import assert from "node:assert/strict";
import type { FlowNode } from "../support/harness/node-red";
import { idleMsDuring, until } from "../support/http-fixture";
import { Bulb } from "../support/simulators/kasa/lights";
import { Dimmer, Plug, Strip } from "../support/simulators/kasa/plugs";
import type { RecordedRequest } from "../support/simulators/simulated-server";
import { events, firstPolls, payloads } from "./event-fixture";
import { assertNoSecretLeaked, kasaFlow } from "./kasa-fixture";

/** The shortest interval of a kasa-event. */
const INTERVAL_MS = 15_000;

/** A kasa-event with the shortest interval. */
const eventNode = (id: string, filter: string, settings: object = {}): FlowNode => {
  const defaults = { account: "kasa", source: "devices", interval: 15, settle: 1, initial: false };
  return { id, type: "kasa-event", filter, ...defaults, ...settings };
};

const isPassthrough = ({ body }: RecordedRequest): boolean => body.includes('"passthrough"');

describe("kasa-event", () => {
  afterEach(assertNoSecretLeaked);

  it("sends each event exactly once, to the nodes whose filter matches", async function () {
    this.timeout(4 * INTERVAL_MS);
    const nodes = [
      eventNode("all", "Modem, freezer, Desk, <b>Porch</b>"),
      eventNode("modem", "MODEM"),
      eventNode("printer", "Printer", { settle: 2 }),
    ];
    const { red, cloud } = await kasaFlow({ nodes });
    const [modem, freezer] = [cloud.device(Plug, "Modem"), cloud.device(Plug, "Freezer")];
    const [porch, desk] = [cloud.device(Dimmer, "<b>Porch</b>"), cloud.device(Strip, "Desk")];
    const [screen, printer] = desk.outlets;
    assert.ok(screen && printer);
    const polls = (times: number) => red.until(() => desk.commands.length === times, 2 * INTERVAL_MS);
    await firstPolls(red, "all");

    freezer.online = false;
    porch.brightness = 15;
    modem.on = false;
    screen.on = printer.on = true;
    for (const device of cloud.devices) device.rssi -= 9;
    await polls(2);
    freezer.online = true;
    modem.on = true;
    screen.on = false;
    // A device that cannot be reached is not reported as changed.
    cloud.server.injectFault({ kind: "reset" }, { times: 100, when: ({ body }) => body.includes(porch.deviceId) });
    porch.on = true;
    await polls(3);
    await red.until(() => events(red, "printer").length === 1);

    assert.deepEqual(events(red, "all"), [
      "off Modem",
      "offline Freezer",
      "changed <b>Porch</b>",
      "on Screen",
      "on Printer",
      "on Modem",
      "online Freezer",
      "off Screen",
    ]);
    assert.deepEqual(events(red, "modem"), ["off Modem", "on Modem"]);
    assert.deepEqual(events(red, "printer"), ["on Printer"]);
    assert.deepEqual(red.caught(), []);

    const [off] = payloads(red, "modem");
    assert.deepEqual([off?.id, off?.current?.["on"], off?.previous?.["on"]], [modem.deviceId, false, true]);
    assert.ok(Math.abs(Date.parse(off?.at ?? "") - Date.now()) < 3 * INTERVAL_MS);
    const [on] = payloads(red, "printer");
    assert.deepEqual([on?.id, on?.current?.["alias"]], [printer.id, "Desk"]);
    const all = payloads(red, "all");
    assert.deepEqual([all[1]?.current, all[6]?.previous], [null, null]);
    // One poll serves all three nodes, and sends nothing to devices that no filter names.
    assert.deepEqual([cloud.calls("getDeviceList"), cloud.device(Bulb, "Hall lamp").commands.length], [1, 0]);
    assert.deepEqual([modem.commands.length, freezer.commands.length], [3, 2]);
  });

  it("sends the first state only if `initial` is set", async () => {
    const nodes = [
      eventNode("first", "Modem, Garden pump, Desk", { initial: true }),
      eventNode("silent", "Modem, Garden pump, Desk"),
    ];
    const { red } = await kasaFlow({ nodes });

    await firstPolls(red, "silent");

    const outlets = ["Screen", "Printer", "Speakers", "Charger", "Lamp", "Fan"].map((name) => `off ${name}`);
    assert.deepEqual(events(red, "first"), ["on Modem", "offline Garden pump", ...outlets]);
    assert.deepEqual(
      payloads(red, "first").map(({ previous }) => previous),
      Array(8).fill(null),
    );
    assert.deepEqual(events(red, "silent"), []);
  });

  it("reports a filter that matches no device", async () => {
    const { red } = await kasaFlow({ nodes: [eventNode("wrong", "Modme"), eventNode("right", "Modem")] });
    await firstPolls(red, "right");
    assert.deepEqual(red.caught(), []);

    const { red: again } = await kasaFlow({ nodes: [eventNode("wrong", "Modme")] });
    await again.until(() => again.caught().length > 0);

    const [msg] = again.caught();
    assert.deepEqual([msg?.error.code, msg?.error.source.id], ["not-found", "wrong"]);
    assert.match(msg?.error.message ?? "", /"modme"/);
    assert.equal(again.statuses("wrong").at(-1)?.fill, "red");
  });

  it("does not fetch the device list again after a deploy that keeps the account", async () => {
    const { red, cloud, flow } = await kasaFlow({ nodes: [eventNode("one", "Modem")] });
    await firstPolls(red, "one");

    // With credentials, even the same, Node-RED would create the account node again.
    const others = structuredClone(flow.slice(0, -1));
    for (const node of others) delete node.credentials;
    await red.deploy([...others, eventNode("one", "Freezer")], "nodes");
    await firstPolls(red, "one");

    const requests = ["Modem", "Freezer"].map((alias) => cloud.device(Plug, alias).commands.length);
    assert.deepEqual([cloud.calls("getDeviceList"), ...requests], [1, 1, 1]);
  });

  it("does not delay messages while it polls", async () => {
    const { red, cloud, flow } = await kasaFlow();
    cloud.server.injectFault({ kind: "hang" }, { times: 4, when: isPassthrough });
    await red.deploy([...flow, eventNode("all", "")]);
    await until(() => cloud.calls("passthrough") === 4);

    const { msg } = await red.send("list");

    assert.ok(Array.isArray(msg?.payload));
  });

  it("lets a message pass during a poll with a concurrency of 1", async () => {
    const { red, cloud } = await kasaFlow({ account: { concurrency: 1 }, nodes: [eventNode("all", "")] });
    cloud.server.injectFault({ kind: "delay", ms: 100 }, { times: 100, when: isPassthrough });
    await until(() => cloud.calls("passthrough") > 0);

    await red.send("list");

    const { length } = cloud.devices.filter((device) => !device.isListedOnly);
    assert.ok(cloud.calls("passthrough") < length, `after ${cloud.calls("passthrough")} of ${length} devices`);
  });

  it("aborts a hanging poll when it is closed", async () => {
    const { red, cloud, flow } = await kasaFlow();
    cloud.server.injectFault({ kind: "hang" }, { times: 100, when: isPassthrough });
    await red.deploy([...flow, eventNode("all", "")]);
    await until(() => cloud.calls("passthrough") === 4);

    const idleMs = await idleMsDuring(() => red.deploy([]));

    assert.ok(idleMs < 1000, `${idleMs} ms`);
    assert.equal(cloud.calls("passthrough"), 4);
    assert.deepEqual(red.caught(), []);
  });
});
