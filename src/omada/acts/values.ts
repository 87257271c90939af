import type { ValueKind } from "../../acts/act";
import { toObject } from "../../acts/values";
import { toJsonValue } from "../../core/encoding";
import { inputError } from "../../core/errors";

/** The limits of a client, in kilobits per second; a direction that is left out is not limited. */
export interface Rate {
  downKbps?: number;
  upKbps?: number;
}

const KBPS = 1;
const MBPS = 2;
/** The limit of either unit. */
const MAX_LIMIT = 1024;

/** `{downKbps, upKbps}`, or null to lift the limits. */
export const rateValue: ValueKind<Rate | null> = {
  kind: "json",
  parse(value) {
    if (value === null || value === "null") return null;
    const { downKbps, upKbps, ...others } = toObject(value) ?? {};
    const [down, up] = [downKbps ?? undefined, upKbps ?? undefined];
    const isEmpty = down === undefined && up === undefined;
    if (isEmpty || Object.keys(others).length > 0 || ![down, up].every(isRate)) {
      throw inputError(
        '"value" must be {"downKbps": …, "upKbps": …} with whole numbers from 1 to 1024, or above that whole megabits such as 2000 or 2048; or null to lift the limits.',
      );
    }
    return {
      ...(down === undefined ? {} : { downKbps: down as number }),
      ...(up === undefined ? {} : { upKbps: up as number }),
    };
  },
};

function isRate(kbps: unknown): boolean {
  if (kbps === undefined) return true;
  return typeof kbps === "number" && Number.isInteger(kbps) && kbps >= 1 && toUnit(kbps).limit <= MAX_LIMIT;
}

// The controller takes at most 1024 of either unit, so that more is a number of whole megabits (omada.md section 6).
function toUnit(kbps: number): { unit: number; limit: number } {
  if (kbps <= MAX_LIMIT) return { unit: KBPS, limit: kbps };
  const thousand = [1000, 1024].find((each) => kbps % each === 0);
  return { unit: MBPS, limit: thousand ? kbps / thousand : Infinity };
}

/** The setting of a client for its limits. */
export function toRateLimit(rate: Rate | null): Record<string, unknown> {
  const { downKbps, upKbps } = rate ?? {};
  const direction = (name: "down" | "up", kbps: number | undefined): object => {
    if (kbps === undefined) return { [`${name}Enable`]: false };
    const { unit, limit } = toUnit(kbps);
    return { [`${name}Enable`]: true, [`${name}Unit`]: unit, [`${name}Limit`]: limit };
  };
  return rate === null
    ? { enable: false }
    : { enable: true, ...direction("down", downKbps), ...direction("up", upKbps) };
}

/** Whether a setting that was read has the same effect as another. */
export function isSameRateLimit(now: unknown, asked: Readonly<Record<string, unknown>>): boolean {
  const current = toObject(now);
  if (asked["enable"] === false) return current?.["enable"] !== true;
  // What is switched off, may have any number.
  return Object.entries(asked).every(([name, value]) => (current?.[name] ?? false) === value);
}

/** What a controller takes for new vouchers when nothing else is asked for: each can be used once, by one client. */
const VOUCHER_DEFAULTS = {
  codeLength: 6,
  codeForm: [0],
  limitType: 0,
  limitNum: 1,
  durationType: 0,
  timingType: 0,
  rateLimit: { mode: 0, customRateLimit: { downLimitEnable: false, upLimitEnable: false } },
  trafficLimitEnable: false,
  applyToAllPortals: true,
  validityType: 0,
};
const MAX_VOUCHERS = 5000;
const MAX_VOUCHER_MINUTES = 14_400_000;

/** A group of vouchers: `{name, amount, duration}` with minutes, and whatever else the controller takes. */
export const voucherValue: ValueKind<{ amount: number }> = {
  kind: "json",
  parse(value) {
    const group = toJsonValue(toObject(value) ?? {}) as Record<string, unknown>;
    const { name, amount = 1, duration } = group;
    const isInRange = (each: unknown, max: number): each is number =>
      typeof each === "number" && Number.isInteger(each) && each >= 1 && each <= max;
    const isNamed = typeof name === "string" && name.trim() !== "" && name.length <= 32;
    if (isNamed && isInRange(amount, MAX_VOUCHERS) && isInRange(duration, MAX_VOUCHER_MINUTES)) {
      // Vouchers for some portals are not for all of them.
      const portals = group["portals"] === undefined ? {} : { applyToAllPortals: false };
      return { ...VOUCHER_DEFAULTS, ...portals, ...group, amount };
    }
    throw inputError(
      `"value" must be {"name": …, "amount": …, "duration": …}: a name of 1 to 32 characters, 1 to ${MAX_VOUCHERS} vouchers, and 1 to ${MAX_VOUCHER_MINUTES} minutes.`,
    );
  },
};
