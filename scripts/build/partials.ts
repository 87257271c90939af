// Expands the html of the nodes: what several dialogs or help texts share stands once, in a partial.
//
//   <!-- row name="email" icon="envelope" -->    a row of a dialog, see rows.ts
//   <!-- include connection -->                  in a dialog: nodes/editor/partials/connection.html
//   <!-- include errors: config; kasa: sign-in --> in a help text: these templates in partials/errors.html and kasa.html
//   {{timeout.max}}                              a limit, from nodes/shared/limits.ts
//   {{type}}                                     the type of the node
import { existsSync, readFileSync } from "node:fs";
import { LIMITS, MIN_INTERVALS_S, type Limit } from "../../nodes/shared/limits";
import { createRow, type Attributes } from "./rows";

/** What the directives and placeholders of a file stand for. */
interface Scope {
  include: (argument: string) => string;
  values: Readonly<Record<string, number | string>>;
}

/** Whose partials serve all languages, where a language has none of its own: examples, for instance. */
const DEFAULT_LANGUAGE = "en-US";

/** The html of a node's dialog as Node-RED reads it. */
export function expandDialog(type: string): string {
  const html = readFileSync(`nodes/${type}.html`, "utf8");
  const isConfig = html.includes('category: "config"');
  return expand(html, {
    include: (name) => readFileSync(`nodes/editor/partials/${name}.html`, "utf8"),
    values: { ...valuesFor(type), field: isConfig ? "node-config-input" : "node-input" },
  });
}

/** The help of a node as Node-RED reads it. */
export function expandHelp(language: string, type: string): string {
  return expand(readFileSync(`nodes/locales/${language}/${type}.html`, "utf8"), {
    include: (argument) =>
      argument
        .split("; ")
        .flatMap((templates) => {
          const [file = "", ids = ""] = templates.split(": ");
          return ids.split(" ").map((id) => templateIn(readPartial(language, file), id));
        })
        .join(""),
    values: valuesFor(type),
  });
}

function readPartial(language: string, file: string): string {
  const pathIn = (folder: string): string => `nodes/locales/${folder}/partials/${file}.html`;
  return readFileSync(existsSync(pathIn(language)) ? pathIn(language) : pathIn(DEFAULT_LANGUAGE), "utf8");
}

function templateIn(templates: string, id: string): string {
  const [, content] = new RegExp(`^<template id="${id}">\n([^]*?)^</template>`, "m").exec(templates) ?? [];
  if (content === undefined) throw new Error(`There is no template "${id}".`);
  return content;
}

function expand(html: string, scope: Scope): string {
  return html
    .replace(/^( *)<!-- (include|row) (.*) -->$/gm, (_, indent: string, directive: string, argument: string) => {
      const content = directive === "row" ? createRow(parseAttributes(argument)) : scope.include(argument);
      return setIndent(expand(content, scope), indent);
    })
    .replace(/\{\{([\w.]+)\}\}/g, (_, name: string) => String(valueOf(scope, name)));
}

function setIndent(html: string, indent: string): string {
  // In a `pre` white space is text.
  if (html.includes("<pre>")) return html.trim();
  const lines = html.replace(/^\n+|\s+$/g, "").split("\n");
  const outer = Math.min(...lines.filter(Boolean).map((line) => line.search(/\S/)));
  return lines.map((line) => (line ? indent + line.slice(outer) : line)).join("\n");
}

function parseAttributes(text: string): Attributes {
  const pairs = [...text.matchAll(/([\w-]+)(?:="([^"]*)")?/g)].map(([, name = "", value = ""]) => [name, value]);
  return Object.fromEntries(pairs) as Attributes;
}

function valuesFor(type: string): Record<string, number | string> {
  const values: Record<string, number | string> = { type };
  for (const [name, limit] of Object.entries<Limit>(LIMITS)) {
    for (const [bound, value] of Object.entries(limit)) values[`${name}.${bound}`] = Number(value);
  }
  const minInterval = (MIN_INTERVALS_S as Readonly<Record<string, number>>)[type];
  return minInterval === undefined ? values : { ...values, "interval.min": minInterval };
}

function valueOf({ values }: Scope, name: string): number | string {
  const value = values[name];
  if (value === undefined) throw new Error(`There is no value for {{${name}}}.`);
  return value;
}
