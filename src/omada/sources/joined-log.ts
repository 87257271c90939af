import { z } from "zod";
import type { CallOptions } from "../../core/call-context";
import type { ChangeEvent, LogSource } from "../../polling/types";
import { PartReader, type Part } from "./parts";
import { Cursor, MAX_LINES_PER_POLL, type SiteLog } from "./site-log";

/** A log that is read together with others. */
interface JoinedPart extends Part {
  log: SiteLog;
  /** The name of its site; left out for a log of the controller itself. */
  site?: string;
}

/** Characters that one read receives, as far as a single part has no more. */
const MAX_LENGTH = 8 * 1024 * 1024;
/** Where reading each part ended, by its key. */
const Cursors = z.record(z.string(), Cursor);
type Cursors = z.infer<typeof Cursors>;

/** Several logs as one: that of all sites, or the alerts and the events of the controller itself. */
export class JoinedLog implements LogSource<Cursors> {
  readonly #listParts: (options: CallOptions) => Promise<readonly JoinedPart[]>;
  readonly #maxLines: number;
  readonly #reader = new PartReader();
  /** Parts that the last read did not get to. */
  #postponed: ReadonlySet<string> = new Set();

  /** @param maxLines that one read returns, as far as a single part has no more; the next read continues */
  constructor(
    listParts: (options: CallOptions) => Promise<readonly JoinedPart[]>,
    maxLines: number = MAX_LINES_PER_POLL,
  ) {
    this.#listParts = listParts;
    this.#maxLines = maxLines;
  }

  parseCursor(stored: unknown): Cursors | undefined {
    // A node whose site was blank used to watch the only one there was.
    const { data: single } = Cursor.safeParse(stored);
    return single ? { [single.siteId]: single } : Cursors.safeParse(stored).data;
  }

  async read(previous: Cursors = {}, options: CallOptions): Promise<{ lines: ChangeEvent[]; cursor: Cursors }> {
    const before = new Map(Object.entries(previous));
    const after = new Map<string, Cursor>();
    const lines: ChangeEvent[] = [];
    let receivedLength = 0;
    const onReceived = (length: number): void => void (receivedLength += length);
    const postponed = new Set<string>();
    const readPart = async ({ key, log, site }: JoinedPart): Promise<void> => {
      const known = before.get(key);
      // Until the part is read, and if it cannot be, it continues here.
      if (known) after.set(key, known);
      if (lines.length >= this.#maxLines || receivedLength >= MAX_LENGTH) {
        postponed.add(key);
        return;
      }
      const chunk = await log.read(known, { ...options, onReceived });
      after.set(key, chunk.cursor);
      for (const line of chunk.lines) lines.push(site === undefined ? line : { ...line, site });
    };
    const parts = await this.#listParts(options);
    const isPostponed = ({ key }: JoinedPart): boolean => this.#postponed.has(key);
    const ordered = [...parts.filter(isPostponed), ...parts.filter((part) => !isPostponed(part))];
    await this.#reader.readEach(ordered, readPart, options);
    this.#postponed = postponed;
    lines.sort((one, other) => Date.parse(one.at ?? "") - Date.parse(other.at ?? ""));
    return { lines, cursor: Object.fromEntries(after) };
  }
}
