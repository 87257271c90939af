import assert from "node:assert/strict";
import { PlatformError } from "../../../../src/core/errors";
import type { ChangeEvent } from "../../../../src/polling/types";
import { rejectsWith } from "../../../support/http-fixture";
import type { Json } from "../../../support/simulators/peplink/json";
import { setUpLog, setUpRouterLog } from "./fixture";

const BOB = "+999155502";
const LONG = "The ferry is late. ".repeat(20).trim();

const textOf = ({ current }: ChangeEvent): unknown => (current as Json)["text"];
const LINKS = { 3: { name: "Dome", type: "cellular", enable: true, cellular: {} }, order: [3] };

/** A router whose only SIM lists these conversations, one response after the other. */
function setUpInbox(...responses: unknown[]) {
  return setUpLog("sms", (endpoint) => {
    if (endpoint === "status.wan.connection") return LINKS;
    return { connId: 3, simId: 1, sms: responses.length > 1 ? responses.shift() : responses[0] };
  });
}

describe("Text messages", () => {
  it("are received once each, also across a restart, and none that was there before", async () => {
    const { world, read, restart, time } = setUpRouterLog("sms");
    assert.deepEqual(await read(), []);
    world.receiveText(BOB, "open the guest Wi-Fi");
    const [message, ...others] = await read();
    assert.deepEqual(others, []);
    const { event, name, at, current, previous } = message as ChangeEvent;
    assert.deepEqual([event, name, at, previous], ["sms-received", BOB, "2026-01-01T00:00:00.000Z", null]);
    assert.deepEqual(current, {
      connId: 3,
      link: "Cellular",
      simId: "1",
      sender: BOB,
      text: "open the guest Wi-Fi",
      timestamp: time.now / 1000,
      parts: 1,
    });
    assert.deepEqual(await read(), []);

    world.receiveText(BOB, "and now?");
    restart();
    assert.deepEqual((await read()).map(textOf), ["and now?"]);
    restart();
    assert.deepEqual(await read(), []);
  });

  it("are read whether the router calls their text content or message", async () => {
    const { world, read } = setUpRouterLog("sms");
    world.smsTextField = "message";
    await read();
    world.receiveText(BOB, "hello");
    assert.deepEqual((await read()).map(textOf), ["hello"]);
  });

  it("in several parts are joined in their order, and received as one", async () => {
    const { world, read, time } = setUpRouterLog("sms");
    await read();
    world.receiveText(BOB, LONG);
    time.now += 1000;
    world.receiveText("+999155503", "short");
    const messages = await read();
    assert.deepEqual(messages.map(textOf), [LONG, "short"]);
    assert.equal((messages[0] as { current: Json }).current["parts"], 3);
    assert.deepEqual(await read(), []);
  });

  it("that are not complete yet wait for their last part, for ten seconds and one read, also across a restart", async () => {
    const { world, read, restart } = setUpRouterLog("sms");
    await read();
    world.receiveText(BOB, LONG, { parts: 2 });
    assert.deepEqual(await read(), []);
    restart();
    world.inbox = world.inbox.filter(({ sender }) => sender !== BOB);
    world.receiveText(BOB, LONG);
    assert.deepEqual((await read()).map(textOf), [LONG]);

    const { world: lossy, read: readLossy, restart: restartLossy, time } = setUpRouterLog("sms");
    await readLossy();
    lossy.receiveText(BOB, LONG, { parts: 1 });
    const emitted: unknown[][] = [];
    for (let seconds = 0; seconds <= 15; seconds += 5) {
      emitted.push((await readLossy()).map(textOf));
      restartLossy();
      time.now += 5000;
    }
    assert.deepEqual(emitted, [[], [], [LONG.slice(0, 153)], []]);
  });

  it("lose no part that comes even later", async () => {
    const part = (id: number, text: string) => ({ id, timestamp: 1_790_000_000, content: text });
    const parts = [part(1, "first "), part(2, "second")];
    const { read } = setUpInbox([], [{ sender: BOB, message: parts.slice(0, 1) }], [{ sender: BOB, message: parts }]);
    await read();
    assert.deepEqual(
      [(await read()).map(textOf), (await read()).map(textOf), await read()],
      [["first "], ["second"], []],
    );
  });

  it("are told apart by sender and time, and with the same text as well", async () => {
    const at = (timestamp: number, id: number) => ({ id, timestamp, content: "ping" });
    const { read } = setUpInbox(
      [],
      [
        { sender: BOB, message: [at(1_790_000_060, 2), at(1_790_000_000, 1)] },
        { sender: "988", message: [at(1_790_000_000, 3)] },
      ],
    );
    await read();
    const messages = await read();
    assert.deepEqual(
      messages.map(({ name }) => name),
      [BOB, "988", BOB],
    );
    assert.equal(new Set(messages.map(({ id }) => id)).size, 3);
  });

  it("are recognised although their places were used again, and a box that is empty for a while brings none back", async () => {
    const one = (id: number, text: string) => ({ id, timestamp: 1_790_000_000 + text.length, content: text });
    const { read } = setUpInbox(
      [{ sender: BOB, message: [one(1, "old")] }],
      [{ sender: BOB, message: [one(1, "newer"), one(2, "old")] }],
      [],
      [{ sender: BOB, message: [one(7, "old"), one(8, "newer"), one(1, "newest")] }],
    );
    await read();
    assert.deepEqual([(await read()).map(textOf), await read()], [["newer"], []]);
    assert.deepEqual((await read()).map(textOf), ["newest"]);
  });

  it("of another SIM are received from the moment on when reading began", async () => {
    const { world, read, time } = setUpRouterLog("sms");
    const cellular = world.wans.find(({ name }) => name === "Cellular");
    assert.ok(cellular);
    for (const sim of cellular.sims) sim.simCardDetected = true;
    await read();
    cellular.useSims(["2"]);
    time.now -= 86_400_000;
    world.receiveText(BOB, "from yesterday");
    time.now += 86_400_000 + 5000;
    world.receiveText(BOB, "just after the switch");
    assert.deepEqual((await read()).map(textOf), ["just after the switch"]);
    cellular.useSims(["1"]);
    world.receiveText(BOB, "back again");
    assert.deepEqual((await read()).map(textOf), ["back again"]);
  });

  it("of another card in the same slot are not those of the last one", async () => {
    const inbox = (iccid: string, ...texts: string[]) => ({
      simId: 1,
      iccid,
      sms: [{ sender: BOB, message: texts.map((content, id) => ({ id, timestamp: 1_500_000_000 + id, content })) }],
    });
    const responses = [inbox("8901", "a"), inbox("8902", "b", "c"), inbox("8902", "b", "c", "d")];
    const { read } = setUpLog("sms", (endpoint) => (endpoint === "status.wan.connection" ? LINKS : responses.shift()));
    assert.deepEqual([await read(), await read(), (await read()).map(textOf)], [[], [], ["d"]]);
  });

  it("of one link are received although another has no SIM, which is said once", async () => {
    const link = { type: "cellular", enable: true };
    const links = { 3: { ...link, name: "Dome" }, 4: { ...link, name: "Spare" }, 5: { ...link, enable: false } };
    let sms: unknown[] = [];
    const { read, warnings } = setUpLog("sms", (endpoint, { connId }) => {
      if (endpoint === "status.wan.connection") return { ...links, order: [3, 4, 5] };
      assert.notEqual(connId, "5", "a disabled link has no messages");
      if (connId === "4") throw new PlatformError("rejected", "The router declined: Invalid connId.");
      return { connId, simId: 1, sms };
    });
    await read();
    sms = [{ sender: BOB, message: [{ id: 1, timestamp: 1_790_000_000, content: "hi" }] }];
    assert.deepEqual((await read()).map(textOf), ["hi"]);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /Spare/);
  });

  it("cannot be read without a cellular link, from a response of another shape, or during an outage", async () => {
    const respond = (sms: unknown) => setUpLog("sms", (endpoint) => (endpoint.startsWith("status") ? LINKS : sms));
    await rejectsWith(
      setUpLog("sms", () => ({ 1: { name: "Fibre", type: "ethernet" }, order: [1] })).read(),
      "unsupported",
    );
    await rejectsWith(respond(null).read(), "protocol");
    await rejectsWith(respond({ sms: "none" }).read(), "protocol");
    const outage = new PlatformError("network", "The router cannot be reached.");
    await rejectsWith(
      setUpLog("sms", (endpoint) => {
        if (endpoint.startsWith("status")) return LINKS;
        throw outage;
      }).read(),
      "network",
    );
    assert.deepEqual(await respond({}).read(), [], "an empty box");
  });

  it("are remembered in a bounded number, and no more are read than a SIM can hold", async () => {
    const many = (first: number, count: number) => {
      const message = Array.from({ length: count }, (_, id) => ({ id, timestamp: first + id, content: "x" }));
      return [{ sender: BOB, message }];
    };
    const { read } = setUpInbox([], many(1, 900), many(2001, 900), many(4001, 900), many(1, 900), many(1, 1001));
    await read();
    const counts = [(await read()).length, (await read()).length, (await read()).length, (await read()).length];
    assert.deepEqual(counts, [900, 900, 900, 700], "700 of the first were forgotten");
    await rejectsWith(read(), "protocol");
  });
});
