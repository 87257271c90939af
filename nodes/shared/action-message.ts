import type { Node, NodeAPI, NodeDef, NodeMessage, NodeMessageInFlow } from "node-red";
import { LightAbortController } from "../../src/core/abort";
import { createTrace, type CallOptions, type CallTrace } from "../../src/core/call-context";
import { inputError, PlatformError } from "../../src/core/errors";
import type { Queue } from "../../src/core/queue";
import type { SwapRemoveItem } from "../../src/core/swap-remove-set";
import { findConnection, type PlatformClient } from "./config-node";
import { borrowConfigNode, isBlankReference, missingConfigNodeError } from "./config-reference";
import { DescribedResult, type Description } from "./described-result";
import { describeThrown, toFlowError, toPlatformError, type PlatformName } from "./flow-error";
import { historyOf } from "./history";
import { MessageSequence, sendSequence, type OutgoingMessage } from "./message-sequence";
import { NodeInput } from "./node-input";
import type { NodeStatus } from "./node-status";
import { namePlatform } from "./platform-sentence";

/** What the action of a node works with for one message. */
export interface ActionContext<Client> {
  client: Client;
  input: NodeInput;
  /** The last argument of every call of the client. */
  call: CallOptions & { trace: CallTrace };
}

/** What the messages of a node share. */
interface ActionNode<Client extends PlatformClient> {
  RED: NodeAPI;
  node: Node;
  def: NodeDef;
  platform: PlatformName;
  /** Id of the config node; blank: each message names one. */
  connectionId: string;
  status: NodeStatus;
  run: (context: ActionContext<Client>) => Promise<unknown>;
  onWait: (isWaiting: boolean) => void;
  warn: (sentence: string) => void;
  onEnded: (message: ActionMessage<Client>) => void;
}

/**
 * A message on its way through a node, from its arrival to `done`, which is called exactly once. What it throws on the way
 * becomes its error: nothing may reject, because that would end the runtime.
 */
export class ActionMessage<Client extends PlatformClient> implements SwapRemoveItem {
  index: number | undefined = undefined;
  readonly #action: ActionNode<Client>;
  readonly #msg: OutgoingMessage & NodeMessageInFlow;
  readonly #send: (msg: NodeMessage) => void;
  readonly #done: (error?: Error) => void;
  readonly #controller = new LightAbortController();
  readonly #trace: CallTrace;
  readonly #startedAt = performance.now();
  #configId: string | undefined = undefined;
  #borrowed: ReturnType<typeof borrowConfigNode> = undefined;
  /** Where it has a place, as soon as it is its turn. */
  #queue: Queue | undefined = undefined;
  #ticket = 0;
  #isConfigured = false;
  #isEnded = false;

  constructor(
    action: ActionNode<Client>,
    msg: NodeMessageInFlow,
    send: (msg: NodeMessage) => void,
    done: (error?: Error) => void,
  ) {
    this.#action = action;
    this.#msg = msg;
    this.#send = send;
    this.#done = done;
    // Until the operation is known, it is what the node does.
    this.#trace = createTrace(action.node.type, action.onWait);
  }

