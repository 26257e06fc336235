/** Files as metadata-bins: what stays in place, what is taken out, and what codestreams become. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ByteWriter } from '../../../src/codec/bits/byte-writer.ts';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import { writeCrossReference } from '../../../src/codec/fileformat/data-references.ts';
import { writeFragmentList } from '../../../src/codec/fileformat/fragment-list.ts';
import { readJp2File } from '../../../src/codec/fileformat/jp2-file.ts';
import { writeNumberList } from '../../../src/codec/fileformat/number-list.ts';
import { readPlaceholder, writePlaceholder } from '../../../src/codec/fileformat/placeholder.ts';
import { boxesIn, MAX_BOXES } from '../../../src/codec/fileformat/box.ts';
import { DEFAULT_LIMITS } from '../../../src/codec/limits.ts';
import { readNow } from '../../../src/codec/source.ts';
import { joinMetadata } from '../../../src/jpip/bins/metadata-join.ts';
import { BIN_CLASS } from '../../../src/jpip/wire/message.ts';
import { MessageReader } from '../../../src/jpip/wire/message-reader.ts';
import {
  ascii,
  box,
  CODESTREAM,
  COLR_GREY,
  FTYP_JP2,
  IHDR,
  join,
  SIGNATURE,
  smallFile,
} from '../../codec/fileformat/box-bytes.ts';
import { type Capture, captureFile, capturesOf } from '../../support/captures.ts';
import { bytesOfBin, plainBoxes, splitBytes, withoutCodestreams } from '../../support/metadata-bins.ts';
import { inRepository } from '../../support/root.ts';
import { describeShared, sharedPath } from '../../support/shared.ts';

const bytes = (write: (w: ByteWriter) => void): Uint8Array => {
  const w = new ByteWriter();
  write(w);
  return w.take();
};
const xml = (length: number) => box('xml ', ascii('x'.repeat(length)));
const typesIn = (content: Uint8Array) => [...boxesIn(content, 0, new DiagnosticLog())].map(({ type }) => type);

/** A file split and joined with everything held. */
function thereAndBack(file: Uint8Array, most?: number) {
  const { split } = splitBytes(file, most === undefined ? {} : { most });
  const held = (id: number) => {
    const bin = split.bins[id];
    return bin && { bytes: bytesOfBin(bin, file), complete: true };
  };
  return { split, held, joined: joinMetadata(held) };
}

describe('a small file', () => {
  test('is bin 0 with a placeholder for the codestream', () => {
    const file = smallFile(xml(100));
    const { split, held, joined } = thereAndBack(file);
    expect(split.bins.length).toBe(1);
    // one range of the file, and the placeholder
    expect(split.bins[0]!.pieces).toEqual([
      { offset: 0, length: file.length - 8 - CODESTREAM.length },
      expect.any(Uint8Array),
    ]);
    const bin0 = held(0)!.bytes;
    expect(bin0.length).toBe(split.bins[0]!.length);
    expect(typesIn(bin0)).toEqual(['jP  ', 'ftyp', 'jp2h', 'xml ', 'phld']);
    const last = [...boxesIn(bin0, 0, new DiagnosticLog())].at(-1)!;
    expect(last.length).toBe(52);
    expect(readPlaceholder(last)).toEqual({
      original: { type: 'jp2c', headerLength: 8, length: 8 + CODESTREAM.length },
      codestream: 0,
    });
    expect(joined).toMatchObject({ missing: [], codestreams: [0], problems: [] });
    expect(plainBoxes(joined.file)).toEqual(withoutCodestreams(plainBoxes(file)));
    expect(split.codestreams).toMatchObject([{ codestream: 0, box: { type: 'jp2c' } }]);
  });

  test('can be read for its colour without its codestream', () => {
    const { joined } = thereAndBack(smallFile());
    const log = new DiagnosticLog();
    const { header } = readNow(readJp2File(log, DEFAULT_LIMITS, joined.file.length), joined.file);
    expect(header?.imageHeader).toMatchObject({ width: 3, height: 2 });
    expect(log.list).toEqual([]);
  });

  test('that is a bare codestream is an empty bin 0', () => {
    const { split, joined } = thereAndBack(CODESTREAM);
    expect(split.bins).toMatchObject([{ id: 0, length: 0, pieces: [] }]);
    expect(split.codestreams).toEqual([{ codestream: 0, box: undefined }]);
    expect(joined).toEqual({ file: new Uint8Array(0), missing: [], codestreams: [0], problems: [] });
  });

  test('with a codestream of open length says so in the placeholder', () => {
    const file = join(SIGNATURE, FTYP_JP2, box('jp2h', join(IHDR, COLR_GREY)), box('jp2c', CODESTREAM, 'open'));
    const placeholder = [...boxesIn(thereAndBack(file).held(0)!.bytes, 0, new DiagnosticLog())].at(-1)!;
    expect(readPlaceholder(placeholder).original).toEqual({ type: 'jp2c', headerLength: 8, length: undefined });
  });
});

