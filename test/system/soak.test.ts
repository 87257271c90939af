import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

/** Seconds of load; `npm run soak` takes ten minutes. */
const SECONDS = 20;

/** Figures that must be 0. */
const ZERO_FIGURES = [
  "duplicates",
  "messages not ended",
  "writes sent twice",
  "writes lost",
  "events lost",
  "events emitted twice",
  "sessions left on disk",
];

describe("npm run soak", () => {
  it(`loses, doubles and leaves behind nothing in ${SECONDS} s of load, faults and deploys`, function () {
    this.timeout(120_000);

    const { status, figures, output } = soak("--seconds", String(SECONDS));

    const figure = (name: string): string => figures.get(name) ?? "";
    const number = (name: string): number => Number.parseFloat(figure(name));
    assert.equal(status, 0, output);
    assert.ok(number("messages in") > 500, output);
    assert.equal(number("messages ended once"), number("messages in"));
    for (const name of ZERO_FIGURES) assert.equal(figure(name), "0", name);
    assert.equal(figure("unhandled rejections, warnings"), "0, 0");
    assert.ok(number("events emitted") > 0, output);
    assert.ok(number("deploys") >= 4, output);
    assert.match(output, /seed \d+/);
  });

  it("says what is wrong, and fails, when it is told something else than a number", function () {
    this.timeout(30_000);

    const { status, output } = soak("--seconds", "long");

    assert.equal(status, 1);
    assert.match(output, /--seconds must be a number above 0/);
  });
});

/** Runs the script. A figure is a name and, after two or more spaces, its value. */
function soak(...options: string[]): { status: number | null; figures: Map<string, string>; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import=tsx", "scripts/soak/main.ts", ...options], {
    encoding: "utf8",
    timeout: 110_000,
  });
  const lines = [...stdout.matchAll(/^ {7}(\S.*?) {2,}(.*)$/gm)];
  return {
    status,
    figures: new Map(lines.map(([, name = "", value = ""]) => [name, value])),
    output: `${stdout}\n${stderr}`,
  };
}
