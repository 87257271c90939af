import assert from "node:assert/strict";
import { heldFor, hold, release } from "../../nodes/tickets";

const SERVER = { origin: "https://router.example", prefix: "" };
const HOUR_MS = 3_600_000;

describe("A ticket", () => {
  it("is good for its config node, until it is handed in", () => {
    const ticket = hold("one", SERVER, { clientSecret: "s" });

    assert.deepEqual(heldFor("one", ticket)?.secrets, { clientSecret: "s" });
    assert.equal(heldFor("other", ticket), undefined);
    assert.equal(heldFor("one", "no such ticket"), undefined);
    release(ticket);
    assert.equal(heldFor("one", ticket), undefined);
  });

  it("is good for an hour", () => {
    const ticket = hold("one", SERVER, {});
    const { now } = Date;
    try {
      Date.now = () => now() + HOUR_MS - 1000;
      assert.ok(heldFor("one", ticket));
      Date.now = () => now() + HOUR_MS + 1000;
      assert.equal(heldFor("one", ticket), undefined);
    } finally {
      Date.now = now;
    }
  });

  it("gives way to later ones: what nobody hands in does not pile up", () => {
    const first = hold("one", SERVER, {});
    const later = Array.from({ length: 20 }, () => hold("one", SERVER, {}));

    assert.equal(heldFor("one", first), undefined);
    for (const ticket of later) assert.ok(heldFor("one", ticket));
  });
});
