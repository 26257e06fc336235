/**
 * Wavelet synthesis by the definitions of 15444-1 F.3, for tests only: a line is extended by the index formula of F.3.7 as far
 * as anyone asks, and every step of F.3.8 is computed on the extended line.
 */

/** PSE_O (F-4): the coordinate in [i0, i1) whose sample stands at coordinate i of the extended line. */
function mirrored(i: number, i0: number, i1: number): number {
  const period = 2 * (i1 - i0 - 1);
  const offset = (((i - i0) % period) + period) % period;
  return i0 + Math.min(offset, period - offset);
}

/** How far beyond the line steps are computed; the 9/7 filter needs four samples. */
const MARGIN = 8;

/** The interleaved samples at coordinates [i0, i0 + n) become the synthesised ones. */
export function synthesiseLineSlowly(y: readonly number[], i0: number, filter: '5/3' | '9/7'): number[] {
  const i1 = i0 + y.length;
  if (y.length === 0) return [];
  if (y.length === 1) {
    if (i0 % 2 === 0) return [...y];
    return [filter === '5/3' ? Math.trunc(y[0]! / 2) : y[0]! / 2]; // F.3.6; an odd integer is left open there
  }
  const x = new Map<number, number>();
  for (let i = i0 - MARGIN; i < i1 + MARGIN; i++) x.set(i, y[mirrored(i, i0, i1) - i0]!);
  const at = (i: number): number => x.get(i)!;
  /** Applies a formula to all samples of one parity that are at least `inset` from the ends of the extended line. */
  const step = (parity: number, inset: number, formula: (i: number) => number): void => {
    for (let i = i0 - MARGIN + inset; i < i1 + MARGIN - inset; i++) {
      if (Math.abs(i % 2) === parity) x.set(i, formula(i));
    }
  };
  if (filter === '5/3') {
    step(0, 1, (i) => at(i) - Math.floor((at(i - 1) + at(i + 1) + 2) / 4)); // F-5
    step(1, 2, (i) => at(i) + Math.floor((at(i - 1) + at(i + 1)) / 2)); // F-6
  } else {
    const k = 1.230174104914001;
    step(0, 0, (i) => k * at(i));
    step(1, 0, (i) => (1 / k) * at(i));
    step(0, 1, (i) => at(i) - 0.443506852043971 * (at(i - 1) + at(i + 1)));
    step(1, 2, (i) => at(i) - 0.882911075530934 * (at(i - 1) + at(i + 1)));
    step(0, 3, (i) => at(i) + 0.052980118572961 * (at(i - 1) + at(i + 1)));
    step(1, 4, (i) => at(i) + 1.586134342059924 * (at(i - 1) + at(i + 1)));
  }
  return y.map((_, k) => at(i0 + k));
}

/** Splits a picture line by the definitions of F.4.8, the other way round; the answer is interleaved. */
export function analyseLineSlowly(line: readonly number[], i0: number, filter: '5/3' | '9/7'): number[] {
  const i1 = i0 + line.length;
  if (line.length === 0) return [];
  if (line.length === 1) return [i0 % 2 === 0 ? line[0]! : 2 * line[0]!]; // F.4.6
  const x = new Map<number, number>();
  for (let i = i0 - MARGIN; i < i1 + MARGIN; i++) x.set(i, line[mirrored(i, i0, i1) - i0]!);
  const at = (i: number): number => x.get(i)!;
  const step = (parity: number, inset: number, formula: (i: number) => number): void => {
    for (let i = i0 - MARGIN + inset; i < i1 + MARGIN - inset; i++) {
      if (Math.abs(i % 2) === parity) x.set(i, formula(i));
    }
  };
  if (filter === '5/3') {
    step(1, 1, (i) => at(i) - Math.floor((at(i - 1) + at(i + 1)) / 2)); // F-9
    step(0, 2, (i) => at(i) + Math.floor((at(i - 1) + at(i + 1) + 2) / 4)); // F-10
  } else {
    const k = 1.230174104914001;
    step(1, 1, (i) => at(i) - 1.586134342059924 * (at(i - 1) + at(i + 1)));
    step(0, 2, (i) => at(i) - 0.052980118572961 * (at(i - 1) + at(i + 1)));
    step(1, 3, (i) => at(i) + 0.882911075530934 * (at(i - 1) + at(i + 1)));
    step(0, 4, (i) => at(i) + 0.443506852043971 * (at(i - 1) + at(i + 1)));
    step(1, 4, (i) => k * at(i));
    step(0, 4, (i) => (1 / k) * at(i));
  }
  return line.map((_, k) => at(i0 + k));
}

/** Low-pass samples first, then high-pass ones: an interleaved line as it stands in a plane. */
export function deinterleave(line: readonly number[], i0: number): number[] {
  const low = line.filter((_, k) => (i0 + k) % 2 === 0);
  return [...low, ...line.filter((_, k) => (i0 + k) % 2 !== 0)];
}

/** And back. */
export function interleave(line: readonly number[], i0: number): number[] {
  const numLow = line.filter((_, k) => (i0 + k) % 2 === 0).length;
  let low = 0;
  let high = numLow;
  return line.map((_, k) => line[(i0 + k) % 2 === 0 ? low++ : high++]!);
}

/** Rows of a deinterleaved level become the synthesised rows: horizontally, then vertically (F.3.2). */
export function synthesiseLevelSlowly(
  rows: readonly (readonly number[])[],
  x0: number,
  y0: number,
  filter: '5/3' | '9/7',
): number[][] {
  const horizontal = rows.map((row) => synthesiseLineSlowly(interleave(row, x0), x0, filter));
  const columns = transposed(horizontal).map((column) => synthesiseLineSlowly(interleave(column, y0), y0, filter));
  return transposed(columns);
}

/** Vertically, then horizontally (F.4.2), and deinterleaved. */
export function analyseLevelSlowly(
  rows: readonly (readonly number[])[],
  x0: number,
  y0: number,
  filter: '5/3' | '9/7',
): number[][] {
  const columns = transposed(rows).map((column) => deinterleave(analyseLineSlowly(column, y0, filter), y0));
  return transposed(columns).map((row) => deinterleave(analyseLineSlowly(row, x0, filter), x0));
}

function transposed(rows: readonly (readonly number[])[]): number[][] {
  return (rows[0] ?? []).map((_, x) => rows.map((row) => row[x]!));
}
