import assert from "node:assert/strict";
import { scrypt } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvalidTokenError, PlatformError } from "../../../src/core/errors";
import { EncryptedValue } from "../../../src/persistence/encrypted-value";
import { fileStore, type TextStore } from "../../../src/persistence/store";
import { Session } from "../../../src/session/session";
import { SessionState } from "../../../src/session/session-state";
import { SharedSessionStore } from "../../../src/session/shared-session-store";
import { Token } from "../../../src/session/token";
import { FakeClock, flushPromises } from "../../support/fake-clock";

const MINUTE = 60_000;

/** A store that can be looked into, and broken. */
class Shelf implements TextStore {
  text: string | undefined;
  writes = 0;
  reads = 0;
  fault: (() => Promise<never>) | undefined;

  async read(): Promise<string | undefined> {
    this.reads++;
    await this.fault?.();
    return this.text;
  }

  async write(text: string): Promise<void> {
    this.writes++;
    await this.fault?.();
    this.text = text;
  }
}

function safe(store: TextStore, { secret = "secret", name = "name", clock = new FakeClock() } = {}) {
  const warnings: string[] = [];
  return {
    warnings,
    clock,
    safe: new EncryptedValue({ store, secret, name, clock, warn: (what) => warnings.push(what) }),
  };
}

describe("A file store", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "homenet-store-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("keeps a text for its owner alone, in a folder that it makes", async () => {
    const store = fileStore(join(folder, "deep", "file"));
    assert.equal(await store.read(), undefined);
    await store.write("one");
    assert.equal(await store.read(), "one");
    assert.equal(statSync(join(folder, "deep")).mode & 0o777, 0o700);
    assert.equal(statSync(join(folder, "deep", "file")).mode & 0o777, 0o600);
  });

  it("keeps what was written last, and never shows a half", async () => {
    const path = join(folder, "file");
    const store = fileStore(path);
    const texts = Array.from({ length: 50 }, (_, index) => `${index}`.repeat(20_000));
    await store.write("0".repeat(20_000));
    const all = Promise.all(texts.map((text) => store.write(text)));
    for (let look = 0; look < 50; look++) {
      assert.ok(texts.includes(readFileSync(path, "utf8")));
      await flushPromises();
    }
    await all;
    assert.equal(await store.read(), texts.at(-1));
    assert.deepEqual(readdirSync(folder), ["file"]);
  });

  it("keeps a short text that was written after a long one", async () => {
    const store = fileStore(join(folder, "file"));
    await Promise.all([store.write("long".repeat(4_000_000)), store.write("short")]);
    assert.equal(await store.read(), "short");
  });

  it("leaves no draft behind when it cannot be moved into place, and works again afterwards", async () => {
    const blocked = fileStore(folder);
    await assert.rejects(blocked.write("text"));
    assert.deepEqual(
      readdirSync(join(folder, "..")).filter((name) => name.includes(`${process.pid}-`)),
      [],
    );
    await assert.rejects(blocked.read());
  });
});

