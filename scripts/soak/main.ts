// The soak: a real Node-RED with all nodes under load, random faults, and a deploy now and then.
//   npm run soak                     ten minutes
//   npm run soak -- --seconds 20     shorter
//   npm run soak -- --deploy 5       a deploy every five seconds instead of every twenty
//   npm run soak -- --seed 7         another order of events; the seed is printed
// Fails when a message is lost or doubled, a write repeated, or anything of ours stays behind.
import { fork, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startNodeRed, type NodeRedInstance } from "../node-red";
import { HOOK } from "./flow";
import { MESSAGES_PER_SECOND, Soak, type Rest } from "./soak";
import type { Hook, Order, Report, Where, Word } from "./types";

const DEPLOY_EVERY_S = 20;
const HOOKS = "/hooks";
/** Of the time, so much is for warming up: code is compiled, caches fill. */
const WARM_SHARE = 0.3;
const LONGEST_WARM_S = 60;
/** How much the heap may grow in bytes, and beside it with each message and each deploy (performance.md row 20). */
const GROWTH = 1_500_000;
const GROWTH_PER_MESSAGE = 4;
const GROWTH_PER_DEPLOY = 10_000;
/** Of the messages that no deploy cut off, so many have to end well. */
const LEAST_WELL = 0.6;
/** Sign-ins that a deploy may cut off, so that they have to be made again. */
const LOST_PER_DEPLOY = 0.2;
const MOST_EXAMPLES = 8;

const TEXT = { type: "string" } as const;

interface Length {
  seconds: number;
  deployEveryS: number;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { seconds: TEXT, deploy: TEXT, seed: TEXT } });
  const seconds = readNumber(values.seconds, "seconds", 600);
  const deployEveryS = readNumber(values.deploy, "deploy", Math.min(DEPLOY_EVERY_S, seconds / 8));
  const seed = readNumber(values.seed, "seed", Math.floor(Math.random() * 2 ** 31));
  console.log(`Soak of ${seconds} s, seed ${seed}.`);

  const platforms = fork(require.resolve("./platforms.ts"), [String(seed)]);
  const userDir = mkdtempSync(join(tmpdir(), "homenet-soak-"));
  let running: NodeRedInstance | undefined;
  try {
    const { where } = (await hear(platforms)) as { where: Where };
    running = await startNodeRed(userDir, 0, { logging: { console: { level: "off" } }, httpNodeRoot: HOOKS });
    const hook = { url: `${running.url}${HOOKS}${HOOK.path}`, secret: HOOK.secret };
    const soak = new Soak(running, userDir, where, seed, Math.ceil(seconds * MESSAGES_PER_SECOND * 1.1) + 1000);
    return await run(soak, platforms, hook, { seconds, deployEveryS });
  } finally {
    await running?.stop();
    platforms.disconnect();
    rmSync(userDir, { recursive: true, force: true });
  }
}

async function run(soak: Soak, platforms: ChildProcess, hook: Hook, length: Length): Promise<number> {
  const { seconds, deployEveryS } = length;
  const ask = (order: Order): Promise<Word> => {
    const word = hear(platforms);
    platforms.send(order);
    return word;
  };
  const warm = Math.min(seconds * WARM_SHARE, LONGEST_WARM_S);

  const stretch = async (length: number): Promise<Rest> => {
    await soak.start();
    platforms.send({ spoil: hook } satisfies Order);
    await soak.load(length, deployEveryS);
    await ask("heal");
    return soak.rest();
  };
  const first = await stretch(warm);
  const [messagesBefore, deploysBefore] = [soak.ledger.begun, soak.deploys];
  const last = await stretch(seconds - warm);
  const { report } = (await ask("report")) as { report: Report };

  const messages = soak.ledger.begun - messagesBefore;
  const most = GROWTH + GROWTH_PER_MESSAGE * messages + GROWTH_PER_DEPLOY * (soak.deploys - deploysBefore);
  return tell(soak, report, { first, last, messages, most });
}

interface Growth {
  first: Rest;
  last: Rest;
  /** How many came between the two. */
  messages: number;
  /** Bytes that the heap may have grown. */
  most: number;
}

