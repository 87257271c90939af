import { LightAbortController } from "../../../core/abort";
import type { CallOptions } from "../../../core/call-context";
import type { Clock } from "../../../core/clock";
import { toJson } from "../../../core/encoding";
import { isPlatformError } from "../../../core/errors";
import { toMacAddress } from "../../../core/mac-address";
import { RequestNotSentError, type Effect } from "../../../http/retry";
import { isSmart, type Device } from "../../device";
import type { DeviceTransport } from "../device-transport";
import { Attempt, beforeCommand, SessionLostError, UnreachableError } from "./attempt";
import type { DeviceJson, LocalConnection } from "./connection";
import type { LocalCredentials } from "./credentials";
import { deviceSessions, type DeviceSession } from "./device-session";
import type { LocalDiscovery } from "./discovery";
import type { LocalEndpoint } from "./endpoint";
import { notFoundError, otherDeviceError, unnamedDeviceError } from "./errors";
import { IDENTITY_COMMANDS, identityIn, productIn } from "./identity";

/** For so long a device that refuses to be signed in to is not asked how it wants that. */
const REFUSED_MS = 60_000;
/** After a probe has woken a device, it opens its port a moment later. */
const WAKE_UP_MS = 1500;

interface LocalTransportOptions {
  discovery: LocalDiscovery;
  credentials: LocalCredentials;
  /** For one attempt, from connect to the last byte. */
  timeoutMs: number;
  clock: Clock;
  /** Whether a command waits until a device that does not respond has been searched for. Default: true. */
  waitsForDiscovery?: boolean;
  /** Default: those of the process. */
  sessions?: typeof deviceSessions;
}

/** Reaches devices over the local network, in whatever envelope they speak. */
export class LocalTransport implements DeviceTransport {
  readonly #options: LocalTransportOptions;
  readonly #closing = new LightAbortController();

  constructor(options: LocalTransportOptions) {
    this.#options = options;
  }

  /** Whether a device has answered on the local network, in the language that it has in the cloud. */
  knows(device: Device): boolean {
    return this.#options.discovery.find(macOf(device))?.protocol === (isSmart(device) ? "smart" : "iot");
  }

