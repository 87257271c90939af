/** A time zone: the minutes that its clocks are ahead of UTC at a moment, which is in milliseconds since 1970. */
export type Zone = (ms: number) => number;

/**
 * A time as the clocks of a zone show it: in milliseconds, as if those clocks were in UTC. Days and months are computed
 * with it, without any thought of daylight saving time.
 */
export type WallTime = number;

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** A zone whose clocks never change. */
export function fixedZone(minutes: number): Zone {
  return () => minutes;
}

/** The zone of this machine. */
export const localZone: Zone = (ms) => -new Date(ms).getTimezoneOffset();

/**
 * A zone of the IANA database.
 * @param name such as `Europe/Berlin`
 * @returns undefined if this Node.js does not know it
 */
export function namedZone(name: string): Zone | undefined {
  try {
    const format = new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" });
    return (ms) => {
      const [, sign, hours = 0, minutes = 0] = /GMT([+-])(\d\d):(\d\d)/.exec(format.format(ms)) ?? [];
      return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
    };
  } catch {
    return undefined;
  }
}

/** What the clocks of a zone show at a moment. */
export function toWallTime(ms: number, zone: Zone): WallTime {
  return ms + zone(ms) * MINUTE_MS;
}

/** ISO 8601 with the offset of the zone, such as `2026-11-01T00:00:00+01:00`. */
export function formatWallTime(wall: WallTime, zone: Zone): string {
  // The offset depends on the moment, which depends on the offset: twice is enough, as clocks change twice a year.
  const minutes = zone(wall - zone(wall - zone(wall) * MINUTE_MS) * MINUTE_MS);
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  const offset = [hours, rest].map((part) => String(part).padStart(2, "0")).join(":");
  return `${new Date(wall).toISOString().slice(0, 19)}${minutes < 0 ? "-" : "+"}${offset}`;
}
