import { describe, expect, test } from 'vitest';
import { DiagnosticLog, Jpeg2000Error } from '../../../src/codec/errors.ts';
import { checkAgainstCodestream, readJp2File } from '../../../src/codec/fileformat/jp2-file.ts';
import { withNames } from '../../../src/codec/fileformat/named-boxes.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../src/codec/limits.ts';
import { readNow } from '../../../src/codec/source.ts';
import { ascii, box, CODESTREAM, COLR_GREY, FTYP_JP2, hex, IHDR, join, SIGNATURE, smallFile } from './box-bytes.ts';

function read(bytes: Uint8Array, limits: Partial<Limits> = {}, size: number | undefined = bytes.length) {
  const log = new DiagnosticLog();
  const file = readNow(readJp2File(log, { ...DEFAULT_LIMITS, ...limits }, size), bytes);
  return { file, codes: log.list.map((d) => d.code) };
}

function failureOf(bytes: Uint8Array): Jpeg2000Error {
  try {
    read(bytes);
  } catch (error) {
    if (error instanceof Jpeg2000Error) return error;
    throw error;
  }
  throw new Error('no failure');
}

const HEADER = box('jp2h', join(IHDR, COLR_GREY));

describe('a file', () => {
  test('that begins with SOC is a bare codestream', () => {
    const { file, codes } = read(CODESTREAM);
    expect(file).toMatchObject({ container: 'codestream', codestream: { offset: 0, length: undefined }, boxes: [] });
    expect(codes).toEqual([]);
  });

  test('of the smallest legal kind is read without complaint', () => {
    const { file, codes } = read(smallFile());
    expect(codes).toEqual([]);
    expect(file.container).toBe('jp2');
    expect(file.codestream).toEqual({ offset: 12 + 20 + 45 + 8, length: CODESTREAM.length });
    expect(file.header?.imageHeader).toMatchObject({ width: 3, height: 2 });
    expect(withNames(file.boxes)).toMatchObject([
      { type: 'jP  ', name: 'JPEG 2000 Signature', offset: 0, length: 12 },
      { type: 'ftyp', name: 'File Type', offset: 12, length: 20 },
      {
        type: 'jp2h',
        offset: 32,
        length: 45,
        children: [
          { type: 'ihdr', name: 'Image Header', offset: 40 },
          { type: 'colr', offset: 62 },
        ],
      },
      { type: 'jp2c', name: 'Contiguous Codestream', offset: 77, length: 14 },
    ]);
  });

  test.each([
    ['jpx ', 'jp2 ', 'jpx'],
    ['jph ', 'jph ', 'jph'],
    ['odd ', 'jpxb', 'jpx'],
    ['odd ', 'jp2 ', 'jp2'],
  ])('of brand %s compatible with %s is %s', (brand, compatible, container) => {
    const ftyp = box('ftyp', join(ascii(brand), hex('00000000'), ascii(compatible)));
    expect(read(join(SIGNATURE, ftyp, HEADER, box('jp2c', CODESTREAM))).file.container).toBe(container);
  });

  test('may give the codestream a long or an open length', () => {
    const start = join(SIGNATURE, FTYP_JP2, HEADER);
    expect(read(join(start, box('jp2c', CODESTREAM, 'long'))).file.codestream).toEqual({
      offset: start.length + 16,
      length: CODESTREAM.length,
    });
    const open = read(join(start, box('jp2c', CODESTREAM, 'open')));
    expect(open.file.codestream).toEqual({ offset: start.length + 8, length: undefined });
    expect(open.file.boxes.at(-1)?.length).toBe(8 + CODESTREAM.length);
    expect(open.codes).toEqual([]);
  });

  test('may hold unknown boxes, metadata and several codestreams', () => {
    const { file, codes } = read(
      smallFile(box('what', hex('AA')), box('xml ', ascii('<a/>')), box('jp2c', hex('FF4F'))),
    );
    expect(codes).toEqual([]);
    expect(file.metadata.xml).toEqual(['<a/>']);
    expect(file.codestreams).toHaveLength(2);
    expect(withNames(file.boxes)[3]).toMatchObject({ type: 'what', name: 'Unknown' });
  });

  test('may have its header behind its codestream, which is against the rules', () => {
    const { file, codes } = read(join(SIGNATURE, FTYP_JP2, box('jp2c', CODESTREAM), HEADER));
    expect(file.header?.imageHeader?.width).toBe(3);
    expect(codes).toEqual(['box-order']);
  });

  test('beyond 4 GB is walked by its lengths, and no codestream byte is read', () => {
    const start = join(SIGNATURE, FTYP_JP2, HEADER);
    const huge = 2 ** 33; // bytes of the codestream box
    const jp2c = join(hex('00000001'), ascii('jp2c'), hex('00000002 00000000'));
    const tail = box('xml ', ascii('<far/>'));
    const size = start.length + huge + tail.length;
    const log = new DiagnosticLog();
    const reading = readJp2File(log, DEFAULT_LIMITS, size);
    let asked = 0;
    let step = reading.next();
    while (!step.done) {
      const given = step.value.map(({ offset, length }) => {
        asked += length;
        const bytes = new Uint8Array(Math.min(length, size - offset));
        for (const [at, piece] of [[0, join(start, jp2c)] as const, [size - tail.length, tail] as const]) {
          for (let k = 0; k < piece.length; k++) {
            const to = at + k - offset;
            if (to >= 0 && to < bytes.length) bytes[to] = piece[k];
          }
        }
        return bytes;
      });
      step = reading.next(given);
    }
    expect(step.value.codestream).toEqual({ offset: start.length + 16, length: huge - 16 });
    expect(step.value.metadata.xml).toEqual(['<far/>']);
    expect(asked).toBeLessThan(16384);
    expect(log.list).toEqual([]);
  });
});

