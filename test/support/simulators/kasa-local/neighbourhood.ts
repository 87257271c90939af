import type { KasaCloud } from "../kasa/cloud";
import { CloudDevice, describeProduct } from "../kasa/devices";
import { Plug } from "../kasa/plugs";
import type { LanProduct } from "./device";
import { SmartPlug } from "./smart-plug";
import type { LanTransport } from "./types";

/** Devices that are on the local network alone: the first-generation cloud can do nothing with the SMART ones. */
const SMART_DEVICES: readonly [transport: LanTransport, model: string, type: string, alias: string][] = [
  ["klap2", "P110M(EU)", "SMART.TAPOPLUG", "Washer"],
  ["aes2", "P115(EU)", "SMART.TAPOPLUG", "Dryer"],
  ["aes1", "P100(EU)", "SMART.TAPOPLUG", "Radio"],
  ["tpap", "L900-5(EU)", "SMART.TAPOBULB", "Mirror"],
];
/** How some devices of the cloud are spoken to at home; the others have older firmware. */
const NEWER: Readonly<Record<string, LanTransport>> = { Modem: "klap2", Freezer: "klap1", "Hall lamp": "klap2" };

/** The devices of a cloud's account as they are at home, and some more. */
export function createNeighbourhood(cloud: KasaCloud): LanProduct[] {
  const atHome = cloud.devices.filter((device) => device.online && /PLUG|BULB/.test(device.product.deviceType));
  return [
    ...atHome.map((identity) =>
      identity.isListedOnly
        ? { identity, transport: "klap2" as const, smart: new SmartPlug(identity) }
        : { identity, transport: NEWER[identity.alias] ?? "xor" },
    ),
    ...SMART_DEVICES.map(([transport, model, type, alias]) => {
      const identity = new CloudDevice(describeProduct(type, model, "Tapo device", "1.0"), alias);
      return { identity, transport, smart: new SmartPlug(identity) };
    }),
  ];
}

/** A plug with older firmware, or with newer firmware in KLAP. */
export function iotPlug(alias: string, transport: LanTransport): LanProduct & { identity: Plug } {
  const model = transport === "klap1" ? "HS100(UK)" : "HS103(US)";
  return { identity: new Plug(describeProduct("IOT.SMARTPLUGSWITCH", model, "Small Plug", "5.0"), alias), transport };
}
