import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { FlowRunner, Message } from "../support/harness/flow-runner";
import { apiOf, codesOf, isPage, macsOf } from "../support/harness/omada-flow";
import { assertNoSecretLeaked, omadaFlow, omadaFlowWithClients } from "./omada-fixture";

const CLIENTS = "sites/{siteId}/clients";
const LED = "sites/{siteId}/led";

/** Sends a message that completes with no message or with several. */
async function complete(red: FlowRunner, msg: Message): Promise<void> {
  red.inject("query", msg);
  await red.until(() => red.ended("query") === 1);
}

describe("omada-query", () => {
  afterEach(assertNoSecretLeaked);

  for (const [output, count] of [
    ["pages", 3],
    ["messages", 45],
  ] as const) {
    it(`outputs ${output} that a Join node can reassemble`, async () => {
      const join = { id: "join", type: "join", mode: "auto" };
      const { red, site, macs } = await omadaFlowWithClients(45, {
        query: { output, wires: [["join", "test-sink"]] },
        nodes: [join],
      });

      red.inject("query", { path: CLIENTS, site, params: { pageSize: 20 }, topic: "kept" });
      await red.until(() => red.sent("join").length === 1);

      const [joined] = red.sent("join");
      assert.deepEqual(macsOf(joined), macs);
      assert.deepEqual([joined?.["topic"], "parts" in (joined ?? {})], ["kept", false]);
      assert.equal(red.sent("query").length / 2, count);
      assert.equal(red.ended("query"), 1);
    });
  }

  it("outputs every row that is there all the time, although another one leaves a page that has been read", async () => {
    const { red, controller, site, macs } = await omadaFlowWithClients(45);
    controller.onPage = (page) => {
      if (page !== 2) return;
      controller.onPage = undefined;
      const first = controller.clients.findIndex(({ mac }) => mac === macs[0]);
      controller.clients.splice(first, 1);
    };

    const { msg } = await red.send("query", { path: CLIENTS, site, params: { pageSize: 20 } });

    assert.deepEqual(macsOf(msg), macs.slice(1));
    assert.deepEqual([apiOf(msg)["totalRows"], apiOf(msg)["pages"]], [44, 3]);
  });

  it("outputs a list as it is that shrinks with each read", async () => {
    const { red, controller, site } = await omadaFlowWithClients(60);
    controller.onPage = (page) => page === 2 && controller.clients.pop();

    const { error } = await red.send("query", { path: CLIENTS, site, params: { pageSize: 20 } });

    assert.equal(error, undefined);
    assert.equal(controller.calls(/clients$/), 6);
  });

  it("outputs the pages of a list that shrinks meanwhile as they are, each of them once", async () => {
    const { red, controller, site } = await omadaFlowWithClients(60, { query: { output: "pages" } });
    controller.onPage = (page) => page === 2 && controller.clients.pop();

    await complete(red, { path: CLIENTS, site, params: { pageSize: 20 } });

    assert.equal(controller.calls(/clients$/), 3);
    assert.deepEqual(
      red.sent("query").map(({ payload }) => (payload as object[]).length),
      [20, 20, 19],
    );
  });

  it("outputs each page as soon as it arrives, with everything that a message has", async () => {
    const { red, controller, site } = await omadaFlowWithClients(45, { query: { output: "pages" } });
    controller.server.injectFault({ kind: "delay", ms: 150 }, { when: isPage(3) });

    red.inject("query", { path: CLIENTS, site, params: { pageSize: 20 }, topic: "kept", parts: { id: "outer" } });
    await red.until(() => red.sent("query").length === 1);
    const endedEarly = red.ended("query");
    await red.until(() => red.ended("query") === 1);

    const messages = red.sent("query");
    assert.equal(endedEarly, 0);
    assert.deepEqual(
      messages.map(({ payload }) => (payload as object[]).length),
      [20, 20, 5],
    );
    assert.deepEqual(
      messages.map(({ topic, statusCode, parts }) => [topic, statusCode, { ...(parts as object), id: "" }]),
      [{}, {}, { count: 3 }].map((count, index) => [
        "kept",
        200,
        { id: "", type: "array", len: 1000, index, ...count, parts: { id: "outer" } },
      ]),
    );
    assert.equal(new Set(messages.map(({ parts }) => (parts as { id: string }).id)).size, 1);
    assert.deepEqual(apiOf(messages[2])["totalRows"], 45);
  });

  it("outputs each element of an array without pages as a message", async () => {
    const { red } = await omadaFlow({ query: { output: "messages" } });

    await complete(red, { path: "sites/{siteId}/devices/all", site: "Harbour" });

    const messages = red.sent("query");
    assert.deepEqual(
      messages.map(({ payload }) => (payload as { type: string }).type),
      ["gateway", "switch", "ap", "ap"],
    );
    assert.deepEqual(
      messages.map(({ parts }) => (parts as { count: number }).count),
      [4, 4, 4, 4],
    );
  });

  for (const output of ["pages", "messages"]) {
    it(`outputs an object unchanged if its output is set to ${output}`, async () => {
      const { red } = await omadaFlow({ query: { output } });

      const { msg } = await red.send("query", { path: LED, site: "Harbour" });

      assert.deepEqual(msg?.payload, { enable: true });
      assert.equal(msg?.["parts"], undefined);
    });

    it(`outputs nothing for an empty list if its output is set to ${output}, and completes`, async () => {
      const { red, site } = await omadaFlowWithClients(0, { query: { output } });

      await complete(red, { path: CLIENTS, site });

      assert.deepEqual([red.sent("query"), red.caught()], [[], []]);
    });

    it(`outputs no more ${output} after one that fails, and completes once with the error`, async () => {
      const { red, controller, site } = await omadaFlowWithClients(60, { query: { output } });
      controller.server.injectFault(
        { kind: "response", body: { errorCode: -30028, msg: "busy" } },
        { when: isPage(3) },
      );

      await complete(red, { path: CLIENTS, site, params: { pageSize: 10 } });
      await sleep(50);

      // One is held back, because the last message has to carry the count.
      assert.equal(red.sent("query").length, output === "pages" ? 1 : 19);
      assert.deepEqual([red.caught().map(({ error }) => codesOf(error)), red.ended("query")], [[["busy", -30028]], 1]);
    });
  }

  it("outputs nothing of a list whose page fails in the middle, and completes once with the error", async () => {
    const { red, controller, site } = await omadaFlowWithClients(60);
    controller.server.injectFault({ kind: "response", body: { errorCode: -30028, msg: "busy" } }, { when: isPage(3) });

    await complete(red, { path: CLIENTS, site, params: { pageSize: 10 } });

    assert.deepEqual(red.sent("query"), []);
    assert.deepEqual(
      red.caught().map(({ error }) => codesOf(error)),
      [["busy", -30028]],
    );
  });
});
