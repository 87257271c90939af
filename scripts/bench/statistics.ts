/** Median and quartiles. */
export interface Spread {
  median: number;
  /** First quartile. */
  low: number;
  /** Third quartile. */
  high: number;
}

/** Median and quartiles of the finite values. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.filter(Number.isFinite).toSorted((a, b) => a - b);
  const quantile = (share: number): number => {
    const position = (sorted.length - 1) * share;
    const [below, above] = [sorted[Math.floor(position)], sorted[Math.ceil(position)]];
    if (below === undefined || above === undefined) return Number.NaN;
    return below + (above - below) * (position - Math.floor(position));
  };
  return { median: quantile(0.5), low: quantile(0.25), high: quantile(0.75) };
}

/** The ratios of two series, round by round. */
export function ratios(numerators: readonly number[], denominators: readonly number[]): number[] {
  return numerators.map((value, round) => value / (denominators[round] ?? Number.NaN));
}
