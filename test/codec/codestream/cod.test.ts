import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../../src/codec/bits/byte-reader.ts';
import { PROGRESSIONS, ppxOf, ppyOf, readCoc, readCod } from '../../../src/codec/codestream/cod.ts';
import { hex } from '../../support/codestream.ts';
import { failureOf } from '../../support/failure.ts';

const cod = (text: string) => readCod(new ByteReader(hex(text), 500));
const coc = (text: string, numComponents: number) => readCoc(new ByteReader(hex(text), 500), numComponents);

describe('COD (A.6.1)', () => {
  test('is read field by field, with precincts', () => {
    const found = cod(
      `
      07    # Scod: precincts, SOP, EPH
      02    # RPCL
      0102  # 258 layers
      01    # RCT or ICT
      02    # two decomposition levels
      04 03 # code-blocks of 64 x 32
      3F    # all styles of Part 1
      01    # 5/3
      75 86 F9 # precincts 2^5 x 2^7, 2^6 x 2^8, 2^9 x 2^15
    `.replace(/#.*/g, ''),
    );
    expect(found).toEqual({
      sop: true,
      eph: true,
      progression: 'RPCL',
      numLayers: 258,
      mct: true,
      style: {
        numDecompositionLevels: 2,
        xcb: 6,
        ycb: 5,
        codeBlockStyle: 0x3f,
        reversible: true,
        precincts: [0x75, 0x86, 0xf9],
      },
    });
    expect([0, 1, 2].map((r) => [ppxOf(found.style, r), ppyOf(found.style, r)])).toEqual([
      [5, 7],
      [6, 8],
      [9, 15],
    ]);
  });

  test('without precincts they are as large as can be', () => {
    const found = cod('00 00 0001 00 20 00 00 00 00'); // 32 levels, code-blocks of 4 x 4, 9/7
    expect(found).toMatchObject({ sop: false, eph: false, progression: 'LRCP', mct: false });
    expect(found.style).toMatchObject({ numDecompositionLevels: 32, xcb: 2, ycb: 2, reversible: false });
    expect(found.style.precincts).toBeUndefined();
    expect([ppxOf(found.style, 32), ppyOf(found.style, 0)]).toEqual([15, 15]);
  });

  test.each(PROGRESSIONS.map((name, k) => [name, k] as const))('%s is progression order %i', (name, k) => {
    expect(cod(`00 0${k} 0001 00 00 04 04 00 01`).progression).toBe(name);
  });

  test.each([
    ['an unknown progression order', '00 05 0001 00 00 04 04 00 01', 'cod-value', 501],
    ['no layer', '00 00 0000 00 00 04 04 00 01', 'cod-value', 502],
    ['33 decomposition levels', '00 00 0001 00 21 04 04 00 01', 'cod-value', 505],
    ['code-blocks wider than 1024', '00 00 0001 00 00 09 00 00 01', 'cod-value', 506],
    ['code-blocks higher than 1024', '00 00 0001 00 00 00 09 00 01', 'cod-value', 506],
    ['code-blocks of more than 4096 samples', '00 00 0001 00 00 05 04 00 01', 'cod-value', 506],
    ['too few precincts', '01 00 0001 00 02 04 04 00 01 88 88', 'cod-length', 510],
    ['an empty precinct exponent above the lowest level', '01 00 0001 00 01 04 04 00 01 00 08', 'cod-value', 511],
    ['another one', '01 00 0001 00 02 04 04 00 01 00 88 80', 'cod-value', 512],
  ])('with %s is refused', (_, text, code, offset) => {
    expect(failureOf(() => cod(text))).toEqual({ kind: 'malformed', code, offset, clause: '15444-1 A.6.1' });
  });

  test.each([
    ['a component transform of Part 2', '00 00 0001 02 00 04 04 00 01', 504],
    ['a filter of Part 2', '00 00 0001 00 00 04 04 00 02', 509],
  ])('%s is legal elsewhere, so it is unsupported', (_, text, offset) => {
    const failure = { kind: 'unsupported', code: 'cod-value', offset, clause: '15444-1 A.6.1' };
    expect(failureOf(() => cod(text))).toEqual(failure);
  });

  test('precincts of one sample are legal at the lowest level', () => {
    expect(cod('01 00 0001 00 01 04 04 00 01 00 11').style.precincts).toEqual([0, 0x11]);
  });

  test('cut anywhere is out-of-bytes, with the place', () => {
    const bytes = hex('00 00 0001 00 00 04 04 00 01');
    for (let length = 0; length < bytes.length; length++) {
      const failure = failureOf(() => readCod(new ByteReader(bytes.subarray(0, length), 500, '15444-1 A.1.1')));
      expect(failure).toMatchObject({ code: 'out-of-bytes', clause: '15444-1 A.1.1' });
      expect(failure.offset).toBeLessThanOrEqual(500 + length);
    }
  });
});

describe('COC (A.6.2)', () => {
  test('takes one byte for the component up to 256 components, two from 257', () => {
    const style = { numDecompositionLevels: 0, xcb: 6, ycb: 6, codeBlockStyle: 0, reversible: true, precincts: [0x88] };
    expect(coc('FF 01 00 04 04 00 01 88', 256)).toEqual({ component: 255, style });
    expect(coc('0100 01 00 04 04 00 01 88', 257)).toEqual({ component: 256, style });
  });

  test.each([
    ['a component that is not there', '03 00 00 04 04 00 01', 3, 'component-index', 500],
    ['a component that is not there, in two bytes', '0101 00 00 04 04 00 01', 257, 'component-index', 500],
    ['33 decomposition levels', '02 00 21 04 04 00 01', 3, 'cod-value', 502],
    ['too few precincts', '02 01 01 04 04 00 01 88', 3, 'cod-length', 507],
  ])('with %s is refused', (_, text, numComponents, code, offset) => {
    const failure = failureOf(() => coc(text, numComponents));
    expect(failure).toEqual({ kind: 'malformed', code, offset, clause: '15444-1 A.6.2' });
  });
});
