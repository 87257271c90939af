import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { FlowNode } from "../../support/harness/node-red";
import { idleMsDuring } from "../../support/http-fixture";
import { assertFailed, assertSucceeded, countCodes, Fixture, onEveryPlatform, type Completion } from "./fixture";
import type { Platform, RequestKind } from "./platforms";

/** How long a deploy may be idle while the platform hangs; its own work does not count. */
const MAX_IDLE_MS = 1000;

/** A node as the editor deploys it if its credentials did not change. */
function withoutCredentials(node: FlowNode): FlowNode {
  const { credentials: _, ...rest } = node;
  return rest;
}

/** Deploys while messages are in flight, and fails if the deploy waits for the platform. */
async function deployDuring(
  fixture: Fixture,
  flow: FlowNode[],
  type: "full" | "flows" | "nodes",
  start: () => Promise<void>,
): Promise<Completion[]> {
  let idleMs = Infinity;
  const completions = await fixture.completionsDuring(async () => {
    await start();
    idleMs = await idleMsDuring(() => fixture.deploy(flow, type));
  });
  assert.ok(idleMs < MAX_IDLE_MS, `${idleMs} ms`);
  return completions;
}

const requests = (fixture: Fixture): Record<string, number> =>
  fixture.mapPlatforms(({ server }) => server.journal.length);

