import assert from "node:assert/strict";
import { getSecrets, markKept, putSecrets } from "../../nodes/admin/pending-secrets";

const SERVER = { origin: "https://router.example", prefix: "" };
const HOUR_MS = 3_600_000;

describe("A ticket for pending secrets", () => {
  it("is valid for its config node alone, also after its secrets were saved, and says whether they were", () => {
    const ticket = putSecrets("one", SERVER, { clientSecret: "s" });

    assert.equal(getSecrets("one", ticket)?.isKept, false);
    assert.equal(getSecrets("other", ticket), undefined);
    assert.equal(getSecrets("one", "no such ticket"), undefined);
    markKept(ticket);
    assert.equal(getSecrets("one", ticket)?.isKept, true);
    assert.deepEqual(getSecrets("one", ticket)?.secrets, { clientSecret: "s" });
  });

  it("is valid for an hour", () => {
    const ticket = putSecrets("one", SERVER, {});
    const { now } = Date;
    try {
      Date.now = () => now() + HOUR_MS - 1000;
      assert.ok(getSecrets("one", ticket));
      Date.now = () => now() + HOUR_MS + 1000;
      assert.equal(getSecrets("one", ticket), undefined);
    } finally {
      Date.now = now;
    }
  });

  it("is dropped once there are twenty newer ones", () => {
    const first = putSecrets("one", SERVER, {});
    const newer = Array.from({ length: 20 }, () => putSecrets("one", SERVER, {}));

    assert.equal(getSecrets("one", first), undefined);
    for (const ticket of newer) assert.ok(getSecrets("one", ticket));
  });
});
