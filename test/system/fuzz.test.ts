import assert from "node:assert/strict";
import * as fc from "fast-check";
import { nodeRed, type FlowNode, type NodeRed } from "../support/harness/node-red";
import { closeAfterTest } from "../support/mocha-hooks";
import { actionNode, FUZZ_ACTIONS, isSignIn, proxiedConfig, type FuzzAction, type Proxies } from "./fuzz/actions";
import { findViolation, listPrototypeKeys } from "./fuzz/checks";
import { anyBatch, NODE_CASES, type Batch, type NodeCase } from "./fuzz/node-inputs";
import { buildMessage, OutcomeRecorder, type Outcome, type Receiver } from "./fuzz/outcomes";
import { findMalformation, startPlatforms, summarize, takeRequests, Trap, type Platforms } from "./fuzz/platforms";
import { anyTampering, type Tampering } from "./fuzz/tampering";
import { TamperingProxy } from "./fuzz/tampering-proxy";

/**
 * The seed and the path of a failure reproduce it. On CI, the cases are always the same: a change must not fail because of
 * what was there before it.
 */
const SEED = Number(process.env["FUZZ_SEED"] ?? (process.env["CI"] ? 20261128 : Math.floor(Math.random() * 2 ** 31)));
const PATH = process.env["FUZZ_PATH"];
/** Multiplies the number of cases. */
const TIMES = Number(process.env["FUZZ_TIMES"] ?? 1);

const MESSAGES = 20_000 * TIMES;
const RESPONSES = 3000 * TIMES;
const SIGN_IN_RESPONSES = 150 * TIMES;
const MAX_BATCH_SIZE = 50;
const CLIENTS = 24;
/** The messages of a batch end within it, whatever they contain. */
const MAX_BATCH_MS = 60_000;
/** Shrinking a failing case ends after this. */
const MAX_SEARCH_MS = 600_000;

let recorder: OutcomeRecorder;
let trap: Trap;
let prototypes: string;

before(async () => {
  process.stdout.write(`\n  To reproduce this run: FUZZ_SEED=${SEED}\n`);
  recorder = new OutcomeRecorder();
  trap = await Trap.start();
  prototypes = listPrototypeKeys();
});

after(async () => {
  recorder.close();
  await trap.close();
});

describe("A message with arbitrary content", () => {
  it("ends once, and causes only requests that the settings allow", async function () {
    this.timeout(MAX_SEARCH_MS * 1.5);
    const red = await nodeRed();
    const platforms = await startPlatforms();
    const deploy = (): Promise<void> => red.deploy([...platforms.configs, ...NODE_CASES.map(({ node }) => node)]);
    await deploy();
    await checkMany(anyBatch(MAX_BATCH_SIZE, trap.url), MESSAGES, MAX_BATCH_SIZE, async (batch) => {
      await checkBatch(red, platforms, batch, deploy);
      return batch.cases.length;
    });
    await checkWorks(red);
  });

  it("delays no other message, even if it contains a promise that never settles", async () => {
    const red = await nodeRed();
    const { configs } = await startPlatforms();
    const query = { type: "omada-query", controller: "omada" };
    await red.deploy([
      ...configs.map((config) => ({ ...config, concurrency: 1 })),
      { id: "plain", ...query },
      { id: "expression", ...query, path: "$.topic", pathType: "jsonata" },
    ]);
    const never = new Promise(() => undefined);
    const { error: plain } = await red.send("plain", { path: never });
    assert.deepEqual([plain?.code, plain?.message.slice(0, 19)], ["input", '"path" is a promise']);
    const { error: late } = await red.send("expression", { topic: never });
    assert.deepEqual([late?.code, late?.message.slice(0, 21)], ["input", '"path" cannot be read']);
    assert.equal((await red.send("expression", { topic: "sites" })).error, undefined);
  });
});

