// Takes the screenshots of the README, from the three simulators and a real Node-RED: `npm run screenshots`.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { Editor, launch } from "../../test/browser/editor-page";
import { KasaCloud } from "../../test/support/simulators/kasa/cloud";
import { OmadaController } from "../../test/support/simulators/omada/controller";
import { PeplinkRouter } from "../../test/support/simulators/peplink/router";
import { startNodeRed, type NodeRedInstance } from "../node-red";
import { fillIn, loadExamples, type Platforms } from "./examples";
import { playFailover } from "./failover";

const MARGIN = 16;
/** Small enough to read on a page, and sharp on a high-resolution screen. */
const PAGE_OPTIONS = { viewport: { width: 1180, height: 1180 }, deviceScaleFactor: 1.5 };

async function main(): Promise<void> {
  const browser = await launch();
  if (!browser) throw new Error("Chromium was not found. Install it, or set HOMENET_CHROMIUM to its path.");
  const platforms = {
    cloud: await KasaCloud.start(),
    controller: await OmadaController.start({ version: "6.1.0" }),
    router: await PeplinkRouter.start(),
  };
  // The simulators use names with markup for the tests. Nobody names a lamp like that.
  for (const device of platforms.cloud.devices) device.alias = device.alias.replace(/<.*?>/g, "");
  const userDir = mkdtempSync(join(tmpdir(), "homenet-screenshots-"));
  const nodeRed = await startNodeRed(userDir, 0, { logging: { console: { level: "error" } }, httpNodeRoot: "/hooks" });
  try {
    await takeScreenshots(browser, nodeRed, platforms);
  } finally {
    await browser.close();
    await nodeRed.stop();
    await Promise.all(Object.values(platforms).map((platform) => platform.close()));
    rmSync(userDir, { recursive: true, force: true });
  }
}

async function takeScreenshots(browser: Browser, nodeRed: NodeRedInstance, platforms: Platforms): Promise<void> {
  const flows = fillIn(loadExamples().get("WAN failover.json") ?? [], platforms);
  await nodeRed.deploy(flows);
  await playFailover(nodeRed, flows, platforms);

  const editor = await Editor.open(browser, nodeRed, PAGE_OPTIONS);
  const { page } = editor;
  for (const panel of ["palette", "sidebar"]) await invokeAction(editor, `core:toggle-${panel}`);
  await editor.wait(500);
  await page.locator(".red-ui-flow-node-status-label", { hasText: "done" }).first().waitFor();
  const { x, y, width, height } = await boundingBox(page.locator("#red-ui-workspace-chart .red-ui-flow-node-group"));
  // Some margin, and room for the statuses below the lowest nodes.
  await save(page, "wan-failover", { x: x - 36, y: y - 20, width: width + 56, height: height + 50 });

  await invokeAction(editor, "core:toggle-palette");
  await invokeAction(editor, "core:add-flow");
  await editor.wait(500);
  await editor.edit(await editor.drag("omada-query", 120, 60));
  await editor.addConfig("controller");
  const { url, clientId, clientSecret } = platforms.controller;
  for (const [name, value] of Object.entries({ name: "Harbour controller", server: url, clientId, clientSecret }))
    await page.fill(`#node-config-input-${name}`, value);
  await editor.testConnection();
  await editor.testConnection("#homenet-pin");
  await page.locator("#homenet-test-result").hover();
  await page.locator(".homenet-advanced").evaluate((section) => section.removeAttribute("open"));
  await takeDialog(editor, "test-connection", ".homenet-advanced > summary");
  await editor.cancel();

  await page.selectOption("#node-input-controller", { label: "My Omada controller" });
  await search(editor, "alerts");
  await page.keyboard.press("Enter");
  const [start, end] = [Date.UTC(2026, 0, 1), Date.UTC(2026, 1, 1)];
  for (const [name, time] of Object.entries({ "filters.timeStart": start, "filters.timeEnd": end }))
    await page.locator(`.homenet-form-row[data-name="${name}"] input`).fill(String(time));
  await editor.openList("#node-input-site");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await search(editor, "device");
  await takeDialog(editor, "operation-search", ".red-ui-tray .form-tips");
  await page.keyboard.press("Escape");
  await editor.cancel();

  await editor.edit(await editor.drag("kasa-device", 120, 120));
  await page.selectOption("#node-input-account", { label: "My Kasa account" });
  await editor.openList("#node-input-device");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await takeDialog(editor, "live-list", ".homenet-list");
}

async function search(editor: Editor, words: string): Promise<void> {
  await editor.page.fill("#homenet-operation", words);
  await editor.page.locator(".homenet-list li").filter({ hasText: words }).first().waitFor();
  await editor.wait(500);
}

/** Takes the top dialog, from its title to a little below the last element of the selector. */
async function takeDialog({ page }: Editor, name: string, last: string): Promise<void> {
  const { x, y, width } = await boundingBox(page.locator(".red-ui-tray").last());
  const lowest = await boundingBox(
    page.locator(`.red-ui-tray:last-child .form-row:not(details:not([open]) *), ${last}`),
  );
  await save(page, name, { x, y, width, height: lowest.y + lowest.height + MARGIN - y });
}

async function save(page: Page, name: string, clip: Box): Promise<void> {
  await page.screenshot({ path: `docs/${name}.png`, clip });
  console.log(`docs/${name}.png`);
}

type Box = Record<"x" | "y" | "width" | "height", number>;

/** The box around all visible elements of a locator. */
async function boundingBox(elements: Locator): Promise<Box> {
  const boxes = (await Promise.all((await elements.all()).map((element) => element.boundingBox()))).filter(
    (box) => box !== null,
  );
  const visible = boxes.filter(({ width }) => width > 0);
  const [x, y] = [Math.min(...visible.map((box) => box.x)), Math.min(...visible.map((box) => box.y))];
  const width = Math.max(...visible.map((box) => box.x + box.width)) - x;
  return { x, y, width, height: Math.max(...visible.map((box) => box.y + box.height)) - y };
}

async function invokeAction({ page }: Editor, action: string): Promise<void> {
  await page.evaluate((name) => {
    const { RED } = globalThis as unknown as { RED: { actions: { invoke(name: string): void } } };
    RED.actions.invoke(name);
  }, action);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
