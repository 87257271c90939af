import assert from "node:assert/strict";
import { LightAbortController } from "../../../../src/core/abort";
import { createTrace, type CallOptions } from "../../../../src/core/call-context";
import { PlatformError } from "../../../../src/core/errors";
import { sources } from "../../../../src/peplink/sources/index";
import { SharedStatusReader } from "../../../../src/peplink/sources/shared-status";
import { FakeClock } from "../../../support/fake-clock";
import { setUp as setUpClient } from "../client-fixture";

const WAN = "status.wan.connection";
const FORMAT = { asList: false, maskSecrets: true };

/** A client whose responses a test gives, and readers of it. */
function setUp() {
  const clock = new FakeClock();
  const requests: { endpoint: string; options: CallOptions; respond: (text: string) => void; fail: () => void }[] = [];
  const client = {
    status: (endpoint: string, _params: object, _format: object, options: CallOptions = {}) =>
      new Promise<unknown>((respond, reject) => {
        const fail = (): void => reject(new PlatformError("offline", "The router is away."));
        requests.push({ endpoint, options, respond, fail });
      }),
  };
  const reader = (): ((options?: CallOptions, endpoint?: string) => Promise<unknown>) => {
    const shared = new SharedStatusReader(client, clock);
    return (options = {}, endpoint = WAN) => shared.status(endpoint, {}, FORMAT, options);
  };
  return { clock, requests, one: reader(), other: reader(), third: reader() };
}

describe("What several sources of a router read", () => {
  it("is requested once for those that ask at the same moment", async () => {
    const { clock, requests, one, other, third } = setUp();
    const [first, second] = [one(), other()];
    requests[0]?.respond("links");
    await clock.advance(499);

    assert.deepEqual(await Promise.all([first, second, third()]), ["links", "links", "links"]);
    assert.equal(requests.length, 1);
  });

  it("is requested again when the response is half a second old, or of a time to come", async () => {
    const { clock, requests, one, other, third } = setUp();
    const responses = [one()];
    await clock.advance(500);
    responses.push(other());
    await clock.advance(-1);
    responses.push(third());

    for (const [index, { respond }] of requests.entries()) respond(`response ${index}`);

    assert.deepEqual(await Promise.all(responses), ["response 0", "response 1", "response 2"]);
  });

  it("is never given twice to the same source, however short its interval is", async () => {
    const { requests, one, other } = setUp();
    const responses = [one(), other(), other(), one()];

    for (const [index, { respond }] of requests.entries()) respond(`response ${index}`);

    assert.deepEqual(await Promise.all(responses), ["response 0", "response 0", "response 1", "response 1"]);
  });

  it("is an error for all of them, each with the trace of the request", async () => {
    const { requests, one, other } = setUp();
    const traces = [createTrace(), createTrace()];
    const polls = [one, other].map((read, index) => read({ trace: traces[index] }));
    const { trace } = requests[0]?.options ?? {};
    Object.assign(trace ?? {}, { attempts: 3, statusCode: 502 });
    requests[0]?.fail();

    for (const poll of polls) await assert.rejects(poll, { code: "offline" });
    for (const { operation, attempts, statusCode } of traces)
      assert.deepEqual([operation, attempts, statusCode], [WAN, 3, 502]);
  });

  it("reaches the others where the source that has requested it is stopped", async () => {
    const { requests, one, other } = setUp();
    const controller = new LightAbortController();
    const [stopped, waiting] = [one({ signal: controller.signal }), other()];
    controller.abort();
    await assert.rejects(stopped, { code: "cancelled" });
    assert.equal(requests[0]?.options.signal, undefined);
    requests[0]?.respond("links");

    assert.equal(await waiting, "links");
  });

  it("harms nobody where it fails after all of them are stopped", async () => {
    const { requests, one } = setUp();
    const controller = new LightAbortController();
    const stopped = one({ signal: controller.signal });
    controller.abort();
    await assert.rejects(stopped, { code: "cancelled" });
    requests[0]?.fail();
    // An unhandled rejection would be noticed after the test.
    await new Promise(setImmediate);
  });

  it("is only what several sources need: anything else is requested as it is, and aborted with its poll", async () => {
    const { requests, one, other } = setUp();
    const { signal } = new LightAbortController();
    const responses = [one({ signal }, "status.client"), other({ signal }, "status.client")];
    for (const { options, respond } of requests) {
      assert.equal(options.signal, signal);
      respond("clients");
    }
    await Promise.all(responses);

    assert.equal(requests.length, 2);
  });

  it("makes a round of all sources that compare snapshots six requests, in place of ten", async () => {
    const { router, client } = await setUpClient();
    const clock = new FakeClock();
    await client.status(WAN, {}, FORMAT);
    const before = router.server.journal.length;

    for (const create of Object.values(sources)) {
      const source = create({ client, clock, site: "", threshold: 200 });
      if ("poll" in source) await source.poll(undefined, new Map(), {});
    }

    const paths = router.server.journal.slice(before).map(({ path }) => path);
    assert.equal(paths.length, 6);
    assert.equal(new Set(paths).size, 6);
  });
});
