import { abortable } from "../../../core/abort";
import { addToTrace, createTrace, type CallOptions, type CallTrace } from "../../../core/call-context";
import type { Clock } from "../../../core/clock";
import { PlatformError } from "../../../core/errors";
import type { ListedThing, Shadow } from "./schemas";
import type { ThingAddress, ThingApi } from "./thing-api";

/** A thing as it was last listed. */
export interface Thing extends ListedThing, ThingAddress {
  /** Of an outlet or a sensor: the strip or the hub, if it is listed. */
  parent: Thing | undefined;
}

/** What was read of a thing: its entry in the list, and its shadow, or why it could not be read. */
interface ThingReading {
  thing: Thing;
  shadow: Shadow | PlatformError | undefined;
}

/** A request that several calls wait for. */
interface Shared<T> {
  trace: CallTrace;
  result: Promise<T>;
}

type ThingMap = ReadonlyMap<string, Thing>;
type ReadingMap = ReadonlyMap<string, ThingReading>;

/** How many things are read in one request; the limit is not known, and names are long. */
const MAX_BATCH_SIZE = 20;
/** A list that is not older says whether a thing is online. */
const MAX_LIST_AGE_MS = 2000;

/** Knows the things of an account, and reads those that are wanted at the same time in one request. */
export class Things {
  readonly #api: ThingApi;
  readonly #clock: Clock;
  /** As they were last listed, by name in lower case. */
  #things: ThingMap = new Map();
  #listedAt = -Infinity;
  #listing: Shared<ThingMap> | undefined;
  #batch: (Shared<ReadingMap> & { names: Set<string> }) | undefined;

  constructor(api: ThingApi, clock: Clock) {
    this.#api = api;
    this.#clock = clock;
  }

