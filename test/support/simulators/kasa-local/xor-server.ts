import { createServer, type Server, type Socket } from "node:net";
import { scramble, unscramble } from "./xor";

const LATE_MS = 400;

/** What can happen to a command instead of its response. */
export type XorFault =
  | "drop"
  | "drop-response"
  | "hang"
  | "garbage"
  | "huge"
  | "half"
  /** Half of the response, and then the end of the connection. */
  | "cut"
  /** The response comes twice, in one segment with its second half. */
  | "twice"
  /** The response comes again when it is no longer expected. */
  | "again"
  /** The response comes after most clients have given up. */
  | "late";

/** The TCP server of older devices: one connection at a time, and responses in several segments (kasa-local.md section 2). */
export class XorServer {
  readonly server: Server;
  /** Faults of the next commands, with the text that they are for. */
  readonly faults: { fault: XorFault; text: RegExp }[] = [];
  /** Commands that came while another one was being carried out. */
  violations = 0;
  /** How many connections were made. */
  connections = 0;
  readonly open = new Set<Socket>();
  /** Whether a response comes in several segments, one after the other, as over Wi-Fi. */
  isSegmented = true;
  /** So long after a response the connection ends; what comes meanwhile is not read. Undefined = it stays open. */
  endsAfterMs: number | undefined;
  /** So long without a command a connection stays open. */
  maxIdleMs: number | undefined;
  readonly #carry: (request: Record<string, unknown>) => object;
  #isBusy = false;

  constructor(carry: (request: Record<string, unknown>) => object) {
    this.#carry = carry;
    this.server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  #accept(socket: Socket): void {
    this.connections++;
    this.open.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.open.delete(socket));
    if (this.maxIdleMs !== undefined) socket.setTimeout(this.maxIdleMs, () => socket.end());
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
    const index = this.faults.findIndex((one) => one.text.test(text));
    const fault = index < 0 ? undefined : this.faults.splice(index, 1)[0]?.fault;
    if (fault === "drop") return void socket.destroy();
    if (fault === "hang") return;
    const response = this.#responseTo(text);
    if (fault === "drop-response" || response === undefined) return void socket.destroy();
    const body = scramble(Buffer.from(fault === "garbage" ? "no json" : JSON.stringify(response)));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(fault === "huge" ? 0xffff_ffff : body.length);
    if (!this.isSegmented) return void socket.write(Buffer.concat([length, body]));
    this.#isBusy = true;
    if (fault !== "late") socket.write(length.subarray(0, 1));
    const half = body.length >> 1;
    // As slow as Wi-Fi, so that nothing is merged into one segment.
    const delayMs = fault === "late" ? LATE_MS : 0;
    setTimeout(
      () => socket.write(Buffer.concat([length.subarray(fault === "late" ? 0 : 1), body.subarray(0, half)])),
      delayMs + 2,
    ).unref();
    setTimeout(() => {
      this.#isBusy = false;
      if (fault === "cut") socket.destroy();
      const whole = Buffer.concat([length, body]);
      if (fault !== "half") socket.write(Buffer.concat([body.subarray(half), ...(fault === "twice" ? [whole] : [])]));
      if (fault === "again") setTimeout(() => socket.write(whole), 10).unref();
      if (this.endsAfterMs !== undefined) this.#end(socket, this.endsAfterMs);
    }, delayMs + 4).unref();
  }

  #end(socket: Socket, delayMs: number): void {
    socket.removeAllListeners("data");
    if (delayMs === 0) socket.end();
    else setTimeout(() => socket.destroy(), delayMs).unref();
  }

  #responseTo(text: string): object | undefined {
    try {
      return this.#carry(JSON.parse(text) as Record<string, unknown>);
    } catch {
      return undefined;
    }
  }
}
