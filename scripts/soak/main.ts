// A real Node-RED with all nodes under load, random faults, and a deploy now and then.
//   npm run soak                     ten minutes
//   npm run soak -- --seconds 20     shorter
//   npm run soak -- --deploy 5       a deploy every five seconds instead of every twenty
//   npm run soak -- --seed 7         a certain sequence of events; each run prints its seed
// Fails when a message is lost or duplicated, a write is repeated or reaches another device, or a resource is left behind.
import { fork, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startNodeRed, type NodeRedInstance } from "../node-red";
import { WEBHOOK } from "./flow";
import { printReport } from "./report";
import { MESSAGES_PER_SECOND, Soak, type ResidualState } from "./soak";
import type { PlatformAddresses, PlatformCommand, PlatformMessage, PlatformReport, WebhookTarget } from "./types";

const DEPLOY_EVERY_S = 20;
const WEBHOOK_ROOT = "/hooks";
/** Share of the time in which code is compiled and caches fill. */
const WARM_UP_SHARE = 0.3;
const MAX_WARM_UP_S = 60;
/**
 * How much the heap may grow: once, with each message and with each deploy (performance.md row 20). Once: the code for the
 * local network is compiled after a short warm-up on a slow machine.
 */
const MAX_GROWTH_BYTES = 2_500_000;
const MAX_GROWTH_PER_MESSAGE_BYTES = 4;
const MAX_GROWTH_PER_DEPLOY_BYTES = 10_000;

const TEXT = { type: "string" } as const;

interface SoakLength {
  seconds: number;
  deployEveryS: number;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { seconds: TEXT, deploy: TEXT, seed: TEXT } });
  const seconds = parseNumber(values.seconds, "seconds", 600);
  const deployEveryS = parseNumber(values.deploy, "deploy", Math.min(DEPLOY_EVERY_S, seconds / 8));
  const seed = parseNumber(values.seed, "seed", Math.floor(Math.random() * 2 ** 31));
  console.log(`Soak of ${seconds} s, seed ${seed}.`);

  const platforms = fork(require.resolve("./platforms.ts"), [String(seed)]);
  const userDir = mkdtempSync(join(tmpdir(), "homenet-soak-"));
  let nodeRed: NodeRedInstance | undefined;
  try {
    const { addresses } = (await nextMessage(platforms)) as { addresses: PlatformAddresses };
    nodeRed = await startNodeRed(userDir, 0, { logging: { console: { level: "off" } }, httpNodeRoot: WEBHOOK_ROOT });
    const webhook = { url: `${nodeRed.url}${WEBHOOK_ROOT}${WEBHOOK.path}`, secret: WEBHOOK.secret };
    const capacity = Math.ceil(seconds * MESSAGES_PER_SECOND * 1.1) + 1000;
    const soak = new Soak(nodeRed, userDir, addresses, seed, capacity);
    return await run(soak, platforms, webhook, { seconds, deployEveryS });
  } finally {
    await nodeRed?.stop();
    platforms.disconnect();
    rmSync(userDir, { recursive: true, force: true });
  }
}

async function run(soak: Soak, platforms: ChildProcess, webhook: WebhookTarget, length: SoakLength): Promise<number> {
  const { seconds, deployEveryS } = length;
  const request = (command: PlatformCommand): Promise<PlatformMessage> => {
    const response = nextMessage(platforms);
    platforms.send(command);
    return response;
  };
  const warmUpS = Math.min(seconds * WARM_UP_SHARE, MAX_WARM_UP_S);

  const runFor = async (durationS: number, before?: ResidualState): Promise<ResidualState> => {
    await soak.start();
    platforms.send({ disturb: webhook } satisfies PlatformCommand);
    await soak.run(durationS, deployEveryS, () => request("heal"));
    return soak.unload(before);
  };
  const first = await runFor(warmUpS);
  const [messagesBefore, deploysBefore] = [soak.ledger.started, soak.deploys];
  const last = await runFor(seconds - warmUpS, first);
  const { report } = (await request("report")) as { report: PlatformReport };

  const messages = soak.ledger.started - messagesBefore;
  const deploys = soak.deploys - deploysBefore;
  const maxBytes = MAX_GROWTH_BYTES + MAX_GROWTH_PER_MESSAGE_BYTES * messages + MAX_GROWTH_PER_DEPLOY_BYTES * deploys;
  return printReport(soak, report, { first, last, messages, maxBytes });
}

function nextMessage(platforms: ChildProcess): Promise<PlatformMessage> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error("The process of the simulated platforms exited."));
    platforms.once("exit", onExit);
    platforms.once("message", (message: PlatformMessage) => {
      platforms.off("exit", onExit);
      resolve(message);
    });
  });
}

function parseNumber(text: string | undefined, name: string, defaultValue: number): number {
  if (text === undefined) return defaultValue;
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
