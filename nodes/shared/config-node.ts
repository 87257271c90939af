import type { Node, NodeAPI, NodeDef } from "node-red";
import { systemClock, type Clock } from "../../src/core/clock";
import { PlatformError } from "../../src/core/errors";
import { Queue } from "../../src/core/queue";
import { parseServerAddress, type ServerAddress } from "../../src/http/server-address";
import { parseFingerprint, type TlsSettings } from "../../src/http/tls";
import { Transport } from "../../src/http/transport";
import type { PersistentValue } from "../../src/persistence/encrypted-value";
import type { SessionState } from "../../src/session/session-state";
import { acquire, discard, type PersistedState } from "./session-registry";

/** The saved properties that all config nodes share. Numbers come as text where an environment variable stands for them. */
export interface ConfigNodeDef extends NodeDef {
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
export interface ConfigNode<
  Client extends PlatformClient = PlatformClient,
  Credentials extends object = object,
> extends Node<Credentials> {
  /** The client, or why there is none. */
  client: Client | PlatformError;
  /** Messages of all its nodes pass here. */
  queue: Queue;
  /** What it is made of; nothing where its settings cannot be right. */
  connection?: Connection<Client, ConfigNodeDef>;
  /**
   * Keeps something beyond the process, encrypted; it goes away with the config node.
   * @param name a word of letters, digits and underscores
   */
  persistentValue: <T>(name: string) => PersistentValue<T>;
}

/** What a platform's client is made of. */
export interface ClientContext<Def> {
  server: ServerAddress;
  transport: Transport;
  clock: Clock;
  memory: SessionState;
  /** The saved properties, with environment variables filled in. */
  settings: Def;
}

/** What a config node type knows of its platform. */
export interface Platform<Client, Def, Credentials> {
  /** Where the platform is when `server` is blank; none where the owner must say. */
  defaultServer?: string;
  /** Requests per second when `rate` is blank. */
  defaultRate?: number;
  /** Makes the client; it may throw what is missing. */
  client: (parts: ClientContext<Def>, credentials: Partial<Credentials>) => Client;
}

/** A client, with what it was made of. */
export interface Connection<Client, Def> {
  client: Client;
  transport: Transport;
  server: ServerAddress;
  /** With environment variables filled in. */
  settings: Def;
  memory: SessionState;
}

interface TlsConfigNode extends Node {
  valid: boolean;
  addTLSOptions(options: object): TlsSettings;
}

/**
 * Makes a config node the keeper of one platform: its connections, its session, its queue.
 * Settings that cannot be right are kept as the error that each message will get: a constructor must not throw.
 */
export function setUpConfigNode<Client extends PlatformClient, Def extends ConfigNodeDef, Credentials extends object>(
  RED: NodeAPI,
  node: ConfigNode<Client, Credentials>,
  saved: Def,
  platform: Platform<Client, Def, Credentials>,
): void {
  let keeping: PersistedState | undefined;
  try {
    const def = expandEnvironment(RED, node, saved);
    const concurrency = readNumber(def.concurrency, "concurrency", 4, 1);
    const limit = readNumber(def.queue, "queue", 1000, 0);
    node.queue = new Queue({ concurrency, limit, clock: systemClock });
    node.connection = createConnection(RED, platform, def, node.credentials ?? {}, () => {
      const kept = acquire(RED, node, def);
      keeping = kept;
      node.persistentValue = (name) => kept.persistentValue(name);
      return kept.memory;
    });
    node.client = node.connection.client;
  } catch (error) {
    node.client = error instanceof PlatformError ? error : UNREADABLE;
    node.queue ??= new Queue({ concurrency: 1, clock: systemClock });
  }

  const { connection } = node;
  node.on("close", (removed: boolean, done: () => void) => {
    connection?.client.close();
    const kept = removed ? discard(saved.id) : keeping?.settled();
    Promise.allSettled([connection?.transport.close(), kept]).then(() => done(), done);
  });
}

/**
 * Makes a platform's client of settings, saved or not. Whoever calls closes it and its transport.
 * @param settings with environment variables filled in
 * @param remember brings the memory of its session
 * @throws `config` where they cannot be right, or something is missing
 */
export function createConnection<Client extends PlatformClient, Def extends ConfigNodeDef, Credentials extends object>(
  RED: NodeAPI,
  platform: Platform<Client, Def, Credentials>,
  settings: Def,
  credentials: Partial<Credentials>,
  remember: () => SessionState,
): Connection<Client, Def> {
  const transport = new Transport({
    timeoutMs: readNumber(settings.timeout, "timeout", 15, 0.001) * 1000,
    tls: resolveTls(RED, settings),
    // One message may read several pages side by side.
    concurrency: Math.max(readNumber(settings.concurrency, "concurrency", 4, 1), 8),
    rate: readNumber(settings.rate, "rate", platform.defaultRate ?? 0, 0),
    clock: systemClock,
  });
  const server = resolveServerAddress(settings, platform.defaultServer);
  const memory = remember();
  const client = platform.client({ server, transport, clock: systemClock, memory, settings }, credentials);
  return { client, transport, server, settings, memory };
}

/**
 * A copy of a config node's settings or credentials in which environment variables are filled in: Node-RED does that
 * where a value is nothing but a variable; in an address it is often a part.
 */
export function expandEnvironment<Def extends object>(RED: NodeAPI, node: Node, def: Def): Def {
  const filled = Object.entries(def).map(([name, value]: [string, unknown]) => {
    const partly = typeof value === "string" && value.includes("${");
    return [name, partly ? (RED.util.evaluateNodeProperty(value, "env", node, {}) as unknown) : value];
  });
  return Object.fromEntries(filled) as Def;
}

/**
 * Where the platform is.
 * @throws `config` where the address cannot be right
 */
export function resolveServerAddress(
  { server = "", fingerprint }: ConfigNodeDef,
  otherwise: string | undefined,
): ServerAddress {
  const text = server.trim() || otherwise;
  if (!text) throw new PlatformError("config", "Enter the server address in the config node.");
  const address = parseServerAddress(text);
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

/** How the server proves who it is. */
export function resolveTls(RED: NodeAPI, { tls, fingerprint = "" }: ConfigNodeDef): TlsSettings {
  const settings: TlsSettings = {};
  if (tls) {
    const node = RED.nodes.getNode(tls) as TlsConfigNode | null;
    if (!node?.valid) throw new PlatformError("config", "The TLS configuration is missing or incomplete.");
    node.addTLSOptions(settings);
  }
  if (fingerprint.trim()) settings.fingerprint = parseFingerprint(fingerprint);
  return settings;
}

/**
 * The config node that an action node names, ready for use.
 * @throws `config` when there is none, or when its settings cannot be right
 */
export function requireConnection<Client extends PlatformClient>(
  RED: NodeAPI,
  id: string,
): Pick<ConfigNode, "queue" | "persistentValue"> & { client: Client } {
  const node = RED.nodes.getNode(id) as ConfigNode<Client> | null;
  if (!node?.queue)
    throw new PlatformError("config", "No config node is chosen, or it is disabled. Choose one in this node.");
  const { client, queue, persistentValue } = node;
  if (client instanceof PlatformError) throw client;
  return { client, queue, persistentValue };
}
