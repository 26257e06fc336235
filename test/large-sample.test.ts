/** The painter of the demo's large sample: several workers paint strips of it, which have to fit together. */
import { expect, test } from 'vitest';
import { paintRows } from '../demo/large-sample/paint.mjs';

test('rows are the same however they are divided', () => {
  const side = 300;
  const whole = paintRows(side, 0, side);
  for (const strips of [
    [0, 64, 128, 192, 256, 300],
    [0, 7, 8, 9, 33, 300],
  ]) {
    for (const [k, from] of strips.slice(0, -1).entries()) {
      const to = strips[k + 1]!;
      const part = paintRows(side, from, to);
      expect(Buffer.compare(part, whole.subarray(from * side * 3, to * side * 3)), `rows ${from} to ${to}`).toBe(0);
    }
  }
});

test('the map has sea, land and snow', () => {
  const map = paintRows(128, 0, 128);
  let [blue, green, white] = [0, 0, 0];
  for (let i = 0; i < map.length; i += 3) {
    const [r, g, b] = [map[i]!, map[i + 1]!, map[i + 2]!];
    if (b > g + 20 && b > r + 40) blue++;
    else if (g > b + 20) green++;
    else if (Math.min(r, g, b) > 190) white++;
  }
  const pixels = map.length / 3;
  for (const count of [blue, green, white]) expect(count / pixels).toBeGreaterThan(0.08);
});