describe('large boxes', () => {
  test('get bins of their own', () => {
    const file = smallFile(xml(1024), xml(1025), box('free', new Uint8Array(3000), 'long'));
    const { split, held, joined } = thereAndBack(file);
    expect(split.bins.map(({ id, length }) => [id, length])).toEqual([
      [0, expect.any(Number)],
      [1, 1025],
      [2, 3000],
    ]);
    const placeholders = [...boxesIn(held(0)!.bytes, 0, new DiagnosticLog())].filter(({ type }) => type === 'phld');
    expect(placeholders.map(({ length }) => length)).toEqual([28, 36, 52]);
    expect(readPlaceholder(placeholders[1]!)).toEqual({
      original: { type: 'free', headerLength: 16, length: 3016 },
      originalBin: 2,
    });
    expect(plainBoxes(joined.file)).toEqual(withoutCodestreams(plainBoxes(file)));
  });

  test('take the superboxes around them out of bin 0, so that all lengths stay true', () => {
    const file = smallFile(
      box('asoc', join(box('lbl ', ascii('a')), box('asoc', join(box('lbl ', ascii('b')), xml(2000))))),
    );
    const { split, held, joined } = thereAndBack(file);
    expect(split.bins.map((bin) => typesIn(bytesOfBin(bin, file)))).toEqual([
      ['jP  ', 'ftyp', 'jp2h', 'phld', 'phld'],
      ['lbl ', 'phld'],
      ['lbl ', 'phld'],
      expect.anything(),
    ]);
    expect(held(3)!.bytes.length).toBe(2000);
    expect(plainBoxes(joined.file)).toEqual(withoutCodestreams(plainBoxes(file)));
  });

  test('may be large by the many small ones that they hold', () => {
    const many = (count: number) => smallFile(box('asoc', join(...Array.from({ length: count }, () => xml(92)))));
    expect(thereAndBack(many(10)).split.bins.length).toBe(1);
    const { split, joined } = thereAndBack(many(11));
    expect(split.bins.map(({ length }) => length)).toEqual([expect.any(Number), 1100]);
    expect(plainBoxes(joined.file)).toEqual(withoutCodestreams(plainBoxes(many(11))));
  });

  test('of the header stay in bin 0 as long as they are not huge', () => {
    const profile = (length: number) => box('colr', join(Uint8Array.of(2, 0, 0), new Uint8Array(length)));
    const file = (length: number) =>
      join(SIGNATURE, FTYP_JP2, box('jp2h', join(IHDR, profile(length))), box('jp2c', CODESTREAM));
    expect(thereAndBack(file(60_000)).split.bins.length).toBe(1);
    const huge = thereAndBack(file(70_000));
    expect(huge.split.bins.map((bin) => typesIn(bytesOfBin(bin, file(70_000))).slice(0, 4))).toEqual([
      ['jP  ', 'ftyp', 'phld', 'phld'],
      ['ihdr', 'phld'],
      expect.anything(),
    ]);
    expect(plainBoxes(huge.joined.file)).toEqual(withoutCodestreams(plainBoxes(file(70_000))));
  });

  test('are read from ranges of the file, never copied', () => {
    const { split } = thereAndBack(smallFile(xml(5000)));
    const made = split.bins.flatMap(({ pieces }) => pieces.filter((piece) => piece instanceof Uint8Array));
    expect(made.map(({ length }) => length)).toEqual([28, 52]);
  });
});

