import assert from "node:assert/strict";
import { CredentialsRefusedError, PlatformError } from "../../../src/core/errors";
import { createValue } from "../persistence/memory-store";
import { MINUTE, pause, StoredSessions, tokenOf } from "./stored-session-fixture";

describe("A session that several processes share", () => {
  it("is signed in by one of them, however many start at the same time", async () => {
    const sessions = new StoredSessions();
    const processes = Array.from({ length: 6 }, () => sessions.start(true));
    const tokens = processes.map((session) => session.withToken(tokenOf));
    assert.deepEqual(new Set(await sessions.settle(Promise.all(tokens), 5)), new Set(["token 1"]));
    assert.equal(sessions.signIns, 1);
  });

  it("is awaited while another process signs in", async () => {
    const sessions = new StoredSessions();
    let endSignIn = (): void => undefined;
    sessions.signInDelay = new Promise((resolve) => {
      endSignIn = resolve;
    });
    const one = sessions.start(true).withToken(tokenOf);
    await sessions.untilSignIn();
    const other = sessions.start(true).withToken(tokenOf);
    for (let step = 0; step < 20; step++) {
      await pause(5);
      await sessions.clock.advance(100);
    }
    assert.equal(sessions.signIns, 1);
    endSignIn();
    assert.deepEqual(await sessions.settle(Promise.all([one, other])), ["token 1", "token 1"]);
  });

  it("is awaited for 20 seconds at most if that process has died", async () => {
    const sessions = new StoredSessions();
    await sessions.startHangingSignIn();
    sessions.signInDelay = undefined;
    const startedAt = sessions.clock.now();
    assert.equal(await sessions.settle(sessions.start(true).withToken(tokenOf)), "token 2");
    const waitedMs = sessions.clock.now() - startedAt;
    assert.ok(waitedMs > 10_000 && waitedMs < 30_000, `${waitedMs}`);
  });

  it("is not awaited if that process died long ago", async () => {
    const sessions = new StoredSessions();
    await sessions.startHangingSignIn();
    await sessions.clock.advance(MINUTE);
    sessions.signInDelay = undefined;
    const startedAt = sessions.clock.now();
    await sessions.settle(sessions.start(true).withToken(tokenOf));
    const waitedMs = sessions.clock.now() - startedAt;
    assert.ok(waitedMs < 5000, `${waitedMs}`);
  });

  it("is not awaited for longer because the clock was set back", async () => {
    const sessions = new StoredSessions();
    await sessions.startHangingSignIn();
    sessions.clock.shift(-60 * MINUTE);
    sessions.signInDelay = undefined;
    const startedAt = sessions.clock.now();
    await sessions.settle(sessions.start(true).withToken(tokenOf));
    const waitedMs = sessions.clock.now() - startedAt;
    assert.ok(waitedMs < 30_000, `${waitedMs}`);
  });

  it("is not written during the cooldown after a refusal", async () => {
    const sessions = new StoredSessions();
    sessions.signInError = new CredentialsRefusedError("Wrong password.");
    await assert.rejects(sessions.settle(sessions.start(true).withToken(tokenOf)));
    const { writes } = sessions.store;
    const session = sessions.start(true);
    for (let round = 0; round < 3; round++)
      await assert.rejects(sessions.settle(session.withToken(tokenOf)), { code: "sign-in" });
    assert.deepEqual([sessions.store.writes, sessions.signIns], [writes, 1]);
  });

  it("forgets its refusal when another process has signed in", async () => {
    const sessions = new StoredSessions();
    const session = sessions.start(true);
    const call = (): Promise<string> => sessions.settle(session.withToken(tokenOf));
    sessions.signInError = new CredentialsRefusedError("Wrong password.");
    await assert.rejects(call());
    await sessions.clock.advance(15 * MINUTE);
    sessions.signInError = undefined;
    await sessions.settle(sessions.start(true).withToken(tokenOf));
    assert.equal(await call(), "token 2");

    sessions.signInError = new CredentialsRefusedError("Wrong again.");
    await assert.rejects(sessions.settle(session.signIn(true)));
    await sessions.clock.advance(15 * MINUTE);
    await assert.rejects(sessions.settle(session.signIn(true)));
    assert.equal(sessions.signIns, 4);
  });

  it("cancels its wait when it is closed", async () => {
    const sessions = new StoredSessions();
    await sessions.startHangingSignIn();
    const session = sessions.start(true);
    const call = session.withToken(tokenOf);
    call.catch(() => undefined);
    await pause(50);
    session.close();
    await assert.rejects(call, { code: "cancelled" });
  });

  it("ignores a refusal from before its last success that is put back into the store", async () => {
    const sessions = new StoredSessions();
    const session = sessions.start(true);
    sessions.signInError = new CredentialsRefusedError("Wrong password.");
    await assert.rejects(sessions.settle(session.withToken(tokenOf)));
    const refusal = sessions.store.text;
    sessions.signInError = undefined;
    sessions.lifeMs = MINUTE;
    await sessions.clock.advance(MINUTE);
    await sessions.settle(session.signIn(true));
    sessions.store.text = refusal;
    await sessions.clock.advance(2 * MINUTE);

    assert.equal(await sessions.settle(session.withToken(tokenOf)), "token 3");
  });

  it("is not blocked for longer than a day by what is stored", async () => {
    const sessions = new StoredSessions();
    const cooldown = {
      ...NO_STEPS,
      code: "sign-in",
      message: "Wrong.",
      details: {},
      sinceMs: sessions.clock.now(),
      untilMs: 1e15,
    };
    await createValue(sessions.store, { clock: sessions.clock }).value.save({ signInCooldown: cooldown });
    await assert.rejects(sessions.settle(sessions.start(true).withToken(tokenOf)), { code: "sign-in" });
    await sessions.clock.advance(24 * 60 * MINUTE);

    assert.equal(await sessions.settle(sessions.start(true).withToken(tokenOf)), "token 1");
  });

  it("does not send credentials that another process has been refused meanwhile", async () => {
    const sessions = new StoredSessions();
    const session = sessions.start(true);
    sessions.signInError = new PlatformError("protocol", "A web page.");
    await assert.rejects(sessions.settle(session.withToken(tokenOf)));
    await sessions.clock.advance(2000);
    sessions.signInError = new CredentialsRefusedError("Wrong password.");
    await assert.rejects(sessions.settle(sessions.start(true).withToken(tokenOf)));

    await assert.rejects(sessions.settle(session.withToken(tokenOf)), { code: "sign-in" });

    assert.equal(sessions.signIns, 2);
  });
});

const NO_STEPS = { durationMs: 0, restMs: 0, forcedMs: 0, forcedUntilMs: 0 };
