import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteWriter } from '../../src/codec/bits/byte-writer.ts';
import { writeDataReferences } from '../../src/codec/fileformat/data-references.ts';
import { type Fragment, writeFragmentList } from '../../src/codec/fileformat/fragment-list.ts';
import { type LayerHeader, writeLayerHeader } from '../../src/codec/fileformat/layer-header.ts';
import {
  bytesSource,
  decode,
  decodeSync,
  encodeSync,
  inspect,
  Jpeg2000Error,
  Jpx,
  open,
  openJpx,
} from '../../src/index.ts';
import { decodeWithOpenJpeg } from '../support/openjpeg.ts';
import { expectSamePicture, firstDifference } from '../support/same-picture.ts';
import { describeShared, describeTools, sharedPath } from '../support/shared.ts';
import { TestSource } from '../support/sources.ts';
import { ascii, box, hex, join, SIGNATURE } from './fileformat/box-bytes.ts';

const FTYP_JPX = box('ftyp', hex('6A707820 00000000 6A707820 6A703220'));

/** What a writing function wrote. */
function bytesOf(write: (w: ByteWriter) => void): Uint8Array {
  const w = new ByteWriter();
  write(w);
  return w.take();
}

/** A small picture, all samples of one value but for a corner. */
function picture(value: number, channels = 1, size = 16) {
  const data = new Uint8Array(size * size * channels).fill(value);
  data[0] = 255 - value;
  return encodeSync({ width: size, height: size, channels, data }, { container: 'codestream' }).data;
}

const GREY = hex('01 00 00 00000011');
const SRGB = hex('01 00 00 00000010');
const jp2h = (size = 16, channels = 1, colour = GREY) =>
  box(
    'jp2h',
    join(
      bytesOf((w) => {
        w.append(hex('00000016 69686472'));
        w.u32(size);
        w.u32(size);
        w.u16(channels);
        w.append(hex('07 07 00 00'));
      }),
      box('colr', colour),
    ),
  );
const jp2c = (codestream: Uint8Array) => box('jp2c', codestream);
const ftbl = (...fragments: Fragment[]) =>
  box(
    'ftbl',
    bytesOf((w) => writeFragmentList(w, fragments)),
  );
const LAYER: LayerHeader = {
  label: undefined,
  colours: undefined,
  opacity: undefined,
  channelDefinitions: undefined,
  registration: undefined,
  captureResolution: undefined,
  displayResolution: undefined,
};
const jplh = (header: Partial<LayerHeader>) => bytesOf((w) => writeLayerHeader(w, { ...LAYER, ...header }));

describe('a JP2 file and a bare codestream', () => {
  test('are one codestream that is one layer', async () => {
    const codestream = picture(50);
    const jp2 = join(SIGNATURE, FTYP_JPX, jp2h(), jp2c(codestream));
    for (const bytes of [codestream, jp2]) {
      for (const input of [bytes, new TestSource(bytes)]) {
        const jpx = await openJpx(input);
        expect(jpx).toBeInstanceOf(Jpx);
        expect([jpx.codestreams.length, jpx.layers.length, jpx.warnings]).toEqual([1, 1, []]);
        expectSamePicture(await (await jpx.layer(0)).decode(), decodeSync(bytes));
        await expect(jpx.layer(1)).rejects.toMatchObject({ kind: 'usage' });
        await expect(jpx.codestream(-1)).rejects.toMatchObject({ kind: 'usage' });
      }
    }
  });

  test('stay open when a picture of theirs is closed, until they are closed themselves', async () => {
    const source = Object.assign(new TestSource(picture(50)), { closed: 0, close: () => void source.closed++ });
    const jpx = await openJpx(source);
    await (await jpx.layer(0)).close();
    expect(source.closed).toBe(0);
    await jpx.layer(0);
    await jpx.close();
    expect(source.closed).toBe(1);
    await expect(jpx.layer(0)).rejects.toMatchObject({ code: 'closed' });
  });
});

