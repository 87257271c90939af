import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** Keeps one text beyond the process. Any call may fail, and may never answer. */
export interface TextStore {
  /** @returns undefined where nothing is kept */
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
  remove(): Promise<void>;
}

/** A store that is one file, for its owner's eyes alone. Its folder is made where it is missing. */
export function fileStore(path: string): TextStore {
  let last: Promise<unknown> = Promise.resolve();
  let count = 0;
  // One after the other: what was written last is what stays.
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
  return {
    async read() {
      try {
        return await readFile(path, "utf8");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
    write: (text) =>
      inTurn(async () => {
        // Written beside and moved: a crash leaves the old one or the new one, never a half.
        const draft = `${path}.${process.pid}-${count++}`;
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        try {
          await writeFile(draft, text, { mode: 0o600, flag: "wx", flush: true });
          await rename(draft, path);
        } catch (error) {
          await rm(draft, { force: true });
          throw error;
        }
      }),
    remove: () => inTurn(() => rm(path, { force: true })),
  };
}