describe('codestreams', () => {
  test('are numbered over contiguous and fragmented ones, and the table of fragments can be had', () => {
    const table = box(
      'ftbl',
      bytes((w) => writeFragmentList(w, [{ offset: 12, length: 4, dataReference: 1 }])),
    );
    const file = smallFile(table, box('jp2c', CODESTREAM));
    const { split, held, joined } = thereAndBack(file);
    expect(split.codestreams.map(({ codestream, box: one }) => [codestream, one?.type])).toEqual([
      [0, 'ftbl'],
      [1, 'jp2c'],
      [2, 'jp2c'],
    ]);
    const placeholders = [...boxesIn(held(0)!.bytes, 0, new DiagnosticLog())].filter(({ type }) => type === 'phld');
    expect(placeholders.map(readPlaceholder)).toMatchObject([
      { original: { type: 'ftbl' }, originalBin: 1, codestream: 0 },
      { original: { type: 'jp2c' }, codestream: 1 },
      { original: { type: 'jp2c' }, codestream: 2 },
    ]);
    expect(typesIn(held(1)!.bytes)).toEqual(['flst']);
    expect(joined.codestreams).toEqual([0, 1, 2]);
    expect(typesIn(joined.file)).toEqual(['jP  ', 'ftyp', 'jp2h', 'jp2c', 'jp2c', 'jp2c']);
  });

  test('of any number become no more boxes than a file may have', () => {
    const endless = bytes((w) =>
      writePlaceholder(w, {
        original: { type: 'jp2c', headerLength: 8, length: 100 },
        codestream: 0,
        numCodestreams: 2 ** 32 - 1,
      }),
    );
    const joined = joinMetadata(() => ({ bytes: join(endless, endless, endless), complete: true }));
    expect(joined.codestreams.length).toBeLessThanOrEqual(MAX_BOXES);
    expect(joined.file.length).toBe(8 * joined.codestreams.length);
  });

  test('that one placeholder stands for become as many boxes', () => {
    const bin0 = box(
      'phld',
      Buffer.from(`${'0000000c0000000000000000000000006a703263'.padEnd(72, '0')}000000000000000500000003`, 'hex'),
    );
    expect(bin0.length).toBe(56);
    expect(joinMetadata(() => ({ bytes: bin0, complete: true })).codestreams).toEqual([5, 6, 7]);
  });
});

describe('a cross-reference', () => {
  const colr = COLR_GREY.subarray(8);
  const file = (dataReference: number) => {
    // the referenced contents lie in a free box behind the file type box
    const offset = SIGNATURE.length + FTYP_JP2.length + 8;
    const reference = bytes((w) =>
      writeCrossReference(w, { type: 'colr', fragments: [{ offset, length: colr.length, dataReference }] }),
    );
    const layer = box('jplh', box('cgrp', reference));
    const header = box('jp2h', join(IHDR, COLR_GREY));
    return join(SIGNATURE, FTYP_JP2, box('free', colr), header, box('jpch'), layer, box('jp2c', CODESTREAM));
  };

  test('within the file is replaced by what it refers to', () => {
    const { split, joined } = thereAndBack(file(0));
    const layer = plainBoxes(joined.file).find(([type]) => type === 'jplh');
    expect(layer).toEqual(['jplh', [['cgrp', [['colr', Buffer.from(colr).toString('hex')]]]]]);
    // and the reference itself can still be had
    const boxes = split.bins.flatMap((bin) => bin.boxes).map(({ type }) => type);
    expect(boxes).toContain('cref');
    expect(boxes).toContain('colr');
  });

  test('to another file stays as it is', () => {
    const { split, joined } = thereAndBack(file(1));
    expect(split.bins.length).toBe(1);
    expect(plainBoxes(joined.file)).toEqual(withoutCodestreams(plainBoxes(file(1))));
  });
});