function tell(soak: Soak, report: Report, { first, last, messages, most }: Growth): number {
  const { ledger, deploys, happenings } = soak;
  happenings.addPosts(report.posted);
  const { twice, lost } = ledger.close(Object.values(report.platforms).flatMap(({ marks }) => marks));
  const broken: string[] = [];
  const line = (name: string, value: string | number, wrong = false): void => {
    console.log(`${wrong ? "BROKEN " : "       "}${name.padEnd(34)} ${value}`);
    if (wrong) broken.push(name);
  };
  const found = (what: string): number => ledger.faults.get(what)?.count ?? 0;
  const ends = [...ledger.ends].sort(([, one], [, other]) => other - one);

  line("messages in", ledger.begun, ledger.begun === 0);
  line("messages ended once", ledger.endedOnce, ledger.endedOnce !== ledger.begun);
  line("duplicates", found("ended twice") + found("sent twice") + found("sent after its end"));
  line("unended", found("never ended"));
  // What a deploy cuts off says nothing of the faults.
  const tried = ledger.begun - (ledger.ends.get("cancelled") ?? 0);
  const well = (ledger.ends.get("ok") ?? 0) / Math.max(tried, 1);
  line("ended well", `${(well * 100).toFixed(1)} %`, well < LEAST_WELL);
  line("ends", ends.map(([code, count]) => `${code} ${count}`).join(", "));
  line("writes sent twice", twice);
  line("writes lost", lost);
  for (const [what, { count, examples }] of ledger.faults) line(what, `${count} (${examples.join(", ")} …)`, true);
  for (const [name, { requests, faults, signIns, needless }] of Object.entries(report.platforms)) {
    // One more, because all nodes are taken away once in between, and their sessions with them.
    const allowed = 1 + Math.ceil(deploys * LOST_PER_DEPLOY) + (name === "kasa" ? soak.forced : 0);
    line(`${name}: sign-ins (needless)`, `${signIns} (${needless} of ${allowed})`, needless > allowed || signIns === 0);
    line(`${name}: requests, spoilt`, `${requests}, ${faults}`, faults === 0);
  }
  line("events told", happenings.told, happenings.told === 0);
  line("lines of the log told", happenings.lines, happenings.lines === 0);
  line("events lost", listed(happenings.lost), happenings.lost.length > 0);
  line("events told twice", listed(happenings.twice), happenings.twice.length > 0);
  line("deploys", deploys, deploys === 0);
  line(
    "latency of good ones, p50 / p99",
    `${ledger.percentile(0.5).toFixed(1)} / ${ledger.percentile(0.99).toFixed(0)} ms`,
  );
  const grown = last.heap - first.heap;
  line("heap at start, at end", `${megabytes(first.heap)}, ${megabytes(last.heap)} MB`, grown > most);
  line("heap per message", `${(grown / messages).toFixed(0)} B`);
  const [before, after] = [first, last].map(({ handles }) => JSON.stringify(handles)) as [string, string];
  line("handles at start", before);
  line("handles at end", after, more(first.handles, last.handles));
  line("sessions left on the disk", last.files, last.files > 0);
  line("orphan rejections, warnings", `${soak.orphans}, ${soak.warnings}`, soak.orphans + soak.warnings > 0);
  console.log(broken.length ? `Broken: ${broken.join("; ")}.` : "Nothing was lost, doubled or left behind.");
  return broken.length ? 1 : 0;
}

const listed = (all: string[]): string =>
  all.length === 0 ? "0" : `${all.length} (${all.slice(0, MOST_EXAMPLES).join(", ")} …)`;

const more = (before: Record<string, number>, after: Record<string, number>): boolean =>
  Object.entries(after).some(([name, count]) => count > (before[name] ?? 0));

const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(2);

function hear(platforms: ChildProcess): Promise<Word> {
  return new Promise((done, fail) => {
    const ended = (): void => fail(new Error("The simulated platforms ended."));
    platforms.once("exit", ended);
    platforms.once("message", (word: Word) => {
      platforms.off("exit", ended);
      done(word);
    });
  });
}

function readNumber(text: string | undefined, name: string, otherwise: number): number {
  if (text === undefined) return otherwise;
  const number = Number(text);
  if (!(number > 0)) throw new Error(`--${name} must be a number above 0.`);
  return number;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
