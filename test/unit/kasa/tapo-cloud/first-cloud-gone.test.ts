import assert from "node:assert/strict";
import { systemClock, type Clock } from "../../../../src/core/clock";
import { FakeClock } from "../../../support/fake-clock";
import { rejectsWith } from "../../../support/http-fixture";
import { Plug } from "../../../support/simulators/kasa/plugs";
import { setUp, setUpByName } from "./fixture";

const GONE = {
  kind: "response",
  body: { error_code: -20_103, msg: "The method does not exist or is not available" },
} as const;

/** A first cloud that no longer has these methods. */
async function setUpWithout(methods: string[], clock: Clock = systemClock) {
  const all = await setUp({ clock });
  const when = ({ body }: { body: string }): boolean => methods.some((method) => body.includes(`"${method}"`));
  all.kasa.server.injectFault(GONE, { times: 1000, when });
  const warnings: string[] = [];
  const options = { warn: (sentence: string) => void warnings.push(sentence) };
  return { ...all, warnings, options };
}

describe("Where the first cloud no longer passes commands on", () => {
  it("its plugs and bulbs are switched through the second one, and that is said once", async () => {
    const { client, kasa, cloud, warnings, options } = await setUpWithout(["passthrough"]);

    const on = await client.control.set("Freezer", "", { on: true }, options);
    const off = await client.control.set("Freezer", "", { on: false }, options);
    const bulb = await client.control.set("Hall lamp", "", { on: true }, options).catch((error: unknown) => error);

    assert.deepEqual([on.on, off.on], [true, false]);
    assert.ok(bulb instanceof Error && /ids/.test(bulb.message));
    assert.equal(kasa.device(Plug, "Freezer").on, false);
    assert.equal(cloud.thing("Freezer").version, 122);
    assert.equal(kasa.calls("passthrough"), 1);
    assert.equal(warnings.length, 1);
    assert.match(warnings.join(), /^Kasa's cloud no longer passes commands on\./);
  });

  it("it is asked again after an hour, and nothing is said a second time", async () => {
    const clock = new FakeClock();
    const { client, kasa, warnings, options } = await setUpWithout(["passthrough"], clock);
    await client.control.set("Freezer", "", { on: true }, options);
    await clock.advance(3_600_001);
    await client.control.set("Freezer", "", { on: false }, options);

    assert.ok(kasa.calls("passthrough") > 1);
    assert.equal(warnings.length, 1);
  });

  it("an offline plug is told nothing, and what has no shadow is not claimed to be done", async () => {
    const { client, cloud, options } = await setUpWithout(["passthrough"]);
    cloud.thing("Freezer").online = false;

    await rejectsWith(client.control.set("Freezer", "", { on: true }, options), "offline");
    await rejectsWith(client.control.energy("Modem", "", options), "unsupported");

    assert.deepEqual(
      cloud.requests().filter((one) => !one.startsWith("GET")),
      [],
    );
  });

  it("the list is that of the second one where the first one has none any more", async () => {
    const { client, options } = await setUpWithout(["passthrough", "getDeviceList"]);

    const modem = (await client.devices(options)).find(({ alias }) => alias === "Modem");

    assert.deepEqual([modem?.["protocol"], modem?.supported, modem?.online], ["iot", true, true]);
  });

  it("a server whose certificate has gone bad counts as well", async () => {
    const { client, kasa, proxy, cloud } = await setUpByName();
    const modem = kasa.device(Plug, "Modem");
    modem.appServerUrl = "https://use1-wap.tplinkcloud.com";
    proxy.hosts.set("use1-wap.tplinkcloud.com", new URL(kasa.url).host);

    const { on } = await client.control.set("Modem", "", { on: false }, {});

    assert.deepEqual([on, cloud.thing("Modem").reported["on"]], [false, false]);
    assert.equal(kasa.calls("passthrough"), 0);
  });
});
