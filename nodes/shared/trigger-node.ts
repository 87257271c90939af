import { createHash } from "node:crypto";
import type { Node, NodeAPI, NodeDef } from "node-red";
import { LightAbortController } from "../../src/core/abort";
import { createTrace } from "../../src/core/call-context";
import { systemClock } from "../../src/core/clock";
import { inputError, type PlatformError } from "../../src/core/errors";
import { parseFilter } from "../../src/polling/filter";
import { LogTailer } from "../../src/polling/log-tailer";
import { PollCoordinator } from "../../src/polling/poll-coordinator";
import type { ChangeEvent, SourceFactories } from "../../src/polling/types";
import { findConnection, type PlatformClient } from "./config-node";
import { missingConfigNodeError } from "./config-reference";
import { THRESHOLD_SOURCES, type EventsBySource } from "./event-names";
import { toFlowError, toPlatformError, type PlatformName } from "./flow-error";
import { historyOf } from "./history";
import { LIMITS } from "./limits";
import { NodeStatus } from "./node-status";
import { namePlatform } from "./platform-sentence";
import { parseEvents, parseNumber, readText } from "./settings";

/** The saved properties that trigger nodes share. Numbers come as text where an environment variable stands for them. */
export interface TriggerDef extends NodeDef {
  source?: string;
  site?: string;
  events?: string;
  filter?: string;
  interval?: number | string;
  settle?: number | string;
  threshold?: number | string;
  initial?: boolean;
}

/** What differs from one trigger node type to another. */
interface TriggerOptions<Client> {
  platform: PlatformName;
  /** The id of the config node. */
  connectionId: string;
  /** The sources that the node's `source` may name. Called when a node starts, so that registering its type stays cheap. */
  loadSources: () => SourceFactories<Client>;
  /** A shorter interval is raised to it. */
  minIntervalS: (client: Client) => number;
  events: EventsBySource;
}

/** Closing a node waits no longer for a poll that hangs. */
const MAX_CLOSE_WAIT_MS = 500;

type SharedSource = PollCoordinator<unknown> | LogTailer<unknown>;

/** By config node, and then by source, site and threshold. They go together with the config node. */
const sharedSources = new WeakMap<object, Map<string, SharedSource>>();

/**
 * Makes a node send the events of a platform. All nodes that subscribe to the same source share its polls.
 * Each event is sent in a message of its own; an outage is reported to Catch nodes once. The runtime goes on whatever
 * happens here.
 *
 * The message catalog of the node needs `status.looking`, `status.watching` and `status.not-configured`.
 */
