import { isNativeError } from "node:util/types";
import type { Node, NodeAPI, NodeDef, NodeMessage, NodeMessageInFlow } from "node-red";
import { LightAbortController, type AbortSignalLike } from "../../src/core/abort";
import { abortable, createTrace, type CallOptions, type CallTrace } from "../../src/core/call-context";
import { cancelledError, inputError, isPlatformError, PlatformError } from "../../src/core/errors";
import { SwapRemoveSet, type SwapRemoveItem } from "../../src/core/swap-remove-set";
import { requireConnection, type PlatformClient } from "./config-node";
import { NodeInput } from "./node-input";
import { NodeStatus } from "./node-status";

/** What `msg.api.platform` says. */
export type PlatformName = "kasa" | "omada" | "router";

/** One message's turn: what it says, whom to ask, and what to hand to each call. */
export interface ActionContext<Client> {
  client: Client;
  input: NodeInput;
  call: CallOptions & { trace: CallTrace };
}

/** A result that leaves as several messages, each with `msg.parts`, so that a Join node can put it together again. */
export class MessageSequence {
  /**
   * @param payloads in order; they may still be coming in
   * @param length how many elements of the whole each payload holds; above 1 a payload is an array of them
   */
  constructor(
    readonly payloads: AsyncIterable<unknown> | Iterable<unknown>,
    readonly length = 1,
  ) {}
}

interface Outgoing extends NodeMessage {
  statusCode?: number | undefined;
  api?: object | undefined;
  parts?: object | undefined;
}

type Send = (msg: NodeMessage) => void;

/** A message under way. */
interface Running extends SwapRemoveItem {
  giveUp: LightAbortController;
  ended?: Promise<void> | undefined;
}

/**
 * Makes a node act: for each message one turn of `act`, its result sent on in the same message, its failure to Catch.
 * Every message ends exactly once, also at a deploy. Nothing that happens in `act` can end the runtime.
 * @param connectionId of the config node
 */
export function action<Client extends PlatformClient>(
  RED: NodeAPI,
  node: Node,
  def: NodeDef,
  platform: PlatformName,
  connectionId: string,
  act: (turn: ActionContext<Client>) => Promise<unknown>,
): void {
  const status = new NodeStatus(RED, node);
  const running = new SwapRemoveSet<Running>();
  const onWait = (waiting: boolean): void => status.wait(waiting);
  let closed = false;

  const handle = async (msg: Outgoing & NodeMessageInFlow, send: Send, signal: AbortSignalLike): Promise<void> => {
    const started = performance.now();
    const trace = createTrace("", onWait);
    const api = (): object => {
      const { operation, attempts, details } = trace;
      return { platform, operation, attempts, durationMs: Math.round(performance.now() - started), ...details };
    };
    let found = false;
    status.begin();
    try {
      signal.throwIfAborted();
      const { client, queue } = requireConnection<Client>(RED, connectionId);
      found = true;
      const turn = async (): Promise<number | undefined> => {
        if (!Object.isExtensible(msg)) throw inputError("The message is frozen: an answer cannot be put into it.");
        const input = new NodeInput(RED, node, def, msg, signal);
        const result = await act({ client, input, call: { signal, trace } });
        signal.throwIfAborted();
        if (result instanceof MessageSequence)
          return sendAll(RED, msg, result, signal, send, () => ({ statusCode: trace.statusCode ?? 200, api: api() }));
        msg.payload = result;
        msg.statusCode = trace.statusCode ?? 200;
        msg.api = api();
        send(msg);
        return Array.isArray(result) ? result.length : undefined;
      };
      status.succeeded(await abortable(queue.run(turn, { signal }), signal));
    } catch (thrown) {
      const error = thrown instanceof PlatformError ? thrown : unexpected(thrown, trace);
      status.failed(error, isPlatformError(error, "config") && !found);
      const statusCode = trace.statusCode ?? error.details.statusCode;
      const asked = trace.attempts > 0 || statusCode !== undefined;
      annotate(msg, { statusCode, api: asked ? api() : undefined });
      throw toFlowError(error, platform, trace);
    }
  };

  // It never rejects: an orphan rejection would end the runtime.
  const serve = async (
    one: Running,
    msg: NodeMessageInFlow,
    send: Send,
    done: (error?: Error) => void,
  ): Promise<void> => {
    let failure: Error | undefined;
    try {
      await handle(msg, send, one.giveUp.signal);
    } catch (error) {
      failure = error as Error;
    }
    try {
      done(failure);
    } catch {
      // What comes after us in the flow may throw out of `done`.
    }
    running.delete(one);
  };

  node.on("input", (msg, send, done) => {
    const giveUp = new LightAbortController();
    if (closed) giveUp.abort(cancelledError());
    // All its fields from the start: V8 is slow with objects that grow on their way.
    const one: Running = { giveUp, index: undefined, ended: undefined };
    running.add(one);
    one.ended = serve(one, msg, send, done);
  });

  node.on("close", (done: () => void) => {
    closed = true;
    status.close();
    const all = running.toArray();
    const reason = cancelledError();
    for (const { giveUp } of all) giveUp.abort(reason);
    Promise.allSettled(all.map(async ({ ended }) => ended)).then(done, done);
  });

  try {
    requireConnection(RED, connectionId);
  } catch {
    status.notConfigured();
  }
}

