import assert from "node:assert/strict";
import type { FlowNode, Message, NodeRed } from "../support/harness/node-red";
import { idleDuring, until } from "../support/http-fixture";
import { Bulb } from "../support/simulators/kasa/lights";
import { Dimmer, Plug, Strip } from "../support/simulators/kasa/plugs";
import type { RecordedRequest } from "../support/simulators/simulated-server";
import { kasaFlow, secretsAreKept } from "./kasa-fixture";

/** The shortest that there is. */
const LOOK_MS = 15_000;

/** A node that watches some devices. */
const watcher = (id: string, filter: string, settings: object = {}): FlowNode => {
  const defaults = { account: "kasa", source: "devices", interval: 15, settle: 1, initial: false };
  return { id, type: "kasa-event", filter, ...defaults, ...settings };
};

interface Payload {
  event: string;
  id: string;
  name: string;
  at: string;
  current: Record<string, unknown> | null;
  previous: Record<string, unknown> | null;
}

const payload = (msg: Message | undefined): Payload => msg?.payload as Payload;

/** Each message of a node in short: the event and whose it is. */
const told = (red: NodeRed, id: string): string[] =>
  red.sent(id).map((msg) => {
    assert.equal(msg["topic"], payload(msg).event);
    return `${payload(msg).event} ${payload(msg).name}`;
  });

const isPassthrough = ({ body }: RecordedRequest): boolean => body.includes('"passthrough"');

