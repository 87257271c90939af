import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import type { Message } from "../support/harness/flow-runner";
import { apiOf, payloadOf, rowsOf } from "../support/harness/kasa-flow";
import { kasaCloud } from "../support/harness/platforms";
import { closeAfterTest } from "../support/mocha-hooks";
import { LanHouse } from "../support/simulators/kasa-local/house";
import { ABILITIES, createDumpedProducts, DUMPS, VALUES } from "../support/smart-dumps";
import { kasaFlowOf } from "./kasa-fixture";

describe("The Kasa nodes with the dumps of real devices (skipped if ../shared/fixtures is missing)", () => {
  before(function () {
    if (!existsSync(DUMPS)) this.skip();
  });

  it("list, read, switch, dim, colour and meter all of them without any cloud, and refuse what they cannot", async function () {
    this.timeout(60_000);
    const { cloud, account } = await kasaCloud();
    const { email, password } = cloud;
    const house = closeAfterTest(await LanHouse.start(createDumpedProducts().products, { email, password }));
    const hosts = house.devices.map(({ host, ports }) => `${host}:${ports.tdp}`).join(", ");
    const nodes = ["set", "energy"].map((id) => ({ id, type: "kasa-device", account: "kasa", command: id }));
    const list = { detail: "state" };
    const { red } = await kasaFlowOf(cloud, { ...account, reach: "local", hosts }, { list, nodes });
    await cloud.server.goOffline();
    const send = (id: string, message: Message = {}) => red.send(id, message);

    const rows = rowsOf((await send("list")).msg);
    assert.deepEqual(
      rows.map(({ alias, kind, state }) => [alias, kind, (state as { kind: string }).kind]).toSorted(),
      [
        ...Object.entries(ABILITIES).map(([name, [kind]]) => [name, kind, kind]),
        ["HS100(UK)", "plug", "plug"],
      ].toSorted(),
    );
    for (const [device, [kind, ...abilities]] of Object.entries(ABILITIES)) {
      for (const [property, value] of Object.entries(VALUES)) {
        const given = property === "effect" ? (kind === "bulb" ? "Party" : "Rainbow") : value;
        const { msg, error } = await send("set", { device, payload: { [property]: given } });
        if (abilities.includes(property))
          assert.deepEqual([payloadOf(msg)[property], apiOf(msg)["via"]], [given, "local"], `${device} ${property}`);
        else assert.equal(error?.code, "unsupported", `${device} ${property}`);
      }
      const { msg, error } = await send("energy", { device });
      if (abilities.includes("energy")) assert.equal(typeof payloadOf(msg)["todayKwh"], "number", device);
      else assert.equal(error?.code, "unsupported", device);
    }
    assert.equal(payloadOf((await send("set", { device: "HS100(UK)", payload: true })).msg)["on"], true);
  });
});