async function sendAll(
  RED: NodeAPI,
  msg: Outgoing,
  { payloads, length }: MessageSequence,
  signal: AbortSignalLike,
  send: Send,
  fields: () => object,
): Promise<number> {
  const outer = msg.parts;
  const id = RED.util.generateId();
  // Payloads of the message that came in are not wanted in each copy.
  const model: Outgoing = { ...msg, payload: null, parts: undefined };
  const release = (payload: unknown, index: number, count?: number): void => {
    signal.throwIfAborted();
    const parts = {
      id,
      type: "array",
      len: length,
      index,
      ...(count === undefined ? {} : { count }),
      ...(outer ? { parts: outer } : {}),
    };
    send(Object.assign(RED.util.cloneMessage(model), { payload, ...fields(), parts }));
  };

  // One is held back: only the last can tell how many they are when they are still coming in.
  const count = Array.isArray(payloads) ? payloads.length : undefined;
  let held: { payload: unknown } | undefined;
  let index = 0;
  for await (const payload of payloads) {
    if (held) release(held.payload, index++, count);
    held = { payload };
  }
  if (held) release(held.payload, index, index + 1);
  return held ? index + 1 : 0;
}

// What an earlier node left there would tell of another call.
function annotate(msg: Outgoing, { statusCode, api }: Pick<Outgoing, "statusCode" | "api">): void {
  try {
    if (statusCode === undefined) delete msg.statusCode;
    else msg.statusCode = statusCode;
    if (api === undefined) delete msg.api;
    else msg.api = api;
  } catch {
    // A message that cannot be written to still gets its own error.
  }
}

// The words of an error that is none of ours could quote anything, so they stay out. As long as nothing was asked it is
// the message that cannot be read: a property that throws, say.
function unexpected(thrown: unknown, { attempts }: CallTrace): PlatformError {
  const what = isNativeError(thrown) ? thrown.name : typeof thrown;
  if (attempts === 0) return inputError(`Something in the message or in the node's settings cannot be read (${what}).`);
  return new PlatformError("protocol", `Something unexpected happened in this node (${what}). Please report it.`);
}

/** What Node-RED hands to a Catch node: it copies `code` and `cause`, and writes the rest as text. */
export function toFlowError(error: PlatformError, platform: PlatformName, { operation, statusCode }: CallTrace): Error {
  const shown = new Error(error.message);
  // Without a name Node-RED's text is the bare sentence; the stack would only show where it was made.
  shown.name = "";
  delete shown.stack;
  const status = error.details.statusCode ?? statusCode;
  const cause = {
    platform,
    operation,
    ...(status === undefined ? {} : { statusCode: status }),
    ...error.details,
    retryable: error.retryable,
  };
  return Object.assign(shown, { code: error.code, cause });
}
