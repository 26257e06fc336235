import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../../src/codec/bits/byte-reader.ts';
import { ByteWriter } from '../../../src/codec/bits/byte-writer.ts';
import { type Cap, readCap, readProfileWords, writeCap, writeProfileWords } from '../../../src/codec/codestream/cap.ts';
import { type Cod, PROGRESSIONS, readCoc, readCod, writeCoc, writeCod } from '../../../src/codec/codestream/cod.ts';
import { commentOf, readCom, writeCom } from '../../../src/codec/codestream/com.ts';
import { readCrg, writeCrg } from '../../../src/codec/codestream/crg.ts';
import { emptySegments } from '../../../src/codec/codestream/header-segments.ts';
import { type MainHeader, readMainHeader, writeMainSegments } from '../../../src/codec/codestream/main-header.ts';
import { PPT } from '../../../src/codec/codestream/markers.ts';
import {
  type IndexedBytes,
  joinIndexed,
  packetLengthBytes,
  plmLength,
  pltLength,
  readIndexedBytes,
  readPacketLengths,
  splitPlm,
  writePlm,
  writePlt,
} from '../../../src/codec/codestream/plt.ts';
import { type ProgressionChange, readPoc, writePoc } from '../../../src/codec/codestream/poc.ts';
import { ppmLength, pptLength, splitPpm, writePpm, writePpt } from '../../../src/codec/codestream/ppm.ts';
import { type Quantization, readQcc, readQcd, writeQcc, writeQcd } from '../../../src/codec/codestream/qcd.ts';
import { readRgn, writeRgn } from '../../../src/codec/codestream/rgn.ts';
import { readSiz, type Siz, writeSiz } from '../../../src/codec/codestream/siz.ts';
import { readSot, readTilePart, writeSot, writeTileSegments } from '../../../src/codec/codestream/tile-part.ts';
import { readTlm, tlmLength, writeTlm } from '../../../src/codec/codestream/tlm.ts';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import { DEFAULT_LIMITS } from '../../../src/codec/limits.ts';
import { ReadWindow } from '../../../src/codec/read-window.ts';
import { readNow } from '../../../src/codec/source.ts';
import { codingStyles, sizes } from '../../arbitraries/canvas.ts';
import { be, hex, join, markerOf } from '../../support/codestream.ts';
import { failureOf } from '../../support/failure.ts';

/** What a writer writes. */
function written(write: (w: ByteWriter) => void): Uint8Array {
  const w = new ByteWriter(1);
  write(w);
  return w.take();
}

/** The segments that a writer writes, each as marker and parameters; their lengths must be right. */
function segmentsOf(bytes: Uint8Array): { marker: number; parameters: ByteReader }[] {
  const list = [];
  for (let at = 0; at < bytes.length; ) {
    const length = markerOf(bytes, at + 2);
    expect(length).toBeGreaterThanOrEqual(2);
    expect(at + 2 + length).toBeLessThanOrEqual(bytes.length);
    list.push({ marker: markerOf(bytes, at), parameters: new ByteReader(bytes.subarray(at + 4, at + 2 + length)) });
    at += 2 + length;
  }
  return list;
}

/** Parameters of the one segment that a writer writes. */
function parametersOf(marker: number, write: (w: ByteWriter) => void): ByteReader {
  const [first, ...more] = segmentsOf(written(write));
  expect(more).toEqual([]);
  expect(first!.marker).toBe(marker);
  return first!.parameters;
}

