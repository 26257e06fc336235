import { describe, expect, test } from 'vitest';
import { componentsOf, expandPalette, joinInputs, plainInput } from '../../../src/cli/formats/input-picture.ts';

const plain = (width: number, height: number, data: Uint8Array) =>
  plainInput({ width, height, channels: data.length / (width * height), precision: 8, signed: false, data });

describe('components of an input', () => {
  test('come one by one from any layout', () => {
    const interleaved = { width: 2, height: 1, channels: 2, precision: 8, data: Uint8Array.of(1, 2, 3, 4) };
    const expected = [
      { width: 2, height: 1, dx: 1, dy: 1, precision: 8, signed: false, data: Uint8Array.of(1, 3) },
      { width: 2, height: 1, dx: 1, dy: 1, precision: 8, signed: false, data: Uint8Array.of(2, 4) },
    ];
    expect(componentsOf(interleaved)).toEqual(expected);
    expect(componentsOf({ ...interleaved, layout: 'planar', data: Uint8Array.of(1, 3, 2, 4) })).toEqual(expected);
    expect(componentsOf({ width: 2, height: 1, planes: expected })).toEqual(expected);
  });
});

describe('files joined to one picture', () => {
  test('are its components in their order, smaller ones subsampled', () => {
    const { image } = joinInputs([
      plain(5, 4, new Uint8Array(20)),
      plain(3, 2, new Uint8Array(6)),
      plain(5, 2, new Uint8Array(10)),
    ]);
    expect(image).toMatchObject({ width: 5, height: 4 });
    expect(image.planes?.map((p) => [p.dx, p.dy])).toEqual([
      [1, 1],
      [2, 2],
      [1, 2],
    ]);
  });

  test('have the sizes that the place of the picture gives them', () => {
    // points 1 to 5: even ones are 2 and 4
    const inputs = [plain(5, 1, new Uint8Array(5)), plain(2, 1, new Uint8Array(2))];
    expect(joinInputs(inputs, { x: 1, y: 0 }).image.planes?.[1].dx).toBe(2);
    expect(componentsOf(joinInputs(inputs, { x: 1, y: 0 }).image, { x: 1, y: 0 })[1].width).toBe(2);
  });

  test('that fit by no distance are refused', () => {
    expect(() => joinInputs([plain(10, 1, new Uint8Array(10)), plain(9, 1, new Uint8Array(9))])).toThrow(
      'does not fit',
    );
  });
});

describe('a palette', () => {
  const columns = [1, 2, 3].map((k) => ({ precision: 8, entries: Uint8Array.of(k, 10 * k) }));

  test('expands to the colours that indices stand for; those beyond it to the last', () => {
    const input = { ...plain(3, 1, Uint8Array.of(0, 1, 7)), colour: { palette: { columns } } };
    const { image, colour } = expandPalette(input);
    expect(colour).toEqual({});
    expect(image.planes?.map((p) => Array.from(p.data))).toEqual([
      [1, 10, 10],
      [2, 20, 20],
      [3, 30, 30],
    ]);
  });

  test('is left alone where there is none', () => {
    const input = plain(1, 1, Uint8Array.of(0));
    expect(expandPalette(input)).toBe(input);
  });
});