  /** Runs the action as soon as the config node has a place for the message. */
  start(): void {
    this.#action.status.begin();
    try {
      const { client, queue } = this.#connect();
      const { signal } = this.#controller;
      const ticket = queue.tryAcquire();
      if (ticket !== undefined) return this.#run(client, queue, ticket);
      queue.acquire({ signal }).then(
        (acquired) => this.#run(client, queue, acquired),
        (error: unknown) => this.#fail(error),
      );
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Ends it with an error, whatever its action is waiting for. */
  cancel(reason: PlatformError): void {
    this.#controller.abort(reason);
  }

  #connect() {
    const { RED, node, def, platform, connectionId } = this.#action;
    this.#controller.throwIfAborted();
    if (isBlankReference(connectionId)) {
      this.#isConfigured = true;
      this.#borrowed = borrowConfigNode(RED, node, def, platform, this.#msg, this.#controller);
      this.#isConfigured = this.#borrowed !== undefined;
    }
    const connection = findConnection<Client>(RED, this.#borrowed?.id ?? connectionId, platform);
    if (!connection) throw missingConfigNodeError(connectionId, platform, true);
    this.#configId = connection.id;
    this.#isConfigured = true;
    return connection;
  }

  #run(client: Client, queue: Queue, ticket: number): void {
    const { RED, node, def, run, warn } = this.#action;
    const { signal } = this.#controller;
    const msg = this.#msg;
    this.#queue = queue;
    this.#ticket = ticket;
    try {
      // It may have been cancelled since its turn came.
      signal.throwIfAborted();
      if (!Object.isExtensible(msg))
        throw inputError(
          "The message is frozen, so that the result cannot be put into it. Send a copy of it, such as {...msg}.",
        );
      // The action's own error in the same tick wins: it says more than that the message was cancelled.
      signal.addEventListener("abort", () => queueMicrotask(() => this.#fail(signal.reason)));
      const input = new NodeInput(RED, node, def, msg, signal);
      run({ client, input, call: { signal, trace: this.#trace, slot: queue, warn } }).then(
        (result) => this.#finish(result),
        (error: unknown) => this.#fail(error),
      );
    } catch (error) {
      this.#fail(error);
    }
  }

  #finish(result: unknown): void {
    try {
      this.#controller.throwIfAborted();
      if (result instanceof MessageSequence) return this.#sendAll(result);
      const isDescribed = result instanceof DescribedResult;
      const payload = isDescribed ? result.payload : result;
      const msg = this.#msg;
      msg.payload = payload;
      msg.statusCode = this.#trace.statusCode ?? 200;
      msg.api = this.#api();
      this.#send(msg);
      this.#succeed(isDescribed ? result.description : describeRows(payload));
    } catch (error) {
      this.#fail(error);
    }
  }

  #sendAll(sequence: MessageSequence): void {
    const resultFields = () => ({ statusCode: this.#trace.statusCode ?? 200, api: this.#api() });
    const { RED } = this.#action;
    sendSequence(RED, this.#msg, sequence, this.#controller.signal, this.#send, resultFields).then(
      (count) => this.#succeed({ key: count === 1 ? "message" : "messages", count }),
      (error: unknown) => this.#fail(error),
    );
  }

  #succeed(description: Description): void {
    if (this.#isEnded) return;
    this.#action.status.succeeded(description);
    this.#end(undefined);
  }

  #fail(thrown: unknown): void {
    if (this.#isEnded) return;
    const { platform, status } = this.#action;
    const trace = this.#trace;
    const error = namePlatform(toActionError(thrown, trace), platform, trace);
    if (this.#configId !== undefined) historyOf(this.#configId).failed(error, trace.operation);
    status.failed(error, !this.#isConfigured && error.code === "config");
    const statusCode = trace.statusCode ?? error.details.statusCode;
    const wasSent = trace.attempts > 0 || statusCode !== undefined;
    setOutcome(this.#msg, statusCode, wasSent ? this.#api() : undefined);
    this.#end(toFlowError(error, platform, trace));
  }

  #end(failure: Error | undefined): void {
    const { node, platform, onEnded } = this.#action;
    this.#isEnded = true;
    this.#queue?.release(this.#ticket);
    try {
      // Asked first: most runtimes log no metrics, and a message must cost nothing for them.
      if (node.metric()) node.metric(metricName(platform, this.#trace), this.#msg, this.#durationMs());
    } catch {
      // A log handler may throw.
    }
    try {
      this.#done(failure);
    } catch {
      // A Complete or Catch node further down the flow may throw out of `done`.
    }
    this.#borrowed?.release();
    onEnded(this);
  }

  /** The value of `msg.api`. */
  #api(): object {
    const { operation, attempts, details } = this.#trace;
    return { platform: this.#action.platform, operation, attempts, durationMs: this.#durationMs(), ...details };
  }

  #durationMs(): number {
    return Math.round(performance.now() - this.#startedAt);
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