const u16 = fc.nat(65535);
const canvases = sizes({ offset: 2 ** 32 - 2, size: 2 ** 32 - 1, tile: 2 ** 32 - 1, sampling: 255, components: 6 });
const formats = fc.record({ precision: fc.integer({ min: 1, max: 38 }), signed: fc.boolean() });
const sizArbitrary: fc.Arbitrary<Siz> = fc.tuple(canvases, u16, fc.array(formats, { minLength: 6, maxLength: 6 })).map(
  ([siz, rsiz, list]): Siz => ({
    ...siz,
    rsiz,
    components: siz.components.map((c, k) => ({ ...c, ...list[k]! })),
  }),
);
const styles = fc.tuple(codingStyles(32), fc.nat(255)).map(([style, codeBlockStyle]) => ({ ...style, codeBlockStyle }));
const cods: fc.Arbitrary<Cod> = fc.record({
  sop: fc.boolean(),
  eph: fc.boolean(),
  progression: fc.constantFrom(...PROGRESSIONS),
  numLayers: fc.integer({ min: 1, max: 65535 }),
  mct: fc.boolean(),
  style: styles,
});
const steps = fc.tuple(fc.nat(31), fc.nat(2047));
const quantizations: fc.Arbitrary<Quantization> = fc
  .record({
    style: fc.constantFrom('none' as const, 'derived' as const, 'expounded' as const),
    guardBits: fc.nat(7),
    steps: fc.array(steps, { minLength: 1, maxLength: 97 }),
  })
  .map(({ style, guardBits, steps: list }) => {
    const own = style === 'derived' ? list.slice(0, 1) : list;
    return {
      style,
      guardBits,
      epsilon: own.map(([epsilon]) => epsilon),
      mu: own.map(([, mu]) => (style === 'none' ? 0 : mu)),
    };
  });
/** A number of components, and a component. */
const componentOf = fc
  .tuple(fc.constantFrom(1, 3, 256, 257, 16384), fc.nat())
  .map(([numComponents, k]) => ({ numComponents, component: k % numComponents }));
const capabilities: fc.Arbitrary<Cap> = fc.record({
  pcap: fc.nat(2 ** 32 - 1),
  ccap: fc.array(u16, { maxLength: 32 }),
});
const comments = fc
  .oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => String.fromCharCode(...bytes)),
  )
  .map(commentOf);

function changesOf(numComponents: number): fc.Arbitrary<ProgressionChange[]> {
  const change = fc
    .record({
      resolutionStart: fc.nat(32),
      resolutions: fc.integer({ min: 1, max: 33 }),
      componentStart: fc.nat(numComponents - 1),
      components: fc.integer({ min: 1, max: numComponents }),
      layerEnd: fc.integer({ min: 1, max: 65535 }),
      progression: fc.constantFrom(...PROGRESSIONS),
    })
    .map(({ resolutionStart, resolutions, componentStart, components, layerEnd, progression }) => ({
      resolutionStart,
      resolutionEnd: Math.min(33, resolutionStart + resolutions),
      componentStart,
      componentEnd: Math.min(numComponents, componentStart + components),
      layerEnd,
      progression,
    }));
  return fc.array(change, { minLength: 1, maxLength: 40 });
}

