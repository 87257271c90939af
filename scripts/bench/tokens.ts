import { requireBuilt } from "./clients";
import { control, takeCounters } from "./control";
import { BenchFlow, controllerNode } from "./flows";
import { sleep } from "./load";
import { CONTROLLER, SITE, type Addresses } from "./types";

/** The figures of a token that becomes invalid while many calls are in flight. */
export interface TokenStorm {
  ms: number;
  signIns: number;
  failed: number;
}

const INVALIDATE_AFTER_MS = 20;
const query = (id: string, path: string) => {
  return { id, type: "omada-query", controller: "config", site: SITE, path: `sites/{siteId}${path}` };
};

/** Row 11: TLS handshakes of many requests through a pool of eight, and of further requests afterwards. */
export async function handshakes({ addresses, count }: { addresses: Addresses; count: number }): Promise<{
  first: number;
  later: number;
  requests: number;
}> {
  const flow = await BenchFlow.start();
  try {
    await flow.deploy([controllerNode(addresses, "config", true, { concurrency: 8 }), query("node", "")]);
    const send = flow.sender("node");
    const sendMany = (times: number): Promise<unknown> =>
      Promise.all(
        Array.from({ length: 16 }, async () => {
          for (let left = times / 16; left > 0; left--) await send();
        }),
      );
    await takeCounters(addresses);
    await sendMany(count);
    const first = await takeCounters(addresses);
    await sendMany(count / 5);
    const later = await takeCounters(addresses);
    return { first: first.handshakes, later: later.handshakes, requests: first.requests + later.requests };
  } finally {
    await flow.stop();
  }
}

async function runStorm(addresses: Addresses, send: () => Promise<unknown>, count: number): Promise<TokenStorm> {
  await takeCounters(addresses);
  const start = performance.now();
  const calls = Array.from({ length: count }, send);
  const settled = Promise.allSettled(calls);
  await sleep(INVALIDATE_AFTER_MS);
  await control(addresses, "invalidateTokens");
  const failed = (await settled).filter(({ status }) => status === "rejected").length;
  const ms = performance.now() - start;
  const { signIns } = await takeCounters(addresses);
  return { ms, signIns, failed };
}

/** Row 13, this package. */
export async function tokenStorm({ addresses, count, tries }: StormOptions): Promise<TokenStorm[]> {
  const flow = await BenchFlow.start();
  try {
    await flow.deploy([controllerNode(addresses, "config", false, { concurrency: count }), query("node", "/storm")]);
    const send = flow.sender("node");
    await send();
    return await repeatStorm(tries, () => runStorm(addresses, () => send(), count));
  } finally {
    await flow.stop();
  }
}

/** Row 13, the popular recipe: a call that is refused signs in, unless another one does already, and is repeated. */
export async function tokenStormByRecipe({ addresses, count, tries }: StormOptions): Promise<TokenStorm[]> {
  const undici = require("undici") as typeof import("undici");
  const dispatcher = new undici.Agent();
  const path = `/openapi/v1/${CONTROLLER}/sites/${SITE}/storm`;
  let token: Promise<string> | string = "";
  let signingIn: Promise<string> | undefined;
  const signIn = async (): Promise<string> => {
    const options = { dispatcher, method: "POST", body: "{}" } as const;
    const { body } = await undici.request(`${addresses.http}/openapi/authorize/token`, options);
    return ((await body.json()) as { result: { accessToken: string } }).result.accessToken;
  };
  const send = async (): Promise<boolean> => {
    const headers = { authorization: `AccessToken=${await token}` };
    const { body } = await undici.request(addresses.http + path, { dispatcher, headers });
    return ((await body.json()) as { errorCode: number }).errorCode === 0;
  };
  const sendWithRenewal = async (): Promise<void> => {
    if (await send()) return;
    signingIn ??= signIn().finally(() => (signingIn = undefined));
    token = await signingIn;
    if (!(await send())) throw new Error("The fresh token was refused.");
  };
  token = await signIn();
  return repeatStorm(tries, () => runStorm(addresses, sendWithRenewal, count));
}

interface StormOptions {
  addresses: Addresses;
  count: number;
  tries: number;
}

// The first one opens the connections and does not count.
async function repeatStorm(tries: number, run: () => Promise<TokenStorm>): Promise<TokenStorm[]> {
  await run();
  const storms: TokenStorm[] = [];
  for (let left = tries; left > 0; left--) storms.push(await run());
  return storms;
}

/** Row 12: microtask turns that the session adds to a call with a valid token. */
export async function sessionTurns(): Promise<number> {
  const { Session } = requireBuilt<typeof import("../../src/session/session")>("session/session.js");
  const { Token } = requireBuilt<typeof import("../../src/session/token")>("session/token.js");
  const { systemClock } = requireBuilt<typeof import("../../src/core/clock")>("core/clock.js");
  const session = new Session(async () => ({ value: "token", lifeMs: 7_200_000 }), Token, systemClock);
  const call = async (): Promise<number> => 1;
  await session.withToken(call);
  return (await countTurns(() => session.withToken(call))) - (await countTurns(call));
}

async function countTurns(act: () => Promise<unknown>): Promise<number> {
  const state = { settled: false };
  const settle = (): void => void (state.settled = true);
  act().then(settle, settle);
  let turns = 0;
  for (; !state.settled && turns < 100; turns++) await Promise.resolve();
  return turns;
}
