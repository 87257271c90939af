import { createHash } from "node:crypto";

/** An id for what a router lists without one: short, because hundreds of them are stored with a cursor. */
export function textId(...parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url").slice(0, 12);
}