describe('a segment that is written is read back', () => {
  test('SIZ', () => {
    fc.assert(
      fc.property(sizArbitrary, (siz) => {
        expect(readSiz(parametersOf(0xff51, (w) => writeSiz(w, siz)))).toEqual(siz);
      }),
    );
  });

  test('CAP, PRF and CPF', () => {
    fc.assert(
      fc.property(capabilities, fc.array(u16), (cap, words) => {
        expect(readCap(parametersOf(0xff50, (w) => writeCap(w, cap)))).toEqual(cap);
        for (const marker of [0xff56, 0xff59]) {
          expect(readProfileWords(parametersOf(marker, (w) => writeProfileWords(w, marker, words)))).toEqual(words);
        }
      }),
    );
  });

  test('COD and COC', () => {
    fc.assert(
      fc.property(cods, componentOf, (cod, { component, numComponents }) => {
        expect(readCod(parametersOf(0xff52, (w) => writeCod(w, cod)))).toEqual(cod);
        const coc = { component, style: cod.style };
        const parameters = parametersOf(0xff53, (w) => writeCoc(w, coc, numComponents));
        expect(readCoc(parameters, numComponents)).toEqual(coc);
        expect(parameters.remaining).toBe(0);
      }),
    );
  });

  test('QCD and QCC', () => {
    fc.assert(
      fc.property(quantizations, componentOf, (quantization, { component, numComponents }) => {
        expect(readQcd(parametersOf(0xff5c, (w) => writeQcd(w, quantization)))).toEqual(quantization);
        const qcc = { component, quantization };
        expect(
          readQcc(
            parametersOf(0xff5d, (w) => writeQcc(w, qcc, numComponents)),
            numComponents,
          ),
        ).toEqual(qcc);
      }),
    );
  });

  test('RGN', () => {
    fc.assert(
      fc.property(componentOf, fc.nat(255), ({ component, numComponents }, shift) => {
        const rgn = { component, shift };
        expect(
          readRgn(
            parametersOf(0xff5e, (w) => writeRgn(w, rgn, numComponents)),
            numComponents,
          ),
        ).toEqual(rgn);
      }),
    );
  });

  test('POC, where all components of the one or two bytes are a 0', () => {
    const any = fc.constantFrom(1, 3, 255, 256, 257, 16384).chain((n) => fc.tuple(fc.constant(n), changesOf(n)));
    fc.assert(
      fc.property(any, ([numComponents, changes]) => {
        const parameters = parametersOf(0xff5f, (w) => writePoc(w, changes, numComponents));
        expect(readPoc(parameters, numComponents)).toEqual(changes);
      }),
    );
    const all = { resolutionStart: 0, resolutionEnd: 33, componentStart: 0, layerEnd: 1, progression: 'CPRL' as const };
    expect(written((w) => writePoc(w, [{ ...all, componentEnd: 256 }], 256))).toEqual(
      hex('FF5F 0009 00 00 0001 21 00 04'),
    );
    expect(written((w) => writePoc(w, [{ ...all, componentEnd: 256 }], 257))).toEqual(
      hex('FF5F 000B 00 0000 0001 21 0100 04'),
    );
    expect(written((w) => writePoc(w, [{ ...all, componentEnd: 16384 }], 16384))).toEqual(
      hex('FF5F 000B 00 0000 0001 21 0000 04'),
    );
    // beyond the components there is nothing
    expect(written((w) => writePoc(w, [{ ...all, componentEnd: 999 }], 3))).toEqual(
      hex('FF5F 0009 00 00 0001 21 03 04'),
    );
  });

  test('CRG and COM', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ xcrg: u16, ycrg: u16 })), comments, (crg, comment) => {
        expect(readCrg(parametersOf(0xff63, (w) => writeCrg(w, crg)))).toEqual(crg);
        expect(readCom(parametersOf(0xff64, (w) => writeCom(w, comment)))).toEqual(comment);
      }),
    );
  });

  test('SOT', () => {
    const sots = fc.record({
      isot: fc.nat(65534),
      psot: fc.integer({ min: 14, max: 2 ** 32 - 1 }),
      tpsot: fc.nat(254),
      tnsot: fc.nat(255),
    });
    fc.assert(
      fc.property(sots, (sot) => {
        const bytes = written((w) => writeSot(w, sot));
        const window = new ReadWindow(Number.POSITIVE_INFINITY, bytes.length);
        expect(readNow(readSot(window, 0, 65535), bytes)).toEqual({ offset: 0, ...sot });
      }),
    );
  });
});

describe('a whole header that is written is read back', () => {
  const headers = fc
    .record({
      siz: sizArbitrary,
      cod: cods,
      qcd: quantizations,
      style: styles,
      quantization: quantizations,
      shift: fc.nat(37),
      crg: fc.record({ xcrg: u16, ycrg: u16 }),
      cap: fc.option(capabilities, { nil: undefined }),
      com: fc.array(comments, { maxLength: 3 }),
      poc: fc.option(changesOf(1), { nil: undefined }),
    })
    .map((h): MainHeader => {
      const segments = emptySegments();
      const last = h.siz.components.length - 1;
      if (h.cap) segments.cap = h.cap;
      segments.cod = h.cod;
      segments.qcd = h.qcd;
      segments.coc.set(last, h.style);
      segments.qcc.set(last, h.quantization);
      segments.rgn.set(0, h.shift);
      segments.crg = h.siz.components.map(() => h.crg);
      segments.com.push(...h.com);
      segments.poc.push(...(h.poc ?? []));
      return { siz: h.siz, cod: h.cod, qcd: h.qcd, segments, offset: 0, end: 0 };
    });

  test('the main header', () => {
    fc.assert(
      fc.property(headers, (main) => {
        const bytes = join(
          written((w) => writeMainSegments(w, main)),
          hex('FF90'),
        );
        const window = new ReadWindow(Number.POSITIVE_INFINITY, bytes.length);
        const limits = { ...DEFAULT_LIMITS, tiles: Number.POSITIVE_INFINITY };
        let read: MainHeader;
        try {
          read = readNow(readMainHeader(window, 0, limits, new DiagnosticLog(true)), bytes);
        } catch (error) {
          // random canvases often have too many tiles
          expect(error).toMatchObject({ code: 'siz-value' });
          return;
        }
        const { siz, cod, qcd } = main;
        const segments = { ...main.segments, siz, places: read.segments.places };
        expect(read).toEqual({ siz, cod, qcd, segments, offset: 0, end: bytes.length - 2 });
      }),
    );
  });

  test('what a tile says of its own', () => {
    fc.assert(
      fc.property(headers, ({ siz, segments }) => {
        const n = siz.components.length;
        const sot = { isot: 3, psot: 0, tpsot: 0, tnsot: 1 };
        const header = written((w) => {
          writeSot(w, sot);
          writeTileSegments(w, segments, n);
          w.u16(0xff93);
        });
        const window = new ReadWindow(Number.POSITIVE_INFINITY, header.length);
        const log = new DiagnosticLog(true);
        const part = readNow(readTilePart(window, { offset: 0, ...sot }, 0, header.length, n, log), header);
        const { cap: _, crg: __, ...own } = segments;
        expect(part.segments).toEqual({ ...own, places: part.segments.places });
        expect(part.dataStart).toBe(header.length);
      }),
    );
  });
});

