/** Spellings that nothing but a MAC address has: pairs joined by ":" or "-", or groups of four joined by dots. */
const GROUPED = /^(?:[0-9a-f]{2}([:-]))(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$|^[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}$/i;
const CANONICAL = /^[0-9A-F]{2}(?:-[0-9A-F]{2}){5}$/;
const TWELVE_DIGITS = /^[0-9a-f]{12}$/i;

/** Whether a text can only be a MAC address. Twelve digits without separators may just as well be another id. */
export function isMacAddress(text: string): boolean {
  return GROUPED.test(text);
}

/**
 * One spelling for all of a MAC address: `AA-BB-CC-DD-EE-FF`.
 * @param text in any spelling, also without separators
 * @returns undefined for anything but twelve hex digits
 */
export function toMacAddress(text: string): string | undefined {
  if (CANONICAL.test(text)) return text;
  // Twelve digits in pairs with colons or in lower case, as most devices send them: without the slower pattern.
  const dashed = text.replaceAll(":", "-").toUpperCase();
  if (CANONICAL.test(dashed)) return dashed;
  const digits = text.replace(/[ :.-]/g, "");
  return TWELVE_DIGITS.test(digits) ? digits.toUpperCase().match(/../g)?.join("-") : undefined;
}
