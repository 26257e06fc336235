/**
 * Integer arithmetic on reference-grid coordinates, which go up to 2^32 - 1 and so beyond what `>>` and `|` carry.
 *
 * Doubles hold every integer below 2^53 and division by a power of two is exact, so plain division with `Math.floor` or
 * `Math.ceil` gives the right result for every value that the standard allows.
 */

/** ceil(a / b) for integers, b > 0. */
export function ceilDiv(a: number, b: number): number {
  return Math.ceil(a / b);
}

/** floor(a / b) for integers, b > 0. */
export function floorDiv(a: number, b: number): number {
  return Math.floor(a / b);
}

/** ceil(a / 2^n). */
export function ceilDivPow2(a: number, n: number): number {
  return Math.ceil(a / pow2(n)) + 0; // + 0 turns -0, which a negative numerator can give, into 0
}

/** floor(a / 2^n). */
export function floorDivPow2(a: number, n: number): number {
  return Math.floor(a / pow2(n));
}

/** 2^n. The engine calls the general function for `**`. */
export function pow2(n: number): number {
  return n < 31 ? 1 << n : 2 ** n;
}

/** floor(log2(a)) for 1 <= a < 2^32. */
export function floorLog2(a: number): number {
  return 31 - Math.clz32(a);
}
