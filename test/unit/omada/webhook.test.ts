import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseReferences } from "../../../src/omada/references";
import { deliveryId, extractSecret, parseWebhook, secretMatches } from "../../../src/omada/webhook";

const NOW = Date.UTC(2026, 0, 31, 18);
const NO_EVENT = { event: null, client: null, device: null, ssid: null };
const FIXTURES = resolve("../shared/fixtures/omada");
const [GATEWAY, PHONE, HALL, QUAY] = [
  "98-03-8E-3A-8D-53",
  "02-00-5E-10-00-0A",
  "02-00-5E-10-00-04",
  "02-00-5E-10-00-05",
];

const fixture = (name: string): unknown => JSON.parse(readFileSync(resolve(FIXTURES, name), "utf8"));

describe("A webhook message", () => {
  it("of a real controller about a WAN that is down is parsed", function () {
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
      event: "wan-down",
      client: null,
      device: GATEWAY,
      ssid: null,
    });
    assert.equal(extractSecret(body), "fef97b18-e440-45bc-8826-be957e4dc8f6");
  });

  it("of a real controller's test button is parsed, and may be repeated at will", function () {
    if (!existsSync(FIXTURES)) this.skip();

    const body = fixture("15-webhook-test-message.json");

    assert.deepEqual(parseWebhook(body, NOW), {
      site: null,
      controller: null,
      at: new Date(NOW).toISOString(),
      text: ["This is a webhook test message. Please ignore this"],
      references: [],
      ...NO_EVENT,
    });
    assert.equal(deliveryId(body, "raw"), undefined);
  });

  it("contains the text of an audit line, which is JSON", () => {
    const line = JSON.stringify({ operation: "Device [ap:Hall] was rebooted.", user: "ada" });
    const { text } = parseWebhook({ text: [line, '{"broken', '{"other":1}'] }, NOW);

    assert.deepEqual(text, ["Device [ap:Hall] was rebooted.", '{"broken', '{"other":1}']);
  });

  it("keeps the details of an audit line, and finds what they refer to", () => {
    const texts = [
      { details: { device: `[ap:Hall:${HALL}]` }, operation: "Reboot Device" },
      { details: "Channel 36", operation: "Configure Radio" },
      { details: {}, operation: "Log In" },
      { details: null, operation: "Log Out" },
    ];
    const { text, references } = parseWebhook({ text: texts.map((each) => JSON.stringify(each)) }, NOW);

    assert.deepEqual(text, [
      `Reboot Device {"device":"[ap:Hall:${HALL}]"}`,
      "Configure Radio Channel 36",
      "Log In",
      "Log Out",
    ]);
    assert.deepEqual(references, [{ kind: "ap", mac: HALL }]);
  });

  it("may have a single text instead of a list, and omits anything but text", () => {
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
    it(`may be ${JSON.stringify(body)}, which contains nothing`, () => {
      const message = parseWebhook(body, NOW);

      assert.deepEqual(message, {
        site: null,
        controller: null,
        at: new Date(NOW).toISOString(),
        text: [],
        references: [],
        ...NO_EVENT,
      });
    });
  }

  it("is identified by its whole content", () => {
    const body = { timestamp: 1 };
    assert.equal(deliveryId(body, "a"), deliveryId(body, "a"));
    assert.notEqual(deliveryId(body, "a"), deliveryId(body, "b"));
  });
});

describe("The references in a text of a controller", () => {
  const kinds = (...lines: string[]): string[] => parseReferences(lines).map(({ kind, mac }) => `${kind} ${mac}`);

  for (const { line, references } of [
    {
      line: `[client:Ada's phone:${PHONE}] (IP: 10.0.0.5) went online on [ap:Hall AP:${HALL}] with SSID "X"`,
      references: [`client ${PHONE}`, `ap ${HALL}`],
    },
    {
      line: `[client:${PHONE}:${PHONE}] is roaming from [ap:Hall AP:${HALL}][Channel 36] to [ap:Quay AP:${QUAY}][Channel 1]`,
      references: [`client ${PHONE}`, `ap ${HALL}`, `ap ${QUAY}`],
    },
    { line: `[client:we]ird: [name]:${PHONE}] is offline.`, references: [`client ${PHONE}`] },
    { line: `[client:no mac] is connected to [ap:Hall:${HALL}]`, references: [`ap ${HALL}`] },
    {
      line: `[Switch:${HALL.toLowerCase().replaceAll("-", ":")}] again [switch:${HALL}]`,
      references: [`switch ${HALL}`],
    },
    { line: `[WAN1] ${HALL} [ap:${HALL}0] [ap:${HALL.slice(0, -1)}] [${HALL}-AA]`, references: [] },
    { line: `[:${HALL}] [MAC ${QUAY}]`, references: [`unknown ${HALL}`, `unknown ${QUAY}`] },
    {
      line: `DHCP Server allocated IP address 10.0.0.7 for the client[MAC: ${PHONE}].`,
      references: [`client ${PHONE}`],
    },
    {
      line: `DHCP Server rejected the request of the client[MAC: ${PHONE.toLowerCase()} IP: 10.0.0.7].`,
      references: [`client ${PHONE}`],
    },
    { line: `[client: ${PHONE.replaceAll("-", ":")}] got an address.`, references: [`client ${PHONE}`] },
    {
      line: `[client:${PHONE.replaceAll("-", "")}] and client[MAC: ${QUAY.replaceAll("-", "")}]`,
      references: [`client ${PHONE}`, `client ${QUAY}`],
    },
    {
      line: `[AP MAC: 0200.5e10.0004] is isolated, Switch (${QUAY}) is not.`,
      references: [`ap ${HALL}`, `switch ${QUAY}`],
    },
    { line: `[${PHONE}] [0123456789abcdef01234567] [serial 123456789012]`, references: [`unknown ${PHONE}`] },
  ]) {
    it(`are found in: ${line}`, () => assert.deepEqual(kinds(line), references));
  }

  it("are returned once, in the order of the text", () => {
    assert.deepEqual(kinds(`[ap:${QUAY}] [ap:${HALL}]`, `[ap:${QUAY}] [switch:${QUAY}]`), [
      `ap ${QUAY}`,
      `ap ${HALL}`,
      `switch ${QUAY}`,
    ]);
  });

  for (const piece of ["[a:", "[", "[ap:x", ":", `[ap:${HALL}`, "[ap:[ap:"]) {
    it(`are found in linear time, also in repetitions of ${piece}`, () => {
      // Quadratic time would take minutes.
      assert.ok(parseReferences([piece.repeat(Math.ceil(262_144 / piece.length))]).length <= 1);
    });
  }
});

describe("The secret of a webhook", () => {
  it("matches only the same text", () => {
    assert.equal(secretMatches("tides", "tides"), true);
    for (const candidate of ["tide", "tides ", "Tides", "", undefined, null, 7, ["tides"], {}]) {
      assert.equal(secretMatches(candidate, "tides"), false, JSON.stringify(candidate));
    }
  });

  it("matches nothing if it is blank", () => {
    for (const candidate of ["", undefined, null, "anything"]) assert.equal(secretMatches(candidate, ""), false);
  });
});
