import type { Node, NodeAPI, NodeDef } from "node-red";
import { setOperation } from "../src/core/call-context";
import { inputError } from "../src/core/errors";
import type { KasaClient } from "../src/kasa/client";
import { parseCountdown } from "../src/kasa/countdown";
import type { DeviceState } from "../src/kasa/device";
import { parseSetting } from "../src/kasa/device-setting";
import { findOutlet } from "../src/kasa/devices/device-lookup";
import { parseHistoryQuery } from "../src/kasa/history";
import { parseScheduleChange } from "../src/kasa/schedule";
import { action } from "./shared/action-node";
import { DescribedResult } from "./shared/described-result";
import type { NodeInput } from "./shared/node-input";

interface KasaDeviceDef extends NodeDef {
  account: string;
  command?: string;
}

// The state is that of the whole strip, but the message was about one outlet of it.
function describeState(state: DeviceState, outletName: string): DescribedResult {
  const { on } = (outletName && findOutlet(state.outlets, outletName)) || state;
  return new DescribedResult(state, { key: on ? "on" : "off" });
}

function valueOf(input: NodeInput): unknown {
  return input.value("value", "payload");
}

export default function (RED: NodeAPI): void {
  function KasaDevice(this: Node, def: KasaDeviceDef): void {
    RED.nodes.createNode(this, def);

    action<KasaClient>(RED, this, def, "kasa", def.account, async ({ client, input, call }) => {
      setOperation(def.command ?? "set", call);
      const [device, outlet] = [await input.text("device"), await input.text("outlet")];
      switch (def.command ?? "set") {
        case "set":
          return describeState(
            await client.control.set(device, outlet, parseSetting(await valueOf(input)), call),
            outlet,
          );
        case "state":
          return describeState(await client.control.state(device, outlet, call), outlet);
        case "energy": {
          const energy = await client.control.energy(device, outlet, call);
          return new DescribedResult(energy, { text: `${Number(energy.powerW.toFixed(1))} W` });
        }
        case "history":
          return client.control.history(device, outlet, parseHistoryQuery(await valueOf(input)), call);
        case "countdown":
          return describeState(
            await client.control.countdown(device, outlet, parseCountdown(await valueOf(input)), call),
            outlet,
          );
        case "schedule":
          return client.control.schedule(device, outlet, parseScheduleChange(await valueOf(input)), call);
        case "reboot":
          return client.control.reboot(device, outlet, call);
        case "raw":
          return client.control.raw(device, outlet, await valueOf(input), call);
        default:
          throw inputError('"command" must be set, state, energy, history, countdown, schedule, reboot or raw.');
      }
    });
  }

  RED.nodes.registerType("kasa-device", KasaDevice);
}
