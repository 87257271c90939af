import type { SetCost } from "../lan";
import type { Burst } from "../messages";
import { ratios, spread } from "../statistics";
import type { TokenStorm } from "../tokens";
import {
  formatMegabytes,
  formatMilliseconds,
  formatRatio,
  median,
  ratioOutcome,
  verdictFor,
  worst,
  type Goal,
  type Outcome,
} from "./goal";
import type { LoadCost } from "./results";

const peakOf = ({ peak }: Burst): number => peak;
const msOf = ({ ms }: { ms: number }): number => ms;
const rssOf = ({ rss }: LoadCost): number => rss;
const measuredBySoak = (): undefined => undefined;

function setOutcome({ ours, theirs }: SetCost): Outcome {
  const ratio = ratioOutcome(ratios(ours, theirs), { target: 0.5, stretch: 0.35 });
  return { ...ratio, ours: `${ratio.ours}, ${median(ours).toFixed(0)} µs` };
}

/** Goals that are measured one by one. */
export const SINGLE_GOALS: readonly Goal[] = [
  {
    number: 9,
    metric: "cloning the message, relative to cloning its payload",
    anchor: "core's message carries headers, cookies, URL",
    target: "≤ 1.02×",
    stretch: "≤ 1.005×",
    evaluate: ({ clone }) => clone && ratioOutcome(clone, { target: 1.02, stretch: 1.005 }),
  },
  {
    number: 11,
    metric: "TLS handshakes, pool of 8, c=16: at first / later",
    anchor: "–",
    target: "≤ 8 / 0",
    stretch: "≤ 8 / 0",
    evaluate: ({ handshakes }) =>
      handshakes && {
        ours: `${handshakes.first} / ${handshakes.later} in ${handshakes.requests} requests`,
        verdict: worst(
          verdictFor([handshakes.first], { target: 8, stretch: 8 }),
          verdictFor([handshakes.later], { target: 0, stretch: 0 }),
        ),
      },
  },
  {
    number: 13,
    metric: "sign-ins when a token becomes invalid under 500 calls; failed; time",
    anchor: "popular recipe: 6",
    target: "1; 0; ≤ 1.0× recipe",
    stretch: "the same",
    evaluate: ({ storms }) => {
      if (!storms) return undefined;
      const { ours, recipe } = storms;
      const max = (runs: TokenStorm[], figure: (storm: TokenStorm) => number): number => Math.max(...runs.map(figure));
      const time = median(ours.map(({ ms }) => ms)) / median(recipe.map(({ ms }) => ms));
      const [signIns, failed] = [max(ours, (storm) => storm.signIns), max(ours, (storm) => storm.failed)];
      return {
        ours: `${signIns}; ${failed}; ${time.toFixed(2)}× (recipe: ${max(recipe, (storm) => storm.signIns)})`,
        verdict: worst(
          verdictFor([signIns], { target: 1, stretch: 1 }),
          verdictFor([failed], { target: 0, stretch: 0 }),
          // The responses are spread over 300 ms at random, and the last one decides.
          verdictFor([time], { target: 1.05, stretch: 1.05 }),
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
    evaluate: ({ loading }) => {
      if (!loading) return undefined;
      const { nodes, undici } = loading;
      const time = spread(ratios(nodes.map(msOf), undici.map(msOf)));
      const memory = spread(ratios(nodes.map(rssOf), undici.map(rssOf)));
      return {
        ours: `${formatRatio(time)}, ${formatRatio(memory)}`,
        verdict: worst(
          verdictFor([time.median], { target: 0.2, stretch: 0.1 }),
          verdictFor([memory.median], { target: 0.25, stretch: 0.1 }),
        ),
      };
    },
  },
  {
    number: 15,
    metric: "parsing 1 MB with all checks, relative to JSON.parse",
    anchor: "zod full 1.41–1.54×, reviver 4.5×",
    target: "≤ 1.18×",
    stretch: "≤ 1.05×",
    evaluate: ({ parsing }) => parsing && ratioOutcome(parsing, { target: 1.18, stretch: 1.05 }),
  },
  {
    number: 16,
    metric: "pages at 20 ms latency, window 8: gain / 8, in order",
    anchor: "clients that read in sequence: 1/8",
    target: "≥ 0.85",
    stretch: "≥ 0.92",
    evaluate: ({ pages }) => {
      if (!pages) return undefined;
      const gain = pages.inSequence / pages.ours / 8;
      const ours = `${gain.toFixed(2)} (${pages.inSequence.toFixed(0)} → ${pages.ours.toFixed(0)} ms)`;
      return { ours, verdict: verdictFor([gain], { target: 0.85, stretch: 0.92, higherIsBetter: true }) };
    },
  },
  {
    number: 17,
    metric: "heap, 10,000 pages against 1,000, page by page",
    anchor: "collecting all ≈ 10×",
    target: "≤ 1.10×, ≤ 25 MB",
    stretch: "≤ 1.03×",
    evaluate: ({ heapOfPages }) => {
      if (!heapOfPages) return undefined;
      const { many, few } = heapOfPages;
      return {
        ours: `${(many / few).toFixed(2)}×, ${formatMegabytes(many)}`,
        verdict: worst(
          verdictFor([many / few], { target: 1.1, stretch: 1.03 }),
          verdictFor([many / 2 ** 20], { target: 25, stretch: 25 }),
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
    evaluate: ({ bursts }) => {
      if (!bursts) return undefined;
      const { ours, core } = bursts;
      const heap = spread(ratios(ours.map(peakOf), core.map(peakOf)));
      const time = spread(ratios(ours.map(msOf), core.map(msOf)));
      return {
        ours: `${formatRatio(heap)}, ${formatRatio(time)} (${formatMegabytes(median(ours.map(peakOf)))}, ${formatMilliseconds(median(ours.map(msOf)))})`,
        verdict: worst(
          verdictFor([heap.median], { target: 0.25, stretch: 0.17 }),
          verdictFor([time.median], { target: 0.16, stretch: 0.11 }),
        ),
      };
    },
  },
  {
    number: 19,
    metric: "20,000 at once, queue of 1,000: heap against a node that refuses all; time to refuse one",
    anchor: "unbounded",
    target: "≤ 2×; ≤ 0.1 ms",
    stretch: "≤ 1.3×",
    evaluate: ({ bursts }) => {
      if (!bursts) return undefined;
      const { flood, refusing } = bursts;
      const heap = flood.peak / refusing.peak;
      const eachMs = flood.refusedMs / flood.refused;
      return {
        ours: `${heap.toFixed(2)}×; ${formatMilliseconds(eachMs)} (${flood.refused} refused)`,
        verdict: worst(
          verdictFor([heap], { target: 2, stretch: 1.3 }),
          verdictFor([eachMs], { target: 0.1, stretch: 0.1 }),
        ),
      };
    },
  },
  {
    number: 20,
    metric: "heap after GC per message / failed call / deploy",
    anchor: "−15…−2 B per message",
    target: "≤ 1 B / 16 B / 10 KB",
    stretch: "≤ 0 / 4 B / 2 KB",
    evaluate: measuredBySoak,
  },
  {
    number: 22,
    metric: "longest block of the event loop while handling 1 MB, relative to JSON.parse",
    anchor: "core with a second wire ≈ 3×",
    target: "≤ 1.4×",
    stretch: "≤ 1.15×",
    evaluate: ({ delay }) => delay && ratioOutcome(delay, { target: 1.4, stretch: 1.15 }),
  },
  {
    number: 23,
    metric: "50 idle config nodes: CPU, sockets, timers, heap each",
    anchor: "–",
    target: "≤ 0.1 %, 0, 0, ≤ 40 KB",
    stretch: "≤ 0.02 %, 0, 0, ≤ 10 KB",
    evaluate: ({ idle }) =>
      idle && {
        ours: `${idle.cpuPercent.toFixed(3)} %, ${idle.sockets}, ${idle.timers}, ${(idle.heapEach / 1024).toFixed(1)} KB`,
        verdict: worst(
          verdictFor([idle.cpuPercent], { target: 0.1, stretch: 0.02 }),
          verdictFor([idle.sockets, idle.timers], { target: 0, stretch: 0 }),
          verdictFor([idle.heapEach / 1024], { target: 40, stretch: 10 }),
        ),
      },
  },
  {
    number: 24,
    metric: "a deploy with 500 in flight: time; ended, once each",
    anchor: "core 33 ms, 0 of 50",
    target: "≤ 100 ms; 500, 500",
    stretch: "≤ 40 ms",
    evaluate: ({ closing }) =>
      closing && {
        ours: `${formatMilliseconds(closing.ms)}; ${closing.ended}, ${closing.endedOnce}`,
        verdict: worst(
          verdictFor([closing.ms], { target: 100, stretch: 40 }),
          verdictFor([closing.ended, closing.endedOnce], { target: 500, stretch: 500, higherIsBetter: true }),
        ),
      },
  },
  {
    number: 25,
    metric: "run-time dependencies and their size",
    anchor: "axios 30 packages, 4.7 MB",
    target: "undici and zod, ≤ 12 MB",
    stretch: "–",
    evaluate: ({ footprint }) =>
      footprint && {
        ours: `${footprint.packages.join(", ")}; ${formatMegabytes(footprint.bytes)}`,
        verdict: worst(
          verdictFor([footprint.packages.length], { target: 2, stretch: 2 }),
          verdictFor([footprint.bytes / 2 ** 20], { target: 12, stretch: 12 }),
        ),
      },
  },
  {
    number: 27,
    metric: "1 h at 200 messages/s with 5 % faults: p99; lost",
    anchor: "–",
    target: "≤ 1.5×; 0",
    stretch: "≤ 1.2×",
    evaluate: measuredBySoak,
  },
  {
    number: 28,
    metric: "polling 10,000 clients and detecting changes, relative to requesting and parsing them, CPU",
    anchor: "–",
    target: "≤ 1.5×",
    stretch: "≤ 1.25×",
    evaluate: ({ pollCost }) => pollCost && ratioOutcome(pollCost, { target: 1.5, stretch: 1.25 }),
  },
  {
    number: 29,
    metric: "requests of a poll: 1 subscriber / 1,000",
    anchor: "–",
    target: "the same",
    stretch: "the same",
    evaluate: ({ pollRequests }) =>
      pollRequests && {
        ours: `${pollRequests.one} / ${pollRequests.many}`,
        verdict: verdictFor([pollRequests.many - pollRequests.one], { target: 0, stretch: 0 }),
      },
  },
  {
    number: 33,
    metric: "a set on the local network (XOR) against tplink-smarthome-api, CPU",
    anchor: "1",
    target: "≤ 0.50×",
    stretch: "≤ 0.35×",
    evaluate: ({ lanSetXor }) => lanSetXor && setOutcome(lanSetXor),
  },
  {
    number: 34,
    metric: "a set on the local network (KLAP) against tp-link-tapo-connect, CPU",
    anchor: "1",
    target: "≤ 0.50×",
    stretch: "≤ 0.35×",
    evaluate: ({ lanSetKlap }) => lanSetKlap && setOutcome(lanSetKlap),
  },
  {
    number: 35,
    metric: "polling 50 devices on the local network every second",
    anchor: "–",
    target: "≤ 5 % of a core",
    stretch: "≤ 3 %",
    evaluate: ({ lanPolling }) =>
      lanPolling === undefined
        ? undefined
        : { ours: `${lanPolling.toFixed(1)} %`, verdict: verdictFor([lanPolling], { target: 5, stretch: 3 }) },
  },
  {
    number: 36,
    metric: "a message that names one of 200 routers against a node with a fixed one, CPU, c=16",
    anchor: "1",
    target: "≤ 1.05×",
    stretch: "≤ 1.02×",
    evaluate: ({ manySites }) => manySites && ratioOutcome(manySites, { target: 1.05, stretch: 1.02 }),
  },
];
