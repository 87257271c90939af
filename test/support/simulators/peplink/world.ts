import { EventLog } from "./event-log";
import { ApiError, filterById, merge, toSeconds, type Json } from "./json";
import {
  defaultClients,
  defaultPeers,
  defaultPorts,
  defaultSsids,
  type LanClient,
  type Peer,
  type Port,
  type Ssid,
} from "./lan";
import { LatencyProbe } from "./latency-probe";
import { freePlace, splitText, type StoredText } from "./text-messages";
import { CARRIERS, defaultWans, type Wan } from "./wan";

/** A configuration change that is saved but not applied. */
interface ConfigChange {
  endpoint: string;
  id: number;
  patch: Json;
}

/** The state of a router. The order of an array is the `order` of its collection. */
export class World {
  wans: Wan[] = [];
  clients: LanClient[] = [];
  ssids: Ssid[] = [];
  ports: Port[] = [];
  peers: Peer[] = [];
  firmware = [
    { id: 1, version: "8.4.1 build 5520", bootable: true, inUse: false },
    { id: 2, version: "8.5.1 build 5711", bootable: true, inUse: true },
  ];
  /** With `gps: false` the location is stale. */
  location = {
    gps: true,
    latitude: 54.1784,
    longitude: 7.8881,
    altitude: 12.5,
    speed: 0.4,
    heading: 212.5,
    pdop: 1.4,
    hdop: 0.9,
    vdop: 1.1,
  };
  /** Whether it has a Wi-Fi access point of its own. */
  hasAccessPoint = true;
  isAccessPointOn = true;
  inbox: StoredText[] = [
    {
      connId: 3,
      simId: 1,
      id: 7,
      sender: "+999155501",
      timestamp: 1_790_000_000,
      text: "62 % of your data is used.",
    },
  ];
  readonly log = new EventLog(() => this.now());
  readonly #probes = new Map<number, LatencyProbe>();
  readonly sentMessages: { connId?: unknown; address: string; content: string }[] = [];
  /** `content` in the manual, `message` in its example; clients use either (peplink.md section 3). */
  smsTextField: "content" | "message" = "content";
  pendingChanges: ConfigChange[] = [];
  appliedCount = 0;
  restoreCount = 0;
  rebootCount = 0;
  /** How long it takes until a change shows. */
  effectDelayMs = 0;
  carriers = [...CARRIERS];
  /** How long a carrier scan takes. */
  carrierScanMs = 0;
  carrierScanStarted: number | undefined = undefined;
  #effects: { at: number; run: () => void }[] = [];

  constructor(readonly now: () => number) {
    this.#reset();
  }

  /** Restores the initial state, except for accounts and API clients. */
  restore(): void {
    this.restoreCount++;
    this.pendingChanges = [];
    this.#reset();
  }

  /** The enabled and connected WANs that share the best priority; the others are on hot standby. */
  activeWans(): Wan[] {
    const ready = this.wans.filter(
      ({ enable, up, standby, managementOnly }) => enable && up && !standby && !managementOnly,
    );
    const best = Math.min(...ready.map(({ priority }) => priority));
    return ready.filter(({ priority }) => priority === best);
  }

  /** Lets an effect show, after `effectDelayMs`. */
  takeEffect(run: () => void): void {
    this.#effects.push({ at: this.now() + this.effectDelayMs, run });
    this.runEffects();
  }

  /** Whether the firmware in use is older than a version such as "8.3.0". */
  isOlderThan(version: string): boolean {
    const inUse = this.firmware.find((one) => one.inUse)?.version ?? "";
    return inUse.localeCompare(version, "en", { numeric: true }) < 0;
  }

  /** Lets the effects show that are due; the router calls it at each request. */
  runEffects(): void {
    const due = this.#effects.filter(({ at }) => at <= this.now());
    this.#effects = this.#effects.filter((effect) => !due.includes(effect));
    for (const { run } of due) run();
  }

  /** Starts a firmware such as "8.1.2 build 5090". */
  runFirmware(version: string): void {
    this.firmware = [{ id: 1, version, bootable: true, inUse: true }];
  }

  /** The SIM in use of the cellular link receives a text message, or the first so many of its parts. */
  receiveText(sender: string, text: string, { connId = 3, parts = Infinity } = {}): void {
    const timestamp = toSeconds(this.now());
    const simId = this.wans.find(({ id }) => id === connId)?.activeSim ?? 1;
    for (const part of splitText(text).slice(0, parts))
      this.inbox.push({ connId, simId, id: freePlace(this.inbox, connId, simId), sender, timestamp, text: part });
  }

  /** What the health checks of a link measure. */
  latency({ id }: Wan): LatencyProbe {
    const probe = this.#probes.get(id) ?? new LatencyProbe(() => this.now());
    this.#probes.set(id, probe);
    return probe;
  }

  /** Starts and ends uptimes; the router calls it at each request. */
  updateUptimes(): void {
    const activeWans = this.activeWans();
    for (const wan of this.wans)
      wan.activeSince = activeWans.includes(wan) ? (wan.activeSince ?? this.now()) : undefined;
  }

  /** Puts a change into effect. */
  apply({ endpoint, id, patch }: ConfigChange): void {
    this.takeEffect(() => {
      if (!endpoint.startsWith("config.ssid")) this.wans.find((wan) => wan.id === id)?.configure(patch);
      const ssid = endpoint.startsWith("config.ssid") && this.ssids.find((one) => one.id === id);
      if (ssid) Object.assign(ssid, merge({ ...ssid }, patch));
    });
  }

  /** The configuration with its pending changes; `status.*` does not show those. */
  savedConfig(kind: "config.wan" | "config.ssid", id: number, config: Json): Json {
    const changes = this.pendingChanges.filter((change) => change.id === id && change.endpoint.startsWith(kind));
    return changes.reduce((changed, { patch }) => merge(changed, patch), config);
  }

  #reset(): void {
    this.wans = defaultWans(this.now());
    for (const wan of this.wans) wan.report = (text) => this.log.write("WAN", text);
    this.clients = defaultClients();
    this.ssids = defaultSsids();
    this.ports = defaultPorts();
    this.peers = defaultPeers();
  }
}

/** The WAN that a command names. @throws for one of another type */
export function findWan(world: World, { connId }: Json, type: string): Wan {
  const [wan] = filterById(world.wans, connId);
  if (wan?.type !== type) throw new ApiError("Invalid connId");
  return wan;
}

/** Runs an endpoint. @returns `response` of the envelope; undefined for none */
export type Endpoint = (world: World, args: Json) => unknown;

/** Endpoints by name, with the HTTP methods that each supports. */
export type Endpoints = Readonly<Record<string, { GET?: Endpoint; POST?: Endpoint }>>;
