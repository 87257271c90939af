import { isPlainObject } from "../../../core/encoding";
import { protocolError } from "../../../http/response";
import type { Energy } from "../../device";
import type { WallTime } from "../../zoned-time";
import type { DeviceCommand } from "./device-command";
import { parseMethodResult, type DeviceResponse } from "./device-response";
import { parseEnergyOf, statisticMethods } from "./statistics";

/** Each quantity with its name in older firmwares, and in newer ones, which count in thousandths (kasa.md section 5). */
const QUANTITIES = [
  ["powerW", "power", "power_mw"],
  ["voltageV", "voltage", "voltage_mv"],
  ["currentA", "current", "current_ma"],
  ["totalKwh", "total", "total_wh"],
] as const;

/** More than any meter resolves: what is beyond is the noise of binary fractions. */
const DECIMALS = 6;

/**
 * Asks for a reading, for what was counted on a day and in its month, and for the time of the device.
 * @param meter see `Family.meter`
 * @param time see `Family.modules`
 */
export function buildEnergyCommand(meter: string, time: string, date: WallTime): DeviceCommand {
  const statistics = { ...statisticMethods("day", date), ...statisticMethods("month", date) };
  return { [meter]: { get_realtime: {}, ...statistics }, [time]: { get_time: {} } };
}

/** @param date the day that is today for the device */
export function parseEnergyResponse(response: DeviceResponse, meter: string, date: WallTime): Energy {
  const todayKwh = parseEnergyOf(response, meter, "day", date);
  const monthKwh = parseEnergyOf(response, meter, "month", date);
  return {
    ...parseEnergy(parseMethodResult(response, meter, "get_realtime")),
    ...(todayKwh === undefined ? {} : { todayKwh: round(todayKwh) }),
    ...(monthKwh === undefined ? {} : { monthKwh: round(monthKwh) }),
  };
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
    if (typeof value === "number") energy[quantity] = round(value);
    else if (typeof thousandths === "number") energy[quantity] = round(thousandths / 1000);
  }
  const { powerW } = energy;
  if (powerW === undefined) throw protocolError("The meter reports no power.");
  return withoutUnmeasured({ ...energy, powerW });
}

// The meters of lights report a voltage of 0, and with it a current of 0: they measure neither.
function withoutUnmeasured({ voltageV, currentA, ...energy }: Energy): Energy {
  return {
    ...energy,
    ...(voltageV ? { voltageV } : {}),
    ...(currentA === undefined || (currentA === 0 && !voltageV) ? {} : { currentA }),
  };
}

export const round = (value: number): number => Number(value.toFixed(DECIMALS));

/** The total of several outlets, which share one voltage. */
export function sumEnergy(outlets: readonly Energy[]): Energy {
  const sum = (quantity: keyof Omit<Energy, "missing">): Partial<Energy> => {
    const values = outlets.map((outlet) => outlet[quantity]).filter((value) => value !== undefined);
    return values.length ? { [quantity]: round(values.reduce((total, value) => total + value, 0)) } : {};
  };
  const voltageV = outlets.find((outlet) => outlet.voltageV !== undefined)?.voltageV;
  return {
    powerW: 0,
    ...sum("powerW"),
    ...(voltageV === undefined ? {} : { voltageV }),
    ...sum("currentA"),
    ...sum("totalKwh"),
    ...sum("todayKwh"),
    ...sum("monthKwh"),
  };
}
