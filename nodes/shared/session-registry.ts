import { createHash } from "node:crypto";
import type { Node, NodeAPI, NodeDef } from "node-red";
import { LightAbortController } from "../../src/core/abort";
import { systemClock } from "../../src/core/clock";
import { EncryptedValue, type PersistentValue } from "../../src/persistence/encrypted-value";
import { SessionState } from "../../src/session/session-state";
import { SharedSessionStore } from "../../src/session/shared-session-store";
import { forgetHistory } from "./history";
import { contextBackend, contextStoreNames, fileBackend, memoryBackend, type StorageBackend } from "./storage-backends";

/**
 * The states of all config nodes by id, the only state that outlives a deploy. A full deploy recreates every config
 * node, and must cost neither a sign-in nor another attempt with a refused password.
 */
const registry = new Map<string, PersistedState>();
/** The ids of the config nodes that have an account: with hundreds of them, a deploy looks up each once. */
const idsByAccount = new Map<string, Set<string>>();

/** The settings of a config node that a session depends on, besides its credentials. */
export const SESSION_FIELDS = ["server", "mode", "omadacId", "appType", "terminalUUID"] as const;
/** The credentials that identify the account. */
const ACCOUNT_FIELDS = ["email", "clientId", "username"] as const;
/** The credentials that a platform has made. */
const MACHINE_MADE_FIELDS = ["clientSecret", "refreshToken"] as const;
/** 128 random bits need 22 characters at least. */
const MIN_RANDOM_LENGTH = 22;

/** Closing a config node waits so long for pending writes, and as long again for their removal. */
const MAX_CLOSE_WAIT_MS = 400;

/** The state of one config node: its session, and values that are written to its storage backend. */
export class PersistedState {
  readonly sessionState: SessionState;
  /** Identifies the account; holds no secret. */
  readonly account: string;
  readonly #backend: StorageBackend;
  readonly #secret: string;
  readonly #password: string | undefined;
  readonly #warn: (problem: string) => void;
  readonly #values = new Map<string, EncryptedValue>();
  readonly #otherSessions = new Map<string, SessionState>();

  /**
   * @param secret what the encryption keys are derived from
   * @param password set where a person has chosen all of it: the keys are then derived from this as well, slowly
   */
  constructor(
    account: string,
    backend: StorageBackend,
    secret: string,
    password: string | undefined,
    warn: (problem: string) => void,
  ) {
    this.account = account;
    this.#backend = backend;
    this.#secret = secret;
    this.#password = password;
    this.#warn = warn;
    this.sessionState = this.#createSessionState("session");
  }

  /** The state of another session that belongs to the same account. @param name a word of letters, digits and underscores */
  otherSessionState(name: string): SessionState {
    const state = this.#otherSessions.get(name) ?? this.#createSessionState(name);
    this.#otherSessions.set(name, state);
    return state;
  }

  /** Whether it belongs to these credentials and settings, and is stored there. */
  matches(backend: StorageBackend, secret: string): boolean {
    return this.#secret === secret && this.isStoredIn(backend);
  }

  isStoredIn({ location }: StorageBackend): boolean {
    return this.#backend.location === location;
  }