describe('lists that take several segments', () => {
  const indexed = (bytes: Uint8Array, marker: number): IndexedBytes[] =>
    segmentsOf(bytes).map((segment) => {
      expect(segment.marker).toBe(marker);
      return readIndexedBytes(segment.parameters);
    });
  const lengths = fc.oneof(fc.nat(200), fc.nat(70_000), fc.nat(2 ** 32 - 1));

  test('TLM holds 10 921 tile-parts a segment, and its size is known before', () => {
    for (const n of [0, 1, 10_921, 10_922, 10_923, 30_000]) {
      const entries = Array.from({ length: n }, (_, k) => ({ tile: k % 65_535, length: 2 ** 32 - 1 - 5 * k }));
      const bytes = written((w) => writeTlm(w, entries));
      expect(bytes.length).toBe(tlmLength(n));
      const read = segmentsOf(bytes).map(({ parameters }) => readTlm(parameters));
      expect(read.map(({ index }) => index)).toEqual(read.map((_, k) => k));
      expect(read.length).toBe(Math.ceil(n / 10_921));
      expect(read.flatMap((segment) => segment.entries)).toEqual(entries);
    }
  });

  test('packet lengths take groups of seven bits (Table A.36)', () => {
    const sizesOf = [0, 127, 128, 16383, 16384, 2 ** 21 - 1, 2 ** 21, 2 ** 28 - 1, 2 ** 28, 2 ** 32 - 1];
    expect(sizesOf.map(packetLengthBytes)).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    expect(written((w) => writePlt(w, [0, 127, 128, 2 ** 32 - 1]))).toEqual(hex('FF58 000C 00 00 7F 8100 8FFFFFFF7F'));
  });

  test('PLT', () => {
    fc.assert(
      fc.property(fc.array(lengths, { maxLength: 60 }), (list) => {
        const bytes = written((w) => writePlt(w, list));
        expect(bytes.length).toBe(pltLength(list));
        const segments = indexed(bytes, 0xff58);
        expect(segments.flatMap(({ bytes }) => readPacketLengths(bytes))).toEqual(list);
      }),
    );
  });

  test('PLT never splits a length between two segments (A.7.3)', () => {
    const list = Array.from({ length: 100_000 }, (_, k) => [5, 300, 70_000][k % 3]! + k);
    const segments = indexed(
      written((w) => writePlt(w, list)),
      0xff58,
    );
    expect(segments.length).toBeGreaterThan(2);
    expect(segments.map(({ index }) => index)).toEqual(segments.map((_, k) => k));
    expect(segments.flatMap(({ bytes }) => readPacketLengths(bytes))).toEqual(list);
  });

  test('PLT ends at 256 segments', () => {
    const list = new Array<number>(256 * 32_767 + 1).fill(128);
    expect(failureOf(() => written((w) => writePlt(w, list)))).toMatchObject({ kind: 'usage', code: 'option-value' });
  });

  test('PLM', () => {
    const parts = Array.from({ length: 900 }, (_, p) =>
      Array.from({ length: p % 60 }, (__, k) => (p * k * 977) % 300_000),
    );
    const bytes = written((w) => writePlm(w, parts));
    expect(bytes.length).toBe(plmLength(parts));
    const segments = indexed(bytes, 0xff57);
    expect(segments.length).toBeGreaterThan(1);
    expect(splitPlm(joinIndexed(segments)).map((bytes) => readPacketLengths(bytes))).toEqual(parts);
    // each segment begins with Nplm
    for (const segment of segments) for (const own of splitPlm(segment.bytes)) readPacketLengths(own);
  });

  test('PLM has no room for more than 255 bytes of lengths in a tile-part (A.7.2)', () => {
    const fits = new Array<number>(255).fill(1);
    expect(segmentsOf(written((w) => writePlm(w, [fits])))).toHaveLength(1);
    expect(failureOf(() => written((w) => writePlm(w, [[...fits, 1]])))).toMatchObject({ code: 'option-value' });
  });

  const packed = Array.from({ length: 300 }, (_, p) =>
    Array.from({ length: p % 40 }, (__, k) => new Uint8Array(1 + ((p * 31 + k * 7) % 60)).fill(p + k)),
  );

  test('PPM ends each segment with a whole packet header, and Nppm is not split', () => {
    const all = written((w) => writePpm(w, packed));
    expect(all.length).toBe(ppmLength(packed.map((headers) => headers.map((header) => header.length))));
    const segments = indexed(all, 0xff60);
    expect(segments.length).toBeGreaterThan(2);
    expect(splitPpm(joinIndexed(segments))).toEqual(packed.map((headers) => join(...headers)));
    const ends = new Set<number>();
    let at = 0;
    for (const headers of packed) {
      at += 4;
      if (headers.length === 0) ends.add(at);
      for (const header of headers) ends.add((at += header.length));
    }
    let end = 0;
    for (const { bytes } of segments) expect(ends.has((end += bytes.length))).toBe(true);
  });

  test('PPT counts its segments on through the tile-parts of a tile', () => {
    const all = packed.flat();
    const w = new ByteWriter();
    const next = writePpt(w, all, 0);
    expect(writePpt(w, [], next)).toBe(next); // Lppt of an empty segment would be less than is allowed
    expect(writePpt(w, [hex('00')], next)).toBe(next + 1);
    expect(w.length).toBe(pptLength(all.map((header) => header.length)) + pptLength([1]));
    const segments = indexed(w.take(), PPT);
    expect(segments.map(({ index }) => index)).toEqual(Array.from({ length: next + 1 }, (_, k) => k));
    expect(joinIndexed(segments)).toEqual(join(...all, hex('00')));
  });

  test('a packet header that no segment holds is refused', () => {
    const fits = new Uint8Array(65_532);
    for (const write of [
      (w: ByteWriter, header: Uint8Array) => writePpt(w, [header], 0),
      (w: ByteWriter, header: Uint8Array) => writePpm(w, [[header]]),
    ]) {
      written((w) => write(w, fits.subarray(4)));
      expect(failureOf(() => written((w) => write(w, new Uint8Array(65_533))))).toMatchObject({ code: 'option-value' });
    }
  });
});

