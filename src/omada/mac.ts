import { isMacAddress, toMacAddress } from "../core/mac-address";

/** Whether a parameter of this name holds MAC addresses. */
export const isMacName = (name: string): boolean => /macs?$/i.test(name);

/**
 * Spells a MAC address as the API requires it everywhere: `AA-BB-CC-DD-EE-FF` (omada.md section 4). Other text is unchanged.
 * @param isMac whether it is known to be one, and so may be grouped in any way
 */
export function normalizeMac(text: string, isMac: boolean): string {
  return (isMac || isMacAddress(text) ? toMacAddress(text) : undefined) ?? text;
}
