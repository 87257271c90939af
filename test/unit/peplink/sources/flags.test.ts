import assert from "node:assert/strict";
import { setUpRouter } from "./fixture";

type Router = ReturnType<typeof setUpRouter>;

/** What happens at a router before each poll but the first, by source; each of them is an event. */
const HAPPENINGS: Readonly<Record<string, ((router: Router) => unknown)[]>> = {
  wan: [({ wan }) => (wan("Fibre").managementOnly = true), ({ wan }) => (wan("Cellular").enable = false)],
  location: [({ world }) => (world.location.latitude += 1)],
  allowance: [({ wan }) => (wan("Cellular").sims[0]!.allowance.usage = 49_000)],
  cellular: [
    ({ wan }) => {
      for (const sim of wan("Cellular").sims) sim.simCardDetected = true;
      wan("Cellular").useSims(["2", "1"]);
    },
  ],
};

/** The events of each poll. */
async function eventsOf(source: string, words?: readonly [no: unknown, yes: unknown]): Promise<string[][]> {
  const router = setUpRouter(source, (_key, value) => (words && typeof value === "boolean" ? words[+value] : value));
  const emitted = [await router.eventsAfter()];
  for (const happens of HAPPENINGS[source] ?? []) {
    happens(router);
    emitted.push(await router.eventsAfter());
  }
  return emitted;
}

describe("A router whose booleans are", () => {
  for (const words of [
    ["no", "yes"],
    ["false", "true"],
    [0, 1],
    ["0", "1"],
    ["Off", "On"],
  ] as const) {
    for (const source of Object.keys(HAPPENINGS)) {
      it(`${words.map((word) => JSON.stringify(word)).join(" and ")} has the same events of ${source} as any other`, async () => {
        const expected = await eventsOf(source);
        assert.ok(
          expected.every(({ length }) => length > 0),
          JSON.stringify(expected),
        );

        assert.deepEqual(await eventsOf(source, words), expected);
      });
    }
  }
});
