import assert from "node:assert/strict";
import { examples, filledIn, type SavedNode } from "../scripts/examples";
import { nodeRed } from "./harness/node-red";
import { closing } from "./harness/platforms";
import { KasaCloud } from "./simulators/kasa";
import { OmadaController } from "./simulators/omada";
import { PeplinkRouter } from "./simulators/peplink";

const OURS = /^(kasa|omada|router)-/;
const CONFIG = /^(kasa-account|omada-controller|peplink-router)$/;

async function setUp(nodes: SavedNode[]) {
  const platforms = {
    cloud: closing(await KasaCloud.start()),
    controller: closing(await OmadaController.start()),
    router: closing(await PeplinkRouter.start()),
  };
  const red = await nodeRed();
  const hurried = nodes.map((node) => (node.type === "delay" ? { ...node, timeout: "0" } : node));
  await red.deploy(filledIn(hurried, platforms));
  return { red, ...platforms };
}

describe("the example flows", () => {
  for (const [file, nodes] of examples()) {
    const buttons = nodes.filter(({ type }) => type === "inject");

    it(`${file}: holds no credential, and explains itself`, () => {
      assert.ok(nodes.some(({ type }) => type === "comment"));
      assert.doesNotMatch(JSON.stringify(nodes), /"(credentials|clientSecret|password|refreshToken)":/);
    });

    for (const button of buttons) {
      it(`${file}: "${String(button.name)}" plays to its end without an error`, async () => {
        const { red, router } = await setUp(nodes);
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

/** All nodes that a message can reach from here. */
function reached(nodes: SavedNode[], from: string): string[] {
  const seen = new Set<string>();
  const walk = (id: string): void => {
    if (seen.has(id)) return;
    seen.add(id);
    const wires = nodes.find((node) => node.id === id)?.["wires"] as string[][] | undefined;
    for (const next of wires?.flat() ?? []) walk(next);
  };
  walk(from);
  return [...seen];
}
