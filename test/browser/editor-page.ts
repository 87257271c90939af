import { existsSync } from "node:fs";
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from "playwright-core";
import type { NodeRed } from "../support/harness/node-red";

/** Where Chromium may be installed; HOMENET_CHROMIUM can name another place. */
const CHROMIUM = [process.env["HOMENET_CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser"].find(
  (path) => path && existsSync(path),
);

// Without a screen, and without requests of the browser's own.
const FLAGS = (
  "--no-sandbox --headless --disable-gpu --disable-quic --no-first-run --disable-background-networking " +
  "--disable-component-update --disable-sync"
).split(" ");

/** How long anything in the browser may take; on a busy machine the editor takes a minute to load. */
export const TIMEOUT_MS = 120_000;

/** Properties that the dialogs of config nodes save by default; without them, Node-RED asks before it deploys. */
export const CONFIG_NODE_DEFAULTS = {
  name: "",
  timeout: 15,
  concurrency: 4,
  queue: 1000,
  rate: "",
  store: "",
  tls: "",
  fingerprint: "",
  proxy: "",
  allowHttp: false,
  appType: "",
  terminalUUID: "",
  tapoServer: "",
  reach: "cloud",
  hosts: "",
};

/** Node-RED's editor in a browser, used as a person would. */
export class Editor {
  /** Errors and warnings in the browser's console. */
  readonly consoleErrors: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly hasOwnContext: boolean,
  ) {
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") this.consoleErrors.push(message.text());
    });
    page.on("pageerror", (error) => {
      if (!isFromNodeRed(error)) this.consoleErrors.push(error.stack ?? String(error));
    });
  }

  /**
   * Opens the editor, and waits until its palette is there.
   * @param more of the browser; without any, what has been loaded before is taken from its cache
   */
  static async open(browser: Browser, { url }: Pick<NodeRed, "url">, more?: BrowserContextOptions): Promise<Editor> {
    const context = await (more ? createContext(browser, more) : sharedContext(browser));
    const editor = new Editor(await context.newPage(), more !== undefined);
    await editor.page.goto(url);
    await editor.#ready();
    return editor;
  }

  /** Reloads the editor, which then shows what is deployed. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.#ready();
  }

  async close(): Promise<void> {
    if (this.hasOwnContext) return this.page.context().close();
    // The editor remembers there how it was left, and who was signed in.
    await this.page.evaluate(() => localStorage.clear());
    await this.page.close();
  }

  async #ready(): Promise<void> {
    await this.page.waitForFunction(() => {
      const { RED } = globalThis as unknown as { RED?: Partial<EditorWindow["RED"]> };
      const progress = document.querySelector("#red-ui-loading-progress");
      return RED?.nodes?.getType("router-config-post") && !progress?.checkVisibility();
    });
  }

  /**
   * Drags a node from the palette to a place on the canvas.
   * @returns its id
   */
  async drag(type: string, x: number, y: number): Promise<string> {
    const before = await this.#ids(type);
    const entry = this.page.locator(`.red-ui-palette-node[data-palette-type="${type}"]`);
    await entry.scrollIntoViewIfNeeded();
    const [from, canvas] = await Promise.all([
      boundingBoxOf(entry),
      boundingBoxOf(this.page.locator("#red-ui-workspace-chart")),
    ]);
    await this.page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
    await this.page.mouse.down();
    await this.page.mouse.move(canvas.x + x - 10, canvas.y + y - 10, { steps: 4 });
    await this.page.mouse.move(canvas.x + x, canvas.y + y, { steps: 2 });
    await this.page.mouse.up();
    const id = (await this.#ids(type)).find((one) => !before.includes(one));
    if (!id) throw new Error(`${type} was not added to the canvas`);
    await this.page.waitForSelector(`[id="${id}"] .red-ui-flow-node`);
    return id;
  }

  /** Draws a wire from the output of one node to the input of another. */
  async wire(from: string, to: string): Promise<void> {
    const [output, input] = await Promise.all([
      boundingBoxOf(this.page.locator(`[id="${from}"] .red-ui-flow-port-output rect`)),
      boundingBoxOf(this.page.locator(`[id="${to}"] .red-ui-flow-port-input rect`)),
    ]);
    await this.page.mouse.move(output.x + output.width / 2, output.y + output.height / 2);
    await this.page.mouse.down();
    await this.page.mouse.move(input.x - 10, input.y, { steps: 4 });
    await this.page.mouse.move(input.x + input.width / 2, input.y + input.height / 2, { steps: 4 });
    await this.page.mouse.up();
  }

  /** Presses the button of a node on the canvas. */
  async press(id: string): Promise<void> {
    await this.page.locator(`[id="${id}"] .red-ui-flow-node-button-button`).click();
  }

  /** The status that the canvas shows at a node. */
  status(id: string): Locator {
    return this.page.locator(`[id="${id}"] .red-ui-flow-node-status-label`);
  }

  /** Opens the dialog of a node on the canvas, by keyboard: on a busy machine two clicks are too far apart. */
  async edit(id: string): Promise<void> {
    await this.page.locator(`[id="${id}"] .red-ui-flow-node`).click();
    await this.page.keyboard.press("Enter");
    await this.page.waitForSelector(".red-ui-tray-header");
    await this.waitForDialogs();
  }

  /** Opens the dialog of a config node from the dialog of a node that uses it. */
  async editConfig(property: string): Promise<void> {
    await this.page.click(`#node-input-btn-${property}-edit, #node-input-lookup-${property}`);
    await this.#configDialog();
  }

  /** Opens the dialog of a new config node from the dialog of a node that will use it. */
  async addConfig(property: string): Promise<void> {
    await this.page.click(`#node-input-btn-${property}-add, #node-input-lookup-${property}`);
    await this.#configDialog();
  }

  // What most people leave closed holds the addresses of the simulators.
  async #configDialog(): Promise<void> {
    await this.page.waitForSelector("#node-config-dialog-ok");
    await this.waitForDialogs();
    await this.page.locator(".homenet-advanced").evaluate((section) => section.setAttribute("open", ""));
  }

  /** Leaves the dialog on top by "Done", or "Add" and "Update". */
  done(): Promise<void> {
    return this.#leave("ok");
  }

  /** Leaves the dialog on top by "Cancel". */
  cancel(): Promise<void> {
    return this.#leave("cancel");
  }

  async #leave(how: "ok" | "cancel"): Promise<void> {
    const config = this.page.locator(`#node-config-dialog-${how}`);
    const button = (await config.isVisible()) ? config : this.page.locator(`#node-dialog-${how}`);
    await button.click();
    await button.waitFor({ state: "detached" });
    await this.waitForDialogs();
  }

  /**
   * Presses "Test connection", or another button that sends a request, and waits for the result.
   * @returns its text
   */
  async testConnection(button = "#homenet-test"): Promise<string> {
    await this.page.click(button);
    await this.page.waitForSelector("#homenet-test:enabled");
    await this.page.waitForSelector("#homenet-test-result:is(.homenet-good, .homenet-bad)");
    return this.text("#homenet-test-result");
  }

  /** Opens the list of a field, and waits for its rows. */
  async openList(field: string): Promise<string[]> {
    const row = this.page.locator(".form-row", { has: this.page.locator(field) });
    await row.locator(".homenet-list-button").click();
    return this.listedRows();
  }

  /** The texts of the rows and notes of the open list. */
  async listedRows(): Promise<string[]> {
    await this.page.waitForSelector('.homenet-list[aria-busy="false"]');
    const rows = await this.page.locator(".homenet-list li, .homenet-list-note").allInnerTexts();
    return rows.map((text) => text.replace(/\s+/g, " ").trim());
  }

  /** Presses "Deploy", and waits until the runtime has the flows. */
  async deploy(): Promise<void> {
    const response = this.page.waitForResponse((answer) => {
      return answer.request().method() === "POST" && new URL(answer.url()).pathname === "/flows";
    });
    await this.page.click("#red-ui-header-button-deploy");
    await response;
    await this.page.waitForSelector("#red-ui-header-button-deploy.disabled");
    // Until then a shade covers the page, under which nothing can be dragged.
    await this.page.waitForFunction(() => !document.querySelector(".red-ui-deploy-button-spinner")?.checkVisibility());
  }

  /** Waits until a deployed node has started, which is a moment after the response to the deploy. */
  async waitForNode(red: NodeRed, id: string): Promise<void> {
    for (let tries = 0; tries < TIMEOUT_MS / 50 && !red.node(id); tries++) await this.page.waitForTimeout(50);
  }

  /** The visible text of an element, with its white space collapsed. */
  async text(selector: string): Promise<string> {
    return (await this.page.locator(selector).innerText()).replace(/\s+/g, " ").trim();
  }

  #ids(type: string): Promise<string[]> {
    return this.page.evaluate((nodeType) => {
      const { RED } = globalThis as unknown as EditorWindow;
      return RED.nodes.filterNodes({ type: nodeType }).map(({ id }) => id);
    }, type);
  }

  /** Waits until dialogs have slid in, and the editor has put the focus into the first field. */
  async waitForDialogs(): Promise<void> {
    await this.page.waitForFunction(() =>
      [...document.querySelectorAll(".red-ui-tray")].every((tray) => tray.getAnimations().length === 0),
    );
    await this.wait(300);
  }

  /** Waits by the timers of the page, so that whatever it had scheduled before has happened. */
  async wait(ms: number): Promise<void> {
    await this.page.evaluate((later) => new Promise((done) => setTimeout(done, later)), ms);
  }
}

