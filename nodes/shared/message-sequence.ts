import type { NodeAPI, NodeMessage } from "node-red";
import type { AbortSignalLike } from "../../src/core/abort";

/** A result that is sent as several messages, each with `msg.parts`, so that a Join node can put it together again. */
export class MessageSequence {
  /**
   * @param payloads in order; they may still be arriving
   * @param length how many elements of the whole each payload holds; above 1 a payload is an array of them
   */
  constructor(
    readonly payloads: AsyncIterable<unknown> | Iterable<unknown>,
    readonly length = 1,
  ) {}
}

/** A message, with what this package and a Split node put into it. */
export interface OutgoingMessage extends NodeMessage {
  statusCode?: number | undefined;
  api?: object | undefined;
  parts?: object | undefined;
}

/**
 * Sends a sequence.
 * @param msg is copied for each payload
 * @param resultFields the fields that each message gets as well, built when it is sent
 * @returns how many messages were sent
 */
export async function sendSequence(
  RED: NodeAPI,
  msg: OutgoingMessage,
  { payloads, length }: MessageSequence,
  signal: AbortSignalLike,
  send: (msg: NodeMessage) => void,
  resultFields: () => object,
): Promise<number> {
  const outer = msg.parts;
  const id = RED.util.generateId();
  // Copying the incoming payload each time would be a waste: it is replaced anyway.
  const template: OutgoingMessage = { ...msg, payload: null, parts: undefined };
  const sendPart = (payload: unknown, index: number, count?: number): void => {
    signal.throwIfAborted();
    const parts = {
      id,
      type: "array",
      len: length,
      index,
      ...(count === undefined ? {} : { count }),
      ...(outer ? { parts: outer } : {}),
    };
    send(Object.assign(RED.util.cloneMessage(template), { payload, ...resultFields(), parts }));
  };

  // One payload is always held back: while they are still arriving, only the last message can carry their count.
  const count = Array.isArray(payloads) ? payloads.length : undefined;
  let pending: { payload: unknown } | undefined;
  let index = 0;
  for await (const payload of payloads) {
    if (pending) sendPart(pending.payload, index++, count);
    pending = { payload };
  }
  if (pending) sendPart(pending.payload, index, index + 1);
  return pending ? index + 1 : 0;
}
