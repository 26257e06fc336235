/**
 * Samples as table indices. Every conversion to sRGB looks its channels up in tables, so samples of any array type,
 * depth and sign first become unsigned levels of at most 16 bits; deeper samples lose their lowest bits, which eight
 * bits of result cannot show.
 */
import type { Plane } from '../image.ts';

/** The samples of a plane as levels 0 … 2^bits - 1; a signed sample of -2^(bits-1) is level 0. */
export interface Levels {
  readonly bits: number;
  readonly signed: boolean;
  readonly data: Uint8Array | Uint16Array;
}

/** Levels never have more bits than this. */
const MAX_BITS = 16;

/**
 * The levels of a plane; a view of its own samples where they are levels already. Samples beyond the depth are
 * clipped.
 */
export function levelsOf(plane: Plane): Levels {
  const { data, precision, signed } = plane;
  const bits = Math.min(precision, MAX_BITS);
  if (!signed && data instanceof Uint8Array && precision === 8) return { bits, signed, data };
  if (!signed && data instanceof Uint16Array && precision === 16) return { bits, signed, data };
  const offset = signed ? 2 ** (precision - 1) : 0;
  const scale = 2 ** (bits - precision);
  const max = 2 ** bits - 1;
  const out = bits <= 8 ? new Uint8Array(data.length) : new Uint16Array(data.length);
  for (let k = 0; k < data.length; k++) {
    const level = Math.floor((data[k] + offset) * scale);
    out[k] = Math.min(Math.max(level, 0), max);
  }
  return { bits, signed, data: out };
}

/** A table with one entry for every level: `f` of the level as a fraction of the largest. */
export function tableOf(bits: number, f: (fraction: number) => number): Float64Array {
  const max = 2 ** bits - 1;
  const table = new Float64Array(max + 1);
  for (let level = 0; level <= max; level++) table[level] = f(level / max);
  return table;
}

/** Levels of one depth as levels of another: full range to full range, rounded to nearest. */
export function rescale(levels: Levels, bits: number): Uint8Array | Uint16Array {
  if (levels.bits === bits) return levels.data;
  const max = 2 ** bits - 1;
  const table = tableOf(levels.bits, (fraction) => Math.round(fraction * max));
  const out = newLevels(bits, levels.data.length);
  for (let k = 0; k < out.length; k++) out[k] = table[levels.data[k]];
  return out;
}

/** Room for levels of a depth. */
export function newLevels(bits: number, length: number): Uint8Array | Uint16Array {
  return bits <= 8 ? new Uint8Array(length) : new Uint16Array(length);
}