describe('header boxes of codestreams and layers', () => {
  const [grey, rgb] = [picture(50), picture(70, 3)];

  test('count over those of the file, box by box', async () => {
    const ihdr3 = box('ihdr', hex('00000010 00000010 0003 07 07 00 00'));
    const srgb = jplh({ colours: [colourOf(16)], label: 'the second' });
    const bytes = join(SIGNATURE, FTYP_JPX, jp2h(), box('jpch'), jplh({}), jp2c(grey));
    const movie = join(bytes, box('jpch', ihdr3), srgb, jp2c(rgb));
    const jpx = await openJpx(movie);
    expect(jpx.warnings).toEqual([]);
    const [first, second] = await Promise.all([jpx.layer(0), jpx.layer(1)]);
    expect([first.info.colour.space, second.info.colour.space]).toEqual(['grey', 'srgb']);
    expect([first.info.warnings, second.info.warnings]).toEqual([[], []]);
    expectSamePicture(await second.decode(), decodeSync(join(SIGNATURE, FTYP_JPX, jp2h(16, 3, SRGB), jp2c(rgb))));
    // the codestream alone has the colours of the file, which do not go with three components
    expect((await jpx.codestream(1)).info.colour.space).toBe('grey');
    expect(jpx.metadataAbout({ layer: 1 })).toMatchObject([{ label: 'the second' }]);
  });

  function colourOf(enumerated: number) {
    const parameters = new Uint8Array(0);
    return { method: 'enumerated' as const, enumerated, precedence: 0, approximation: 0, parameters };
  }

  test('say in short which channel is opacity', async () => {
    const bytes = join(
      SIGNATURE,
      FTYP_JPX,
      jp2h(16, 3, GREY),
      jplh({ opacity: { kind: 'last-channel' }, colours: [colourOf(17)] }),
      jp2c(
        encodeSync({ width: 4, height: 4, channels: 2, data: new Uint8Array(32) }, { container: 'codestream' }).data,
      ),
    );
    const two = join(bytes);
    new DataView(two.buffer).setUint16(SIGNATURE.length + FTYP_JPX.length + 8 + 8 + 8, 2); // NC
    const { info } = await (await openJpx(two)).layer(0);
    expect(info.colour.channels.map(({ kind }) => kind)).toEqual(['colour', 'opacity']);
  });

  test('may stand elsewhere in the file, and count as if they stood here', async () => {
    const ihdr = hex('00000010 00000010 0003 07 07 00 00');
    const group = box('colr', SRGB); // what a colour group holds
    const head = join(SIGNATURE, FTYP_JPX, jp2h(), box('mdat', join(ihdr, group)));
    const at = head.length - group.length;
    const cref = (type: string, ...list: [number, number, number][]) => {
      const fragments = list.map(([offset, length, dataReference]) => ({ offset, length, dataReference }));
      return box(
        'cref',
        join(
          ascii(type),
          bytesOf((w) => writeFragmentList(w, fragments)),
        ),
      );
    };
    const file = (own: Uint8Array, layer: Uint8Array) => join(head, box('jpch', own), box('jplh', layer), jp2c(rgb));
    const here = cref('ihdr', [at - ihdr.length, ihdr.length, 0]);
    const jpx = await openJpx(file(here, cref('cgrp', [at, 5, 0], [at + 5, group.length - 5, 0])));
    expect(jpx.warnings).toEqual([]);
    const { info } = await jpx.layer(0);
    expect([info.colour.space, info.warnings]).toEqual(['srgb', []]);
    const nowhere: [number, number, number][] = [
      [99999, 5, 0],
      [0, 5, 1],
    ];
    for (const fragment of nowhere) {
      const { warnings, codestreams } = await openJpx(file(cref('ihdr', fragment), new Uint8Array(0)));
      expect(warnings.map(({ code }) => code)).toEqual(['fragment']);
      expect(codestreams[0].header!.imageHeader).toBeUndefined();
    }
    const large = await openJpx(new TestSource(file(here, new Uint8Array(0))), { limits: { bytes: 90 } });
    expect(large.warnings.map(({ code }) => code)).toEqual(['limit-bytes']);
    // the same bytes named again and again are not read again and again
    const long = join(SIGNATURE, FTYP_JPX, jp2h(), box('mdat', new Uint8Array(1000)));
    const references = Array.from({ length: 50 }, () => cref('free', [long.length - 1000, 1000, 0]));
    const bytes = join(long, box('jpch', join(...references)), jp2c(rgb));
    const bounded = await openJpx(bytes, { limits: { bytes: 5000 } });
    const [first] = bounded.warnings;
    expect(first.code).toBe('limit-bytes');
  });

  test('lead a layer to its codestream, and say what cannot be shown as one', async () => {
    const registered = (...codestreams: number[]) =>
      jplh({
        registration: {
          xs: 1,
          ys: 1,
          codestreams: codestreams.map((c) => ({ codestream: c, xr: 1, yr: 1, xo: 0, yo: 0 })),
        },
      });
    const layers = [registered(1), registered(0), registered(0, 1), registered(7)];
    const bytes = join(SIGNATURE, FTYP_JPX, jp2h(), ...layers, jp2c(grey), jp2c(picture(90)));
    const jpx = await openJpx(bytes);
    expect(jpx.layers.map((layer) => layer.codestreams)).toEqual([[1], [0], [0, 1], []]);
    expect((await (await jpx.layer(0)).decode()).data[1]).toBe(90);
    expect((await (await jpx.layer(1)).decode()).data[1]).toBe(50);
    await expect(jpx.layer(2)).rejects.toMatchObject({ kind: 'unsupported', code: 'jpx-layer' });
    await expect(jpx.layer(3)).rejects.toMatchObject({ kind: 'malformed', code: 'jpx-layer' });
    expect(jpx.warnings.map(({ code }) => code)).toEqual(['box-value']);
  });
});

