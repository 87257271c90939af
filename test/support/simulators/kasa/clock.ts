import type { Methods } from "./firmware";

/** The clock of a device. */
export class DeviceClock {
  /** Milliseconds since 1970. A test may let it be later. */
  now: () => number = () => Date.now();
  /** The number that the firmware has for its time zone, and the minutes that it is ahead of UTC at present. */
  zone = { index: 38, minutes: 0 };

  readonly methods: Methods = {
    get_time: () => {
      const at = new Date(this.now() + this.zone.minutes * 60_000);
      return {
        year: at.getUTCFullYear(),
        month: at.getUTCMonth() + 1,
        mday: at.getUTCDate(),
        hour: at.getUTCHours(),
        min: at.getUTCMinutes(),
        sec: at.getUTCSeconds(),
      };
    },
    get_timezone: () => ({ index: this.zone.index }),
  };
}
