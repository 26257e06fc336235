import { describe, expect, test } from 'vitest';
import { type MainHeader, readMainHeader } from '../../../src/codec/codestream/main-header.ts';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../src/codec/limits.ts';
import { ReadWindow } from '../../../src/codec/read-window.ts';
import { readNow } from '../../../src/codec/source.ts';
import { be, hex, join } from '../../support/codestream.ts';
import { failureOf } from '../../support/failure.ts';

const SOC = hex('FF4F');
const SIZ = hex(`FF51 0029 0000 00000010 00000010 00000000 00000000 00000010 00000010 00000000 00000000
  0001 07 01 01`); // 16 x 16, one tile, one component of 8 bits
const COD = hex('FF52 000C 00 00 0001 00 01 04 04 00 01');
const QCD = hex('FF5C 0007 40 40 48 48 50');
const SOT = hex('FF90 000A 0000 00000000 00 01');
/** Where COD begins when it follows SIZ. */
const AFTER_SIZ = 2 + SIZ.length;

function read(
  bytes: Uint8Array,
  limits: Partial<Limits> = {},
  strict = false,
): { main: MainHeader; log: DiagnosticLog } {
  const log = new DiagnosticLog(strict);
  const window = new ReadWindow(Number.POSITIVE_INFINITY, bytes.length);
  return { main: readNow(readMainHeader(window, 0, { ...DEFAULT_LIMITS, ...limits }, log), bytes), log };
}

/** SIZ for some numbers of components and tiles. */
function sizOf(components: number, tilesWide = 1): Uint8Array {
  const head = join(
    hex('0000'),
    be(16 * tilesWide, 4),
    hex('00000010 00000000 00000000 00000010 00000010 00000000 00000000'),
  );
  const entries = Array.from({ length: components }, () => hex('07 01 01'));
  return join(hex('FF51'), be(38 + 3 * components, 2), head, be(components, 2), ...entries);
}