describe('a damaged file', () => {
  test('without a codestream is malformed', () => {
    expect(failureOf(join(SIGNATURE, FTYP_JP2, HEADER))).toMatchObject({ kind: 'malformed', code: 'box-missing' });
  });

  test('that is something else is not JPEG 2000', () => {
    for (const bytes of [hex(''), hex('FF'), hex('89504E470D0A1A0A'), hex('0000000C 6A502020'), hex('FFD8FFE0')]) {
      expect(failureOf(bytes)).toMatchObject({ kind: 'malformed', code: 'not-jpeg2000', offset: 0 });
    }
  });

  test('with fragments or from another family is unsupported', () => {
    expect(failureOf(join(SIGNATURE, FTYP_JP2, HEADER, box('ftbl')))).toMatchObject({ code: 'fragment' });
    const mj2 = box('ftyp', join(ascii('mjp2'), hex('00000000')));
    expect(failureOf(join(SIGNATURE, mj2, box('moov')))).toMatchObject({ kind: 'unsupported' });
  });

  test('without header boxes is decoded as it is', () => {
    const { file, codes } = read(join(SIGNATURE, box('jp2c', CODESTREAM)));
    expect(file.container).toBe('jp2');
    expect(codes).toEqual(['box-order', 'box-missing', 'box-missing']);
  });

  test('with nonsense behind the codestream loses only that', () => {
    const { file, codes } = read(join(smallFile(), hex('00000002 78787878')));
    expect(file.codestreams).toHaveLength(1);
    expect(codes).toEqual(['box-length']);
    expect(read(join(smallFile(), hex('000000'))).codes).toEqual(['box-length']);
  });

  test('with nonsense before the codestream is malformed', () => {
    const bytes = join(SIGNATURE, hex('00000002 78787878'), smallFile());
    expect(failureOf(bytes)).toMatchObject({ code: 'box-length', offset: 12, clause: '15444-1 I.4' });
  });

  test('cut in its codestream says what it holds', () => {
    const bytes = smallFile();
    const { file, codes } = read(bytes.subarray(0, bytes.length - 2));
    expect(file.codestream.length).toBe(CODESTREAM.length);
    expect(codes).toEqual(['box-length']);
    // A stream that is still arriving has no known size, and nothing is wrong with it yet.
    const log = new DiagnosticLog();
    readNow(readJp2File(log, DEFAULT_LIMITS), bytes.subarray(0, bytes.length - 2));
    expect(log.list).toEqual([]);
  });

  test('with a signature spoilt by a text-mode transfer is read', () => {
    const bytes = smallFile();
    bytes.set(hex('0A0A'), 8);
    expect(read(bytes).codes).toEqual(['box-value']);
  });

  test('with the wrong order or number of file type boxes is read', () => {
    expect(read(join(SIGNATURE, box('free'), smallFile().subarray(12))).codes).toEqual(['box-order']);
    expect(read(smallFile(FTYP_JP2)).codes).toEqual(['box-duplicate']);
    expect(read(smallFile(HEADER)).codes).toEqual(['box-duplicate']);
    expect(read(join(SIGNATURE, box('ftyp', hex('6A70')), smallFile().subarray(32))).codes).toEqual([
      'out-of-bytes',
      'box-missing',
    ]);
  });

  test('under strict reading is an error at once', () => {
    const strict = new DiagnosticLog(true);
    expect(() => readNow(readJp2File(strict, DEFAULT_LIMITS, 22), join(SIGNATURE, box('jp2c', CODESTREAM)))).toThrow(
      Jpeg2000Error,
    );
  });
});