export function trigger<Client extends PlatformClient>(
  RED: NodeAPI,
  node: Node,
  def: TriggerDef,
  { platform, connectionId, loadSources, minIntervalS, events }: TriggerOptions<Client>,
): void {
  const status = new NodeStatus(RED, node);
  let unsubscribe = (): Promise<void> => Promise.resolve();
  let isFailing = false;
  let isConfigured = true;
  let latest: string | undefined;
  /** The source and the site, as the history of the config node names them; blank before there is one. */
  let polled = "";

  const report = (error: PlatformError, trace = createTrace(node.type)): void =>
    node.error(toFlowError(error, platform, trace), {});

  const onError = (thrown: unknown, trace = createTrace(node.type)): void => {
    const error = namePlatform(toPlatformError(thrown), platform, trace);
    if (isConfigured) status.pollFailed(error);
    else status.notConfigured();
    // Each time: another node that was removed may have ended it.
    if (polled) historyOf(connectionId).outageBegan(polled, error);
    if (isFailing) return;
    isFailing = true;
    if (polled) historyOf(connectionId).failed(error, trace.operation);
    report(error, trace);
  };
  const onSuccess = (): void => {
    // The log shows the end of an outage as well as its beginning.
    if (isFailing) node.log("The platform responds again.");
    isFailing = false;
    historyOf(connectionId).outageEnded(polled);
    status.watching(latest);
  };
  const onWarning = (sentence: string): void => node.warn(sentence);
  const onEvent = ({ event, id, name, at, current, previous, site }: ChangeEvent): void => {
    try {
      // Shown after the poll: it may have thousands of events.
      latest = name ? `${event}: ${name}` : event;
      // Copied, because other subscribers receive the same objects and a flow may change them.
      const payload = { event, id, name, at, current, previous, ...(site === undefined ? {} : { site }) };
      node.send(RED.util.cloneMessage({ topic: event, payload }));
    } catch (thrown) {
      // A hook of the runtime may throw. The next event is still sent.
      report(toPlatformError(thrown));
    }
  };

  const start = (): void => {
    try {
      const connection = findConnection<Client>(RED, connectionId, platform);
      isConfigured = connection !== undefined;
      if (!connection) throw missingConfigNodeError(connectionId, platform, false);
      const { client, queue, persistentValue } = connection;
      const { source, site, threshold, eventNames, ...subscription } = parseSettings(
        RED,
        node,
        def,
        minIntervalS(client),
      );
      const sources = loadSources();
      const create = Object.hasOwn(sources, source) ? sources[source] : undefined;
      if (!create)
        throw inputError(`"source" must be one of ${Object.keys(sources).join(", ")}. Choose one in the node.`);
      const wanted = parseEvents(eventNames, events[source] ?? []);
      const onWantedEvent = (change: ChangeEvent): void => {
        if (wanted.size === 0 || wanted.has(change.event)) onEvent(change);
      };
      const options = { queue, clock: systemClock };
      const shared = shareSource(RED.nodes.getNode(connectionId), source, { site, threshold }, (name) => {
        const created = create({ client, site, threshold, clock: systemClock });
        return "poll" in created
          ? new PollCoordinator(created, options)
          : new LogTailer(created, persistentValue(name), options);
      });
      polled = sourceKey(source, site, threshold);
      status.polling();
      unsubscribe = shared.subscribe({ ...subscription, onEvent: onWantedEvent, onSuccess, onWarning, onError });
    } catch (thrown) {
      onError(thrown);
    }
  };
  // Before all nodes of the flow are started, there are neither wires nor Catch nodes.
  const starting = setImmediate(start);

  node.on("close", (removed: boolean, done: () => void) => {
    clearImmediate(starting);
    status.close();
    if (removed && isFailing) historyOf(connectionId).outageEnded(polled);
    const timer = new LightAbortController();
    const timeout = systemClock.sleep(MAX_CLOSE_WAIT_MS, timer.signal).catch(() => undefined);
    Promise.race([unsubscribe(), timeout])
      .finally(() => timer.abort())
      .then(done, () => done());
  });
}

function shareSource(
  configNode: object,
  source: string,
  { site, threshold }: { site: string; threshold: number },
  create: (name: string) => SharedSource,
): SharedSource {
  const sources = sharedSources.get(configNode) ?? new Map<string, SharedSource>();
  sharedSources.set(configNode, sources);
  const name = sourceKey(source, site, threshold);
  const shared = sources.get(name) ?? create(name);
  sources.set(name, shared);
  return shared;
}

// Hashed, because it is part of a file's name, and of a bug report.
function sourceKey(source: string, site: string, threshold: number): string {
  const place = site.normalize().toLowerCase() + (threshold > 0 ? ` ${threshold}` : "");
  return `${source}_${createHash("sha256").update(place).digest("hex").slice(0, 16)}`;
}

/** The settings of a trigger node: what it subscribes to, and how. */
interface Settings {
  source: string;
  site: string;
  /** 0 for a source that has none. */
  threshold: number;
  /** Of the events to send, separated by commas; blank = all. */
  eventNames: string;
  filter: Set<string>;
  intervalMs: number;
  confirmations: number;
  initial: boolean;
}

function parseSettings(RED: NodeAPI, node: Node, def: TriggerDef, minIntervalS: number): Settings {
  const text = (name: keyof TriggerDef): string => readText(RED, node, def, name);
  const number = (name: "interval" | "settle" | "threshold"): number =>
    parseNumber(text(name), name, LIMITS[name], "input");
  const source = text("source");
  return {
    source,
    site: text("site"),
    threshold: THRESHOLD_SOURCES.includes(source) ? number("threshold") : 0,
    eventNames: text("events"),
    filter: parseNames(text("filter")),
    intervalMs: Math.max(number("interval"), minIntervalS) * 1000,
    confirmations: number("settle"),
    initial: def.initial === true,
  };
}

// A filter that is set and names nothing would let everything through.
function parseNames(text: string): Set<string> {
  const filter = parseFilter(text);
  if (text === "" || filter.size > 0) return filter;
  throw inputError('"filter" has commas, but no names. Enter names or ids, or leave it blank for all.');
}
