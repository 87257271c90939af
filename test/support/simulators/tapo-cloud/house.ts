import type { CloudDevice } from "../kasa/devices";
import { isWithin } from "../kasa/firmware";
import { Bulb } from "../kasa/lights";
import { Plug } from "../kasa/plugs";
import { Thing, type ThingModel } from "./thing";

const isBoolean = (value: unknown): boolean => typeof value === "boolean";
const ON = { on: isBoolean };
const DIMMER = { ...ON, brightness: (value: unknown) => isWithin(value, 1, 100) };
const COLOUR = {
  ...DIMMER,
  hue: (value: unknown) => isWithin(value, 0, 360),
  saturation: (value: unknown) => isWithin(value, 0, 100),
  color_temp: (value: unknown) => value === 0 || isWithin(value, 2500, 6500),
};
const PLUG_STATE = { on: false, auto_off_status: "off", power_protection_status: "normal", charging_status: "normal" };
const SENSOR = { status: "online", at_low_battery: false, rssi: -55, signal_level: 3 };

const MODELS = {
  P100: { deviceType: "SMART.TAPOPLUG", category: "plug", model: "P100", reported: PLUG_STATE, accepts: ON },
  P110: {
    deviceType: "SMART.TAPOPLUG",
    category: "plug",
    model: "P110",
    reported: PLUG_STATE,
    accepts: ON,
    powerMw: 46_800,
  },
  EP25: {
    deviceType: "SMART.KASAPLUG",
    category: "plug",
    model: "EP25(US)",
    reported: PLUG_STATE,
    accepts: ON,
    powerMw: 3100,
  },
  S505: { deviceType: "SMART.TAPOSWITCH", category: "switch", model: "S505", reported: { on: false }, accepts: ON },
  S500D: {
    deviceType: "SMART.TAPOSWITCH",
    category: "switch.dimmer",
    model: "S500D",
    reported: { on: true, brightness: 40 },
    accepts: DIMMER,
  },
  L530: {
    deviceType: "SMART.TAPOBULB",
    category: "bulb",
    model: "L530",
    reported: { on: false, brightness: 70, hue: 0, saturation: 100, color_temp: 2700, color_temp_range: [2500, 6500] },
    accepts: COLOUR,
  },
  L930: {
    deviceType: "SMART.TAPOBULB",
    category: "light strip",
    model: "L930-5",
    reported: { on: true, brightness: 50, hue: 200, saturation: 80, color_temp: 0, color_temp_range: [2500, 6500] },
    accepts: COLOUR,
  },
  P304M: { deviceType: "SMART.TAPOPLUG", category: "plug.powerstrip", model: "P304M" },
  OUTLET: {
    deviceType: "SMART.TAPOPLUG",
    category: "plug.powerstrip.sub-plug",
    model: "P304M",
    reported: { on: false },
    accepts: ON,
    powerMw: 12_000,
  },
  H100: { deviceType: "SMART.TAPOHUB", category: "hub", model: "H100", reported: { in_alarm: false } },
  T110: {
    deviceType: "SMART.TAPOSENSOR",
    category: "subg.trigger.contact-sensor",
    model: "T110",
    reported: { ...SENSOR, open: false },
  },
  T310: {
    deviceType: "SMART.TAPOSENSOR",
    category: "subg.trigger.temp-hmdt-sensor",
    model: "T310",
    reported: { ...SENSOR, current_temp: 21.4, current_humidity: 47, temp_unit: "celsius" },
  },
  S200B: { deviceType: "SMART.TAPOSENSOR", category: "subg.trigger.button", model: "S200B", reported: SENSOR },
  C200: { deviceType: "SMART.IPCAMERA", category: "camera", model: "C200" },
  DL110: { deviceType: "SMART.TAPOLOCK", category: "lock", model: "DL110" },
} satisfies Record<string, ThingModel>;

/** One device of each family, and the devices of the first cloud that stand in this one as well. */
export function createThings(first: readonly CloudDevice[]): Thing[] {
  const strip = new Thing(MODELS.P304M, "Büro");
  const hub = new Thing(MODELS.H100, "Hub");
  return [
    ...first.flatMap(fromFirstCloud),
    new Thing(MODELS.P110, "Bürö heater"),
    new Thing(MODELS.EP25, "Aquarium"),
    new Thing(MODELS.S505, "Stairs"),
    new Thing(MODELS.S500D, "Dining table"),
    new Thing(MODELS.L530, "Reading lamp"),
    new Thing(MODELS.L930, "Shelf strip"),
    strip,
    ...["Monitor", "Dock", "Scanner", "Charger"].map(
      (name, index) => new Thing(MODELS.OUTLET, name, { parent: strip, position: index + 1 }),
    ),
    hub,
    ...(["T110", "T310", "S200B"] as const).map(
      (model, index) =>
        new Thing(MODELS[model], ["Window", "Cellar", "Doorbell button"][index] ?? model, {
          parent: hub,
          position: index + 1,
        }),
    ),
    new Thing(MODELS.C200, "Garage camera"),
    new Thing(MODELS.DL110, "Front door"),
  ];
}

// Older devices have a shadow with what all plugs and lights have in common.
function fromFirstCloud(identity: CloudDevice): Thing[] {
  const { deviceType, deviceModel } = identity.product;
  if (identity.isListedOnly) return [new Thing(MODELS.P100, identity.alias, undefined, identity)];
  if (!(identity instanceof Plug || identity instanceof Bulb)) return [];
  const category = identity instanceof Bulb ? "bulb" : "plug";
  const product = { deviceType, category, model: deviceModel, reported: { on: identity.on }, accepts: ON };
  const thing = new Thing(product, identity.alias, undefined, identity);
  thing.online = identity.online;
  thing.onReport = ({ on }) => (identity.on = on === true);
  return [thing];
}
