import assert from "node:assert/strict";
import type { FlowNode } from "../../support/harness/node-red";
import { idleMsDuring } from "../../support/http-fixture";
import { everywhere, failedWith, Fixture, pause, tally, wentWell, type Ended } from "./fixture";
import type { Kind, Platform } from "./platforms";

/** How long a deploy may wait for something, although the platform hangs; what it has to do is no waiting. */
const MOST_MS = 1000;

/** A node as the editor sends it when its credentials did not change: without them. */
function unchanged(node: FlowNode): FlowNode {
  const { credentials: _, ...rest } = node;
  return rest;
}

/** Deploys while messages are under way: all of them end, and nothing waits for the platform. */
async function overtaken(
  stage: Fixture,
  flow: FlowNode[],
  type: "full" | "flows" | "nodes",
  begin: () => Promise<void>,
): Promise<Ended[]> {
  let idleMs = Infinity;
  const ended = await stage.endings(async () => {
    await begin();
    idleMs = await idleMsDuring(() => stage.deploy(flow, type));
  });
  assert.ok(idleMs < MOST_MS, `${idleMs} ms`);
  return ended;
}

const requests = (stage: Fixture): Record<string, number> => stage.each(({ server }) => server.journal.length);

describe("matrix: deploys", () => {
  const changes: [type: "full" | "flows" | "nodes", change: (flow: FlowNode[]) => FlowNode[]][] = [
    ["full", (flow) => flow],
    ["flows", (flow) => flow.map((node) => (node.id === "kasa-read" ? { ...node, name: "renamed" } : node))],
    ["nodes", (flow) => flow.map((node) => (/-(read|write)$/.test(node.id) ? { ...node, name: "renamed" } : node))],
  ];
  for (const [type, change] of changes) {
    it(`row 24: a deploy of type "${type}" ends each message in flight with \`cancelled\`, and costs no sign-in`, async () => {
      const stage = await Fixture.set();
      await stage.warmUp();
      stage.spoil({ kind: "hang" }, ["read", "write"]);

      const ended = await overtaken(stage, change(stage.flow.map(unchanged)), type, async () => {
        stage.inject("all", 100);
        await stage.until(() => Object.values(requests(stage)).every((count) => count === 4));
      });

      assert.deepEqual(tally(ended), { cancelled: 600 });
      await pause(50);
      assert.deepEqual(
        [requests(stage), stage.ended],
        [everywhere(4), 600],
        "nothing more is asked, nothing ends twice",
      );
      await stage.recovers();
      assert.deepEqual(stage.asked("sign-in"), everywhere(0));
    });
  }

  type Hang = [
    what: string,
    hang: (stage: Fixture) => void,
    of?: { https?: boolean; settings?: object; cold?: boolean },
  ];
  const spoiling =
    (fault: Parameters<Fixture["spoil"]>[0], kind: Kind[] = ["read", "write"]) =>
    (stage: Fixture): void =>
      stage.spoil(fault, kind);
  const hangs: Hang[] = [
    [
      "in a handshake",
      ({ platforms }) => {
        for (const { server } of platforms) {
          server.dropConnections();
          server.injectConnectionFault({ kind: "silent" }, Infinity);
        }
      },
      { https: true },
    ],
    ["before the head of an answer", spoiling({ kind: "hang" })],
    ["in the head of an answer", spoiling({ kind: "drip", everyMs: 50, part: "head" })],
    ["in the body of an answer", spoiling({ kind: "stall" })],
    ["in a body without end that drips", spoiling({ kind: "drip", everyMs: 100 })],
    ["in a sign-in", spoiling({ kind: "hang" }, ["sign-in"]), { cold: true }],
    ["in the wait for a rate", () => undefined, { settings: { rate: 0.01 }, cold: true }],
    [
      "in a rest that the platform asked for",
      spoiling({ kind: "response", status: 503, headers: { "retry-after": "30" } }),
    ],
    [
      "in a rest that the platform asked for at the sign-in",
      spoiling({ kind: "response", status: 503, headers: { "retry-after": "30" } }, ["sign-in"]),
      { cold: true },
    ],
  ];
  for (const [what, hang, { https = false, settings = {}, cold = false } = {}] of hangs) {
    it(`row 24: a node that hangs ${what} closes within a second, and leaves no connection`, async () => {
      const stage = await Fixture.set({ https, settings: { timeout: 60, ...settings } });
      if (!cold) await stage.warmUp();
      hang(stage);

      const ended = await overtaken(stage, [], "full", async () => {
        const made = stage.each(({ server }) => server.connections);
        stage.inject("read", 5);
        const begun = ({ name, server }: Platform): boolean =>
          server.journal.length > 0 || server.connections > (made[name] ?? 0);
        await stage.until(() => stage.platforms.every(begun));
        await pause(50);
        assert.equal(stage.ended, 0, "all are under way or wait");
      });

      assert.deepEqual(tally(ended), { cancelled: 15 });
      const asked = requests(stage);
      // Sooner than an idle connection would end by itself.
      await stage.until(() => stage.platforms.every(({ server }) => server.openConnections === 0), 3000);
      await pause(50);
      assert.deepEqual(requests(stage), asked, "nothing more is asked");
      await stage.deploy(stage.flow);
      for (const { server } of stage.platforms) server.clearFaults();
      if (!("rate" in settings)) await stage.recovers();
    });
  }

  it("row 24: twenty deploys under load end each message once", async function () {
    this.timeout(30_000);
    const stage = await Fixture.set();
    await stage.warmUp();
    stage.spoil({ kind: "late", ms: () => Math.random() * 20 }, ["read", "write"]);

    const ended = await stage.endings(async () => {
      for (let turn = 0; turn < 20; turn++) {
        stage.inject("all", 4);
        await pause(Math.random() * 20);
        await stage.deploy(stage.flow.map(unchanged));
      }
    });

    const { done = 0, cancelled = 0 } = tally(ended);
    assert.equal(done + cancelled, 20 * 4 * 6, JSON.stringify(tally(ended)));
    await stage.recovers();
    assert.deepEqual(stage.asked("sign-in"), everywhere(0));
  });

  for (const type of ["full", "nodes"] as const) {
    it(`row 25: new credentials while a thousand messages wait: all fail, none goes out with the old ones (${type})`, async () => {
      const stage = await Fixture.set({ settings: { concurrency: 1 } });
      await stage.warmUp();
      stage.spoil({ kind: "hang" }, ["read", "write"]);
      const fresh = stage.each(({ changePassword }) => changePassword());

      const ended = await overtaken(
        stage,
        stage.with(({ name }) => ({ credentials: fresh[name] })),
        type,
        async () => {
          stage.inject("read", 1001);
          await stage.until(() => Object.values(requests(stage)).every((count) => count === 1));
        },
      );

      assert.deepEqual(tally(ended), { cancelled: 3003 });
      const asked = requests(stage);
      const old = stage.each(({ server, proof }) => new Set(server.journal.map(proof)));
      for (const { server } of stage.platforms) server.clearFaults();
      wentWell(await stage.play("read"));
      for (const { name, server, proof, kind, config, secret } of stage.platforms) {
        const later = server.journal.slice(asked[name]);
        assert.deepEqual(later.map(kind), ["sign-in", "read"], name);
        assert.ok(!later.some((one) => kind(one) === "read" && old[name]?.has(proof(one))), `${name}: no old token`);
        const oldSecret = JSON.stringify(config.credentials?.[secret]);
        assert.ok(!later.some(({ body }) => body.includes(oldSecret)), `${name}: no old secret`);
      }
    });
  }

  for (const type of ["full", "nodes"] as const) {
    it(`row 25: a config node that is removed while a thousand messages wait fails them all, and later ones (${type})`, async () => {
      const stage = await Fixture.set({ settings: { concurrency: 1 } });
      await stage.warmUp();
      stage.spoil({ kind: "hang" }, ["read", "write"]);
      const rest = stage.platforms.flatMap(({ nodes }) => nodes);

      const ended = await overtaken(stage, rest, type, async () => {
        stage.inject("read", 1001);
        await stage.until(() => Object.values(requests(stage)).every((count) => count === 1));
      });

      assert.deepEqual(tally(ended), { cancelled: 3003 });
      failedWith(await stage.play(), "config");
      assert.deepEqual(requests(stage), everywhere(1), "nobody is asked any more");
      await stage.deploy(stage.flow);
      await stage.recovers();
    });
  }
});
