import { PlatformError } from "../../core/errors";
import type { DeviceSetting } from "../device-setting";

/** What can be set. */
export type Property = Exclude<keyof DeviceSetting, "restore" | "outlets">;

/**
 * The part of a setting that a device has.
 * @throws `unsupported`, naming the properties that can be set; a state that is put back loses the others instead
 */
export function selectSupported(whole: DeviceSetting, supported: readonly Property[], kind: string): DeviceSetting {
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
    `This ${kind} has no ${unsupported.join(", no ")}. It has: ${supported.join(", ")}.`,
  );
}
