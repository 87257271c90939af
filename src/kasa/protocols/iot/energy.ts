import { protocolError } from "../../../http/response";

/** What a device draws. */
export interface Energy {
  /** Watts. */
  powerW: number;
  /** Volts. */
  voltageV?: number;
  /** Amperes. */
  currentA?: number;
  /** Kilowatt-hours since the meter was last erased. */
  totalKwh?: number;
}

/** Each quantity under its old and its new name; the new firmwares count in thousandths (kasa.md section 5). */
const QUANTITIES = [
  ["powerW", "power", "power_mw"],
  ["voltageV", "voltage", "voltage_mv"],
  ["currentA", "current", "current_ma"],
  ["totalKwh", "total", "total_wh"],
] as const;

/**
 * Reads a meter of either kind of firmware: the same model may have both, so the keys decide.
 * @throws `protocol` for an answer without power
 */
export function parseEnergy(realtime: unknown): Energy {
  const given = (typeof realtime === "object" && realtime !== null ? realtime : {}) as Record<string, unknown>;
  const energy: Partial<Energy> = {};
  for (const [name, whole, thousandths] of QUANTITIES) {
    const [inWhole, inThousandths] = [given[whole], given[thousandths]];
    if (typeof inWhole === "number") energy[name] = inWhole;
    else if (typeof inThousandths === "number") energy[name] = inThousandths / 1000;
  }
  const { powerW } = energy;
  if (powerW === undefined) throw protocolError("The meter tells no power.");
  return { ...energy, powerW };
}

/** What several outlets draw together: the voltage is theirs all, the rest adds up. */
export function sumEnergy(outlets: readonly Energy[]): Energy {
  const sum = (name: keyof Energy): Partial<Energy> => {
    const values = outlets.map((outlet) => outlet[name]).filter((value) => value !== undefined);
    return values.length ? { [name]: values.reduce((total, value) => total + value, 0) } : {};
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
