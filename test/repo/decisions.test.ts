import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { headings } from "./markdown";

const FOLDER = "docs/decisions";
const SECTIONS = ["Context", "Decision", "Consequences"];

const files = readdirSync(FOLDER).filter((file) => /^\d{4}-/.test(file));
const text = (file: string): string => readFileSync(`${FOLDER}/${file}`, "utf8");

describe("The decisions", () => {
  it("are numbered in the order in which they were made", () => {
    const numbers = files.map((file) => Number(file.slice(0, 4)));
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => index + 1),
    );
    const dates = files.map((file) => /^- Date: (\d{4}-\d{2}-\d{2})$/m.exec(text(file))?.[1] ?? "");
    assert.deepEqual(dates, dates.toSorted());
  });

  for (const file of files) {
    const number = Number(file.slice(0, 4));

    it(`have one form: ${file} has a status, a date, its context, the decision and the consequences`, () => {
      const [title = "", ...sections] = headings(text(file));
      assert.match(title, new RegExp(`^${number}\\. .`));
      assert.deepEqual(sections, SECTIONS);
      assert.match(text(file), /^- Status: (accepted|superseded by \[\d+\]\(\S+\))(; supersedes .*)?$/m);
      assert.match(text(file), /^- Date: \d{4}-\d{2}-\d{2}$/m);
    });

    it(`are listed in the index: ${file} with its title, status and date`, () => {
      const row = text("README.md")
        .split("\n")
        .find((line) => line.includes(`](${file})`));
      const [title = ""] = headings(text(file));
      const [, status = ""] = /^- Status: (accepted|superseded by \[\d+\])/m.exec(text(file)) ?? [];
      const [, date = ""] = /^- Date: (.*)$/m.exec(text(file)) ?? [];
      for (const part of [title.replace(/^\d+\. /, ""), status.replace(/[[\]]/g, ""), date])
        assert.ok(row?.includes(part), `${part} is not in: ${row}`);
    });
  }
});
