import { hasMore, type ResidualState, type Soak } from "./soak";
import type { PlatformReport } from "./types";

/** Share of the messages that must succeed, among those that no deploy cancelled. */
const MIN_SUCCESS_SHARE = 0.6;
/** Sign-ins that a deploy may interrupt, so that they are repeated. */
const SIGN_INS_PER_DEPLOY = 0.2;
const MAX_EXAMPLES = 8;

/** How the heap of a run may grow, and what remained before and after it. */
interface HeapGrowth {
  first: ResidualState;
  last: ResidualState;
  /** Messages between the two. */
  messages: number;
  /** How much the heap may have grown. */
  maxBytes: number;
}

/** Prints the figures of a run. @returns the exit code */
export function printReport(
  soak: Soak,
  report: PlatformReport,
  { first, last, messages, maxBytes }: HeapGrowth,
): number {
  const { ledger, deploys, events } = soak;
  events.checkPosts(report.acceptedPosts);
  const { writes, spoiled, toggles } = report.house;
  const marks = [...Object.values(report.platforms).flatMap((stats) => stats.marks), ...writes.map(([mark]) => mark)];
  const { twice, lost } = ledger.compareWrites(marks);
  ledger.compareTargets(writes);
  events.checkWitness(toggles);
  const failures: string[] = [];
  const line = (name: string, value: string | number, isFailure = false): void => {
    console.log(`${isFailure ? "FAILED " : "       "}${name.padEnd(34)} ${value}`);
    if (isFailure) failures.push(name);
  };
  const violations = (description: string): number => ledger.violations.get(description)?.count ?? 0;
  const outcomes = [...ledger.outcomes].sort(([, a], [, b]) => b - a);

  line("messages in", ledger.started, ledger.started === 0);
  line("messages ended once", ledger.endedOnce, ledger.endedOnce !== ledger.started);
  line("duplicates", violations("ended twice") + violations("sent twice") + violations("sent after its end"));
  line("messages not ended", violations("never ended"));
  // Cancelled messages say nothing about the faults.
  const attempted = ledger.started - (ledger.outcomes.get("cancelled") ?? 0);
  const succeeded = (ledger.outcomes.get("ok") ?? 0) / Math.max(attempted, 1);
  line("succeeded", `${(succeeded * 100).toFixed(1)} %`, succeeded < MIN_SUCCESS_SHARE);
  line("outcomes", outcomes.map(([code, count]) => `${code} ${count}`).join(", "));
  line("writes sent twice", twice);
  line("writes lost", lost);
  for (const [description, { count, examples }] of ledger.violations)
    line(description, `${count} (${examples.join(", ")} …)`, true);
  for (const [name, { requests, injectedFaults, signIns, unnecessarySignIns }] of Object.entries(report.platforms)) {
    // One more, because all nodes are removed once in between, together with their sessions.
    const allowed = 1 + Math.ceil(deploys * SIGN_INS_PER_DEPLOY) + (name === "kasa" ? soak.forcedSignIns : 0);
    const tooMany = unnecessarySignIns > allowed;
    line(
      `${name}: sign-ins (unnecessary)`,
      `${signIns} (${unnecessarySignIns} of ${allowed})`,
      tooMany || signIns === 0,
    );
    // Few requests of the house go through its cloud.
    line(`${name}: requests, faults`, `${requests}, ${injectedFaults}`, injectedFaults === 0 && name !== "house");
  }
  line("house: writes, said not to be sent", `${writes.length}, ${ledger.notSent}`, writes.length === 0);
  line(
    "house: disturbances",
    Object.entries(spoiled)
      .map(([name, count]) => `${name} ${count}`)
      .join(", "),
  );
  line("house: switched by hand, told", `${toggles.length}, ${events.witnessed}`);
  line("events emitted", events.received, events.received === 0);
  line("log lines emitted", events.logLines, events.logLines === 0);
  line("events lost", summarize(events.lost), events.lost.length > 0);
  line("events emitted twice", summarize(events.duplicated), events.duplicated.length > 0);
  line("outages told as changes", summarize(events.invented), events.invented.length > 0);
  line("deploys", deploys, deploys === 0);
  line(
    "latency of successes, p50 / p99",
    `${ledger.percentile(0.5).toFixed(1)} / ${ledger.percentile(0.99).toFixed(0)} ms`,
  );
  const growth = last.heap - first.heap;
  line("heap at start, at end", `${megabytes(first.heap)}, ${megabytes(last.heap)} MB`, growth > maxBytes);
  line("heap per message", `${(growth / messages).toFixed(0)} B`);
  const [before, after] = [first, last].map(({ handles }) => JSON.stringify(handles)) as [string, string];
  line("handles at start", before);
  line("handles at end", after, hasMore(first.handles, last.handles));
  line("sessions left on disk", last.files, last.files > 0);
  line(
    "unhandled rejections, warnings",
    `${soak.unhandledRejections}, ${soak.warnings}`,
    soak.unhandledRejections + soak.warnings > 0,
  );
  console.log(failures.length ? `Failed: ${failures.join("; ")}.` : "Nothing was lost, duplicated or left behind.");
  return failures.length ? 1 : 0;
}

const summarize = (items: string[]): string =>
  items.length === 0 ? "0" : `${items.length} (${items.slice(0, MAX_EXAMPLES).join(", ")} …)`;

const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(2);