describe("A platform with arbitrary responses", () => {
  it("makes each message end once, with a result or with a code", async function () {
    this.timeout(MAX_SEARCH_MS * 1.5);
    const { red, proxies, configs } = await startProxied();
    const clients = Array.from({ length: CLIENTS }, (_, index) => `client${index}`);
    const nodes = clients.flatMap((name) => [
      ...configs.map((config) => proxiedConfig(config, proxies, platformOf(config), name)),
      ...Object.entries(FUZZ_ACTIONS).map(([what, action]) =>
        actionNode(action, `${what} ${name}`, `${action.platform} ${name}`),
      ),
    ]);
    const deploy = (): Promise<void> => red.deploy(nodes);
    await deploy();
    const cases = fc.array(fc.tuple(anyAction, anyTampering), { minLength: 1, maxLength: CLIENTS, size: "max" });
    await checkMany(cases, RESPONSES, CLIENTS, async (batch) => {
      await checkResponses(red, proxies, batch, clients, false, deploy);
      return batch.length;
    });
    await checkWorks(red);
  });

  it("makes each message end once even if it responds so to sign-ins and lookups", async function () {
    this.timeout(MAX_SEARCH_MS * 1.5);
    const { red, proxies, configs } = await startProxied();
    const cases = fc.array(fc.tuple(anyAction, anyTampering), { minLength: 1, maxLength: CLIENTS, size: "max" });
    let round = 0;
    await checkMany(cases, SIGN_IN_RESPONSES, CLIENTS, async (batch) => {
      round++;
      const clients = batch.map((_, index) => `client${index}x${round}`);
      const nodes = batch.flatMap(([what], index) => {
        const [action, name] = [FUZZ_ACTIONS[what] as FuzzAction, clients[index] ?? ""];
        const config = configs.find((candidate) => platformOf(candidate) === action.platform) as FlowNode;
        return [
          proxiedConfig(config, proxies, action.platform, name),
          actionNode(action, `${what} ${name}`, `${action.platform} ${name}`),
        ];
      });
      await red.deploy(nodes);
      await checkResponses(red, proxies, batch, clients, true, () => red.deploy([]));
      return batch.length;
    });
  });
});

describe("A response of almost 16 MiB", () => {
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
    it(`is rejected at the first of millions of invalid ${what}`, async function () {
      this.timeout(60_000);
      const red = await nodeRed();
      const { kasa, configs } = await startPlatforms();
      await red.deploy([
        ...configs,
        { id: "state", type: "kasa-device", account: "kasa", device: "Desk", command: "state" },
      ]);
      kasa.server.injectFault({ kind: "response", body }, { when: (request) => request.body.includes(`"${method}"`) });
      const { error } = await red.send("state");
      assert.deepEqual([error?.code, error?.cause["statusCode"] ?? 200], ["protocol", 200]);
    });
  }
});

const anyAction = fc.constantFrom(...Object.keys(FUZZ_ACTIONS));

const platformOf = ({ type }: FlowNode): FuzzAction["platform"] =>
  type === "kasa-account" ? "kasa" : type === "omada-controller" ? "omada" : "router";

/** Starts the platforms, with a proxy before each. */
async function startProxied(): Promise<{ red: NodeRed; proxies: Proxies; configs: FlowNode[] }> {
  const { kasa, omada, router, configs } = await startPlatforms();
  const proxy = async ({ url }: { url: string }): Promise<TamperingProxy> =>
    closeAfterTest(await TamperingProxy.start(url, trap.url));
  const proxies = { kasa: await proxy(kasa), omada: await proxy(omada), router: await proxy(router) };
  return { red: await nodeRed(), proxies, configs };
}

/**
 * Checks batches until there were enough cases, or shrinks the one that fails.
 * @param minCases in all batches
 * @param maxBatchSize cases in a batch
 * @param check checks a batch, and returns the number of its cases
 */
