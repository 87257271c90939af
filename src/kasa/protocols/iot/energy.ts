import { isPlainObject } from "../../../core/encoding";
import { protocolError } from "../../../http/response";
import type { Energy } from "../../device";
import { parseMethodResult, type DeviceResponse } from "./device-response";

/** Each quantity with its name in older firmwares, and in newer ones, which count in thousandths (kasa.md section 5). */
const QUANTITIES = [
  ["powerW", "power", "power_mw"],
  ["voltageV", "voltage", "voltage_mv"],
  ["currentA", "current", "current_ma"],
  ["totalKwh", "total", "total_wh"],
] as const;

/** @param module see `Family.meter` */
export function parseEnergyResponse(response: DeviceResponse, module: string): Energy {
  return parseEnergy(parseMethodResult(response, module, "get_realtime"));
}

/**
 * Parses the reading of a meter. The same model may have either firmware, so the keys decide.
 * @throws `protocol` for a reading without power
 */
export function parseEnergy(realtime: unknown): Energy {
  const reading = isPlainObject(realtime) ? realtime : {};
  const energy: Partial<Energy> = {};
  for (const [quantity, name, nameInThousandths] of QUANTITIES) {
    const [value, thousandths] = [reading[name], reading[nameInThousandths]];
    if (typeof value === "number") energy[quantity] = value;
    else if (typeof thousandths === "number") energy[quantity] = thousandths / 1000;
  }
  const { powerW } = energy;
  if (powerW === undefined) throw protocolError("The meter reports no power.");
  return { ...energy, powerW };
}

/** The total of several outlets, which share one voltage. */
export function sumEnergy(outlets: readonly Energy[]): Energy {
  const sum = (quantity: keyof Energy): Partial<Energy> => {
    const values = outlets.map((outlet) => outlet[quantity]).filter((value) => value !== undefined);
    return values.length ? { [quantity]: values.reduce((total, value) => total + value, 0) } : {};
  };
  const voltageV = outlets[0]?.voltageV;
  return {
    powerW: 0,
    ...sum("powerW"),
    ...(voltageV === undefined ? {} : { voltageV }),
    ...sum("currentA"),
    ...sum("totalKwh"),
  };
}
