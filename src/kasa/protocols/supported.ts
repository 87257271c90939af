import { inputError, PlatformError, type ErrorDetails } from "../../core/errors";
import type { Outlet } from "../device";
import type { DeviceSetting } from "../device-setting";

/** What can be set. */
export type Property = Exclude<keyof DeviceSetting, "restore" | "outlets">;

/**
 * The part of a setting that a device has.
 * @throws `unsupported`, naming the properties that can be set; a state that is put back loses the others instead
 * @param isExact false if it may have less than that
 */
export function selectSupported(
  whole: DeviceSetting,
  supported: readonly Property[],
  kind: string,
  isExact = true,
): DeviceSetting {
  const { restore, ...setting } = whole;
  delete setting.outlets;
  const unsupported = (Object.keys(setting) as Property[]).filter((name) => !supported.includes(name));
  if (unsupported.length === 0) return setting;
  if (restore && unsupported.length < Object.keys(setting).length) {
    return Object.fromEntries(Object.entries(setting).filter(([name]) => supported.includes(name as Property)));
  }
  if (supported.length === 0)
    throw new PlatformError(
      "unsupported",
      kind === "plug"
        ? "How this plug is switched is not known: it can only be read."
        : `This ${kind} has nothing that can be set: it can only be read.`,
    );
  throw new PlatformError(
    "unsupported",
    `This ${kind} has no ${unsupported.join(", no ")}.${isExact ? ` It has: ${supported.join(", ")}.` : ""}`,
  );
}

/** @param commands that the device has */
export function unsupportedError(
  kind: string,
  what: string,
  commands: readonly string[],
  details: ErrorDetails = {},
): PlatformError {
  const others = commands.filter((command) => command !== what);
  return new PlatformError("unsupported", `This ${kind} has no ${what}. It has: ${others.join(", ")}.`, details);
}

/**
 * The outlet of a strip that has something of its own which the strip itself does not have.
 * @throws `input` for a strip without an outlet, naming the outlets
 */
export function checkOwnOutlet(outlets: readonly Outlet[] | undefined, outlet: Outlet | undefined, what: string): void {
  if (!outlets || outlet) return;
  const names = outlets.map(({ alias }, index) => `${index} "${alias}"`).join(", ");
  throw inputError(`Each outlet has a ${what} of its own. Name one of them in "outlet": ${names}.`);
}
