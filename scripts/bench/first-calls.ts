import { BenchFlow, controllerNode, routerNode } from "./flows";
import { cpuOf } from "./load";
import { SITE, type Addresses } from "./types";

/** The CPU of many config nodes whose sessions are stored, from their deploy to the first call of each; in milliseconds. */
export interface FirstCalls {
  deploy: number;
  first: number;
  /** The same calls again. */
  again: number;
}

const ROUNDS = 5;
const IN_FLIGHT = 16;

/**
 * Row 37. The first process with this user directory signs in and stores the sessions, a later one finds them.
 * @param userDir of Node-RED, which makes its own `credentialSecret`, as it does where the settings have none
 */
export async function firstCalls({
  addresses,
  count,
  userDir,
}: {
  addresses: Addresses;
  count: number;
  userDir: string;
}): Promise<FirstCalls> {
  const flow = await BenchFlow.start({ userDir, settings: { credentialSecret: undefined } });
  try {
    const configs = Array.from({ length: count }, (_, index) => mixedNodes(addresses, index));
    const deploy = await cpuOf(() => flow.deploy(configs.flat()));
    const senders = configs.map((_, index) => flow.sender(`node-${index}`));
    const sendAll = async (): Promise<void> => {
      const waiting = [...senders];
      const lane = async (): Promise<void> => {
        for (let send = waiting.pop(); send; send = waiting.pop()) await send();
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
    };
    const first = await cpuOf(sendAll);
    let again = Infinity;
    for (let round = 0; round < ROUNDS; round++) again = Math.min(again, await cpuOf(sendAll));
    return { deploy, first, again };
  } finally {
    await flow.stop();
  }
}

/** A config node of each platform in turn, each of an account of its own, and a node that reads. */
function mixedNodes(addresses: Addresses, index: number): { id: string; type: string }[] {
  const [id, config] = [`node-${index}`, `config-${index}`];
  const clientSecret = String(index).padStart(32, "0123456789abcdef");
  const credentials = { clientId: `client-${index}`, clientSecret };
  if (index % 3 === 0) {
    const controller = controllerNode(addresses, config, false, { credentials });
    return [controller, { id, type: "omada-query", controller: config, site: SITE, path: "sites/{siteId}" } as never];
  }
  if (index % 3 === 1) {
    const router = { ...routerNode(addresses, config, false), credentials };
    return [router, { id, type: "router-status", router: config, endpoint: "status.small" } as never];
  }
  const account = { id: config, type: "kasa-account", server: addresses.http };
  const person = { email: `person-${index}@example.com`, password: `chosen by ${index}` };
  return [{ ...account, credentials: person } as never, { id, type: "kasa-device-list", account: config } as never];
}
