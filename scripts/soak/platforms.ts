// The three simulated platforms, in a process of their own so that their memory does not count as Node-RED's.
import { globalAgent } from "node:http";
import type { OmadaController } from "../../test/support/simulators/omada/controller";
import { postTo } from "../../test/support/simulators/omada/events";
import type { Fault, RecordedRequest } from "../../test/support/simulators/simulated-server";
import { startHouse } from "./house";
import { oneOf, seeded } from "./random";
import { startKasa, startOmada, startPeplink, type SoakPlatform } from "./simulators";
import type { PlatformCommand, PlatformMessage, PlatformStats, WebhookTarget } from "./types";

/** Share of requests that go wrong. */
const FAULT_SHARE = 0.05;
/** Share of sign-ins that go wrong. */
const SIGN_IN_FAULT_SHARE = 0.1;
const DISTURB_EVERY_MS = 200;
const LOG_LINE_EVERY_MS = 500;
const POST_EVERY_MS = 100;

const htmlResponse = (body: string): Fault => ({ kind: "response", headers: { "content-type": "text/html" }, body });
const statusResponse = (status: number, headers: Record<string, string> = {}): Fault => {
  return { kind: "response", status, headers, body: {} };
};
const FAULTS: readonly Fault[] = [
  statusResponse(500),
  statusResponse(502),
  statusResponse(503, { "retry-after": "0" }),
  statusResponse(429, { "retry-after": "1" }),
  statusResponse(302, { location: "http://127.0.0.1:9/" }),
  htmlResponse("<!DOCTYPE html><title>Sign in</title>"),
  htmlResponse('{"error_code": 0, "errorCode": 0, "stat": "ok", "resu'),
  htmlResponse(""),
  { kind: "delay", ms: 400 },
  { kind: "hang" },
  { kind: "reset" },
  { kind: "cut" },
  { kind: "drip", everyMs: 3 },
  { kind: "endless" },
];
// None of them refuses the credentials: that would rightly end the load for a quarter of an hour.
const SIGN_IN_FAULTS: readonly Fault[] = [
  statusResponse(502),
  statusResponse(503),
  { kind: "delay", ms: 300 },
  { kind: "reset" },
  { kind: "cut" },
];

