import assert from "node:assert/strict";
import { failRequests, PlatformError, untilRequested } from "../support/harness/action-flow";
import { kasaCloud } from "../support/harness/platforms";
import { testHelper } from "../support/harness/test-helper";
import { actionFlow, actorFlow, assertNoSecretLeaked } from "./action-fixture";

const BLUE = { fill: "blue", shape: "ring", text: "router-status.status.requesting" };
const YELLOW = { fill: "yellow", shape: "ring", text: "router-status.status.waiting" };
const GREEN = { fill: "green", shape: "dot", text: "router-status.status.done" };

describe("The status of an action node", () => {
  afterEach(assertNoSecretLeaked);

  it("is a blue ring during a request, and a green dot after it", async () => {
    const { red } = await actionFlow();
    assert.deepEqual(await red.statusesDuring("status", () => red.send("status")), [BLUE, GREEN]);
  });

  it("shows the number of rows", async () => {
    const red = await testHelper();
    const { account } = await kasaCloud();
    await red.deploy([account, { id: "list", type: "kasa-device-list", account: "kasa" }]);
    const statuses = await red.statusesDuring("list", () => red.send("list"));
    assert.deepEqual(statuses.at(-1), { ...GREEN, text: "kasa-device-list.status.rows" });
  });

  it("is a red ring with a short text after a failure, until a message succeeds", async () => {
    const { red, router } = await actionFlow();
    failRequests(router, { kind: "response", status: 404, body: "<html>" }, 1);
    const statuses = await red.statusesDuring("status", async () => {
      await red.send("status");
      await red.send("status");
    });
    const [blue, failed, blueAgain, green, ...rest] = statuses;
    assert.deepEqual([blue, blueAgain, green, rest], [BLUE, BLUE, GREEN, []]);
    assert.deepEqual([failed?.fill, failed?.shape], ["red", "ring"]);
    const text = failed?.text ?? "";
    assert.ok(text.length > 5 && text.length <= 60 && !text.includes(". "), text);
  });

  it("is the first sentence of the error, with the whole of a name that is quoted in it", async () => {
    const { red } = await actorFlow(() =>
      Promise.reject(new PlatformError("not-found", 'There is no "Mr. Smith. Lamp" here. There are: "Dr. No".')),
    );
    await red.send("actor");
    assert.equal(red.statuses("actor").at(-1)?.text, 'There is no "Mr. Smith. Lamp" here');
  });

  it("is truncated if the text is long", async () => {
    const { red } = await actorFlow(() => Promise.reject(new PlatformError("rejected", "Not now ".repeat(20))));
    await red.send("actor");
    const { text = "" } = red.statuses("actor").at(-1) ?? {};
    assert.equal(text.length, 60);
    assert.match(text, /^Not now Not now .*…$/);
  });

  it("stays blue while other messages are in flight, whatever the outcome of one of them", async () => {
    const { red, router } = await actionFlow();
    failRequests(router, { kind: "delay", ms: 150 }, 1);
    failRequests(router, { kind: "response", status: 404 }, 1);
    const statuses = await red.statusesDuring("status", async () => {
      red.inject("status");
      await untilRequested(router, 1);
      assert.equal((await red.send("status")).error?.code, "not-found");
      await red.until(() => red.sent("status").length === 1);
    });
    assert.deepEqual(statuses, [BLUE, GREEN]);
  });

  it("is a yellow ring while it waits for the rate limit", async () => {
    const { red } = await actionFlow({}, { rate: 2 });
    const statuses = await red.statusesDuring("status", async () => {
      await red.send("status");
      await red.send("status");
    });
    assert.deepEqual(statuses, [BLUE, GREEN, BLUE, YELLOW, BLUE, GREEN]);
  });

  it("is a yellow ring while it waits as long as the platform asks", async () => {
    const { red, router } = await actionFlow();
    failRequests(router, { kind: "response", status: 503, headers: { "retry-after": "1" } }, 1);
    const statuses = await red.statusesDuring("status", () => red.send("status"));
    assert.deepEqual(statuses, [BLUE, YELLOW, BLUE, GREEN]);
  });
});
