import assert from "node:assert/strict";
import { parseEvent } from "../../../src/omada/message-text";

const [GATEWAY, PHONE, HALL, QUAY, CORE] = [
  "02-00-5E-10-00-01",
  "02-00-5E-10-00-0A",
  "02-00-5E-10-00-04",
  "02-00-5E-10-00-05",
  "02-00-5E-10-00-02",
];
const CLIENT = `[client:Ada's phone:${PHONE}]`;
const [AP, OTHER_AP, SWITCH] = [`[ap:Hall AP:${HALL}]`, `[ap:Quay AP:${QUAY}]`, `[switch:Core:${CORE}]`];

/** In short: event, client, device and network, without those that are null. */
function said(...lines: string[]): string {
  const { event, client, device, ssid } = parseEvent(lines);
  return [event, client && `client ${client}`, device && `device ${device}`, ssid && `ssid ${ssid}`]
    .filter((part) => part !== null)
    .join(", ");
}

describe("The text of a controller", () => {
  for (const [line, expected] of [
    // Clients
    [`${CLIENT} is connected to ${SWITCH} on LAN network.`, `client-connected, client ${PHONE}, device ${CORE}`],
    [
      `${CLIENT} is connected to ${AP} with SSID "Harbour" on channel 36.`,
      `client-connected, client ${PHONE}, device ${HALL}, ssid Harbour`,
    ],
    [
      `${CLIENT} (IP: 10.0.0.5, Username:ada) went online on ${AP} with SSID "Harbour Guest" on channel 1.`,
      `client-connected, client ${PHONE}, device ${HALL}, ssid Harbour Guest`,
    ],
    [
      `[client:${PHONE}] went online on [switch:${CORE}] on 1-Main_LAN network.`,
      `client-connected, client ${PHONE}, device ${CORE}`,
    ],
    [
      `${CLIENT} went offline from network "LAN" on ${SWITCH}(connected time:2h connected, traffic: 5MB).`,
      `client-disconnected, client ${PHONE}, device ${CORE}`,
    ],
    [
      `[client:${PHONE}:${PHONE}] (IP: 10.0.0.5) went offline from SSID "Harbour" on ${AP} (1h 2m connected, 1.5MB).`,
      `client-disconnected, client ${PHONE}, device ${HALL}, ssid Harbour`,
    ],
    [
      `${CLIENT} is disconnected from SSID "Harbour" on ${AP} (1h connected, 1.5MB).`,
      `client-disconnected, client ${PHONE}, device ${HALL}, ssid Harbour`,
    ],
    [
      `${CLIENT} was disconnected from network "LAN" on ${SWITCH}(connected time:2h connected, traffic: 5MB).`,
      `client-disconnected, client ${PHONE}, device ${CORE}`,
    ],
    [
      `${CLIENT} is disconnected from SSID "One" on ${AP} (1h connected, 1MB) and connected to SSID "Two" on ${OTHER_AP}.`,
      `client-roamed, client ${PHONE}, device ${QUAY}, ssid Two`,
    ],
    [
      `${CLIENT} is roaming from ${AP}[Channel 36] to ${OTHER_AP}[Channel 1] with SSID Harbour`,
      `client-roamed, client ${PHONE}, device ${QUAY}, ssid Harbour`,
    ],
    [`[client:no mac] went offline from ${AP}.`, `client-disconnected, device ${HALL}`],
    [
      `${CLIENT} failed to connect to ${AP} with SSID "Harbour" on channel 1 because the password was wrong.(3 times)`,
      `client ${PHONE}, device ${HALL}, ssid Harbour`,
    ],
    [
      `${CLIENT} failed to connected to ${AP} with SSID "X" on channel 1 because the user is blocked by Access Control.`,
      `client ${PHONE}, device ${HALL}, ssid X`,
    ],
    [`DHCP Server allocated IP address 10.0.0.7 for the client[MAC: ${PHONE}].`, `client ${PHONE}`],
    // Devices
    [`${AP} was connected.`, `device-connected, device ${HALL}`],
    [`${AP} was disconnected.`, `device-disconnected, device ${HALL}`],
    [`[AP MAC: 0200.5e10.0004] is isolated.`, `device-disconnected, device ${HALL}`],
    [`${SWITCH} got IP address 10.0.0.2/255.255.255.0.`, `device ${CORE}`],
    // WAN
    [`[2.5G WAN1] of [gateway:${GATEWAY}] is down.`, `wan-down, device ${GATEWAY}`],
    [`[WAN1] of [gateway:Main:${GATEWAY}] is up.`, `wan-up, device ${GATEWAY}`],
    [`[WAN2] is down.`, "wan-down"],
    [`[osg:${GATEWAY}]: The online detection result of [WAN1] was offline.`, `wan-down, device ${GATEWAY}`],
    [
      `[osg:${GATEWAY}][alertLogResolve]: The online detection result of [WAN/LAN2] was online.`,
      `wan-up, device ${GATEWAY}`,
    ],
    [`[osg:${GATEWAY}]: The physical connection status of [WAN1] was down.`, `wan-down, device ${GATEWAY}`],
    [`[osg:${GATEWAY}]: The physical connection status of [WAN1] was up.`, `device ${GATEWAY}`],
    [`[osg:${GATEWAY}] Backup [WAN/LAN2] was down.`, `device ${GATEWAY}`],
    // VPN
    [`The IPsec connection [Office] of [gateway:${GATEWAY}] was established.`, `vpn-up, device ${GATEWAY}`],
    [`The IPsec connection [Office] of [gateway:${GATEWAY}] was disconnected.`, `vpn-down, device ${GATEWAY}`],
    [`The remote L2TP client [ada] connected to the server.`, "vpn-up"],
    [`The remote L2TP client [ada] failed to be connected to the server.`, ""],
    // What is not an event of a trigger node
    [`Resolved: ${AP} was disconnected.`, `device ${HALL}`],
    [`Resolved: [osg:${GATEWAY}]: The online detection result of [WAN1] was offline.`, `device ${GATEWAY}`],
    ["ada logged in to the controller from 10.0.0.9.", ""],
    ["Auto Backup executed with generating file autobackup.cfg.", ""],
    ["This is a webhook test message. Please ignore this", ""],
  ] as const) {
    it(`is understood: ${line}`, () => assert.equal(said(line), expected));
  }

  it("is not misunderstood because of what people have named", () => {
    const online = `client-connected, client ${PHONE}, device ${HALL}`;
    for (const [line, expected] of [
      [`[client:went offline:${PHONE}] is connected to ${AP}.`, online],
      [`[client:is roaming from [x] to:${PHONE}] went online on ${AP}.`, online],
      [
        `${CLIENT} went online on [ap:disconnected from:${HALL}] with SSID "went offline"`,
        `${online}, ssid went offline`,
      ],
      [`${CLIENT} (Username: failed to go) is connected to ${AP} on "is roaming" network.`, online],
      [`${CLIENT} went online on ${AP} with SSID "VPN" on channel 1.`, `${online}, ssid VPN`],
      [`${CLIENT} went online on ${AP} with SSID went offline`, `${online}, ssid went offline`],
      [`[ap:the client room:${HALL}] was connected.`, `device-connected, device ${HALL}`],
      [`[WAN of the VPN] of [gateway:${GATEWAY}] is down.`, `wan-down, device ${GATEWAY}`],
    ] as const)
      assert.equal(said(line), expected, line);
  });

  it("of several lines is that of the first one that says what happened, or else that names something", () => {
    const lines = ["Something else.", `${SWITCH} got IP address 10.0.0.2/24.`, `${AP} was connected.`];
    assert.equal(said(...lines, `${OTHER_AP} was disconnected.`), `device-connected, device ${HALL}`);
    assert.equal(said(...lines.slice(0, 2)), `device ${CORE}`);
    assert.equal(said(...lines.slice(0, 1)), "");
    assert.equal(said(), "");
  });

  it("is looked at as far as a controller writes: a hundred lines, of 4096 characters each", () => {
    const connected = `${AP} was connected.`;
    assert.equal(said(...Array<string>(99).fill("."), connected), `device-connected, device ${HALL}`);
    assert.equal(said(...Array<string>(100).fill("."), connected), "");
    assert.equal(said(connected.padEnd(4096)), `device-connected, device ${HALL}`);
    assert.equal(said(connected.padEnd(4097)), "");
  });

  for (const piece of ["[client:", "SSID ", 'SSID "', "disconnected from ", "[", "(", '"', `${CLIENT} `]) {
    it(`takes no time, however often it repeats ${piece}`, () => {
      // Quadratic time would take minutes.
      const size = 262_144;
      said(CLIENT + piece.repeat(Math.ceil(size / piece.length)));
      said(...Array<string>(size / 4096).fill(CLIENT + piece.repeat(Math.floor(4000 / piece.length))));
    });
  }
});
