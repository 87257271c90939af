import type { CallOptions } from "../../core/call-context";
import { isPlatformError, PlatformError } from "../../core/errors";
import type { Energy, Outlet } from "../device";
import { sumEnergy } from "../protocols/iot/energy";

/** A strip has one small processor: with more it stops responding. */
const MAX_CONCURRENT_READINGS = 2;

/**
 * Reads the meters of some outlets of a strip and adds them up. One that cannot be read is named in the result; an energy
 * total without it would seem to go back, so there is none.
 * @throws the error of an outlet if neither it nor the others beside it can be read, or if it is about the whole account
 */
export async function readOutlets(
  outlets: readonly Outlet[],
  read: (outlet: Outlet) => Promise<Energy>,
  { signal }: CallOptions,
): Promise<Energy> {
  const readings: Energy[] = [];
  const missing: string[] = [];
  for (let start = 0; start < outlets.length; start += MAX_CONCURRENT_READINGS) {
    const group = outlets.slice(start, start + MAX_CONCURRENT_READINGS);
    const results = await Promise.all(group.map((outlet) => readTwice(() => read(outlet))));
    signal?.throwIfAborted();
    for (const [index, result] of results.entries()) {
      if (!(result instanceof PlatformError)) readings.push(result);
      else missing.push(nameOf(group[index], start + index));
    }
    const error = results.find((result) => result instanceof PlatformError);
    // The other outlets of a strip that does not respond would only take time.
    if (error instanceof PlatformError && readings.length === 0) throw withOutlets(error, missing);
  }
  const sum = sumEnergy(readings);
  if (missing.length === 0) return sum;
  const { totalKwh: _, todayKwh: __, monthKwh: ___, ...rest } = sum;
  return { ...rest, missing };
}

// The cloud gives up on a device early (-20002): the second request often succeeds.
async function readTwice(read: () => Promise<Energy>): Promise<Energy | PlatformError> {
  try {
    return await read().catch((error: unknown) => {
      if (isPlatformError(error, "offline")) return read();
      throw error;
    });
  } catch (error) {
    if (isPlatformError(error, "offline", "network", "timeout", "rejected", "protocol")) return error;
    throw error;
  }
}

function nameOf(outlet: Outlet | undefined, index: number): string {
  return outlet?.alias || String(index);
}

function withOutlets({ code, message, details }: PlatformError, names: readonly string[]): PlatformError {
  const quoted = names.map((name) => `"${name.slice(0, 40)}"`).join(" and ");
  return new PlatformError(code, `Outlet ${quoted}: ${message}`, details);
}
