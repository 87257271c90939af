import { cpus, totalmem } from "node:os";
import { GOALS } from "./goals";
import { formatRatio, type Verdict } from "./goals/goal";
import { compareVariants, cpu, rate, type Results } from "./goals/results";
import { isPinned } from "./ipc";
import type { Plan, Rounds, RunLength } from "./schedule";
import { spread, type Spread } from "./statistics";
import { caseName, type LoadCase, type VariantName } from "./types";

const VERDICT_LABELS: Record<Verdict, string> = { stretch: "met, and the stretch", target: "met", missed: "missed" };
const TITLES: Record<VariantName, string> = {
  limit: "LIMIT: undici.request",
  "limit again": "LIMIT again (A/A)",
  floor: "FLOOR: pool.dispatch and JSON.parse",
  engine: "this package without Node-RED",
  node: "omada-query in Node-RED",
  "router node": "router-status in Node-RED",
  "unguarded node": "a node of undici's pool and JSON.parse",
  core: "CORE: http request → json in Node-RED",
  session: "transport with a session",
  "constant token": "transport with a constant token",
  guarded: "transport with queue, rate, retries",
  bare: "one attempt, without them",
  kasa: "a Kasa device call",
  "tplink-cloud-api": "the same by tplink-cloud-api",
};

/** A finished run. */
export interface Run {
  results: Results;
  plan: Plan;
  versions: Record<string, string>;
  length: RunLength;
  rows: ReadonlySet<number>;
  quick: boolean;
}

/** A Markdown table that is readable in a terminal as well. */
function table(head: string[], lines: string[][]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => (line[column] ?? "").length)),
  );
  const row = (cells: string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [row(head), row(widths.map((width) => "-".repeat(width))), ...lines.map(row)].join("\n");
}

/** The goals, with what was measured. */
export function goalsTable(results: Results, rows: ReadonlySet<number>): string {
  const chosen = GOALS.filter(({ number }) => rows.has(number));
  const lines = chosen.map(({ number, metric, anchor, target, stretch, evaluate }) => {
    const { ours, verdict } = evaluate(results) ?? {};
    const outcome = verdict ? VERDICT_LABELS[verdict] : "";
    return [String(number), metric, anchor, ours ?? whyNotMeasured(number, results), target, stretch, outcome];
  });
  return table(["#", "what", "anchor", "ours", "target", "stretch", ""], lines);
}

function whyNotMeasured(number: number, { nodeRed }: Results): string {
  if (number === 20 || number === 27) return "see `npm run soak`";
  if (number === 3 && nodeRed < 5) return "run it on Node-RED 5";
  if (number <= 2 && nodeRed >= 5) return "run it on Node-RED 4";
  return "not measured";
}

/** Every variant in every case: CPU and throughput relative to LIMIT, and the requests that the server received. */
export function variantsTable(results: Results, plan: Plan): string {
  const { rounds } = results;
  if (!rounds) return "";
  const lines = plan.flatMap(([variant, cases]) =>
    cases.map((loadCase) => {
      const { received = 0, completed = 0, errors = 0 } = rounds.of(variant, loadCase) ?? {};
      const cpuRatio = compareVariants(results, [variant, "limit"], loadCase, cpu);
      const rateRatio = compareVariants(results, [variant, "limit"], loadCase, rate);
      return [
        caseName(loadCase),
        TITLES[variant],
        cpuRatio ? formatRatio(cpuRatio) : "–",
        rateRatio ? formatRatio(rateRatio) : "–",
        microseconds(rounds, variant, loadCase),
        latency(rounds, variant, loadCase),
        errors > 0 || received !== completed ? `${received} of ${completed}, ${errors} errors: VOID` : String(received),
      ];
    }),
  );
  lines.sort(([a = ""], [b = ""]) => a.localeCompare(b, "en", { numeric: true }));
  return table(["case", "who", "CPU × LIMIT", "rate × LIMIT", "CPU each", "p50 / p99", "requests seen"], lines);
}

function spreadOf(
  rounds: Rounds,
  variant: VariantName,
  loadCase: LoadCase,
  of: Parameters<typeof compareVariants>[3],
): Spread {
  return spread((rounds.of(variant, loadCase)?.slices ?? []).map(of));
}

function microseconds(rounds: Rounds, variant: VariantName, loadCase: LoadCase): string {
  return `${spreadOf(rounds, variant, loadCase, cpu).median.toFixed(0)} µs`;
}

function latency(rounds: Rounds, variant: VariantName, loadCase: LoadCase): string {
  const [p50, p99] = [
    spreadOf(rounds, variant, loadCase, ({ p50Ms }) => p50Ms),
    spreadOf(rounds, variant, loadCase, ({ p99Ms }) => p99Ms),
  ];
  return `${p50.median.toFixed(2)} / ${p99.median.toFixed(1)} ms`;
}

