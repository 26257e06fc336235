import { describe, expect, test } from 'vitest';
import {
  joinTileHeaders,
  progressionChangesOf,
  tileComponentParametersOf,
} from '../../../src/codec/codestream/coding-parameters.ts';
import { type MainHeader, readMainHeader } from '../../../src/codec/codestream/main-header.ts';
import { readSot, readTilePart, type TilePart } from '../../../src/codec/codestream/tile-part.ts';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import { DEFAULT_LIMITS } from '../../../src/codec/limits.ts';
import { ReadWindow } from '../../../src/codec/read-window.ts';
import { readNow } from '../../../src/codec/source.ts';
import { be, hex, join } from '../../support/codestream.ts';
import { failureOf } from '../../support/failure.ts';

const sot = (text: string, numTiles = 4) => {
  const bytes = join(hex('00 00'), hex(text));
  return readNow(readSot(new ReadWindow(Number.POSITIVE_INFINITY, bytes.length), 2, numTiles), bytes);
};

function tilePart(header: string, log = new DiagnosticLog()): TilePart {
  const bytes = join(hex('FF90 000A 0001 00000000 02 03'), hex(header), hex('FF93 1122'));
  const window = new ReadWindow(Number.POSITIVE_INFINITY, bytes.length);
  const found = readNow(readSot(window, 0, 4), bytes)!;
  return readNow(readTilePart(window, found, 7, bytes.length, 3, log), bytes);
}

describe('SOT (A.4.2)', () => {
  test('is read field by field', () => {
    // Lsot 10, Isot 3, Psot 0x1234, TPsot 2, TNsot 5
    expect(sot('FF90 000A 0003 00001234 02 05')).toEqual({ offset: 2, isot: 3, psot: 0x1234, tpsot: 2, tnsot: 5 });
    expect(sot('FF90 000A 0000 FFFFFFFF FF FF')).toMatchObject({ psot: 2 ** 32 - 1, tpsot: 255, tnsot: 255 });
  });

  test('is not there where something else stands or bytes end', () => {
    expect(sot('FFD9 000A 0003 00001234 02 05')).toBeUndefined();
    expect(sot('FF90 000A 0003 00001234 02')).toBeUndefined();
  });

  test('Psot may be 0, or at least what SOT and SOD take', () => {
    expect(sot('FF90 000A 0000 00000000 00 01')!.psot).toBe(0);
    expect(sot('FF90 000A 0000 0000000E 00 01')!.psot).toBe(14);
  });

  test.each([
    ['a length that is not 10', 'FF90 000B 0000 00000000 00 01', 'marker-length', 2],
    ['a tile beyond the grid', 'FF90 000A 0004 00000000 00 01', 'sot-value', 6],
    ['a Psot that cannot hold its own header', 'FF90 000A 0000 0000000D 00 01', 'sot-value', 8],
  ])('with %s is refused', (_, text, code, offset) => {
    expect(failureOf(() => sot(text))).toEqual({ kind: 'malformed', code, offset, clause: '15444-1 A.4.2' });
  });
});

describe('a tile-part header (A.4.2)', () => {
  test('ends with SOD, behind which packets stand', () => {
    const part = tilePart('FF58 0004 00 05  FF61 0004 00 80  FF64 0005 0001 41');
    expect(part).toMatchObject({ isot: 1, tpsot: 2, tnsot: 3, ordinal: 7 });
    expect(part.dataStart).toBe(12 + 6 + 6 + 7 + 2);
    expect(part.end).toBe(part.dataStart + 2);
    expect(part.segments.plt).toMatchObject([{ index: 0, bytes: hex('05') }]);
    expect(part.segments.ppt).toMatchObject([{ index: 0, bytes: hex('80') }]);
    expect(part.segments.com.map((c) => c.text)).toEqual(['A']);
  });

  test.each([
    ['SIZ', 'FF51 0004 0000'],
    ['CAP', 'FF50 0006 00000000'],
    ['PRF', 'FF56 0004 0000'],
    ['CPF', 'FF59 0004 0000'],
    ['TLM', 'FF55 0004 00 00'],
    ['PLM', 'FF57 0004 00 00'],
    ['PPM', 'FF60 0004 00 00'],
    ['CRG', 'FF63 0006 0000 0000'],
  ])('leaves out %s, which belongs to the main header', (_, text) => {
    const log = new DiagnosticLog();
    const { segments } = tilePart(text, log);
    expect(log.list).toMatchObject([{ code: 'marker-order', offset: 12 }]);
    expect([segments.siz, segments.cap, segments.tlm.length, segments.plm.length, segments.ppm.length]).toEqual([
      undefined,
      undefined,
      0,
      0,
      0,
    ]);
  });

  test('skips unknown segments and says so', () => {
    const log = new DiagnosticLog();
    tilePart('FF70 0003 00', log);
    expect(log.list).toMatchObject([{ code: 'marker-unknown', offset: 12 }]);
  });

  test.each([
    ['SOT instead of SOD', 'FF90 000A 0001 00000000 02 03', 'marker-order', 12, '15444-1 A.4.3'],
    ['EOC instead of SOD', 'FFD9', 'marker-order', 12, '15444-1 A.4.3'],
    ['a component that is not there', 'FF53 0009 03 00 00 04 04 00 01', 'component-index', 16, '15444-1 A.6.2'],
  ])('with %s is refused', (_, text, code, offset, clause) => {
    expect(failureOf(() => tilePart(text))).toEqual({ kind: 'malformed', code, offset, clause });
  });
});