describe('what does not fit is refused', () => {
  test('a comment of more than 65 531 bytes', () => {
    const bytes = written((w) => writeCom(w, commentOf('x'.repeat(65_531))));
    expect(bytes.subarray(0, 6)).toEqual(join(hex('FF64 FFFF'), be(1, 2)));
    expect(failureOf(() => written((w) => writeCom(w, commentOf(new Uint8Array(65_532)))))).toMatchObject({
      kind: 'usage',
      code: 'option-value',
    });
  });

  test('a comment that is not Latin-1', () => {
    expect(commentOf('ÿ').bytes).toEqual(hex('FF'));
    expect(failureOf(() => commentOf('Ā'))).toMatchObject({ kind: 'usage', code: 'option-value' });
  });

  test('more changes of progression than one POC holds', () => {
    const change = {
      resolutionStart: 0,
      resolutionEnd: 1,
      componentStart: 0,
      componentEnd: 1,
      layerEnd: 1,
      progression: 'LRCP' as const,
    };
    const changes = (n: number) => new Array<ProgressionChange>(n).fill(change);
    written((w) => writePoc(w, changes(9361), 3));
    expect(failureOf(() => written((w) => writePoc(w, changes(9362), 3)))).toMatchObject({ code: 'option-value' });
  });
});
