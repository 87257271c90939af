import type { Spread } from "../statistics";
import type { LoadCase, Slice, VariantName } from "../types";
import { formatRatio, verdictFor, worst, type Bounds, type Goal } from "./goal";
import { atConcurrency, compareVariants, cpu, p50, p99, rate } from "./results";

type Evaluate = Goal["evaluate"];

const NODE = ["node", "limit"] as const;

/** A goal that compares two variants in some cases. */
function variantGoal(
  pair: readonly [VariantName, VariantName],
  cases: LoadCase[],
  figure: (slice: Slice) => number,
  bounds: Bounds,
): Evaluate {
  return (results) => {
    const ratios = cases.map((loadCase) => compareVariants(results, pair, loadCase, figure));
    if (!ratios.every((ratio): ratio is Spread => ratio !== undefined)) return undefined;
    const medians = ratios.map(({ median }) => median);
    return { ours: ratios.map(formatRatio).join(" / "), verdict: verdictFor(medians, bounds) };
  };
}

/** A goal with different bounds for its cases. */
function combined(...goals: Evaluate[]): Evaluate {
  return (results) => {
    const outcomes = goals.flatMap((evaluate) => evaluate(results) ?? []);
    if (outcomes.length < goals.length) return undefined;
    return {
      ours: outcomes.map(({ ours }) => ours).join(" / "),
      verdict: worst(...outcomes.map(({ verdict }) => verdict)),
    };
  };
}

const onlyOnNodeRed = (major: number, evaluate: Evaluate): Evaluate => {
  return (results) => (results.nodeRed === major ? evaluate(results) : undefined);
};

/** A goal of one of our nodes against a node without guards. */
function unguardedGoal(number: number, variant: VariantName, texts: Pick<Goal, "metric" | "anchor">): Goal {
  const pair = [variant, "unguarded node"] as const;
  const bounds = { target: 1.1, stretch: 1.05 };
  const evaluate = variantGoal(pair, [atConcurrency(16), atConcurrency(64)], cpu, bounds);
  return { number, ...texts, target: "≤ 1.10×", stretch: "≤ 1.05×", compares: pair, evaluate };
}

