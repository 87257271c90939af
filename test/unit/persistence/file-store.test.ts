import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileStore } from "../../../src/persistence/store";
import { flushPromises } from "../../support/fake-clock";

describe("A file store", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "homenet-store-"));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("stores a text that only its owner can read, in a folder that it creates", async () => {
    const store = fileStore(join(folder, "deep", "file"));
    assert.equal(await store.read(), undefined);
    await store.write("one");
    assert.equal(await store.read(), "one");
    assert.equal(statSync(join(folder, "deep")).mode & 0o777, 0o700);
    assert.equal(statSync(join(folder, "deep", "file")).mode & 0o777, 0o600);
  });

  it("keeps the last text that was written, and never shows a part of one", async () => {
    const path = join(folder, "file");
    const store = fileStore(path);
    const texts = Array.from({ length: 50 }, (_, index) => `${index}`.repeat(20_000));
    await store.write("0".repeat(20_000));
    const writes = Promise.all(texts.map((text) => store.write(text)));
    for (let round = 0; round < 50; round++) {
      assert.ok(texts.includes(readFileSync(path, "utf8")));
      await flushPromises();
    }
    await writes;
    assert.equal(await store.read(), texts.at(-1));
    assert.deepEqual(readdirSync(folder), ["file"]);
  });

  it("keeps a short text that was written after a long one", async () => {
    const store = fileStore(join(folder, "file"));
    await Promise.all([store.write("long".repeat(4_000_000)), store.write("short")]);
    assert.equal(await store.read(), "short");
  });

  it("leaves no draft behind if the file cannot be replaced", async () => {
    const blocked = fileStore(folder);
    await assert.rejects(blocked.write("text"));
    assert.deepEqual(
      readdirSync(join(folder, "..")).filter((name) => name.includes(`${process.pid}-`)),
      [],
    );
    await assert.rejects(blocked.read());
  });
});
