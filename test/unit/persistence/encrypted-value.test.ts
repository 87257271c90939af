import assert from "node:assert/strict";
import { createValue, MemoryStore } from "./memory-store";

const MINUTE = 60_000;

describe("An encrypted value", () => {
  it("is loaded as it was saved by whoever knows the secret", async () => {
    const store = new MemoryStore();
    const json = { token: "täken", list: [1, null, { deep: true }] };
    await createValue(store).value.save(json);
    assert.deepEqual(await createValue(store).value.load(), json);
    assert.ok(!store.text?.includes("täken"));
  });

  it("derives its key before it reads the store, so that what it loads is up to date", async () => {
    const store = new MemoryStore();
    await createValue(store).value.save("old");
    const load = createValue(store).value.load();
    // Deriving the key takes longer than a few microtasks.
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    assert.equal(store.reads, 0);
    assert.equal(await load, "old");
  });

  it("is never encrypted twice to the same text", async () => {
    const store = new MemoryStore();
    const { value } = createValue(store);
    await value.save("value");
    const first = store.text;
    await value.save("value");
    assert.notEqual(store.text, first);
  });

  it("does not exist for another secret or another name, which is no reason for a warning", async () => {
    const store = new MemoryStore();
    await createValue(store).value.save("value");
    for (const other of [createValue(store, { secret: "other" }), createValue(store, { name: "other" })]) {
      assert.equal(await other.value.load(), undefined);
      assert.deepEqual(other.warnings, []);
    }
  });

  it("of a password is read by nobody who knows only one of secret, password and name", async () => {
    const store = new MemoryStore();
    const known = { secret: "secret", password: "password", name: "name" };
    await createValue(store, known).value.save("value");
    for (const property of ["secret", "password", "name"] as const) {
      assert.equal(await createValue(store, { ...known, [property]: "other" }).value.load(), undefined, property);
    }
    assert.equal(await createValue(store, { secret: "secret" }).value.load(), undefined, "without a password");
    assert.equal(await createValue(store, known).value.load(), "value");
  });

  it("is not loaded if any byte of it has changed", async () => {
    const store = new MemoryStore();
    await createValue(store).value.save("value");
    const [version, check, body = ""] = store.text?.split(".") ?? [];
    const bytes = Buffer.from(body, "base64url");
    for (let index = 0; index < bytes.length; index++) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 1;
      store.text = [version, check, changed.toString("base64url")].join(".");
      const { value, warnings } = createValue(store);
      assert.equal(await value.load(), undefined, `byte ${index}`);
      assert.equal(warnings.length, 1);
    }
  });

  it("is not loaded if its authentication tag was cut short", async () => {
    const store = new MemoryStore();
    await createValue(store).value.save("");
    const [version, check, body = ""] = store.text?.split(".") ?? [];
    store.text = [version, check, Buffer.from(body, "base64url").subarray(0, 16).toString("base64url")].join(".");
    assert.equal(await createValue(store).value.load(), undefined);
  });

  it("is not loaded if it is of an older version, and warns", async () => {
    const store = new MemoryStore();
    await createValue(store).value.save("value");
    store.text = store.text?.replace("homenet3", "homenet1");
    const { value, warnings } = createValue(store);
    assert.equal(await value.load(), undefined);
    assert.match(warnings[0] ?? "", /another version/);
  });

  it("warns once if the store fails, leaves it alone for a minute, and warns again if it fails after it has worked", async () => {
    const store = new MemoryStore();
    const { value, warnings, clock } = createValue(store);
    store.fault = () => Promise.reject(Object.assign(new Error("redis://user:password@host"), { code: "ENOSPC" }));

    await value.save("value");
    await value.save("value");
    assert.equal(await value.load(), undefined);
    assert.deepEqual([store.writes, store.reads], [1, 0]);
    assert.deepEqual(warnings, ["The store cannot be written (ENOSPC)."]);

    await clock.advance(MINUTE);
    await value.save("value");
    assert.equal(store.writes, 2);
    assert.equal(warnings.length, 1, "it has not worked since");

    store.fault = undefined;
    await clock.advance(MINUTE);
    await value.save("value");
    assert.equal(await value.load(), "value");
    store.fault = () => Promise.reject(new Error("no code"));
    await value.save("value");
    assert.deepEqual(warnings.slice(1), ["The store cannot be written (it failed)."]);
  });

  it("waits two seconds for a store that does not respond", async () => {
    const store = new MemoryStore();
    const { value, warnings, clock } = createValue(store);
    // Derives the key, which the clock does not wait for.
    await value.load();
    store.fault = () => new Promise(() => undefined);
    let isLoaded = false;
    const load = value.load().then((json) => {
      isLoaded = true;
      return json;
    });
    await clock.advance(1999);
    assert.equal(isLoaded, false);
    await clock.advance(1);
    assert.equal(await load, undefined);
    assert.deepEqual(warnings, ["The store cannot be read (no response)."]);
    assert.equal(clock.sleepers, 0);
  });

  it("tells a store that cannot be read from one that holds nothing", async () => {
    const store = new MemoryStore();
    const { value, clock } = createValue(store);
    store.fault = () => Promise.reject(new Error("no"));
    assert.deepEqual([await value.load(), value.isUnreadable], [undefined, true]);
    store.fault = undefined;
    assert.deepEqual([await value.load(), value.isUnreadable], [undefined, true], "left alone for a minute");
    await clock.advance(60_000);
    assert.deepEqual([await value.load(), value.isUnreadable], [undefined, false]);
  });

  it("does not count the time that its key takes as the store's", async () => {
    const store = new MemoryStore();
    await createValue(store).value.save("value");
    const { value, warnings, clock } = createValue(store);

    const load = value.load();
    await clock.advance(2000);

    assert.deepEqual([await load, warnings], ["value", []]);
  });

  it("does not leave a store alone for longer because the clock was set back, and leaves no timer behind", async () => {
    const store = new MemoryStore();
    const { value, clock } = createValue(store);
    store.fault = () => Promise.reject(new Error("no"));
    await value.save("value");
    store.fault = undefined;
    clock.shift(-24 * 60 * MINUTE);
    await value.save("value");
    assert.equal(await value.load(), "value");
    assert.equal(clock.sleepers, 0);
  });

  it("is not saved after it was closed", async () => {
    const store = new MemoryStore();
    const { value } = createValue(store);
    value.close();
    await value.save("value");
    assert.equal(store.text, undefined);
  });
});
