import { parseCountdown } from "../../../../src/kasa/countdown";
import { parseHistoryQuery } from "../../../../src/kasa/history";
import { parseScheduleChange } from "../../../../src/kasa/schedule";
import type { SmartProduct } from "../../../support/simulators/kasa-local/smart/products";
import { SmartTimers } from "../../../support/simulators/kasa-local/smart/timers";
import { setUp } from "./fixture";

/** Devices in New York, where it is ten o'clock on the 3rd of January. */
export function setUpTimers(...products: SmartProduct[]) {
  const fixture = setUp(...products);
  let nowMs = Date.parse("2026-01-03T10:00:00-05:00");
  const units = products.flatMap(({ smart }) => [smart, ...smart.children]);
  const timers = units.map((unit) => {
    const one = new SmartTimers(unit);
    one.now = () => nowMs;
    const isSummer = (ms: number): boolean => ms > Date.UTC(2025, 2, 9, 7) && ms < Date.UTC(2025, 10, 2, 6);
    one.zone = { region: "America/New_York", difference: -300, offset: (ms) => (isSummer(ms) ? -240 : -300) };
    return one;
  });
  const { control } = fixture;
  return {
    ...fixture,
    timers: timers[0] as SmartTimers,
    outlets: timers.slice(1),
    advance: (seconds: number): void => {
      nowMs += seconds * 1000;
    },
    history: (name: string, value?: unknown, outlet = "") =>
      control.history(name, outlet, parseHistoryQuery(value), {}),
    countdown: (name: string, value?: unknown, outlet = "") =>
      control.countdown(name, outlet, parseCountdown(value), {}),
    schedule: (name: string, value?: unknown, outlet = "") =>
      control.schedule(name, outlet, parseScheduleChange(value), {}),
  };
}