async function checkMany<T>(
  batches: fc.Arbitrary<T>,
  minCases: number,
  maxBatchSize: number,
  check: (batch: T) => Promise<number>,
) {
  let count = 0;
  const property = fc.asyncProperty(batches, async (batch) => {
    if (count < minCases) count += await check(batch);
  });
  await fc.assert(property, {
    seed: SEED,
    // A reporter in another process sees no cause.
    includeErrorInReport: true,
    ...(PATH ? { path: PATH } : {}),
    // On average, a batch is half as large as it may be.
    numRuns: Math.ceil((minCases / maxBatchSize) * 4),
    interruptAfterTimeLimit: MAX_SEARCH_MS,
    markInterruptAsFailure: true,
  });
  assert.ok(count >= minCases || PATH, `only ${count} cases`);
}

async function checkBatch(
  red: NodeRed,
  platforms: Platforms,
  { nodeId: id, cases }: Batch,
  reset: () => Promise<void>,
) {
  const nodeCase = NODE_CASES.find(({ node }) => node.id === id) as NodeCase;
  const node = red.node<Receiver>(id);
  const deliveries = cases.map((testCase) => [node, buildMessage(testCase)] as const);
  takeRequests(platforms);
  const outcomes = await recorder.record(deliveries, MAX_BATCH_MS);
  await checkOutcomes(
    red,
    outcomes,
    (index) => `${fc.stringify(cases[index])} to ${id}`,
    reset,
    () => nodeCase,
  );
  for (const [platform, request] of takeRequests(platforms)) {
    const text = `${request.method} ${request.target.slice(0, 300)} ${request.body.slice(0, 300)}`;
    const malformation = findMalformation(platforms, platform, request);
    assert.equal(malformation, undefined, `${malformation} of ${text}`);
    const summary = summarize(platforms, platform, request);
    const isAllowed = summary === "" || (platform === nodeCase.platform && nodeCase.allowed.test(summary));
    assert.ok(isAllowed, `${id} sent ${summary}: ${text}`);
  }
}

async function checkResponses(
  red: NodeRed,
  proxies: Proxies,
  batch: [string, Tampering][],
  clients: string[],
  includesSignIn: boolean,
  reset: () => Promise<void>,
): Promise<void> {
  for (const { plans } of Object.values(proxies)) plans.clear();
  const deliveries = batch.map(([what, tampering], index) => {
    const { platform, payload, force } = FUZZ_ACTIONS[what] as FuzzAction;
    const name = clients[index] ?? "";
    const when = includesSignIn || force ? () => true : (request: Parameters<typeof isSignIn>[0]) => !isSignIn(request);
    proxies[platform].plans.set(name, { tampering, when });
    return [red.node<Receiver>(`${what} ${name}`), structuredClone({ payload, force })] as const;
  });
  const outcomes = await recorder.record(deliveries, MAX_BATCH_MS);
  const actions = batch.map(([what]) => FUZZ_ACTIONS[what] as FuzzAction);
  await checkOutcomes(
    red,
    outcomes,
    (index) => fc.stringify(batch[index]),
    reset,
    // No response may cause an unexpected error.
    (index) => ({ ...(actions[index] as FuzzAction), isUnexpectedErrorViolation: true }),
  );
}

/** Checks what has to hold after every batch. */
async function checkOutcomes(
  red: NodeRed,
  outcomes: readonly Outcome[],
  describeCase: (index: number) => string,
  reset: () => Promise<void>,
  expectation: (index: number) => Parameters<typeof findViolation>[1],
): Promise<void> {
  red.forget();
  const violations = outcomes.map((outcome, index) => {
    const violation = findViolation(outcome, expectation(index));
    return violation && `${violation}: ${describeCase(index)}`;
  });
  // A message that hangs would delay those after it.
  if (outcomes.some((outcome) => outcome.ended === 0)) await reset();
  assert.deepEqual(violations.filter(Boolean), []);
  assert.deepEqual(recorder.takeRejections(), []);
  assert.equal(trap.connections, 0, "there was a connection to a server that no setting names");
  assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  assert.equal(listPrototypeKeys(), prototypes);
}

/** Fails unless the runtime still responds. */
async function checkWorks(red: NodeRed): Promise<void> {
  const { url } = red;
  assert.equal((await fetch(`${url}/settings`)).status, 200);
  await red.deploy([]);
}
