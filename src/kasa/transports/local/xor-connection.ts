import { abortable, type AbortSignalLike } from "../../../core/abort";
import type { Clock } from "../../../core/clock";
import { isPlatformError, type PlatformError } from "../../../core/errors";
import type { Effect } from "../../../http/retry";
import { beforeCommand, brokenError, SessionLostError, type Attempt } from "./attempt";
import { parseDeviceJson, type DeviceJson, type LocalConnection } from "./connection";
import type { LocalEndpoint } from "./endpoint";
import { FrameSocket } from "./frame-socket";

/** For so long a connection is kept for the next command: a device may bear no other, and its app wants one too. */
const MAX_IDLE_MS = 1000;
/** A device that ends the connection with its response does so much sooner. */
const QUIET_MS = 50;
/** For so long a device that has ended a connection gets a new one for each command. */
const NOT_KEPT_MS = 600_000;

/**
 * Talks to devices with older firmware, which ask for no credentials. A connection is kept for a moment where the device
 * keeps it as well (kasa-local.md section 2): most of what a command costs is the connection.
 */
export class XorConnection implements LocalConnection {
  readonly #endpoint: LocalEndpoint;
  readonly #clock: Clock;
  /** The open connection, while no command is under way. */
  #idle: FrameSocket | undefined;
  #idleSince = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Whether the device has left a connection open after a response. */
  #keepsOpen = false;
  #notKeptUntil = -Infinity;
  /** Called when it turns out whether the device leaves the connection open. */
  #onDecided: (() => void) | undefined;

  constructor(endpoint: LocalEndpoint, clock: Clock) {
    this.#endpoint = endpoint;
    this.#clock = clock;
  }

  get hasSession(): boolean {
    return this.#idle !== undefined && this.#clock.now() - this.#idleSince < MAX_IDLE_MS;
  }

  async exchange(command: string, attempt: Attempt, effect: Effect): Promise<DeviceJson> {
    attempt.signal.throwIfAborted();
    // Where this process was busy, the timer is late, and the device may have ended the connection.
    if (this.#clock.now() - this.#idleSince >= MAX_IDLE_MS) this.close();
    // If it breaks, nobody knows whether the device has acted: a write must not meet a connection that is about to end.
    if (this.#idle && effect !== "read" && !this.#keepsOpen) {
      await this.#untilDecided(attempt.signal);
      // Another device may have the address by now.
      if (!this.#idle) throw new SessionLostError(beforeCommand(brokenError()) as PlatformError);
    }
    const kept = this.#idle;
    if (!kept) return this.#converse(this.#open(attempt), command, attempt);
    try {
      return await this.#converse(kept, command, attempt);
    } catch (error) {
      const mayRepeat = effect === "read" && isPlatformError(error, "network") && !attempt.signal.aborted;
      if (!mayRepeat || kept.hasReceived) throw error;
      throw new SessionLostError(error);
    }
  }

  close(): void {
    this.#idle?.close();
    this.#forget();
  }

  #open({ connectTimeoutMs }: Attempt): FrameSocket {
    return new FrameSocket(this.#endpoint, connectTimeoutMs);
  }

  async #converse(socket: FrameSocket, command: string, { signal }: Attempt): Promise<DeviceJson> {
    const isKept = this.#idle === socket;
    this.#idle = undefined;
    try {
      const json = parseDeviceJson(await socket.exchange(command, signal));
      this.#keep(socket);
      return json;
    } catch (error) {
      if (isKept && isPlatformError(error, "network")) this.#notKept();
      socket.close();
      this.#forget();
      throw error;
    }
  }

  #keep(socket: FrameSocket): void {
    if (!socket.isOpen) return this.#forget();
    this.#idleSince = this.#clock.now();
    if (this.#idleSince < this.#notKeptUntil) return socket.close();
    this.#idle = socket;
    socket.onLost = () => this.#notKept();
    if (this.#timer) this.#timer.refresh();
    else this.#startTimer();
  }

  #startTimer(): void {
    // After the sockets: the end of a connection that came while this process was busy is still to be read.
    const onTime = (): void => void setImmediate(() => this.#onTime());
    this.#timer = setTimeout(onTime, this.#keepsOpen ? MAX_IDLE_MS : QUIET_MS).unref();
  }

  #onTime(): void {
    if (!this.#idle) return; // the timer starts again when the command has ended
    if (this.#keepsOpen) return this.close();
    this.#keepsOpen = true;
    this.#startTimer();
    this.#onDecided?.();
  }

  #untilDecided(signal: AbortSignalLike): Promise<void> {
    return abortable(new Promise<void>((resolve) => (this.#onDecided = resolve)), signal);
  }

  #notKept(): void {
    this.#keepsOpen = false;
    this.#notKeptUntil = this.#clock.now() + NOT_KEPT_MS;
    this.#forget();
  }

  #forget(): void {
    this.#idle = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#onDecided?.();
    this.#onDecided = undefined;
  }
}
