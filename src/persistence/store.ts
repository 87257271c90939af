import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** Stores one text beyond the process. Any call may reject, and may never settle. */
export interface TextStore {
  /** @returns undefined where nothing is stored */
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
}

/** A store that is one file, readable by its owner alone. Its folder is created where it is missing. */
export function fileStore(path: string): TextStore {
  let lastWrite: Promise<unknown> = Promise.resolve();
  let writeCount = 0;

  // Written beside the file and renamed: a crash leaves the old text or the new one, never a part.
  async function replaceFile(text: string): Promise<void> {
    const draft = `${path}.${process.pid}-${writeCount++}`;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    try {
      await writeFile(draft, text, { mode: 0o600, flag: "wx", flush: true });
      await rename(draft, path);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  return {
    async read() {
      try {
        return await readFile(path, "utf8");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
    write(text) {
      // One after the other, so that the last text is the one that stays.
      const write = lastWrite.then(() => replaceFile(text));
      lastWrite = write.catch(() => undefined);
      return write;
    },
  };
}
