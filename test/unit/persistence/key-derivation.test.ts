import assert from "node:assert/strict";
import { scryptSync } from "node:crypto";
import { deriveFromPassword, deriveFromRandom } from "../../../src/persistence/key-derivation";

describe("An encryption key", () => {
  it("from a password costs as much as scrypt with N = 2^17", async () => {
    const expected = scryptSync("password", "salt", 32, { N: 2 ** 17, r: 8, p: 1, maxmem: 2 ** 28 });

    assert.deepEqual(await deriveFromPassword("password", "salt"), expected);
  });

  it("from a password is derived once, however many values it encrypts", async () => {
    const first = deriveFromPassword("shared", "salt");

    assert.equal(deriveFromPassword("shared", "salt"), first);
    await first;
    assert.equal(deriveFromPassword("shared", "salt"), first);
  });

  it("from a random secret is made hundreds of times in a second", async () => {
    const before = process.cpuUsage();

    const keys = await Promise.all(Array.from({ length: 200 }, (_, index) => deriveFromRandom("secret", `${index}`)));

    assert.equal(new Set(keys.map((key) => key.toString("hex"))).size, 200);
    assert.ok(process.cpuUsage(before).user < 1_000_000);
  });

  for (const [what, derive] of Object.entries({ "a password": deriveFromPassword, "a secret": deriveFromRandom })) {
    it(`from ${what} depends on all of it and on the salt`, async () => {
      // The salts of sessions: their keys are quick ones here (see test/support/quick-keys.ts).
      const [salt, pepper] = ["homenet salt", "homenet pepper"];
      const keys = [await derive("one", salt), await derive("other", salt), await derive("one", pepper)];

      assert.equal(new Set(keys.map((key) => key.toString("hex"))).size, 3);
      assert.deepEqual(await derive("one", salt), keys[0]);
    });
  }
});
