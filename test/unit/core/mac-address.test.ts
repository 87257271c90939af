import assert from "node:assert/strict";
import { isMacAddress, toMacAddress } from "../../../src/core/mac-address";

describe("A MAC address", () => {
  for (const text of ["AA-BB-CC-00-11-22", "aa:bb:cc:00:11:22", "aabb.cc00.1122"]) {
    it(`is recognized by its separators in ${text}`, () => {
      assert.equal(isMacAddress(text), true);
      assert.equal(toMacAddress(text), "AA-BB-CC-00-11-22");
    });
  }

  for (const text of ["aabbcc001122", "aa bb cc 00 11 22", "aa:bb-cc:00-11:22", "AABBCC-001122"]) {
    it(`may be spelled ${text}, where it is known to be one`, () => {
      assert.equal(isMacAddress(text), false);
      assert.equal(toMacAddress(text), "AA-BB-CC-00-11-22");
    });
  }

  for (const text of [
    "",
    "AA-BB-CC-00-11",
    "AA-BB-CC-00-11-2G",
    "AA-BB-CC-00-11-22-33",
    "Ada's phone",
    "aa_bb_cc_00_11_22",
  ]) {
    it(`is not "${text}"`, () => {
      assert.equal(isMacAddress(text), false);
      assert.equal(toMacAddress(text), undefined);
    });
  }
});