  /** Whether both write to the same place: two config nodes of an account may share a context store. */
  isStoredWith(other: PersistedState): boolean {
    return this.isStoredIn(other.#backend);
  }

  /**
   * A value that outlives the process, such as the position up to which a log was read.
   * @param name a word of letters, digits and underscores
   */
  persistentValue(name: string): PersistentValue {
    let value = this.#values.get(name);
    if (!value) {
      value = new EncryptedValue({
        store: this.#backend.store(name),
        secret: this.#secret,
        password: this.#password,
        name: `${this.#backend.location} ${name}`,
        clock: systemClock,
        warn: this.#warn,
      });
      this.#values.set(name, value);
    }
    return value;
  }

  /** Waits a moment for pending writes. */
  settled(): Promise<void> {
    return waitBriefly(Promise.all([...this.#values.values()].map((value) => value.settled())));
  }

  #createSessionState(name: string): SessionState {
    return new SessionState(new SharedSessionStore(this.persistentValue(name), systemClock, this.#backend.shared));
  }

  /**
   * Ends it: nothing can be written afterwards.
   * @param keepStored whether another config node goes on with what is stored; otherwise all of it is removed
   */
  async end(keepStored: boolean): Promise<void> {
    for (const value of this.#values.values()) value.close();
    await this.settled();
    if (!keepStored) await waitBriefly(this.#backend.clear());
  }
}

async function waitBriefly(work: Promise<unknown>): Promise<void> {
  const controller = new LightAbortController();
  const timeout = systemClock.sleep(MAX_CLOSE_WAIT_MS, controller.signal);
  await Promise.race([work, timeout]).catch(() => undefined);
  controller.abort();
  await timeout.catch(() => undefined);
}

/** The state of a config node: the one that it had before a deploy, unless its account, credentials or store changed. */
export function acquire(RED: NodeAPI, node: Node<object>, def: NodeDef & { store?: string }): PersistedState {
  const credentials = (node.credentials ?? {}) as Record<string, unknown>;
  const accountNames = pick(credentials, ACCOUNT_FIELDS);
  const account = JSON.stringify([node.type, pick({ ...def }, SESSION_FIELDS), accountNames]);
  const warn = (problem: string): void =>
    RED.log.warn(
      `[${node.type}:${node.name || node.id}] ${problem} The session stays in memory: a restart costs a sign-in.`,
    );
  const backend = chooseBackend(RED, node, def, account, warn);
  const installation = installationSecret(RED, backend.shared);
  const secret = hash([account, credentials, installation.secret]);
  if (accountNames.some((name) => name !== "") && isAccountInUse(RED, account, def.id)) {
    node.warn(
      "Another config node signs in to the same account: their limits add up, and one may end the session of the other. " +
        "Choose the same config node in all nodes, and delete the other one.",
    );
  }
  const previous = registry.get(def.id);
  if (previous?.matches(backend, secret)) return previous;
  if (previous && !previous.isStoredIn(backend)) discardStored(def.id, previous).catch(() => undefined);
  const isRandom = MACHINE_MADE_FIELDS.map((name) => credentials[name]).some(
    (value) => typeof value === "string" && value.length >= MIN_RANDOM_LENGTH,
  );
  // Config nodes with the same password share the slow derivation. In a shared store without a secret of the installation,
  // only those of the same account do: a table of derived passwords must not serve for all installations.
  const salt = backend.shared && installation.secret === "" ? account : "";
  const password = isRandom || installation.isRandom ? undefined : hash([credentials, installation.secret, salt]);
  const state = new PersistedState(account, backend, secret, password, warn);
  remember(def.id, state);
  return state;
}

/** Removes the state of a config node that was deleted. */
export async function discard(id: string): Promise<void> {
  forgetHistory(id);
  const state = registry.get(id);
  forget(id);
  if (state) await discardStored(id, state);
}

function discardStored(id: string, state: PersistedState): Promise<void> {
  const others = [...(idsByAccount.get(state.account) ?? [])].filter((other) => other !== id);
  return state.end(others.some((other) => registry.get(other)?.isStoredWith(state)));
}

/** The runtimes whose next start of flows is waited for. */
const awaited = new WeakSet<object>();

/**
 * Removes the states of deleted config nodes once the flows have started again. Node-RED does not tell a config node in a
 * subflow that its instance was deleted. Only states of this process are removed: other files in the folder may belong to
 * another Node-RED.
 */
export function sweepAfterRestart(RED: NodeAPI): void {
  if (awaited.has(RED.events)) return;
  awaited.add(RED.events);
  RED.events.once("flows:started", () => {
    awaited.delete(RED.events);
    const configured = new Set<string>();
    RED.nodes.eachNode(({ id }) => void configured.add(id));
    for (const id of registry.keys())
      if (!RED.nodes.getNode(id) && !exists(id, configured)) discard(id).catch(() => undefined);
  });
}

// A node that is disabled exists. In a subflow the id is the instance's, a dash and the node's own, to any depth.
function exists(id: string, configured: ReadonlySet<string>): boolean {
  if (configured.has(id)) return true;
  for (let dash = id.indexOf("-"); dash >= 0; dash = id.indexOf("-", dash + 1))
    if (configured.has(id.slice(0, dash)) && exists(id.slice(dash + 1), configured)) return true;
  return false;
}

/**
 * A secret that whoever reads a stored value does not know. Without `credentialSecret` Node-RED makes one, which other
 * instances do not have: they could not read what is in a shared store.
 */
function installationSecret(RED: NodeAPI, isShared: boolean): { secret: string; isRandom: boolean } {
  const settings = RED.settings as { credentialSecret?: unknown; get?: (name: string) => unknown };
  if (typeof settings.credentialSecret === "string") return { secret: settings.credentialSecret, isRandom: false };
  const none = { secret: "", isRandom: false };
  if (isShared) return none;
  try {
    const generated = settings.get?.("_credentialSecret");
    return typeof generated === "string" && generated !== "" ? { secret: generated, isRandom: true } : none;
  } catch {
    return none;
  }
}

function hash(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}

function pick(values: Readonly<Record<string, unknown>>, names: readonly string[]): unknown[] {
  return names.map((name) => values[name] ?? "");
}

function isAccountInUse(RED: NodeAPI, account: string, exceptId: string): boolean {
  for (const id of idsByAccount.get(account) ?? []) if (id !== exceptId && RED.nodes.getNode(id)) return true;
  return false;
}

function remember(id: string, state: PersistedState): void {
  forget(id);
  registry.set(id, state);
  const ids = idsByAccount.get(state.account) ?? new Set();
  idsByAccount.set(state.account, ids.add(id));
}

function forget(id: string): void {
  const { account = "" } = registry.get(id) ?? {};
  const ids = idsByAccount.get(account);
  ids?.delete(id);
  if (ids?.size === 0) idsByAccount.delete(account);
  registry.delete(id);
}

function chooseBackend(
  RED: NodeAPI,
  node: Node<object>,
  def: NodeDef & { store?: string },
  account: string,
  warn: (problem: string) => void,
): StorageBackend {
  const storeName = def.store?.trim();
  if (storeName) {
    if (contextStoreNames(RED).includes(storeName)) return contextBackend(node.context().global, storeName, account);
    warn(`Node-RED's settings define no context store "${storeName}": a file is used instead.`);
  }
  const { userDir, readOnly } = RED.settings as { userDir?: string; readOnly?: boolean };
  return userDir && !readOnly ? fileBackend(userDir, def.id) : memoryBackend();
}
