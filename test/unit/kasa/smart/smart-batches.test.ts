import assert from "node:assert/strict";
import { PlatformError } from "../../../../src/core/errors";
import { RequestNotSentError } from "../../../../src/http/retry";
import { rejectsWith } from "../../../support/http-fixture";
import { smartBulb, smartLightStrip, smartPlug } from "../../../support/simulators/kasa-local/smart/products";
import { setUp, setUpLocally, type Sent } from "./fixture";

/** The methods of what was sent, those of several at once in brackets. */
const methodsOf = (sent: readonly Sent[]): string[] =>
  sent.map(({ method, params = {} }) =>
    method === "multipleRequest" ? `[${methodsOf(params["requests"] as Sent[]).join(" ")}]` : method,
  );

/** A plug that has shown that it takes several requests at once. */
async function setUpPlug() {
  const plug = smartPlug("Fan");
  const found = setUpLocally(plug);
  const { deviceId } = plug.identity;
  await found.set(deviceId, false);
  found.sent.length = 0;
  const commands = (): string[] => methodsOf(found.sent);
  return { ...found, ...plug, deviceId, commands };
}

const ONE_BY_ONE = ["set_device_info", "get_device_info"];
const AT_ONCE = "[set_device_info get_device_info]";

describe("Several requests at once to a SMART device", () => {
  it("are tried with questions after the first change", async () => {
    const plug = smartPlug("Fan");
    const { set, sent } = setUpLocally(plug);

    await set(plug.identity.deviceId, true);

    assert.deepEqual(methodsOf(sent), ["get_device_info", "set_device_info", "[get_device_info component_nego]"]);
    assert.deepEqual(
      sent.map(({ effect }) => effect),
      ["read", "write", "read"],
    );
  });

  it("are a change and the state after it, once the device has answered several questions", async () => {
    const { set, commands, deviceId, smart } = await setUpPlug();

    const state = await set(deviceId, true);

    assert.deepEqual(commands(), [AT_ONCE]);
    assert.equal(smart.on, true);
    assert.deepEqual(state, { deviceId, alias: "Fan", kind: "plug", on: true, rssi: -45, onTimeS: 0 });
  });

  it("show what was set although it takes a moment until the device's own info does", async () => {
    const { set, deviceId, smart } = await setUpPlug();
    smart.staleReads = 1;

    assert.equal((await set(deviceId, true)).on, true);
  });

  it("carry an effect of a light, and what else is set", async () => {
    for (const [light, effect] of [
      [smartBulb("Lamp"), "Party"],
      [smartLightStrip("Lamp"), "Aurora"],
    ] as const) {
      const { set, state, sent } = setUpLocally(light);
      const { deviceId } = light.identity;
      await set(deviceId, true);

      await set(deviceId, { on: true, effect });

      assert.match(methodsOf(sent).at(-1) ?? "", /^\[set_device_info set_\w+ get_device_info\]$/);
      assert.equal((await state(deviceId)).effect, effect);
    }
  });

  it("do not carry what has requests of its own, such as the LED", async () => {
    const { set, commands, deviceId } = await setUpPlug();

    const { on, led } = await set(deviceId, { on: true, led: false });

    assert.deepEqual([on, led], [true, false]);
    assert.deepEqual(commands().slice(-4), ["set_device_info", "get_led_info", "set_led_info", "get_device_info"]);
  });

  for (const code of [-1003, -1002, -1001, 1200])
    it(`are never sent again to a device that answers them with ${code}`, async () => {
      const plug = smartPlug("Fan");
      const { set, sent } = setUpLocally(plug);
      plug.smart.refusals.set("multipleRequest", code);
      const { deviceId } = plug.identity;
      await set(deviceId, true);
      sent.length = 0;

      assert.equal((await set(deviceId, false)).on, false);
      await set("Fan", true);

      assert.deepEqual(methodsOf(sent), [...ONE_BY_ONE, "get_device_info", ...ONE_BY_ONE]);
    });

  for (const fault of ["answers-nothing", "answers-the-first"] as const)
    it(`are never sent again to a device that ${fault.replaceAll("-", " ")}`, async () => {
      const plug = smartPlug("Fan");
      const { set, sent } = setUpLocally(plug);
      plug.smart.batchFault = fault;
      await set(plug.identity.deviceId, true);
      sent.length = 0;

      await set(plug.identity.deviceId, false);

      assert.deepEqual(methodsOf(sent), ONE_BY_ONE);
    });

  it("are never sent again to a device that does not answer them, but answers one", async () => {
    const plug = smartPlug("Fan");
    const { set, sent } = setUpLocally(plug);
    plug.smart.methods["multipleRequest"] = () => {
      throw new PlatformError("timeout", "No response.");
    };
    assert.equal((await set(plug.identity.deviceId, true)).on, true);
    sent.length = 0;

    await set(plug.identity.deviceId, false);

    assert.deepEqual(methodsOf(sent), ONE_BY_ONE);
  });

  it("are tried again where the device answered nothing at all at first", async () => {
    const plug = smartPlug("Fan");
    const { set, sent } = setUpLocally(plug);
    const { deviceId } = plug.identity;
    const answer = plug.smart.answer.bind(plug.smart);
    let isAway = false;
    plug.smart.answer = (request) => {
      if (isAway) throw new PlatformError("timeout", "No response.");
      isAway = request.method === "set_device_info";
      return answer(request);
    };
    assert.equal((await set(deviceId, true)).on, true);
    plug.smart.answer = answer;
    await set(deviceId, false);
    sent.length = 0;

    await set(deviceId, true);

    assert.deepEqual(methodsOf(sent), [AT_ONCE]);
  });

  it("are refused as a single one is, and not repeated", async () => {
    const { set, commands, deviceId, smart } = await setUpPlug();
    smart.refusals.set("set_device_info", -1008);

    await rejectsWith(set(deviceId, true), "input");
    smart.refusals.clear();
    await set(deviceId, true);

    assert.deepEqual(commands(), [AT_ONCE, AT_ONCE]);
  });

  for (const fault of ["answers-an-error", "answers-nothing", "answers-none"] as const)
    it(`are read back, and not repeated, where the device has acted but ${fault.replaceAll("-", " ")}`, async () => {
      const { set, commands, deviceId, smart } = await setUpPlug();
      smart.batchFault = fault;

      assert.equal((await set(deviceId, true)).on, true);

      assert.deepEqual(commands(), [AT_ONCE, "get_device_info"]);
      await set(deviceId, false);
      assert.deepEqual(commands().slice(2), ONE_BY_ONE);
    });

  it("are an error, and not repeated, where the device has not acted", async () => {
    const { set, commands, deviceId, smart } = await setUpPlug();
    smart.refusals.set("multipleRequest", -1003);

    const { message } = await rejectsWith(set(deviceId, true), "protocol");

    assert.match(message, /did not carry it out.*\(-1003\)/);
    assert.deepEqual(commands(), [AT_ONCE, "get_device_info"]);
    assert.equal((await set(deviceId, true)).on, true);
  });

  it("are an error that says that nobody knows where the device answers no question either", async () => {
    const { set, commands, deviceId, smart } = await setUpPlug();
    smart.batchFault = "answers-an-error";
    smart.refusals.set("get_device_info", -1001);

    const { message } = await rejectsWith(set(deviceId, true), "protocol");

    assert.match(message, /Whether it was carried out is not known/);
    assert.deepEqual(commands(), [AT_ONCE, "get_device_info"]);
  });

  it("are an error, and neither repeated nor read back, where no response came", async () => {
    const { set, commands, deviceId, smart } = await setUpPlug();
    smart.methods["multipleRequest"] = () => {
      throw new PlatformError("timeout", "No response.");
    };

    await rejectsWith(set(deviceId, true), "timeout");

    assert.deepEqual(commands(), [AT_ONCE]);
  });

  it("are an error, and are sent again with the next message, where they were not sent", async () => {
    const { set, commands, deviceId, smart } = await setUpPlug();
    smart.methods["multipleRequest"] = () => {
      throw new RequestNotSentError("protocol", "The handshake failed.");
    };
    await rejectsWith(set(deviceId, true), "protocol");
    delete smart.methods["multipleRequest"];

    await set(deviceId, true);

    assert.deepEqual(commands(), [AT_ONCE, AT_ONCE]);
  });

  it("are followed by a question where the device leaves the state out", async () => {
    const { set, commands, deviceId, smart } = await setUpPlug();
    smart.batchFault = "answers-the-first";

    assert.equal((await set(deviceId, true)).on, true);

    assert.deepEqual(commands(), [AT_ONCE, "get_device_info"]);
  });

  it("never go through a cloud", async () => {
    const plug = smartPlug("Fan");
    const { set, sent } = setUp(plug);

    for (const on of [true, false, true]) await set(plug.identity.deviceId, on);

    assert.ok(!sent.some(({ method }) => method === "multipleRequest"));
  });
});
