import { PlatformError } from "../../../core/errors";
import type { Energy } from "../../device";

type Ask = (method: string) => Promise<Readonly<Record<string, unknown>> | undefined>;

/** More than any meter resolves: what is beyond is the noise of binary fractions. */
const DECIMALS = 6;

/**
 * Reads a meter. Which of the methods a firmware has differs, and with it what is known; `get_energy_usage` leaves out the
 * power on some strips (kasa-local.md section 8).
 * @param ask returns undefined for a method that the device does not have
 * @throws `unsupported` for a device without a meter
 */
export async function readSmartEnergy(ask: Ask): Promise<Energy> {
  const usage = await ask("get_energy_usage");
  const meter = await ask("get_emeter_data");
  const { power_mw, voltage_mv, current_ma } = meter ?? {};
  const powerMw = power_mw ?? usage?.["current_power"];
  const powerW = inThousands(powerMw) ?? (await ask("get_current_power"))?.["current_power"];
  if (typeof powerW !== "number") throw noMeterError();
  return {
    powerW,
    ...defined({
      voltageV: inThousands(voltage_mv),
      currentA: inThousands(current_ma),
      todayKwh: inThousands(usage?.["today_energy"]),
      monthKwh: inThousands(usage?.["month_energy"]),
    }),
  };
}

function noMeterError(): PlatformError {
  return new PlatformError("unsupported", "This device has no energy meter.");
}

function inThousands(value: unknown): number | undefined {
  return typeof value === "number" ? Number((value / 1000).toFixed(DECIMALS)) : undefined;
}

function defined(quantities: Readonly<Record<string, number | undefined>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(quantities).filter((entry): entry is [string, number] => entry[1] !== undefined),
  );
}
