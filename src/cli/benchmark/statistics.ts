/** A few numbers for many. */

/** The middle of some measurements, and how far they are spread. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  /** Quartiles. */
  readonly low: number;
  readonly high: number;
}

/** Median, least and quartiles, between neighbours where they fall between two. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
    return low + (high - low) * (place - Math.floor(place));
  };
  return { median: at(0.5), min: sorted[0], low: at(0.25), high: at(0.75) };
}
