import type { Clock } from "../../../src/core/clock";
import { parseServerAddress } from "../../../src/http/server-address";
import { Transport } from "../../../src/http/transport";
import { PeplinkClient, type PeplinkSettings } from "../../../src/peplink/client";
import { closeAfterTest } from "../../support/mocha-hooks";
import { PeplinkRouter } from "../../support/simulators/peplink/router";

const RAW = { asList: false, maskSecrets: false };
export const MINUTE_MS = 60_000;
export const STATUS = "status.wan.connection";

/** The system clock, which can be set ahead; sleeping takes no time. */
class AdjustableClock implements Clock {
  aheadMs = 0;
  readonly now = (): number => Date.now() + this.aheadMs;
  readonly sleep = async (): Promise<void> => {};
}

/** A simulated router and its client, on the same clock. */
export async function setUp({ http = true, ...settings }: Partial<PeplinkSettings> & { http?: boolean } = {}) {
  const router = closeAfterTest(await PeplinkRouter.start({ http }));
  const clock = new AdjustableClock();
  router.now = clock.now;
  const { clientId, clientSecret, username, password, fingerprint } = router;
  const tls = fingerprint === undefined ? {} : { fingerprint };
  const transport = closeAfterTest(new Transport({ timeoutMs: 5000, tls, concurrency: 8, clock }));
  const credentials = { mode: "client", clientId, clientSecret, username, password } as const;
  const client = new PeplinkClient(
    { server: parseServerAddress(router.url), ...credentials, ...settings },
    transport,
    clock,
  );
  const status = (endpoint = STATUS): Promise<unknown> => client.status(endpoint, {}, RAW);
  return { router, clock, client, status };
}

/** Makes the router respond to an endpoint with this body. */
export function respondWith(
  { server }: PeplinkRouter,
  endpoint: string,
  body: unknown,
  status = 200,
  times = Infinity,
): void {
  server.injectFault({ kind: "response", body, status }, { times, when: ({ path }) => path === `/api/${endpoint}` });
}