describe('limits', () => {
  test('hold for metadata', () => {
    const { file, codes } = read(smallFile(box('xml ', new Uint8Array(1000).fill(0x20))), { bytes: 500 });
    expect(file.metadata.xml).toEqual([]);
    expect(codes).toEqual(['limit-bytes']);
  });

  test('end a million empty boxes', () => {
    const flood = new Uint8Array(8 << 20);
    const view = new DataView(flood.buffer);
    for (let at = 0; at < flood.length; at += 8) {
      view.setUint32(at, 8);
      view.setUint32(at + 4, 0x66726565);
    }
    expect(failureOf(join(SIGNATURE, flood))).toMatchObject({ kind: 'limit', code: 'limit-boxes' });
    const { file, codes } = read(join(smallFile(), flood));
    expect(file.codestream.length).toBe(CODESTREAM.length);
    expect(codes).toEqual(['limit-boxes']);
    const nested = read(smallFile(box('asoc', flood)));
    expect(nested.file.boxes).toHaveLength(5);
    expect(nested.codes).toEqual(['limit-boxes']);
  });
});

describe('reading for the picture only', () => {
  test('leaves metadata alone and stops at the codestream', () => {
    const bytes = join(smallFile(box('xml ', ascii('<a/>'))), box('xml ', ascii('<b/>')));
    const file = readNow(readJp2File(new DiagnosticLog(), DEFAULT_LIMITS, bytes.length, 'picture'), bytes);
    expect(file.metadata.xml).toEqual([]);
    expect(file.boxes.map((b) => b.type)).toEqual(['jP  ', 'ftyp', 'jp2h', 'xml ', 'jp2c']);
  });
});

describe('header against codestream', () => {
  function mismatches(width: number, height: number, components: { precision: number; signed: boolean }[], bpcc = '') {
    const ihdr = bpcc ? box('ihdr', hex('00000002 00000003 0002 FF 07 00 00')) : IHDR;
    const jp2h = box('jp2h', join(ihdr, ...(bpcc ? [box('bpcc', hex(bpcc))] : []), COLR_GREY));
    const { file } = read(join(SIGNATURE, FTYP_JP2, jp2h, box('jp2c', CODESTREAM)));
    const log = new DiagnosticLog();
    checkAgainstCodestream(file, { width, height, components }, log);
    expect(log.list.every((d) => d.code === 'jp2-mismatch')).toBe(true);
    return log.list.map((d) => d.message.replace(/:.*/, ''));
  }
  const u8 = { precision: 8, signed: false };
  const s12 = { precision: 12, signed: true };

  test('agree in silence', () => {
    expect(mismatches(3, 2, [u8])).toEqual([]);
    expect(mismatches(3, 2, [u8, s12], '07 8B')).toEqual([]);
  });

  test('disagree out loud', () => {
    expect(mismatches(2, 3, [u8])).toEqual(['size']);
    expect(mismatches(3, 2, [u8, u8])).toEqual(['components']);
    expect(mismatches(3, 2, [s12])).toEqual(['bits of component 0']);
    expect(mismatches(3, 2, [u8, s12], '07')).toEqual(['bits of component 1']);
  });

  test('have nothing to say about a bare codestream', () => {
    const log = new DiagnosticLog();
    checkAgainstCodestream(read(CODESTREAM).file, { width: 1, height: 1, components: [u8] }, log);
    expect(log.list).toEqual([]);
  });
});
