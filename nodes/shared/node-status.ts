import type { Node, NodeAPI } from "node-red";
import type { PlatformError } from "../../src/core/errors";
import type { Description } from "./described-result";
import { translateError } from "./sentences";

type Fill = "green" | "red" | "grey" | "blue" | "yellow";
type Shape = "dot" | "ring";

/** Stands for the number in a text, so that the text can be kept for the next one. */
const COUNT = "{number}";

const MAX_TEXT_LENGTH = 60;

/** What dialogs and statuses share. */
const CATALOG = "@homenet/node-red-homenet/homenet-editor:";

/** By the first word of a node's type. */
const PLATFORMS: Readonly<Record<string, string>> = { kasa: "Kasa", omada: "Omada", router: "Peplink" };

/** The status below a node: that it works, that it waits, and how its last message or poll ended. */
export class NodeStatus {
  readonly #RED: NodeAPI;
  readonly #node: Node;
  /** A look-up in a message catalog would cost more than everything else that this node does for a message. */
  readonly #texts = new Map<string, string>();
  #running = 0;
  #waiting = 0;
  #shown = "";
  /** What is shown of the messages that have not ended; undefined while something else is shown. */
  #progress: "waiting" | "requesting" | undefined;
  #isClosed = false;

  constructor(RED: NodeAPI, node: Node) {
    this.#RED = RED;
    this.#node = node;
  }

  /** A message has arrived. */
  begin(): void {
    this.#running++;
    this.#showProgress();
  }

  /** A message starts to wait for a rate limit or a cool-down, or stops waiting. */
  wait(isWaiting: boolean): void {
    this.#waiting += isWaiting ? 1 : -1;
    this.#showProgress();
  }

  /** A message succeeded. */
  succeeded(outcome: Description): void {
    if (this.#endsLast()) this.#show(outcome.isDoubtful ? "yellow" : "green", "dot", this.#describe(outcome));
  }

  /** A message failed. */
  failed(error: PlatformError, notConfigured: boolean): void {
    if (!this.#endsLast()) return;
    if (notConfigured) this.notConfigured();
    else this.#show("red", "ring", this.#errorText(error));
  }

  /** The node has no config node. */
  notConfigured(): void {
    this.#show("grey", "ring", this.#text("not-configured"));
  }

  /** A trigger node polls for the first time. */
  polling(): void {
    this.#show("blue", "ring", this.#text("looking"));
  }

  /** A poll of a trigger node succeeded. @param latest event, as text */
  watching(latest?: string): void {
    this.#show("green", "dot", latest ?? this.#text("watching"));
  }

  /** A poll of a trigger node failed: yellow as long as waiting may help, red where somebody has to act. */
  pollFailed(error: PlatformError): void {
    const mayPass = error.retryable || error.code === "protocol";
    this.#show(mayPass ? "yellow" : "red", "ring", this.#errorText(error));
  }

  /** Removes the status for good: what ends after the node was closed is not shown. */
  close(): void {
    this.#isClosed = true;
    if (this.#shown) this.#send({});
  }

  // A message that ends while others run must not hide them: only the last one shows how it ended.
  #endsLast(): boolean {
    this.#running--;
    if (this.#running === 0) return true;
    this.#showProgress();
    return false;
  }

  #showProgress(): void {
    const progress = this.#waiting > 0 ? "waiting" : this.#running > 0 ? "requesting" : undefined;
    if (progress === undefined || progress === this.#progress) return;
    if (progress === "waiting") this.#show("yellow", "ring", this.#text("waiting"));
    else this.#show("blue", "ring", this.#text("requesting"));
    this.#progress = progress;
  }

  // The first sentence says what is wrong, the others what to do.
  #errorText(error: PlatformError): string {
    const translated = translateError(error, (key) => this.#text(key, CATALOG));
    if (!translated) return firstSentence(error.message);
    return `${PLATFORMS[this.#node.type.split("-")[0] ?? ""] ?? ""}: ${firstSentence(translated.text)}`;
  }

  #describe(outcome: Description): string {
    if ("text" in outcome) return outcome.text;
    const text = this.#text(outcome.key);
    return outcome.count === undefined ? text : text.replace(COUNT, String(outcome.count));
  }

  #text(key: string, catalog = `${this.#node.type}.status.`): string {
    const text = this.#texts.get(key) ?? this.#RED._(catalog + key, { number: COUNT });
    this.#texts.set(key, text);
    return text;
  }

  #show(fill: Fill, shape: Shape, text: string): void {
    this.#progress = undefined;
    const clipped = text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH - 1)}…` : text;
    if (this.#isClosed || this.#shown === fill + clipped) return;
    this.#shown = fill + clipped;
    this.#send({ fill, shape, text: clipped });
  }

  #send(status: Parameters<Node["status"]>[0]): void {
    try {
      this.#node.status(status);
    } catch {
      // Listeners of the runtime's status event run in here. What they throw must not fail a message.
    }
  }
}

// A quoted name may have a full stop in it.
function firstSentence(message: string): string {
  return /^(?:["„“][^"“”]*["“”]|(?!\. |。).)*/s.exec(message)?.[0] ?? message;
}