describe('a codestream in fragments', () => {
  const codestream = picture(50, 1, 64);
  const cut = Math.floor(codestream.length / 3);
  const pieces = [codestream.subarray(0, cut), codestream.subarray(cut, 2 * cut), codestream.subarray(2 * cut)];
  const head = join(SIGNATURE, FTYP_JPX, jp2h(64));
  const whole = decodeSync(codestream);

  /** Pieces in any order in media data boxes, then the table. */
  function fragmented(order: readonly number[]): Uint8Array {
    let bytes = head;
    const places: Fragment[] = [];
    for (const k of order) {
      places[k] = { offset: bytes.length + 8, length: pieces[k].length, dataReference: 0 };
      bytes = join(bytes, box('mdat', pieces[k]));
    }
    return join(bytes, ftbl(...places));
  }

  test('in this file decodes like any other, in one piece or several, in or out of order', async () => {
    const single = join(
      head,
      box('mdat', codestream),
      ftbl({ offset: head.length + 8, length: codestream.length, dataReference: 0 }),
    );
    for (const bytes of [single, fragmented([0, 1, 2]), fragmented([2, 0, 1])]) {
      expect(firstDifference(decodeSync(bytes).data, whole.data)).toBe(-1);
      expect(firstDifference((await decode(new TestSource(bytes))).data, whole.data)).toBe(-1);
      const small = await decode(bytesSource(bytes), { reduce: 1, region: { x: 8, y: 8, width: 20, height: 20 } });
      expect([small.width, small.status]).toEqual([10, 'complete']);
      expect((await inspect(bytes, { index: true })).packets!.count).toBeGreaterThan(0);
      expect(firstDifference((await (await (await openJpx(bytes)).layer(0)).decode()).data, whole.data)).toBe(-1);
      const image = await open(new TestSource(bytes));
      expect(image.info.codestream.length).toBe(codestream.length);
      await image.close();
    }
  });

  test('that is cut short gives what there is', async () => {
    const at = head.length + 54; // the table stands first
    const table = (length: number) =>
      ftbl({ offset: at, length: 20, dataReference: 0 }, { offset: at + 20, length, dataReference: 0 });
    const bytes = join(head, table(codestream.length - 20), box('mdat', codestream));
    expect(bytes.subarray(at, at + 4)).toEqual(codestream.subarray(0, 4));
    expect(decodeSync(bytes).status).toBe('complete');
    const picture = decodeSync(bytes.slice(0, -10));
    expect(picture.status).toBe('partial');
    expect(picture.warnings.map(({ code }) => code)).toContain('fragment');
  });

  test('in other files is read through the resolver, and only through it', async () => {
    const places = pieces.map((piece, k) => ({ offset: 5, length: piece.length, dataReference: k + 1 }));
    const urls = ['a/0', '../1', 'http://example.org/2'];
    const bytes = join(
      head,
      ftbl(...places),
      bytesOf((w) => writeDataReferences(w, urls)),
    );
    await expect((await openJpx(bytes)).layer(0)).rejects.toMatchObject({ kind: 'unsupported', code: 'fragment' });
    await expect(decode(bytes)).rejects.toMatchObject({ kind: 'unsupported', code: 'fragment' });
    const asked: unknown[] = [];
    const closed: number[] = [];
    const jpx = await openJpx(bytes, {
      resolve: (url, { index, safe }) => {
        asked.push([url, index, safe]);
        const source = new TestSource(join(new Uint8Array(5), pieces[index], new Uint8Array(7)));
        return Object.assign(source, { close: () => void closed.push(index) });
      },
    });
    expect(asked).toEqual([]);
    const image = await jpx.layer(0);
    expect(firstDifference((await image.decode()).data, whole.data)).toBe(-1);
    expect(asked.sort()).toEqual([
      ['../1', 1, undefined],
      ['a/0', 0, 'a/0'],
      ['http://example.org/2', 2, undefined],
    ]);
    await jpx.close();
    expect(closed.sort()).toEqual([0, 1, 2]);
  });

  test('in a file that is not at hand is an error that can be mended', async () => {
    const bytes = join(
      head,
      ftbl({ offset: 0, length: codestream.length, dataReference: 1 }),
      bytesOf((w) => writeDataReferences(w, ['x'])),
    );
    let there = false;
    const jpx = await openJpx(bytes, { resolve: () => (there ? bytesSource(codestream) : undefined) });
    await expect(jpx.layer(0)).rejects.toMatchObject({ code: 'fragment' });
    there = true;
    expect((await (await jpx.layer(0)).decode()).status).toBe('complete');
    const none = await openJpx(
      join(
        head,
        ftbl({ offset: 0, length: 9, dataReference: 2 }),
        bytesOf((w) => writeDataReferences(w, ['x'])),
      ),
      {
        resolve: () => bytesSource(codestream),
      },
    );
    await expect(none.layer(0)).rejects.toMatchObject({ kind: 'malformed', code: 'fragment' });
  });

  test('of very many files keeps few of them open', async () => {
    const frames = 60;
    const tables = Array.from({ length: frames }, (_, k) =>
      ftbl({ offset: 0, length: codestream.length, dataReference: k + 1 }),
    );
    const urls = tables.map((_, k) => `${k}.j2k`);
    const bytes = join(
      head,
      ...tables,
      bytesOf((w) => writeDataReferences(w, urls)),
    );
    let now = 0;
    let most = 0;
    const jpx = await openJpx(bytes, {
      resolve: () => {
        most = Math.max(most, ++now);
        return Object.assign(new TestSource(codestream), { close: () => void now-- });
      },
    });
    const images = await Promise.all(jpx.layers.map(({ index }) => jpx.layer(index)));
    for (const image of images) expect((await image.decode({ reduce: 3 })).status).toBe('complete');
    expect(now).toBeLessThanOrEqual(16);
    await jpx.close();
    expect(now).toBe(0);
    expect(most).toBeLessThanOrEqual(frames);
  });
});

