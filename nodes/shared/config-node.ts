import type { Node, NodeAPI, NodeDef } from "node-red";
import { systemClock, type Clock } from "../../src/core/clock";
import { PlatformError } from "../../src/core/errors";
import { Queue } from "../../src/core/queue";
import { parseServerAddress, type ServerAddress } from "../../src/http/server-address";
import { parseFingerprint, type TlsSettings } from "../../src/http/tls";
import { Transport } from "../../src/http/transport";
import type { PersistentValue } from "../../src/persistence/encrypted-value";
import type { SessionState } from "../../src/session/session-state";
import { configTypeOf, registerConfigNode } from "./config-reference";
import { findNode, notRunningError } from "./deployed-node";
import type { PlatformName } from "./flow-error";
import { LIMITS } from "./limits";
import { resolveProxy } from "./proxy";
import { acquire, discard, sweepAfterRestart, type PersistedState } from "./session-registry";
import { expandCredentials, expandEnvironment, parseNumber } from "./settings";

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
  /** Id of an `http proxy` node. */
  proxy?: string;
  allowHttp?: boolean;
}

/** What a config node needs of a platform's client. */
export interface PlatformClient {
  close(): void;
}

/** A config node as other nodes see it. */
export interface ConfigNode<
  Client extends PlatformClient = PlatformClient,
  Credentials extends object = object,
> extends Node<Credentials> {
  /** The client, or why there is none. It is created when it is first asked for. */
  client: Client | PlatformError;
  /** The messages of all nodes that use this one wait here for their turn. */
  queue: Queue;
  /** Left out if the settings are wrong. */
  connection?: Connection<Client, ConfigNodeDef>;
  /**
   * A value that outlives the process, encrypted. It is removed together with the config node.
   * @param name a word of letters, digits and underscores
   */
  persistentValue: (name: string) => PersistentValue;
}

/** What a platform's client is created from. */
interface ClientContext<Def> {
  server: ServerAddress;
  transport: Transport;
  clock: Clock;
  sessionState: SessionState;
  /** The state of one more session of the same account, by its name: a word of letters, digits and underscores. */
  otherSessionState: (name: string) => SessionState;
  /** The saved properties, with environment variables filled in. */
  settings: Def;
}

/** What differs from one config node type to another. */
export interface Platform<Client, Def, Credentials> {
  /** Used if `server` is blank. Left out: `server` is required. */
  defaultServer?: string;
  /** Requests per second if `rate` is blank. */
  defaultRate?: number;
  /** How the server at an origin is verified, unless the owner has chosen a TLS configuration. Default: like any other. */
  tlsFor?: (origin: string) => TlsSettings | undefined;
  /**
   * Checks what a client is created from, without the code of the platform: loading it takes longer than all nodes.
   * @returns creates the client
   * @throws `config` if something is missing
   */
  prepareClient: (context: ClientContext<Def>, credentials: Partial<Credentials>) => () => Client;
}

/** A client, with what it is created from. */
export interface Connection<Client, Def> {
  /** Created when it is first asked for. */
  readonly client: Client;
  /** Closes it, and all connections of its transport. */
  close: () => Promise<void>;
  transport: Transport;
  server: ServerAddress;
  /** With environment variables filled in. */
  settings: Def;
  sessionState: SessionState;
}

/** The config node of Node-RED's core that holds certificates. */
interface TlsConfigNode extends Node {
  valid: boolean;
  addTLSOptions(options: object): TlsSettings;
}

/** A message may fetch several pages of a list at a time, so a transport takes more than one request per message. */
const MIN_TRANSPORT_CONCURRENCY = 8;

/**
 * Gives a config node its client, session and queue.
 * A constructor must not throw: wrong settings are kept as the error that every message then fails with.
 */
export function setUpConfigNode<Client extends PlatformClient, Def extends ConfigNodeDef, Credentials extends object>(
  RED: NodeAPI,
  node: ConfigNode<Client, Credentials>,
  def: Def,
  platform: Platform<Client, Def, Credentials>,
): void {
  let state: PersistedState | undefined;
  try {
    const settings = expandEnvironment(RED, node, def);
    const concurrency = parseNumber(settings.concurrency, "concurrency", LIMITS.concurrency, "config");
    const limit = parseNumber(settings.queue, "queue", LIMITS.queue, "config");
    node.queue = new Queue({ concurrency, limit, clock: systemClock });
    node.connection = createConnection(RED, platform, settings, expandCredentials(RED, node), () => {
      const acquired = acquire(RED, node, settings);
      state = acquired;
      node.persistentValue = (name) => acquired.persistentValue(name);
      return acquired;
    });
    const { connection } = node;
    Object.defineProperty(node, "client", { configurable: true, get: () => connection.client });
  } catch (error) {
    const wrongType = new PlatformError("config", "A setting of the config node has the wrong type.");
    node.client = error instanceof PlatformError ? error : wrongType;
    node.queue ??= new Queue({ concurrency: 1, clock: systemClock });
  }

  const { connection } = node;
  const unregister = registerConfigNode(node);
  node.on("close", (removed: boolean, done: () => void) => {
    unregister();
    const closed = connection?.close();
    sweepAfterRestart(RED);
    const saved = removed ? discard(def.id) : state?.settled();
    Promise.allSettled([closed, saved]).then(() => done(), done);
  });
}

