import assert from "node:assert/strict";
import type { PlatformError } from "../../../src/core/errors";
import { errorFromCode } from "../../../src/kasa/cloud/error-codes";
import { errorFromDeviceCode } from "../../../src/kasa/protocols/iot/error-codes";

describe("An error code of Kasa's cloud", () => {
  const vendorCodes: Record<string, number[]> = {
    "sign-in": [-20200, -20600, -20601, -20602, -20607, -20615, -20655, -20656, -20661, -20662, -20676, -20677, -20708],
    config: [-23001],
    busy: [-10200, -10201, -20000, -20003, -20004, -21001],
    offline: [-20002, -20571],
    forbidden: [-20001, -20506, -20507, -20509],
    "not-found": [-20500, -20501, -20522, -20580],
    unsupported: [-20103],
    rejected: [-1, -10000, -10100, -20104, -20212, -20573, -99999],
  };

  for (const [code, numbers] of Object.entries(vendorCodes)) {
    it(`becomes ${code}: ${numbers.join(", ")}`, () => {
      const errors = numbers.map((number) => errorFromCode(number, "", 200));

      assert.deepEqual(
        new Set(errors.map(({ error, isInvalidToken }) => `${error.code} ${isInvalidToken}`)),
        new Set([`${code} false`]),
      );
    });
  }

  it("means an invalid token: -20651, -20652, -20675", () => {
    const errors = [-20651, -20652, -20675].map((number) => errorFromCode(number, "", 200));

    assert.deepEqual(
      errors.map(({ isInvalidToken, error }) => `${isInvalidToken} ${error.code}`),
      Array(3).fill("true sign-in"),
    );
  });

  it("is ignored if the message contains the word blacklist, which has no code", () => {
    const { error } = errorFromCode(-20651, "Access denied request in blackList", 200);

    assert.deepEqual([error.code, error.retryable], ["busy", true]);
  });

  it("becomes a sentence on what to do, beside the cloud's own message", () => {
    const { message } = errorFromCode(-20602, "Account is inactive", 200).error;

    assert.equal(
      message,
      "Kasa's cloud declined: Account is inactive. Correct the account in the config node; until then no further sign-in is tried. (-20602)",
    );
  });

  it("becomes a sentence on what to check at a device", () => {
    const messages = [-20571, -20002, -20580].map(
      (number) => errorFromCode(number, "Device is offline", 200).error.message,
    );

    const [offline = "", timedOut = "", unknown = ""] = messages;
    assert.match(offline, /^The device is offline.*power.*Wi-Fi\. \(-20571\)$/);
    assert.match(timedOut, /^The device did not respond.*Wi-Fi\. \(-20002\)$/);
    assert.match(unknown, /no such device.*device list.*strip\. \(-20580\)$/);
  });
});

describe("An error code of a Kasa device", () => {
  it("distinguishes what is unsupported from what is rejected", () => {
    const errors = [-1, -2, -2000, -2001, -10_008, -3, -5, -10, -14, -10000].map((number) =>
      errorFromDeviceCode(number, undefined),
    );

    const actual = errors.map(({ code, details }: PlatformError) => `${details.vendorCode} ${code}`);
    const unsupported = [
      "-1 unsupported",
      "-2 unsupported",
      "-2000 unsupported",
      "-2001 unsupported",
      "-10008 unsupported",
    ];
    assert.deepEqual(actual, [
      ...unsupported,
      "-3 rejected",
      "-5 rejected",
      "-10 rejected",
      "-14 rejected",
      "-10000 rejected",
    ]);
  });
});
