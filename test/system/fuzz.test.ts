import assert from "node:assert/strict";
import * as fc from "fast-check";
import { nodeRed, type FlowNode, type NodeRed } from "../support/harness/node-red";
import { closeAfterTest } from "../support/mocha-hooks";
import { actor, FUZZ_ACTIONS, guest, isPreparation, type FuzzAction, type Proxies } from "./fuzz/actions";
import { allPrototypes, wrongEnd } from "./fuzz/checks";
import { anyBatch, NODE_CASES, type Batch, type NodeCase } from "./fuzz/node-inputs";
import { message, Outcomes, type Outcome, type Receiver } from "./fuzz/outcomes";
import { malformed, sinceLastLook, startPlatforms, summary, Trap, type Platforms } from "./fuzz/platforms";
import { anyTampering, type Tampering } from "./fuzz/tampering";
import { TamperingProxy } from "./fuzz/tampering-proxy";

/**
 * With both of a failure that was told, the same is seen again. Where changes are let in, the cases are always the same: a
 * change must not be turned away for what was there before it.
 */
const SEED = Number(process.env["FUZZ_SEED"] ?? (process.env["CI"] ? 20261128 : Math.floor(Math.random() * 2 ** 31)));
const PATH = process.env["FUZZ_PATH"];
/** How many times as much as usual. */
const TIMES = Number(process.env["FUZZ_TIMES"] ?? 1);

const MESSAGES = 20_000 * TIMES;
const ANSWERS = 3000 * TIMES;
const FIRST_ANSWERS = 150 * TIMES;
/** Messages in a batch at most. */
const BATCH = 50;
const GUESTS = 24;
/** Messages of a batch end within it, whatever they hold. */
const ENOUGH_MS = 60_000;
/** A search for the least that fails ends here. */
const LONGEST_MS = 600_000;

let endings: Outcomes;
let trap: Trap;
let prototypes: string;

before(async () => {
  process.stdout.write(`\n  To see the same once more: FUZZ_SEED=${SEED}\n`);
  endings = new Outcomes();
  trap = await Trap.start();
  prototypes = allPrototypes();
});

after(async () => {
  endings.close();
  await trap.close();
});

describe("Whatever a message holds", () => {
  it("it ends once, and asks for nothing that the settings do not allow", async function () {
    this.timeout(LONGEST_MS * 1.5);
    const red = await nodeRed();
    const place = await startPlatforms();
    const deploy = (): Promise<void> => red.deploy([...place.configs, ...NODE_CASES.map(({ node }) => node)]);
    await deploy();
    await tryMany(anyBatch(BATCH, trap.url), MESSAGES, BATCH, async (batch) => {
      await checkBatch(red, place, batch, deploy);
      return batch.cases.length;
    });
    await checkWorks(red);
  });

  it("a promise that never comes holds up nobody", async () => {
    const red = await nodeRed();
    const { configs } = await startPlatforms();
    const reading = { type: "omada-query", controller: "omada" };
    await red.deploy([
      ...configs.map((config) => ({ ...config, concurrency: 1 })),
      { id: "plain", ...reading },
      { id: "expression", ...reading, path: "$.topic", pathType: "jsonata" },
    ]);
    const never = new Promise(() => undefined);
    const plain = await red.send("plain", { path: never });
    assert.deepEqual([plain.error?.code, plain.error?.message.slice(0, 19)], ["input", '"path" is a promise']);
    const late = await red.send("expression", { topic: never });
    assert.deepEqual([late.error?.code, late.error?.message.slice(0, 21)], ["input", '"path" cannot be read']);
    assert.equal((await red.send("expression", { topic: "sites" })).error, undefined);
  });
});

