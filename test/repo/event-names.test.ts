import assert from "node:assert/strict";
import { EVENTS, type EventsBySource } from "../../nodes/shared/event-names";
import { sources as kasa } from "../../src/kasa/sources";
import { sources as omada } from "../../src/omada/sources/index";
import { sources as router } from "../../src/peplink/sources/index";
import { NODE_CONTRACTS } from "./node-contracts";

const SOURCES = { "kasa-event": kasa, "omada-event": omada, "router-event": router };

for (const [type, events] of Object.entries<EventsBySource>(EVENTS)) {
  describe(`The table of events of ${type}`, () => {
    it("has every source that the runtime has and the dialog offers, and no other", () => {
      const names = Object.keys(events).toSorted();
      assert.deepEqual(names, Object.keys(SOURCES[type as keyof typeof SOURCES]).toSorted());
      assert.deepEqual(names, NODE_CONTRACTS[type]?.choices?.["source"]?.toSorted());
    });

    it("has only events that the contract promises", () => {
      const promised = NODE_CONTRACTS[type]?.sets ?? [];
      const others = Object.values(events)
        .flat()
        .filter((event) => !promised.includes(event));
      assert.deepEqual(others, []);
    });
  });
}
