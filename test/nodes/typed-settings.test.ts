import assert from "node:assert/strict";
import { sentRequests } from "../support/harness/action-flow";
import type { Message } from "../support/harness/flow-runner";
import { actionFlow, assertNoSecretLeaked } from "./action-fixture";

describe("A typed setting", () => {
  afterEach(assertNoSecretLeaked);

  const endpoints: [string, object, Message, string | RegExp][] = [
    ["text", { endpoint: "info.time", endpointType: "str" }, {}, "info.time"],
    ["text if no type was saved", { endpoint: " info.time " }, {}, "info.time"],
    ["text if an empty type was saved", { endpoint: "info.time", endpointType: "" }, {}, "info.time"],
    ["JSON", { endpoint: '"info.time"', endpointType: "json" }, {}, "info.time"],
    [
      "a property of the message",
      { endpoint: "a.b[0]", endpointType: "msg" },
      { a: { b: ["info.time"] } },
      "info.time",
    ],
    ["a property of the flow", { endpoint: "endpoint", endpointType: "flow" }, {}, "info.time"],
    ["a global property", { endpoint: "endpoint", endpointType: "global" }, {}, "info.firmware"],
    ["an environment variable", { endpoint: "HOMENET_TEST", endpointType: "env" }, {}, "info.time"],
    ["a JSONata expression", { endpoint: "'info.' & topic", endpointType: "jsonata" }, { topic: "time" }, "info.time"],
    ["set, and overrides the message", { endpoint: "info.time" }, { endpoint: "info.firmware" }, "info.time"],
    ["blank, and is taken from the message", { endpoint: "" }, { endpoint: "info.firmware" }, "info.firmware"],
    ["only spaces, and is taken from the message", { endpoint: " \t" }, { endpoint: "info.firmware" }, "info.firmware"],
    [
      "blank with a type, and is taken from the message",
      { endpoint: "", endpointType: "num" },
      { endpoint: "info.time" },
      "info.time",
    ],
    ["missing, and is taken from the message", { endpoint: undefined }, { endpoint: "info.firmware" }, "info.firmware"],
    ["a number, which is not an endpoint", { endpoint: "5", endpointType: "num" }, {}, /"endpoint" must be/],
    ["not a number in spite of its type", { endpoint: "five", endpointType: "num" }, {}, /cannot be read as num/],
    ["a boolean, which is not a text", { endpoint: "true", endpointType: "bool" }, {}, /"endpoint" must be text/],
    ["an object, which is not a text", { endpoint: "{}", endpointType: "json" }, {}, /"endpoint" must be text/],
    ["broken JSON", { endpoint: "{", endpointType: "json" }, {}, /"endpoint" cannot be read as json/],
    ["broken JSONata", { endpoint: "'info", endpointType: "jsonata" }, {}, /"endpoint" cannot be read as jsonata/],
    ["failing JSONata", { endpoint: "$number('x')", endpointType: "jsonata" }, {}, /cannot be read as jsonata/],
    ["an invalid property of the message", { endpoint: "a[", endpointType: "msg" }, {}, /cannot be read as msg/],
    ["blank if the message has an object", { endpoint: "" }, { endpoint: { a: 1 } }, /"endpoint" must be text/],
  ];
  for (const [what, status, message, expected] of endpoints) {
    it(`may be ${what}`, async () => {
      process.env["HOMENET_TEST"] = "info.time";
      const { red, router } = await actionFlow(status);
      interface Context {
        set(key: string, value: unknown): void;
      }
      const context = red.node<{ context(): { flow: Context; global: Context } }>("status").context();
      context.flow.set("endpoint", "info.time");
      context.global.set("endpoint", "info.firmware");

      const { error } = await red.send("status", message);

      delete process.env["HOMENET_TEST"];
      if (typeof expected === "string") {
        assert.equal(error, undefined);
        assert.deepEqual(sentRequests(router), [{ endpoint: expected, query: {} }]);
      } else {
        assert.equal(error?.code, "input");
        assert.match(error.message, expected);
        assert.deepEqual(router.server.journal, []);
      }
    });
  }

  it("is parsed in linear time, even with a million spaces in the middle", async () => {
    const { red } = await actionFlow({ endpoint: "" });
    // A pattern with quadratic backtracking would take longer than the timeout of the test.
    const { error } = await red.send("status", { endpoint: `info.time${" ".repeat(1e6)}x` });
    assert.equal(error?.code, "input");
  });

  it("loses the spaces around it, and nothing else", async () => {
    const { red, router } = await actionFlow({ endpoint: "" });
    assert.equal((await red.send("status", { endpoint: "  info.time  " })).error, undefined);
    assert.equal((await red.send("status", { endpoint: "info.time\n" })).error?.code, "input");
    assert.equal((await red.send("status", { endpoint: "   " })).error, undefined);
    assert.deepEqual(
      sentRequests(router).map(({ endpoint }) => endpoint),
      ["info.time", "status.wan.connection"],
    );
  });

  const params: [string, object, Message, object | RegExp][] = [
    ["JSON if no type was saved", { params: '{"a":"b"}' }, {}, { a: "b" }],
    ["text that is JSON", { params: '{"a":"b"}', paramsType: "str" }, {}, { a: "b" }],
    ["an object of the message", { params: "" }, { params: { a: 1 } }, { a: "1" }],
    ["JSON text of the message", { params: "" }, { params: '{"a":"b"}' }, { a: "b" }],
    ["an expression", { params: '{"a": payload}', paramsType: "jsonata" }, { payload: 7 }, { a: "7" }],
    ["nothing", {}, {}, {}],
    ["null", {}, { params: null }, {}],
    ["a list, which is refused", { params: "[1]" }, {}, /"params" must be an object/],
    ["a number, which is refused", { params: "1", paramsType: "num" }, {}, /"params" must be an object/],
    ["invalid JSON, which is refused", {}, { params: "a=b" }, /"params" is text, but not valid JSON/],
  ];
  for (const [what, status, message, expected] of params) {
    it(`for an object may be ${what}`, async () => {
      const { red, router } = await actionFlow(status);
      const { error } = await red.send("status", message);
      if (expected instanceof RegExp) assert.match(error?.message ?? "", expected);
      else assert.deepEqual([error, sentRequests(router)[0]?.query], [undefined, expected]);
    });
  }

  for (const [what, post, message, expected] of [
    ["JSON if no type was saved", { body: '{"a":1}' }, { payload: { b: 2 } }, '{"a":1}'],
    ["blank, and is taken from the payload", { body: "" }, { payload: { b: 2 } }, '{"b":2}'],
    ["blank, and is taken from a payload that is JSON text", { body: "" }, { payload: '{"b":2}' }, '{"b":2}'],
  ] as const) {
    it(`for a body may be ${what}`, async () => {
      const node = { id: "body", type: "router-config-post", router: "router", endpoint: "config.gpio" };
      const { red, router } = await actionFlow({}, {}, [{ ...node, ...post }]);

      await red.send("body", message);

      assert.equal(router.server.journal.at(-1)?.body, expected);
    });
  }
});
