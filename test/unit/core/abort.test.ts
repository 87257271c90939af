import assert from "node:assert/strict";
import * as fc from "fast-check";
import { LightAbortController } from "../../../src/core/abort";
import { SwapRemoveSet, type SwapRemoveItem } from "../../../src/core/swap-remove-set";

describe("A stop", () => {
  const heardBy = (stop: LightAbortController): string[] => {
    const heard: string[] = [];
    stop.addEventListener("abort", () => heard.push("heard"));
    return heard;
  };

  it("tells all who listen, once, and why", () => {
    const stop = new LightAbortController();
    const heard = [heardBy(stop), heardBy(stop)];
    stop.throwIfAborted();

    stop.abort(new Error("enough"));
    stop.abort(new Error("again"));

    assert.deepEqual(heard, [["heard"], ["heard"]]);
    assert.throws(() => stop.throwIfAborted(), /enough/);
    assert.deepEqual([stop.aborted, (stop.reason as Error).message], [true, "enough"]);
  });

  it("is a cancellation where nobody says why", () => {
    const stop = new LightAbortController();
    stop.abort();
    assert.equal((stop.reason as { code: string }).code, "cancelled");
  });

  it("tells nobody who went before it, or comes after it", () => {
    const stop = new LightAbortController();
    const gone = (): void => assert.fail("it had gone");
    stop.addEventListener("abort", gone);
    stop.removeEventListener("abort", gone);
    stop.abort();
    assert.deepEqual(heardBy(stop), []);
  });

  it("tells the others although one of them throws", () => {
    const stop = new LightAbortController();
    stop.addEventListener("abort", () => {
      throw new Error("trouble");
    });
    const heard = heardBy(stop);
    stop.abort();
    assert.deepEqual(heard, ["heard"]);
  });

  for (const [what, make] of [
    ["another stop", () => new LightAbortController()],
    ["an AbortController", () => new AbortController()],
  ] as const) {
    it(`follows ${what}, until it lets go`, () => {
      const [leader, stop, free, late] = [
        make(),
        new LightAbortController(),
        new LightAbortController(),
        new LightAbortController(),
      ];
      stop.linkTo(leader.signal);
      free.linkTo(leader.signal)();
      leader.abort(new Error("all"));
      late.linkTo(leader.signal);
      assert.deepEqual([stop.aborted, free.aborted, late.aborted], [true, false, true]);
      assert.throws(() => late.throwIfAborted(), /all/);
    });
  }
});

describe("A crowd", () => {
  it("holds who has joined and not left, in whatever order that happens", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9)), (moves) => {
        const people = Array.from({ length: 10 }, (): SwapRemoveItem => ({}));
        const [crowd, model] = [new SwapRemoveSet<SwapRemoveItem>(), new Set<SwapRemoveItem>()];
        for (const move of moves) {
          const one = people[move] as SwapRemoveItem;
          // Who is not in it leaves nothing behind by going.
          crowd.delete(one);
          if (model.delete(one)) continue;
          crowd.add(one);
          model.add(one);
        }
        assert.equal(crowd.toArray().length, model.size);
        assert.deepEqual(new Set(crowd.toArray()), model);
      }),
    );
  });
});