/** Goals that compare variants side by side. */
export const SIDE_BY_SIDE_GOALS: readonly Goal[] = [
  {
    number: 1,
    metric: "CPU per message, action node, 2 KB, c=16",
    anchor: "core 5.7–6.8× LIMIT",
    target: "≤ 0.80× LIMIT",
    stretch: "≤ 0.70×",
    compares: ["node"],
    evaluate: onlyOnNodeRed(4, variantGoal(NODE, [atConcurrency(16)], cpu, { target: 0.8, stretch: 0.7 })),
  },
  {
    number: 2,
    metric: "the same, c=64",
    anchor: "core 6.5–7.1× LIMIT",
    target: "≤ 0.80× LIMIT",
    stretch: "≤ 0.68×",
    compares: ["node"],
    evaluate: onlyOnNodeRed(4, variantGoal(NODE, [atConcurrency(64)], cpu, { target: 0.8, stretch: 0.68 })),
  },
  {
    number: 3,
    metric: "the same on Node-RED 5, c=16 / 64",
    anchor: "core 5.35× LIMIT",
    target: "≤ 0.97× LIMIT",
    stretch: "≤ 0.85×",
    compares: ["node"],
    evaluate: onlyOnNodeRed(
      5,
      variantGoal(NODE, [atConcurrency(16), atConcurrency(64)], cpu, { target: 0.97, stretch: 0.85 }),
    ),
  },
  {
    number: 4,
    metric: "engine without Node-RED, CPU, c=16 / 64",
    anchor: "undici.request 1.9× FLOOR",
    target: "≤ 1.20× FLOOR",
    stretch: "≤ 1.08×",
    compares: ["engine", "floor"],
    evaluate: variantGoal(["engine", "floor"], [atConcurrency(16), atConcurrency(64)], cpu, {
      target: 1.2,
      stretch: 1.08,
    }),
  },
  {
    number: 5,
    metric: "throughput against core, c=16 / 64 / 1",
    anchor: "1",
    target: "≥ 8× / 9× / 2.7×",
    stretch: "≥ 9 / 10.5 / 3",
    compares: ["node", "core"],
    evaluate: combined(
      variantGoal(["node", "core"], [atConcurrency(16)], rate, { target: 8, stretch: 9, higherIsBetter: true }),
      variantGoal(["node", "core"], [atConcurrency(64)], rate, { target: 9, stretch: 10.5, higherIsBetter: true }),
      variantGoal(["node", "core"], [atConcurrency(1)], rate, { target: 2.7, stretch: 3, higherIsBetter: true }),
    ),
  },
  {
    number: 6,
    metric: "p50 latency, c=1",
    anchor: "core 2.7–3.0× LIMIT",
    target: "≤ 1.08× LIMIT",
    stretch: "≤ 1.00×",
    compares: ["node"],
    evaluate: variantGoal(NODE, [atConcurrency(1)], p50, { target: 1.08, stretch: 1 }),
  },
  {
    number: 7,
    metric: "p99 latency, c=64",
    anchor: "core 5.1–5.2× LIMIT",
    target: "≤ 1.0× LIMIT",
    stretch: "≤ 0.85×",
    compares: ["node"],
    evaluate: variantGoal(NODE, [atConcurrency(64)], p99, { target: 1, stretch: 0.85 }),
  },
  {
    number: 8,
    metric: "CPU, a page of 165 KB, c=16",
    anchor: "core 1.53–1.57× LIMIT",
    target: "≤ 1.0× LIMIT",
    stretch: "≤ 0.90×",
    compares: ["node"],
    evaluate: variantGoal(NODE, [atConcurrency(16, "large")], cpu, { target: 1, stretch: 0.9 }),
  },
  {
    number: 10,
    metric: "CPU, https, 2 KB, c=16",
    anchor: "axios 3.6×, got 3.9× LIMIT",
    target: "≤ 0.75× LIMIT",
    stretch: "≤ 0.60×",
    compares: ["node"],
    evaluate: variantGoal(NODE, [atConcurrency(16, "small", true)], cpu, { target: 0.75, stretch: 0.6 }),
  },
  {
    number: 12,
    metric: "cost of the session with a valid token",
    anchor: "–",
    target: "≤ 1.03× CPU, no extra turn",
    stretch: "≤ 1.01×",
    compares: ["session", "constant token"],
    evaluate: (results) => {
      const { sessionTurns } = results;
      const cost = compareVariants(results, ["session", "constant token"], atConcurrency(16), cpu);
      if (!cost || sessionTurns === undefined) return undefined;
      return {
        ours: `${formatRatio(cost)}, ${sessionTurns} extra turns`,
        verdict: worst(
          verdictFor([cost.median], { target: 1.03, stretch: 1.01 }),
          verdictFor([sessionTurns], { target: 0, stretch: 0 }),
        ),
      };
    },
  },
  {
    number: 21,
    metric: "Kasa device call against tplink-cloud-api, CPU, c=16 / 64 / 1",
    anchor: "1",
    target: "≤ 0.27× / 0.27× / 0.62×",
    stretch: "≤ 0.20× / 0.20× / 0.50×",
    compares: ["kasa", "tplink-cloud-api"],
    evaluate: combined(
      variantGoal(["kasa", "tplink-cloud-api"], [atConcurrency(16), atConcurrency(64)], cpu, {
        target: 0.27,
        stretch: 0.2,
      }),
      variantGoal(["kasa", "tplink-cloud-api"], [atConcurrency(1)], cpu, { target: 0.62, stretch: 0.5 }),
    ),
  },
  {
    number: 26,
    metric: "queue, rate and retries when nothing fails, CPU, c=16",
    anchor: "undici's interceptors 1.09–1.11×",
    target: "≤ 1.03×",
    stretch: "≤ 1.01×",
    compares: ["guarded", "bare"],
    evaluate: variantGoal(["guarded", "bare"], [atConcurrency(16)], cpu, { target: 1.03, stretch: 1.01 }),
  },
  unguardedGoal(30, "router node", {
    metric: "router-status against a node of undici's pool and JSON.parse, CPU, c=16 / 64",
    anchor: "1.8×, before an answer was searched in place",
  }),
  unguardedGoal(31, "node", { metric: "omada-query against the same node, CPU, c=16 / 64", anchor: "–" }),
  {
    number: 32,
    metric: "router-status, 165 KB, c=16, CPU",
    anchor: "3.66× LIMIT",
    target: "≤ 1.50× LIMIT",
    stretch: "≤ 1.20×",
    compares: ["router node"],
    evaluate: variantGoal(["router node", "limit"], [atConcurrency(16, "large")], cpu, { target: 1.5, stretch: 1.2 }),
  },
];
