import { isWithin, type Json, type Methods, type Result } from "./firmware";

const LAST_ZONE = 109;

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
    set_time: (time) => this.#set(time),
    set_timezone: ({ index, ...time }) => {
      if (!isWithin(index, 0, LAST_ZONE)) return "argument";
      this.zone = { ...this.zone, index };
      return this.#set(time);
    },
  };

  /** @param time as `get_time` tells it */
  #set({ year, month, mday, hour, min, sec }: Json): Result {
    const isTime = isWithin(month, 1, 12) && isWithin(mday, 1, 31) && isWithin(hour, 0, 23) && isWithin(min, 0, 59);
    if (!isWithin(year, 1970, 2099) || !isTime || !isWithin(sec, 0, 59)) return "argument";
    const shiftMs = Date.UTC(year, month - 1, mday, hour, min, sec) - this.zone.minutes * 60_000 - this.now();
    const { now } = this;
    this.now = () => now() + shiftMs;
    return {};
  }
}
