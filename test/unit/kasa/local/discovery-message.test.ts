import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildProbe, parseAnnouncement, SYSINFO_PROBE } from "../../../../src/kasa/transports/local/discovery-message";
import { encodeProbeResponse } from "../../../support/simulators/kasa-local/discovery";
import { scramble } from "../../../support/simulators/kasa-local/xor";

const DUMPS = resolve("../shared/fixtures/smart-devices");

interface Dump {
  discovery_result?: { result: { mac: string; mgt_encrypt_schm: { encrypt_type: string } } };
}

const RESULT = {
  device_type: "SMART.TAPOPLUG",
  device_model: "P110M(EU)",
  ip: "192.0.2.1",
  mac: "AA-BB-CC-00-11-22",
  owner: "994661e5222b8e5e3e1d90e73a322315",
  mgt_encrypt_schm: { is_support_https: false, encrypt_type: "KLAP", http_port: 80, lv: 2 },
};
const withScheme = (changes: object) => ({ ...RESULT, mgt_encrypt_schm: { ...RESULT.mgt_encrypt_schm, ...changes } });
const parse = (datagram: Buffer) => parseAnnouncement(datagram, 9999);

describe("The datagrams of the discovery", () => {
  it("are encoded as other clients do", () => {
    assert.equal(buildProbe("X", 0x01020304).toString("hex").slice(0, 32), "02000001001a110001020304cce1d1f9");
    assert.equal(buildProbe("X", 0x01020304).toString("utf8", 16), '{"params":{"rsa_key":"X"}}');
    assert.equal(SYSINFO_PROBE.toString("hex"), "d0f281f88bff9af7d5ef94b6d1b4c09fec95e68fe187e8caf08bf68bf6");
  });

  it("tell the language, the envelope, the port and the owner of a newer device", () => {
    assert.deepEqual(parse(encodeProbeResponse(RESULT)), {
      port: 80,
      mac: "AA-BB-CC-00-11-22",
      protocol: "smart",
      envelope: "klap",
      loginVersion: 2,
      deviceType: "SMART.TAPOPLUG",
      model: "P110M(EU)",
      owner: "994661E5222B8E5E3E1D90E73A322315",
    });
  });

  for (const [what, result, expected] of [
    [
      "KLAP without a version",
      { ...RESULT, device_type: "IOT.SMARTBULB", mgt_encrypt_schm: { encrypt_type: "KLAP" } },
      "iot klap 1",
    ],
    [
      "secure passthrough with the password",
      withScheme({ encrypt_type: "AES", lv: undefined }),
      "smart secure-passthrough 1",
    ],
    ["secure passthrough with a hash of it", withScheme({ encrypt_type: "AES" }), "smart secure-passthrough 2"],
    [
      "a firmware for TP-Link's own app only",
      withScheme({ encrypt_type: "TPAP", is_support_https: true }),
      "smart tpap 2",
    ],
    ["a device over HTTPS", withScheme({ is_support_https: true, http_port: 4433 }), "smart klap 2"],
    ["a camera over HTTPS", withScheme({ is_support_https: true, encrypt_type: "AES" }), "smart unknown 2"],
    ["a camera", { ...RESULT, device_type: "SMART.IPCAMERA" }, "smart unknown 2"],
    ["an envelope of the future", withScheme({ encrypt_type: "NEW" }), "smart unknown 2"],
  ] as const) {
    it(`tell ${what} apart`, () => {
      const { protocol, envelope, loginVersion } = parse(encodeProbeResponse(result)) ?? assert.fail();
      assert.equal(`${protocol} ${envelope} ${loginVersion}`, expected);
    });
  }

  it("tell the name of a camera, and of nothing that proves its name in a handshake", () => {
    const named = { ...RESULT, device_name: "Driveway" };
    const aliasOf = (result: object): string | undefined => parse(encodeProbeResponse(result))?.alias;

    assert.equal(aliasOf({ ...named, device_type: "SMART.IPCAMERA" }), "Driveway");
    assert.equal(aliasOf({ ...named, device_type: "SMART.IPCAMERA", device_name: 5 }), undefined);
    assert.equal(aliasOf(named), undefined);
  });

  it("tell everything about an older device", () => {
    const sysinfo = {
      mic_mac: "aabbcc001122",
      mic_type: "IOT.SMARTBULB",
      model: "KL130(EU)",
      alias: "Hall",
      deviceId: "80",
    };
    assert.deepEqual(parse(scramble(Buffer.from(JSON.stringify({ system: { get_sysinfo: sysinfo } })))), {
      port: 9999,
      mac: "AA-BB-CC-00-11-22",
      protocol: "iot",
      envelope: "xor",
      loginVersion: 1,
      deviceType: "IOT.SMARTBULB",
      model: "KL130(EU)",
      owner: "",
      alias: "Hall",
      deviceId: "80",
    });
  });

  const good = encodeProbeResponse(RESULT);
  const flipped = Buffer.from(good);
  flipped[30]! ^= 1;
  const deep = Buffer.from(`${'{"result":'.repeat(1200)}1${"}".repeat(1200)}`);
  for (const [what, datagram] of [
    ["nothing", Buffer.alloc(0)],
    ["a header alone", good.subarray(0, 16)],
    ["half of a header", good.subarray(0, 9)],
    ["a wrong checksum", flipped],
    ["a wrong length", good.subarray(0, -1)],
    ["no object", encodeProbeResponse([1, 2])],
    ["no MAC", encodeProbeResponse({ ...RESULT, mac: 7 })],
    ["an invalid MAC", encodeProbeResponse({ ...RESULT, mac: "AA-BB" })],
    ["a router", encodeProbeResponse({ ...RESULT, device_type: "HOMEWIFISYSTEM" })],
    ["no scheme", encodeProbeResponse({ ...RESULT, mgt_encrypt_schm: undefined })],
    ["our own probe", buildProbe("X", 1)],
    ["our own other probe", SYSINFO_PROBE],
    ["something huge", encodeProbeResponse({ ...RESULT, padding: "x".repeat(20_000) })],
    ["something nested", Buffer.concat([good.subarray(0, 16), deep])],
    ["scrambled noise", Buffer.concat([Buffer.from([0xd0]), Buffer.alloc(500, 7)])],
    ["text", Buffer.from("{}")],
  ] as const) {
    it(`are ignored if they are ${what}`, () => {
      assert.equal(parse(datagram), undefined);
    });
  }

  it("with an impossible port lead to the usual one", () => {
    for (const http_port of [0, -1, 65_536, 1.5, "80", null])
      assert.equal(parse(encodeProbeResponse(withScheme({ http_port })))?.port, 80);
    assert.equal(parse(encodeProbeResponse(withScheme({ is_support_https: true, http_port: null })))?.port, 4433);
  });

  // Dumps of real devices, where a checkout has them beside it.
  const dumps = existsSync(DUMPS) ? readdirSync(DUMPS).filter((name) => name.endsWith(".json")) : [];
  if (dumps.length === 0) it.skip(`of real devices: there are no dumps in ${DUMPS}`);
  for (const name of dumps) {
    const dump = JSON.parse(readFileSync(join(DUMPS, name), "utf8")) as Dump;
    const result = dump.discovery_result?.result;
    if (!result) continue;
    it(`of a real device are understood: ${name}`, () => {
      const { envelope, mac } = parse(encodeProbeResponse(result)) ?? assert.fail();
      assert.equal(envelope, result.mgt_encrypt_schm.encrypt_type === "KLAP" ? "klap" : "secure-passthrough");
      assert.equal(mac, result.mac);
    });
  }
});
