import assert from "node:assert/strict";
import { systemClock } from "../../../../src/core/clock";
import { rejectsWith } from "../../../support/http-fixture";
import type { LanProduct } from "../../../support/simulators/kasa-local/device";
import { unitOf } from "../../../support/simulators/kasa-local/smart/products";
import type { LanTransport } from "../../../support/simulators/kasa-local/types";
import { CloudDevice, describeProduct } from "../../../support/simulators/kasa/devices";
import { discover, listed, OWNER, seen, setUp } from "./fixture";

const smartPlug = (transport: LanTransport): LanProduct => {
  const identity = new CloudDevice(describeProduct("SMART.TAPOPLUG", "P110M(EU)", "Plug", "1.0"), "Washer");
  return { identity, transport, smart: unitOf(identity, { device_on: false }) };
};
const SMART_ON = { method: "set_device_info", params: { device_on: true } };
describe("The way over the local network in secure passthrough", () => {
  it("signs in with a hash of the password, and carries commands", async () => {
    const { send, device } = await setUp(smartPlug("aes2"));

    assert.deepEqual(await send(SMART_ON, "write"), { error_code: 0 });
    assert.ok((await send({ method: "get_device_info" }))["result"]);

    assert.deepEqual(device.aes.logins, [
      {
        username: "MWFiN2MwNDZlMmUxZWU2MjI0NDAyYzQzNzMyNzdmMWQ2ZjYwN2EwZA==",
        password2: "OTAxMzcyOWNkYjM1NDBjOGEwYzcxYjkyMTA5YjcxNGYzOGM1MDk0NQ==",
      },
    ]);
  });

  it("makes a new session where the device has forgotten it, and sends a write again", async () => {
    const { send, device } = await setUp(smartPlug("aes2"));
    await send(SMART_ON, "write");
    device.forgetSession();

    await send(SMART_ON, "write");

    assert.deepEqual([seen(device, SMART_ON), device.aes.handshakes], [2, 2]);
  });

  it("sends a password that was refused only once, and searches for the device no more than once", async () => {
    const { send, device, house } = await setUp(smartPlug("aes2"), { credentials: { ...OWNER, password: "wrong" } });

    await rejectsWith(send(SMART_ON, "write"), "sign-in");
    // A response to the last probe may still be on its way.
    await systemClock.sleep(50);
    const { broadcasts } = house;
    await rejectsWith(send(SMART_ON, "write"), "sign-in");
    await systemClock.sleep(50);

    assert.deepEqual([device.aes.logins.length, house.broadcasts], [1, broadcasts]);
  });

  it("sends nothing to a device of another account", async () => {
    const credentials = { email: "other@example.test", password: "x" };
    const { send, device } = await setUp(smartPlug("aes2"), { credentials });

    await rejectsWith(send(SMART_ON, "write"), "sign-in");

    assert.deepEqual(device.http.requests, []);
  });

  it("gives the password itself to an address that the user has named, and to no other", async () => {
    const { send, device, house, createTransport } = await setUp(smartPlug("aes1"));
    const { message } = await rejectsWith(send(SMART_ON, "write"), "config");
    assert.match(message, /add the address of the device to the hosts/);
    assert.deepEqual(device.http.requests, []);

    const discovery = discover(house, { broadcast: [], hosts: [device.host] });
    await discovery.locate(device.mac);
    const transport = createTransport(OWNER, discovery);
    assert.deepEqual(await transport.send(listed(device), SMART_ON, "write", {}), { error_code: 0 });

    assert.deepEqual(
      device.aes.logins.map((login) => login["password"]),
      ["UGE1NSB3w7ZyZA=="],
    );
  });

  it("signs in as an updated firmware wants it, after the old way was refused", async () => {
    const { send, device } = await setUp(smartPlug("aes2"));
    await send(SMART_ON, "write");
    await device.changeTransport("aes1");
    await rejectsWith(send(SMART_ON, "write"), "config");
    // A response to the last probe may still be on its way.
    await systemClock.sleep(50);
    await device.changeTransport("aes2");

    await send(SMART_ON, "write");

    assert.equal(seen(device, SMART_ON), 2);
  });
});
