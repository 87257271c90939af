import type { Idle } from "./idle";
import type { Burst } from "./messages";
import type { Rounds } from "./schedule";
import { ratios, spread, type Spread } from "./statistics";
import type { Storm } from "./tokens";
import { type Case, type Slice, type VariantName } from "./types";

/** All that was measured; what is missing was not asked for, or could not be had. */
export interface Results {
  /** Major version of the Node-RED that ran. */
  nodeRed: number;
  rounds?: Rounds;
  clone?: number[];
  handshakes?: { first: number; later: number; requests: number };
  turns?: number;
  storms?: { ours: Storm[]; recipe: Storm[] };
  start?: { nodes: Loaded[]; undici: Loaded[] };
  parsing?: number[];
  pages?: { ours: number; inTurn: number };
  heapOfPages?: { many: number; few: number };
  bursts?: { ours: Burst[]; core: Burst[]; flood: Burst };
  delay?: number[];
  idle?: Idle;
  closing?: { ms: number; ended: number; endedOnce: number };
  watching?: number[];
  watchers?: { one: number; many: number };
  footprint?: { packages: string[]; bytes: number };
}

/** What loading took. */
export interface Loaded {
  ms: number;
  rss: number;
}

export type Verdict = "stretch" | "target" | "missed";

export interface Row {
  number: number;
  metric: string;
  anchor: string;
  target: string;
  stretch: string;
  /** What came out, in words and as a verdict; nothing where it was not measured. */
  found: (results: Results) => { ours: string; verdict: Verdict } | undefined;
}

export const c = (inFlight: number, size: Case["size"] = "small", secure = false): Case => {
  return { size, inFlight, secure };
};
export const cpu = ({ cpuUs, count }: Slice): number => cpuUs / count;
export const rate = ({ count, wallMs }: Slice): number => count / wallMs;
const p50 = ({ p50Ms }: Slice): number => p50Ms;
const p99 = ({ p99Ms }: Slice): number => p99Ms;

/** One figure of a variant against another's, round by round. */
export function against(
  { rounds }: Results,
  [over, under]: [VariantName, VariantName],
  asked: Case,
  figure: (slice: Slice) => number,
): Spread | undefined {
  const [one, other] = [rounds?.of(over, asked), rounds?.of(under, asked)];
  if (!one || !other) return undefined;
  return spread(ratios(one.slices.map(figure), other.slices.map(figure)));
}

interface Bounds {
  target: number;
  stretch: number;
  /** More is better. */
  least?: boolean;
}

function judge(values: readonly number[], { target, stretch, least = false }: Bounds): Verdict {
  const within = (bound: number): boolean => values.every((value) => (least ? value >= bound : value <= bound));
  if (within(stretch)) return "stretch";
  return within(target) ? "target" : "missed";
}

function worst(...verdicts: Verdict[]): Verdict {
  return (["missed", "target"] as const).find((verdict) => verdicts.includes(verdict)) ?? "stretch";
}

export const times = ({ median, low, high }: Spread): string =>
  `${median.toFixed(2)}× (${low.toFixed(2)}–${high.toFixed(2)})`;
