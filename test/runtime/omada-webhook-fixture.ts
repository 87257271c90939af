import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { nodeRed, type FlowNode, type NodeRed } from "../support/harness/node-red";
import { omadaController } from "../support/harness/platforms";
import { type WebhookTarget } from "../support/simulators/omada/events";

export const SECRET = "tides-and-currents";
/** The maximum size of a body, in bytes. */
export const MAX_BODY_BYTES = 256 * 1024;

export const webhook = (more: object = {}, credentials: object = { secret: SECRET }): FlowNode =>
  ({ id: "hook", type: "omada-webhook", path: "/omada", credentials, ...more }) as FlowNode;

/** A flow with a webhook, and a controller that posts to it. */
export async function webhookFlow(nodes: FlowNode[] = [webhook()]) {
  const { controller } = await omadaController({ http: true });
  const red = await nodeRed();
  await red.deploy(nodes);
  await red.until(() => red.statuses("hook").length > 0);
  const hook: WebhookTarget = { url: `${red.hooksUrl}/omada`, secret: SECRET };
  return { red, controller, hook, secret: SECRET };
}

/** Everything that the flow, the editor and the log show. */
const readable = (red: NodeRed): string =>
  JSON.stringify([red.sent("hook"), red.caught(), red.statuses("hook"), red.log]);

export const lastStatus = (red: NodeRed): string => {
  const { fill, shape, text } = red.statuses("hook").at(-1) ?? {};
  return `${fill} ${shape} ${text}`;
};

/** Removes the flow. Fails if its secret was readable anywhere. */
export async function assertSecretHidden(): Promise<void> {
  const red = await nodeRed();
  const text = readable(red);
  await red.deploy([]);
  assert.ok(!text.includes(SECRET), "the secret is readable");
  assert.ok(!text.includes(createHash("sha256").update(SECRET).digest("hex")), "a hash of the secret is readable");
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