const shared = new WeakMap<Browser, Promise<BrowserContext>>();

function sharedContext(browser: Browser): Promise<BrowserContext> {
  const context = shared.get(browser) ?? createContext(browser);
  shared.set(browser, context);
  return context;
}

async function createContext(browser: Browser, more?: BrowserContextOptions): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-US", ...more });
  context.setDefaultTimeout(TIMEOUT_MS);
  await context.addInitScript(showWithoutAnimation);
  return context;
}

// Half of what a dialog costs is drawing each frame in which it slides in and out, as there is no graphics card.
function showWithoutAnimation(): void {
  document.addEventListener("DOMContentLoaded", () => {
    const style = document.createElement("style");
    style.textContent = "*, ::before, ::after { transition: none !important; animation: none !important }";
    document.head.append(style);
    const { jQuery } = globalThis as unknown as { jQuery?: { fx: { off: boolean } } };
    if (jQuery) jQuery.fx.off = true;
  });
}

// Node-RED 5 sometimes throws while its editor loads. An error is only relevant if one of our scripts is in its stack.
function isFromNodeRed({ stack = "" }: Error): boolean {
  const frames = stack.split("\n").filter((line) => /^\s+at /.test(line));
  return frames.length > 0 && frames.every((frame) => /\/(red|vendor)\/[\w./-]+\.js/.test(frame));
}

interface EditorWindow {
  RED: {
    nodes: { getType(type: string): unknown; filterNodes(filter: { type: string }): { id: string }[] };
  };
}

type Box = NonNullable<Awaited<ReturnType<Locator["boundingBox"]>>>;

async function boundingBoxOf(locator: Locator): Promise<Box> {
  await locator.waitFor();
  const found = await locator.boundingBox();
  if (!found) throw new Error("The element is not visible.");
  return found;
}

/** Starts Chromium, if it is installed. */
export async function launch(): Promise<Browser | undefined> {
  if (!CHROMIUM) return undefined;
  const { chromium } = await import("playwright-core");
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS, headless: true });
}
