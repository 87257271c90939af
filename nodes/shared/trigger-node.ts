import { createHash } from "node:crypto";
import type { Node, NodeAPI, NodeDef } from "node-red";
import { LightAbortController } from "../../src/core/abort";
import { createTrace } from "../../src/core/call-context";
import { systemClock } from "../../src/core/clock";
import { inputError, PlatformError } from "../../src/core/errors";
import { parseFilter } from "../../src/polling/filter";
import { LogTailer } from "../../src/polling/log-tailer";
import { PollCoordinator } from "../../src/polling/poll-coordinator";
import type { ChangeEvent, SourceFactories } from "../../src/polling/types";
import { toFlowError, type PlatformName } from "./action-node";
import { requireConnection, type PlatformClient } from "./config-node";
import { NodeStatus } from "./node-status";

/** The saved properties that trigger nodes share. Numbers come as text where an environment variable stands for them. */
export interface TriggerDef extends NodeDef {
  source?: string;
  site?: string;
  filter?: string;
  interval?: number | string;
  settle?: number | string;
  initial?: boolean;
}

/** What a platform offers to its trigger nodes. */
export interface TriggerOptions<Client> {
  platform: PlatformName;
  /** The id of the config node. */
  connectionId: string;
  /** What `source` may name. Made once for all nodes that watch it, so that it may remember what it saw. */
  sources: SourceFactories<Client>;
  /** Seconds; a shorter interval is raised to it. */
  shortestInterval: number;
}

const DEFAULT_INTERVAL = 30;
/** A week, in seconds. */
const LONGEST_INTERVAL = 604_800;
const MOST_LOOKS = 1000;
/** A look that hangs must not hold a deploy up. */
const LONGEST_CLOSE_MS = 500;

type Watched = PollCoordinator<unknown> | LogTailer<unknown>;

/** What is watched, or was, by config node: it goes when that goes. */
const watched = new WeakMap<object, Map<string, Watched>>();

/**
 * Makes a node tell of what happens on a platform: one look serves all nodes that watch the same source.
 * Each change leaves as a message of its own; an outage is one error to Catch. Nothing in it can end the runtime.
 *
 * The catalog of the node needs the texts `status.looking`, `status.watching` and `status.not-configured`.
 */
export function trigger<Client extends PlatformClient>(
  RED: NodeAPI,
  node: Node,
  def: TriggerDef,
  what: TriggerOptions<Client>,
): void {
  const status = new NodeStatus(RED, node);
  let leave = (): Promise<void> => Promise.resolve();
  let troubled = false;
  let last: string | undefined;

  const fail = (thrown: unknown, record = createTrace()): void => {
    const error = thrown instanceof PlatformError ? thrown : unexpected(thrown);
    status.pollFailed(error);
    if (troubled) return;
    troubled = true;
    node.error(toFlowError(error, what.platform, record), {});
  };
  const hears = {
    onEvent({ event, id, name, at, current, previous }: ChangeEvent): void {
      try {
        // Shown when all of a look is told: there may be thousands.
        last = name ? `${event}: ${name}` : event;
        // What others hear as well must not be changed by a flow.
        node.send(RED.util.cloneMessage({ topic: event, payload: { event, id, name, at, current, previous } }));
      } catch (thrown) {
        // A hook of the runtime, say. The next change may still get through.
        node.error(toFlowError(unexpected(thrown), what.platform, createTrace()), {});
      }
    },
    onSuccess(): void {
      // In the log the end of an outage stands beside its beginning.
      if (troubled) node.log("It answers again.");
      troubled = false;
      status.watching(last);
    },
    onError: fail,
  };

  const start = (): void => {
    try {
      const { client, queue, persistentValue } = requireConnection<Client>(RED, what.connectionId);
      const settings = readSettings(RED, node, def, what.shortestInterval);
      const make = Object.hasOwn(what.sources, settings.source) ? what.sources[settings.source] : undefined;
      if (!make) {
        const known = Object.keys(what.sources).join(", ");
        throw inputError(`"source" must be one of ${known}. Choose one in the node.`);
      }
      const { source, site } = settings;
      const parts = { queue, clock: systemClock };
      const found = shared(RED.nodes.getNode(what.connectionId), source, site, (name) => {
        const made = make({ client, site, clock: systemClock });
        return "poll" in made ? new PollCoordinator(made, parts) : new LogTailer(made, persistentValue(name), parts);
      });
      status.polling();
      leave = found.subscribe({ ...settings, confirmations: settings.settle, ...hears });
    } catch (thrown) {
      fail(thrown);
      if (!RED.nodes.getNode(what.connectionId)) status.notConfigured();
    }
  };
  // Before the whole flow has started there are neither wires nor Catch nodes.
  const starting = setImmediate(start);

  node.on("close", (done: () => void) => {
    clearImmediate(starting);
    status.close();
    const enough = new LightAbortController();
    const long = systemClock.sleep(LONGEST_CLOSE_MS, enough.signal).catch(() => undefined);
    Promise.race([leave(), long])
      .finally(() => enough.abort())
      .then(done, () => done());
  });

  if (!RED.nodes.getNode(what.connectionId)) status.notConfigured();
}

function shared(of: object, source: string, site: string, make: (name: string) => Watched): Watched {
  const all = watched.get(of) ?? new Map<string, Watched>();
  watched.set(of, all);
  // A word, because it names a file as well.
  const name = `${source}_${createHash("sha256").update(site.toLowerCase()).digest("hex").slice(0, 16)}`;
  const found = all.get(name) ?? make(name);
  all.set(name, found);
  return found;
}

interface Settings {
  source: string;
  site: string;
  filter: Set<string>;
  intervalMs: number;
  settle: number;
  initial: boolean;
}

function readSettings(RED: NodeAPI, node: Node, def: TriggerDef, shortest: number): Settings {
  const text = (name: keyof TriggerDef): string => {
    const value: unknown = def[name] ?? "";
    // Node-RED fills in a value that is nothing but a variable; here it may be a part.
    const filled: unknown =
      typeof value === "string" && value.includes("${") ? RED.util.evaluateNodeProperty(value, "env", node, {}) : value;
    if (typeof filled === "string" || typeof filled === "number") return String(filled).trim();
    throw inputError(`"${name}" must be text. Correct it in the node.`);
  };
  const interval = readNumber(text("interval"), "interval", DEFAULT_INTERVAL, LONGEST_INTERVAL);
  const settle = readNumber(text("settle"), "settle", 1, MOST_LOOKS);
  if (!Number.isInteger(settle)) throw inputError('"settle" must be a whole number of looks. Correct it in the node.');
  return {
    source: text("source"),
    site: text("site"),
    filter: parseFilter(text("filter")),
    intervalMs: Math.max(interval, shortest) * 1000,
    settle,
    initial: def.initial === true,
  };
}

function readNumber(text: string, name: string, otherwise: number, most: number): number {
  if (text === "") return otherwise;
  const number = Number(text);
  if (number > 0 && number <= most) return number;
  throw inputError(`"${name}" must be a number above 0, up to ${most}. Correct it in the node.`);
}

// The words of an error that is none of ours could quote anything, so they stay out.
function unexpected(thrown: unknown): PlatformError {
  const what = thrown instanceof Error ? thrown.name : typeof thrown;
  return new PlatformError("protocol", `Something unexpected happened in this node (${what}). Please report it.`);
}
