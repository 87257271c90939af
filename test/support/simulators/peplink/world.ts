import { merge, named, Refusal, type Json } from "./json";
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
import { defaultWans, type Wan } from "./wan";

/** A configuration change that is saved but not yet in force. */
export interface Change {
  endpoint: string;
  id: number;
  patch: Json;
}

/** The state of one router. The order of an array is the `order` that the API answers. */
export class World {
  wans: Wan[] = [];
  clients: LanClient[] = [];
  ssids: Ssid[] = [];
  ports: Port[] = [];
  peers: Peer[] = [];
  readonly firmware = [
    { id: 1, version: "8.4.1 build 5520", bootable: true, inUse: false },
    { id: 2, version: "8.5.1 build 5711", bootable: true, inUse: true },
  ];
  /** `gps: false` means that the location is stale. */
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
  /** Whether the built-in access point is on. */
  ap = true;
  inbox = [{ connId: 3, id: 7, sender: "+999155501", timestamp: 1_790_000_000, text: "62 % of your data is used." }];
  readonly sentMessages: { connId?: unknown; address: string; content: string }[] = [];
  /** The manual names the text `content`, its example `message`; both were seen in clients (peplink.md section 3). */
  smsTextField: "content" | "message" = "content";
  pending: Change[] = [];
  applied = 0;
  restores = 0;
  reboots = 0;
  /** How long a search for carriers takes. */
  carrierScanMs = 0;
  carrierScanStarted: number | undefined = undefined;

  constructor(readonly now: () => number) {
    this.#furnish();
  }

  /** Back to the world that every router starts with; accounts and API clients are left alone. */
  restore(): void {
    this.restores++;
    this.pending = [];
    this.#furnish();
  }

  /** The enabled WANs with a line that share the best priority; all others with a line wait as hot standby. */
  carrying(): Wan[] {
    const ready = this.wans.filter(({ enable, up, standby }) => enable && up && !standby);
    const best = Math.min(...ready.map(({ priority }) => priority));
    return ready.filter(({ priority }) => priority === best);
  }

  /** Lets uptimes begin and end. The router calls it whenever it is asked something. */
  settle(): void {
    const carrying = this.carrying();
    for (const wan of this.wans)
      wan.carryingSince = carrying.includes(wan) ? (wan.carryingSince ?? this.now()) : undefined;
  }

  /** Puts a change in force. */
  enforce({ endpoint, id, patch }: Change): void {
    if (!endpoint.startsWith("config.ssid")) this.wans.find((wan) => wan.id === id)?.configure(patch);
    const ssid = endpoint.startsWith("config.ssid") && this.ssids.find((ssid) => ssid.id === id);
    if (ssid) Object.assign(ssid, merge({ ...ssid }, patch));
  }

  /** The configuration with all that is saved; `status.*` shows only what is in force. */
  saved(kind: "config.wan" | "config.ssid", id: number, config: Json): Json {
    const changes = this.pending.filter((change) => change.id === id && change.endpoint.startsWith(kind));
    return changes.reduce((config, { patch }) => merge(config, patch), config);
  }

  #furnish(): void {
    this.wans = defaultWans(this.now());
    this.clients = defaultClients();
    this.ssids = defaultSsids();
    this.ports = defaultPorts();
    this.peers = defaultPeers();
  }
}

/** The WAN that a command names. Throws for one of another type. */
export function connection(world: World, { connId }: Json, type: string): Wan {
  const [wan] = named(world.wans, connId);
  if (wan?.type !== type) throw new Refusal("Invalid connId");
  return wan;
}

/** What the router does for one endpoint; nothing answered means an envelope without `response`. */
export type Endpoint = (world: World, args: Json) => unknown;

/** Endpoints, under the one or two methods that each has. */
export type Endpoints = Readonly<Record<string, { GET?: Endpoint; POST?: Endpoint }>>;
