import assert from "node:assert/strict";
import { isPlatformError } from "../../../src/core/errors";
import { parseServerAddress } from "../../../src/http/server-address";
import { inspectAll } from "../../support/http-fixture";

describe("A server address", () => {
  for (const [text, origin, prefix] of [
    ["https://controller.example.com", "https://controller.example.com", ""],
    ["  HTTPS://Controller.Example.com:8043/  ", "https://controller.example.com:8043", ""],
    ["https://203.0.113.9", "https://203.0.113.9", ""],
    ["https://proxy.example/omada/", "https://proxy.example", "/omada"],
    ["https://proxy.example:444/a/b%20c//", "https://proxy.example:444", "/a/b%20c"],
    ["https://proxy.example/a/../b", "https://proxy.example", "/b"],
    ["https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443", ""],
    ["https://controller.example:8043/#dashboard", "https://controller.example:8043", ""],
  ] as const) {
    it(`may be ${text.trim()}`, () => assert.deepEqual(parseServerAddress(text), { origin, prefix }));
  }

  for (const host of [
    "localhost",
    "router.localhost",
    "127.0.0.1",
    "127.255.255.254",
    "127.1",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.1.1",
    "[::1]",
    "[fc00::1]",
    "[fd12:3456::1]",
    "[fe80::1]",
    "[::ffff:192.168.1.1]",
  ]) {
    it(`may be plain http to ${host}, which is private`, () => {
      assert.match(parseServerAddress(`http://${host}:8088/x`).origin, /^http:\/\/.*:8088$/);
    });
  }

  for (const host of [
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.1",
    "128.0.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "192.167.1.1",
    "192.169.1.1",
    "169.253.1.1",
    "100.64.0.1",
    "0.0.0.0",
    "[2001:db8::1]",
    "[fb00::1]",
    "[fec0::1]",
    "[::2]",
    "[::ffff:8.8.8.8]",
    "router",
    "router.lan",
    "router.local",
    "localhost.example.com",
    "notlocalhost",
    "192.168.1.1.example.com",
    "0x08080808",
  ]) {
    it(`must not be plain http to ${host}`, () => {
      assert.throws(
        () => parseServerAddress(`http://${host}`),
        (error) => isPlatformError(error, "config") && /must begin with https/.test(error.message),
      );
    });
  }

  for (const [text, why] of [
    ["", /is not an address/],
    ["sesame", /is not an address/],
    ["sesame.example", /is not an address/],
    ["192.168.1.1", /is not an address/],
    ["//sesame.example", /is not an address/],
    ["https://", /is not an address/],
    ["https://sesame example", /is not an address/],
    ["https://sesame.example:99999", /is not an address/],
    ["ftp://sesame.example", /is not an address/],
    ["file:///etc/sesame", /is not an address/],
    ["javascript:sesame", /is not an address/],
    // oxlint-disable-next-line no-template-curly-in-string
    ["${SESAME}", /is not an address/],
    ["https://admin:sesame@router.example", /user name or password/],
    ["https://sesame@router.example", /user name or password/],
    ["https://:sesame@router.example", /user name or password/],
    ["https://router.example/?token=sesame", /question mark/],
    ["http://sesame.example", /must begin with https/],
    [`https://router.example/${"/".repeat(63_000)}sesame`, /too long/],
  ] as const) {
    it(`must not be "${text.slice(0, 60)}", and the error quotes nothing of it`, () => {
      assert.throws(
        () => parseServerAddress(text),
        (error) => {
          assert.ok(isPlatformError(error, "config"));
          assert.match(error.message, why);
          assert.doesNotMatch(inspectAll(error), /sesame/);
          return true;
        },
      );
    });
  }
});
