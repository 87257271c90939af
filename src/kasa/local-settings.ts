import { PlatformError } from "../core/errors";

/** In which way devices are reached: `auto` is over the local network where a device answers there. */
export type Reach = "cloud" | "auto" | "local";

const HOST = /^[\w-]+(?:\.[\w-]+)*(?::\d{1,5})?$/;

/** @throws `config` for another word */
export function parseReach(text: string | undefined): Reach {
  const reach = text?.trim() || "cloud";
  if (reach === "cloud" || reach === "auto" || reach === "local") return reach;
  throw new PlatformError("config", '"reach" must be cloud, auto or local. Correct it in the config node.');
}

/**
 * Parses the addresses and names of devices, which commas separate.
 * @throws `config` for anything else
 */
export function parseHosts(text: string | undefined): string[] {
  const hosts = (text ?? "")
    .split(",")
    .map((host) => host.trim())
    .filter(Boolean);
  const wrong = hosts.find((host) => !HOST.test(host) || Number(host.split(":")[1] ?? 1) > 65_535);
  if (wrong === undefined) return hosts;
  throw new PlatformError(
    "config",
    `"hosts" must hold addresses or names of devices, separated by commas, and not "${wrong.slice(0, 40)}". Correct it in the config node.`,
  );
}