describe('what is not held', () => {
  const file = smallFile(
    xml(1500),
    box('asoc', join(box('lbl ', ascii('a')), xml(2000))),
    box('uuid', new Uint8Array(20)),
  );

  test('is left out and named', () => {
    const { held } = thereAndBack(file);
    const joined = joinMetadata((id) => (id === 1 ? undefined : held(id)));
    expect(joined.missing).toEqual([1]);
    expect(typesIn(joined.file)).toEqual(['jP  ', 'ftyp', 'jp2h', 'asoc', 'uuid', 'jp2c']);
  });

  test('of a superbox leaves the boxes that are there', () => {
    const { held } = thereAndBack(file);
    const joined = joinMetadata((id) =>
      id === 2 ? { bytes: held(2)!.bytes.subarray(0, 20), complete: false } : held(id),
    );
    expect(joined.missing).toEqual([2]);
    expect(plainBoxes(joined.file).find(([type]) => type === 'asoc')).toEqual(['asoc', [['lbl ', '61']]]);
  });

  test('of bin 0 leaves whole boxes and the start of superboxes', () => {
    const { held } = thereAndBack(file);
    const upTo = SIGNATURE.length + FTYP_JP2.length + 8 + IHDR.length + 3;
    const joined = joinMetadata((id) =>
      id === 0 ? { bytes: held(0)!.bytes.subarray(0, upTo), complete: false } : undefined,
    );
    expect(joined).toMatchObject({ missing: [0], codestreams: [] });
    expect(plainBoxes(joined.file).at(-1)).toEqual(['jp2h', [['ihdr', Buffer.from(IHDR.subarray(8)).toString('hex')]]]);
    // an empty bin 0 of which more may come is no bare codestream yet
    expect(joinMetadata(() => ({ bytes: new Uint8Array(0), complete: false })).codestreams).toEqual([]);
    expect(joinMetadata(() => undefined)).toEqual({
      file: new Uint8Array(0),
      missing: [0],
      codestreams: [],
      problems: [],
    });
  });
});

describe('what can stand in for a box', () => {
  const placeholder = bytes((w) =>
    writePlaceholder(w, {
      original: { type: 'cref', headerLength: 8, length: 20 },
      originalBin: 1,
      equivalent: { header: { type: 'colr', headerLength: 8, length: 15 }, bin: 2 },
    }),
  );
  const file = (held: Readonly<Record<number, { bytes: Uint8Array; complete: boolean }>>) =>
    joinMetadata((id) => (id === 0 ? { bytes: placeholder, complete: true } : held[id]));
  const whole = (text: string) => ({ bytes: ascii(text), complete: true });

  test('comes before the box itself, but not before it is whole', () => {
    expect(plainBoxes(file({ 1: whole('orig'), 2: whole('equi') }).file)).toEqual([['colr', '65717569']]);
    const partly = file({ 1: whole('orig'), 2: { bytes: ascii('eq'), complete: false } });
    expect(typesIn(partly.file)).toEqual(['cref']);
    expect(partly.missing).toEqual([]);
    expect(file({ 2: { bytes: ascii('eq'), complete: false } })).toMatchObject({
      missing: [2],
      file: new Uint8Array(0),
    });
    expect(file({})).toMatchObject({ missing: [2] });
  });
});

describe('bins that go round in circles', () => {
  const placeholderFor = (bin: number, type: string) =>
    box(
      'phld',
      Buffer.from(`00000001${bin.toString(16).padStart(16, '0')}00000010${Buffer.from(type).toString('hex')}`, 'hex'),
    );

  test('end', () => {
    const bins = [placeholderFor(1, 'asoc'), join(placeholderFor(0, 'asoc'), placeholderFor(1, 'asoc'), xml(3))];
    const joined = joinMetadata((id) => bins[id] && { bytes: bins[id]!, complete: true });
    expect(plainBoxes(joined.file)).toEqual([['asoc', [['xml ', '787878']]]]);
  });

  test('or that are named a million times are used once', () => {
    const many = join(...Array.from({ length: 1000 }, () => placeholderFor(1, 'asoc')));
    const bins = [many, join(...Array.from({ length: 1000 }, () => placeholderFor(2, 'asoc'))), xml(1000)];
    const joined = joinMetadata((id) => bins[id] && { bytes: bins[id]!, complete: true });
    expect(joined.file.length).toBeLessThan(2000);
  });
});

describe('boxes about codestreams', () => {
  test('are known by their header boxes and by number lists', () => {
    const list = bytes((w) => writeNumberList(w, { wholeFile: false, codestreams: [1], layers: [0] }));
    const file = smallFile(box('jpch'), box('jplh'), box('jpch'), box('asoc', join(list, xml(3))), xml(3));
    const [bin0] = splitBytes(file).split.bins;
    expect(bin0!.boxes.map(({ type, codestreams }) => [type, codestreams])).toEqual([
      ['jP  ', undefined],
      ['ftyp', undefined],
      ['jp2h', undefined],
      ['jpch', [0]],
      ['jplh', [0]],
      ['jpch', [1]],
      ['asoc', [1, 0]],
      ['xml ', undefined],
      ['jp2c', [0]],
    ]);
    expect(bin0!.boxes[6]?.children?.[1]).toMatchObject({ type: 'xml ', codestreams: [1, 0] });
  });
});

