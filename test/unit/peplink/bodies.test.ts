import assert from "node:assert/strict";
import { checkBody, isInstant, whyConfirm } from "../../../src/peplink/bodies";
import { UNBOUNDED } from "../../support/large-values";

const isInput = (pattern: RegExp) => (error: Error & { code?: string }) =>
  error.code === "input" && pattern.test(error.message);

const WAN = "config.wan.connection";
const PRIORITY = "config.wan.connection.priority";

describe("The body of a post to a router", () => {
  const incomplete: [endpoint: string, body: object, message: RegExp][] = [
    [WAN, { id: 2, enable: false }, /lacks "action"/],
    [WAN, { action: "update", id: 2, enable: false }, /lacks "list"/],
    [WAN, { action: "update", list: [] }, /"list" must be a list with an object/],
    [WAN, { action: "update", list: { id: 2, enable: false } }, /"list" must be a list/],
    [WAN, { action: "update", list: [{ enable: false }] }, /lacks "list\[0\]\.id"/],
    [
      WAN,
      { action: "update", list: [{ id: 1 }, { connId: 2, enable: false }] },
      /lacks "list\[1\]\.id".*not called "connId"/,
    ],
    [WAN, { action: "update", list: [{ id: null }] }, /lacks "list\[0\]\.id"/],
    [WAN, { action: "update", list: [2] }, /"list\[0\]" must be an object/],
    [PRIORITY, { connId: 2, priority: 1 }, /"list" must be a list/],
    [PRIORITY, { instantActive: true, list: [{ id: 2, priority: 1 }] }, /lacks "list\[0\]\.connId".*not called "id"/],
    ["config.ssid.profile", { action: "update", list: [{ id: 1 }] }, /lacks "id"/],
    ["config.gpio", { list: [{ enable: true }] }, /lacks "list\[0\]\.id"/],
    ["config.gpio", { list: { id: 1 } }, /"list" must be a list/],
    ["cmd.ap", { on: true }, /lacks "enable"/],
    ["cmd.sms.sendMessage", { content: "hello" }, /lacks "address"/],
    ["cmd.sms.sendMessage", { address: null, content: "hello" }, /lacks "address"/],
    ["cmd.wan.cellular", { connId: 1 }, /lacks "simPriority"/],
    ["cmd.carrier.select", { connId: 1, selectedCarrier: { mcc: "001", mnc: "01" } }, /lacks "selectedCarrier\.pcs"/],
    ["cmd.channelPci.lock", { connId: 1, sim: [{ id: 1 }] }, /lacks "sim\[0\]\.value"/],
  ];
  for (const [endpoint, body, message] of incomplete) {
    it(`is refused if the router would do nothing: ${endpoint} ${JSON.stringify(body)}`, () => {
      assert.throws(() => checkBody(endpoint, body, true), isInput(message));
    });
  }

  const complete: [endpoint: string, body: object][] = [
    [WAN, { action: "update", list: [{ id: 0, enable: false }] }],
    [PRIORITY, { list: [{ connId: "2", enable: false }] }],
    ["config.gpio", { list: [] }],
    ["config.gpio", {}],
    ["cmd.ap", { enable: false }],
    ["cmd.wan.cellular", { connId: 1, enabledSim: [1, 2], preferredSim: 1 }],
    ["cmd.wifi.connect", { connId: 4, ssid: "Pier 7", security: { policy: { type: "open" } } }],
    ["cmd.channelPci.lock", { connId: 1, sim: [{ id: 1, value: null }] }],
    ["config.pepvpn.profile", { id: 1, enable: true }],
  ];
  for (const [endpoint, body] of complete) {
    it(`is sent as it is if it is complete: ${endpoint} ${JSON.stringify(body)}`, () => {
      assert.deepEqual(checkBody(endpoint, body, false), body);
    });
  }
});

describe("A post to a router", () => {
  const dangerous: [endpoint: string, body: object][] = [
    ["cmd.system.factoryReset", {}],
    ["cmd.config.Restore", { timestamp: 1 }],
    ["config.lan", { action: "update", list: [{ id: 1 }] }],
    ["config.mesh", { action: "REMOVE", list: [{ id: 1 }] }],
    ["config.mesh", { action: " remove", list: [{ id: 1 }] }],
    ["config.mesh", { action: "add", Action: "remove", list: [{ id: 1 }] }],
    ["config.mesh", { action: "purge", list: [{ id: 1 }] }],
    ["config.mesh", { action: ["add", ["remove"]], list: [{ id: 1 }] }],
    ["config.mesh", { action: { remove: true }, list: [{ id: 1 }] }],
    ["config.mesh", { action: "update", list: [{ id: 1, action: "Delete" }] }],
    ["cmd.starlink", { connId: 2, action: "Stow" }],
    ["cmd.starlink", { connId: 2, action: "REBOOT" }],
    ["cmd.sms.delete", { id: 7 }],
  ];
  for (const [endpoint, body] of dangerous) {
    it(`needs a confirmation unless it is known to be harmless: ${endpoint} ${JSON.stringify(body)}`, () => {
      assert.throws(() => checkBody(endpoint, body, false), isInput(/confirm/));
      assert.deepEqual(checkBody(endpoint, body, true), body);
    });
  }

  it("needs no confirmation for what is known to be harmless, and for what a rule does", () => {
    const rules = {
      list: [
        { id: 1, action: "deny" },
        { id: 2, bandwidthAllowanceMonitor: { action: ["email"] } },
      ],
    };
    assert.equal(whyConfirm("config.firewall", rules), undefined);
    assert.equal(whyConfirm("cmd.starlink", { action: "unstow" }), undefined);
    assert.equal(whyConfirm("config.mesh", { action: "Add" }), undefined);
  });

  it("takes effect at once only where the endpoint knows `instantActive`", () => {
    const instant = { instantActive: true };
    assert.deepEqual(
      [isInstant(PRIORITY, instant), isInstant(PRIORITY, {}), isInstant(WAN, instant), isInstant("config.x", instant)],
      [true, false, false, false],
    );
  });
});

describe("A post to a router of a body without a bound", () => {
  for (const [what, create] of UNBOUNDED) {
    it(`is refused, also if it is confirmed: ${what}`, () => {
      for (const confirm of [false, true]) {
        for (const body of [{ action: create() }, { action: "update", list: [{ id: 1, value: create() }] }])
          assert.throws(() => checkBody(WAN, body, confirm), isInput(/too large, or nested too deeply/));
      }
    });
  }

  it("is judged also where an action is an object without a text", () => {
    const body = { action: "update", list: [{ id: 1, action: { toString: 1, valueOf: 1 } }] };
    assert.deepEqual(checkBody(WAN, body, false), body);
    const hidden = { action: "update", list: [{ id: 1, action: { toString: 1, action: [["delete"]] } }] };
    assert.throws(() => checkBody(WAN, hidden, false), isInput(/confirm/));
  });
});