describe("Whatever a platform answers", () => {
  it("each message ends once, with what was answered or with a code", async function () {
    this.timeout(LONGEST_MS * 1.5);
    const { red, mirrors, configs } = await mirrored();
    const guests = Array.from({ length: GUESTS }, (_, index) => `guest${index}`);
    const standing = guests.flatMap((name) => [
      ...configs.map((config) => guest(config, mirrors, platformOf(config), name)),
      ...Object.entries(FUZZ_ACTIONS).map(([what, act]) => actor(act, `${what} ${name}`, `${act.platform} ${name}`)),
    ]);
    const deploy = (): Promise<void> => red.deploy(standing);
    await deploy();
    const cases = fc.array(fc.tuple(anyAct, anyTampering), { minLength: 1, maxLength: GUESTS, size: "max" });
    await tryMany(cases, ANSWERS, GUESTS, async (batch) => {
      await checkAnswers(red, mirrors, batch, guests, false, deploy);
      return batch.length;
    });
    await checkWorks(red);
  });

  it("also to those who sign in, and who look for what they name", async function () {
    this.timeout(LONGEST_MS * 1.5);
    const { red, mirrors, configs } = await mirrored();
    const cases = fc.array(fc.tuple(anyAct, anyTampering), { minLength: 1, maxLength: GUESTS, size: "max" });
    let round = 0;
    await tryMany(cases, FIRST_ANSWERS, GUESTS, async (batch) => {
      round++;
      const guests = batch.map((_, index) => `guest${index}x${round}`);
      const nodes = batch.flatMap(([what], index) => {
        const [act, name] = [FUZZ_ACTIONS[what] as FuzzAction, guests[index] ?? ""];
        const config = configs.find((one) => platformOf(one) === act.platform) as FlowNode;
        return [guest(config, mirrors, act.platform, name), actor(act, `${what} ${name}`, `${act.platform} ${name}`)];
      });
      await red.deploy(nodes);
      await checkAnswers(red, mirrors, batch, guests, true, () => red.deploy([]));
      return batch.length;
    });
  });
});

describe("An answer of almost 16 MiB", () => {
  const ones = `[${"1,".repeat(8_000_000)}1]`;
  const list = `{"error_code":0,"result":{"deviceList":${ones}}}`;
  const state = JSON.stringify({
    error_code: 0,
    result: { responseData: `{"system":{"get_sysinfo":{"children":${ones}}}}` },
  });
  for (const [what, method, body] of [
    ["devices", "getDeviceList", list],
    ["outlets", "passthrough", state],
  ] as const) {
    it(`ends at the first of millions of ${what} that are none`, async function () {
      this.timeout(60_000);
      const red = await nodeRed();
      const { kasa, configs } = await startPlatforms();
      await red.deploy([
        ...configs,
        { id: "state", type: "kasa-device", account: "kasa", device: "Desk", command: "state" },
      ]);
      kasa.server.injectFault({ kind: "response", body }, { when: (asked) => asked.body.includes(`"${method}"`) });
      const { error } = await red.send("state");
      assert.deepEqual([error?.code, error?.cause["statusCode"] ?? 200], ["protocol", 200]);
    });
  }
});

const anyAct = fc.constantFrom(...Object.keys(FUZZ_ACTIONS));

const platformOf = ({ type }: FlowNode): FuzzAction["platform"] =>
  type === "kasa-account" ? "kasa" : type === "omada-controller" ? "omada" : "router";

/** A home with a mirror before each platform. */
async function mirrored(): Promise<{ red: NodeRed; mirrors: Proxies; configs: FlowNode[] }> {
  const { kasa, omada, router, configs } = await startPlatforms();
  const before = async ({ url }: { url: string }): Promise<TamperingProxy> =>
    closeAfterTest(await TamperingProxy.before(url, trap.url));
  const mirrors = { kasa: await before(kasa), omada: await before(omada), router: await before(router) };
  return { red: await nodeRed(), mirrors, configs };
}

/**
 * Tries batches, or looks for the least that fails.
 * @param wanted how many cases there have to be
 * @param most of them in a batch
 * @param act tries a batch, and tells how many they were
 */
