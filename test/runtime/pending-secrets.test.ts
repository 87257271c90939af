import assert from "node:assert/strict";
import { deleteSecrets, getSecrets, putSecrets } from "../../nodes/admin/pending-secrets";

const SERVER = { origin: "https://router.example", prefix: "" };
const HOUR_MS = 3_600_000;

describe("A ticket for pending secrets", () => {
  it("is valid for its config node until it is deleted", () => {
    const ticket = putSecrets("one", SERVER, { clientSecret: "s" });

    assert.deepEqual(getSecrets("one", ticket)?.secrets, { clientSecret: "s" });
    assert.equal(getSecrets("other", ticket), undefined);
    assert.equal(getSecrets("one", "no such ticket"), undefined);
    deleteSecrets(ticket);
    assert.equal(getSecrets("one", ticket), undefined);
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
