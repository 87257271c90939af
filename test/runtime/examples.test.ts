import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { DASHBOARD } from "../../scripts/demo/dashboard";
import { DASHBOARD_EXAMPLES, loadExamples, loadStandaloneExamples, type SavedNode } from "../../scripts/demo/examples";
import { deployExample, reached } from "./example-fixture";

const OURS = /^(kasa|omada|router)-/;
const CONFIG = /^(kasa-account|omada-controller|peplink-router)$/;

describe("the example flows", () => {
  for (const [file, nodes] of [...loadExamples(), ...loadExamples(DASHBOARD_EXAMPLES)]) {
    it(`${file}: holds no credential, and explains itself`, () => {
      assert.ok(nodes.some(({ type }) => type === "comment"));
      assert.doesNotMatch(JSON.stringify(nodes), /"(credentials|clientSecret|password|refreshToken)":/);
    });
  }

  for (const [file, nodes] of loadExamples(DASHBOARD_EXAMPLES)) {
    it(`${file}: says which package it needs, and nothing else depends on that`, () => {
      const comments = nodes.filter(({ type }) => type === "comment").map(({ info }) => String(info));
      const { devDependencies, dependencies } = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
      assert.ok(comments.some((text) => text.includes(DASHBOARD)));
      assert.ok(!Object.hasOwn({ ...dependencies, ...devDependencies }, DASHBOARD));
      assert.deepEqual(
        [...loadExamples().values()].flat().filter(({ type }) => type.startsWith("ui-")),
        [],
      );
    });
  }

  for (const [file, nodes] of loadExamples()) {
    const buttons = nodes.filter(({ type }) => type === "inject");

    // `fleet.test.ts` plays those of a fleet.
    for (const button of loadStandaloneExamples().has(file) ? buttons : []) {
      it(`${file}: "${String(button.name)}" plays to its end without an error`, async () => {
        const { red, router } = await deployExample(nodes);
        if (file.startsWith("WAN")) router.wan("Fibre").takeDown();
        const last = nodes.filter(
          ({ type, name }) => type === "debug" && name !== "what went wrong" && name !== "all is well",
        );
        const ends = new Set(reached(nodes, button.id).filter((id) => last.some((node) => node.id === id)));
        const failed = (): unknown[] => nodes.filter(({ type }) => type === "catch").flatMap(({ id }) => red.sent(id));

        red.press(button.id);
        await red.until(() => failed().length > 0 || [...ends].some((id) => red.ended(id) > 0));

        assert.deepEqual(failed(), []);
        const ours = reached(nodes, button.id).filter((id) => {
          const { type } = nodes.find((node) => node.id === id) as SavedNode;
          return OURS.test(type) && !CONFIG.test(type);
        });
        assert.ok(ours.length > 0);
        for (const id of ours) assert.ok(red.ended(id) > 0, `node ${id} was not reached`);
      });
    }
  }
});

interface Manifest {
  dependencies: object;
  devDependencies: object;
}
