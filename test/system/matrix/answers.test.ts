import assert from "node:assert/strict";
import { closeAfterTest } from "../../support/mocha-hooks";
import type { SimulatedResponse } from "../../support/simulators/simulated-response";
import { SimulatedServer, type Fault, type RecordedRequest } from "../../support/simulators/simulated-server";
import { everywhere, failedWith, Fixture, pause, wentWell, type Ending } from "./fixture";

const MIB = 1024 * 1024;
/** In an answer that cannot be read; nothing of it may be told. */
const PRIVATE = "harbour-7731";

/** The platform's own answer to a read, with one thing more in it. */
const withExtra =
  (extra: string) =>
  (answer: SimulatedResponse): SimulatedResponse => {
    const body = JSON.stringify(answer.body).replace(
      /("deviceList":\[\{|"data":\[\{|"response":\{)/,
      `$1"extra":${extra},`,
    );
    return { ...answer, body };
  };

/** What came of that one thing more. */
function extraOf({ msg }: Ending): unknown {
  const payload = msg?.payload as { extra?: unknown } | { extra?: unknown }[];
  return (Array.isArray(payload) ? payload[0] : payload)?.extra;
}

/** Bytes that answers take up, at most, while `act` runs. */
async function peakBytes(act: () => Promise<unknown>): Promise<number> {
  const used = (): number => {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = used();
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, used())), 5);
  await act();
  clearInterval(timer);
  return most - before;
}

describe("matrix: answers", () => {
  // The row wants a read asked for once more after an answer that is cut: by the contract `protocol` is never asked for
  // again, and a connection that breaks is `network` (row 12).
  const page = `<!DOCTYPE html><html><body><form action="/login">${PRIVATE}</form></body></html>`;
  const unreadable: [row: number, what: string, answer: Omit<Fault & { kind: "response" }, "kind">][] = [
    [16, "JSON that is cut", { body: `{"error_code":0,"errorCode":0,"stat":"ok","note":"${PRIVATE}` }],
    [16, "JSON with something after it", { body: `{"error_code":0,"errorCode":0,"stat":"ok"} ${PRIVATE}` }],
    [16, "nothing", { body: "" }],
    [16, "HTTP 204", { status: 204, body: "" }],
    [17, "a login page", { headers: { "content-type": "text/html" }, body: page }],
    [17, "a login page that says it is JSON", { body: page }],
    [17, "the page of a captive portal", { status: 511, headers: { "content-type": "text/html" }, body: page }],
    [17, "XML", { headers: { "content-type": "text/xml" }, body: `<?xml version="1.0"?><answer>${PRIVATE}</answer>` }],
    [17, "JSON with a byte order mark", { body: '\ufeff{"error_code":0,"errorCode":0,"stat":"ok"}' }],
    [17, "JSON in UTF-16", { body: Buffer.from('{"error_code":0,"errorCode":0,"stat":"ok"}', "utf16le") }],
    [17, "NaN", { body: '{"error_code":0,"errorCode":0,"stat":"ok","result":NaN,"response":NaN}' }],
    [17, "JSON that is no object", { body: `"${PRIVATE}"` }],
    [17, "HTTP 500 with a page", { status: 500, headers: { "content-type": "text/html" }, body: page }],
  ];
  for (const [row, what, answer] of unreadable) {
    it(`row ${row}: ${what} is no answer: one request, and nothing of it is told`, async () => {
      const stage = await Fixture.set();
      await stage.warmUp();
      stage.spoil({ kind: "response", ...answer }, ["read", "write"]);

      const endings = await stage.play();

      failedWith(endings, "protocol");
      assert.deepEqual([stage.asked("read"), stage.asked("write")], [everywhere(1), everywhere(1)]);
      for (const { error } of endings) assert.match(error?.message ?? "", row === 16 ? /\(\d+ bytes\)\.$/ : /[.]$/);
      assert.ok(!JSON.stringify(endings.map(({ error }) => error)).includes(PRIVATE));
      await stage.recovers();
    });
  }

  it("row 17: an answer that is no HTTP is none, and not asked for again", async () => {
    const stage = await Fixture.set();
    await stage.warmUp();
    stage.spoil({ kind: "garbage", text: "220 mail.example ESMTP\r\n" }, ["read", "write"]);

    failedWith(await stage.play(), "protocol");

    assert.deepEqual([stage.asked("read"), stage.asked("write")], [everywhere(1), everywhere(1)]);
    await stage.recovers();
  });

  it("row 16: bytes after an answer spoil neither it nor the next one", async () => {
    const stage = await Fixture.set();
    await stage.warmUp();
    stage.spoil({ kind: "surplus", text: 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n"no"' }, ["read", "write"]);

    wentWell(await stage.play());
    await pause(50);

    await stage.recovers();
  });

  const tooLarge: [what: string, fault: Fault][] = [
    ["whose body never ends", { kind: "endless" }],
    ["whose head never ends", { kind: "endless", part: "head" }],
    ["that is announced with a gigabyte", { kind: "announce", bytes: 1e9 }],
    ["that gzip makes small", { kind: "bomb", encoding: "gzip", bytes: 32 * MIB }],
    ["that brotli makes small", { kind: "bomb", encoding: "br", bytes: 32 * MIB }],
    ["that gzip makes small twice", { kind: "bomb", encoding: "gzip, gzip", bytes: 32 * MIB }],
  ];
  for (const [what, fault] of tooLarge) {
    it(`row 19: an answer ${what} is cut off, not asked for again, and takes little memory`, async () => {
      const stage = await Fixture.set();
      await stage.warmUp();
      for (const { server } of stage.platforms) server.dropConnections();
      await pause(20);
      stage.spoil(fault, ["read", "write"]);

      let endings: Ending[] = [];
      const bytes = await peakBytes(async () => (endings = await stage.play("read")));

      failedWith(endings, "protocol");
      assert.deepEqual(stage.asked("read"), everywhere(1));
      const why = fault.kind === "bomb" ? /is compressed/ : fault.kind === "announce" ? /larger than 16 MiB/ : /./;
      for (const { error } of endings) assert.match(error?.message ?? "", why);
      assert.ok(bytes < 3 * (3 * 16 + 10) * MIB, `${Math.round(bytes / MIB)} MiB`);
      failedWith(await stage.play("write"), "protocol");
      assert.deepEqual(stage.asked("write"), everywhere(1));
      await stage.until(() =>
        stage.platforms.every(({ server }) => server.usedConnections === 0 || fault.kind === "bomb"),
      );
      await stage.recovers();
    });
  }

  // The row wants the host named that the redirect leads to; by the contract no error holds a part of a URL.
  for (const status of [301, 302, 307, 308]) {
    for (const kind of ["read", "write", "sign-in"] as const) {
      it(`row 22: a redirect with HTTP ${status} of a ${kind} is not followed: nobody else hears of it`, async () => {
        const stage = await Fixture.set();
        if (kind !== "sign-in") await stage.warmUp();
        const elsewhere = closeAfterTest(await SimulatedServer.start(() => ({ body: {} })));
        for (const { server, kind: kindOf } of stage.platforms) {
          const when = (asked: RecordedRequest): boolean => kindOf(asked) === kind;
          const location = status === 308 ? `${server.url}/` : `${elsewhere.url}/api?again=1`;
          server.injectFault({ kind: "response", status, headers: { location } }, { times: 9, when });
        }

        const endings = await stage.play(kind === "write" ? "write" : "read");

        failedWith(endings, "protocol");
        assert.deepEqual([stage.asked(kind), elsewhere.connections], [everywhere(1), 0]);
        for (const { error } of endings) assert.match(error?.message ?? "", /^[^/]*It is a redirect[^/]*$/);
        await stage.recovers();
      });
    }
  }

  for (const [what, responseData] of [
    ["is no JSON", "the plug is fine"],
    ["is cut", '{"system":{"set_relay_state":{"err_co'],
    ["is a list", []],
    ["is not there", undefined],
    ["is larger than any answer may be", " ".repeat(17 * MIB)],
  ] as const) {
    it(`row 29: a Kasa device's part of an answer that ${what} is no answer, and the device is told once`, async () => {
      const stage = await Fixture.set({ only: ["kasa"] });
      await stage.warmUp();
      stage.spoil({ kind: "alter", how: () => ({ body: { error_code: 0, result: { responseData } } }) }, "write");

      failedWith(await stage.play("write"), "protocol");

      assert.deepEqual(stage.asked("write"), { kasa: 1 });
      await stage.recovers();
    });
  }

  const odd: [what: string, extra: string][] = [
    ["a key __proto__", '{"__proto__":{"polluted":true},"kept":1}'],
    ["a key __proto__ in escapes", '{"\\u005f_proto__":{"polluted":true},"kept":1}'],
    ["a constructor with a prototype", '{"constructor":{"prototype":{"polluted":true}}}'],
    ["the same key twice", '{"id":1,"id":2}'],
    ["numbers that no number can hold", "[1e999,-1e999,-0,9007199254740993]"],
    ["arrays in ten thousand arrays", "[".repeat(10_000) + "]".repeat(10_000)],
    ["a hundred thousand keys", `{${Array.from({ length: 100_000 }, (_, n) => `"key${n}":${n}`).join(",")}}`],
  ];
  for (const [what, extra] of odd) {
    it(`row 31: an answer with ${what} harms nobody`, async () => {
      const stage = await Fixture.set();
      await stage.warmUp();
      stage.spoil({ kind: "alter", how: withExtra(extra) }, "read");

      const endings = await stage.play("read");

      wentWell(endings);
      for (const ending of endings) {
        const merged = Object.assign({}, extraOf(ending)) as { polluted?: unknown };
        assert.equal(merged.polluted, undefined, ending.node);
        assert.notEqual(extraOf(ending), undefined, ending.node);
      }
      assert.equal(({} as { polluted?: unknown }).polluted, undefined);
      await stage.recovers();
    });
  }
});
