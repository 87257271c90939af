import type { ActOrder } from "../../../../src/acts/act";
import { createTrace } from "../../../../src/core/call-context";
import type { Clock } from "../../../../src/core/clock";
import { parseServerAddress } from "../../../../src/http/server-address";
import { Transport } from "../../../../src/http/transport";
import { PeplinkClient } from "../../../../src/peplink/client";
import { closeAfterTest } from "../../../support/mocha-hooks";
import { PeplinkRouter } from "../../../support/simulators/peplink/router";

/** A clock on which sleeping takes no time, and is counted. */
class SteppingClock implements Clock {
  aheadMs = 0;
  readonly now = (): number => Date.now() + this.aheadMs;
  readonly sleep = async (ms: number): Promise<void> => void (this.aheadMs += ms);
}

/** How an act ended. */
interface Outcome {
  payload: unknown;
  verified: unknown;
  steps: unknown;
}

/** A simulated router and a client of it, on the same clock. */
export async function setUp() {
  const router = closeAfterTest(await PeplinkRouter.start({ http: true }));
  const clock = new SteppingClock();
  router.now = clock.now;
  const { clientId, clientSecret, username, password } = router;
  const transport = closeAfterTest(new Transport({ timeoutMs: 5000, tls: {}, concurrency: 8, clock }));
  const settings = { mode: "client", clientId, clientSecret, username, password } as const;
  const client = new PeplinkClient({ server: parseServerAddress(router.url), ...settings }, transport, clock);

  /** Runs an act, with the defaults of the node. */
  async function act(name: string, order: Partial<ActOrder> = {}): Promise<Outcome> {
    const trace = createTrace();
    const defaults = { target: "", value: undefined, verify: true, dryRun: false, confirm: false };
    const { payload } = await client.acts.run({ act: name, ...defaults, ...order }, { trace });
    const { verified, steps } = trace.details;
    return { payload, verified, steps };
  }

  /** What was posted since, except for sign-ins: the endpoint and its body. */
  function posts(): [endpoint: string, body: unknown][] {
    const posted = router.server.journal.filter(
      ({ method, path }) => method === "POST" && path !== "/api/auth.token.grant",
    );
    return posted.map(({ path, body }) => [path.replace("/api/", ""), body === "" ? undefined : JSON.parse(body)]);
  }

  return { router, clock, act, posts };
}

/** The priorities of a router's connections by name. */
export function priorities({ wans }: PeplinkRouter): Record<string, number> {
  return Object.fromEntries(wans.map(({ name, priority }) => [name, priority]));
}
