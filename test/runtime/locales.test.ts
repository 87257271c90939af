import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { nodeRed } from "../support/harness/node-red";

const PACKAGE = "@homenet/node-red-homenet";
const LOCALES = "nodes/locales";

type Catalog = { [name: string]: Catalog | string };

function label(catalog: Catalog, ...path: string[]): unknown {
  const text = path.reduce<unknown>((branch, name) => (branch as Catalog | undefined)?.[name], catalog);
  return text ?? assert.fail(`no label ${path.join(".")}`);
}

for (const language of readdirSync(LOCALES)) {
  const read = (file: string): string => readFileSync(`${LOCALES}/${language}/${file}`, "utf8");
  const catalog = (file: string): Catalog => JSON.parse(read(file)) as Catalog;

  describe(`An editor in the language ${language}`, () => {
    const get = async (path: string, accept = "*/*"): Promise<Response> => {
      const { url } = await nodeRed();
      return fetch(url + path, { headers: { "Accept-Language": language, Accept: accept } });
    };
    const getCatalog = async (path: string): Promise<Catalog> => (await get(`${path}?lng=${language}`)).json() as never;

    it("gets the labels of the nodes", async () => {
      const messages = await getCatalog("/nodes/messages");
      assert.equal(
        label(messages, `${PACKAGE}/kasa-device`, "kasa-device", "label", "outlet"),
        label(catalog("kasa-device.json"), "kasa-device", "label", "outlet"),
      );
    });

    it("gets the texts that the dialogs share", async () => {
      const messages = await getCatalog("/plugins/messages");
      assert.equal(
        label(messages, `${PACKAGE}/homenet-editor`, "test", "button"),
        label(catalog("homenet-editor.json"), "test", "button"),
      );
    });

    it("gets the help", async () => {
      const help = await (await get("/nodes", "text/html")).text();
      const [, paragraph = "none"] = /<p>([^]*?)<\/p>/.exec(read("kasa-device.html")) ?? [];
      const words = (html: string): string => html.replace(/\s+/g, " ").trim();
      assert.ok(words(help).includes(words(paragraph)));
    });
  });
}
