import { dist } from "./clients";
import { control, seen } from "./control";
import { BenchFlow, controller } from "./flows";
import { sleep } from "./load";
import { CONTROLLER, SITE, type Addresses } from "./types";

/** What a storm did: many calls in flight, and their token dies. */
export interface Storm {
  ms: number;
  signIns: number;
  failed: number;
}

const SPENT_AFTER_MS = 20;
const query = (id: string, path: string) => {
  return { id, type: "omada-query", controller: "config", site: SITE, path: `sites/{siteId}${path}` };
};

/** Row 11: TLS handshakes of many requests through a pool of eight, and of more of them afterwards. */
export async function handshakes({ addresses, count }: { addresses: Addresses; count: number }): Promise<{
  first: number;
  later: number;
  requests: number;
}> {
  const flow = await BenchFlow.start();
  try {
    await flow.deploy([controller(addresses, "config", true, { concurrency: 8 }), query("node", "")]);
    const send = flow.sender("node");
    const many = (times: number): Promise<unknown> =>
      Promise.all(
        Array.from({ length: 16 }, async () => {
          for (let left = times / 16; left > 0; left--) await send();
        }),
      );
    await seen(addresses);
    await many(count);
    const first = await seen(addresses);
    await many(count / 5);
    const later = await seen(addresses);
    return { first: first.handshakes, later: later.handshakes, requests: first.requests + later.requests };
  } finally {
    await flow.stop();
  }
}

async function inStorm(addresses: Addresses, one: () => Promise<unknown>, count: number): Promise<Storm> {
  await seen(addresses);
  const begun = performance.now();
  const calls = Array.from({ length: count }, one);
  const settled = Promise.allSettled(calls);
  await sleep(SPENT_AFTER_MS);
  await control(addresses, "spend");
  const failed = (await settled).filter(({ status }) => status === "rejected").length;
  const ms = performance.now() - begun;
  const { signIns } = await seen(addresses);
  return { ms, signIns, failed };
}

/** Row 13, our side. */
export async function storm({ addresses, count, tries }: Stormy): Promise<Storm[]> {
  const flow = await BenchFlow.start();
  try {
    await flow.deploy([controller(addresses, "config", false, { concurrency: count }), query("node", "/storm")]);
    const send = flow.sender("node");
    await send();
    return await several(tries, () => inStorm(addresses, () => send(), count));
  } finally {
    await flow.stop();
  }
}

/** Row 13, the other side: whoever is refused signs in, unless somebody does already, and asks again. */
export async function stormByRecipe({ addresses, count, tries }: Stormy): Promise<Storm[]> {
  const undici = require("undici") as typeof import("undici");
  const dispatcher = new undici.Agent();
  const path = `/openapi/v1/${CONTROLLER}/sites/${SITE}/storm`;
  let token: Promise<string> | string = "";
  let signingIn: Promise<string> | undefined;
  const signIn = async (): Promise<string> => {
    const how = { dispatcher, method: "POST", body: "{}" } as const;
    const { body } = await undici.request(`${addresses.http}/openapi/authorize/token`, how);
    return ((await body.json()) as { result: { accessToken: string } }).result.accessToken;
  };
  const ask = async (): Promise<boolean> => {
    const headers = { authorization: `AccessToken=${await token}` };
    const { body } = await undici.request(addresses.http + path, { dispatcher, headers });
    return ((await body.json()) as { errorCode: number }).errorCode === 0;
  };
  const one = async (): Promise<void> => {
    if (await ask()) return;
    signingIn ??= signIn().finally(() => (signingIn = undefined));
    token = await signingIn;
    if (!(await ask())) throw new Error("refused twice");
  };
  token = await signIn();
  return several(tries, () => inStorm(addresses, one, count));
}

interface Stormy {
  addresses: Addresses;
  count: number;
  tries: number;
}

// The first one makes the connections.
async function several(tries: number, once: () => Promise<Storm>): Promise<Storm[]> {
  await once();
  const all: Storm[] = [];
  for (let left = tries; left > 0; left--) all.push(await once());
  return all;
}

/** Row 12: turns of the promise queue that a call with a live token takes, beyond those of the call itself. */
export async function turns(): Promise<number> {
  const { Session } = dist<typeof import("../../src/session/session")>("session/session.js");
  const { systemClock } = dist<typeof import("../../src/core/clock")>("core/clock.js");
  const session = new Session(async () => ({ value: "token", lifeMs: 7_200_000 }), systemClock);
  const call = async (): Promise<number> => 1;
  await session.withToken(call);
  return (await turnsOf(() => session.withToken(call))) - (await turnsOf(call));
}

async function turnsOf(act: () => Promise<unknown>): Promise<number> {
  const state = { ended: false };
  const end = (): void => void (state.ended = true);
  act().then(end, end);
  let turns = 0;
  for (; !state.ended && turns < 100; turns++) await Promise.resolve();
  return turns;
}
