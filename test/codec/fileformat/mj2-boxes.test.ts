/** Headers of movies: both versions of times, and what careless writers leave. */
import { describe, expect, test } from 'vitest';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import { writeFileType } from '../../../src/codec/fileformat/jp2-boxes.ts';
import {
  readEditList,
  readHandler,
  readMediaHeader,
  readMovieHeader,
  readTrackHeader,
  writeMediaHeader,
  writeMovieHeader,
  writeTrackHeader,
  writeVideoHandler,
} from '../../../src/codec/fileformat/mj2-boxes.ts';
import { readSampleEntry, writeSampleEntry } from '../../../src/codec/fileformat/mj2-sample-entry.ts';
import type { Jp2Header } from '../../../src/codec/fileformat/jp2-boxes.ts';
import { failureOf } from '../../support/failure.ts';
import { contents, written } from './box-bytes.ts';

describe('times', () => {
  test.each([0, 240, 2 ** 32 - 1, 2 ** 32, 2 ** 45])('of %d units come back', (duration) => {
    const movie = written((w) => writeMovieHeader(w, { timescale: 90000, duration }));
    expect(readMovieHeader(movie)).toEqual({ timescale: 90000, duration });
    // version 0 has 96 bytes of fields after version and flags, version 1 twelve more
    expect(movie.content).toHaveLength(duration < 2 ** 32 ? 100 : 112);
    const track = written((w) => writeTrackHeader(w, { id: 1, duration, width: 4096, height: 2160 }));
    expect(readTrackHeader(track)).toEqual({ id: 1, enabled: true, duration, width: 4096, height: 2160 });
    const media = written((w) => writeMediaHeader(w, { timescale: 25, duration, language: 'deu' }));
    expect(readMediaHeader(media)).toEqual({ timescale: 25, duration, language: 'deu' });
  });

  test('that are cut short are an error with its clause', () => {
    const short = contents('mvhd', '00000000 00000000');
    expect(failureOf(() => readMovieHeader(short))).toMatchObject({ code: 'out-of-bytes', clause: '15444-12 8.2.2' });
  });

  test('without a language are undetermined', () => {
    // the reading is that of a file that openmj2 wrote
    const media = contents('mdhd', '00000000 E7268936 E7268936 000003E8 000000F0 0000 0000');
    expect(readMediaHeader(media)).toEqual({ timescale: 1000, duration: 240, language: 'und' });
  });
});

describe('an edit list', () => {
  test('has pauses and speeds', () => {
    const elst = contents('elst', '00000000 00000002  000001F4 FFFFFFFF 00010000  000000C8 00000000 00008000');
    expect(readEditList(elst)).toEqual([
      { duration: 500, mediaTime: -1, rate: 1 },
      { duration: 200, mediaTime: 0, rate: 0.5 },
    ]);
  });

  test('of version 1 has 64 bits', () => {
    const elst = contents('elst', '01000000 00000001  00000001 00000000 FFFFFFFF FFFFFFFF 00010000');
    expect(readEditList(elst)).toEqual([{ duration: 2 ** 32, mediaTime: -1, rate: 1 }]);
  });

  test('gives what it holds, whatever it says', () => {
    const elst = contents('elst', '00000000 FFFFFFFF  000001F4 00000000 00010000');
    expect(readEditList(elst)).toHaveLength(1);
  });
});

test('a handler has a type and a name', () => {
  expect(readHandler(written(writeVideoHandler))).toEqual({ type: 'vide', name: 'video' });
});

describe('a sample entry', () => {
  const header: Jp2Header = {
    imageHeader: {
      height: 48,
      width: 64,
      numComponents: 3,
      format: { precision: 8, signed: false },
      compressionType: 7,
      colourSpaceUnknown: false,
      intellectualProperty: false,
    },
    bitsPerComponent: undefined,
    colours: [{ method: 'enumerated', precedence: 0, approximation: 0, enumerated: 18, parameters: new Uint8Array(0) }],
    palette: undefined,
    componentMapping: undefined,
    channelDefinitions: undefined,
    captureResolution: undefined,
    displayResolution: undefined,
  };

  test.each(['unknown', 'top-first', 'bottom-first'] as const)('comes back with fields %s', (order) => {
    const fields = { count: order === 'unknown' ? 1 : 2, order } as const;
    const entry = written((w) => writeSampleEntry(w, { width: 64, height: 48, header, fields }));
    expect(readSampleEntry(entry, new DiagnosticLog(true))).toEqual({
      format: 'mjp2',
      dataReference: 1,
      width: 64,
      height: 48,
      header,
      fields,
      profiles: [],
      compressor: '',
    });
  });

  test.each([
    ['colour', 18, 3, undefined, 0x18],
    ['grey', 17, 1, undefined, 0x28],
    ['opacity', 16, 4, [{ channel: 3, type: 1, association: 0 }], 0x20],
  ] as const)('says that it has %s', (_, enumerated, numComponents, channelDefinitions, depth) => {
    const colours = [{ ...header.colours[0]!, enumerated }] as Jp2Header['colours'];
    const imageHeader = { ...header.imageHeader!, numComponents };
    const fields = { count: 1, order: 'unknown' } as const;
    const entry = written((w) =>
      writeSampleEntry(w, {
        width: 1,
        height: 1,
        header: { ...header, imageHeader, colours, channelDefinitions },
        fields,
      }),
    );
    expect(entry.content[75]).toBe(depth);
  });

  test('of another format has no header', () => {
    const other = {
      ...written((w) => writeFileType(w, { brand: 'none', minorVersion: 0, compatible: [] })),
      type: 'mp4v',
    };
    const content = new Uint8Array(78);
    expect(readSampleEntry({ ...other, content }, new DiagnosticLog(true))).toMatchObject({
      format: 'mp4v',
      header: undefined,
    });
  });
});
