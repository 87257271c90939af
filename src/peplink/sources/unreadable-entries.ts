import type { CallOptions } from "../../core/call-context";
import { redact } from "../../core/redact";
import { protocolError } from "../../http/response";

/** Says no more than this, whatever a router sends. */
const MAX_REPORTS = 100;
const MAX_NAMED = 5;

/** Reports what a source leaves out of a response because it cannot be read: each entry once. */
export class UnreadableEntries {
  readonly #reported = new Set<string>();

  /**
   * @param names of the entries that were left out
   * @param readable how many others there are
   * @throws `protocol` if there are none: then the response says nothing at all
   */
  report(names: readonly string[], readable: number, { warn }: CallOptions): void {
    const [first] = names;
    if (first === undefined) return;
    if (readable === 0) throw protocolError(`It does not hold the state of ${redact(first)}, nor anything else.`);
    const unreported = [...new Set(names)]
      .filter((name) => !this.#reported.has(name))
      .slice(0, MAX_REPORTS - this.#reported.size);
    if (unreported.length === 0) return;
    for (const name of unreported) this.#reported.add(name);
    const quoted = unreported.slice(0, MAX_NAMED).map((name) => redact(name));
    const others = unreported.length - quoted.length;
    warn?.(
      `The router's response does not hold the state of ${quoted.join(", ")}${others > 0 ? ` and ${others} more` : ""}. ` +
        "It is left out, and everything else is still watched.",
    );
  }
}