describe("kasa-event", () => {
  afterEach(secretsAreKept);

  it("tells each event exactly once, each node what it watches", async function () {
    this.timeout(4 * LOOK_MS);
    const nodes = [
      watcher("all", "Modem, freezer, Desk, <b>Porch</b>"),
      watcher("modem", "MODEM"),
      watcher("printer", "Printer", { settle: 2 }),
    ];
    const { red, cloud } = await kasaFlow({ nodes });
    const [modem, freezer] = [cloud.device(Plug, "Modem"), cloud.device(Plug, "Freezer")];
    const [porch, desk] = [cloud.device(Dimmer, "<b>Porch</b>"), cloud.device(Strip, "Desk")];
    const [screen, printer] = desk.outlets;
    assert.ok(screen && printer);
    const looked = (times: number) => red.until(() => desk.commands.length === times, 2 * LOOK_MS);
    await red.until(() => red.statuses("all").some(({ fill }) => fill === "green"));

    freezer.online = false;
    porch.brightness = 15;
    modem.on = false;
    screen.on = printer.on = true;
    for (const device of cloud.devices) device.rssi -= 9;
    await looked(2);
    freezer.online = true;
    modem.on = true;
    screen.on = false;
    // It can no longer be asked, which is no change.
    cloud.server.injectFault({ kind: "reset" }, { times: 100, when: ({ body }) => body.includes(porch.deviceId) });
    porch.on = true;
    await looked(3);
    await red.until(() => told(red, "printer").length === 1);

    assert.deepEqual(told(red, "all"), [
      "off Modem",
      "offline Freezer",
      "changed <b>Porch</b>",
      "on Screen",
      "on Printer",
      "on Modem",
      "online Freezer",
      "off Screen",
    ]);
    assert.deepEqual(told(red, "modem"), ["off Modem", "on Modem"]);
    assert.deepEqual(told(red, "printer"), ["on Printer"]);
    assert.deepEqual(red.caught(), []);

    const [off] = red.sent("modem").map(payload);
    assert.deepEqual([off?.id, off?.current?.["on"], off?.previous?.["on"]], [modem.deviceId, false, true]);
    assert.ok(Math.abs(Date.parse(off?.at ?? "") - Date.now()) < 3 * LOOK_MS);
    const [on] = red.sent("printer").map(payload);
    assert.deepEqual([on?.id, on?.current?.["alias"]], [printer.id, "Desk"]);
    const [gone, back] = [1, 6].map((index) => payload(red.sent("all")[index]));
    assert.deepEqual([gone?.current, back?.previous], [null, null]);
    // One look for all three nodes, and of those that nobody watches none was asked.
    assert.deepEqual([cloud.calls("getDeviceList"), cloud.device(Bulb, "Hall lamp").commands.length], [1, 0]);
    assert.deepEqual([modem.commands.length, freezer.commands.length], [3, 2]);
  });

  it("sends the first state where that is wanted, and else is silent at first", async () => {
    const nodes = [
      watcher("first", "Modem, Garden pump, Desk", { initial: true }),
      watcher("silent", "Modem, Garden pump, Desk"),
    ];
    const { red } = await kasaFlow({ nodes });

    await red.until(() => red.statuses("silent").some(({ fill }) => fill === "green"));

    const outlets = ["Screen", "Printer", "Speakers", "Charger", "Lamp", "Fan"].map((name) => `off ${name}`);
    assert.deepEqual(told(red, "first"), ["on Modem", "offline Garden pump", ...outlets]);
    assert.deepEqual(
      red.sent("first").map((msg) => payload(msg).previous),
      Array(8).fill(null),
    );
    assert.deepEqual(told(red, "silent"), []);
  });

  it("says when the filter names nothing that can be watched", async () => {
    const { red } = await kasaFlow({ nodes: [watcher("wrong", "Modme"), watcher("right", "Modem")] });
    await red.until(() => red.statuses("right").some(({ fill }) => fill === "green"));
    assert.deepEqual(red.caught(), []);

    const { red: again } = await kasaFlow({ nodes: [watcher("wrong", "Modme")] });
    await again.until(() => again.caught().length > 0);

    const [msg] = again.caught();
    assert.deepEqual([msg?.error.code, msg?.error.source.id], ["not-found", "wrong"]);
    assert.match(msg?.error.message ?? "", /"modme"/);
    assert.equal(again.statuses("wrong").at(-1)?.fill, "red");
  });

  it("reads the list no second time when only nodes are deployed", async () => {
    const { red, cloud, flow } = await kasaFlow({ nodes: [watcher("one", "Modem")] });
    await red.until(() => red.statuses("one").some(({ fill }) => fill === "green"));

    // Credentials that are deployed, even the same, make a new account node.
    const others = structuredClone(flow.slice(0, -1));
    for (const node of others) delete node.credentials;
    await red.deploy([...others, watcher("one", "Freezer")], "nodes");
    await red.until(() => red.statuses("one").some(({ fill }) => fill === "green"));

    const asked = ["Modem", "Freezer"].map((alias) => cloud.device(Plug, alias).commands.length);
    assert.deepEqual([cloud.calls("getDeviceList"), ...asked], [1, 1, 1]);
  });

  it("leaves room for messages while it looks", async () => {
    const { red, cloud, flow } = await kasaFlow();
    cloud.server.injectFault({ kind: "hang" }, { times: 4, when: isPassthrough });
    await red.deploy([...flow, watcher("all", "")]);
    await until(() => cloud.calls("passthrough") === 4);

    const { msg } = await red.send("list");

    assert.ok(Array.isArray(msg?.payload));
  });

  it("lets a message pass in the middle of a look, where only one may be served at a time", async () => {
    const { red, cloud } = await kasaFlow({ account: { concurrency: 1 }, nodes: [watcher("all", "")] });
    cloud.server.injectFault({ kind: "delay", ms: 100 }, { times: 100, when: isPassthrough });
    await until(() => cloud.calls("passthrough") > 0);

    await red.send("list");

    const { length } = cloud.devices.filter((device) => !device.isListedOnly);
    assert.ok(cloud.calls("passthrough") < length, `after ${cloud.calls("passthrough")} of ${length} devices`);
  });

  it("ends a look that hangs when it is closed", async () => {
    const { red, cloud, flow } = await kasaFlow();
    cloud.server.injectFault({ kind: "hang" }, { times: 100, when: isPassthrough });
    await red.deploy([...flow, watcher("all", "")]);
    await until(() => cloud.calls("passthrough") === 4);

    const idleMs = await idleDuring(() => red.deploy([]));

    assert.ok(idleMs < 1000, `${idleMs} ms`);
    assert.equal(cloud.calls("passthrough"), 4);
    assert.deepEqual(red.caught(), []);
  });
});