async function tryMany<T>(batches: fc.Arbitrary<T>, wanted: number, most: number, act: (batch: T) => Promise<number>) {
  let count = 0;
  const property = fc.asyncProperty(batches, async (batch) => {
    if (count < wanted) count += await act(batch);
  });
  await fc.assert(property, {
    seed: SEED,
    ...(PATH ? { path: PATH } : {}),
    // Batches are half as large as they may be, on the average.
    numRuns: Math.ceil((wanted / most) * 4),
    interruptAfterTimeLimit: LONGEST_MS,
    markInterruptAsFailure: true,
  });
  assert.ok(count >= wanted || PATH, `only ${count} cases`);
}

async function checkBatch(red: NodeRed, place: Platforms, { lane: id, cases }: Batch, reset: () => Promise<void>) {
  const lane = NODE_CASES.find(({ node }) => node.id === id) as NodeCase;
  const node = red.node<Receiver>(id);
  const deliveries = cases.map((one) => [node, message(one)] as const);
  sinceLastLook(place);
  const ended = await endings.of(deliveries, ENOUGH_MS);
  await checkEndings(
    red,
    ended,
    (index) => `${fc.stringify(cases[index])} to ${id}`,
    reset,
    () => lane,
  );
  for (const [platform, asked] of sinceLastLook(place)) {
    const seen = `${asked.method} ${asked.target.slice(0, 300)} ${asked.body.slice(0, 300)}`;
    const wrong = malformed(place, platform, asked);
    assert.equal(wrong, undefined, `${wrong} of ${seen}`);
    const asks = summary(place, platform, asked);
    assert.ok(asks === "" || (platform === lane.platform && lane.asks.test(asks)), `${id} asks ${asks}: ${seen}`);
  }
}

async function checkAnswers(
  red: NodeRed,
  mirrors: Proxies,
  batch: [string, Tampering][],
  guests: string[],
  all: boolean,
  reset: () => Promise<void>,
): Promise<void> {
  for (const { plans } of Object.values(mirrors)) plans.clear();
  const deliveries = batch.map(([what, spoilt], index) => {
    const { platform, payload, force } = FUZZ_ACTIONS[what] as FuzzAction;
    const name = guests[index] ?? "";
    const when = all || force ? () => true : (asked: Parameters<typeof isPreparation>[0]) => !isPreparation(asked);
    mirrors[platform].plans.set(name, { spoilt, when });
    return [red.node<Receiver>(`${what} ${name}`), structuredClone({ payload, force })] as const;
  });
  const ended = await endings.of(deliveries, ENOUGH_MS);
  const acts = batch.map(([what]) => FUZZ_ACTIONS[what] as FuzzAction);
  await checkEndings(
    red,
    ended,
    (index) => fc.stringify(batch[index]),
    reset,
    // Whatever is answered, nothing in it may come as a surprise.
    (index) => ({ ...(acts[index] as FuzzAction), expectsAll: true }),
  );
}

/** What holds after every batch. */
async function checkEndings(
  red: NodeRed,
  ended: readonly Outcome[],
  told: (index: number) => string,
  reset: () => Promise<void>,
  who: (index: number) => Parameters<typeof wrongEnd>[1],
): Promise<void> {
  red.forget();
  const wrong = ended.map((ending, index) => {
    const what = wrongEnd(ending, who(index));
    return what && `${what}: ${told(index)}`;
  });
  // What hangs would hold up the messages after it.
  if (ended.some((outcome) => outcome.ended === 0)) await reset();
  assert.deepEqual(wrong.filter(Boolean), []);
  assert.deepEqual(endings.orphans(), []);
  assert.equal(trap.visits, 0, "somebody was asked whom no setting names");
  assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  assert.equal(allPrototypes(), prototypes);
}

/** The runtime lives, and its nodes work. */
async function checkWorks(red: NodeRed): Promise<void> {
  const { url } = red;
  assert.equal((await fetch(`${url}/settings`)).status, 200);
  await red.deploy([]);
}
