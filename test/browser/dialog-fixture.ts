import type { Locator } from "playwright-core";
import { nodeRed, type FlowNode, type NodeRed } from "../support/harness/node-red";
import { Editor, launchBrowser } from "./browser";

/** Properties of a config node that tests do not change; without them, the editor asks before it deploys. */
export const CONNECTION_DEFAULTS = {
  name: "",
  mode: "client",
  timeout: 15,
  concurrency: 4,
  queue: 1000,
  store: "",
  tls: "",
};

/** Nodes of one type on the canvas, by their ids and their own settings. */
export function createNodes(type: string, common: object, nodes: Record<string, object>): FlowNode[] {
  return Object.entries(nodes).map(([id, settings], index) => {
    return { id, type, x: 300, y: 100 + index * 50, ...common, ...settings };
  });
}

/** Opens the editor with these nodes deployed. */
export async function openEditor(test: Mocha.Context, nodes: FlowNode[]): Promise<{ red: NodeRed; dialog: Dialog }> {
  const chromium = await launchBrowser(test);
  const red = await nodeRed();
  await red.deploy(nodes);
  return { red, dialog: new Dialog(await Editor.open(chromium, red), red) };
}

/** A dialog with forms, filled in as a person would. */
export class Dialog {
  constructor(
    readonly editor: Editor,
    private readonly red: NodeRed,
  ) {}

  /** Opens the dialog of a node, and waits until its forms are drawn. */
  async open(id: string): Promise<void> {
    await this.editor.page.evaluate((nodeId) => {
      const { RED } = globalThis as unknown as EditorWindow;
      RED.editor.edit(RED.nodes.node(nodeId));
    }, id);
    await this.editor.page.waitForSelector("#node-dialog-ok");
    await this.editor.waitForDialogs();
    await this.waitForRequests();
  }

  /** Cancels dialogs that a failed test has left open. */
  async closeAll(): Promise<void> {
    while (await this.editor.page.locator("#node-dialog-cancel").isVisible()) await this.editor.cancel();
  }

  /** Waits until there are no more requests. */
  async waitForRequests(): Promise<void> {
    await this.editor.wait(400);
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
    await this.waitForRequests();
    return this.editor.listedRows();
  }

  /** Searches, and chooses the first result with the keyboard. */
  async choose(words: string): Promise<void> {
    await this.search(words);
    await this.editor.page.keyboard.press("Enter");
    await this.waitForRequests();
  }

  /** Shows a property as the text that is saved. */
  async asText(property: string): Promise<void> {
    await this.formSwitch(property).getByText("Text").click();
  }

  /** Shows a property as a form. */
  async asForm(property: string): Promise<void> {
    await this.formSwitch(property).getByText("Form").click();
  }

  /** The switch between the form and the text of a property. */
  formSwitch(property: string): Locator {
    const row = this.editor.page.locator(".form-row", { has: this.editor.page.locator(`#node-input-${property}`) });
    return row.locator(".homenet-form-switch");
  }

  /** Leaves the dialog with "Done". */
  async done(): Promise<void> {
    await this.editor.done();
  }

  /** Deploys, also if the editor asks first because some node is invalid, and waits until a node has started. */
  async deploy(id: string): Promise<void> {
    const { page } = this.editor;
    const deployed = this.editor.deploy();
    const confirm = page.locator("#red-ui-notifications button.primary");
    await Promise.race([deployed, confirm.click()]);
    await deployed;
    await this.editor.waitForNode(this.red, id);
  }

  /** Properties of a node as they would be deployed. */
  savedProperties(id: string, ...properties: string[]): Promise<Record<string, unknown>> {
    return this.editor.page.evaluate(
      ([nodeId, names]) => {
        const { RED } = globalThis as unknown as EditorWindow;
        const node = RED.nodes.node(nodeId);
        return Object.fromEntries(names.map((name) => [name, node[name]]));
      },
      [id, properties] as const,
    );
  }
}

interface EditorWindow {
  RED: { nodes: { node(id: string): Record<string, unknown> }; editor: { edit(node: object): void } };
}
