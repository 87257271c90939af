import { cpus, totalmem } from "node:os";
import { against, cpu, rate, ROWS, times, type Results, type Verdict } from "./goals";
import { isPinned } from "./ipc";
import type { Plan, Rounds } from "./schedule";
import { spread, type Spread } from "./statistics";
import { nameOf, type Case, type VariantName } from "./types";

const WORDS: Record<Verdict, string> = { stretch: "met, and the stretch", target: "met", missed: "missed" };
const TITLES: Record<VariantName, string> = {
  limit: "LIMIT: undici.request",
  "limit again": "LIMIT again (A/A)",
  floor: "FLOOR: pool.dispatch and JSON.parse",
  engine: "this package without Node-RED",
  node: "omada-query in Node-RED",
  "router node": "router-status in Node-RED",
  core: "CORE: http request → json in Node-RED",
  session: "transport with a session",
  "constant token": "transport with the token at hand",
  guarded: "transport with queue, rate, retries",
  bare: "one attempt, without them",
  kasa: "a Kasa device call",
  "tplink-cloud-api": "the same by tplink-cloud-api",
};

/** All that a run says of itself. */
export interface Run {
  results: Results;
  plan: Plan;
  versions: Record<string, string>;
  rounds: number;
  rows: ReadonlySet<number>;
  quick: boolean;
}

/** A table as people read it in Markdown and on a terminal alike. */
function table(head: string[], lines: string[][]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => (line[column] ?? "").length)),
  );
  const row = (cells: string[]): string => `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  return [row(head), row(widths.map((width) => "-".repeat(width))), ...lines.map(row)].join("\n");
}

/** The goals, and what came out. */
export function goals(results: Results, rows: ReadonlySet<number>): string {
  const chosen = ROWS.filter(({ number }) => rows.has(number));
  const lines = chosen.map(({ number, metric, anchor, target, stretch, found }) => {
    const { ours, verdict } = found(results) ?? {};
    const outcome = verdict ? WORDS[verdict] : "";
    return [String(number), metric, anchor, ours ?? missing(number, results), target, stretch, outcome];
  });
  return table(["#", "what", "anchor", "ours", "target", "stretch", ""], lines);
}

function missing(number: number, { nodeRed }: Results): string {
  if (number === 20 || number === 27) return "see `npm run soak`";
  if (number === 3 && nodeRed < 5) return "run it on Node-RED 5";
  if (number <= 2 && nodeRed >= 5) return "run it on Node-RED 4";
  return "not measured";
}

/** Everyone in every case: CPU and throughput against LIMIT, and what the server saw. */
export function sideBySide(results: Results, plan: Plan): string {
  const { rounds } = results;
  if (!rounds) return "";
  const lines = plan.flatMap(([variant, cases]) =>
    cases.map((asked) => {
      const { seen = 0, counted = 0, errors = 0 } = rounds.of(variant, asked) ?? {};
      const cpuRatio = against(results, [variant, "limit"], asked, cpu);
      const rateRatio = against(results, [variant, "limit"], asked, rate);
      return [
        nameOf(asked),
        TITLES[variant],
        cpuRatio ? times(cpuRatio) : "–",
        rateRatio ? times(rateRatio) : "–",
        microseconds(rounds, variant, asked),
        latency(rounds, variant, asked),
        errors > 0 || seen !== counted ? `${seen} of ${counted}, ${errors} errors: VOID` : String(seen),
      ];
    }),
  );
  lines.sort(([one = ""], [other = ""]) => one.localeCompare(other, "en", { numeric: true }));
  return table(["case", "who", "CPU × LIMIT", "rate × LIMIT", "CPU each", "p50 / p99", "requests seen"], lines);
}

function figures(rounds: Rounds, variant: VariantName, asked: Case, of: Parameters<typeof against>[3]): Spread {
  return spread((rounds.of(variant, asked)?.slices ?? []).map(of));
}

function microseconds(rounds: Rounds, variant: VariantName, asked: Case): string {
  return `${figures(rounds, variant, asked, cpu).median.toFixed(0)} µs`;
}

function latency(rounds: Rounds, variant: VariantName, asked: Case): string {
  const [p50, p99] = [
    figures(rounds, variant, asked, ({ p50Ms }) => p50Ms),
    figures(rounds, variant, asked, ({ p99Ms }) => p99Ms),
  ];
  return `${p50.median.toFixed(2)} / ${p99.median.toFixed(1)} ms`;
}

/** The same thing measured twice must come out alike: says how far it did, and what that means. */
export function quietness(results: Results, plan: Plan): string {
  const [, cases = []] = plan.find(([variant]) => variant === "limit again") ?? [];
  const found = cases.map((asked) => against(results, ["limit again", "limit"], asked, cpu)?.median ?? Number.NaN);
  if (found.length === 0) return "";
  const [least, most] = [Math.min(...found), Math.max(...found)];
  const range = `LIMIT against itself: ${least.toFixed(2)}–${most.toFixed(2)}× CPU.`;
  if (least >= 1 / QUIET && most <= QUIET) return range;
  return `${range} **The machine was not quiet: the ratios below say little. Measure again.**`;
}

/** Farther apart, and something else had the machine. */
const QUIET = 1.1;

/** On what it was measured. */
export function machine({ versions, rounds, quick }: Run): string {
  const [first] = cpus();
  const where = `${cpus().length} × ${first?.model ?? "?"}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB`;
  const what = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const how = isPinned ? "server on CPU 0, client on CPU 1" : "processes not pinned to a CPU";
  return `${where}; ${what.join(", ")}; loopback, ${how}; ${rounds} rounds${quick ? " (a quick run)" : ""}`;
}

/** The page in docs. */
export function markdown(run: Run): string {
  return `# Performance

Made by \`npm run bench\`; \`npm run bench -- --quick\` takes less than two minutes and prints the same table.

${machine(run)}. ${quietness(run.results, run.plan)}

Only ratios within one run count: absolute figures are for orientation. Every round gives every variant one slice of time
in each case, the next round in reversed order; a ratio is taken round by round, and the median is shown with its quartiles.
Every variant lives in a process of its own and is warm. All ask for the same bytes, parse them, and keep connections alive.
"LIMIT again" is the same thing measured twice: what lies within its spread around 1 is noise.

![CPU per message against undici.request](performance.svg)

## Goals

${goals(run.results, run.rows)}

## Side by side

${sideBySide(run.results, run.plan)}
`;
}
