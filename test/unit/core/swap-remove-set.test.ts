import assert from "node:assert/strict";
import * as fc from "fast-check";
import { SwapRemoveSet, type SwapRemoveItem } from "../../../src/core/swap-remove-set";

describe("A swap-remove set", () => {
  it("contains what was added and not deleted, in whatever order that happens", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9)), (indexes) => {
        const items = Array.from({ length: 10 }, (): SwapRemoveItem => ({}));
        const [set, model] = [new SwapRemoveSet<SwapRemoveItem>(), new Set<SwapRemoveItem>()];
        for (const index of indexes) {
          const item = items[index] as SwapRemoveItem;
          // Deletes items that are not in the set as well.
          set.delete(item);
          if (model.delete(item)) continue;
          set.add(item);
          model.add(item);
        }
        assert.equal(set.size, model.size);
        assert.deepEqual(new Set(set.toArray()), model);
      }),
    );
  });
});
