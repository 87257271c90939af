import type { KasaCloud } from "../kasa/cloud";
import { describeProduct } from "../kasa/devices";
import { Plug } from "../kasa/plugs";
import type { LanProduct } from "./device";
import {
  smartBulb,
  smartDimmer,
  smartHub,
  smartLightStrip,
  smartMeterPlug,
  smartPlug,
  smartPowerStrip,
  unitOf,
  type SmartProduct,
} from "./smart/products";
import { SmartTimers } from "./smart/timers";
import type { LanTransport } from "./types";

/** Devices that are on the local network alone: the first-generation cloud can do nothing with the SMART ones. */
const createSmartDevices = (): SmartProduct[] => [
  smartMeterPlug("Washer"),
  smartMeterPlug("Dryer", { transport: "aes2", has: "usage", model: "P115(EU)" }),
  smartPlug("Radio", "aes1"),
  smartLightStrip("Mirror", [9000, 9000], "tpap"),
  smartDimmer("Stairs"),
  smartBulb("Reading lamp"),
  smartLightStrip("Bookcase"),
  smartPowerStrip("Workbench", ["Drill", "Vacuum", "Radio"]),
  smartHub("Hub", {
    "Back door": "contact",
    Cellar: "leak",
    Hallway: "motion",
    Nursery: "temperature",
    "Bedside button": "button",
    Radiator: "thermostat",
  }),
];

/** Devices that can switch themselves; a hub cannot, and the outlets of a strip do it each by itself. */
function withTimers(product: SmartProduct): SmartProduct & { timers: SmartTimers[] } {
  const { children } = product.smart;
  const units =
    "child_device" in product.smart.components ? children.filter(({ info }) => "device_on" in info) : [product.smart];
  return { ...product, timers: units.map((unit) => new SmartTimers(unit)) };
}

/** How some devices of the cloud are spoken to at home; the others have older firmware. */
const NEWER: Readonly<Record<string, LanTransport>> = { Modem: "klap2", Freezer: "klap1", "Hall lamp": "klap2" };

/** The devices of a cloud's account as they are at home, and some more. */
export function createNeighbourhood(cloud: KasaCloud): LanProduct[] {
  const atHome = cloud.devices.filter((device) => device.online && /PLUG|BULB/.test(device.product.deviceType));
  return [
    ...atHome.map((identity) =>
      identity.isListedOnly
        ? { identity, transport: "klap2" as const, smart: unitOf(identity, { device_on: false }) }
        : { identity, transport: NEWER[identity.alias] ?? "xor" },
    ),
    ...createSmartDevices().map(withTimers),
  ];
}

/** A plug with older firmware, or with newer firmware in KLAP. */
export function iotPlug(alias: string, transport: LanTransport): LanProduct & { identity: Plug } {
  const model = transport === "klap1" ? "HS100(UK)" : "HS103(US)";
  return { identity: new Plug(describeProduct("IOT.SMARTPLUGSWITCH", model, "Small Plug", "5.0"), alias), transport };
}
