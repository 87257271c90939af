import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { headings, linkExists } from "./markdown";

/** A reference such as `(omada.md section 6, row 33)`. */
interface Citation {
  file: string;
  page: string;
  section: string | undefined;
  row: string | undefined;
}

const PAGES = ["docs/protocols", "docs"];
const MIN_CITATIONS = 50;
const FOLDERS = /^(src|nodes|test|scripts|docs|examples|\.github)\//;
const TEXT = /\.(ts|mjs|cjs|js|html|md)$/;

const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" })
  .trim()
  .split("\n")
  .filter((file) => TEXT.test(file) && existsSync(file));
const text = (file: string): string => readFileSync(file, "utf8");
const markdown = tracked.filter((file) => file.endsWith(".md"));

// A comment may break the line in the middle of a reference.
function inOneLine(source: string): string {
  return source.replace(/\s*\n\s*(?:\/\/|\*|#)?\s*/g, " ");
}

function citationsIn(file: string): Citation[] {
  const pattern = /\b([a-z-]+)\.md(?: section (\d+(?:\.\d+)*))?(?:,? row (\d+))?/g;
  return [...inOneLine(text(file)).matchAll(pattern)].flatMap(([, page = "", section, row]) =>
    section === undefined && row === undefined ? [] : [{ file, page, section, row }],
  );
}

function problemOf({ page, section, row }: Citation): string | undefined {
  const path = PAGES.map((folder) => `${folder}/${page}.md`).find((candidate) => existsSync(candidate));
  if (path === undefined) return `there is no ${page}.md`;
  const content = text(path);
  const isThere = (heading: string): boolean => new RegExp(`^${section}(\\.|:)? `).test(heading);
  if (section !== undefined && !headings(content).some(isThere)) return `${path} has no section ${section}`;
  if (row !== undefined && !new RegExp(`^\\| +${row} +\\|`, "m").test(content)) return `${path} has no row ${row}`;
  return undefined;
}

describe("The documentation", () => {
  const citations = tracked.filter((file) => FOLDERS.test(file)).flatMap(citationsIn);

  it("is cited from the code, so that there is something to follow", () => {
    assert.ok(citations.length >= MIN_CITATIONS, `only ${citations.length} citations were found`);
    for (const folder of ["src/", "nodes/", "test/", "scripts/"])
      assert.ok(
        citations.some(({ file }) => file.startsWith(folder)),
        `none was found in ${folder}`,
      );
  });

  it("has the section and the row that each citation in the code names", () => {
    const problems = citations.flatMap((citation) => {
      const problem = problemOf(citation);
      return problem === undefined ? [] : [`${citation.file}: ${problem}`];
    });
    assert.deepEqual(problems, []);
  });

  it("has the page and the heading that each of its links leads to", () => {
    const links = markdown.flatMap((file) =>
      [...text(file).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].map(([, link = ""]) => ({ file, link })),
    );
    assert.ok(links.length > 0);
    const broken = links.filter(({ file, link }) => {
      const target = link.startsWith("#") ? file + link : posix.join(posix.dirname(file), link);
      return !linkExists(decodeURI(target));
    });
    assert.deepEqual(broken, []);
  });

  it("names no file of this repository that does not exist", () => {
    const paths = markdown
      .filter((file) => file !== "CHANGELOG.md")
      .flatMap((file) =>
        [...text(file).matchAll(/`((?:src|nodes|test|scripts|docs|examples|\.github)\/[\w./-]+?)(?::[^`]*)?`/g)].map(
          ([, path = ""]) => ({ file, path }),
        ),
      );
    assert.ok(paths.length > 0);
    assert.deepEqual(
      paths.filter(({ path }) => !existsSync(path)),
      [],
    );
  });
});
