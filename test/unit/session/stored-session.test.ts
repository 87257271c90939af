import assert from "node:assert/strict";
import { CredentialsRefusedError, InvalidTokenError, PlatformError } from "../../../src/core/errors";
import { storedSession } from "../../../src/session/stored-session";
import { Token } from "../../../src/session/token";
import { createValue } from "../persistence/memory-store";
import { MINUTE, StoredSessions, tokenOf } from "./stored-session-fixture";

/** A call for which the first token is not valid. */
const callAfterFirstToken = async ({ value }: Token): Promise<string> => {
  if (value === "token 1") throw new InvalidTokenError(new PlatformError("sign-in", "expired"));
  return value;
};

describe("A stored session", () => {
  it("is adopted by the next process, and reported as reused", async () => {
    const sessions = new StoredSessions();
    await sessions.start().withToken(tokenOf);

    const { token, reused } = await sessions.start().signIn(false);

    assert.deepEqual([token.value, reused, sessions.signIns], ["token 1", true, 1]);
  });

  it("is not stored again by a process that has only adopted it", async () => {
    const sessions = new StoredSessions();
    await sessions.start().withToken(tokenOf);
    const session = sessions.start();
    await session.withToken(tokenOf);
    const { writes } = sessions.store;

    sessions.signInError = new PlatformError("network", "unreachable");
    await assert.rejects(session.signIn(true));

    assert.equal(sessions.store.writes, writes);
  });

  it("is not adopted again after its token was refused", async () => {
    const sessions = new StoredSessions();
    await sessions.start().withToken(tokenOf);

    assert.equal(await sessions.start().withToken(callAfterFirstToken), "token 2");

    // The old token goes along, because it may hold the only refresh token.
    assert.deepEqual(sessions.previousTokens, [undefined, "token 1"]);
  });

  it("is not adopted again by the process that has stored it, either", async () => {
    const sessions = new StoredSessions();
    const session = sessions.start();
    await session.withToken(tokenOf);

    assert.equal(await session.withToken(callAfterFirstToken), "token 2");

    assert.deepEqual(sessions.previousTokens, [undefined, "token 1"]);
  });

  it("passes its refresh token on even if its token has expired meanwhile", async () => {
    const sessions = new StoredSessions();
    sessions.lifeMs = MINUTE;
    await sessions.start().withToken(tokenOf);
    await sessions.clock.advance(2 * MINUTE);

    await sessions.start().withToken(tokenOf);

    assert.deepEqual(sessions.previousTokens, [undefined, "token 1"]);
  });

  it("is replaced by a forced sign-in", async () => {
    const sessions = new StoredSessions();
    await sessions.start().withToken(tokenOf);
    const { reused } = await sessions.start().signIn(true);
    assert.deepEqual([reused, sessions.previousTokens], [false, [undefined, undefined]]);
  });

  it("remembers a refusal, and how long the next one lasts", async () => {
    const sessions = new StoredSessions();
    sessions.signInError = new CredentialsRefusedError("Wrong password.", { vendorCode: -20601 });
    await assert.rejects(sessions.start().withToken(tokenOf));

    const next = sessions.start().withToken(tokenOf);
    await assert.rejects(next, { code: "sign-in", message: "Wrong password.", details: { vendorCode: -20601 } });
    assert.equal(sessions.signIns, 1);

    await sessions.clock.advance(15 * MINUTE);
    await assert.rejects(sessions.start().withToken(tokenOf));
    assert.equal(sessions.signIns, 2);
    await sessions.clock.advance(29 * MINUTE);
    await assert.rejects(sessions.start().withToken(tokenOf));
    assert.equal(sessions.signIns, 2, "twice as long as the first");
  });

  it("forgets a refusal after a forced sign-in", async () => {
    const sessions = new StoredSessions();
    sessions.signInError = new CredentialsRefusedError("Wrong password.");
    await assert.rejects(sessions.start().withToken(tokenOf));
    sessions.signInError = undefined;
    await sessions.start().signIn(true);
    assert.equal(await sessions.start().withToken(tokenOf), "token 2");
  });

  it("is written for each change, but not for each error", async () => {
    const sessions = new StoredSessions();
    const session = sessions.start();
    await session.withToken(tokenOf);
    const { writes } = sessions.store;
    sessions.signInError = new PlatformError("network", "unreachable");
    for (let round = 0; round < 5; round++) await assert.rejects(session.signIn(true));
    assert.equal(sessions.store.writes, writes);
  });

  for (const stored of [
    null,
    "text",
    [],
    {},
    { lease: "text" },
    { lease: { token: {}, renewAt: null, expiresAt: null } },
    { lease: { token: { value: 1 }, renewAt: null, expiresAt: null } },
    { lease: { token: { value: "token" }, renewAt: "soon", expiresAt: null } },
    { signInCooldown: { code: "unknown", message: "", details: {}, sinceMs: 0, untilMs: 1e15, durationMs: 0 } },
    { lent: { token: { value: "token" }, renewAt: null, expiresAt: null }, latch: {} },
  ]) {
    it(`costs one sign-in if it is ${JSON.stringify(stored)}`, async () => {
      const sessions = new StoredSessions();
      await createValue(sessions.store, { clock: sessions.clock }).value.save(stored);

      assert.equal(await sessions.start().withToken(tokenOf), "token 1");
      assert.equal(await sessions.start().withToken(tokenOf), "token 1");
    });
  }

  it("shares its schema with all sessions of a platform", () => {
    assert.equal(storedSession(Token), storedSession(Token));
    assert.notEqual(storedSession(Token), storedSession(Token.extend({ cookie: Token.shape.value })));
  });

  it("keeps its lease if its cooldown cannot be parsed, and fields that a platform adds to its token", () => {
    const token = { value: "token", account: { id: 1 } };
    const lease = { token, issuedAt: 4, renewAt: 5, expiresAt: null };
    const stored = storedSession(Token).parse({ lease, signInCooldown: 1 });
    assert.deepEqual(stored.lease, { ...lease, expiresAt: Infinity, acceptedFor: new Set() });
    assert.equal(stored.signInCooldown, undefined);
  });
});
