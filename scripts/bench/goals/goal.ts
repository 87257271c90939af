import { spread, type Spread } from "../statistics";
import type { VariantName } from "../types";
import type { Results } from "./results";

export type Verdict = "stretch" | "target" | "missed";

/** What was measured for a goal, as text, and whether it is met. */
export interface Outcome {
  ours: string;
  verdict: Verdict;
}

/** One row of the table of goals. */
export interface Goal {
  number: number;
  metric: string;
  anchor: string;
  target: string;
  stretch: string;
  /** Variants that have to be measured side by side; LIMIT always is, twice. */
  compares?: readonly VariantName[];
  /** Undefined when it was not measured. */
  evaluate: (results: Results) => Outcome | undefined;
}

export interface Bounds {
  target: number;
  stretch: number;
  higherIsBetter?: boolean;
}

/** Whether all values are within the bounds. */
export function verdictFor(values: readonly number[], { target, stretch, higherIsBetter = false }: Bounds): Verdict {
  const within = (bound: number): boolean =>
    values.every((value) => (higherIsBetter ? value >= bound : value <= bound));
  if (within(stretch)) return "stretch";
  return within(target) ? "target" : "missed";
}

export function worst(...verdicts: Verdict[]): Verdict {
  return (["missed", "target"] as const).find((verdict) => verdicts.includes(verdict)) ?? "stretch";
}

/** The outcome of ratios, one per try. */
export function ratioOutcome(values: readonly number[], bounds: Bounds): Outcome {
  return { ours: formatRatio(spread(values)), verdict: verdictFor([median(values)], bounds) };
}

export const median = (values: readonly number[]): number => spread(values).median;

export const formatRatio = ({ median: middle, low, high }: Spread): string =>
  `${middle.toFixed(2)}× (${low.toFixed(2)}–${high.toFixed(2)})`;
export const formatMegabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`;
export const formatMilliseconds = (ms: number): string => `${ms.toFixed(ms < 1 ? 4 : 0)} ms`;
