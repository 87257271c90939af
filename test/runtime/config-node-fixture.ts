import assert from "node:assert/strict";
import { nodeRed, type CaughtError, type FlowNode, type NodeRed } from "../support/harness/node-red";
import type { PeplinkRouter } from "../support/simulators/peplink/router";

export const STATUS = { id: "status", type: "router-status", router: "router", endpoint: "info.time" };
/** The fingerprint of no certificate. */
export const PIN = "0123456789abcdef".repeat(4);

/** Deploys a config node "router" and a node "status" that uses it, and sends a message to the latter. */
export async function sendStatus(
  config: FlowNode,
  ...more: FlowNode[]
): Promise<{ red: NodeRed; error: CaughtError | undefined }> {
  const red = await nodeRed();
  await red.deploy([...more, config, STATUS]);
  return { red, error: (await red.send("status")).error };
}

/** Expects a message to fail with `config` and this message, without a connection to the router. */
export async function assertConfigError(
  router: PeplinkRouter,
  expected: RegExp,
  config: FlowNode,
  ...more: FlowNode[]
): Promise<void> {
  const { red, error } = await sendStatus(config, ...more);
  assert.equal(error?.code, "config", error?.message);
  assert.match(error.message, expected);
  assert.doesNotMatch(error.message, /sesame/);
  assert.deepEqual(error.cause, { platform: "router", operation: "router-status", retryable: false });
  assert.equal(red.statuses("status").at(-1)?.fill, "grey");
  assert.equal(router.server.connections, 0);
}

/** A node as the editor deploys it if its credentials did not change: without them. */
export function withoutCredentials(node: FlowNode): FlowNode {
  const { credentials: _, ...rest } = node;
  return rest;
}

/** A TLS configuration of Node-RED's core with the id "tls". */
export function tlsConfig(settings: object, credentials: Record<string, string> = {}): FlowNode {
  return { id: "tls", type: "tls-config", cert: "", key: "", ca: "", verifyservercert: true, ...settings, credentials };
}
