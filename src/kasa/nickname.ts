/**
 * Decodes the name of a SMART device, which the cloud and the device itself encode as base64 (kasa.md section 0.5).
 * @returns the text as it is if it is no base64
 */
export function decodeNickname(text: string): string {
  const bytes = Buffer.from(text, "base64");
  if (text === "" || bytes.toString("base64") !== text) return text;
  try {
    const name = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return /\p{Cc}/u.test(name) ? text : name;
  } catch {
    return text;
  }
}