/**
 * Prepares a platform's client from settings, saved or not. The caller closes it.
 * @param settings with environment variables filled in
 * @param getSessionStates called once the settings have turned out to be right
 * @throws `config` if settings are wrong, or something is missing
 */
export function createConnection<Client extends PlatformClient, Def extends ConfigNodeDef, Credentials extends object>(
  RED: NodeAPI,
  platform: Platform<Client, Def, Credentials>,
  settings: Def,
  credentials: Partial<Credentials>,
  getSessionStates: () => Pick<PersistedState, "sessionState" | "otherSessionState">,
): Connection<Client, Def> {
  const { timeout, concurrency, rate } = settings;
  const rateLimit = { ...LIMITS.rate, default: platform.defaultRate ?? LIMITS.rate.default };
  const transport = new Transport({
    timeoutMs: parseNumber(timeout, "timeout", LIMITS.timeout, "config") * 1000,
    tls: resolveTls(RED, settings),
    tlsFor: settings.tls ? undefined : platform.tlsFor,
    concurrency: Math.max(
      parseNumber(concurrency, "concurrency", LIMITS.concurrency, "config"),
      MIN_TRANSPORT_CONCURRENCY,
    ),
    rate: parseNumber(rate, "rate", rateLimit, "config"),
    clock: systemClock,
    proxyFor: resolveProxy(RED, settings.proxy),
  });
  const server = resolveServerAddress(settings, platform.defaultServer);
  const states = getSessionStates();
  const { sessionState } = states;
  const otherSessionState = (name: string): SessionState => states.otherSessionState(name);
  const create = platform.prepareClient(
    { server, transport, clock: systemClock, sessionState, otherSessionState, settings },
    credentials,
  );
  let client: Client | undefined;
  return {
    get client() {
      return (client ??= create());
    },
    close() {
      client?.close();
      return transport.close();
    },
    transport,
    server,
    settings,
    sessionState,
  };
}

/**
 * The address of the platform's server.
 * @throws `config` if there is none, or if it is wrong
 */
export function resolveServerAddress(
  { server = "", fingerprint, allowHttp }: ConfigNodeDef,
  defaultServer: string | undefined,
): ServerAddress {
  const text = server.trim() || defaultServer;
  if (!text) throw new PlatformError("config", "Enter the server address in the config node.");
  const address = parseServerAddress(text, { allowHttp: allowHttp === true });
  if (fingerprint?.trim() && !address.origin.startsWith("https:")) {
    throw new PlatformError("config", "A fingerprint is pinned, but the server address does not begin with https.");
  }
  return address;
}

/**
 * How the server's certificate is verified.
 * @throws `config` if the TLS configuration or the fingerprint is wrong
 */
export function resolveTls(RED: NodeAPI, { tls, fingerprint = "" }: ConfigNodeDef): TlsSettings {
  const settings: TlsSettings = {};
  if (tls) {
    const node = findNode(RED, tls) as TlsConfigNode | undefined;
    if (!node) throw notRunningError(RED, tls, "The TLS configuration");
    if (!node.valid) throw new PlatformError("config", "The TLS configuration is missing or incomplete.");
    node.addTLSOptions(settings);
  }
  if (fingerprint.trim()) settings.fingerprint = parseFingerprint(fingerprint);
  return settings;
}

/** Whether a config node of the platform is deployed, and its settings are right. */
export function isReady(RED: NodeAPI, id: string, platform: PlatformName): boolean {
  return findConfigNode(RED, id, platform)?.connection !== undefined;
}

/**
 * The config node that another node refers to, ready for use.
 * @returns undefined if there is none
 * @throws `config` if its settings are wrong
 */
export function findConnection<Client extends PlatformClient>(
  RED: NodeAPI,
  id: string,
  platform: PlatformName,
): (Pick<ConfigNode, "id" | "queue" | "persistentValue"> & { client: Client }) | undefined {
  const node = findConfigNode<Client>(RED, id, platform);
  if (!node) return undefined;
  const { client, queue, persistentValue } = node;
  if (client instanceof PlatformError) throw client;
  return { id, client, queue, persistentValue };
}

function findConfigNode<Client extends PlatformClient>(
  RED: NodeAPI,
  id: string,
  platform: PlatformName,
): ConfigNode<Client> | undefined {
  const node = RED.nodes.getNode(id) as ConfigNode<Client> | null;
  return node?.type === configTypeOf(platform) ? node : undefined;
}
