// Takes the picture of the dashboard for the README: starts the demo, lets the fibre fail and come back, and looks.
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { chromium, type Page } from "playwright-core";

const PICTURE = "docs/dashboard.png";
const CHROMIUM = [process.env["HOMENET_CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser"].find(
  (path) => path && existsSync(path),
);
/** How long each part of the story lasts: long enough to be seen in the charts. */
const PARTS_MS = { before: 45_000, without: 40_000, after: 30_000 };

async function main(): Promise<void> {
  if (!CHROMIUM) throw new Error("There is no Chromium: install one, or name one in HOMENET_CHROMIUM.");
  const demo = spawn(process.execPath, ["--import=tsx", "scripts/demo/main.ts", "--port", "1980"]);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  try {
    const address = await said(demo, /(http:\S+\/dashboard)\b/);
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: "en-GB" });
    await page.goto(address);
    await play(demo, page);
    await page.mouse.move(0, 0);
    await page.screenshot({ path: PICTURE, fullPage: true });
    console.log(`${PICTURE} is new.`);
  } finally {
    await browser.close();
    const ended = new Promise((done) => demo.once("exit", done));
    demo.kill("SIGTERM");
    await ended;
  }
}

async function play(demo: ChildProcess, page: Page): Promise<void> {
  await page.waitForTimeout(PARTS_MS.before);
  for (const [part, carries] of [
    ["without", "Starlink carries"],
    ["after", "Fibre carries"],
  ] as const) {
    demo.stdin?.write("fibre\n");
    await page.getByText(carries).first().waitFor();
    await page.waitForTimeout(PARTS_MS[part]);
  }
}

/** Waits for words of the demo; npm may have to bring the dashboard first. */
function said(demo: ChildProcess, words: RegExp): Promise<string> {
  let text = "";
  return new Promise((done, fail) => {
    demo.once("exit", () => fail(new Error(`The demo has ended:\n${text}`)));
    for (const stream of [demo.stdout, demo.stderr])
      stream?.on("data", (data) => {
        text += String(data);
        const [, found] = words.exec(text) ?? [];
        if (found) done(found);
        else if (text.includes("What to try")) fail(new Error(text));
      });
  });
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