async function main(seed: number): Promise<void> {
  const random = seeded(seed);
  // A keep-alive connection to the webhook would count as one of Node-RED's.
  Object.assign(globalAgent, { keepAlive: false });
  const [kasa, omada, peplink] = [await startKasa(), await startOmada(), await startPeplink()];
  const house = await startHouse();
  const platforms = [kasa.platform, omada.platform, peplink.platform, house.platform];
  let disturbances: NodeJS.Timeout | undefined;
  const statsOf = ({ platform: { stats, signIns } }: { platform: SoakPlatform }): PlatformStats => {
    return { ...stats, signIns: signIns() };
  };
  const events = new OmadaEvents(omada.controller);
  type Handler = (webhook: WebhookTarget) => PlatformMessage | undefined | Promise<PlatformMessage>;
  const handlers: Record<"disturb" | "heal" | "report", Handler> = {
    disturb: (webhook) => {
      for (const platform of platforms) injectFaults(platform, random);
      disturbances ??= setInterval(() => oneOf(oneOf(platforms, random).disturbances, random)(), DISTURB_EVERY_MS);
      events.start(webhook);
      house.home.start(random);
      return undefined;
    },
    heal: async () => {
      clearInterval(disturbances);
      disturbances = undefined;
      events.stop();
      for (const { server, repair } of platforms) {
        server.clearFaults();
        repair();
      }
      await house.home.heal();
      return { healed: true };
    },
    report: () => {
      for (const platform of platforms) countRequests(platform);
      const stats = {
        kasa: statsOf(kasa),
        omada: statsOf(omada),
        peplink: statsOf(peplink),
        house: statsOf(house),
      };
      return { report: { platforms: stats, acceptedPosts: events.acceptedPosts, house: house.home.report } };
    },
  };
  // Otherwise the journal would grow with the run.
  setInterval(() => platforms.forEach(countRequests), 1000);
  const send = (message: PlatformMessage): boolean | undefined => process.send?.(message);
  process.on("message", (command: PlatformCommand) => {
    const [name, webhook] = typeof command === "string" ? [command, undefined] : ["disturb" as const, command.disturb];
    Promise.resolve(handlers[name](webhook as WebhookTarget)).then(
      (response) => response && send(response),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
  process.on("disconnect", () => process.exit(0));
  const addresses = {
    kasa: kasa.addresses,
    omada: omada.addresses,
    peplink: peplink.addresses,
    house: house.addresses,
  };
  send({ addresses });
}

/** Writes numbered lines into the controller's log, and posts numbered messages to the webhook until each is accepted. */
class OmadaEvents {
  readonly acceptedPosts: number[] = [];
  #lines: NodeJS.Timeout | undefined;
  #nextLine = 0;
  #nextPost = 0;

  constructor(private readonly controller: OmadaController) {}

  start(webhook: WebhookTarget): void {
    const site = this.controller.site("Harbour");
    this.#lines = setInterval(
      () => this.controller.writeLog("events", site, { content: `Line #${this.#nextLine++}.` }),
      LOG_LINE_EVERY_MS,
    );
    this.#post(webhook).catch(() => undefined);
  }

  stop(): void {
    clearInterval(this.#lines);
    this.#lines = undefined;
  }

  // A controller posts the same again until it receives a 200.
  async #post(webhook: WebhookTarget): Promise<void> {
    while (this.#lines) {
      const number = this.#nextPost;
      const body = { Site: "Harbour", shardSecret: webhook.secret, text: [`Post #${number}.`], timestamp: number };
      const response = await postTo(webhook, body).catch(() => undefined);
      if (response?.status === 200) this.acceptedPosts.push(this.#nextPost++);
      await new Promise((resolve) => setTimeout(resolve, POST_EVERY_MS));
    }
  }
}

function countRequests({ server, stats }: SoakPlatform): void {
  stats.requests += server.journal.length;
  server.journal.length = 0;
}

/** Counts the sign-ins for which there was no reason. */
function checkSignIns(platform: SoakPlatform): void {
  const { server, stats, isSignIn, signIns, lifeMs } = platform;
  let [granted, grantedAt, inProgress] = [0, 0, false];
  const observe = (request: RecordedRequest): boolean => {
    if (signIns() > granted) {
      granted = signIns();
      grantedAt = Date.now();
      inProgress = false;
    }
    if (!isSignIn(request) || inProgress) return false;
    // Tokens are renewed when a tenth of their life is left.
    const isExpiring = Date.now() - grantedAt >= lifeMs * 0.88;
    if (!platform.signInExpected && !isExpiring) stats.unnecessarySignIns++;
    // Further requests until the next token belong to the same sign-in.
    inProgress = true;
    platform.signInExpected = false;
    return false;
  };
  server.injectFault({ kind: "delay", ms: 0 }, { times: Number.POSITIVE_INFINITY, when: observe });
}

function injectFaults(platform: SoakPlatform, random: () => number): void {
  const { server, stats, isSignIn } = platform;
  checkSignIns(platform);
  const inject = (faults: readonly Fault[], share: number, atSignIn: boolean): void => {
    for (const fault of faults) {
      const when = (request: RecordedRequest): boolean => {
        const hit = isSignIn(request) === atSignIn && random() < share / faults.length;
        if (hit) stats.injectedFaults++;
        // The response may be lost, which justifies one more sign-in.
        if (hit && atSignIn) platform.signInExpected = true;
        return hit;
      };
      server.injectFault(fault, { times: Number.POSITIVE_INFINITY, when });
    }
  };
  inject(FAULTS, FAULT_SHARE, false);
  inject(SIGN_IN_FAULTS, SIGN_IN_FAULT_SHARE, true);
}

main(Number(process.argv[2])).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
