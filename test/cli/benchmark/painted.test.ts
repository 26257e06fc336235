import { describe, expect, test } from 'vitest';
import { paint, parsePaintedKind } from '../../../src/cli/benchmark/painted.ts';
import { encodeSync } from '../../../src/index.ts';

describe('kinds', () => {
  test.each([
    ['rgb8:640x480', { space: 'rgb', precision: 8, width: 640, height: 480 }],
    ['GREY16:512', { space: 'grey', precision: 16, width: 512, height: 512 }],
    ['gray1:3x4', { space: 'grey', precision: 1, width: 3, height: 4 }],
  ])('%s', (text, kind) => {
    expect(parsePaintedKind(text)).toEqual(kind);
  });

  test.each(['', 'rgb', 'rgb8', 'cmyk8:2x2', 'rgb0:2x2', 'rgb17:2x2', 'rgb8:0x5', 'rgb8:2x2x2', 'rgb8:99999x99999'])(
    'not "%s"',
    (text) => {
      expect(() => parsePaintedKind(text)).toThrow(/--generate|too large/);
    },
  );
});

describe('pictures', () => {
  test.each(['rgb8:70x50', 'grey16:33x65', 'grey1:400x400', 'rgb12:64x64'])(
    '%s: the same each time, in range',
    (text) => {
      const kind = parsePaintedKind(text);
      const { width, height, channels = 1, data, precision } = paint(kind);
      expect({ width, height, precision }).toEqual({
        width: kind.width,
        height: kind.height,
        precision: kind.precision,
      });
      expect(data).toHaveLength(width * height * channels);
      expect(data).toEqual(paint(kind).data);
      expect(data!.every((value) => value < 2 ** kind.precision)).toBe(true);
      expect(new Set(data).size).toBeGreaterThan(1);
    },
  );

  test('are about as hard to code as photographs: neither flat nor noise', () => {
    const { ratio } = encodeSync(paint(parsePaintedKind('rgb8:256x256')));
    expect(ratio).toBeGreaterThan(1.5);
    expect(ratio).toBeLessThan(4);
  });
});
