import { describe, expect, test } from 'vitest';
import { boundOf, energyOf, ICT_ENERGY, RCT_ENERGY } from '../../../src/codec/transform/gains.ts';
import { analyseLineSlowly, synthesiseLineSlowly } from '../../reference/wavelet.ts';

/** The synthesis basis function of one coefficient in the middle of a long line, by the definition, without rounding. */
function basis(filter: '5/3' | '9/7', level: number, high: boolean): number[] {
  // a large integer stands for 1, so that the rounding of the 5/3 filter does not show
  const one = filter === '5/3' ? 2 ** 24 : 1;
  let line: number[] = [];
  for (let l = level; l >= 1; l--) {
    const n = 2 ** (10 - l);
    const low = l === level ? Array<number>(n).fill(0) : line;
    const highs = Array<number>(n).fill(0);
    if (l === level) (high ? highs : low)[n / 2] = one;
    line = synthesiseLineSlowly(
      Array.from({ length: 2 * n }, (_, k) => (k % 2 === 0 ? low[k / 2]! : highs[(k - 1) / 2]!)),
      0,
      filter,
    );
  }
  return line.map((value) => value / one);
}

/** The analysis filter of a coefficient in the middle: what each sample of the line adds to it. */
function analysis(filter: '5/3' | '9/7', level: number, high: boolean): number[] {
  const length = 512;
  const one = 2 ** 24;
  return Array.from({ length }, (_, at) => {
    let line = Array<number>(length).fill(0);
    line[at] = one;
    for (let l = 1; l < level; l++) line = analyseLineSlowly(line, 0, filter).filter((_value, k) => k % 2 === 0);
    const split = analyseLineSlowly(line, 0, filter);
    return split[Math.floor(split.length / 4) * 2 + (high ? 1 : 0)]! / one;
  });
}

const energy = (taps: number[]): number => taps.reduce((sum, tap) => sum + tap * tap, 0);
const magnitude = (taps: number[]): number => taps.reduce((sum, tap) => sum + Math.abs(tap), 0);

describe.each<'5/3' | '9/7'>(['5/3', '9/7'])('gains of the %s filter', (filter) => {
  const reversible = filter === '5/3';

  test('energies are those of the synthesis basis functions', () => {
    for (const level of [1, 2, 3, 4]) {
      const low = energy(basis(filter, level, false));
      const high = energy(basis(filter, level, true));
      expect(energyOf(reversible, level, 0) / (low * low)).toBeCloseTo(1, 5);
      expect(energyOf(reversible, level, 1) / (high * low)).toBeCloseTo(1, 5);
      expect(energyOf(reversible, level, 2) / (low * high)).toBeCloseTo(1, 5);
      expect(energyOf(reversible, level, 3) / (high * high)).toBeCloseTo(1, 5);
    }
  });

  test('bounds are the sums of magnitudes of the analysis filters', () => {
    for (const level of [1, 2, 3, 4]) {
      const low = magnitude(analysis(filter, level, false));
      const high = magnitude(analysis(filter, level, true));
      expect(boundOf(reversible, level, 0) / (low * low)).toBeCloseTo(1, 5);
      expect(boundOf(reversible, level, 1) / (high * low)).toBeCloseTo(1, 5);
      expect(boundOf(reversible, level, 3) / (high * high)).toBeCloseTo(1, 5);
    }
  });

  test('deep levels go on as the tenth does, and no level is the picture itself', () => {
    expect(energyOf(reversible, 12, 3) / energyOf(reversible, 11, 3)).toBeCloseTo(4, 3);
    expect(energyOf(reversible, 32, 0)).toBeGreaterThan(0);
    expect(boundOf(reversible, 32, 3)).toBe(boundOf(reversible, 10, 3));
    expect(energyOf(reversible, 0, 0)).toBe(1);
    expect(boundOf(reversible, 0, 0)).toBe(1);
  });
});

test('a unit of a transformed component is so much squared error in red, green and blue', () => {
  // columns of G-6 to G-8 without rounding, and of G-12 to G-14
  const rct = [
    [1, 1, 1],
    [-1 / 4, -1 / 4, 3 / 4],
    [3 / 4, -1 / 4, -1 / 4],
  ];
  const ict = [
    [1, 1, 1],
    [0, -0.344136, 1.772],
    [1.402, -0.714136, 0],
  ];
  for (const c of [0, 1, 2]) {
    expect(RCT_ENERGY[c]).toBeCloseTo(energy(rct[c]!), 12);
    expect(ICT_ENERGY[c]).toBeCloseTo(energy(ict[c]!), 12);
  }
});
