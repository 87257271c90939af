import { createHash } from "node:crypto";
import type { NodeDef } from "node-red";
import type { Memory } from "../src/session";

interface Kept {
  /** Whose session it is: a hash of address and credentials. */
  whose: string;
  memory: Memory;
}

/**
 * The one piece of state that outlives a deploy: the editor's Full deploy builds every config node anew, and neither a
 * sign-in nor a refused password is worth repeating for that.
 */
const kept = new Map<string, Kept>();

/** What of a config node's settings belongs to the session, beside the credentials. */
const OF_THE_SESSION = ["server", "mode", "omadacId", "appType", "terminalUUID"] as const;

/** The memory of a config node's session; a new one where address or credentials have changed. */
export function recall(def: NodeDef, credentials: unknown): Memory {
  const settings = def as NodeDef & Record<string, unknown>;
  const owner = JSON.stringify([OF_THE_SESSION.map((name) => settings[name] ?? ""), credentials ?? {}]);
  const whose = createHash("sha256").update(owner).digest("hex");
  const known = kept.get(def.id);
  if (known?.whose === whose) return known.memory;
  const memory: Memory = {};
  kept.set(def.id, { whose, memory });
  return memory;
}

/** Drops what was kept for a config node that is gone. */
export function forget(id: string): void {
  kept.delete(id);
}
