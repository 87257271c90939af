import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { expandDialog } from "../../scripts/build/partials";

/** What a node registers with the editor. */
interface Definition {
  category: string;
  color: string;
  icon: string;
  defaults: Record<string, { value: unknown; type?: string; required?: boolean; validate?: Validator }>;
  credentials?: Record<string, { type: string }>;
  inputs?: number;
  outputs?: number;
  label: (this: unknown) => string;
  paletteLabel?: (this: unknown) => string;
  outputLabels?: (this: unknown) => string;
}

interface Validator {
  (value: unknown, options: object): unknown;
  /** Of a validator of Node-RED's own: what it was made with. */
  options?: { typeField?: string; allowBlank?: boolean };
}

/** The html of a node, expanded, and taken apart. */
export interface Dialog {
  definition: Definition;
  /** The script that registers the type. */
  script: string;
  /** The fields of the dialog. */
  template: string;
}

interface Catalog {
  [name: string]: string | Catalog;
}

const NAMESPACE = "@homenet/node-red-homenet";

/** The types of the nodes, as package.json lists them. */
export const NODE_TYPES = Object.keys(
  (JSON.parse(readFileSync("package.json", "utf8")) as { "node-red": { nodes: object } })["node-red"].nodes,
);

/** Runs a node's own script against as much of Node-RED's editor as it touches while it loads. */
export function dialogOf(type: string): Dialog {
  const html = expandDialog(type);
  const script = /<script type="text\/javascript">([^]*?)<\/script>/.exec(html)?.[1] ?? "";
  const template =
    new RegExp(`<script type="text/html" data-template-name="${type}">([^]*?)</script>`).exec(html)?.[1] ?? "";
  const registered: [string, Definition][] = [];
  const RED = {
    _: (key: string) => key,
    nodes: {
      registerType: (name: string, definition: Definition) => registered.push([name, definition]),
      // One account, which is set to the local network only.
      node: (id: string) => (id === "local" ? { reach: "local" } : null),
    },
    validators: { typedInput: (options: object) => Object.assign(() => true, { options }) },
  };
  // The validators look for it where the editor has it. They are typed by the editor's own tsconfig, so not imported.
  Object.assign(globalThis, { RED });
  const homenet: unknown = require("../../nodes/editor/validators");
  runInNewContext(script, { RED, homenet });
  const [name, definition] = registered[0] ?? [];
  assert.ok(definition && name === type, `nodes/${type}.html registers ${type}`);
  return { definition, script, template };
}

/** Keys in a node's own catalog that its dialog shows. */
export function shownKeys(type: string): string[] {
  const { script, template } = dialogOf(type);
  const marked = [...template.matchAll(/data-i18n="([^"]*)"/g)].flatMap(([, keys = ""]) => keys.split(";"));
  const called = [...script.matchAll(/\b(?:this|RED)\._\(\s*"([^"]*)"/g)].map(([, key = ""]) => key);
  const checked = [...script.matchAll(/homenet\.check(\w+)\("[\w-]+", (?:"(\w+)")?/g)].map(
    ([, kind = "", property]) => `${type}.error.${property ?? ERRORS[kind]}`,
  );
  const keys = [...marked.map((key) => key.replace(/^\[\w+\]/, "")), ...called, ...checked];
  return keys
    .map((key) => key.replace(`${NAMESPACE}/${type}:`, ""))
    .filter((key) => key !== "node-red:common.label.name");
}

/** Properties that a validator is named after. */
const ERRORS: Readonly<Record<string, string>> = {
  Address: "server",
  Credentials: "credentials",
  Fingerprint: "fingerprint",
  Path: "path",
};

/** The texts of a catalog, by their whole keys. */
export function catalogOf(name: string, language: string): Map<string, string> {
  return flatten(JSON.parse(readFileSync(`nodes/locales/${language}/${name}.json`, "utf8")) as Catalog);
}

export function flatten(branch: Catalog, prefix = ""): Map<string, string> {
  return new Map(
    Object.entries(branch).flatMap(([name, text]) =>
      typeof text === "string" ? [[prefix + name, text]] : [...flatten(text, `${prefix}${name}.`)],
    ),
  );
}
