import assert from "node:assert/strict";
import type { FlowNode } from "../../support/harness/node-red";
import type { SimulatedResponse } from "../../support/simulators/simulated-response";
import { everywhere, failedWith, Fixture, tally, travel, wentWell } from "./fixture";

const SECOND = 1000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Up to `ms`, anew for each answer. */
const upTo = (ms: number) => () => Math.random() * ms;

/** A new sign-in ends all earlier sessions: the platform allows one. */
function oneSession(stage: Fixture): void {
  for (const { server, kind, spendTokens } of stage.platforms)
    server.onRequest = (asked) => {
      if (kind(asked) === "sign-in") spendTokens();
    };
}

/** The flow with a config node whose secret is wrong. */
function withWrongSecret(stage: Fixture): FlowNode[] {
  return stage.with(({ config, secret }) => ({ credentials: { ...config.credentials, [secret]: "wrong" } }));
}

describe("matrix: tokens", () => {
  for (const [row, what, spend] of [
    [1, "a token that is revoked", (stage: Fixture) => stage],
    [2, "a token that dies with each new sign-in", oneSession],
  ] as const) {
    it(`row ${row}: ${what} with hundreds in flight costs one sign-in and no message`, async () => {
      const stage = await Fixture.set({ settings: { concurrency: 200 } });
      await stage.warmUp();
      stage.spoil({ kind: "late", ms: upTo(200) }, ["read", "write"]);
      const done = stage.countDone("write");
      spend(stage);

      const ended = await stage.endings(async () => {
        stage.inject("read", 150);
        stage.inject("write", 50);
        await stage.until(() => Object.values(stage.asked("read")).every((count) => count > 20));
        for (const platform of stage.platforms) platform.spendTokens();
        await stage.until(() => stage.ended === 600);
      });

      assert.deepEqual(tally(ended), { done: 600 });
      assert.deepEqual(stage.asked("sign-in"), everywhere(1));
      for (const { name } of stage.platforms) {
        const [reads = 0, writes = 0] = [stage.asked("read")[name], stage.asked("write")[name]];
        assert.ok(reads > 150 && reads <= 300, `${name}: each of 150 reads is replayed at most once, ${reads}`);
        assert.ok(writes <= 100, `${name}: each of 50 writes is replayed at most once, ${writes}`);
        assert.equal(done(name), 50, `${name}: each write is done once`);
      }
    });
  }

  it("row 3: a token that ended in a quiet hour is renewed once, before anything is asked with it", async () => {
    const stage = await Fixture.set({ only: ["omada", "router"], settings: { concurrency: 100 } });
    await stage.warmUp();
    for (const { setClock } of stage.platforms) setClock?.(() => Date.now());
    travel(3 * DAY);

    const ended = await stage.flood("read", 100);

    assert.deepEqual(tally(ended), { done: 200 });
    assert.deepEqual(
      [stage.asked("sign-in"), stage.asked("read")],
      [
        { omada: 1, router: 1 },
        { omada: 100, router: 100 },
      ],
    );
  });

  // Kasa's cloud does not say how long a token lives: only an answer can tell its end.
  it("row 3: a token of unknown life that ended in a quiet hour costs one sign-in, and a call for each place", async () => {
    const stage = await Fixture.set({ only: ["kasa"], settings: { concurrency: 4 } });
    await stage.warmUp();
    stage.platform("kasa").spendTokens();

    const ended = await stage.flood("read", 100);

    assert.deepEqual([tally(ended), stage.asked("sign-in")], [{ done: 100 }, { kasa: 1 }]);
    assert.ok((stage.asked("read")["kasa"] ?? 0) <= 104);
  });

  it("row 4: a sign-in that fails twice with HTTP 503 is tried three times, for all who wait", async () => {
    const stage = await Fixture.set();
    stage.spoil({ kind: "response", status: 503 }, "sign-in", 2);

    const ended = await stage.flood("read", 200);

    assert.deepEqual([tally(ended), stage.asked("sign-in")], [{ done: 600 }, everywhere(3)]);
  });

  it("row 5: a wrong password is sent once, and all messages say so", async () => {
    const stage = await Fixture.set();
    await stage.deploy(withWrongSecret(stage));

    const ended = await stage.flood("all", 250);
    const later = await stage.play();

    assert.deepEqual(tally(ended), { "sign-in": 1500 });
    failedWith(later, "sign-in");
    assert.deepEqual([stage.asked("sign-in"), stage.asked("read")], [everywhere(1), everywhere(0)]);
    for (const id of stage.ids()) assert.equal(stage.red.statuses(id).at(-1)?.fill, "red", id);
  });

  it("row 7: a password that was corrected works at once, with one more sign-in", async () => {
    const stage = await Fixture.set();
    await stage.deploy(withWrongSecret(stage));
    failedWith(await stage.play(), "sign-in");

    await stage.deploy(stage.flow, "nodes");

    wentWell(await stage.play());
    assert.deepEqual(stage.asked("sign-in"), everywhere(2));
  });

  it("row 6: a platform that wants no sign-in for a while gets none, and then one", async () => {
    const stage = await Fixture.set();
    stage.spoil({ kind: "response", status: 429, headers: { "retry-after": "45" } }, "sign-in");

    const first = await stage.play("read");
    const ended = await stage.flood("all", 50);
    const asked = stage.asked("sign-in");
    travel(40 * SECOND);
    const early = await stage.play("read");
    const askedEarly = stage.asked("sign-in");
    travel(6 * SECOND);

    failedWith([...first, ...early], "busy");
    for (const { error } of first) assert.equal(error?.cause["retryAfterMs"], 45_000);
    assert.deepEqual(tally(ended), { busy: 300 });
    assert.deepEqual([asked, askedEarly], [everywhere(1), everywhere(1)]);
    await stage.recovers();
    assert.deepEqual(stage.asked("sign-in"), everywhere(2));
  });

  it("row 8: fresh tokens that are refused as well end in an error, and no message signs in for itself", async () => {
    const stage = await Fixture.set();
    await stage.warmUp();
    for (const platform of stage.platforms) platform.refuseTokens();

    const first = await stage.play("read");
    const ended = await stage.flood("read", 50);
    const asked = stage.asked("sign-in");
    travel(11 * SECOND);
    await stage.flood("read", 50);

    failedWith(first, "sign-in");
    assert.deepEqual([tally(ended), asked], [{ "sign-in": 150 }, everywhere(1)]);
    assert.deepEqual(stage.asked("sign-in"), everywhere(2));
    for (const count of Object.values(stage.asked("read"))) assert.ok(count <= 2 + 50 + 50 + 4, `${count} reads`);
  });

  it("row 9: what is forbidden is asked for once, and nobody signs in for it", async () => {
    const stage = await Fixture.set();
    await stage.warmUp();
    stage.spoil({ kind: "response", status: 403 }, ["read", "write"]);

    failedWith(await stage.play(), "forbidden");

    assert.deepEqual(
      [stage.asked("read"), stage.asked("write"), stage.asked("sign-in")],
      [everywhere(1), everywhere(1), everywhere(0)],
    );
    await stage.recovers();
  });

  // The row wants the ping-pong found out and warned of. The contract has no such thing: what it says is that each spent
  // token is renewed once, and that two spent ones in a row are an error, after which renewals rest.
  it("row 10: two config nodes that end each other's session are no loop", async () => {
    const stage = await Fixture.set();
    oneSession(stage);
    const twins = stage.platforms.flatMap(({ name, config, nodes: [reader] }) => {
      const reference = Object.keys(reader ?? {}).find((key) => reader?.[key] === name) ?? "";
      return [
        { ...config, id: `${name}2` },
        { ...reader, id: `${name}-read2`, type: String(reader?.type), [reference]: `${name}2` },
      ];
    });
    await stage.deploy([...stage.flow, ...twins]);

    for (let turn = 0; turn < 10; turn++) {
      wentWell(await stage.play("read"));
      for (const { name } of stage.platforms) assert.equal((await stage.red.send(`${name}-read2`)).error, undefined);
    }
    assert.deepEqual(stage.asked("sign-in"), everywhere(20), "one for each turn of each, no more");

    const ended = await stage.endings(async () => {
      for (let n = 0; n < 50; n++) for (const { name } of stage.platforms) stage.red.inject(`${name}-read2`);
      stage.inject("read", 50);
      await stage.until(() => stage.ended === 300);
    });
    const { done = 0, "sign-in": refused = 0 } = tally(ended);
    assert.equal(done + refused, 300);
    for (const count of Object.values(stage.asked("sign-in"))) assert.ok(count <= 20 + 100, `${count} sign-ins`);
  });

  for (const [what, ms] of [
    ["an hour ahead", HOUR],
    ["an hour back", -HOUR],
    ["a day ahead", DAY],
    ["a day back", -DAY],
  ] as const) {
    it(`row 23: a clock that jumps ${what} costs one sign-in at most`, async () => {
      const stage = await Fixture.set();
      await stage.warmUp();
      travel(ms);

      const ended = await stage.flood("all", 20);

      assert.deepEqual(tally(ended), { done: 120 });
      for (const [name, count] of Object.entries(stage.asked("sign-in"))) assert.ok(count <= 1, `${name}: ${count}`);
      travel(-ms);
      await stage.recovers();
      for (const [name, count] of Object.entries(stage.asked("sign-in"))) assert.ok(count <= 2, `${name}: ${count}`);
    });
  }

  it("row 23: ten minutes of sleep cost no sign-in", async () => {
    const stage = await Fixture.set();
    await stage.warmUp();
    for (const { setClock } of stage.platforms) setClock?.(() => Date.now());
    travel(HOUR / 6);

    wentWell(await stage.play());

    assert.deepEqual(stage.asked("sign-in"), everywhere(0));
  });

  for (const life of ["0", "-1", '"7200"', "1e12", "null", '"soon"', undefined]) {
    it(`row 23: a token that lives for ${life ?? "nobody says how long"} is no storm of sign-ins`, async () => {
      const stage = await Fixture.set({ only: ["omada", "router"] });
      stage.spoil({ kind: "alter", how: (answer) => saying(answer, life) }, "sign-in");

      const ended = await stage.flood("all", 50);

      assert.deepEqual([tally(ended), stage.asked("sign-in")], [{ done: 200 }, { omada: 1, router: 1 }]);
    });
  }
});

/** An answer that says another life of the token that it brings, or none. */
function saying(answer: SimulatedResponse, life: string | undefined): SimulatedResponse {
  const without = JSON.stringify(answer.body, (key, value: unknown) => (key === "expiresIn" ? undefined : value));
  const body = life === undefined ? without : without.replace('{"accessToken"', `{"expiresIn":${life},"accessToken"`);
  return { ...answer, body };
}
