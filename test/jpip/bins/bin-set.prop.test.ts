import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BinSet } from '../../../src/jpip/bins/bin-set.ts';

/** What is held of each of a few bins, written down one by one. */
class SlowSet {
  readonly bins: { whole: boolean; bytes: number; layers: number }[];

  constructor(count: number) {
    this.bins = Array.from({ length: count }, () => ({ whole: false, bytes: 0, layers: 0 }));
  }

  raise(k: number, bytes: number, layers: number): void {
    const bin = this.bins[k]!;
    if (bin.whole) return;
    bin.bytes = Math.max(bin.bytes, bytes);
    bin.layers = Math.max(bin.layers, layers);
  }

  cut(k: number, bytes: number, layers: number): void {
    const { whole, bytes: b, layers: l } = this.bins[k]!;
    this.bins[k] = {
      whole: false,
      bytes: whole ? bytes : Math.min(b, bytes),
      layers: whole ? layers : Math.min(l, layers),
    };
  }
}

/** Identifiers that fall together in pages, and far apart; some beyond 32 bits. */
const IDS = [0, 1, 29, 30, 31, 59, 60, 255, 256, 257, 1000, 65536, 2 ** 32, 2 ** 32 + 1, 2 ** 45 + 7];
const place = fc.nat({ max: IDS.length - 1 });
const count = fc.integer({ min: 1, max: 5 });
const step = fc.oneof(
  fc.tuple(fc.constantFrom('addWhole', 'cut', 'addBytes', 'addLayers', 'cutToBytes', 'cutToLayers'), place, count),
  fc.tuple(
    fc.constantFrom('addAll', 'clear', 'bytesToAll', 'layersToAll', 'cutAllBytes', 'cutAllLayers'),
    place,
    count,
  ),
);

test('any sequence of statements leaves what a list of all bins says', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const set = new BinSet();
      const slow = new SlowSet(IDS.length);
      const each = (change: (k: number) => void): void => {
        for (const k of IDS.keys()) change(k);
      };
      for (const [what, k, n] of steps) {
        const id = IDS[k]!;
        if (what === 'addWhole') {
          set.addWhole(id);
          slow.bins[k] = { whole: true, bytes: 0, layers: 0 };
        } else if (what === 'addBytes') {
          set.addBytes(id, n);
          slow.raise(k, n, 0);
        } else if (what === 'addLayers') {
          set.addLayers(id, n);
          slow.raise(k, 0, n);
        } else if (what === 'cut' || what === 'cutToBytes') {
          set.cutToBytes(id, what === 'cut' ? undefined : n);
          slow.cut(k, what === 'cut' ? 0 : n, 0);
        } else if (what === 'cutToLayers') {
          set.cutToLayers(id, n);
          slow.cut(k, 0, n);
        } else if (what === 'addAll') {
          set.addAll();
          each((i) => {
            slow.bins[i] = { whole: true, bytes: 0, layers: 0 };
          });
        } else if (what === 'clear') {
          set.clear();
          each((i) => slow.cut(i, 0, 0));
        } else if (what === 'bytesToAll') {
          set.addToAll({ bytes: n });
          each((i) => slow.raise(i, n, 0));
        } else if (what === 'layersToAll') {
          set.addToAll({ layers: n });
          each((i) => slow.raise(i, 0, n));
        } else if (what === 'cutAllBytes') {
          set.cutAll({ bytes: n });
          each((i) => slow.cut(i, n, 0));
        } else {
          set.cutAll({ layers: n });
          each((i) => slow.cut(i, 0, n));
        }
        for (const [i, other] of IDS.entries()) {
          const { whole, bytes, layers } = slow.bins[i]!;
          expect(set.isWhole(other)).toBe(whole);
          if (!whole) expect(set.held(other)).toEqual({ whole, bytes, layers });
        }
      }
      const anything = slow.bins.some(({ whole, bytes, layers }) => whole || bytes > 0 || layers > 0);
      if (anything) expect(set.isEmpty).toBe(false);
      else if (!set.holdsOthers) expect(set.isEmpty).toBe(true);
      if (!set.holdsOthers) {
        const held = IDS.filter((_, i) => slow.bins[i]!.whole || slow.bins[i]!.bytes > 0 || slow.bins[i]!.layers > 0);
        expect([...set.entries()].filter((id) => IDS.includes(id))).toEqual(expect.arrayContaining(held));
      }
    }),
    { numRuns: 400, seed: 11 },
  );
});

test('a million bins cost a few bits each', () => {
  const set = new BinSet();
  for (let id = 0; id < 1_000_000; id++) set.addWhole(id);
  expect(set.cost * 4).toBeLessThan(2_000_000);
  expect(set.isWhole(999_999)).toBe(true);
  expect(set.isWhole(1_000_000)).toBe(false);
});
