import type { Locator } from "playwright-core";
import { nodeRed, type FlowNode, type NodeRed } from "../support/harness/node-red";
import { browser, Editor } from "./browser";

/** What a config node has beside what a test is about: with less, the editor asks before it deploys. */
export const CONNECTION = { name: "", mode: "client", timeout: 15, concurrency: 4, queue: 1000, store: "", tls: "" };

/** Nodes of one type on the canvas, each with its own settings. */
export function placed(type: string, common: object, nodes: Record<string, object>): FlowNode[] {
  return Object.entries(nodes).map(([id, settings], index) => {
    return { id, type, x: 300, y: 100 + index * 50, ...common, ...settings };
  });
}

/** The editor, with these nodes deployed. */
export async function editing(test: Mocha.Context, nodes: FlowNode[]): Promise<{ red: NodeRed; dialog: Dialog }> {
  const chromium = await browser(test);
  const red = await nodeRed();
  await red.deploy(nodes);
  return { red, dialog: new Dialog(await Editor.open(chromium, red), red) };
}

/** A dialog with forms in it, filled in as a person would. */
export class Dialog {
  constructor(
    readonly editor: Editor,
    private readonly red: NodeRed,
  ) {}

  /** Opens it, and waits until the forms are drawn. */
  async open(id: string): Promise<void> {
    await this.editor.page.evaluate((wanted) => {
      const { RED } = globalThis as unknown as EditorWindow;
      RED.editor.edit(RED.nodes.node(wanted));
    }, id);
    await this.editor.page.waitForSelector("#node-dialog-ok");
    await this.editor.settled();
    await this.quiet();
  }

  /** Leaves it where a test has failed in it. */
  async leave(): Promise<void> {
    while (await this.editor.page.locator("#node-dialog-cancel").isVisible()) await this.editor.cancel();
  }

  /** Waits until nothing is asked any more. */
  async quiet(): Promise<void> {
    await this.editor.past(400);
    await this.editor.page.waitForFunction(() => (globalThis as unknown as { $: { active: number } }).$.active === 0);
  }

  /** The row of a form's field. */
  row(name: string): Locator {
    return this.editor.page.locator(`.homenet-form-row[data-name="${name}"]`);
  }

  /** Names of the fields that the forms show; required ones with an asterisk. */
  async fields(): Promise<string[]> {
    const labels = await this.editor.page.locator(".homenet-form-row > label").allInnerTexts();
    return labels.map((label) => label.replace(/\s+/g, ""));
  }

  /** Types into a field, or chooses in it. */
  async fill(name: string, value: string): Promise<void> {
    const input = this.row(name).locator("input:visible, select:visible").first();
    if (await input.evaluate((element) => element.tagName === "SELECT")) await input.selectOption(value);
    else await input.fill(value);
    await input.blur();
  }

  /** What a field holds. */
  value(name: string): Promise<string> {
    return this.row(name).locator("input:visible, select:visible").first().inputValue();
  }

  /** Types words into the search for an operation. */
  async search(words: string): Promise<string[]> {
    await this.editor.page.fill("#homenet-operation", words);
    await this.quiet();
    return this.editor.listed();
  }

  /** Searches, and takes the first that is found, by the keyboard alone. */
  async choose(words: string): Promise<void> {
    await this.search(words);
    await this.editor.page.keyboard.press("Enter");
    await this.quiet();
  }

  /** Shows a property as the text that is saved. */
  async asText(property: string): Promise<void> {
    await this.switch(property).getByText("Text").click();
  }

  /** Shows a property as a form. */
  async asForm(property: string): Promise<void> {
    await this.switch(property).getByText("Form").click();
  }

  /** The switch between the form and the text of a property. */
  switch(property: string): Locator {
    const row = this.editor.page.locator(".form-row", { has: this.editor.page.locator(`#node-input-${property}`) });
    return row.locator(".homenet-form-switch");
  }

  /** Leaves by "Done". */
  async done(): Promise<void> {
    await this.editor.done();
  }

  /** Deploys, also where the editor asks first because some node is not right, and waits until a node has started. */
  async deploy(id: string): Promise<void> {
    const { page } = this.editor;
    const deployed = this.editor.deploy();
    const confirm = page.locator("#red-ui-notifications button.primary");
    await Promise.race([deployed, confirm.click()]);
    await deployed;
    await this.editor.started(this.red, id);
  }

  /** What would be deployed of a node. */
  saved(id: string, ...properties: string[]): Promise<Record<string, unknown>> {
    return this.editor.page.evaluate(
      ([id, properties]) => {
        const { RED } = globalThis as unknown as EditorWindow;
        const node = RED.nodes.node(id);
        return Object.fromEntries(properties.map((name) => [name, node[name]]));
      },
      [id, properties] as const,
    );
  }
}

interface EditorWindow {
  RED: { nodes: { node(id: string): Record<string, unknown> }; editor: { edit(node: object): void } };
}
