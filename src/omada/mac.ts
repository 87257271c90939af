const MAC = /^(?:[0-9a-f]{2}([:-]))(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$|^[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}$/i;
const NORMALIZED_MAC = /^[0-9A-F]{2}(?:-[0-9A-F]{2}){5}$/;
const BARE_MAC = /^[0-9a-f]{12}$/i;

/** Whether a parameter of this name holds MAC addresses. */
export const isMacName = (name: string): boolean => /macs?$/i.test(name);

/**
 * Spells a MAC address as the API requires it everywhere: `AA-BB-CC-DD-EE-FF` (omada.md section 4). Other text is unchanged.
 * @param isMac whether it is known to be one, and so may be grouped in any way
 */
export function normalizeMac(text: string, isMac: boolean): string {
  if (NORMALIZED_MAC.test(text) || (!isMac && !MAC.test(text))) return text;
  const bare = text.replace(/[ :.-]/g, "");
  if (!BARE_MAC.test(bare)) return text;
  return bare.toUpperCase().match(/../g)?.join("-") ?? text;
}
