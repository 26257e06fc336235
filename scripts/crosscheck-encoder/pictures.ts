/** Pictures for the encoder's cross-check: a synthetic scene and extremes, at any depth, sign and grid. */
import { randomFrom } from '../../test/support/random.ts';
import type { PictureSpec } from './cases.ts';

/** The samples of every component, each on its own grid. */
export function makePlanes(spec: PictureSpec, seed: number): Int32Array[] {
  const random = randomFrom(seed ^ 0x5bd1e995);
  const waves = Array.from({ length: 5 }, () => ({
    fx: (random.next() - 0.5) * 0.3,
    fy: (random.next() - 0.5) * 0.3,
    phase: random.next() * 7,
  }));
  const [edgeX, edgeY, slope] = [random.next() * spec.width, random.next() * spec.height, random.next() * 2];
  const level = random.next();
  const scene = (x: number, y: number, c: number): number => {
    let value = 0.5;
    waves.forEach(({ fx, fy, phase }, k) => {
      value += 0.12 * Math.sin(fx * x + fy * y + phase + (k === c ? 1 : 0));
    });
    if (x - edgeX > slope * (y - edgeY)) value -= 0.25;
    return value + 0.02 * (random.next() - 0.5);
  };
  return spec.components.map(({ precision, signed, dx, dy, width, height }, c) => {
    const plane = new Int32Array(width * height);
    const levels = 2 ** precision;
    const low = signed ? -levels / 2 : 0;
    for (let y = 0, k = 0; y < height; y++) {
      for (let x = 0; x < width; x++, k++) {
        plane[k] = low + Math.max(0, Math.min(levels - 1, Math.floor(levels * fraction(x * dx, y * dy, c))));
      }
    }
    return plane;
  });

  function fraction(x: number, y: number, c: number): number {
    switch (spec.kind) {
      case 'scene':
        return scene(x, y, c);
      case 'noise':
        return random.next();
      case 'flat':
        return level;
      case 'checks':
        return ((x >> 1) + (y >> 2)) & 1;
      case 'extremes':
        // drives the filters to the largest coefficients: signs as in the high-pass taps, and at random elsewhere
        return y < spec.height / 2 ? (x ^ y) & 1 : random.int(0, 1);
    }
  }
}
