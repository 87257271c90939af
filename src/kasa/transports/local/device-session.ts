import { systemClock, type Clock } from "../../../core/clock";
import { Queue } from "../../../core/queue";
import type { LocalConnection } from "./connection";
import type { LocalCredentials } from "./credentials";
import type { LocalEndpoint } from "./endpoint";
import { thirdPartyError, unsupportedEnvelopeError } from "./errors";
import { KlapConnection } from "./klap-connection";
import { SecurePassthroughConnection } from "./secure-passthrough-connection";
import { XorConnection } from "./xor-connection";

/** More devices than anybody has. */
const MAX_SESSIONS = 1000;

/** One device as the whole process sees it: it serves one request at a time, and forgets its session when another begins. */
export class DeviceSession {
  readonly queue: Queue;
  /** Whether it is certain that the present session or connection is with this device, and no other. */
  isConfirmed = false;
  /** Until then a device that refuses to be signed in to is not asked how it wants that; milliseconds since 1970. */
  refusedUntil = 0;
  readonly #clock: Clock;
  #connection: LocalConnection | undefined;
  #key = "";
  /** The last ones, for which the key need not be compared. */
  #endpoint: LocalEndpoint | undefined;
  #credentials: LocalCredentials | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.queue = new Queue({ concurrency: 1, clock });
  }

  /**
   * The connection to an address with these credentials; the session in it is kept for the next command.
   * @throws `unsupported` where the device speaks in no way that this package knows
   */
  connect(endpoint: LocalEndpoint, credentials: LocalCredentials): LocalConnection {
    if (this.#connection && endpoint === this.#endpoint && credentials === this.#credentials) return this.#connection;
    const { host, port, isHttps, envelope, loginVersion, isNamed } = endpoint;
    // Older firmware asks for no credentials: all accounts share the one connection that a device may bear.
    const owner = envelope === "xor" ? "" : credentials.id;
    const key = JSON.stringify([host, port, isHttps, envelope, loginVersion, isNamed, owner]);
    if (!this.#connection || this.#key !== key) {
      this.close();
      this.#connection = this.#create(endpoint, credentials);
      this.#key = key;
      this.isConfirmed = false;
    }
    this.#endpoint = endpoint;
    this.#credentials = credentials;
    return this.#connection;
  }

  /** Ends what is kept open for the next command. */
  close(): void {
    this.#connection?.close?.();
  }

  #create(endpoint: LocalEndpoint, credentials: LocalCredentials): LocalConnection {
    switch (endpoint.envelope) {
      case "xor":
        return new XorConnection(endpoint, this.#clock);
      case "klap":
        return new KlapConnection(endpoint, credentials, this.#clock);
      case "secure-passthrough":
        return new SecurePassthroughConnection(endpoint, credentials);
      case "tpap":
        throw thirdPartyError();
      default:
        throw unsupportedEnvelopeError();
    }
  }
}

/** The devices of a process by their MAC. */
export class DeviceSessions {
  readonly #clock: Clock;
  /** The one that was used last is the last. */
  readonly #sessions = new Map<string, DeviceSession>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(mac: string): DeviceSession {
    const session = this.#sessions.get(mac) ?? new DeviceSession(this.#clock);
    this.#sessions.delete(mac);
    this.#sessions.set(mac, session);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > MAX_SESSIONS && oldest !== undefined) this.#sessions.delete(oldest);
    return session;
  }

  /** Ends what is kept open for the next commands. */
  close(): void {
    for (const session of this.#sessions.values()) session.close();
  }
}

/** All accounts of a process share it, also across deploys: a device bears one session with this machine. */
export const deviceSessions = new DeviceSessions(systemClock);
