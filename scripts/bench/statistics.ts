/** A middle, and how far the rest lies around it. */
export interface Spread {
  median: number;
  /** Of a quarter and of three quarters of all. */
  low: number;
  high: number;
}

/** The middle of some numbers, with their quartiles. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.filter(Number.isFinite).toSorted((one, other) => one - other);
  const at = (share: number): number => {
    const place = (sorted.length - 1) * share;
    const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
    if (below === undefined || above === undefined) return Number.NaN;
    return below + (above - below) * (place - Math.floor(place));
  };
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}

/** The ratios of two series, round by round. */
export function ratios(over: readonly number[], under: readonly number[]): number[] {
  return over.map((value, round) => value / (under[round] ?? Number.NaN));
}