describe("matrix: deploys", () => {
  const changes: [type: "full" | "flows" | "nodes", change: (flow: FlowNode[]) => FlowNode[]][] = [
    ["full", (flow) => flow],
    ["flows", (flow) => flow.map((node) => (node.id === "kasa-read" ? { ...node, name: "renamed" } : node))],
    ["nodes", (flow) => flow.map((node) => (/-(read|write)$/.test(node.id) ? { ...node, name: "renamed" } : node))],
  ];
  for (const [type, change] of changes) {
    it(`row 24: a deploy of type "${type}" cancels each message in flight, and costs no sign-in`, async () => {
      const fixture = await Fixture.start();
      await fixture.warmUp();
      fixture.injectFault({ kind: "hang" }, ["read", "write"]);

      const completions = await deployDuring(fixture, change(fixture.flow.map(withoutCredentials)), type, async () => {
        fixture.inject("all", 100);
        await fixture.until(() => Object.values(requests(fixture)).every((count) => count === 4));
      });

      assert.deepEqual(countCodes(completions), { cancelled: 600 });
      await sleep(50);
      assert.deepEqual(
        [requests(fixture), fixture.completed],
        [onEveryPlatform(4), 600],
        "there is no further request, and nothing ends twice",
      );
      await fixture.assertRecovers();
      assert.deepEqual(fixture.requestCounts("sign-in"), onEveryPlatform(0));
    });
  }

  type Hang = [
    where: string,
    hang: (fixture: Fixture) => void,
    options?: { https?: boolean; settings?: object; cold?: boolean },
  ];
  const injecting =
    (fault: Parameters<Fixture["injectFault"]>[0], kind: RequestKind[] = ["read", "write"]) =>
    (fixture: Fixture): void =>
      fixture.injectFault(fault, kind);
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
    ["before the head of a response", injecting({ kind: "hang" })],
    ["in the head of a response", injecting({ kind: "drip", everyMs: 50, part: "head" })],
    ["in the body of a response", injecting({ kind: "stall" })],
    ["in an endless body", injecting({ kind: "drip", everyMs: 100 })],
    ["in a sign-in", injecting({ kind: "hang" }, ["sign-in"]), { cold: true }],
    ["in the wait for the rate limit", () => undefined, { settings: { rate: 0.01 }, cold: true }],
    [
      "in a delay that the platform asked for",
      injecting({ kind: "response", status: 503, headers: { "retry-after": "30" } }),
    ],
    [
      "in a delay that the platform asked for at the sign-in",
      injecting({ kind: "response", status: 503, headers: { "retry-after": "30" } }, ["sign-in"]),
      { cold: true },
    ],
  ];
  for (const [where, hang, { https = false, settings = {}, cold = false } = {}] of hangs) {
    it(`row 24: a node that hangs ${where} closes within a second, and leaves no connection`, async () => {
      const fixture = await Fixture.start({ https, settings: { timeout: 60, ...settings } });
      if (!cold) await fixture.warmUp();
      hang(fixture);

      const completions = await deployDuring(fixture, [], "full", async () => {
        const connections = fixture.mapPlatforms(({ server }) => server.connections);
        fixture.inject("read", 5);
        const isInFlight = ({ name, server }: Platform): boolean =>
          server.journal.length > 0 || server.connections > (connections[name] ?? 0);
        await fixture.until(() => fixture.platforms.every(isInFlight));
        await sleep(50);
        assert.equal(fixture.completed, 0, "all are in flight or wait");
      });

      assert.deepEqual(countCodes(completions), { cancelled: 15 });
      const before = requests(fixture);
      // Sooner than an idle connection would be closed.
      await fixture.until(() => fixture.platforms.every(({ server }) => server.openConnections === 0), 3000);
      await sleep(50);
      assert.deepEqual(requests(fixture), before, "there is no further request");
      await fixture.deploy(fixture.flow);
      for (const { server } of fixture.platforms) server.clearFaults();
      if (!("rate" in settings)) await fixture.assertRecovers();
    });
  }

  it("row 24: twenty deploys under load end each message once", async function () {
    this.timeout(30_000);
    const fixture = await Fixture.start();
    await fixture.warmUp();
    fixture.injectFault({ kind: "late", ms: () => Math.random() * 20 }, ["read", "write"]);

    const completions = await fixture.completionsDuring(async () => {
      for (let deploy = 0; deploy < 20; deploy++) {
        fixture.inject("all", 4);
        await sleep(Math.random() * 20);
        await fixture.deploy(fixture.flow.map(withoutCredentials));
      }
    });

    const { done = 0, cancelled = 0 } = countCodes(completions);
    assert.equal(done + cancelled, 20 * 4 * 6, JSON.stringify(countCodes(completions)));
    await fixture.assertRecovers();
    assert.deepEqual(fixture.requestCounts("sign-in"), onEveryPlatform(0));
  });

  for (const type of ["full", "nodes"] as const) {
    it(`row 25: new credentials cancel a thousand waiting messages, and no request uses the old ones (${type})`, async () => {
      const fixture = await Fixture.start({ settings: { concurrency: 1 } });
      await fixture.warmUp();
      fixture.injectFault({ kind: "hang" }, ["read", "write"]);
      const changed = fixture.mapPlatforms(({ changePassword }) => changePassword());

      const completions = await deployDuring(
        fixture,
        fixture.with(({ name }) => ({ credentials: changed[name] })),
        type,
        async () => {
          fixture.inject("read", 1001);
          await fixture.until(() => Object.values(requests(fixture)).every((count) => count === 1));
        },
      );

      assert.deepEqual(countCodes(completions), { cancelled: 3003 });
      const before = requests(fixture);
      const old = fixture.mapPlatforms(({ server, tokenOf }) => new Set(server.journal.map(tokenOf)));
      for (const { server } of fixture.platforms) server.clearFaults();
      assertSucceeded(await fixture.sendToAll("read"));
      for (const { name, server, tokenOf, kindOf, config, secret } of fixture.platforms) {
        const later = server.journal.slice(before[name]);
        assert.deepEqual(later.map(kindOf), ["sign-in", "read"], name);
        assert.ok(
          !later.some((request) => kindOf(request) === "read" && old[name]?.has(tokenOf(request))),
          `${name}: no old token`,
        );
        const oldSecret = JSON.stringify(config.credentials?.[secret]);
        assert.ok(!later.some(({ body }) => body.includes(oldSecret)), `${name}: no old secret`);
      }
    });
  }

  for (const type of ["full", "nodes"] as const) {
    it(`row 25: the removal of a config node cancels a thousand waiting messages, and later ones fail (${type})`, async () => {
      const fixture = await Fixture.start({ settings: { concurrency: 1 } });
      await fixture.warmUp();
      fixture.injectFault({ kind: "hang" }, ["read", "write"]);
      const actionNodes = fixture.platforms.flatMap(({ nodes }) => nodes);

      const completions = await deployDuring(fixture, actionNodes, type, async () => {
        fixture.inject("read", 1001);
        await fixture.until(() => Object.values(requests(fixture)).every((count) => count === 1));
      });

      assert.deepEqual(countCodes(completions), { cancelled: 3003 });
      assertFailed(await fixture.sendToAll(), "config");
      assert.deepEqual(requests(fixture), onEveryPlatform(1), "there is no further request");
      await fixture.deploy(fixture.flow);
      await fixture.assertRecovers();
    });
  }
});