describe("A safe", () => {
  it("gives back what was put in, to whoever knows the secret", async () => {
    const shelf = new Shelf();
    const value = { token: "täken", list: [1, null, { deep: true }] };
    await safe(shelf).safe.save(value);
    assert.deepEqual(await safe(shelf).safe.load(), value);
    assert.ok(!shelf.text?.includes("täken"));
  });

  it("makes its key before it reads: what it brings is fresh", async () => {
    const shelf = new Shelf();
    await safe(shelf).safe.save("old");
    const loading = safe(shelf).safe.load();
    // A key takes longer than a few turns of promises.
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    assert.equal(shelf.reads, 0);
    assert.equal(await loading, "old");
  });

  it("never seals the same value twice in the same way", async () => {
    const shelf = new Shelf();
    const { safe: one } = safe(shelf);
    await one.save("value");
    const first = shelf.text;
    await one.save("value");
    assert.notEqual(shelf.text, first);
  });

  it("is empty, without a word, for another secret or another name", async () => {
    const shelf = new Shelf();
    await safe(shelf).safe.save("value");
    for (const other of [safe(shelf, { secret: "other" }), safe(shelf, { name: "other" })]) {
      assert.equal(await other.safe.load(), undefined);
      assert.deepEqual(other.warnings, []);
    }
  });

  it("takes no changed byte", async () => {
    const shelf = new Shelf();
    await safe(shelf).safe.save("value");
    const [version, check, body = ""] = shelf.text?.split(".") ?? [];
    const bytes = Buffer.from(body, "base64url");
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      shelf.text = [version, check, changed.toString("base64url")].join(".");
      const { safe: opened, warnings } = safe(shelf);
      assert.equal(await opened.load(), undefined, `byte ${at}`);
      assert.equal(warnings.length, 1);
    }
  });

  it("takes no tag that was cut short", async () => {
    const shelf = new Shelf();
    await safe(shelf).safe.save("");
    const [version, check, body = ""] = shelf.text?.split(".") ?? [];
    shelf.text = [version, check, Buffer.from(body, "base64url").subarray(0, 16).toString("base64url")].join(".");
    assert.equal(await safe(shelf).safe.load(), undefined);
  });

  it("tells once that the store does not work, leaves it alone for a minute, and tells again when it fails anew", async () => {
    const shelf = new Shelf();
    const { safe: one, warnings, clock } = safe(shelf);
    shelf.fault = () => Promise.reject(Object.assign(new Error("redis://user:password@host"), { code: "ENOSPC" }));

    await one.save("value");
    await one.save("value");
    assert.equal(await one.load(), undefined);
    assert.deepEqual([shelf.writes, shelf.reads], [1, 0]);
    assert.deepEqual(warnings, ["The store cannot be written (ENOSPC)."]);

    await clock.advance(MINUTE);
    await one.save("value");
    assert.equal(shelf.writes, 2);
    assert.equal(warnings.length, 1, "it has not worked since");

    shelf.fault = undefined;
    await clock.advance(MINUTE);
    await one.save("value");
    assert.equal(await one.load(), "value");
    shelf.fault = () => Promise.reject(new Error("no code"));
    await one.save("value");
    assert.deepEqual(warnings.slice(1), ["The store cannot be written (it failed)."]);
  });

  it("waits two seconds for a store that never answers", async () => {
    const shelf = new Shelf();
    const { safe: one, warnings, clock } = safe(shelf);
    // The key is made before the clock runs.
    await one.load();
    shelf.fault = () => new Promise(() => undefined);
    let loaded = false;
    const loading = one.load().then((value) => {
      loaded = true;
      return value;
    });
    await clock.advance(1999);
    assert.equal(loaded, false);
    await clock.advance(1);
    assert.equal(await loading, undefined);
    assert.deepEqual(warnings, ["The store cannot be read (no response)."]);
    assert.equal(clock.sleepers, 0);
  });

  it("makes its key first, however long that takes", async () => {
    const shelf = new Shelf();
    await safe(shelf).safe.save("value");
    const { safe: one, warnings, clock } = safe(shelf);

    const loading = one.load();
    await clock.advance(2000);

    assert.deepEqual([await loading, warnings], ["value", []]);
  });

  it("does not rest for longer because a clock was set back, and leaves no timer behind", async () => {
    const shelf = new Shelf();
    const { safe: one, clock } = safe(shelf);
    shelf.fault = () => Promise.reject(new Error("no"));
    await one.save("value");
    shelf.fault = undefined;
    clock.shift(-24 * 60 * MINUTE);
    await one.save("value");
    assert.equal(await one.load(), "value");
    assert.equal(clock.sleepers, 0);
  });

  it("says that what it finds is of another version", async () => {
    const shelf = new Shelf();
    await safe(shelf).safe.save("value");
    shelf.text = shelf.text?.replace("homenet2", "homenet1");
    const { safe: one, warnings } = safe(shelf);
    assert.equal(await one.load(), undefined);
    assert.match(warnings[0] ?? "", /another version/);
  });

  it("saves nothing any more once it is shut", async () => {
    const shelf = new Shelf();
    const { safe: one } = safe(shelf);
    one.close();
    await one.save("value");
    assert.equal(shelf.text, undefined);
  });
});

/** A platform's door, and processes that go in and out by it. */
function world() {
  const shelf = new Shelf();
  const clock = new FakeClock();
  const previous: (string | undefined)[] = [];
  const door = {
    refusal: undefined as Error | undefined,
    lifeMs: undefined as number | undefined,
    gate: undefined as Promise<void> | undefined,
  };
  const process = (shared = false): { session: Session<Token>; memory: SessionState } => {
    const memory = new SessionState(new SharedSessionStore(safe(shelf, { clock }).safe, clock, shared));
    const obtain = async (old: Token | undefined): Promise<Token> => {
      const number = previous.push(old?.value);
      await door.gate;
      if (door.refusal) throw door.refusal;
      return { value: `token ${number}`, lifeMs: door.lifeMs };
    };
    return { memory, session: new Session(obtain, Token, clock, memory) };
  };
  return { shelf, clock, previous, door, process };
}

/** Waits for the keys that are being made, so that no clock is turned meanwhile: one that is begun later ends later. */
const keysMade = (): Promise<void> => {
  const key = (done: () => void): void => scrypt("", "", 32, done);
  return new Promise((done) => key(() => key(done)));
};