  /** Fetches the list; all who need it at the same time share one request. */
  list(options: CallOptions): Promise<ThingMap> {
    this.#listing ??= share((trace) =>
      this.#fetchList(trace).finally(() => {
        this.#listing = undefined;
      }),
    );
    return join(this.#listing, options);
  }

  /** A thing as it was last listed. */
  find(thingName: string): Thing | undefined {
    return this.#things.get(thingName.toLowerCase());
  }

  /** The outlets or sensors of a thing, as far as they are listed. */
  childrenOf({ thingName }: Thing): Thing[] {
    return [...this.#things.values()].filter(({ parent }) => parent?.thingName === thingName);
  }

  /**
   * Reads things: whether they are online, and their shadows. Those that nobody knows are missing. Things that are wanted at
   * the same time share their requests.
   */
  read(thingNames: readonly string[], options: CallOptions): Promise<ReadingMap> {
    this.#batch ??= this.#startBatch();
    for (const name of thingNames) this.#batch.names.add(name.toLowerCase());
    return join(this.#batch, options);
  }

  /** The list, as it is or was a moment ago: for what changes nothing. */
  async recentList(options: CallOptions): Promise<ThingMap> {
    const ageMs = this.#clock.now() - this.#listedAt;
    return ageMs >= 0 && ageMs < MAX_LIST_AGE_MS ? this.#things : this.list(options);
  }

  /** Reads the children of a thing. */
  async readChildren(children: readonly Thing[], options: CallOptions): Promise<ThingReading[]> {
    await this.recentList(options);
    const shadows = await this.#fetchShadows(children, options);
    return children.map((child) => ({
      thing: this.find(child.thingName) ?? child,
      shadow: shadows.get(child.thingName),
    }));
  }

  /** Reads the shadow of one thing alone. */
  async readShadow(thing: ThingAddress, options: CallOptions): Promise<Shadow | undefined> {
    const shadows = await this.#api.fetchShadows(thing.server, [thing.thingName], options);
    return shadows.find(({ thingName }) => thingName === thing.thingName);
  }

  #startBatch(): Shared<ReadingMap> & { names: Set<string> } {
    const names = new Set<string>();
    const shared = share(async (trace) => {
      await Promise.resolve();
      this.#batch = undefined;
      return this.#fetchBatch([...names], { trace });
    });
    return { ...shared, names };
  }

  async #fetchBatch(names: readonly string[], options: CallOptions): Promise<ReadingMap> {
    const known = names.flatMap((name) => this.find(name) ?? []);
    const [things, early] = await Promise.all([this.list(options), this.#fetchShadows(known, options)]);
    // What was not known, or is known to another server by now.
    const others = names.flatMap((name) => {
      const thing = things.get(name);
      return thing && !known.some((one) => one.thingName === thing.thingName && isSameServer(one, thing)) ? thing : [];
    });
    const shadows = new Map([...early, ...(await this.#fetchShadows(others, options))]);
    const readings = names.flatMap((name) => {
      const thing = things.get(name);
      return thing ? [[name, { thing, shadow: shadows.get(thing.thingName) }] as const] : [];
    });
    return new Map(readings);
  }

  /** The shadows by name; where a server cannot be read, its error. */
  async #fetchShadows(things: readonly Thing[], options: CallOptions): Promise<Map<string, Shadow | PlatformError>> {
    const shadows = new Map<string, Shadow | PlatformError>();
    const fetchGroup = async ([first, ...rest]: [Thing, ...Thing[]]): Promise<void> => {
      const names = [first, ...rest].map(({ thingName }) => thingName);
      try {
        for (const shadow of await this.#api.fetchShadows(first.server, names, options))
          shadows.set(shadow.thingName, shadow);
      } catch (error) {
        if (!(error instanceof PlatformError)) throw error;
        for (const name of names) shadows.set(name, error);
      }
    };
    await Promise.all(groupByServer(things).map(fetchGroup));
    return shadows;
  }

  async #fetchList(trace: CallTrace): Promise<ThingMap> {
    let fetched = await this.#api.fetchThings({ trace });
    // The first cloud sends empty lists now and then; should this one do so as well, no device must seem to be gone.
    if (fetched.length === 0 && this.#things.size > 0) fetched = await this.#api.fetchThings({ trace });
    const listed = fetched.map((thing): Thing => ({ ...thing, parent: undefined }));
    const things = new Map(listed.map((thing) => [thing.thingName.toLowerCase(), thing]));
    for (const thing of listed) thing.parent = findParent(thing, things);
    this.#things = things;
    this.#listedAt = this.#clock.now();
    return things;
  }
}

// How a thing names the device that it belongs to is not certain (tapo-cloud.md section 5).
function findParent(thing: ListedThing, things: ThingMap): Thing | undefined {
  const { thingName, originalThingName, edgeThingName, isSubThing } = thing;
  if (!isSubThing) return undefined;
  const names = [originalThingName, edgeThingName, thingName.slice(0, -2)];
  const parents = names.flatMap((name) => (name && things.get(name.toLowerCase())) || []);
  const parent = parents.find((one) => one.thingName !== thingName && !one.isSubThing);
  if (parent || !/SENSOR/i.test(thing.deviceType)) return parent;
  const hubs = [...things.values()].filter(({ deviceType }) => /HUB/i.test(deviceType));
  return hubs.length === 1 ? hubs[0] : undefined;
}

function groupByServer(things: readonly Thing[]): [Thing, ...Thing[]][] {
  const groups: [Thing, ...Thing[]][] = [];
  for (const thing of things) {
    const group = groups.find((one) => one.length < MAX_BATCH_SIZE && isSameServer(one[0], thing));
    if (group) group.push(thing);
    else groups.push([thing]);
  }
  return groups;
}

function isSameServer(one: ThingAddress, other: ThingAddress): boolean {
  return one.server.origin === other.server.origin && one.server.prefix === other.server.prefix;
}

// Without the signal of the first caller, who may give up before the others.
function share<T>(run: (trace: CallTrace) => Promise<T>): Shared<T> {
  const trace = createTrace();
  return { trace, result: run(trace) };
}

async function join<T>({ trace, result }: Shared<T>, options: CallOptions): Promise<T> {
  try {
    return await abortable(result, options.signal);
  } finally {
    addToTrace(options, trace);
  }
}
