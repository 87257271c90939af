import type { Node, NodeAPI, NodeDef, NodeMessage, NodeMessageInFlow } from "node-red";
import { abortable, LightAbortController } from "../../src/core/abort";
import { createTrace, type CallOptions, type CallTrace } from "../../src/core/call-context";
import { cancelledError, inputError, PlatformError } from "../../src/core/errors";
import { SwapRemoveSet, type SwapRemoveItem } from "../../src/core/swap-remove-set";
import { findConnection, type PlatformClient } from "./config-node";
import { borrowConfigNode, isBlankReference, missingConfigNodeError } from "./config-reference";
import { DescribedResult, type Description } from "./described-result";
import { describeThrown, toFlowError, toPlatformError, type PlatformName } from "./flow-error";
import { historyOf } from "./history";
import { MessageSequence, sendSequence, type OutgoingMessage } from "./message-sequence";
import { NodeInput } from "./node-input";
import { NodeStatus } from "./node-status";
import { namePlatform } from "./platform-sentence";

/** What the action of a node works with for one message. */
interface ActionContext<Client> {
  client: Client;
  input: NodeInput;
  /** The last argument of every call of the client. */
  call: CallOptions & { trace: CallTrace };
}

/** A message that has not ended yet. */
interface PendingMessage extends SwapRemoveItem {
  controller: LightAbortController;
  ended: Promise<void> | undefined;
}

type Send = (msg: NodeMessage) => void;

/**
 * Makes a node run `act` for each message. Its result is sent on in the same message, or its error goes to Catch nodes.
 * Every message ends exactly once, also at a deploy. Whatever `act` throws, the runtime goes on.
 * @param connectionId id of the config node; blank: each message names one
 */
export function action<Client extends PlatformClient>(
  RED: NodeAPI,
  node: Node,
  def: NodeDef,
  platform: PlatformName,
  connectionId: string,
  act: (context: ActionContext<Client>) => Promise<unknown>,
): void {
  const status = new NodeStatus(RED, node);
  const pending = new SwapRemoveSet<PendingMessage>();
  const onWait = (isWaiting: boolean): void => status.wait(isWaiting);
  const isBorrowing = isBlankReference(connectionId);
  let isClosed = false;

  // Must not reject: an unhandled rejection would end the runtime.
  const handleMessage = async (
    message: PendingMessage,
    msg: OutgoingMessage & NodeMessageInFlow,
    send: Send,
    done: (error?: Error) => void,
  ): Promise<void> => {
    const startedAt = performance.now();
    // Until the operation is known, it is what the node does.
    const trace = createTrace(node.type, onWait);
    const { signal } = message.controller;
    const resultFields = () => ({ statusCode: trace.statusCode ?? 200, api: buildApi(platform, trace, startedAt) });
    let isConfigured = false;
    let failure: Error | undefined;
    let configId: string | undefined;
    let borrowed: ReturnType<typeof borrowConfigNode>;
    status.begin();
    try {
      signal.throwIfAborted();
      if (isBorrowing) {
        isConfigured = true;
        borrowed = borrowConfigNode(RED, node, def, platform, msg, message.controller);
        isConfigured = borrowed !== undefined;
      }
      const connection = findConnection<Client>(RED, borrowed?.id ?? connectionId);
      if (!connection) throw missingConfigNodeError(connectionId, platform, true);
      const { client, queue } = connection;
      configId = connection.id;
      isConfigured = true;
      const ticket = queue.tryAcquire() ?? (await queue.acquire({ signal }));
      try {
        signal.throwIfAborted();
        if (!Object.isExtensible(msg)) throw inputError("The message is frozen: the result cannot be put into it.");
        const input = new NodeInput(RED, node, def, msg, signal);
        const result = await abortable(act({ client, input, call: { signal, trace, slot: queue, warn } }), signal);
        signal.throwIfAborted();
        if (result instanceof MessageSequence) {
          const count = await abortable(sendSequence(RED, msg, result, signal, send, resultFields), signal);
          status.succeeded({ key: count === 1 ? "message" : "messages", count });
        } else {
          const isDescribed = result instanceof DescribedResult;
          const payload = isDescribed ? result.payload : result;
          msg.payload = payload;
          msg.statusCode = trace.statusCode ?? 200;
          msg.api = buildApi(platform, trace, startedAt);
          send(msg);
          status.succeeded(isDescribed ? result.description : describeRows(payload));
        }
      } finally {
        queue.release(ticket);
      }
    } catch (thrown) {
      const error = namePlatform(toActionError(thrown, trace), platform, trace);
      if (configId !== undefined) historyOf(configId).failed(error, trace.operation);
      status.failed(error, !isConfigured && error.code === "config");
      const statusCode = trace.statusCode ?? error.details.statusCode;
      const wasSent = trace.attempts > 0 || statusCode !== undefined;
      setOutcome(msg, statusCode, wasSent ? buildApi(platform, trace, startedAt) : undefined);
      failure = toFlowError(error, platform, trace);
    }
    try {
      // Asked first: most runtimes log no metrics, and a message must cost nothing for them.
      if (node.metric()) node.metric(metricName(platform, trace), msg, Math.round(performance.now() - startedAt));
    } catch {
      // A log handler may throw.
    }
    try {
      done(failure);
    } catch {
      // A Complete or Catch node further down the flow may throw out of `done`.
    }
    borrowed?.release();
    pending.delete(message);
  };

  const warn = (sentence: string): void => node.warn(sentence);

  node.on("input", (msg, send, done) => {
    const controller = new LightAbortController();
    if (isClosed) controller.abort(cancelledError());
    // All fields from the start: V8 is slow with objects that get new ones later.
    const message: PendingMessage = { controller, index: undefined, ended: undefined };
    pending.add(message);
    message.ended = handleMessage(message, msg, send, done);
  });

  node.on("close", (done: () => void) => {
    isClosed = true;
    status.close();
    const messages = pending.toArray();
    const reason = cancelledError();
    // During a full deploy the Catch nodes are closed as well, so nothing else would show what became of them.
    if (messages.length > 0) node.warn(describeCancelled(messages.length));
    for (const { controller } of messages) controller.abort(reason);
    Promise.allSettled(messages.map(async ({ ended }) => ended)).then(done, done);
  });

  if (!isBorrowing && !isConnectionReady(RED, connectionId)) status.notConfigured();
}