describe('hostile fragment tables', () => {
  const codestream = picture(50);
  const head = join(SIGNATURE, FTYP_JPX, jp2h());
  const good = { offset: head.length + 8, length: codestream.length, dataReference: 0 };
  const file = (table: Uint8Array) => join(head, box('mdat', codestream), table);
  const tableAt = file(new Uint8Array(0)).length;
  const HUGE = 2 ** 32 - 1;

  test.each<[string, Uint8Array]>([
    ['no fragments', ftbl()],
    ['no list', box('ftbl')],
    ['a list that is cut off', box('ftbl', box('flst', hex('FFFF 0000')))],
    ['the same bytes twice', ftbl(good, good)],
    ['bytes that overlap', ftbl(good, { ...good, offset: good.offset + 3, length: 4 })],
    ['itself', ftbl({ offset: tableAt, length: 20, dataReference: 0 })],
    ['what lies beyond the file', ftbl({ offset: 99999, length: 5, dataReference: 0 })],
    [
      'a length beyond the file, and another fragment',
      ftbl({ ...good, length: HUGE }, { offset: 0, length: 4, dataReference: 0 }),
    ],
    ['an offset of 2^64 - 1', box('ftbl', box('flst', hex('0001 FFFFFFFFFFFFFFFF FFFFFFFF 0000')))],
    ['an offset of 2^64 - 1 in another file', box('ftbl', box('flst', hex('0001 FFFFFFFFFFFFFFFF FFFFFFFF 0001')))],
  ])('with %s are errors', async (_, table) => {
    const bytes = file(table);
    await expect(decode(bytes)).rejects.toMatchObject({ name: 'Jpeg2000Error' });
    const jpx = await openJpx(bytes, { resolve: () => bytesSource(codestream) });
    await expect(jpx.layer(0)).rejects.toMatchObject({ name: 'Jpeg2000Error' });
    expect(jpx.warnings.length).toBeGreaterThan(0);
  });

  test('with one byte twice, or with a part missing in the middle, are errors', async () => {
    const [front, back] = [
      { ...good, length: 20 },
      { ...good, offset: good.offset + 20, length: codestream.length - 20 },
    ];
    expect(decodeSync(file(ftbl(front, back))).status).toBe('complete');
    const overlapping = file(ftbl({ ...front, length: 21 }, back));
    await expect(decode(overlapping)).rejects.toMatchObject({ kind: 'malformed', code: 'fragment' });
    // the table in front, so that what is too long runs into nothing but the end of the file
    const table = (length: number, rest: number) =>
      ftbl({ offset: 900, length, dataReference: 0 }, { offset: 800, length: rest, dataReference: 0 });
    const bytes = (t: Uint8Array) => join(head, t, box('mdat', new Uint8Array(1000 - head.length - t.length - 8)));
    const cut = await openJpx(bytes(table(101, 5)));
    expect(cut.codestreams[0].fragments).toMatchObject({ code: 'fragment' });
    const whole = await openJpx(bytes(table(100, 5)));
    expect(whole.codestreams[0].fragments).toHaveLength(2);
    const last = await openJpx(bytes(ftbl({ offset: 900, length: 101, dataReference: 0 })));
    expect([last.codestreams[0].fragments, last.warnings.map(({ code }) => code)]).toMatchObject([
      { length: 1 },
      ['fragment'],
    ]);
  });

  test('with a million fragments end soon', async () => {
    const list = bytesOf((w) =>
      writeFragmentList(
        w,
        Array.from({ length: 65535 }, (_, k) => ({ offset: k, length: 1, dataReference: 1 })),
      ),
    );
    const table = box('ftbl', join(...Array.from({ length: 16 }, () => list)));
    await expect(decode(file(table))).rejects.toMatchObject({ kind: 'limit', code: 'fragment' });
    const jpx = await openJpx(file(table));
    await expect(jpx.codestream(0)).rejects.toMatchObject({ kind: 'limit', code: 'fragment' });
  });

  test('cost no more than their own codestream', async () => {
    const bytes = join(head, ftbl(good, good), jp2c(codestream));
    const jpx = await openJpx(bytes);
    await expect(jpx.layer(0)).rejects.toMatchObject({ code: 'fragment' });
    expect((await (await jpx.layer(1)).decode()).status).toBe('complete');
  });
});

