import { connect, type Socket } from "node:net";
import type { AbortSignalLike } from "../../../core/abort";
import { protocolError } from "../../../http/response";
import { brokenError, connectError, connectionError, MAX_RESPONSE_BYTES } from "./attempt";
import type { LocalEndpoint } from "./endpoint";
import { encodeFrame, FrameReader } from "./xor";

/** Larger than most responses. */
const SEGMENT_BYTES = 4096;

/** The response that is waited for. */
interface Pending {
  resolve: (text: string) => void;
  reject: (error: unknown) => void;
}

/** A TCP connection that carries one command after the other. It does not keep the process alive. */
export class FrameSocket {
  /** Called once when the connection ends while nothing is waited for. */
  onLost: (() => void) | undefined;
  readonly #socket: Socket;
  readonly #connectTimer: NodeJS.Timeout;
  readonly #reader = new FrameReader(MAX_RESPONSE_BYTES);
  #isConnected = false;
  #isOpen = true;
  #pending: Pending | undefined;

  constructor({ host, port }: LocalEndpoint, connectTimeoutMs: number) {
    // One buffer for all segments: Node allocates 64 KiB for each of them otherwise.
    const onread = { buffer: Buffer.allocUnsafe(SEGMENT_BYTES), callback: this.#onSegment };
    // Without Nagle's algorithm the request leaves in one segment: some devices expect that.
    this.#socket = connect({ host, port, noDelay: true, onread }).unref();
    this.#connectTimer = setTimeout(() => this.#end(connectError("ETIMEDOUT")), connectTimeoutMs);
    this.#socket.once("connect", () => {
      this.#isConnected = true;
      clearTimeout(this.#connectTimer);
    });
    this.#socket.on("error", (error) => this.#end(connectionError(error, this.#isConnected)));
    this.#socket.once("end", () => this.#end(brokenError()));
    this.#socket.once("close", () => this.#end(brokenError()));
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Whether something of the response to the last command has arrived. */
  get hasReceived(): boolean {
    return this.#reader.length > 0;
  }

  /**
   * Sends a command. Unless it is answered, the connection ends: a late response must not be taken for another command's.
   * @returns the text of the response
   */
  exchange(command: string, signal: AbortSignalLike): Promise<string> {
    const onAbort = (): void => this.#end(connectionError(signal.reason as Error, this.#isConnected));
    this.#reader.reset();
    return new Promise<string>((resolve, reject) => {
      const pending: Pending = {
        resolve: (text) => {
          signal.removeEventListener("abort", onAbort);
          resolve(text);
        },
        reject: (error) => {
          signal.removeEventListener("abort", onAbort);
          reject(error);
        },
      };
      this.#pending = pending;
      signal.addEventListener("abort", onAbort, { once: true });
      this.#socket.write(encodeFrame(command));
    });
  }

  close(): void {
    this.onLost = undefined;
    this.#end(brokenError());
  }

  readonly #onSegment = (length: number, buffer: Uint8Array): boolean => {
    this.#read(Buffer.from(buffer.buffer, buffer.byteOffset, length));
    return this.#isOpen;
  };

  #read(segment: Buffer): void {
    const pending = this.#pending;
    // Nothing was asked.
    if (!pending) return this.#end(brokenError());
    let text: string | undefined;
    try {
      text = this.#reader.read(segment);
    } catch {
      return this.#end(protocolError("It is larger than 1 MiB, or not from a Kasa device."));
    }
    if (text === undefined) return;
    this.#pending = undefined;
    if (this.#reader.hasMore) this.#end(brokenError());
    pending.resolve(text);
  }

  #end(error: unknown): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    clearTimeout(this.#connectTimer);
    this.#socket.destroy();
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending) pending.reject(error);
    else this.onLost?.();
  }
}
