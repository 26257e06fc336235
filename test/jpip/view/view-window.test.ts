import { describe, expect, test } from 'vitest';
import type { Siz } from '../../../src/codec/codestream/siz.ts';
import { frameBounds, framesOf, pickFrame, resolveWindow } from '../../../src/jpip/view/view-window.ts';

/** A picture of 301 x 200 at (5, 2) of its canvas, one component. */
const SIZ: Siz = {
  rsiz: 0,
  xsiz: 306,
  ysiz: 202,
  xosiz: 5,
  yosiz: 2,
  xtsiz: 306,
  ytsiz: 202,
  xtosiz: 0,
  ytosiz: 0,
  components: [{ precision: 8, signed: false, xrsiz: 1, yrsiz: 1 }],
};

describe('the sizes of a picture', () => {
  test('are those of its area on the reduced canvas, which is not the size divided', () => {
    expect(framesOf(SIZ, 3).map(({ width, height }) => [width, height])).toEqual([
      [301, 200],
      [150, 100],
      [75, 50],
      [38, 25],
    ]);
    expect(frameBounds(SIZ, 3)).toEqual({ x0: 1, y0: 1, x1: 39, y1: 26 });
  });
});

describe('rounding (15444-9 C.4.2)', () => {
  const frames = framesOf(SIZ, 3);
  test.each([
    // both directions have to fit
    ['round-down', 150, 100, 150],
    ['round-down', 150, 99, 75],
    ['round-down', 149, 100, 75],
    ['round-down', 5000, 5000, 301],
    // where nothing is small enough, the smallest
    ['round-down', 10, 10, 38],
    ['round-up', 150, 100, 150],
    ['round-up', 151, 100, 301],
    ['round-up', 150, 101, 301],
    ['round-up', 20, 20, 38],
    ['round-up', 5000, 1, 301],
    // by the area
    ['closest', 120, 80, 150],
    ['closest', 110, 80, 75],
    ['closest', 80, 60, 75],
    ['closest', 1, 1, 38],
    ['closest', 5000, 5000, 301],
  ] as const)('%s of %i x %i gives the width %i', (round, width, height, expected) => {
    expect(pickFrame(frames, { width, height }, round).width).toBe(expected);
  });

  test('is down where nothing is said', () => {
    expect(resolveWindow(SIZ, 3, { fsiz: { width: 200, height: 150 } })!.frame.width).toBe(150);
  });
});

describe('the region', () => {
  test('is all of the frame without offset and size, and nothing has changed', () => {
    const { bounds, changed } = resolveWindow(SIZ, 3, { fsiz: { width: 150, height: 100 } })!;
    expect(bounds).toEqual({ x0: 3, y0: 1, x1: 153, y1: 101 });
    expect(changed).toEqual({});
  });

  test('is scaled to the frame that is served: all that it touches, and the client is told', () => {
    const fsiz = { width: 200, height: 133 };
    const request = { fsiz, roff: { x: 101, y: 67 }, rsiz: { width: 10, height: 10 } };
    const { bounds, changed } = resolveWindow(SIZ, 3, request)!;
    // 101 * 150 / 200 = 75.75, 111 * 150 / 200 = 83.25; 67 * 100 / 133 = 50.4, 77 * 100 / 133 = 57.9
    expect(bounds).toEqual({ x0: 3 + 75, y0: 1 + 50, x1: 3 + 84, y1: 1 + 58 });
    expect(changed).toEqual({
      fsiz: { width: 150, height: 100 },
      roff: { x: 75, y: 50 },
      rsiz: { width: 9, height: 8 },
    });
  });

  test('is cut to the frame', () => {
    const request = { fsiz: { width: 301, height: 200 }, roff: { x: 290, y: 100 }, rsiz: { width: 50, height: 20 } };
    const { bounds, changed } = resolveWindow(SIZ, 3, request)!;
    expect(bounds).toEqual({ x0: 295, y0: 102, x1: 306, y1: 122 });
    expect(changed).toEqual({ rsiz: { width: 11, height: 20 } });
  });

  test('beside the frame is empty', () => {
    const { bounds } = resolveWindow(SIZ, 3, { fsiz: { width: 301, height: 200 }, roff: { x: 400, y: 0 } })!;
    expect(bounds.x1).toBe(bounds.x0);
  });

  test.each([
    [2 ** 52, 2 ** 52],
    [Number.MAX_SAFE_INTEGER, 1],
    [0, 0],
  ])('of a frame of %i x %i is worked out exactly', (width, height) => {
    const { bounds, frame } = resolveWindow(SIZ, 3, {
      fsiz: { width, height },
      roff: { x: Math.floor(width / 2), y: 0 },
      rsiz: { width: 1, height },
    })!;
    expect(bounds.x1 - bounds.x0).toBeLessThanOrEqual(width === 0 ? 0 : frame.width);
    if (width === 2 ** 52) expect(bounds).toMatchObject({ x0: 5 + 150, x1: 5 + 151 });
  });

  test('is none without fsiz', () => {
    expect(resolveWindow(SIZ, 3, { roff: { x: 1, y: 1 } })).toBe(undefined);
  });
});