const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`;
const milliseconds = (ms: number): string => `${ms.toFixed(ms < 1 ? 4 : 0)} ms`;

/** A row that compares two variants in some cases. */
function comparing(
  pair: [VariantName, VariantName],
  cases: Case[],
  figure: (slice: Slice) => number,
  bounds: Bounds,
): Row["found"] {
  return (results) => {
    const found = cases.map((asked) => against(results, pair, asked, figure));
    const known = found.filter((one) => one !== undefined);
    if (known.length < cases.length) return undefined;
    const verdict = judge(
      known.map(({ median }) => median),
      bounds,
    );
    return { ours: known.map(times).join(" / "), verdict };
  };
}

/** A row of which each case has its own bounds. */
function each(...found: Row["found"][]): Row["found"] {
  return (results) => {
    const all = found.map((one) => one(results));
    const known = all.filter((one) => one !== undefined);
    if (known.length < all.length) return undefined;
    return {
      ours: known.map(({ ours }) => ours).join(" / "),
      verdict: worst(...known.map(({ verdict }) => verdict)),
    };
  };
}

const only = (nodeRed: number, found: Row["found"]): Row["found"] => {
  return (results) => (results.nodeRed === nodeRed ? found(results) : undefined);
};
const median = (values: readonly number[]): number => spread(values).median;
const inPairs = (values: readonly number[], bounds: Bounds): { ours: string; verdict: Verdict } => {
  return { ours: times(spread(values)), verdict: judge([median(values)], bounds) };
};
const elsewhere = (): undefined => undefined;

const NODE: [VariantName, VariantName] = ["node", "limit"];

/** The goals, in order. Anchors were measured before a line of this package was written. */
export const ROWS: readonly Row[] = [
  {
    number: 1,
    metric: "CPU per message, action node, 2 KB, c=16",
    anchor: "core 5.7–6.8× LIMIT",
    target: "≤ 0.80× LIMIT",
    stretch: "≤ 0.70×",
    found: only(4, comparing(NODE, [c(16)], cpu, { target: 0.8, stretch: 0.7 })),
  },
  {
    number: 2,
    metric: "the same, c=64",
    anchor: "core 6.5–7.1× LIMIT",
    target: "≤ 0.80× LIMIT",
    stretch: "≤ 0.68×",
    found: only(4, comparing(NODE, [c(64)], cpu, { target: 0.8, stretch: 0.68 })),
  },
  {
    number: 3,
    metric: "the same on Node-RED 5, c=16 / 64",
    anchor: "core 5.35× LIMIT",
    target: "≤ 0.97× LIMIT",
    stretch: "≤ 0.85×",
    found: only(5, comparing(NODE, [c(16), c(64)], cpu, { target: 0.97, stretch: 0.85 })),
  },
  {
    number: 4,
    metric: "engine without Node-RED, CPU, c=16 / 64",
    anchor: "undici.request 1.9× FLOOR",
    target: "≤ 1.20× FLOOR",
    stretch: "≤ 1.08×",
    found: comparing(["engine", "floor"], [c(16), c(64)], cpu, { target: 1.2, stretch: 1.08 }),
  },
  {
    number: 5,
    metric: "throughput against core, c=16 / 64 / 1",
    anchor: "1",
    target: "≥ 8× / 9× / 2.7×",
    stretch: "≥ 9 / 10.5 / 3",
    found: each(
      comparing(["node", "core"], [c(16)], rate, { target: 8, stretch: 9, least: true }),
      comparing(["node", "core"], [c(64)], rate, { target: 9, stretch: 10.5, least: true }),
      comparing(["node", "core"], [c(1)], rate, { target: 2.7, stretch: 3, least: true }),
    ),
  },
  {
    number: 6,
    metric: "p50 latency, c=1",
    anchor: "core 2.7–3.0× LIMIT",
    target: "≤ 1.08× LIMIT",
    stretch: "≤ 1.00×",
    found: comparing(NODE, [c(1)], p50, { target: 1.08, stretch: 1 }),
  },
  {
    number: 7,
    metric: "p99 latency, c=64",
    anchor: "core 5.1–5.2× LIMIT",
    target: "≤ 1.0× LIMIT",
    stretch: "≤ 0.85×",
    found: comparing(NODE, [c(64)], p99, { target: 1, stretch: 0.85 }),
  },
  {
    number: 8,
    metric: "CPU, a page of 165 KB, c=16",
    anchor: "core 1.53–1.57× LIMIT",
    target: "≤ 1.0× LIMIT",
    stretch: "≤ 0.90×",
    found: comparing(NODE, [c(16, "large")], cpu, { target: 1, stretch: 0.9 }),
  },
  {
    number: 9,
    metric: "cloning the message against cloning its payload",
    anchor: "core's message carries headers, cookies, URL",
    target: "≤ 1.02×",
    stretch: "≤ 1.005×",
    found: ({ clone }) => clone && inPairs(clone, { target: 1.02, stretch: 1.005 }),
  },
  {
    number: 10,
    metric: "CPU, https, 2 KB, c=16",
    anchor: "axios 3.6×, got 3.9× LIMIT",
    target: "≤ 0.75× LIMIT",
    stretch: "≤ 0.60×",
    found: comparing(NODE, [c(16, "small", true)], cpu, { target: 0.75, stretch: 0.6 }),
  },
  {
    number: 11,
    metric: "TLS handshakes, pool of 8, c=16: at first / later",
    anchor: "–",
    target: "≤ 8 / 0",
    stretch: "≤ 8 / 0",
    found: ({ handshakes }) =>
      handshakes && {
        ours: `${handshakes.first} / ${handshakes.later} in ${handshakes.requests} requests`,
        verdict: worst(
          judge([handshakes.first], { target: 8, stretch: 8 }),
          judge([handshakes.later], { target: 0, stretch: 0 }),
        ),
      },
  },
  {
    number: 12,
    metric: "cost of the session with a live token",
    anchor: "–",
    target: "≤ 1.03× CPU, no extra turn",
    stretch: "≤ 1.01×",
    found: (results) => {
      const found = against(results, ["session", "constant token"], c(16), cpu);
      if (!found || results.turns === undefined) return undefined;
      return {
        ours: `${times(found)}, ${results.turns} extra turns`,
        verdict: worst(
          judge([found.median], { target: 1.03, stretch: 1.01 }),
          judge([results.turns], { target: 0, stretch: 0 }),
        ),
      };
    },
  },
  {
    number: 13,
    metric: "sign-ins when a token dies under 500 calls; failed; time",
    anchor: "popular recipe: 6",
    target: "1; 0; ≤ 1.0× recipe",
    stretch: "the same",
    found: ({ storms }) => {
      if (!storms) return undefined;
      const { ours, recipe } = storms;
      const most = (all: Storm[], of: (storm: Storm) => number): number => Math.max(...all.map(of));
      const time = median(ours.map(({ ms }) => ms)) / median(recipe.map(({ ms }) => ms));
      const [signIns, failed] = [most(ours, (storm) => storm.signIns), most(ours, (storm) => storm.failed)];
      return {
        ours: `${signIns}; ${failed}; ${time.toFixed(2)}× (recipe: ${most(recipe, (storm) => storm.signIns)})`,
        verdict: worst(
          judge([signIns], { target: 1, stretch: 1 }),
          judge([failed], { target: 0, stretch: 0 }),
          // Replies are spread over 300 ms at random: the last one decides.
          judge([time], { target: 1.05, stretch: 1.05 }),
        ),
      };
    },
  },
  {
    number: 14,
    metric: "registering all nodes against require('undici'): time, memory",
    anchor: "146–157 ms, 19.5 MB",
    target: "≤ 0.20×, ≤ 0.25×",
    stretch: "≤ 0.10×",
    found: ({ start }) => {
      if (!start) return undefined;
      const of = (what: (loaded: Loaded) => number): Spread =>
        spread(ratios(start.nodes.map(what), start.undici.map(what)));
      const [time, memory] = [of(({ ms }) => ms), of(({ rss }) => rss)];
      return {
        ours: `${times(time)}, ${times(memory)}`,
        verdict: worst(
          judge([time.median], { target: 0.2, stretch: 0.1 }),
          judge([memory.median], { target: 0.25, stretch: 0.1 }),
        ),
      };
    },
  },
  {
    number: 15,
    metric: "reading 1 MB with all checks against JSON.parse",
    anchor: "zod full 1.41–1.54×, reviver 4.5×",
    target: "≤ 1.18×",
    stretch: "≤ 1.05×",
    found: ({ parsing }) => parsing && inPairs(parsing, { target: 1.18, stretch: 1.05 }),
  },
  {
    number: 16,
    metric: "pages at 20 ms latency, window 8: gain / 8, in order",
    anchor: "clients that read in turn: 1/8",
    target: "≥ 0.85",
    stretch: "≥ 0.92",
    found: ({ pages }) => {
      if (!pages) return undefined;
      const gain = pages.inTurn / pages.ours / 8;
      const ours = `${gain.toFixed(2)} (${pages.inTurn.toFixed(0)} → ${pages.ours.toFixed(0)} ms)`;
      return { ours, verdict: judge([gain], { target: 0.85, stretch: 0.92, least: true }) };
    },
  },
  {
    number: 17,
    metric: "heap, 10,000 pages against 1,000, page by page",
    anchor: "collecting all ≈ 10×",
    target: "≤ 1.10×, ≤ 25 MB",
    stretch: "≤ 1.03×",
    found: ({ heapOfPages }) => {
      if (!heapOfPages) return undefined;
      const { many, few } = heapOfPages;
      return {
        ours: `${(many / few).toFixed(2)}×, ${megabytes(many)}`,
        verdict: worst(
          judge([many / few], { target: 1.1, stretch: 1.03 }),
          judge([many / 2 ** 20], { target: 25, stretch: 25 }),
        ),
      };
    },
  },
  {
    number: 18,
    metric: "2,000 messages at once against core: heap, time",
    anchor: "core +110 MB, 2.9–4.0 s",
    target: "≤ 0.25×, ≤ 0.16×",
    stretch: "≤ 0.17×, ≤ 0.11×",
    found: ({ bursts }) => {
      if (!bursts) return undefined;
      const { ours, core } = bursts;
      const heap = spread(ratios(ours.map(peakOf), core.map(peakOf)));
      const time = spread(ratios(ours.map(msOf), core.map(msOf)));
      return {
        ours: `${times(heap)}, ${times(time)} (${megabytes(median(ours.map(peakOf)))}, ${milliseconds(median(ours.map(msOf)))})`,
        verdict: worst(
          judge([heap.median], { target: 0.25, stretch: 0.17 }),
          judge([time.median], { target: 0.16, stretch: 0.11 }),
        ),
      };
    },
  },
  {
    number: 19,
    metric: "20,000 at once, queue of 1,000: heap against row 18; time to refuse one",
    anchor: "unbounded",
    target: "≤ 1.3×; ≤ 0.1 ms",
    stretch: "≤ 1.1×",
    found: ({ bursts }) => {
      if (!bursts) return undefined;
      const { ours, flood } = bursts;
      const heap = flood.peak / median(ours.map(peakOf));
      const eachMs = flood.refusedMs / flood.refused;
      return {
        ours: `${heap.toFixed(2)}×; ${milliseconds(eachMs)} (${flood.refused} refused)`,
        verdict: worst(judge([heap], { target: 1.3, stretch: 1.1 }), judge([eachMs], { target: 0.1, stretch: 0.1 })),
      };
    },
  },
  {
    number: 20,
    metric: "heap after GC per message / failed call / deploy",
    anchor: "−15…−2 B per message",
    target: "≤ 1 B / 16 B / 10 KB",
    stretch: "≤ 0 / 4 B / 2 KB",
    found: elsewhere,
  },
  {
    number: 21,
    metric: "Kasa device call against tplink-cloud-api, CPU, c=16 / 64 / 1",
    anchor: "1",
    target: "≤ 0.27× / 0.27× / 0.62×",
    stretch: "≤ 0.20× / 0.20× / 0.50×",
    found: each(
      comparing(["kasa", "tplink-cloud-api"], [c(16), c(64)], cpu, { target: 0.27, stretch: 0.2 }),
      comparing(["kasa", "tplink-cloud-api"], [c(1)], cpu, { target: 0.62, stretch: 0.5 }),
    ),
  },
  {
    number: 22,
    metric: "longest turn while handling 1 MB against JSON.parse of it",
    anchor: "core with a second wire ≈ 3×",
    target: "≤ 1.4×",
    stretch: "≤ 1.15×",
    found: ({ delay }) => delay && inPairs(delay, { target: 1.4, stretch: 1.15 }),
  },
  {
    number: 23,
    metric: "50 idle config nodes: CPU, sockets, timers, heap each",
    anchor: "–",
    target: "≤ 0.1 %, 0, 0, ≤ 40 KB",
    stretch: "≤ 0.02 %, 0, 0, ≤ 10 KB",
    found: ({ idle }) =>
      idle && {
        ours: `${idle.cpuPercent.toFixed(3)} %, ${idle.sockets}, ${idle.timers}, ${(idle.heapEach / 1024).toFixed(1)} KB`,
        verdict: worst(
          judge([idle.cpuPercent], { target: 0.1, stretch: 0.02 }),
          judge([idle.sockets, idle.timers], { target: 0, stretch: 0 }),
          judge([idle.heapEach / 1024], { target: 40, stretch: 10 }),
        ),
      },
  },
  {
    number: 24,
    metric: "a deploy with 500 in flight: time; ended, once each",
    anchor: "core 33 ms, 0 of 50",
    target: "≤ 100 ms; 500, 500",
    stretch: "≤ 40 ms",
    found: ({ closing }) =>
      closing && {
        ours: `${milliseconds(closing.ms)}; ${closing.ended}, ${closing.endedOnce}`,
        verdict: worst(
          judge([closing.ms], { target: 100, stretch: 40 }),
          judge([closing.ended, closing.endedOnce], { target: 500, stretch: 500, least: true }),
        ),
      },
  },
  {
    number: 25,
    metric: "run-time dependencies and their size",
    anchor: "axios 30 packages, 4.7 MB",
    target: "undici and zod, ≤ 12 MB",
    stretch: "–",
    found: ({ footprint }) =>
      footprint && {
        ours: `${footprint.packages.join(", ")}; ${megabytes(footprint.bytes)}`,
        verdict: worst(
          judge([footprint.packages.length], { target: 2, stretch: 2 }),
          judge([footprint.bytes / 2 ** 20], { target: 12, stretch: 12 }),
        ),
      },
  },
  {
    number: 26,
    metric: "queue, rate and retries when nothing fails, CPU, c=16",
    anchor: "undici's interceptors 1.09–1.11×",
    target: "≤ 1.03×",
    stretch: "≤ 1.01×",
    found: comparing(["guarded", "bare"], [c(16)], cpu, { target: 1.03, stretch: 1.01 }),
  },
  {
    number: 27,
    metric: "1 h at 200 messages/s with 5 % faults: p99; lost",
    anchor: "–",
    target: "≤ 1.5×; 0",
    stretch: "≤ 1.2×",
    found: elsewhere,
  },
  {
    number: 28,
    metric: "a look at 10,000 clients, compared, against reading and parsing them bare, CPU",
    anchor: "–",
    target: "≤ 1.5×",
    stretch: "≤ 1.25×",
    found: ({ watching }) => watching && inPairs(watching, { target: 1.5, stretch: 1.25 }),
  },
  {
    number: 29,
    metric: "requests of a look: 1 watcher / 1,000",
    anchor: "–",
    target: "the same",
    stretch: "the same",
    found: ({ watchers }) =>
      watchers && {
        ours: `${watchers.one} / ${watchers.many}`,
        verdict: judge([watchers.many - watchers.one], { target: 0, stretch: 0 }),
      },
  },
];

const peakOf = ({ peak }: Burst): number => peak;
const msOf = ({ ms }: Burst): number => ms;

/** Whom a row compares, where it compares some side by side; LIMIT is always there, twice. */
export const COMPARED: ReadonlyMap<number, readonly VariantName[]> = new Map<number, VariantName[]>([
  [1, ["node", "router node"]],
  [2, ["node"]],
  [3, ["node"]],
  [4, ["engine", "floor"]],
  [5, ["node", "core"]],
  [6, ["node"]],
  [7, ["node"]],
  [8, ["node"]],
  [10, ["node"]],
  [12, ["session", "constant token"]],
  [21, ["kasa", "tplink-cloud-api"]],
  [26, ["guarded", "bare"]],
]);
