import type { Node, NodeAPI } from "node-red";
import type { PlatformError } from "../../src/core/errors";

const LONGEST_TEXT = 60;

/** What a node shows below itself: that it works, that it waits, and how its last message ended. */
export class NodeStatus {
  readonly #node: Node;
  readonly #RED: NodeAPI;
  /** Asking a catalog costs more than the rest of a message's way through this node. */
  readonly #texts = new Map<string, string>();
  #running = 0;
  #waiting = 0;
  #shown = "";
  #closed = false;

  constructor(RED: NodeAPI, node: Node) {
    this.#node = node;
    this.#RED = RED;
  }

  /** A message has come in. */
  begin(): void {
    this.#running++;
    this.#work();
  }

  /** A message waits for a rate limit or a cool-down, or goes on. */
  wait(waiting: boolean): void {
    this.#waiting += waiting ? 1 : -1;
    this.#work();
  }

  /** A message ended well. */
  succeeded(count?: number): void {
    const done = this.#text("done");
    this.#end("green", "dot", count === undefined ? done : `${done} (${count})`);
  }

  /** A message ended with an error. */
  failed(error: PlatformError, notConfigured: boolean): void {
    if (notConfigured) this.#end("grey", "ring", this.#text("not-configured"));
    else this.#end("red", "ring", error.message.replace(/\. .*/s, ""));
  }

  /** There is nothing to work with yet. */
  notConfigured(): void {
    this.#show("grey", "ring", this.#text("not-configured"));
  }

  /** A trigger looks for the first time. */
  polling(): void {
    this.#show("blue", "ring", this.#text("looking"));
  }

  /** A trigger's look went well. @param last what happened last */
  watching(last?: string): void {
    this.#show("green", "dot", last ?? this.#text("watching"));
  }

  /** A trigger's look failed: yellow as long as waiting may help, red where somebody has to do something. */
  pollFailed(error: PlatformError): void {
    const passing = error.retryable || error.code === "protocol";
    this.#show(passing ? "yellow" : "red", "ring", error.message.replace(/\. .*/s, ""));
  }

  /** The node is closed: what it showed is over, and what still ends is nobody's news. */
  close(): void {
    this.#closed = true;
    if (this.#shown) this.#node.status({});
  }

  // One that ends while others run must not hide that: the last one that ends is shown.
  #end(fill: "green" | "red" | "grey", shape: "dot" | "ring", text: string): void {
    this.#running--;
    if (this.#running === 0) this.#show(fill, shape, text);
    else this.#work();
  }

  #work(): void {
    if (this.#waiting > 0) this.#show("yellow", "ring", this.#text("waiting"));
    else if (this.#running > 0) this.#show("blue", "ring", this.#text("requesting"));
  }

  #text(key: string): string {
    const text = this.#texts.get(key) ?? this.#RED._(`${this.#node.type}.status.${key}`);
    this.#texts.set(key, text);
    return text;
  }

  #show(fill: "green" | "red" | "grey" | "blue" | "yellow", shape: "dot" | "ring", text: string): void {
    const clipped = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT - 1)}…` : text;
    if (this.#closed || this.#shown === fill + clipped) return;
    this.#shown = fill + clipped;
    this.#node.status({ fill, shape, text: clipped });
  }
}
