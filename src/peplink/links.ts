import { toText } from "../core/scalar";
import { toFlag } from "./collections";
import type { Fields } from "./endpoints";

/** Whether a link may carry traffic: not one for the router's own management, or one that only lends its bandwidth. */
export function carriesTraffic({ managementOnly, type, virtualType, synergyLink }: Fields): boolean {
  if (toFlag(managementOnly) || toFlag(synergyLink)) return false;
  return ![type, virtualType].some((text) => /^synergy/i.test(toText(text)));
}