/** How far two measurements of the same variant differ, and whether that is too far. */
export function describeNoise(results: Results, plan: Plan): string {
  const [, cases = []] = plan.find(([variant]) => variant === "limit again") ?? [];
  const ratios = cases.map(
    (loadCase) => compareVariants(results, ["limit again", "limit"], loadCase, cpu)?.median ?? Number.NaN,
  );
  if (ratios.length === 0) return "";
  const [low, high] = [Math.min(...ratios), Math.max(...ratios)];
  const range = `LIMIT against itself: ${low.toFixed(2)}–${high.toFixed(2)}× CPU.`;
  if (low >= 1 / MAX_NOISE && high <= MAX_NOISE) return range;
  return `${range} **The machine was not quiet: the ratios below say little. Measure again.**`;
}

/** A larger ratio means that something else used the machine. */
const MAX_NOISE = 1.05;

/** The machine, the versions and the conditions of the run. */
export function describeMachine({ versions, length, quick }: Run): string {
  const [first] = cpus();
  const hardware = `${cpus().length} × ${first?.model ?? "?"}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB`;
  const software = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const rounds = `${length.processes} × ${length.rounds} rounds`;
  const pinning = isPinned ? "server on CPU 0, client on CPU 1" : "processes not pinned to a CPU";
  return `${hardware}; ${software.join(", ")}; loopback, ${pinning}; ${rounds}${quick ? " (a quick run)" : ""}`;
}

/** What rows 37 to 41 mean, and what row 40 has found. */
function describeStarts({ smallMachine }: Results): string {
  const meaning = `Rows 37 to 41 are of Node-RED processes of their own, with simulated platforms in another process. Row 37 has Omada, Peplink and Kasa
in turn, each with an account of its own and a stored session, in a Node-RED that has made its own \`credentialSecret\`. In row 39 undici's pool
alone is 16 KB of each config node, and a trigger 6 KB, before anything is known of a device. In row 41 each router has ten triggers.`;
  if (!smallMachine) return `${meaning} Row 40 was not measured: it needs control groups that may limit the CPU.`;
  const { cgroup, startMs, firstPollsMs, messages, cpuPercent, maxHeap, maxRss } = smallMachine;
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MB`;
  return `${meaning}

Half a core (control groups, version ${cgroup}) and \`--max-old-space-size=256\`: Node-RED starts in ${seconds(startMs)}, and ${seconds(firstPollsMs)} after the deploy
all 20 config nodes have signed in and all of their triggers have polled. It then takes ${cpuPercent.toFixed(0)} % of a core, and at most ${megabytes(maxHeap)} of heap and
${megabytes(maxRss)} of memory, for ${messages} messages and the polls. Triggers with the same interval poll at the same moment: a message that arrives then waits
behind them, which is the 99th percentile of row 40.`;
}

/** What rows 33 and 34 compare. */
const LAN_NOTE = `In rows 33 and 34 both clients switch a device and wait for its response; ours also reads the state that becomes the message. The older device
answers in one segment, and ours keeps the connection to it for a second; the other client makes one for each command. The newer device closes each
connection, as some of its kind do (docs/protocols/kasa-local.md, section 4), so that each client makes one for each request with node:http: by a profile, that and the encryption,
which are the same for both, are two thirds of what the other client costs. Half of it is out of reach as long as no connection is reused there.`;

const NODE_NOTE = `[Decision 14](decisions/0014-one-promise-per-request.md) says, by a profile, where the time of a message goes in rows 30 and 31.`;

/** The page docs/performance.md. */
export function renderMarkdown(run: Run): string {
  return `# Performance

Generated by \`npm run bench\`; \`npm run bench -- --quick\` takes about seven minutes and prints the same table.

${describeMachine(run)}. ${describeNoise(run.results, run.plan)}

Only ratios within one run count: absolute figures are for orientation. Every round gives every variant one slice of time
in each case, and every other round runs in reverse order; ratios are taken round by round, and the median is shown with its quartiles.
Every variant runs in a process of its own, which is warmed up and replaced a few times, because two processes of one build differ. All request
the same bytes, parse them, and keep connections alive. "LIMIT again" is the same variant measured twice: what lies within its spread around 1 is noise.

![CPU per message against undici.request](performance.svg)

## Goals

${goalsTable(run.results, run.rows)}

${LAN_NOTE}

${NODE_NOTE}

## Many config nodes, and small machines

${describeStarts(run.results)}

## Side by side

${variantsTable(run.results, run.plan)}
`;
}