describe('which parameters hold for a tile-component (A.6)', () => {
  /** COD and COC are told apart by their number of decomposition levels, QCD and QCC by their first exponent. */
  const cod = (levels: number): Uint8Array => join(hex('FF52 000C 00 00 0001 00'), be(levels, 1), hex('04 04 00 01'));
  const coc = (c: number, levels: number): Uint8Array =>
    join(hex('FF53 0009'), be(c, 1), hex('00'), be(levels, 1), hex('04 04 00 01'));
  const qcd = (epsilon: number): Uint8Array => join(hex('FF5C 0004 40'), be(epsilon << 3, 1));
  const qcc = (c: number, epsilon: number): Uint8Array =>
    join(hex('FF5D 0005'), be(c, 1), hex('40'), be(epsilon << 3, 1));
  const rgn = (c: number, shift: number): Uint8Array => join(hex('FF5E 0005'), be(c, 1), hex('00'), be(shift, 1));
  const poc = (layerEnd: number): Uint8Array => join(hex('FF5F 0009 00 00'), be(layerEnd, 2), hex('21 03 00'));

  const SIZ = hex(`FF51 002F 0000 00000010 00000010 00000000 00000000 00000010 00000010 00000000 00000000
    0003 07 01 01 07 01 01 07 01 01`);

  function mainOf(...segments: Uint8Array[]): MainHeader {
    const bytes = join(hex('FF4F'), SIZ, ...segments, hex('FF90 0000'));
    const window = new ReadWindow(Number.POSITIVE_INFINITY, bytes.length);
    return readNow(readMainHeader(window, 0, DEFAULT_LIMITS, new DiagnosticLog(true)), bytes);
  }

  function partOf(...segments: Uint8Array[]): TilePart {
    const bytes = join(hex('FF90 000A 0000 00000000 00 01'), ...segments, hex('FF93'));
    const window = new ReadWindow(Number.POSITIVE_INFINITY, bytes.length);
    const found = readNow(readSot(window, 0, 1), bytes)!;
    return readNow(readTilePart(window, found, 0, bytes.length, 3, new DiagnosticLog(true)), bytes);
  }

  function levelsOf(main: MainHeader, ...parts: TilePart[]): number[] {
    const tile = joinTileHeaders(main, 0, parts);
    return [0, 1, 2].map((c) => tileComponentParametersOf(main, tile, c).style.numDecompositionLevels);
  }

  function exponentsOf(main: MainHeader, ...parts: TilePart[]): number[] {
    const tile = joinTileHeaders(main, 0, parts);
    return [0, 1, 2].map((c) => tileComponentParametersOf(main, tile, c).quantization.epsilon[0]!);
  }

  test('tile COC over tile COD over main COC over main COD', () => {
    const plain = mainOf(cod(1), qcd(1));
    const special = mainOf(cod(1), coc(1, 2), qcd(1));
    expect(levelsOf(plain)).toEqual([1, 1, 1]);
    expect(levelsOf(special)).toEqual([1, 2, 1]);
    expect(levelsOf(special, partOf(cod(3)))).toEqual([3, 3, 3]);
    expect(levelsOf(special, partOf(cod(3), coc(2, 4)))).toEqual([3, 3, 4]);
    expect(levelsOf(special, partOf(coc(2, 4), cod(3)))).toEqual([3, 3, 4]);
    expect(levelsOf(special, partOf(coc(0, 4)))).toEqual([4, 2, 1]);
    // the order of COD and COC within one header does not matter
    expect(levelsOf(mainOf(coc(1, 2), cod(1), qcd(1)))).toEqual([1, 2, 1]);
  });

  test('tile QCC over tile QCD over main QCC over main QCD', () => {
    const main = mainOf(cod(0), qcd(1), qcc(1, 2));
    expect(exponentsOf(main)).toEqual([1, 2, 1]);
    expect(exponentsOf(main, partOf(qcd(3)))).toEqual([3, 3, 3]);
    expect(exponentsOf(main, partOf(qcd(3), qcc(2, 4)))).toEqual([3, 3, 4]);
    expect(exponentsOf(main, partOf(qcc(0, 4)))).toEqual([4, 2, 1]);
  });

  test('RGN of the tile over RGN of the main header, and none is a shift of 0', () => {
    const main = mainOf(cod(0), qcd(1), rgn(0, 5), rgn(1, 6));
    const tile = joinTileHeaders(main, 0, [partOf(rgn(1, 7))]);
    expect([0, 1, 2].map((c) => tileComponentParametersOf(main, tile, c).roiShift)).toEqual([5, 7, 0]);
  });

  test('layers and progression are those of the tile where it says them', () => {
    const main = mainOf(cod(1), qcd(1));
    const own = partOf(hex('FF52 000C 06 03 0005 01 01 04 04 00 01'));
    expect(joinTileHeaders(main, 0, [own]).cod).toMatchObject({
      numLayers: 5,
      progression: 'PCRL',
      sop: true,
      eph: true,
      mct: true,
    });
    expect(joinTileHeaders(main, 0, [partOf()]).cod).toBe(main.cod);
  });

  test('POC of the tile, of all its tile-parts, over POC of the main header (A.6.6)', () => {
    const main = mainOf(cod(1), qcd(1), poc(1));
    const ends = (...parts: TilePart[]): number[] =>
      progressionChangesOf(main, joinTileHeaders(main, 0, parts)).map((change) => change.layerEnd);
    expect(ends()).toEqual([1]);
    expect(ends(partOf(poc(2)), partOf(), partOf(poc(3)))).toEqual([2, 3]);
  });

  test('what later tile-parts say is added to what the first said', () => {
    const main = mainOf(cod(1), qcd(1));
    expect(levelsOf(main, partOf(coc(0, 2)), partOf(coc(1, 3)))).toEqual([2, 3, 1]);
  });
});