  /**
   * @throws `RequestNotSentError` where the command cannot have arrived, so that it may be sent in another way; `offline` for
   * a device that has never answered
   */
  async send(device: Device, command: object, effect: Effect, options: CallOptions): Promise<DeviceJson> {
    const text = toJson(command);
    const mac = macOf(device);
    const session = (this.#options.sessions ?? deviceSessions).get(mac);
    // What several callers share has no signal of theirs.
    const { signal = this.#closing.signal } = options;
    const bounded = { ...options, signal };
    return session.queue.run(() => this.#deliver(session, mac, text, effect, bounded), bounded);
  }

  sendLocally(device: Device, command: object, effect: Effect, options: CallOptions): Promise<DeviceJson> {
    return this.send(device, command, effect, options);
  }

  /**
   * Ends what goes on for no caller in particular, and the connections that are kept for the next commands, of whatever
   * account: a new one is made where it is needed.
   */
  close(): void {
    this.#closing.abort();
    (this.#options.sessions ?? deviceSessions).close();
  }

  async #deliver(
    session: DeviceSession,
    mac: string,
    text: string,
    effect: Effect,
    options: CallOptions,
  ): Promise<DeviceJson> {
    const { discovery, clock } = this.#options;
    const known = discovery.isAway(mac) ? undefined : discovery.find(mac);
    const endpoint = known ?? (await this.#locate(mac, options));
    if (!endpoint) throw notFoundError();
    try {
      return await this.#attempt(session, endpoint, text, effect, options);
    } catch (error) {
      if (!mayTryAgain(error, effect)) throw error;
      options.signal?.throwIfAborted();
      // A refusal may be due to the way of signing in that the device had before an update: it is asked for that once.
      const isRefusal = isPlatformError(error, "sign-in", "config");
      const restMs = session.refusedUntil - clock.now();
      if (isRefusal && restMs > 0 && restMs <= REFUSED_MS) throw error;
      const located = await this.#locate(mac, options);
      const isSame = located !== undefined && isSameAddress(located, endpoint);
      if (isRefusal && (!located || isSame)) session.refusedUntil = clock.now() + REFUSED_MS;
      if (!located) throw error instanceof UnreachableError && discovery.isAway(mac) ? notFoundError() : error;
      if (isSame && isRefusal) throw error;
      if (isSame && error instanceof UnreachableError && error.code === "network")
        await clock.sleep(WAKE_UP_MS, options.signal);
      return this.#attempt(session, located, text, effect, options);
    }
  }

  #locate(mac: string, { signal, isRecurring }: CallOptions): Promise<LocalEndpoint | undefined> {
    const { discovery, waitsForDiscovery = true } = this.#options;
    if (mac === "") return Promise.resolve(undefined);
    if (waitsForDiscovery && !(isRecurring && discovery.isAway(mac))) return discovery.locate(mac, signal);
    discovery.locate(mac).catch(() => undefined);
    return Promise.resolve(undefined);
  }

  async #attempt(
    session: DeviceSession,
    endpoint: LocalEndpoint,
    text: string,
    effect: Effect,
    { signal, trace }: CallOptions,
  ): Promise<DeviceJson> {
    if (trace) {
      trace.attempts++;
      trace.details["via"] = "local";
    }
    const connection = session.connect(endpoint, this.#options.credentials);
    const attempt = new Attempt(this.#options.timeoutMs, signal);
    const isRead = effect === "read";
    const confirm = async (): Promise<void> => {
      session.isConfirmed = false;
      // Most readings name the device themselves.
      if (!isRead) await this.#confirmIdentity(session, connection, endpoint, attempt);
    };
    try {
      if (!connection.hasSession || !(isRead || session.isConfirmed)) await confirm();
      const response = await exchange(connection, text, attempt, effect, confirm);
      // A change has been carried out, whoever has done it: it must not seem not to be sent, or it would be repeated.
      if (!isRead || this.#checkIdentity(session, endpoint, response) || session.isConfirmed) return response;
      await this.#confirmIdentity(session, connection, endpoint, attempt);
      return response;
    } finally {
      attempt.end();
    }
  }

  // A router may have given the address to another device meanwhile, which would respond just as well.
  async #confirmIdentity(
    session: DeviceSession,
    connection: LocalConnection,
    endpoint: LocalEndpoint,
    attempt: Attempt,
  ): Promise<void> {
    try {
      const response = await exchange(connection, IDENTITY_COMMANDS[endpoint.protocol], attempt, "read");
      if (!this.#checkIdentity(session, endpoint, response) && productIn(response).model === "")
        throw unnamedDeviceError();
      session.isConfirmed = true;
    } catch (error) {
      throw beforeCommand(error);
    }
  }

  /**
   * @returns whether the response names the device
   * @throws `offline` for the response of another device
   */
  #checkIdentity(session: DeviceSession, { mac }: LocalEndpoint, response: DeviceJson): boolean {
    const identity = identityIn(response);
    if (identity === undefined) return false;
    if (identity !== mac) throw otherDeviceError();
    return (session.isConfirmed = true);
  }
}

// A device that has forgotten the session has not acted, so that even a write is sent again, once.
async function exchange(
  connection: LocalConnection,
  text: string,
  attempt: Attempt,
  effect: Effect,
  beforeReplay?: () => Promise<void>,
): Promise<DeviceJson> {
  try {
    return await connection.exchange(text, attempt, effect);
  } catch (error) {
    if (!(error instanceof SessionLostError)) throw error;
  }
  await beforeReplay?.();
  try {
    return await connection.exchange(text, attempt, effect);
  } catch (error) {
    throw error instanceof SessionLostError ? error.failure : error;
  }
}

/** Whether a new probe and a second attempt may help, and cannot do harm. */
function mayTryAgain(error: unknown, effect: Effect): boolean {
  if (error instanceof RequestNotSentError) return true;
  return effect === "read" && isPlatformError(error, "network", "timeout", "protocol");
}

function isSameAddress(one: LocalEndpoint, other: LocalEndpoint): boolean {
  return (
    one.host === other.host &&
    one.port === other.port &&
    one.envelope === other.envelope &&
    one.loginVersion === other.loginVersion
  );
}

/** The MAC of a device as the discovery writes it; empty where it is not known. */
export function macOf({ deviceMac }: Device): string {
  return (typeof deviceMac === "string" ? toMacAddress(deviceMac) : undefined) ?? "";
}
