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
  /** When it was last certain that this device, and no other, has the address of the connection. */
  confirmedAt = 0;
  readonly #clock: Clock;
  #connection: LocalConnection | undefined;
  #key = "";

  constructor(clock: Clock) {
    this.#clock = clock;
    this.queue = new Queue({ concurrency: 1, clock });
  }

  /**
   * The connection to an address with these credentials; the session in it is kept for the next command.
   * @throws `unsupported` where the device speaks in no way that this package knows
   */
  connect(endpoint: LocalEndpoint, credentials: LocalCredentials): LocalConnection {
    const { host, port, envelope, loginVersion, isNamed } = endpoint;
    const key = JSON.stringify([host, port, envelope, loginVersion, isNamed, credentials.id]);
    if (this.#connection && this.#key === key) return this.#connection;
    this.#connection = this.#create(endpoint, credentials);
    this.#key = key;
    this.confirmedAt = 0;
    return this.#connection;
  }

  #create(endpoint: LocalEndpoint, credentials: LocalCredentials): LocalConnection {
    switch (endpoint.envelope) {
      case "xor":
        return new XorConnection(endpoint);
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
}

/** All accounts of a process share it, also across deploys: a device bears one session with this machine. */
export const deviceSessions = new DeviceSessions(systemClock);