describe('the main header (A.3)', () => {
  test('ends at the first SOT and remembers every segment', () => {
    const com = hex('FF64 0006 0001 4869'); // "Hi"
    const { main, log } = read(join(SOC, SIZ, COD, QCD, com, SOT));
    expect(main).toMatchObject({ offset: 0, end: 2 + SIZ.length + COD.length + QCD.length + com.length });
    expect(main.segments.places).toEqual([
      { marker: 0xff51, offset: 2, length: SIZ.length },
      { marker: 0xff52, offset: AFTER_SIZ, length: COD.length },
      { marker: 0xff5c, offset: AFTER_SIZ + COD.length, length: QCD.length },
      { marker: 0xff64, offset: AFTER_SIZ + COD.length + QCD.length, length: com.length },
    ]);
    expect(main.segments.com.map((c) => c.text)).toEqual(['Hi']);
    expect(log.list).toEqual([]);
  });

  test('may hold its segments in any order after SIZ', () => {
    expect(read(join(SOC, SIZ, QCD, COD, SOT)).main.cod.numLayers).toBe(1);
  });

  test('holds every optional segment', () => {
    const { main, log } = read(
      join(
        ...[SOC, SIZ, COD, QCD],
        hex('FF50 0008 00020000 0000'), // CAP
        hex('FF56 0004 0102'), // PRF
        hex('FF59 0004 0304'), // CPF
        hex('FF53 0009 00 00 00 04 04 00 01'), // COC of component 0
        hex('FF5D 0005 00 40 40'), // QCC of component 0
        hex('FF5E 0005 00 00 07'), // RGN of component 0
        hex('FF5F 0009 00 00 0001 02 01 00'), // POC
        hex('FF55 0006 00 00 0064'), // TLM
        hex('FF57 0005 00 01 05'), // PLM
        hex('FF60 0008 00 00000001 80'), // PPM
        hex('FF63 0006 0001 0002'), // CRG
        SOT,
      ),
    );
    const { segments } = main;
    expect(segments.cap).toEqual({ pcap: 0x20000, ccap: [0] });
    expect([segments.prf, segments.cpf]).toEqual([[0x102], [0x304]]);
    expect(segments.coc.get(0)!.numDecompositionLevels).toBe(0);
    expect(segments.qcc.get(0)!.epsilon).toEqual([8]);
    expect(segments.rgn.get(0)).toBe(7);
    expect(segments.poc).toHaveLength(1);
    expect(segments.tlm[0]!.entries).toEqual([{ tile: undefined, length: 100 }]);
    expect(segments.plm[0]!.bytes).toEqual(hex('01 05'));
    expect(segments.ppm[0]!.bytes).toEqual(hex('00000001 80'));
    expect(segments.crg).toEqual([{ xcrg: 1, ycrg: 2 }]);
    expect(log.list).toEqual([]);
  });

  test('skips unknown segments and says so', () => {
    const { main, log } = read(join(SOC, SIZ, hex('FF6F 0005 010203'), COD, QCD, SOT));
    expect(main.cod.numLayers).toBe(1);
    expect(log.list).toEqual([
      { code: 'marker-unknown', message: expect.any(String), offset: AFTER_SIZ, clause: '15444-1 A.1.1' },
    ]);
    // legal, so no error in strict decodes either
    const strict = read(join(SOC, SIZ, hex('FF6F 0002'), COD, QCD, SOT), {}, true);
    expect(strict.log.list).toMatchObject([{ code: 'marker-unknown', offset: AFTER_SIZ }]);
  });

  test('skips markers without a length, 0xFF30 to 0xFF3F (A.1.2)', () => {
    const { main, log } = read(join(SOC, SIZ, hex('FF30 FF3F'), COD, QCD, SOT));
    expect(main.end).toBe(2 + SIZ.length + 4 + COD.length + QCD.length);
    expect(log.list).toEqual([]);
  });

  test.each([
    ['PLT', 'FF58 0004 00 05'],
    ['PPT', 'FF61 0004 00 80'],
  ])('leaves out %s, which belongs to tile-parts', (_, text) => {
    const { main, log } = read(join(SOC, SIZ, COD, QCD, hex(text), SOT));
    expect([main.segments.plt, main.segments.ppt]).toEqual([[], []]);
    expect(log.list).toMatchObject([{ code: 'marker-order', offset: AFTER_SIZ + COD.length + QCD.length }]);
  });

  test.each([
    ['COD', COD],
    ['QCD', QCD],
  ])('takes the last of two %s and says so', (_, segment) => {
    const { log } = read(join(SOC, SIZ, COD, QCD, segment, SOT));
    expect(log.list).toMatchObject([{ code: 'marker-duplicate', offset: AFTER_SIZ + COD.length + QCD.length }]);
  });

  test('drops a broken TLM, which is only an aid', () => {
    const { main, log } = read(join(SOC, SIZ, COD, QCD, hex('FF55 0005 00 30 00'), SOT));
    expect(main.segments.tlm).toEqual([]);
    expect(log.list).toMatchObject([{ code: 'tlm-value' }]);
  });

  test.each([
    ['nothing', '', 'not-jpeg2000', 0, '15444-1 A.4.1'],
    ['something else than SOC', 'FFD8 FFE0', 'not-jpeg2000', 0, '15444-1 A.4.1'],
    ['SOC alone', 'FF4F', 'marker-order', 2, '15444-1 A.5.1'],
    ['COD before SIZ', 'FF4F FF52 000C 00 00 0001 00 01 04 04 00 01', 'marker-order', 2, '15444-1 A.5.1'],
  ])('beginning with %s is refused', (_, text, code, offset, clause) => {
    expect(failureOf(() => read(hex(text)))).toEqual({ kind: 'malformed', code, offset, clause });
  });

  test.each([
    ['a second SIZ', [SIZ], 'marker-duplicate', 0, '15444-1 A.5.1'],
    ['something that is no marker', [hex('1234 0002')], 'marker-missing', 0, '15444-1 A.1.2'],
    ['a length below 2', [hex('FF64 0001')], 'marker-length', 2, '15444-1 A.1.1'],
    ['a second SOC', [hex('FF4F')], 'marker-order', 0, undefined],
    ['EPH', [hex('FF92')], 'marker-order', 0, undefined],
    ['SOD after its segments', [COD, QCD, hex('FF93')], 'marker-order', COD.length + QCD.length, '15444-1 A.4.3'],
    ['no COD', [QCD, SOT], 'marker-missing', QCD.length, '15444-1 A.3'],
    ['no QCD', [COD, SOT], 'marker-missing', COD.length, '15444-1 A.3'],
    ['no end', [COD], 'out-of-bytes', COD.length, '15444-1 A.3'],
    [
      'a segment cut short',
      [COD, QCD, hex('FF64 0008 0001')],
      'out-of-bytes',
      COD.length + QCD.length,
      '15444-1 A.1.1',
    ],
    ['a COD that is too short', [hex('FF52 0006 00 00 0001')], 'out-of-bytes', 8, '15444-1 A.1.1'],
  ] as const)('with %s is refused', (_, segments, code, offset, clause) => {
    const failure = failureOf(() => read(join(SOC, SIZ, ...segments)));
    expect(failure).toEqual({ kind: 'malformed', code, offset: AFTER_SIZ + offset, clause });
  });

  test('more tiles than the syntax can number are refused', () => {
    const bytes = join(SOC, sizOf(1, 65536), COD, QCD, SOT);
    expect(failureOf(() => read(bytes))).toMatchObject({ kind: 'malformed', code: 'siz-value', offset: 4 });
    expect(read(join(SOC, sizOf(1, 65535), COD, QCD, SOT)).main.siz.xsiz).toBe(65535 * 16);
  });

  test('limits on tiles and components are checked', () => {
    const bytes = join(SOC, sizOf(5, 7), COD, QCD, SOT);
    expect(failureOf(() => read(bytes, { tiles: 6 }))).toMatchObject({ kind: 'limit', code: 'limit-tiles' });
    expect(failureOf(() => read(bytes, { components: 4 }))).toMatchObject({ kind: 'limit', code: 'limit-components' });
    expect(read(bytes, { tiles: 7, components: 5 }).main.siz.components).toHaveLength(5);
  });

  test.each([
    [256, 'FF53 0009 FF 00 03 04 04 00 01', 'FF5D 0005 FF 40 40', 'FF5E 0005 FF 00 07', 255],
    [257, 'FF53 000A 0100 00 03 04 04 00 01', 'FF5D 0006 0100 40 40', 'FF5E 0006 0100 00 07', 256],
  ])('with %i components the component index has its width', (components, coc, qcc, rgn, index) => {
    const { main } = read(join(SOC, sizOf(components), COD, QCD, hex(coc), hex(qcc), hex(rgn), SOT));
    expect([...main.segments.coc.keys()]).toEqual([index]);
    expect(main.segments.coc.get(index)!.numDecompositionLevels).toBe(3);
    expect([...main.segments.qcc.keys()]).toEqual([index]);
    expect([...main.segments.rgn]).toEqual([[index, 7]]);
  });
});
