import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { deliveryId, extractSecret, parseReferences, parseWebhook, secretMatches } from "../../../src/omada/webhook";

const NOW = Date.UTC(2026, 0, 31, 18);
const FIXTURES = resolve("../shared/fixtures/omada");
const [GATEWAY, PHONE, HALL, QUAY] = [
  "98-03-8E-3A-8D-53",
  "02-00-5E-10-00-0A",
  "02-00-5E-10-00-04",
  "02-00-5E-10-00-05",
];

const fixture = (name: string): unknown => JSON.parse(readFileSync(resolve(FIXTURES, name), "utf8"));

describe("A webhook message", () => {
  it("of a WAN that is down, as a real controller sent it", function () {
    if (!existsSync(FIXTURES)) this.skip();

    const body = fixture("14-webhook-wan-down.json");

    assert.deepEqual(parseWebhook(body, NOW), {
      site: "Some site",
      controller: "Omada Controller_347044",
      at: new Date(1758852904877).toISOString(),
      text: [
        `[2.5G WAN1] of [gateway:${GATEWAY}] is down.`,
        `[gateway:${GATEWAY}]: The online detection result of [2.5G WAN1] was offline.`,
      ],
      references: [{ kind: "gateway", mac: GATEWAY }],
    });
    assert.equal(extractSecret(body), "fef97b18-e440-45bc-8826-be957e4dc8f6");
  });

  it("of the controller's test button, as a real controller sent it", function () {
    if (!existsSync(FIXTURES)) this.skip();

    const body = fixture("15-webhook-test-message.json");

    assert.deepEqual(parseWebhook(body, NOW), {
      site: null,
      controller: null,
      at: new Date(NOW).toISOString(),
      text: ["This is a webhook test message. Please ignore this"],
      references: [],
    });
    assert.equal(deliveryId(body, "raw"), undefined, "it may be sent as often as one likes");
  });

  it("holds the prose of an audit line, which comes as JSON", () => {
    const line = JSON.stringify({ operation: "Device [ap:Hall] was rebooted.", user: "ada" });
    const { text } = parseWebhook({ text: [line, '{"broken', '{"other":1}'] }, NOW);

    assert.deepEqual(text, ["Device [ap:Hall] was rebooted.", '{"broken', '{"other":1}']);
  });

  it("takes one text for a list of one, and leaves out what is no text", () => {
    assert.deepEqual(parseWebhook({ text: "one\r\n" }, NOW).text, ["one"]);
    assert.deepEqual(parseWebhook({ text: [1, null, " ", {}, "two"] }, NOW).text, ["two"]);
  });

  for (const body of [
    {},
    [],
    null,
    7,
    "text",
    { timestamp: 1e300, Site: 7, text: 7, Controller: {} },
    { timestamp: "x" },
  ]) {
    it(`can be anything: ${JSON.stringify(body)}`, () => {
      const read = parseWebhook(body, NOW);

      assert.deepEqual(read, {
        site: null,
        controller: null,
        at: new Date(NOW).toISOString(),
        text: [],
        references: [],
      });
    });
  }

  it("is told from another by all that it says", () => {
    const body = { timestamp: 1 };
    assert.equal(deliveryId(body, "a"), deliveryId(body, "a"));
    assert.notEqual(deliveryId(body, "a"), deliveryId(body, "b"));
  });
});

describe("References in a controller's prose", () => {
  const kinds = (...lines: string[]): string[] => parseReferences(lines).map(({ kind, mac }) => `${kind} ${mac}`);

  for (const { line, found } of [
    {
      line: `[client:Ada's phone:${PHONE}] (IP: 10.0.0.5) went online on [ap:Hall AP:${HALL}] with SSID "X"`,
      found: [`client ${PHONE}`, `ap ${HALL}`],
    },
    {
      line: `[client:${PHONE}:${PHONE}] is roaming from [ap:Hall AP:${HALL}][Channel 36] to [ap:Quay AP:${QUAY}][Channel 1]`,
      found: [`client ${PHONE}`, `ap ${HALL}`, `ap ${QUAY}`],
    },
    { line: `[client:we]ird: [name]:${PHONE}] is offline.`, found: [`client ${PHONE}`] },
    { line: `[client:no mac] is connected to [ap:Hall:${HALL}]`, found: [`ap ${HALL}`] },
    { line: `[Switch:${HALL.toLowerCase().replaceAll("-", ":")}] again [switch:${HALL}]`, found: [`switch ${HALL}`] },
    { line: `[WAN1] ${HALL} [:${HALL}] [ap:${HALL}0] [ap:${HALL.slice(0, -1)}]`, found: [] },
  ]) {
    it(line, () => assert.deepEqual(kinds(line), found));
  }

  it("come once, in the order of the text", () => {
    assert.deepEqual(kinds(`[ap:${QUAY}] [ap:${HALL}]`, `[ap:${QUAY}] [switch:${QUAY}]`), [
      `ap ${QUAY}`,
      `ap ${HALL}`,
      `switch ${QUAY}`,
    ]);
  });

  for (const piece of ["[a:", "[", "[ap:x", ":", `[ap:${HALL}`, "[ap:[ap:"]) {
    it(`are looked for in time that grows with the text, also in ${piece}…`, () => {
      // What is not in proportion takes minutes.
      assert.ok(parseReferences([piece.repeat(Math.ceil(262_144 / piece.length))]).length <= 1);
    });
  }
});

describe("A secret", () => {
  it("is right, or not", () => {
    assert.equal(secretMatches("tides", "tides"), true);
    for (const given of ["tide", "tides ", "Tides", "", undefined, null, 7, ["tides"], {}]) {
      assert.equal(secretMatches(given, "tides"), false, JSON.stringify(given));
    }
  });

  it("that is not set lets nobody in", () => {
    for (const given of ["", undefined, null, "anything"]) assert.equal(secretMatches(given, ""), false);
  });
});
