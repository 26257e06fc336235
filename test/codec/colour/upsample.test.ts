import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type UpsampleMethod, upsample, upsampleSource } from '../../../src/codec/colour/upsample.ts';
import type { Plane } from '../../../src/codec/image.ts';
import type { Bounds } from '../../../src/codec/rect.ts';

function plane(width: number, height: number, dx: number, dy: number, at: (x: number, y: number) => number): Plane {
  const data = new Int32Array(width * height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data[y * width + x] = at(x, y);
  return { width, height, dx, dy, precision: 8, signed: false, data };
}

function line(x0: number, x1: number, dx: number, method: UpsampleMethod, values: number[]): number[] {
  const source = plane(values.length, 1, dx, 1, (x) => values[x]);
  return Array.from(upsample(source, { method, bounds: { x0, y0: 0, x1, y1: 1 } }).data);
}

describe('one row', () => {
  test('of nearest samples prefers the left one', () => {
    expect(line(0, 6, 2, 'nearest', [10, 20, 30])).toEqual([10, 10, 20, 20, 30, 30]);
    expect(line(0, 6, 3, 'nearest', [10, 20])).toEqual([10, 10, 20, 20, 20, 20]);
    expect(line(0, 8, 4, 'nearest', [10, 20])).toEqual([10, 10, 10, 20, 20, 20, 20, 20]);
  });

  test('of lines between samples, level behind the last', () => {
    expect(line(0, 6, 2, 'linear', [10, 20, 31])).toEqual([10, 15, 20, 26, 31, 31]);
    expect(line(0, 4, 4, 'linear', [-8])).toEqual([-8, -8, -8, -8]);
  });

  test('counts from the grid, so an odd offset begins between two samples', () => {
    // Positions 3 to 7; samples at 4 and 6.
    expect(line(3, 8, 2, 'linear', [10, 20])).toEqual([10, 10, 15, 20, 20]);
    expect(line(3, 8, 2, 'nearest', [10, 20])).toEqual([10, 10, 10, 20, 20]);
  });
});

test('a plane on the grid already is returned as it is', () => {
  const p = plane(4, 3, 1, 1, (x, y) => x + y);
  expect(upsample(p, { method: 'linear', bounds: { x0: 5, y0: 5, x1: 9, y1: 8 } })).toBe(p);
});

test('floating point is not rounded', () => {
  const p: Plane = { ...plane(2, 1, 2, 1, () => 0), data: Float32Array.of(0, 1) };
  const { data } = upsample(p, { method: 'linear', bounds: { x0: 0, y0: 0, x1: 3, y1: 1 } });
  expect(data).toEqual(Float32Array.of(0, 0.5, 1));
});

/** Written from the definition: every sample at `i * step`, nearest or on the line, no window in sight. */
function valueAt(at: (i: number) => number, x: number, step: number, method: UpsampleMethod): number {
  const left = Math.floor(x / step);
  const part = x - left * step;
  if (method === 'nearest') return part * 2 > step ? at(left + 1) : at(left);
  return (at(left) * (step - part) + at(left + 1) * part) / step;
}

test('a window with its source samples equals the crop of the whole, at any offset and step', () => {
  const natural = fc.nat(40);
  const size = fc.integer({ min: 1, max: 12 });
  const step = fc.integer({ min: 1, max: 5 });
  const method = fc.constantFrom<UpsampleMethod>('nearest', 'linear');
  fc.assert(
    fc.property(natural, natural, size, size, step, step, method, (x0, y0, width, height, dx, dy, how) => {
      const bounds: Bounds = { x0, y0, x1: x0 + width, y1: y0 + height };
      const value = (x: number, y: number) => ((x * 37 + y * 101) % 256) - 100;
      const need = upsampleSource(bounds, dx, dy, how);
      const source = plane(need.x1 - need.x0, need.y1 - need.y0, dx, dy, (x, y) => value(x + need.x0, y + need.y0));
      const result = upsample({ ...source, x0: need.x0, y0: need.y0 }, { method: how, bounds });
      expect([result.width, result.height, result.dx, result.dy]).toEqual([width, height, 1, 1]);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const down = (i: number) => valueAt((j) => value(i, j), y0 + y, dy, how);
          const exact = valueAt(down, x0 + x, dx, how);
          expect(result.data[y * width + x]).toBe(Math.floor(exact + 0.5 + 1e-9));
        }
      }
    }),
    { numRuns: 300 },
  );
});