/** Turns the clock until a promise has come to its end: keys are made, and files written, in their own time. */
async function meanwhile<T>(clock: FakeClock, work: Promise<T>, stepMs = 50): Promise<T> {
  const state = { ended: false };
  const end = (): void => {
    state.ended = true;
  };
  work.then(end, end);
  await keysMade();
  for (let step = 0; step < 2000 && !state.ended; step++) {
    await new Promise((done) => setTimeout(done, 5));
    if (!state.ended) await clock.advance(stepMs);
  }
  return work;
}

/** Waits until somebody stands at the door. */
async function signingIn(previous: readonly unknown[], clock: FakeClock): Promise<void> {
  await keysMade();
  for (let step = 0; step < 400 && previous.length === 0; step++) {
    await new Promise((done) => setTimeout(done, 5));
    await clock.advance(50);
  }
}

describe("A session that is written down", () => {
  it("is found by the next process, and called reused", async () => {
    const { process, previous } = world();
    await process().session.withToken(async () => undefined);

    const { token, reused } = await process().session.signIn(false);

    assert.deepEqual([token.value, reused, previous.length], ["token 1", true, 1]);
  });

  it("is not written down again by one who has only found it", async () => {
    const { shelf, process, door } = world();
    await process().session.withToken(async () => undefined);
    const { session } = process();
    await session.withToken(async () => undefined);
    const { writes } = shelf;

    door.refusal = new PlatformError("network", "gone");
    await assert.rejects(session.signIn(true));

    assert.equal(shelf.writes, writes);
  });

  it("is not taken up again once its token was refused", async () => {
    const { process, previous } = world();
    await process().session.withToken(async () => undefined);
    const { session } = process();

    const used = await session.withToken(async ({ value }) => {
      if (value === "token 1") throw new InvalidTokenError(new PlatformError("sign-in", "spent"));
      return value;
    });

    assert.equal(used, "token 2");
    assert.deepEqual(
      previous,
      [undefined, "token 1"],
      "the old one comes along: its refresh token may be the only one",
    );
  });

  it("is not taken up again by the process that wrote it down, either", async () => {
    const { process, previous } = world();
    const { session } = process();
    await session.withToken(async () => undefined);

    const used = await session.withToken(async ({ value }) => {
      if (value === "token 1") throw new InvalidTokenError(new PlatformError("sign-in", "spent"));
      return value;
    });

    assert.deepEqual([used, previous], ["token 2", [undefined, "token 1"]]);
  });

  it("brings its refresh token along also when the token died meanwhile", async () => {
    const { process, previous, clock, door } = world();
    door.lifeMs = MINUTE;
    await process().session.withToken(async () => undefined);
    await clock.advance(2 * MINUTE);

    await process().session.withToken(async () => undefined);

    assert.deepEqual(previous, [undefined, "token 1"]);
  });

  it("is signed in anew on demand", async () => {
    const { process, previous } = world();
    await process().session.withToken(async () => undefined);
    const { reused } = await process().session.signIn(true);
    assert.deepEqual([reused, previous], [false, [undefined, undefined]]);
  });

  it("keeps a refusal, and how long the next one lasts", async () => {
    const { process, previous, clock, door } = world();
    door.refusal = new PlatformError("sign-in", "Wrong password.", { vendorCode: -20601 });
    await assert.rejects(process().session.withToken(async () => undefined));

    const after = process().session.withToken(async () => undefined);
    await assert.rejects(after, { code: "sign-in", message: "Wrong password.", details: { vendorCode: -20601 } });
    assert.equal(previous.length, 1);

    await clock.advance(15 * MINUTE);
    const { session } = process();
    await assert.rejects(session.withToken(async () => undefined));
    assert.equal(previous.length, 2);
    await clock.advance(29 * MINUTE);
    await assert.rejects(process().session.withToken(async () => undefined));
    assert.equal(previous.length, 2, "twice as long as the first");
  });

  it("forgets a refusal when it was signed in on demand", async () => {
    const { process, door } = world();
    door.refusal = new PlatformError("sign-in", "Wrong password.");
    await assert.rejects(process().session.withToken(async () => undefined));
    door.refusal = undefined;
    await process().session.signIn(true);
    assert.equal(await process().session.withToken(async ({ value }) => value), "token 2");
  });

  it("is written once a change, not once a failure", async () => {
    const { process, shelf, door } = world();
    const { session } = process();
    await session.withToken(async () => undefined);
    const { writes } = shelf;
    door.refusal = new PlatformError("network", "No way.");
    for (let round = 0; round < 5; round++) await assert.rejects(session.signIn(true));
    assert.equal(shelf.writes, writes);
  });
});

