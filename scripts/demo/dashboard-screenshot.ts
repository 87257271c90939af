// Takes the screenshot of the dashboard for the README: starts the demo and lets the fibre fail and recover.
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { chromium, type Page } from "playwright-core";

const FILE = "docs/dashboard.png";
const CHROMIUM = [process.env["HOMENET_CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser"].find(
  (path) => path && existsSync(path),
);
/** How long each phase lasts: long enough to be visible in the charts. */
const PHASES_MS = { before: 45_000, outage: 40_000, recovery: 30_000 };

async function main(): Promise<void> {
  if (!CHROMIUM) throw new Error("Chromium was not found. Install it, or set HOMENET_CHROMIUM to its path.");
  const demo = spawn(process.execPath, ["--import=tsx", "scripts/demo/main.ts", "--port", "1980"]);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  try {
    const address = await waitForOutput(demo, /(http:\S+\/dashboard)\b/);
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: "en-GB" });
    await page.goto(address);
    await playOutage(demo, page);
    await page.mouse.move(0, 0);
    await page.screenshot({ path: FILE, fullPage: true });
    console.log(`${FILE} was written.`);
  } finally {
    await browser.close();
    const exited = new Promise((resolve) => demo.once("exit", resolve));
    demo.kill("SIGTERM");
    await exited;
  }
}

async function playOutage(demo: ChildProcess, page: Page): Promise<void> {
  await page.waitForTimeout(PHASES_MS.before);
  for (const [phase, label] of [
    ["outage", "Starlink carries"],
    ["recovery", "Fibre carries"],
  ] as const) {
    demo.stdin?.write("fibre\n");
    await page.getByText(label).first().waitFor();
    await page.waitForTimeout(PHASES_MS[phase]);
  }
}

/** Waits until the demo prints a pattern, and returns its first group. npm may have to install the dashboard first. */
function waitForOutput(demo: ChildProcess, pattern: RegExp): Promise<string> {
  let output = "";
  return new Promise((resolve, reject) => {
    demo.once("exit", () => reject(new Error(`The demo exited:\n${output}`)));
    for (const stream of [demo.stdout, demo.stderr])
      stream?.on("data", (data) => {
        output += String(data);
        const [, match] = pattern.exec(output) ?? [];
        if (match) resolve(match);
        else if (output.includes("What to try")) reject(new Error(output));
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
