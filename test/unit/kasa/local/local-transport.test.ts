import assert from "node:assert/strict";
import { createServer } from "node:net";
import { createTrace } from "../../../../src/core/call-context";
import { systemClock } from "../../../../src/core/clock";
import { RequestNotSentError } from "../../../../src/http/retry";
import { rejectsWith } from "../../../support/http-fixture";
import type { LanProduct } from "../../../support/simulators/kasa-local/device";
import { iotPlug } from "../../../support/simulators/kasa-local/neighbourhood";
import { unitOf } from "../../../support/simulators/kasa-local/smart/products";
import type { LanTransport } from "../../../support/simulators/kasa-local/types";
import { CloudDevice, describeProduct } from "../../../support/simulators/kasa/devices";
import { FAST_CLOCK, listed, OWNER, seen, setUp, switchOn, SYSINFO } from "./fixture";

const smartPlug = (transport: LanTransport, alias = "Washer"): LanProduct => {
  const identity = new CloudDevice(describeProduct("SMART.TAPOPLUG", "P110M(EU)", "Plug", "1.0"), alias);
  return { identity, transport, smart: unitOf(identity, { device_on: false }) };
};
const SMART_ON = { method: "set_device_info", params: { device_on: true } };

const IOT_TRANSPORTS = ["xor", "klap1", "klap2"] as const;
const KLAP_TRANSPORTS = ["klap1", "klap2"] as const;

