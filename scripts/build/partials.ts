// Expands the html of the nodes: what several dialogs or help texts share stands once, in a partial.
//
//   <!-- row name="email" icon="envelope" -->   a row of a dialog, see rows.ts
//   <!-- include connection -->                 a partial of the dialogs: nodes/editor/partials/connection.html
//   <!-- include kasa/sign-in -->               of the help: the template "sign-in" in partials/kasa.html of its language
//   {{timeout.max}}                             a limit, from nodes/shared/limits.ts
//   {{type}}                                    the type of the node
import { readFileSync } from "node:fs";
import { LIMITS, MIN_INTERVALS_S, type Limit } from "../../nodes/shared/limits";
import { createRow, type Attributes } from "./rows";

/** Where a file is, and what its placeholders stand for. */
interface Scope {
  /** Finds a partial by its name. */
  partial: (name: string) => string;
  values: Readonly<Record<string, number | string>>;
}

/** The html of a node's dialog as Node-RED reads it. */
export function expandDialog(type: string): string {
  const html = readFileSync(`nodes/${type}.html`, "utf8");
  const isConfig = html.includes('category: "config"');
  return expand(html, {
    partial: (name) => readFileSync(`nodes/editor/partials/${name}.html`, "utf8"),
    values: { ...valuesFor(type), field: isConfig ? "node-config-input" : "node-input" },
  });
}

/** The help of a node as Node-RED reads it. */
export function expandHelp(language: string, type: string): string {
  const folder = `nodes/locales/${language}`;
  return expand(readFileSync(`${folder}/${type}.html`, "utf8"), {
    partial(name) {
      const [file = "", id = ""] = name.split("/");
      const templates = readFileSync(`${folder}/partials/${file}.html`, "utf8");
      const [, content] = new RegExp(`^<template id="${id}">\n([^]*?)^</template>`, "m").exec(templates) ?? [];
      if (content === undefined) throw new Error(`There is no template "${id}" in ${folder}/partials/${file}.html.`);
      return content;
    },
    values: valuesFor(type),
  });
}

function expand(html: string, scope: Scope): string {
  return html
    .replace(/^( *)<!-- (include|row) (.*) -->$/gm, (_, indent: string, directive: string, argument: string) =>
      indented(directive === "row" ? createRow(parseAttributes(argument)) : scope.partial(argument), indent, scope),
    )
    .replace(/\{\{([\w.]+)\}\}/g, (_, name: string) => String(valueOf(scope, name)));
}

function indented(html: string, indent: string, scope: Scope): string {
  const lines = expand(html, scope)
    .replace(/^\n+|\s+$/g, "")
    .split("\n");
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