function isConnectionReady(RED: NodeAPI, connectionId: string): boolean {
  try {
    return findConnection(RED, connectionId) !== undefined;
  } catch {
    return false;
  }
}

/** The name of a message's metric: `homenet.router.info.time`. */
function metricName(platform: PlatformName, { operation }: CallTrace): string {
  return `homenet.${platform}.${operation}`;
}

const DONE: Description = { key: "done" };

/** What a status says of a result: how many rows it has, where it is a list. */
function describeRows(result: unknown): Description {
  return Array.isArray(result) ? { key: result.length === 1 ? "row" : "rows", count: result.length } : DONE;
}

/** The value of `msg.api`. */
function buildApi(platform: PlatformName, trace: CallTrace, startedAt: number): object {
  const { operation, attempts, details } = trace;
  return { platform, operation, attempts, durationMs: Math.round(performance.now() - startedAt), ...details };
}

// What an earlier node left in these fields would be about another call.
function setOutcome(msg: OutgoingMessage, statusCode: number | undefined, api: object | undefined): void {
  try {
    if (statusCode === undefined) delete msg.statusCode;
    else msg.statusCode = statusCode;
    if (api === undefined) delete msg.api;
    else msg.api = api;
  } catch {
    // A message that cannot be changed still gets its own error.
  }
}

// An unexpected error before the first request comes from the input: from a property that throws when it is read, say.
function toActionError(thrown: unknown, { attempts }: CallTrace): PlatformError {
  if (thrown instanceof PlatformError || attempts > 0) return toPlatformError(thrown);
  return inputError(`Something in the message or in the node's settings cannot be read (${describeThrown(thrown)}).`);
}

function describeCancelled(count: number): string {
  const subject = count === 1 ? "1 message was" : `${count} messages were`;
  return `${subject} under way when the node was closed or deployed again: cancelled.`;
}
