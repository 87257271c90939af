import type { StartCost } from "../cold-start";
import type { FirstCalls } from "../first-calls";
import type { IdleCost } from "../idle";
import type { SetCost } from "../lan";
import type { Burst } from "../messages";
import type { Rounds } from "../schedule";
import type { SmallMachine } from "../small-machine";
import { ratios, spread, type Spread } from "../statistics";
import type { TokenStorm } from "../tokens";
import type { LoadCase, Slice, VariantName } from "../types";
import type { WatchCost } from "../watch";

/** Everything that was measured. What is missing was not requested, or not available. */
export interface Results {
  /** Major version of the Node-RED that ran. */
  nodeRed: number;
  rounds?: Rounds;
  clone?: number[];
  handshakes?: { first: number; later: number; requests: number };
  sessionTurns?: number;
  storms?: { ours: TokenStorm[]; recipe: TokenStorm[] };
  loading?: { nodes: LoadCost[]; undici: LoadCost[] };
  parsing?: number[];
  pages?: { ours: number; inSequence: number };
  heapOfPages?: { many: number; few: number };
  bursts?: { ours: Burst[]; core: Burst[]; flood: Burst; refusing: Burst };
  delay?: number[];
  idle?: IdleCost;
  closing?: { ms: number; ended: number; endedOnce: number };
  pollCost?: number[];
  pollRequests?: { one: number; many: number };
  manySites?: number[];
  lanSetXor?: SetCost;
  lanSetKlap?: SetCost;
  /** Percent of a core. */
  lanPolling?: number;
  firstCalls?: FirstCalls;
  coldStarts?: { with: StartCost; without: StartCost }[];
  /** With more and more config nodes. */
  watching?: WatchCost[];
  smallMachine?: SmallMachine | undefined;
  growth?: Growth;
  footprint?: { packages: string[]; bytes: number };
}

/** What it costs to load something. */
export interface LoadCost {
  ms: number;
  rss: number;
}

/** What it costs to watch more and more sites. */
export interface Growth {
  intervalS: number;
  costs: WatchCost[];
}

/** The same for one site: the CPU of a poll of all its sources, in milliseconds, and bytes of heap. */
export function growthOf({ intervalS, costs }: Growth): { sites: number; cpuMs: number; heap: number }[] {
  return costs.map(({ sites, cpuMsPerS, heap }) => {
    return { sites, cpuMs: (cpuMsPerS * intervalS) / sites, heap: heap / sites };
  });
}

/** A case with so many requests in flight. */
export const atConcurrency = (inFlight: number, size: LoadCase["size"] = "small", secure = false): LoadCase => {
  return { size, inFlight, secure };
};

export const cpu = ({ cpuUs, count }: Slice): number => cpuUs / count;
export const rate = ({ count, wallMs }: Slice): number => count / wallMs;
export const p50 = ({ p50Ms }: Slice): number => p50Ms;
export const p99 = ({ p99Ms }: Slice): number => p99Ms;

/** A figure of one variant relative to another's, round by round. */
export function compareVariants(
  { rounds }: Results,
  [variant, reference]: readonly [VariantName, VariantName],
  loadCase: LoadCase,
  figure: (slice: Slice) => number,
): Spread | undefined {
  const [measured, compared] = [rounds?.of(variant, loadCase), rounds?.of(reference, loadCase)];
  if (!measured || !compared) return undefined;
  return spread(ratios(measured.slices.map(figure), compared.slices.map(figure)));
}
