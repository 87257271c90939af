import { randomInt } from "node:crypto";
import { createSocket, type RemoteInfo } from "node:dgram";
import { abortable, LightAbortController, type AbortSignalLike } from "../../../core/abort";
import type { Clock } from "../../../core/clock";
import { broadcastAddresses } from "./broadcast-addresses";
import { buildProbe, parseAnnouncement } from "./discovery-message";
import type { LocalEndpoint } from "./endpoint";
import { bind, createPublicKey, resolveHosts, sendProbes, type DiscoveryPorts, type ProbeTarget } from "./probe";
import { SilentHosts, type Identify } from "./silent-hosts";

/** Where devices are asked, and how often. */
export interface DiscoveryOptions {
  clock: Clock;
  /** Addresses or names of devices that broadcasts do not reach, each with a port where it is another one: `host:port`. */
  hosts?: readonly string[];
  /** Default: the broadcast address of each network of this machine. */
  broadcast?: readonly string[] | undefined;
  ports?: Partial<DiscoveryPorts>;
  /** How a device is asked by TCP that the user has named, and that answers no probe. Left out: it is not asked. */
  identify?: Identify;
}

const DEFAULT_PORTS: DiscoveryPorts = { xor: 9999, probe: 20002, http: 80 };
/** Packets get lost on Wi-Fi, and a response comes within a second. */
const ROUNDS = 3;
/** A hundred devices may respond at the same moment, with two kilobytes each: the default of Linux loses those beyond ninety. */
const RECEIVE_BUFFER_BYTES = 524_288;
const ROUND_MS = 1000;
const SCAN_INTERVAL_MS = 900_000;
/** Longer than from one scan to the end of the next. */
const MAX_PRESENCE_MS = SCAN_INTERVAL_MS + 60_000;
/** For so long a device that did not answer is taken to be away, unless it answers meanwhile. */
const AWAY_MS = 10_000;
/** Nobody has more, and anybody can send forged responses. */
const MAX_DEVICES = 500;
const MAX_HOSTS = 250;
const MAX_SENDERS = 1000;
/** In a round, so that one sender cannot keep this process busy. */
const MAX_DATAGRAMS_PER_SENDER = 100;

/** Someone who waits for the response of one device. */
interface Waiter {
  mac: string;
  resolve: (endpoint: LocalEndpoint) => void;
}

/** Finds devices on the local network, and remembers how each of them is reached. */
export class LocalDiscovery {
  readonly #clock: Clock;
  readonly #hosts: readonly string[];
  readonly #broadcast: readonly string[] | undefined;
  readonly #ports: DiscoveryPorts;
  readonly #silent: SilentHosts | undefined;
  /** By MAC. */
  readonly #endpoints = new Map<string, LocalEndpoint>();
  /** When devices did not answer, by MAC. */
  readonly #silentAt = new Map<string, number>();
  /** What the user has named, by address: one with several ports passes them on to several devices. */
  readonly #named = new Map<string, ProbeTarget[]>();
  /** The addresses, each alone and with its port, that have answered in the present scan. */
  readonly #heard = new Set<string>();
  readonly #closing = new LightAbortController();
  readonly #waiters = new Set<Waiter>();
  #scanning: Promise<void> | undefined;
  /** Ends the pause after a round. */
  #nudge = new LightAbortController();
  #roundsLeft = 0;
  /** Whether the present scan is for all devices, and not only for those that somebody waits for. */
  #isForAll = false;
  /** The devices that have answered in the present scan. */
  readonly #answered = new Set<string>();
  /** How many datagrams came in the present round from each address. */
  readonly #datagrams = new Map<string, number>();

  constructor({ clock, hosts = [], broadcast, ports, identify }: DiscoveryOptions) {
    this.#clock = clock;
    this.#hosts = hosts.slice(0, MAX_HOSTS);
    this.#broadcast = broadcast;
    this.#ports = { ...DEFAULT_PORTS, ...ports };
    this.#silent = identify && new SilentHosts(identify, clock);
  }

  /** Scans in the background until it is closed. */
  start(): void {
    this.#run().catch(() => undefined);
  }

  /** How a device was reached last; undefined where it has never answered. */
  find(mac: string): LocalEndpoint | undefined {
    return this.#endpoints.get(mac);
  }

