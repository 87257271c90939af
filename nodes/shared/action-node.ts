import type { Node, NodeAPI, NodeDef } from "node-red";
import { cancelledError } from "../../src/core/errors";
import { SwapRemoveSet } from "../../src/core/swap-remove-set";
import { ActionMessage, type ActionContext } from "./action-message";
import { isReady, type PlatformClient } from "./config-node";
import { isBlankReference } from "./config-reference";
import type { PlatformName } from "./flow-error";
import { NodeStatus } from "./node-status";

/**
 * Makes a node call `run` for each message. Its result is sent on in the same message, or its error goes to Catch nodes.
 * Every message ends exactly once, also at a deploy. Whatever `run` throws, the runtime goes on.
 * @param connectionId id of the config node; blank: each message names one
 */
export function action<Client extends PlatformClient>(
  RED: NodeAPI,
  node: Node,
  def: NodeDef,
  platform: PlatformName,
  connectionId: string,
  run: (context: ActionContext<Client>) => Promise<unknown>,
): void {
  const status = new NodeStatus(RED, node);
  const pending = new SwapRemoveSet<ActionMessage<Client>>();
  let isClosed = false;
  let onIdle: (() => void) | undefined;
  const shared = {
    RED,
    node,
    def,
    platform,
    connectionId,
    status,
    run,
    onWait: (isWaiting: boolean): void => status.wait(isWaiting),
    warn: (sentence: string): void => node.warn(sentence),
    onEnded: (message: ActionMessage<Client>): void => {
      pending.delete(message);
      if (pending.size > 0) return;
      onIdle?.();
      onIdle = undefined;
    },
  };

  node.on("input", (msg, send, done) => {
    const message = new ActionMessage<Client>(shared, msg, send, done);
    if (isClosed) message.cancel(cancelledError());
    pending.add(message);
    message.start();
  });

  node.on("close", (done: () => void) => {
    isClosed = true;
    status.close();
    const messages = pending.toArray();
    if (messages.length === 0) return done();
    onIdle = done;
    const reason = cancelledError();
    // During a full deploy the Catch nodes are closed as well, so nothing else would show what became of them.
    node.warn(describeCancelled(messages.length));
    for (const message of messages) message.cancel(reason);
  });

  if (!isBlankReference(connectionId) && !isReady(RED, connectionId, platform)) status.notConfigured();
}

function describeCancelled(count: number): string {
  const subject = count === 1 ? "1 message was" : `${count} messages were`;
  return `${subject} under way when the node was closed or deployed again: cancelled.`;
}
