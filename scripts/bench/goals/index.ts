import type { VariantName } from "../types";
import type { Goal } from "./goal";
import { SIDE_BY_SIDE_GOALS } from "./side-by-side";
import { SINGLE_GOALS } from "./single";
import { START_GOALS } from "./starts";

/** The goals in the order of the table. Their anchors were measured before this package was written. */
export const GOALS: readonly Goal[] = [...SIDE_BY_SIDE_GOALS, ...SINGLE_GOALS, ...START_GOALS].toSorted(
  (a, b) => a.number - b.number,
);

/** The variants that the chosen rows compare. */
export function comparedVariants(rows: ReadonlySet<number>): ReadonlySet<VariantName> {
  return new Set(GOALS.filter(({ number }) => rows.has(number)).flatMap(({ compares }) => compares ?? []));
}
