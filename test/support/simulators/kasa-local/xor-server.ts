import { createServer, type Server, type Socket } from "node:net";
import { scramble, unscramble } from "./xor";

/** What can happen to a command instead of its response. */
export type XorFault = "drop" | "drop-response" | "hang" | "garbage" | "huge" | "half";

/** The TCP server of older devices: one connection at a time, and responses in several segments (kasa-local.md section 2). */
export class XorServer {
  readonly server: Server;
  readonly faults: XorFault[] = [];
  /** Commands that came while another one was being carried out. */
  violations = 0;
  readonly #carry: (request: Record<string, unknown>) => object;
  #isBusy = false;

  constructor(carry: (request: Record<string, unknown>) => object) {
    this.#carry = carry;
    this.server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  #accept(socket: Socket): void {
    socket.on("error", () => socket.destroy());
    let received = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 4 && received.length >= 4 + received.readUInt32BE()) {
        const end = 4 + received.readUInt32BE();
        const request = unscramble(received.subarray(4, end)).toString();
        received = received.subarray(end);
        this.#respond(socket, request);
      }
    });
  }

  #respond(socket: Socket, text: string): void {
    if (this.#isBusy) this.violations++;
    const fault = this.faults.shift();
    if (fault === "drop") return void socket.destroy();
    if (fault === "hang") return;
    const response = this.#responseTo(text);
    if (fault === "drop-response" || response === undefined) return void socket.destroy();
    const body = scramble(Buffer.from(fault === "garbage" ? "no json" : JSON.stringify(response)));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(fault === "huge" ? 0xffff_ffff : body.length);
    this.#isBusy = true;
    socket.write(length.subarray(0, 1));
    const half = body.length >> 1;
    // As slow as Wi-Fi, so that nothing is merged into one segment.
    setTimeout(() => socket.write(Buffer.concat([length.subarray(1), body.subarray(0, half)])), 2).unref();
    setTimeout(() => {
      this.#isBusy = false;
      if (fault !== "half") socket.write(body.subarray(half));
    }, 4).unref();
  }

  #responseTo(text: string): object | undefined {
    try {
      return this.#carry(JSON.parse(text) as Record<string, unknown>);
    } catch {
      return undefined;
    }
  }
}
