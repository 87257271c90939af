import assert from "node:assert/strict";
import type { FlowNode, FlowRunner } from "./flow-runner";

/** Deploys flows on a runner, and checks after each test that no secret of the platform could be read anywhere. */
export function deployments<Runner extends FlowRunner>(getRunner: () => Promise<Runner>) {
  let deployed: { red: Runner; flow: FlowNode[]; secrets: () => string[] } | undefined;

  /** @param secrets what the platform has issued or been sent by the end of the test */
  async function deploy(flow: FlowNode[], secrets: () => string[]): Promise<Runner> {
    const red = await getRunner();
    await red.deploy(flow);
    deployed = { red, flow, secrets };
    return red;
  }

  /** For an `afterEach`: removes the flow, and fails if an error, a status, `msg.api` or the log contained a secret. */
  async function assertNoSecretLeaked(): Promise<void> {
    if (!deployed) return;
    const { red, flow, secrets } = deployed;
    deployed = undefined;
    const sent = flow.flatMap(({ id }) => [...red.sent(id).map(({ api }) => api), ...red.statuses(id)]);
    const failed = red.caught().flatMap(({ api, error }) => [api, error]);
    const readable = [...red.log, JSON.stringify(sent), JSON.stringify(failed)].join("\n");
    // Node-RED keeps credentials that a deploy does not name: the next test's platform would get these.
    await red.deploy([]);
    const spellings = (secret: string): string[] => [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
    ];
    const leaked = secrets().filter((secret) => spellings(secret).some((spelling) => readable.includes(spelling)));
    assert.deepEqual(leaked, [], "a secret can be read in an error, a status, msg.api or the log");
  }

  return { deploy, assertNoSecretLeaked };
}
