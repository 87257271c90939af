// The three simulated platforms of the soak, in a process of their own: what they remember must not count as Node-RED's.
import { globalAgent } from "node:http";
import type { OmadaController } from "../../test/support/simulators/omada/controller";
import { deliver } from "../../test/support/simulators/omada/events";
import type { Asked, Fault } from "../../test/support/simulators/simulated-server";
import { oneOf, seeded } from "./random";
import { startKasa, startOmada, startRouter, type Platform } from "./simulators";
import type { Hook, Order, Told, Word } from "./types";

/** Of all requests, so many go wrong. */
const FAULT_SHARE = 0.05;
/** Of all sign-ins. */
const SIGN_IN_FAULT_SHARE = 0.1;
const VERB_EVERY_MS = 200;
const LINE_EVERY_MS = 500;

const text = (body: string): Fault => ({ kind: "answer", headers: { "content-type": "text/html" }, body });
const http = (status: number, headers: Record<string, string> = {}): Fault => {
  return { kind: "answer", status, headers, body: {} };
};
const FAULTS: readonly Fault[] = [
  http(500),
  http(502),
  http(503, { "retry-after": "0" }),
  http(429, { "retry-after": "1" }),
  http(302, { location: "http://127.0.0.1:9/" }),
  text("<!DOCTYPE html><title>Sign in</title>"),
  text('{"error_code": 0, "errorCode": 0, "stat": "ok", "resu'),
  text(""),
  { kind: "delay", ms: 400 },
  { kind: "hang" },
  { kind: "reset" },
  { kind: "cut" },
  { kind: "drip", everyMs: 3 },
  { kind: "endless" },
];
// None that refuses the credentials: that would end the load for a quarter of an hour, as it must.
const SIGN_IN_FAULTS: readonly Fault[] = [
  http(502),
  http(503),
  { kind: "delay", ms: 300 },
  { kind: "reset" },
  { kind: "cut" },
];

async function main(seed: number): Promise<void> {
  const random = seeded(seed);
  // A connection that the poster keeps would count as one of Node-RED's.
  Object.assign(globalAgent, { keepAlive: false });
  const [kasa, omada, router] = [await startKasa(), await startOmada(), await startRouter()];
  const all = [kasa.platform, omada.platform, router.platform];
  let verbs: NodeJS.Timeout | undefined;
  const told = ({ told, signIns }: Platform): Told => ({ ...told, signIns: signIns() });
  const poster = new Poster(omada.controller);
  const orders: Record<"spoil" | "heal" | "report", (hook: Hook) => Word | undefined> = {
    spoil: (hook) => {
      for (const platform of all) spoil(platform, random);
      verbs ??= setInterval(() => oneOf(oneOf(all, random).verbs, random)(), VERB_EVERY_MS);
      poster.start(hook);
      return undefined;
    },
    heal: () => {
      clearInterval(verbs);
      verbs = undefined;
      poster.stop();
      for (const { server, mend } of all) {
        server.heal();
        mend();
      }
      return { healed: true };
    },
    report: () => {
      for (const platform of all) count(platform);
      const platforms = { kasa: told(kasa.platform), omada: told(omada.platform), router: told(router.platform) };
      return { report: { platforms, posted: poster.posted } };
    },
  };
  // The journal would grow with the run.
  setInterval(() => all.forEach(count), 1000);
  const say = (word: Word): boolean | undefined => process.send?.(word);
  process.on("message", (order: Order) => {
    const [name, hook] = typeof order === "string" ? [order, undefined] : ["spoil" as const, order.spoil];
    const word = orders[name](hook as Hook);
    if (word) say(word);
  });
  process.on("disconnect", () => process.exit(0));
  say({ where: { kasa: kasa.where, omada: omada.where, router: router.where } });
}

/** Writes numbered lines into the controller's log, and posts numbered messages to a webhook until each is taken. */
class Poster {
  readonly posted: number[] = [];
  #lines: NodeJS.Timeout | undefined;
  #line = 0;
  #next = 0;

  constructor(private readonly controller: OmadaController) {}

  start(hook: Hook): void {
    const site = this.controller.site("Harbour");
    this.#lines = setInterval(
      () => this.controller.write("events", site, { content: `Line #${this.#line++}.` }),
      LINE_EVERY_MS,
    );
    this.#post(hook).catch(() => undefined);
  }

  stop(): void {
    clearInterval(this.#lines);
    this.#lines = undefined;
  }

  // As a controller does that hears no 200: the same again.
  async #post(hook: Hook): Promise<void> {
    while (this.#lines) {
      const body = { Site: "Harbour", shardSecret: hook.secret, text: [`Post #${this.#next}.`], timestamp: this.#next };
      const answer = await deliver(hook, body).catch(() => undefined);
      if (answer?.status === 200) this.posted.push(this.#next++);
      await new Promise((done) => setTimeout(done, 100));
    }
  }
}

function count({ server, told }: Platform): void {
  told.requests += server.journal.length;
  server.journal.length = 0;
}

/** Looks at each sign-in: whether there is reason for it. */
function watchSignIns(platform: Platform): void {
  const { server, told, isSignIn, signIns, lifeMs } = platform;
  let [granted, grantedAt, asking] = [0, 0, false];
  const look = (asked: Asked): boolean => {
    if (signIns() > granted) {
      granted = signIns();
      grantedAt = Date.now();
      asking = false;
    }
    if (!isSignIn(asked) || asking) return false;
    // A tenth of its life is left when a token is renewed.
    const aged = Date.now() - grantedAt >= lifeMs * 0.88;
    if (!platform.reason && !aged) told.needless++;
    // What follows until the next token is one sign-in with it.
    asking = true;
    platform.reason = false;
    return false;
  };
  server.spoil({ kind: "delay", ms: 0 }, { times: Number.POSITIVE_INFINITY, when: look });
}

function spoil(platform: Platform, random: () => number): void {
  const { server, told, isSignIn } = platform;
  watchSignIns(platform);
  const put = (faults: readonly Fault[], share: number, signIn: boolean): void => {
    for (const fault of faults) {
      const when = (asked: Asked): boolean => {
        const hit = isSignIn(asked) === signIn && random() < share / faults.length;
        if (hit) told.faults++;
        // Its answer may be lost: then there is reason for one more.
        if (hit && signIn) platform.reason = true;
        return hit;
      };
      server.spoil(fault, { times: Number.POSITIVE_INFINITY, when });
    }
  };
  put(FAULTS, FAULT_SHARE, false);
  put(SIGN_IN_FAULTS, SIGN_IN_FAULT_SHARE, true);
}

main(Number(process.argv[2])).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
