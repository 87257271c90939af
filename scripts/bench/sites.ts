import { BenchFlow, routerNode } from "./flows";
import { cpuOf } from "./load";
import type { Addresses } from "./types";

const MANY = 200;
const IN_FLIGHT = 16;

/** Row 36: the CPU of a message that names one of 200 routers, relative to that of a node with a fixed one. One ratio per try. */
export async function manySites({
  addresses,
  tries,
  count,
}: {
  addresses: Addresses;
  tries: number;
  count: number;
}): Promise<number[]> {
  const flow = await BenchFlow.start();
  try {
    const routers = Array.from({ length: MANY }, (_, index) => routerNode(addresses, `site-${index}`, false));
    const status = (id: string, router: string) => ({ id, type: "router-status", router, endpoint: "status.small" });
    await flow.deploy([...routers, status("fixed", "site-0"), status("any", "")]);
    const [fixed, any] = [flow.sender("fixed"), flow.sender("any")];
    let next = 0;
    const send = {
      // The same message, whose router this node does not look at.
      fixed: () => fixed({ router: "site-0" }),
      one: () => any({ router: "site-0" }),
      any: () => any({ router: `site-${next++ % MANY}` }),
    };
    const measure = (act: () => Promise<unknown>): Promise<number> => {
      const sender = async (): Promise<void> => {
        for (let left = count / IN_FLIGHT; left > 0; left--) await act();
      };
      return cpuOf(() => Promise.all(Array.from({ length: IN_FLIGHT }, sender)));
    };
    // All of them sign in, and open their connections.
    for (const act of [send.any, send.one, send.fixed, send.one, send.fixed]) await measure(act);
    const ratios: number[] = [];
    for (let index = 0; index < tries; index++) ratios.push((await measure(send.one)) / (await measure(send.fixed)));
    return ratios;
  } finally {
    await flow.stop();
  }
}