describe("The way over the local network", () => {
  for (const transport of IOT_TRANSPORTS) {
    describe(`to a Kasa device (${transport})`, () => {
      it("carries a command and brings back the response", async () => {
        const plug = iotPlug("Pump", transport);
        const { device, send } = await setUp(plug);
        const trace = createTrace();

        const switched = await send(switchOn, "write", trace);
        const read = await send(SYSINFO);

        assert.deepEqual(switched, { system: { set_relay_state: { err_code: 0 } } });
        assert.equal((read["system"] as { get_sysinfo: { relay_state: number } }).get_sysinfo.relay_state, 1);
        assert.equal(plug.identity.on, true);
        assert.equal(trace.attempts, 1);
        assert.deepEqual([device.http.violations, device.xor.violations], [0, 0]);
      });

      it("tells the device one thing at a time, in order of arrival", async () => {
        const { device, send } = await setUp(iotPlug("Pump", transport));
        const states = [1, 0, 1, 1, 0, 0, 1, 0];

        await Promise.all(states.map((state) => send({ system: { set_relay_state: { state } } }, "write")));

        const commands = device.commands
          .map((command) => JSON.stringify(command))
          .filter((text) => !text.includes("sysinfo"));
        assert.deepEqual(
          commands,
          states.map((state) => `{"system":{"set_relay_state":{"state":${state}}}}`),
        );
        assert.deepEqual([device.http.violations, device.xor.violations], [0, 0]);
        if (transport !== "xor") assert.equal(device.klap.handshakes, 1);
      });

      for (const fault of ["drop", "drop-response", "hang", "garbage"] as const) {
        it(`does not repeat a command that may have arrived, and says that nobody knows: ${fault}`, async () => {
          const { device, send } = await setUp(iotPlug("Pump", transport), { timeoutMs: 300 });
          await send(SYSINFO);
          device.spoil(fault, transport === "xor" ? /relay/ : undefined);

          const error = await send(switchOn, "write").then(
            () => assert.fail("It should have failed."),
            (thrown: Error) => thrown,
          );

          assert.ok(!(error instanceof RequestNotSentError), error.message);
          assert.ok(seen(device, switchOn) <= 1);
          // What comes after it works.
          assert.ok(await send(SYSINFO));
        });

        it(`asks once more for a state: ${fault}`, async () => {
          const { device, send } = await setUp(iotPlug("Pump", transport), { timeoutMs: 300 });
          device.spoil(fault);
          const trace = createTrace();

          assert.ok((await send(SYSINFO, "read", trace))["system"]);
          assert.equal(trace.attempts, 2);
        });
      }

      it("finds a device that has moved, without switching whoever has its address now", async () => {
        const { house, device, send, discovery } = await setUp(iotPlug("Pump", transport));
        await send(SYSINFO);
        const oldHost = device.host;
        await device.move(house.freeHost());

        assert.ok(await send(switchOn, "write"));

        assert.notEqual(discovery.find(device.mac)?.host, oldHost);
        assert.equal(seen(device, switchOn), 1);
      });

      it("does not switch another device that has got its address meanwhile", async () => {
        let shiftMs = 0;
        const clock = { ...FAST_CLOCK, now: () => FAST_CLOCK.now() + shiftMs };
        const { house, device, send } = await setUp(iotPlug("Pump", transport), { clock });
        await send(SYSINFO);
        const other = await house.add(iotPlug("Heater", transport));
        const { host } = device;
        await device.move(house.freeHost());
        await other.move(host);
        shiftMs = 120_000;

        await send(switchOn, "write");

        assert.deepEqual([seen(device, switchOn), seen(other, switchOn)], [1, 0]);
      });

      it("neither switches nor reads a device that took the address a moment ago", async () => {
        const { house, device, send } = await setUp(iotPlug("Pump", transport));
        await send(SYSINFO);
        const other = await house.add(iotPlug("Heater", transport));
        const { host } = device;
        await device.move(house.freeHost());
        await other.move(host);
        device.deaf = true;

        await assert.rejects(send(switchOn, "write"), /Another device has the address/);
        await assert.rejects(send(SYSINFO), /does not answer/);
        device.deaf = false;
        await send(switchOn, "write");

        assert.deepEqual([seen(device, switchOn), seen(other, switchOn)], [1, 0]);
      });

      it("takes no reading that does not say whose it is from a device that took the address a moment ago", async () => {
        const reading = { time: { get_time: {} } };
        const { house, device, send } = await setUp(iotPlug("Pump", transport));
        assert.ok((await send(reading))["time"]);
        const other = await house.add(iotPlug("Heater", transport));
        const { host } = device;
        await device.move(house.freeHost());
        await other.move(host);
        device.deaf = true;

        await assert.rejects(send(reading), /Another device has the address/);
        await assert.rejects(send(reading), /does not answer/);
        device.deaf = false;
        assert.ok((await send(reading))["time"]);
      });

      it("switches nothing over a new connection to a device that does not tell who it is", async () => {
        const { device, send } = await setUp(iotPlug("Pump", transport));
        const { identity } = device;
        const respond = identity.respond.bind(identity);
        const refused = { system: { get_sysinfo: { err_code: -3, err_msg: "invalid argument" } } };
        identity.respond = (command) => ("get_sysinfo" in Object(command["system"]) ? refused : respond(command));

        const error = await rejectsWith(send(switchOn, "write"), "busy");

        assert.ok(error instanceof RequestNotSentError);
        assert.match(error.message, /does not tell at present who it is/);
        assert.equal(seen(device, switchOn), 0);
      });

      it("sends a change once whose response has the MAC of another device", async () => {
        const { device, send } = await setUp(iotPlug("Pump", transport));
        const change = { system: { set_relay_state: { state: 1 }, get_sysinfo: {} } };
        await send(SYSINFO);
        const { mac } = device.identity;
        const isChange = (command: object): boolean => JSON.stringify(command) === JSON.stringify(change);
        const { push } = device.commands;
        device.commands.push = function (...commands) {
          if (commands.some(isChange)) Object.assign(device.identity, { mac: "0123456789AB" });
          return push.apply(this, commands);
        };

        await send(change, "write");

        assert.equal(seen(device, change), 1);
        Object.assign(device.identity, { mac });
      });

      it("says that a command was not sent where the device is away", async () => {
        const { device, send } = await setUp(iotPlug("Pump", transport));
        await device.powerOff();

        await assert.rejects(send(switchOn, "write"), (error) => error instanceof RequestNotSentError);
      });

      it("reaches a device that changes its firmware meanwhile", async () => {
        const { device, send } = await setUp(iotPlug("Pump", transport));
        await send(SYSINFO);
        await device.changeTransport(transport === "klap2" ? "xor" : "klap2");

        assert.ok(await send(switchOn, "write"));
        assert.equal(seen(device, switchOn), 1);
      });
    });
  }

  for (const transport of KLAP_TRANSPORTS) {
    describe(`in KLAP (${transport})`, () => {
      it("makes a new session where the device has forgotten it, and sends a write again", async () => {
        const { device, send } = await setUp(iotPlug("Pump", transport));
        await send(SYSINFO);
        device.forgetSession();
        const trace = createTrace();

        await send(switchOn, "write", trace);

        assert.deepEqual([seen(device, switchOn), device.klap.handshakes, trace.attempts], [1, 2, 1]);
      });

      it("reports a wrong password after one handshake, and sends no proof of it", async () => {
        const credentials = { ...OWNER, password: "pa55 wörd" };
        const { device, send } = await setUp(iotPlug("Pump", transport), { credentials });

        const error = await rejectsWith(send(switchOn, "write"), "sign-in");

        assert.match(error.message, /does not accept the e-mail address or the password/);
        assert.deepEqual(device.http.requests, ["/app/handshake1"]);
      });

      it("says that a device belongs to another account", async () => {
        const credentials = { email: "other@example.test", password: "x" };
        const { send } = await setUp(iotPlug("Pump", transport), { credentials });

        assert.match((await rejectsWith(send(SYSINFO), "sign-in")).message, /belongs to another account/);
      });

      it("reaches a device that has just been reset", async () => {
        const { device, send } = await setUp(iotPlug("Pump", transport));
        device.owner = undefined;

        assert.ok((await send(SYSINFO))["system"]);
      });

      it("does not use a session that others have signed in to", async () => {
        const { send, device, createTransport } = await setUp(iotPlug("Pump", transport));
        await send(SYSINFO);
        const stranger = createTransport({ ...OWNER, password: "wrong" });

        await rejectsWith(stranger.send(listed(device), SYSINFO, "read", {}), "sign-in");
      });

      it("shares one session among all that have the same credentials", async () => {
        const { send, device, createTransport } = await setUp(iotPlug("Pump", transport));
        await send(SYSINFO);

        await createTransport().send(listed(device), SYSINFO, "read", {});

        assert.equal(device.klap.handshakes, 1);
      });

      it("accepts no response with a wrong signature", async () => {
        const { send, device } = await setUp(iotPlug("Pump", transport));
        await send(SYSINFO);
        device.klap.signsWrongly = true;

        const { message } = await rejectsWith(send(switchOn, "write"), "protocol");

        assert.match(message, /Whether the command was carried out is not known/);
        assert.equal(seen(device, switchOn), 1);
      });

      it("tries again where the first step is refused for a moment", async () => {
        const { send, device } = await setUp(iotPlug("Pump", transport), { timeoutMs: 5000 });
        device.klap.earlyRefusals = 1;

        assert.ok(await send(switchOn, "write"));
      });

      it("sends no cookie where the device has none", async () => {
        const { send, device } = await setUp(iotPlug("Pump", transport));
        device.klap.sendsCookie = false;

        assert.ok(await send(switchOn, "write"));
      });

      it("stops reading a response without an end", async () => {
        const { send, device } = await setUp(iotPlug("Pump", transport));
        await send(SYSINFO);
        device.spoil("endless");

        await rejectsWith(send(switchOn, "write"), "protocol");
      });

      it("knows that nothing was switched when a handshake fails", async () => {
        const { send, device } = await setUp(iotPlug("Pump", transport), { timeoutMs: 200 });
        device.deaf = true;
        device.spoil("hang", /handshake2/);

        const error = await rejectsWith(send(switchOn, "write"), "timeout");

        assert.ok(error instanceof RequestNotSentError);
        assert.match(error.message, /was not sent/);
      });
    });
  }

  it("carries commands over TLS, with a certificate that only the device itself vouches for", async () => {
    const { send, device } = await setUp(smartPlug("klap2-tls"));

    assert.deepEqual(await send(SMART_ON, "write"), { error_code: 0 });
    assert.ok((await send({ method: "get_device_info" }))["result"]);

    assert.deepEqual([device.klap.handshakes, device.http.violations], [1, 0]);
  });

  it("knows that nothing was sent where TLS cannot be established", async () => {
    const { send, device, house } = await setUp(smartPlug("klap2-tls"));
    await send(SMART_ON, "write");
    await device.powerOff();
    const server = createServer((socket) =>
      socket
        .on("error", () => undefined)
        .resume()
        .end("This is no TLS."),
    );
    await new Promise<void>((resolve) => server.listen(house.ports.http, device.host, resolve));

    const error = await send(SMART_ON, "write").catch((thrown: unknown) => thrown);
    await new Promise((resolve) => server.close(resolve));

    assert.ok(error instanceof RequestNotSentError, String(error));
  });

  for (const transport of ["klap2", "aes2"] as const)
    it(`does not read several things of another device that took the address a moment ago (${transport})`, async () => {
      const requests = [{ method: "get_device_time" }, { method: "get_device_info" }];
      const reading = { method: "multipleRequest", params: { requests } };
      const { house, device, send } = await setUp(smartPlug(transport));
      await send(reading);
      const other = await house.add(smartPlug(transport, "Dryer"));
      const { host } = device;
      await device.move(house.freeHost());
      await other.move(host);
      device.deaf = true;

      await assert.rejects(send(reading), /Another device has the address/);
    });

  it("wakes a plug that opens its port only after a probe", async () => {
    const { send, device } = await setUp(smartPlug("klap2"));
    await device.powerOff();
    device.asleep = true;
    await device.powerOn();

    assert.deepEqual(await send(SMART_ON, "write"), { error_code: 0 });
  });

  for (const transport of ["xor", "klap2"] as const) {
    it(`ends a command of nobody in particular when it is closed (${transport})`, async () => {
      const { send, device, transport: local } = await setUp(iotPlug("Pump", transport), { timeoutMs: 60_000 });
      await send(SYSINFO);
      const before = device.commands.length;
      device.spoil("hang");
      const reading = send(SYSINFO);
      const waiting = send(SYSINFO);
      await systemClock.sleep(20);

      local.close();

      await rejectsWith(reading, "cancelled");
      await rejectsWith(waiting, "cancelled");
      assert.ok(device.commands.length <= before + 1);
    });
  }

  it("explains the switch in the app where a firmware accepts TP-Link's own app only", async () => {
    const { send, device } = await setUp(smartPlug("tpap"));

    const { message } = await rejectsWith(send(SMART_ON, "write"), "unsupported");

    assert.match(message, /Third-Party Compatibility/);
    // A response to the last probe may still be on its way.
    await systemClock.sleep(50);
    await device.changeTransport("klap2");
    assert.deepEqual(await send(SMART_ON, "write"), { error_code: 0 });
    await device.changeTransport("tpap");
    await rejectsWith(send(SMART_ON, "write"), "unsupported");
  });
});
