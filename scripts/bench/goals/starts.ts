import { formatMegabytes, formatMilliseconds, median, verdictFor, worst, type Goal } from "./goal";
import { growthOf } from "./results";

const kilobytes = (bytes: number): string => `${(bytes / 1024).toFixed(0)} KB`;

/** Goals for starting, and for many config nodes. They are measured one by one. */
export const START_GOALS: readonly Goal[] = [
  {
    number: 37,
    metric: "CPU until 200 config nodes with stored sessions have made their first call, beyond the calls",
    anchor: "50 ms each, for the key of its session",
    target: "≤ 1 s",
    stretch: "≤ 0.5 s",
    evaluate: ({ firstCalls }) => {
      if (!firstCalls) return undefined;
      const { deploy, first, again } = firstCalls;
      const beyond = deploy + first - again;
      return {
        ours: `${formatMilliseconds(beyond)} (deploy ${formatMilliseconds(deploy)}, calls ${formatMilliseconds(again)})`,
        verdict: verdictFor([beyond], { target: 1000, stretch: 500 }),
      };
    },
  },
  {
    number: 38,
    metric: "starting Node-RED with the package and a flow of it, beyond a start without: CPU, time",
    anchor: "–",
    target: "≤ 60 ms",
    stretch: "≤ 40 ms",
    evaluate: ({ coldStarts }) => {
      if (!coldStarts) return undefined;
      const beyond = (figure: "cpuMs" | "wallMs"): number =>
        median(coldStarts.map((pair) => pair.with[figure] - pair.without[figure]));
      const [cpuMs, wallMs] = [beyond("cpuMs"), beyond("wallMs")];
      return {
        ours: `${cpuMs.toFixed(0)} ms, ${wallMs.toFixed(0)} ms`,
        verdict: verdictFor([cpuMs, wallMs], { target: 60, stretch: 40 }),
      };
    },
  },
  {
    number: 39,
    metric: "config nodes with triggers of all sources: heap each (and RSS, not judged); between polls: CPU, timers",
    anchor: "–",
    target: "≤ 200 KB; ≤ 0.1 %, 0",
    stretch: "≤ 100 KB; ≤ 0.02 %, 0",
    evaluate: ({ watching }) => {
      if (!watching) return undefined;
      const each = watching.map(({ sites, heap }) => `${sites}: ${kilobytes(heap / sites)}`);
      const most = watching.at(-1);
      if (!most) return undefined;
      const rss = kilobytes(most.rss / most.sites);
      const cpuPercent = Math.max(...watching.map(({ usualCpuMsPerS }) => usualCpuMsPerS / 10));
      const timers = Math.max(...watching.map(({ timersPerS }) => timersPerS));
      return {
        ours: `${each.join("; ")} (${rss}); ${cpuPercent.toFixed(3)} %, ${timers.toFixed(2)}`,
        verdict: worst(
          verdictFor([most.heap / most.sites / 1024], { target: 200, stretch: 100 }),
          verdictFor([cpuPercent], { target: 0.1, stretch: 0.02 }),
          verdictFor([timers], { target: 0, stretch: 0 }),
        ),
      };
    },
  },
  {
    number: 40,
    metric:
      "half a core, a heap of 256 MB, 20 config nodes with all triggers, 20 messages/s: failed, polls missed, p50, p99, RSS",
    anchor: "–",
    target: "0, 0, ≤ 50 ms, ≤ 2 s, ≤ 256 MB",
    stretch: "0, 0, ≤ 20 ms, ≤ 1 s, ≤ 192 MB",
    evaluate: ({ smallMachine }) => {
      if (!smallMachine) return undefined;
      const { failed, polls, duePolls, p50Ms, p99Ms, maxRss } = smallMachine;
      const missed = Math.max(0, duePolls - polls);
      const latency = `${p50Ms.toFixed(0)} ms, ${p99Ms.toFixed(0)} ms`;
      return {
        ours: `${failed}, ${missed} of ${duePolls}, ${latency}, ${formatMegabytes(maxRss)}`,
        verdict: worst(
          verdictFor([failed, missed], { target: 0, stretch: 0 }),
          verdictFor([p50Ms], { target: 50, stretch: 20 }),
          verdictFor([p99Ms], { target: 2000, stretch: 1000 }),
          verdictFor([maxRss / 2 ** 20], { target: 256, stretch: 192 }),
        ),
      };
    },
  },
  {
    number: 41,
    metric: "watching a router with all sources: CPU of a poll and heap per site, many sites against ten",
    anchor: "–",
    target: "≤ 1.2×, ≤ 1.2×",
    stretch: "≤ 1.0×",
    evaluate: ({ growth }) => {
      const points = growth && growthOf(growth);
      const [first, last] = [points?.[0], points?.at(-1)];
      if (!first?.cpuMs || !last) return undefined;
      const [cpu, heap] = [last.cpuMs / first.cpuMs, last.heap / first.heap];
      const each = `${last.cpuMs.toFixed(1)} ms, ${kilobytes(last.heap)} at ${last.sites} sites`;
      return {
        ours: `${cpu.toFixed(2)}×, ${heap.toFixed(2)}× (${each})`,
        verdict: verdictFor([cpu, heap], { target: 1.2, stretch: 1 }),
      };
    },
  },
];