  /** Whether a device has answered in the last scan. One that the user has named may answer no probe, and is believed. */
  isPresent({ isNamed, seenAt }: LocalEndpoint): boolean {
    return isNamed || Math.abs(this.#clock.now() - seenAt) < MAX_PRESENCE_MS;
  }

  /** Whether a device did not answer a moment ago, while others did or there are no others: else it may be the network. */
  isAway(mac: string): boolean {
    const silentAt = this.#silentAt.get(mac);
    const ageMs = silentAt === undefined ? AWAY_MS : this.#clock.now() - silentAt;
    return ageMs >= 0 && ageMs < AWAY_MS;
  }

  /** All devices that have answered, also those that cannot be controlled. */
  list(): LocalEndpoint[] {
    return [...this.#endpoints.values()];
  }

  /** Asks all devices, in three rounds. */
  async scan(): Promise<void> {
    this.#isForAll = true;
    await this.#ensureRounds();
    const known = new Set(this.list().flatMap(({ host, port }) => [host, `${host}:${port}`]));
    const isUnknown = (target: ProbeTarget): boolean =>
      !this.#isAmong(known, target) && !this.#silent?.isStranger(target);
    await this.#askSilent([...this.#named.values()].flat().filter(isUnknown));
  }

  /**
   * Asks for one device, which also wakes it: some open their port only then (kasa-local.md section 0).
   * @param mac `AA-BB-CC-DD-EE-FF`
   * @returns how it is reached now; undefined where it has not answered in three rounds
   */
  async locate(mac: string, signal?: AbortSignalLike): Promise<LocalEndpoint | undefined> {
    const waiter = { mac } as Waiter;
    const found = new Promise<LocalEndpoint>((resolve) => (waiter.resolve = resolve));
    // The first who waits is not kept waiting for the next round; for more of them there is no round of their own.
    if (this.#waiters.size === 0) this.#nudge.abort();
    this.#waiters.add(waiter);
    this.#answered.delete(mac);
    const asked = this.#ensureRounds()
      .then(() => this.#askSilent(this.#named.get(this.#endpoints.get(mac)?.host ?? "") ?? []))
      .then(() => this.#onSilence(mac));
    try {
      return await abortable(Promise.race([found, asked]), signal);
    } finally {
      this.#waiters.delete(waiter);
    }
  }

  close(): void {
    this.#closing.abort();
  }

  async #run(): Promise<void> {
    for (;;) {
      await this.scan();
      await this.#clock.sleep(SCAN_INTERVAL_MS, this.#closing.signal);
    }
  }

  /** Everybody who asks at the same time shares the rounds. */
  #ensureRounds(): Promise<void> {
    this.#roundsLeft = ROUNDS;
    return (this.#scanning ??= this.#scanRounds());
  }

  async #scanRounds(): Promise<void> {
    this.#answered.clear();
    this.#heard.clear();
    const socket = createSocket({ type: "udp4", recvBufferSize: RECEIVE_BUFFER_BYTES });
    socket.on("message", (datagram, sender) => this.#onDatagram(datagram, sender));
    try {
      this.#closing.throwIfAborted();
      const [key] = await abortable(Promise.all([createPublicKey(), bind(socket)]), this.#closing.signal);
      for (; this.#roundsLeft > 0 && (this.#isForAll || this.#waiters.size > 0); this.#roundsLeft--) {
        this.#datagrams.clear();
        const targets = await abortable(this.#targets(), this.#closing.signal);
        sendProbes(socket, buildProbe(key, randomInt(2 ** 32)), targets);
        await this.#pause();
      }
    } catch {
      // Without a network nobody answers; and nobody is asked after the end.
    } finally {
      socket.removeAllListeners("message");
      socket.close();
      // In the same tick in which the rounds have ended: whoever comes now needs new ones.
      this.#scanning = undefined;
      this.#isForAll = false;
    }
  }

  async #pause(): Promise<void> {
    const nudge = (this.#nudge = new LightAbortController());
    const unlink = nudge.linkTo(this.#closing.signal);
    try {
      await this.#clock.sleep(ROUND_MS, nudge.signal);
    } catch {
      this.#closing.throwIfAborted();
    } finally {
      unlink();
    }
  }

  async #targets(): Promise<ProbeTarget[]> {
    const hosts = await resolveHosts(this.#hosts, this.#ports);
    this.#named.clear();
    for (const host of hosts) this.#named.set(host.address, [...(this.#named.get(host.address) ?? []), host]);
    const lastHosts = [...this.#waiters].map(({ mac }) => this.#endpoints.get(mac)?.host ?? "").filter(Boolean);
    const others = [...new Set([...(this.#broadcast ?? broadcastAddresses()), ...lastHosts])];
    return [...others.map((address) => ({ address, ...this.#ports })), ...hosts];
  }

  #onDatagram(datagram: Buffer, { address, port }: RemoteInfo): void {
    const count = (this.#datagrams.get(address) ?? 0) + 1;
    if (count > MAX_DATAGRAMS_PER_SENDER || (count === 1 && this.#datagrams.size >= MAX_SENDERS)) return;
    this.#datagrams.set(address, count);
    const announcement = parseAnnouncement(datagram, port);
    if (!announcement) return;
    this.#heard.add(address).add(`${address}:${port}`);
    // The first response of a device in a scan counts.
    if (this.#answered.has(announcement.mac)) return;
    const isNamed = this.#named.has(address);
    this.#add({ ...announcement, host: address, isNamed, seenAt: this.#clock.now() });
  }

  async #askSilent(targets: readonly ProbeTarget[]): Promise<void> {
    const silent = targets.filter((target) => !this.#isAmong(this.#heard, target));
    await this.#silent?.ask(silent, this.#closing.signal, (endpoint) => this.#add(endpoint));
  }

  /** Whether a named host is among addresses, or where its address has several, the host with its own port. */
  #isAmong(addresses: ReadonlySet<string>, { address, xor, probe, http }: ProbeTarget): boolean {
    if ((this.#named.get(address)?.length ?? 0) <= 1) return addresses.has(address);
    return [xor, probe, http].some((port) => addresses.has(`${address}:${port}`));
  }

  #onSilence(mac: string): undefined {
    const isAlone = this.#endpoints.size <= 1;
    if (this.#answered.has(mac) || this.#closing.signal.aborted || (this.#answered.size === 0 && !isAlone)) return;
    if (this.#silentAt.size >= MAX_DEVICES) this.#silentAt.clear();
    this.#silentAt.set(mac, this.#clock.now());
  }

  #add(endpoint: LocalEndpoint): void {
    const { mac, host, port } = endpoint;
    this.#silentAt.delete(mac);
    // An address that another device has now must not be taken for the old one's.
    for (const other of this.#endpoints.values())
      if (other.host === host && other.port === port && other.mac !== mac) this.#endpoints.delete(other.mac);
    if (this.#endpoints.size >= MAX_DEVICES && !this.#endpoints.has(mac)) return;
    this.#answered.add(mac);
    this.#endpoints.set(mac, endpoint);
    for (const waiter of this.#waiters) if (waiter.mac === mac) waiter.resolve(endpoint);
  }
}
