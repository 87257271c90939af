import { existsSync, readFileSync } from "node:fs";

const WITHOUT_CODE_BLOCKS = /^```[^]*?^```/gm;

/** The headings of a Markdown text. */
export function headings(markdown: string): string[] {
  return [...markdown.replace(WITHOUT_CODE_BLOCKS, "").matchAll(/^#+ (.*)$/gm)].map(([, text = ""]) => text);
}

/** The anchor that GitHub gives a heading. */
export function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

/** Whether `file`, or `file#anchor` of a Markdown file, exists. */
export function linkExists(target: string): boolean {
  const [path = "", fragment] = target.split("#");
  if (!existsSync(path)) return false;
  return fragment === undefined || headings(readFileSync(path, "utf8")).map(anchor).includes(fragment);
}