describe("A session that several processes share", () => {
  it("is signed in by one of them, however many begin at once", async () => {
    const { process, previous, clock } = world();
    const processes = Array.from({ length: 6 }, () => process(true));
    const values = processes.map(({ session }) => session.withToken(async ({ value }) => value));
    assert.deepEqual(new Set(await meanwhile(clock, Promise.all(values), 5)), new Set(["token 1"]));
    assert.equal(previous.length, 1);
  });

  it("is waited for while another signs in", async () => {
    const { process, previous, clock, door } = world();
    let open = (): void => undefined;
    door.gate = new Promise((done) => {
      open = done;
    });
    const one = process(true).session.withToken(async ({ value }) => value);
    await signingIn(previous, clock);
    const other = process(true).session.withToken(async ({ value }) => value);
    for (let step = 0; step < 20; step++) {
      await new Promise((done) => setTimeout(done, 5));
      await clock.advance(100);
    }
    assert.equal(previous.length, 1);
    open();
    assert.deepEqual(await meanwhile(clock, Promise.all([one, other])), ["token 1", "token 1"]);
  });

  it("is not waited for longer than 20 seconds when that process has died", async () => {
    const { process, previous, clock, door } = world();
    door.gate = new Promise(() => undefined);
    const dead = process(true).session.withToken(async () => undefined);
    dead.catch(() => undefined);
    await signingIn(previous, clock);
    door.gate = undefined;
    const begun = clock.now();
    assert.equal(
      await meanwhile(
        clock,
        process(true).session.withToken(async ({ value }) => value),
      ),
      "token 2",
    );
    assert.ok(clock.now() - begun > 10_000 && clock.now() - begun < 30_000, `${clock.now() - begun}`);
  });

  it("is not waited for at all when that process died long ago", async () => {
    const { process, previous, clock, door } = world();
    door.gate = new Promise(() => undefined);
    process(true)
      .session.withToken(async () => undefined)
      .catch(() => undefined);
    await signingIn(previous, clock);
    await clock.advance(MINUTE);
    door.gate = undefined;
    const begun = clock.now();
    await meanwhile(
      clock,
      process(true).session.withToken(async () => undefined),
    );
    assert.ok(clock.now() - begun < 5000, `${clock.now() - begun}`);
  });

  it("is not waited for any longer because a clock was set back", async () => {
    const { process, previous, clock, door } = world();
    door.gate = new Promise(() => undefined);
    process(true)
      .session.withToken(async () => undefined)
      .catch(() => undefined);
    await signingIn(previous, clock);
    clock.shift(-60 * MINUTE);
    door.gate = undefined;
    const begun = clock.now();
    await meanwhile(
      clock,
      process(true).session.withToken(async () => undefined),
    );
    assert.ok(clock.now() - begun < 30_000, `${clock.now() - begun}`);
  });

  it("leaves the store alone while a refusal stands", async () => {
    const { process, shelf, clock, door, previous } = world();
    door.refusal = new PlatformError("sign-in", "Wrong password.");
    await assert.rejects(
      meanwhile(
        clock,
        process(true).session.withToken(async () => undefined),
      ),
    );
    const { writes } = shelf;
    const { session } = process(true);
    for (let round = 0; round < 3; round++) {
      await assert.rejects(
        meanwhile(
          clock,
          session.withToken(async () => undefined),
        ),
        { code: "sign-in" },
      );
    }
    assert.deepEqual([shelf.writes, previous.length], [writes, 1]);
  });

  it("forgets its own refusal when another was let in", async () => {
    const { process, clock, door, previous } = world();
    const { session } = process(true);
    const use = (): Promise<string> =>
      meanwhile(
        clock,
        session.withToken(async ({ value }) => value),
      );
    door.refusal = new PlatformError("sign-in", "Wrong password.");
    await assert.rejects(use());
    await clock.advance(15 * MINUTE);
    door.refusal = undefined;
    await meanwhile(
      clock,
      process(true).session.withToken(async () => undefined),
    );
    assert.equal(await use(), "token 2");

    door.refusal = new PlatformError("sign-in", "Wrong again.");
    await assert.rejects(meanwhile(clock, session.signIn(true)));
    await clock.advance(15 * MINUTE);
    await assert.rejects(meanwhile(clock, session.signIn(true)));
    assert.equal(previous.length, 4);
  });

  it("gives up waiting when it is closed", async () => {
    const { process, clock, door, previous } = world();
    door.gate = new Promise(() => undefined);
    process(true)
      .session.withToken(async () => undefined)
      .catch(() => undefined);
    await signingIn(previous, clock);
    const { session } = process(true);
    const waiting = session.withToken(async () => undefined);
    waiting.catch(() => undefined);
    await new Promise((done) => setTimeout(done, 50));
    session.close();
    await assert.rejects(waiting, { code: "cancelled" });
  });
});