test('any damage ends in a file, a picture or a typed error', async () => {
  const text = ascii('<a/>');
  const rich = join(
    SIGNATURE,
    FTYP_JPX,
    box('rreq', hex('01 C0 80 0002 0005 80 0043 40 0000')),
    jp2h(),
    box(
      'comp',
      join(box('copt', hex('00000010 00000010 FF')), box('inst', hex('0008 0001 00000064 80000001 00000000'))),
    ),
    box('jpch', box('lbl ', ascii('a'))),
    jplh({ colours: [], opacity: { kind: 'last-channel' } }),
    jp2c(picture(7)),
    ftbl({ offset: 40, length: 20, dataReference: 1 }),
    box('asoc', join(box('nlst', hex('01000000')), box('xml ', text), box('roid', hex(`01 ${'00'.repeat(19)}`)))),
    bytesOf((w) => writeDataReferences(w, ['a'])),
  );
  const damage = fc.array(fc.tuple(fc.nat(rich.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(damage, fc.nat(rich.length), async (edits, cut) => {
      const bytes = rich.slice(0, cut % 3 === 0 ? cut : rich.length);
      for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
      const attempt = async (run: () => Promise<unknown>): Promise<void> => {
        try {
          await run();
        } catch (error) {
          if (!(error instanceof Jpeg2000Error)) throw error;
        }
      };
      await attempt(async () => {
        const jpx = await openJpx(bytes, { resolve: () => bytesSource(rich), limits: { pixels: 1 << 16 } });
        for (const { index } of jpx.layers.slice(0, 3)) await attempt(async () => (await jpx.layer(index)).decode());
        for (const node of jpx.metadata) await attempt(() => jpx.text(node));
        await attempt(() => jpx.extract(0));
      });
    }),
    { numRuns: 1500 },
  );
});

describe('metadata', () => {
  const nlst = (...numbers: string[]) => box('nlst', hex(numbers.join('')));
  const label = (text: string) => box('lbl ', ascii(text));
  const xml = (text: string) => box('xml ', ascii(text));

  test('say what they are about', async () => {
    const bytes = join(
      SIGNATURE,
      FTYP_JPX,
      jp2h(),
      xml('<whole/>'),
      box('jpch', label('stream 0')),
      jp2c(picture(1)),
      jp2c(picture(2)),
      box('uuid', hex('BE7ACFCB97A942E89C71999491E3AFAC 3C783E')),
      box(
        'asoc',
        join(
          nlst('01000001', '02000001'),
          label('second'),
          xml('<b/>'),
          box('asoc', join(nlst('01000000'), xml('<a/>'))),
        ),
      ),
      box('asoc', join(label('gml.data'), box('asoc', join(label('gml.root-instance'), xml('<gml/>'))))),
      box('asoc', join(box('roid', hex('01 00 00 00 00000001 00000002 00000003 00000004')), label('spot'))),
      box('asoc', join(nlst('00000000'), xml('<rendered/>'))),
      // the list is labelled here, and says nothing of what follows it
      box('asoc', join(label('favourites'), nlst('01000000'), xml('<about-the-label/>'))),
    );
    const jpx = await openJpx(bytes);
    expect(jpx.warnings).toEqual([]);
    const [whole, stream, uuid, second, gml, spot, rendered, labelled] = jpx.metadata;
    expect(whole.about).toEqual({ wholeFile: true, codestreams: [], layers: [] });
    expect(stream).toMatchObject({ label: 'stream 0', about: { wholeFile: false, codestreams: [0] } });
    expect(uuid).toMatchObject({ uuid: 'be7acfcb-97a9-42e8-9c71-999491e3afac', uuidName: 'xmp' });
    expect(second).toMatchObject({ about: { codestreams: [1], layers: [1] }, labels: ['second'] });
    const [, , b, inner] = second.children!;
    expect(b.labels).toEqual(['second']);
    expect(inner.about).toEqual({ wholeFile: false, codestreams: [0], layers: [] });
    expect(inner.children![1].labels).toEqual(['second']);
    expect(gml.children![1].children![1].labels).toEqual(['gml.data', 'gml.root-instance']);
    expect(spot.children![0].regions).toMatchObject([{ x: 1, y: 2, width: 3, height: 4 }]);
    expect(rendered.about).toEqual({ wholeFile: true, codestreams: [], layers: [] });
    expect(labelled.children!.map(({ about }) => about.codestreams)).toEqual([[], [0], []]);
    expect(labelled.children![2].labels).toEqual(['favourites']);
    expect(await jpx.text(whole)).toBe('<whole/>');
    expect(await jpx.text(inner.children![1])).toBe('<a/>');
    expect((await jpx.content(uuid)).length).toBe(19);
    expect(jpx.metadataAbout({ codestream: 0 }).map(({ box }) => box.type)).toEqual(['lbl ', 'asoc']);
    expect(jpx.metadataAbout({ layer: 1 })).toEqual([second]);
  });

  test('may stand elsewhere', async () => {
    const text = ascii('<elsewhere/>');
    const head = join(SIGNATURE, FTYP_JPX, jp2h(), box('mdat', text));
    const flst = (offset: number) =>
      bytesOf((w) => writeFragmentList(w, [{ offset, length: text.length, dataReference: 0 }]));
    const cref = (offset: number) => box('cref', join(ascii('xml '), flst(offset)));
    const bytes = join(head, box('asoc', join(label('here'), cref(head.length - text.length))), jp2c(picture(3)));
    const jpx = await openJpx(bytes);
    const [, reference] = jpx.metadata[0].children!;
    expect(reference.box.type).toBe('cref');
    expect(await jpx.text(reference)).toBe('<elsewhere/>');
    const wild = await openJpx(join(head, box('asoc', cref(99999)), jp2c(picture(3))));
    await expect(wild.content(wild.metadata[0].children![0])).rejects.toMatchObject({ code: 'fragment' });
  });
});

describeShared('jpx', 'the solar movies', () => {
  const load = (name: string) => new Uint8Array(readFileSync(sharedPath('jpx', name)));

  test('embedded: four layers with their metadata', async () => {
    const jpx = await openJpx(load('helioviewer-4frames-embedded.jpx'));
    expect(jpx.warnings).toEqual([]);
    expect([jpx.brand, jpx.codestreams.length, jpx.layers.length]).toEqual(['jpx ', 4, 4]);
    expect(jpx.requirements!.features.map(({ feature }) => feature)).toEqual([5, 42, 45, 2, 18, 19, 1, 8, 12, 31, 20]);
    for (let n = 0; n < 4; n++) {
      const [about, ...more] = jpx.metadataAbout({ codestream: n, layer: n });
      expect(more).toEqual([]);
      expect(await jpx.text(about.children![1])).toMatch(/^<meta><fits><SIMPLE>T/);
      const image = await jpx.layer(n);
      expect(image.info).toMatchObject({ width: 1024, height: 1024, layers: 4, progression: 'RPCL', warnings: [] });
      expect((await image.decode({ reduce: 4 })).channels).toBe(3);
    }
  });

  test('linked: the same frames, cut out of the embedded file', async () => {
    const embedded = load('helioviewer-4frames-embedded.jpx');
    const model = await openJpx(embedded);
    const bytes = load('helioviewer-4frames-linked.jpx');
    const fragmentOf = (n: number): Fragment => (linked.codestreams[n].fragments as readonly Fragment[])[0];
    const linked = await openJpx(bytes, {
      // the outside files are JP2 files, of which only the codestreams are known
      resolve: (_, { index }) => {
        const { offset, length } = (model.codestreams[index].fragments as readonly Fragment[])[0];
        expect(fragmentOf(index).length).toBe(length);
        return bytesSource(join(new Uint8Array(fragmentOf(index).offset), embedded.subarray(offset, offset + length)));
      },
    });
    expect(linked.warnings).toEqual([]);
    expect(linked.references.every(({ url, safe }) => url.startsWith('file:///') && safe === undefined)).toBe(true);
    expect(linked.metadata.length).toBe(model.metadata.length);
    for (let n = 0; n < 4; n++) {
      const [a, b] = await Promise.all([linked.layer(n), model.layer(n)]);
      expectSamePicture(await a.decode({ reduce: 1 }), await b.decode({ reduce: 1 }));
    }
  });

  test('of three sizes and colours', async () => {
    const jpx = await openJpx(new TestSource(load('3codestreams-mixed-size-heliov.jpx')));
    expect(jpx.warnings).toEqual([]);
    const images = await Promise.all([0, 1, 2].map((n) => jpx.layer(n)));
    expect(images.map(({ info }) => [info.width, info.colour.space, info.colour.palette])).toEqual([
      [1024, 'srgb', true],
      [256, 'srgb', false],
      [4096, 'grey', false],
    ]);
    expect(images.flatMap(({ info }) => info.warnings)).toEqual([]);
  });

  describeTools(['opj_decompress'], 'beside OpenJPEG', () => {
    test.each(['helioviewer-4frames-embedded.jpx', '3codestreams-mixed-size-heliov.jpx'])(
      'every layer of %s has its samples, through the palette where there is one',
      async (name) => {
        const bytes = load(name);
        const jpx = await openJpx(bytes);
        for (const { index, fragments, header } of jpx.codestreams) {
          const [{ offset, length }] = fragments as readonly Fragment[];
          const reduce = index === 2 ? 2 : 1;
          const codestream = bytes.slice(offset, offset + length);
          const planes = await decodeWithOpenJpeg(codestream, { reduce });
          const own = await decode(codestream, { reduce, layout: 'interleaved' });
          const { data, channels } = await (await jpx.layer(index)).decode({ reduce, layout: 'interleaved' });
          const usesPalette = header?.componentMapping === undefined;
          const columns = usesPalette ? paletteOf(bytes) : [];
          expect([own.channels, channels]).toEqual([planes.length, usesPalette ? 3 : planes.length]);
          // 9/7: both round their own sums
          const apart = Array.from(own.data).reduce((most, value, k) => {
            return Math.max(most, Math.abs(value - planes[k % planes.length].data[Math.floor(k / planes.length)]));
          }, 0);
          expect(apart).toBeLessThanOrEqual(1);
          const expected = usesPalette
            ? Uint8Array.from({ length: data.length }, (_, k) => columns[k % 3][own.data[Math.floor(k / 3)]])
            : own.data;
          expect(firstDifference(data, expected)).toBe(-1);
        }
      },
      120_000,
    );
  });

  /** The columns of the palette, read by hand: NE, NPC and three depths before the entries. */
  function paletteOf(bytes: Uint8Array): Uint8Array[] {
    const at = Buffer.from(bytes).indexOf('pclr') + 4;
    const entries = (bytes[at] << 8) | bytes[at + 1];
    return [0, 1, 2].map((c) => Uint8Array.from({ length: entries }, (_, k) => bytes[at + 6 + 3 * k + c]));
  }
});
