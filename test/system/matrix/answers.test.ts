import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { closeAfterTest } from "../../support/mocha-hooks";
import type { SimulatedResponse } from "../../support/simulators/simulated-response";
import { SimulatedServer, type Fault, type RecordedRequest } from "../../support/simulators/simulated-server";
import { assertFailed, assertSucceeded, Fixture, onEveryPlatform, type Outcome } from "./fixture";

const MIB = 1024 * 1024;
/** A part of unreadable responses, which no error may contain. */
const PRIVATE = "harbour-7731";

/** The platform's own response to a read, with an additional value in it. */
const withExtra =
  (extra: string) =>
  (response: SimulatedResponse): SimulatedResponse => {
    const body = JSON.stringify(response.body).replace(
      /("deviceList":\[\{|"data":\[\{|"response":\{)/,
      `$1"extra":${extra},`,
    );
    return { ...response, body };
  };

/** The additional value in the payload. */
function extraOf({ msg }: Outcome): unknown {
  const payload = msg?.payload as { extra?: unknown } | { extra?: unknown }[];
  return (Array.isArray(payload) ? payload[0] : payload)?.extra;
}

/** The peak of the memory that responses take while `act` runs, in bytes. */
async function peakBytes(act: () => Promise<unknown>): Promise<number> {
  const used = (): number => {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = used();
  let peak = before;
  const timer = setInterval(() => (peak = Math.max(peak, used())), 5);
  await act();
  clearInterval(timer);
  return peak - before;
}

describe("matrix: responses", () => {
  // The row asks for a retry after a truncated response. By the contract, `protocol` is never retried, and a broken
  // connection is `network` (row 12).
  const page = `<!DOCTYPE html><html><body><form action="/login">${PRIVATE}</form></body></html>`;
  const unreadable: [row: number, what: string, response: Omit<Fault & { kind: "response" }, "kind">][] = [
    [16, "truncated JSON", { body: `{"error_code":0,"errorCode":0,"stat":"ok","note":"${PRIVATE}` }],
    [16, "JSON with trailing text", { body: `{"error_code":0,"errorCode":0,"stat":"ok"} ${PRIVATE}` }],
    [16, "an empty body", { body: "" }],
    [16, "HTTP 204", { status: 204, body: "" }],
    [17, "a login page", { headers: { "content-type": "text/html" }, body: page }],
    [17, "a login page with the content type of JSON", { body: page }],
    [17, "the page of a captive portal", { status: 511, headers: { "content-type": "text/html" }, body: page }],
    [17, "XML", { headers: { "content-type": "text/xml" }, body: `<?xml version="1.0"?><answer>${PRIVATE}</answer>` }],
    [17, "JSON with a byte order mark", { body: '\ufeff{"error_code":0,"errorCode":0,"stat":"ok"}' }],
    [17, "JSON in UTF-16", { body: Buffer.from('{"error_code":0,"errorCode":0,"stat":"ok"}', "utf16le") }],
    [17, "NaN", { body: '{"error_code":0,"errorCode":0,"stat":"ok","result":NaN,"response":NaN}' }],
    [17, "JSON that is not an object", { body: `"${PRIVATE}"` }],
    [17, "HTTP 500 with a page", { status: 500, headers: { "content-type": "text/html" }, body: page }],
  ];
  for (const [row, what, response] of unreadable) {
    it(`row ${row}: ${what} is not accepted as a response, after one request, and not quoted in the error`, async () => {
      const fixture = await Fixture.start();
      await fixture.warmUp();
      fixture.injectFault({ kind: "response", ...response }, ["read", "write"]);

      const outcomes = await fixture.sendToAll();

      assertFailed(outcomes, "protocol");
      assert.deepEqual(
        [fixture.requestCounts("read"), fixture.requestCounts("write")],
        [onEveryPlatform(1), onEveryPlatform(1)],
      );
      for (const { error } of outcomes) assert.match(error?.message ?? "", row === 16 ? /\(\d+ bytes\)\.$/ : /[.]$/);
      assert.ok(!JSON.stringify(outcomes.map(({ error }) => error)).includes(PRIVATE));
      await fixture.assertRecovers();
    });
  }

  it("row 17: a response that is not HTTP is rejected, and not retried", async () => {
    const fixture = await Fixture.start();
    await fixture.warmUp();
    fixture.injectFault({ kind: "garbage", text: "220 mail.example ESMTP\r\n" }, ["read", "write"]);

    assertFailed(await fixture.sendToAll(), "protocol");

    assert.deepEqual(
      [fixture.requestCounts("read"), fixture.requestCounts("write")],
      [onEveryPlatform(1), onEveryPlatform(1)],
    );
    await fixture.assertRecovers();
  });

  it("row 16: bytes after a response affect neither it nor the next one", async () => {
    const fixture = await Fixture.start();
    await fixture.warmUp();
    fixture.injectFault({ kind: "surplus", text: 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n"no"' }, [
      "read",
      "write",
    ]);

    assertSucceeded(await fixture.sendToAll());
    await sleep(50);

    await fixture.assertRecovers();
  });

  const tooLarge: [what: string, fault: Fault][] = [
    ["whose body never ends", { kind: "endless" }],
    ["whose head never ends", { kind: "endless", part: "head" }],
    ["with an announced length of a gigabyte", { kind: "announce", bytes: 1e9 }],
    ["that gzip compresses", { kind: "bomb", encoding: "gzip", bytes: 32 * MIB }],
    ["that brotli compresses", { kind: "bomb", encoding: "br", bytes: 32 * MIB }],
    ["that gzip compresses twice", { kind: "bomb", encoding: "gzip, gzip", bytes: 32 * MIB }],
  ];
  for (const [what, fault] of tooLarge) {
    it(`row 19: a response ${what} is aborted, not retried, and takes little memory`, async () => {
      const fixture = await Fixture.start();
      await fixture.warmUp();
      for (const { server } of fixture.platforms) server.dropConnections();
      await sleep(20);
      fixture.injectFault(fault, ["read", "write"]);

      let outcomes: Outcome[] = [];
      const bytes = await peakBytes(async () => (outcomes = await fixture.sendToAll("read")));

      assertFailed(outcomes, "protocol");
      assert.deepEqual(fixture.requestCounts("read"), onEveryPlatform(1));
      const message = fault.kind === "bomb" ? /is compressed/ : fault.kind === "announce" ? /larger than 16 MiB/ : /./;
      for (const { error } of outcomes) assert.match(error?.message ?? "", message);
      assert.ok(bytes < 3 * (3 * 16 + 10) * MIB, `${Math.round(bytes / MIB)} MiB`);
      assertFailed(await fixture.sendToAll("write"), "protocol");
      assert.deepEqual(fixture.requestCounts("write"), onEveryPlatform(1));
      await fixture.until(() =>
        fixture.platforms.every(({ server }) => server.usedConnections === 0 || fault.kind === "bomb"),
      );
      await fixture.assertRecovers();
    });
  }

  // The row asks for the host of the redirect in the error. By the contract, no error contains a part of a URL.
  for (const status of [301, 302, 307, 308]) {
    for (const kind of ["read", "write", "sign-in"] as const) {
      it(`row 22: a redirect with HTTP ${status} of a ${kind} is not followed, and no other server gets a request`, async () => {
        const fixture = await Fixture.start();
        if (kind !== "sign-in") await fixture.warmUp();
        const target = closeAfterTest(await SimulatedServer.start(() => ({ body: {} })));
        for (const { server, kindOf } of fixture.platforms) {
          const when = (request: RecordedRequest): boolean => kindOf(request) === kind;
          const location = status === 308 ? `${server.url}/` : `${target.url}/api?again=1`;
          server.injectFault({ kind: "response", status, headers: { location } }, { times: 9, when });
        }

        const outcomes = await fixture.sendToAll(kind === "write" ? "write" : "read");

        assertFailed(outcomes, "protocol");
        assert.deepEqual([fixture.requestCounts(kind), target.connections], [onEveryPlatform(1), 0]);
        for (const { error } of outcomes) assert.match(error?.message ?? "", /^[^/]*It is a redirect[^/]*$/);
        await fixture.assertRecovers();
      });
    }
  }

  for (const [what, responseData] of [
    ["is not JSON", "the plug is fine"],
    ["is truncated", '{"system":{"set_relay_state":{"err_co'],
    ["is a list", []],
    ["is missing", undefined],
    ["is larger than the limit", " ".repeat(17 * MIB)],
  ] as const) {
    it(`row 29: a Kasa device's part of a response that ${what} is rejected, and the device gets one command`, async () => {
      const fixture = await Fixture.start({ only: ["kasa"] });
      await fixture.warmUp();
      fixture.injectFault(
        { kind: "alter", how: () => ({ body: { error_code: 0, result: { responseData } } }) },
        "write",
      );

      assertFailed(await fixture.sendToAll("write"), "protocol");

      assert.deepEqual(fixture.requestCounts("write"), { kasa: 1 });
      await fixture.assertRecovers();
    });
  }

  const hostileValues: [what: string, extra: string][] = [
    ["a key __proto__", '{"__proto__":{"polluted":true},"kept":1}'],
    ["a key __proto__ in escapes", '{"\\u005f_proto__":{"polluted":true},"kept":1}'],
    ["a constructor with a prototype", '{"constructor":{"prototype":{"polluted":true}}}'],
    ["the same key twice", '{"id":1,"id":2}'],
    ["numbers beyond the range of doubles", "[1e999,-1e999,-0,9007199254740993]"],
    ["arrays in ten thousand arrays", "[".repeat(10_000) + "]".repeat(10_000)],
    ["a hundred thousand keys", `{${Array.from({ length: 100_000 }, (_, n) => `"key${n}":${n}`).join(",")}}`],
  ];
  for (const [what, extra] of hostileValues) {
    it(`row 31: a response with ${what} does no harm`, async () => {
      const fixture = await Fixture.start();
      await fixture.warmUp();
      fixture.injectFault({ kind: "alter", how: withExtra(extra) }, "read");

      const outcomes = await fixture.sendToAll("read");

      assertSucceeded(outcomes);
      for (const outcome of outcomes) {
        const merged = Object.assign({}, extraOf(outcome)) as { polluted?: unknown };
        assert.equal(merged.polluted, undefined, outcome.node);
        assert.notEqual(extraOf(outcome), undefined, outcome.node);
      }
      assert.equal(({} as { polluted?: unknown }).polluted, undefined);
      await fixture.assertRecovers();
    });
  }
});