describe('header boxes inside of others', () => {
  test('are not counted', () => {
    const file = smallFile(
      box('asoc', join(box('lbl ', ascii('a')), box('jplh'), box('jpch'))),
      box('jpch'),
      box('jplh'),
    );
    const [bin0] = splitBytes(file).split.bins;
    expect(bin0!.boxes.slice(4, 6).map(({ type, codestreams }) => [type, codestreams])).toEqual([
      ['jpch', [0]],
      ['jplh', [0]],
    ]);
  });
});

describe('a number list of the whole file', () => {
  test('is about no codestream, whatever else stands in it', () => {
    const list = bytes((w) => writeNumberList(w, { wholeFile: true, codestreams: [0], layers: [] }));
    const [bin0] = splitBytes(smallFile(box('asoc', join(list, xml(3))))).split.bins;
    expect(bin0!.boxes[3]).toMatchObject({ type: 'asoc' });
    expect(bin0!.boxes[3]!.codestreams).toBeUndefined();
  });
});

describe('files of others', () => {
  test.each(['metadata.jp2', 'palette.jp2', 'photograph-53.jp2'])('%s comes back', (name) => {
    const file = readFileSync(inRepository('test/fixtures', name));
    for (const most of [0, 16, undefined]) {
      const { joined } = thereAndBack(file, most);
      expect(joined).toMatchObject({ missing: [], problems: [], codestreams: [0] });
      expect(plainBoxes(joined.file)).toEqual(withoutCodestreams(plainBoxes(file)));
    }
  });
});

describeShared('jpx', 'JPX files of others', () => {
  test.each([
    ['3codestreams-mixed-size-heliov.jpx', 3],
    ['helioviewer-4frames-embedded.jpx', 4],
    ['helioviewer-4frames-linked.jpx', 4],
  ])('%s comes back', (name, numCodestreams) => {
    const file = readFileSync(sharedPath('jpx', name));
    const { split, joined } = thereAndBack(file);
    expect(split.bins.length).toBeGreaterThan(5);
    expect(joined).toMatchObject({ missing: [], problems: [] });
    expect(joined.codestreams.length).toBe(numCodestreams);
    expect(plainBoxes(joined.file)).toEqual(withoutCodestreams(plainBoxes(file)));
  });
});

describeShared('jpip-captures', 'metadata of captured sessions', () => {
  /** What the exchanges of a scenario brought of each metadata-bin; pieces come in order. */
  function heldAfter(server: Capture['server'], scenario: string) {
    const bins = new Map<number, { bytes: Uint8Array; complete: boolean }>();
    for (const capture of capturesOf(server).filter((one) => one.scenario === scenario)) {
      for (const message of new MessageReader().push(captureFile(capture))) {
        if (message.kind === 'eor' || message.classId !== BIN_CLASS.metadata) continue;
        const { bytes: before, complete } = bins.get(message.id) ?? { bytes: new Uint8Array(0), complete: false };
        const again = message.offset < before.length;
        bins.set(message.id, {
          bytes: again ? before : join(before, message.body),
          complete: complete || message.last,
        });
      }
    }
    return (id: number) => bins.get(id);
  }

  test.each([
    ['session-zoom-mono', 'mono-rpcl.jp2', [0]],
    ['jpx-embedded-context', 'movie-embedded.jpx', [0, 1, 2, 3]],
    ['jpx-linked', 'movie-linked.jpx', [0, 1, 2, 3]],
  ])('esajpip %s is the whole file', (scenario, name, codestreams) => {
    const joined = joinMetadata(heldAfter('esajpip', scenario));
    expect(joined).toMatchObject({ missing: [], problems: [], codestreams });
    const source = readFileSync(sharedPath('jpip-captures', 'sources', 'esajpip', name));
    expect(plainBoxes(joined.file)).toEqual(withoutCodestreams(plainBoxes(source)));
  });

  test('openjpip sends boxes apart, and its placeholder of a codestream names none', () => {
    const joined = joinMetadata(heldAfter('openjpip', 'metareq'));
    expect(joined).toMatchObject({ missing: [], problems: [], codestreams: [0] });
    const source = readFileSync(sharedPath('jpip-captures', 'sources', 'openjpip', 'rgb-xml.jp2'));
    expect(plainBoxes(joined.file)).toEqual(withoutCodestreams(plainBoxes(source)));
  });
});
