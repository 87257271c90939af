/** How many lines a router lists (peplink.md section 3). */
const MAX_LINES = 50;
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** The event log: lines in local time and without a year, the newest first. */
export class EventLog {
  #lines: string[] = [];

  constructor(readonly now: () => number) {}

  /** @param module such as "WAN" or "System" */
  write(module: string, text: string): void {
    const date = new Date(this.now());
    const day = `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2, "0")}`;
    this.#lines.unshift(`${day} ${date.toISOString().slice(11, 19)} ${module}: ${text}`);
    this.#lines.length = Math.min(this.#lines.length, MAX_LINES);
  }

  clear(): void {
    this.#lines = [];
  }

  show(): { log: string[]; is_end_of_log: boolean } {
    return { log: [...this.#lines], is_end_of_log: true };
  }
}
