import type { Node, NodeAPI, NodeDef } from "node-red";
import { type Clock, systemClock } from "../src/clock";
import { PlatformError } from "../src/errors";
import type { Keeper } from "../src/keeper";
import { Queue } from "../src/queue";
import { readServer, type Server } from "../src/server";
import type { Memory } from "../src/memory";
import { readFingerprint, type TlsSettings } from "../src/tls";
import { Transport } from "../src/transport";
import { forget, type Keeping, recall } from "./memories";

/** The saved properties that all config nodes share. Numbers come as text where an environment variable stands for them. */
export interface ConnectionDef extends NodeDef {
  server?: string;
  timeout?: number | string;
  concurrency?: number | string;
  queue?: number | string;
  rate?: number | string;
  store?: string;
  tls?: string;
  fingerprint?: string;
}

const UNREADABLE = new PlatformError("config", "A setting of the config node has a type that it cannot have.");

/** What a platform's client must offer to a config node. */
export interface PlatformClient {
  close(): void;
}

/** A config node as action nodes see it. */
export interface ConnectionNode<
  Client extends PlatformClient = PlatformClient,
  Credentials extends object = object,
> extends Node<Credentials> {
  /** The client, or why there is none. */
  client: Client | PlatformError;
  /** Messages of all its nodes pass here. */
  queue: Queue;
  /**
   * Keeps something beyond the process, encrypted; it goes away with the config node.
   * @param name a word of letters, digits and underscores
   */
  keep: <T>(name: string) => Keeper<T>;
}

/** What a platform's client is made of. */
export interface Parts<Def> {
  server: Server;
  transport: Transport;
  clock: Clock;
  memory: Memory;
  /** The saved properties, with environment variables filled in. */
  settings: Def;
}

interface Platform<Client, Def> {
  /** Where the platform is when `server` is blank; none where the owner must say. */
  defaultServer?: string;
  /** Requests per second when `rate` is blank. */
  defaultRate?: number;
  /** Makes the client; it may throw what is missing. */
  client: (parts: Parts<Def>) => Client;
}

interface TlsConfigNode extends Node {
  valid: boolean;
  addTLSOptions(options: object): TlsSettings;
}

/**
 * Makes a config node the keeper of one platform: its connections, its session, its queue.
 * Settings that cannot be right are kept as the error that each message will get: a constructor must not throw.
 */
export function connect<Client extends PlatformClient, Def extends ConnectionDef>(
  RED: NodeAPI,
  node: ConnectionNode<Client>,
  saved: Def,
  platform: Platform<Client, Def>,
): void {
  let transport: Transport | undefined;
  let keeping: Keeping | undefined;
  try {
    const def = withEnvironment(RED, node, saved);
    const concurrency = readNumber(def.concurrency, "concurrency", 4, 1);
    const limit = readNumber(def.queue, "queue", 1000, 0);
    node.queue = new Queue({ concurrency, limit, clock: systemClock });
    transport = new Transport({
      timeoutMs: readNumber(def.timeout, "timeout", 15, 0.001) * 1000,
      tls: readTls(RED, def),
      // One message may read several pages side by side.
      concurrency: Math.max(concurrency, 8),
      rate: readNumber(def.rate, "rate", platform.defaultRate ?? 0, 0),
      clock: systemClock,
    });
    const server = readAddress(def, platform.defaultServer);
    const kept = recall(RED, node, def);
    keeping = kept;
    node.keep = (name) => kept.keep(name);
    const { memory } = kept;
    node.client = platform.client({ server, transport, clock: systemClock, memory, settings: def });
  } catch (error) {
    node.client = error instanceof PlatformError ? error : UNREADABLE;
    node.queue ??= new Queue({ concurrency: 1, clock: systemClock });
  }

  const { client } = node;
  node.on("close", (removed: boolean, done: () => void) => {
    if (!(client instanceof PlatformError)) client.close();
    const kept = removed ? forget(saved.id) : keeping?.settled();
    Promise.allSettled([transport?.close(), kept]).then(() => done(), done);
  });
}

// Node-RED fills in a value that is nothing but a variable; in an address it is often a part.
function withEnvironment<Def extends ConnectionDef>(RED: NodeAPI, node: Node, def: Def): Def {
  const filled = Object.entries(def).map(([name, value]: [string, unknown]) => {
    const partly = typeof value === "string" && value.includes("${");
    return [name, partly ? (RED.util.evaluateNodeProperty(value, "env", node, {}) as unknown) : value];
  });
  return Object.fromEntries(filled) as Def;
}

function readAddress({ server = "", fingerprint }: ConnectionDef, otherwise: string | undefined): Server {
  const text = server.trim() || otherwise;
  if (!text) throw new PlatformError("config", "Enter the server address in the config node.");
  const address = readServer(text);
  if (fingerprint?.trim() && !address.origin.startsWith("https:")) {
    throw new PlatformError("config", "A fingerprint is pinned, but the server address does not begin with https.");
  }
  return address;
}

function readNumber(value: number | string | undefined, name: string, otherwise: number, least: number): number {
  if (value === undefined || value === null || String(value).trim() === "") return otherwise;
  const number = Number(value);
  if (Number.isFinite(number) && number >= least) return number;
  throw new PlatformError("config", `"${name}" in the config node must be a number from ${least} on.`);
}

function readTls(RED: NodeAPI, { tls, fingerprint = "" }: ConnectionDef): TlsSettings {
  const settings: TlsSettings = {};
  if (tls) {
    const node = RED.nodes.getNode(tls) as TlsConfigNode | null;
    if (!node?.valid) throw new PlatformError("config", "The TLS configuration is missing or incomplete.");
    node.addTLSOptions(settings);
  }
  if (fingerprint.trim()) settings.fingerprint = readFingerprint(fingerprint);
  return settings;
}

/**
 * The config node that an action node names, ready for use.
 * @throws `config` when there is none, or when its settings cannot be right
 */
export function configured<Client extends PlatformClient>(
  RED: NodeAPI,
  id: string,
): Pick<ConnectionNode, "queue" | "keep"> & { client: Client } {
  const node = RED.nodes.getNode(id) as ConnectionNode<Client> | null;
  if (!node?.queue)
    throw new PlatformError("config", "No config node is chosen, or it is disabled. Choose one in this node.");
  const { client, queue, keep } = node;
  if (client instanceof PlatformError) throw client;
  return { client, queue, keep };
}
