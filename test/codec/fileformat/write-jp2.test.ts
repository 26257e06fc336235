/**
 * Files around codestreams: written, then read by this library and by other decoders.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { ByteReader } from '../../../src/codec/bits/byte-reader.ts';
import { colourInfoOf } from '../../../src/codec/colour/channels.ts';
import { readSiz } from '../../../src/codec/codestream/siz.ts';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import type { ColourSpec, MetadataSpec } from '../../../src/codec/fileformat/jp2-spec.ts';
import { type Jp2File, readJp2File } from '../../../src/codec/fileformat/jp2-file.ts';
import { type CanvasShape, writeCodestreamBoxHeader, writeJp2Head } from '../../../src/codec/fileformat/write-jp2.ts';
import type { ChannelInfo } from '../../../src/codec/image.ts';
import { DEFAULT_LIMITS } from '../../../src/codec/limits.ts';
import { readNow } from '../../../src/codec/source.ts';
import { decodeSync, inspectSync } from '../../../src/index.ts';
import { fixture } from '../../support/fixtures.ts';
import { readPgx } from '../../support/pgx.ts';
import { findTool, runTool } from '../../support/tools.ts';
import { profile, SRGB_PROFILE } from '../colour/icc-bytes.ts';
import { ascii, CODESTREAM, hex, join } from './box-bytes.ts';
import { whole } from './icc-whole.ts';

/** A canvas of components of 8 bits. */
function canvas(numComponents: number, rest: Partial<CanvasShape> = {}): CanvasShape {
  const component = { precision: 8, signed: false, xrsiz: 1, yrsiz: 1 };
  const components = new Array(numComponents).fill(component);
  return { xsiz: 40, ysiz: 30, xosiz: 0, yosiz: 0, components, ...rest };
}

/** Three components, the second and third of half the size. */
function subsampled(): CanvasShape {
  const [y] = canvas(1).components;
  return canvas(3, { components: [y, { ...y, xrsiz: 2, yrsiz: 2 }, { ...y, xrsiz: 2, yrsiz: 2 }] });
}

/** The file around a codestream. */
function fileOf(shape: CanvasShape, colour?: ColourSpec, metadata?: MetadataSpec, codestream = CODESTREAM) {
  return join(writeJp2Head(shape, colour, metadata), writeCodestreamBoxHeader(codestream.length), codestream);
}

/** The file as it is read, strictly: nothing may be complained of. */
function read(shape: CanvasShape, colour?: ColourSpec, metadata?: MetadataSpec): Jp2File {
  const bytes = fileOf(shape, colour, metadata);
  return readNow(readJp2File(new DiagnosticLog(true), DEFAULT_LIMITS, bytes.length), bytes);
}

function spaceOf({ header }: Jp2File): number | string {
  const [colour] = header!.colours;
  return colour.method === 'enumerated' ? colour.enumerated : colour.method;
}

const COLOUR = (k: number): ChannelInfo => ({ kind: 'colour', association: k });
const OPACITY: ChannelInfo = { kind: 'opacity', association: 0 };

describe('what the boxes repeat of the codestream', () => {
  test('is the size of the image area and the format of all components', () => {
    const { header } = read(canvas(1, { xosiz: 3, yosiz: 10 }));
    expect(header).toMatchObject({
      imageHeader: { width: 37, height: 20, numComponents: 1, format: { precision: 8, signed: false } },
      bitsPerComponent: undefined,
    });
  });

  test('is the format of each component where they differ', () => {
    const [plain] = canvas(1).components;
    const components = [plain, { ...plain, precision: 12 }, { ...plain, signed: true }];
    const { header } = read(canvas(3, { components }));
    expect(header?.imageHeader?.format).toBeUndefined();
    expect(header?.bitsPerComponent).toEqual([
      { precision: 8, signed: false },
      { precision: 12, signed: false },
      { precision: 8, signed: true },
    ]);
  });
});

describe('colour without a word about it', () => {
  test.each([
    [1, 17, undefined, false],
    [2, 17, [0, 1], false],
    [3, 16, undefined, false],
    [4, 16, [0, 0, 0, 1], false],
    [5, 16, [0, 0, 0, 65535, 65535], true],
    [300, 16, [0, 0, 0, ...new Array(297).fill(65535)], true],
  ])('of %d components', (count, space, types, unknown) => {
    const file = read(canvas(count));
    expect(spaceOf(file)).toBe(space);
    expect(file.header?.channelDefinitions?.map((d) => d.type)).toEqual(types);
    expect(file.header?.imageHeader?.colourSpaceUnknown).toBe(unknown);
    expect(file).toMatchObject({ container: 'jp2', fileType: { brand: 'jp2 ', compatible: ['jp2 '] } });
  });

  test('is luminance and chrominance where the second and third component are smaller', () => {
    const { components } = subsampled();
    expect(spaceOf(read(subsampled()))).toBe(18);
    expect(spaceOf(read(canvas(4, { components: [...components, components[0]] })))).toBe(18);
    expect(spaceOf(read(canvas(3, { components: [components[0], components[1], components[0]] })))).toBe(16);
  });

  test('is grey and the rest unspecified where bands have grids of their own', () => {
    const { components } = subsampled();
    const [y, c] = components;
    const file = read(canvas(5, { components: [y, y, c, c, c] }));
    expect([spaceOf(file), file.header?.imageHeader?.colourSpaceUnknown]).toEqual([17, true]);
  });

  test('follows the channels that are named', () => {
    expect(spaceOf(read(canvas(2), { channels: [OPACITY, COLOUR(1)] }))).toBe(17);
    expect(spaceOf(read(canvas(3), { channels: [COLOUR(3), COLOUR(2), COLOUR(1)] }))).toBe(16);
    expect(() => read(canvas(4), { channels: [1, 2, 3, 4].map(COLOUR) })).toThrow('named for 4 colours');
  });
});

describe('named colour spaces', () => {
  test.each([
    ['srgb', 3, 16],
    ['grey', 1, 17],
    ['sycc', 3, 18],
  ] as const)('%s is JP2', (space, count, enumerated) => {
    const file = read(canvas(count), { space });
    expect(spaceOf(file)).toBe(enumerated);
    expect(file.fileType).toEqual({ brand: 'jp2 ', minorVersion: 0, compatible: ['jp2 '] });
    expect(file.boxes.map((b) => b.type)).not.toContain('rreq');
  });

  test.each([
    ['cmyk', 4, 12, 55],
    ['cielab', 3, 14, 56],
    ['esrgb', 3, 20, 60],
    ['esycc', 3, 24, 71],
  ] as const)('%s is JPX, and the file says what its reader must know', (space, count, enumerated, feature) => {
    const bytes = fileOf(canvas(count), { space });
    const file = read(canvas(count), { space });
    expect(spaceOf(file)).toBe(enumerated);
    expect(file).toMatchObject({ container: 'jpx', fileType: { brand: 'jpx ', compatible: ['jpx '] } });
    expect(file.boxes.map((b) => b.type)).toEqual(['jP  ', 'ftyp', 'rreq', 'jp2h', 'jp2c']);
    const rreq = file.boxes[2];
    const fields = new ByteReader(bytes.subarray(rreq.offset + 8, rreq.offset + rreq.length!));
    // ML, FUAM, DCM, NSF, then a feature and its mask twice, NVF
    expect([fields.u8(), fields.u8(), fields.u8(), fields.u16()]).toEqual([1, 0xc0, 0xc0, 2]);
    expect([fields.u16(), fields.u8(), fields.u16(), fields.u8()]).toEqual([5, 0x80, feature, 0x40]);
    expect([fields.u16(), fields.remaining]).toEqual([0, 0]);
  });

  test('CIELab may have parameters, the others not', () => {
    const parameters = hex('00000064 00000000 000000FF 00000080 000000FF 00000080 00443635');
    const [colour] = read(canvas(3), { space: 'cielab', parameters }).header!.colours;
    expect(colour).toMatchObject({ enumerated: 14, parameters });
    expect(() => read(canvas(3), { space: 'cielab', parameters: parameters.subarray(4) })).toThrow('28 bytes');
    expect(() => read(canvas(3), { space: 'srgb', parameters })).toThrow('no parameters');
  });

  test('need as many channels as they have colours; one more is opacity, several are unspecified', () => {
    expect(() => read(canvas(2), { space: 'srgb' })).toThrow('at least 3 channels');
    expect(read(canvas(5), { space: 'cmyk' }).header?.channelDefinitions?.map((d) => d.type)).toEqual([0, 0, 0, 0, 1]);
    expect(read(canvas(3), { space: 'grey' }).header?.channelDefinitions?.map((d) => d.type)).toEqual([
      0, 65535, 65535,
    ]);
    expect(() => read(canvas(3), { space: 'hsv' as 'srgb' })).toThrow("found 'hsv'");
  });
});

describe('ICC profiles', () => {
  const srgb = whole(SRGB_PROFILE);
  const cmyk = whole(profile('CMYK', {}, 'Lab '), 'prtr');

  test('of the restricted kind are JP2', () => {
    const file = read(canvas(4), { icc: srgb });
    expect(file.header?.colours).toEqual([{ method: 'restricted-icc', precedence: 0, approximation: 0, icc: srgb }]);
    expect(file.container).toBe('jp2');
    expect(file.header?.channelDefinitions?.map((d) => d.type)).toEqual([0, 0, 0, 1]);
  });

  test('of other kinds are JPX', () => {
    const file = read(canvas(4), { icc: cmyk });
    expect(file.header?.colours).toEqual([{ method: 'any-icc', precedence: 0, approximation: 1, icc: cmyk }]);
    expect(file.container).toBe('jpx');
    expect(file.header?.channelDefinitions).toBeUndefined();
  });

  test('end where they say', () => {
    const [colour] = read(canvas(3), { icc: join(srgb, hex('00 00')) }).header!.colours;
    expect(colour).toMatchObject({ icc: srgb });
  });

  test.each([
    ['too short', srgb.subarray(0, 140), 3],
    ['no profile', ascii('#!/bin/sh'), 3],
    ['for a link of devices', whole(SRGB_PROFILE, 'link'), 3],
    ['for more colours than there are', cmyk, 3],
    ['for an unknown space', whole(profile('what', {})), 3],
  ])('%s are refused', (_, icc, count) => {
    expect(() => read(canvas(count), { icc })).toThrow(
      expect.objectContaining({ kind: 'usage', code: 'option-value' }),
    );
  });

  test('stand alone', () => {
    expect(() => read(canvas(3), { icc: srgb, space: 'srgb' })).toThrow('found both');
  });
});

describe('channels', () => {
  test('are defined when they are not simply the colours in their order', () => {
    const bgr = [COLOUR(3), COLOUR(2), COLOUR(1), OPACITY];
    expect(read(canvas(4), { channels: bgr }).header?.channelDefinitions).toEqual([
      { channel: 0, type: 0, association: 3 },
      { channel: 1, type: 0, association: 2 },
      { channel: 2, type: 0, association: 1 },
      { channel: 3, type: 1, association: 0 },
    ]);
    expect(read(canvas(3), { channels: [1, 2, 3].map(COLOUR) }).header?.channelDefinitions).toBeUndefined();
  });

  test.each<[string, ChannelInfo[]]>([
    ['too few entries', [COLOUR(1), COLOUR(2)]],
    ['a colour twice', [COLOUR(1), COLOUR(1), COLOUR(2)]],
    ['a colour that is missing', [COLOUR(1), COLOUR(2), { kind: 'unspecified', association: 65535 }]],
    ['a colour beyond the space', [COLOUR(1), COLOUR(2), COLOUR(4)]],
    ['a colour of no number', [COLOUR(0), COLOUR(1), COLOUR(2)]],
    ['an unknown kind', [COLOUR(1), COLOUR(2), { kind: 'depth' as 'colour', association: 3 }]],
  ])('with %s are refused', (_, channels) => {
    expect(() => read(canvas(3), { channels, space: 'srgb' })).toThrow(
      expect.objectContaining({ kind: 'usage', code: 'option-value' }),
    );
  });

  test('with two opacities of one thing are refused', () => {
    expect(() => read(canvas(3), { channels: [COLOUR(1), OPACITY, OPACITY] })).toThrow('two channels');
  });
});

test('channels in any order mean the same once read', () => {
  const spaces: [NonNullable<ColourSpec['space']>, number][] = [
    ['grey', 1],
    ['srgb', 3],
    ['sycc', 3],
    ['cmyk', 4],
    ['cielab', 3],
    ['esrgb', 3],
    ['esycc', 3],
  ];
  const extra = fc.constantFrom<ChannelInfo[]>(
    [],
    [OPACITY],
    [{ kind: 'premultiplied-opacity', association: 0 }],
    [OPACITY, { kind: 'unspecified', association: 65535 }, { kind: 'unspecified', association: 65535 }],
    [{ kind: 'opacity', association: 1 }],
  );
  const wish = fc.record({ space: fc.constantFrom(...spaces), extra, keys: fc.infiniteStream(fc.nat()) });
  fc.assert(
    fc.property(wish, ({ space: [space, colours], extra, keys }) => {
      const inOrder = [...Array.from({ length: colours }, (_, k) => COLOUR(k + 1)), ...extra];
      const ranks = inOrder.map(() => keys.next().value as number);
      const channels = inOrder
        .map((_, k) => k)
        .sort((a, b) => ranks[a] - ranks[b])
        .map((k) => inOrder[k]);
      const file = read(canvas(channels.length), { space, channels });
      expect(colourInfoOf(file, channels.length, { reorder: false }, new DiagnosticLog(true))).toMatchObject({
        space,
        channels,
        palette: false,
      });
    }),
  );
});

describe('palettes', () => {
  const column = { precision: 8, entries: Uint8Array.of(10, 20, 30) };
  const columns = [column, column, column];

  test('go through every column of one component', () => {
    const { header } = read(canvas(1), { palette: { columns } });
    expect(header?.palette).toMatchObject({ numEntries: 3 });
    expect(header?.componentMapping).toEqual([0, 1, 2].map((paletteColumn) => ({ component: 0, paletteColumn })));
    expect(header?.channelDefinitions).toBeUndefined();
    expect(read(canvas(1), { palette: { columns: [...columns, column] } }).header?.channelDefinitions?.at(-1)).toEqual({
      channel: 3,
      type: 1,
      association: 0,
    });
  });

  test('need a mapping where there are more components', () => {
    const palette = { columns };
    expect(() => read(canvas(2), { palette })).toThrow('expected a mapping');
    const mapping = [
      { component: 0, column: 0 },
      { component: 0, column: 1 },
      { component: 0, column: 2 },
      { component: 1, column: undefined },
    ];
    const { header } = read(canvas(2), { palette: { columns, mapping } });
    expect(header?.componentMapping?.at(-1)).toEqual({ component: 1, paletteColumn: undefined });
    expect(header?.channelDefinitions?.map((d) => d.type)).toEqual([0, 0, 0, 1]);
  });

  test.each<[string, NonNullable<ColourSpec['palette']>]>([
    ['no columns', { columns: [] }],
    ['no entries', { columns: [{ precision: 8, entries: new Uint8Array(0) }] }],
    ['too many entries', { columns: [{ precision: 8, entries: new Uint8Array(1025) }] }],
    ['columns of several lengths', { columns: [column, { precision: 8, entries: new Uint8Array(2) }, column] }],
    ['entries beyond their depth', { columns: [{ precision: 4, entries: Uint8Array.of(16) }] }],
    ['entries below zero', { columns: [{ precision: 4, entries: Int8Array.of(-1) }] }],
    ['entries that are no whole numbers', { columns: [{ precision: 8, entries: Float32Array.of(0.5) }] }],
    ['a depth of 39 bits', { columns: [{ precision: 39, entries: Uint8Array.of(1) }] }],
    ['a component that is not there', { columns, mapping: [{ component: 1, column: 0 }] }],
    ['a column that is not there', { columns, mapping: [{ component: 0, column: 3 }] }],
    ['an empty mapping', { columns, mapping: [] }],
  ])('with %s are refused', (_, palette) => {
    expect(() => read(canvas(1), { palette })).toThrow(
      expect.objectContaining({ kind: 'usage', code: 'option-value' }),
    );
  });
});

describe('metadata', () => {
  const id = '00112233-4455-6677-8899-aabbccddeeff';

  test('of every kind come back', () => {
    const geotiff = hex('49492A00 08000000 0000 00000000');
    const { metadata } = read(canvas(1), undefined, {
      xml: ['<a>ü</a>', ''],
      xmp: '<x:xmpmeta/>',
      geotiff,
      uuid: [
        { id, data: hex('01 02') },
        { id: id.replaceAll('-', '').toUpperCase(), data: hex('') },
      ],
    });
    expect(metadata.xml).toEqual(['<a>ü</a>', '']);
    expect(metadata.uuids.map((u) => [u.name ?? u.id, Array.from(u.data)])).toEqual([
      ['xmp', Array.from(ascii('<x:xmpmeta/>'))],
      ['geotiff', Array.from(geotiff)],
      [id, [1, 2]],
      [id, []],
    ]);
  });

  test('with GML name JPX beside JP2, and require only its understanding', () => {
    const gml = '<gml:FeatureCollection/>';
    const file = read(canvas(1), undefined, { gml });
    expect(file.metadata.gml).toBe(gml);
    expect(file.metadata.labelledXml).toEqual([{ labels: ['gml.data', 'gml.root-instance'], xml: gml }]);
    expect(file.fileType).toEqual({ brand: 'jp2 ', minorVersion: 0, compatible: ['jp2 ', 'jpx '] });
    const rreq = file.boxes[2];
    const bytes = fileOf(canvas(1), undefined, { gml }).subarray(rreq.offset + 8, rreq.offset + rreq.length!);
    expect(bytes).toEqual(hex('01 C0 80 0002 0005 80 0043 40 0000'));
  });

  test('resolutions are vertical before horizontal', () => {
    const resolution = { capture: { x: 300 / 0.0254, y: 150 / 0.0254 }, display: { x: 3000, y: 2000 } };
    const { header } = read(canvas(1), undefined, { resolution });
    expect(header?.captureResolution?.horizontal).toBeCloseTo(11811.023622, 6);
    expect(header?.captureResolution?.vertical).toBeCloseTo(5905.511811, 6);
    expect(header?.displayResolution).toEqual({ horizontal: 3000, vertical: 2000 });
  });

  test.each<[string, MetadataSpec]>([
    ['XML that is no string', { xml: [hex('3C') as unknown as string] }],
    ['XMP that is no string', { xmp: 3 as unknown as string }],
    ['GML that is no string', { gml: {} as string }],
    ['a UUID with a digit too few', { uuid: [{ id: id.slice(1), data: hex('') }] }],
    ['a UUID that is no UUID', { uuid: [{ id: 'x'.repeat(32), data: hex('') }] }],
    ['UUID data that are no bytes', { uuid: [{ id, data: 'text' as unknown as Uint8Array }] }],
    ['a GeoTIFF that is no TIFF', { geotiff: hex('FFD8FFE0') }],
    ['a resolution of nothing', { resolution: { capture: { x: 0, y: 1 } } }],
    ['a resolution of infinity', { resolution: { display: { x: 1, y: Number.POSITIVE_INFINITY } } }],
    ['a resolution no fraction can say', { resolution: { display: { x: 1e-300, y: 1 } } }],
  ])('refused: %s', (_, metadata) => {
    expect(() => read(canvas(1), undefined, metadata)).toThrow(
      expect.objectContaining({ kind: 'usage', code: 'option-value' }),
    );
  });
});

describe('the header of the codestream box', () => {
  test('has 32 bits for its length, or 64 where they are needed or wished for', () => {
    expect(writeCodestreamBoxHeader(100)).toEqual(hex('0000006C 6A703263'));
    expect(writeCodestreamBoxHeader(100, true)).toEqual(hex('00000001 6A703263 00000000 00000074'));
    expect(writeCodestreamBoxHeader(2 ** 32 - 9)).toEqual(hex('FFFFFFFF 6A703263'));
    expect(writeCodestreamBoxHeader(2 ** 32 - 8)).toEqual(hex('00000001 6A703263 00000001 00000008'));
  });

  test('is open where the length is not known', () => {
    expect(writeCodestreamBoxHeader(undefined)).toEqual(hex('00000000 6A703263'));
  });
});

test('whatever fits together is written and read back the same', () => {
  const number = fc.integer({ min: 1, max: 2 ** 32 - 1 });
  const component = fc.record({
    precision: fc.integer({ min: 1, max: 38 }),
    signed: fc.boolean(),
    xrsiz: fc.integer({ min: 1, max: 4 }),
    yrsiz: fc.integer({ min: 1, max: 4 }),
  });
  const shape = fc.record({
    xsiz: number,
    ysiz: number,
    xosiz: fc.constant(0),
    yosiz: fc.constant(0),
    components: fc.array(component, { minLength: 1, maxLength: 7 }),
  });
  const text = fc.string({ unit: 'grapheme', maxLength: 20 });
  // trailing NULs and a byte order mark are no part of a text
  const plain = text.map((t) => t.replace(/\0+$/, ''));
  const data = fc.uint8Array({ maxLength: 20 });
  const metadata = fc.record(
    {
      xml: fc.array(plain, { maxLength: 3 }),
      gml: plain,
      uuid: fc.array(fc.record({ id: fc.uuid(), data }), { maxLength: 3 }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(shape, metadata, (s, m) => {
      const file = read(s, undefined, m);
      expect(file.header?.imageHeader).toMatchObject({
        width: s.xsiz,
        height: s.ysiz,
        numComponents: s.components.length,
      });
      const formats = file.header?.bitsPerComponent ?? s.components.map(() => file.header?.imageHeader?.format);
      expect(formats).toEqual(s.components.map(({ precision, signed }) => ({ precision, signed })));
      expect(file.metadata.xml).toEqual(m.xml ?? []);
      expect(file.metadata.gml).toBe(m.gml);
      expect(file.metadata.uuids.map(({ id, data }) => ({ id, data }))).toEqual(m.uuid ?? []);
      expect(file.header?.channelDefinitions?.length ?? s.components.length).toBe(s.components.length);
    }),
  );
});

/** The fixture in a file, its boxes made from its own SIZ. */
function wrapped(name: string, colour?: ColourSpec, metadata?: MetadataSpec): Uint8Array {
  const codestream = fixture(name);
  const length = new DataView(codestream.buffer).getUint16(4);
  const siz = readSiz(new ByteReader(codestream.subarray(6, 4 + length)));
  return fileOf(siz, colour, metadata, codestream);
}

/** Metadata and resolutions of all kinds, to see that others step over them. */
const EVERYTHING: MetadataSpec = {
  resolution: { capture: { x: 11811, y: 11811 }, display: { x: 2835, y: 2835 } },
  xml: ['<note/>'],
  xmp: '<x:xmpmeta xmlns:x="adobe:ns:meta/"/>',
  geotiff: hex('49492A00 08000000 0000 00000000'),
  gml: '<gml/>',
  uuid: [{ id: '00112233445566778899aabbccddeeff', data: hex('01') }],
};

describe('codestreams in files', () => {
  const folder = mkdtempSync(joinPath(tmpdir(), 'jp2kit-wrap-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each([
    ['whole-layers-97', 'srgb'],
    ['grey-12-signed-53', 'grey'],
    ['subsampled-420-53', 'sycc'],
  ])('%s keeps its samples, its space is %s', (name, space) => {
    const bytes = wrapped(name, undefined, EVERYTHING);
    const info = inspectSync(bytes);
    expect(info.warnings).toEqual([]);
    expect(info.colour.space).toBe(space);
    const options = { colour: 'native', layout: 'planar', strict: true } as const;
    expect(decodeSync(bytes, options).data).toEqual(decodeSync(fixture(name), options).data);
  });

  test.skipIf(!findTool('opj_dump'))('OpenJPEG reads the boxes as we mean them', async () => {
    const path = joinPath(folder, 'dump.jp2');
    writeFileSync(path, wrapped('whole-layers-97', { icc: whole(SRGB_PROFILE) }, EVERYTHING));
    const run = await runTool('opj_dump', ['-i', path]);
    expect(run.output).not.toMatch(/error|warn/i);
    expect(run.ok).toBe(true);
  });

  test.runIf(findTool('opj_decompress') && findTool('grk_decompress')).each([
    ['plain JP2', 'whole-layers-97', undefined, undefined],
    ['all metadata', 'whole-layers-97', undefined, EVERYTHING],
    ['a profile', 'whole-layers-97', { icc: whole(SRGB_PROFILE) }, undefined],
    ['JPX', 'whole-layers-97', { space: 'esrgb' } as const, undefined],
    ['signed grey', 'grey-12-signed-53', undefined, undefined],
  ])('OpenJPEG and Grok decode them: %s', async (_, name, colour, metadata) => {
    const path = joinPath(folder, `${name}.jp2`);
    writeFileSync(path, wrapped(name, colour, metadata));
    for (const tool of ['opj_decompress', 'grk_decompress'] as const) {
      const run = await runTool(tool, ['-i', path, '-o', joinPath(folder, `${name}-${tool}.pgx`)]);
      expect(run.output).not.toMatch(/\berror\b/i);
      const [first] = readdirSync(folder).filter((f) => f.startsWith(`${name}-${tool}`));
      const found = readPgx(readFileSync(joinPath(folder, first)));
      const ours = decodeSync(fixture(name), { colour: 'native', layout: 'planar' }).planes![0];
      expect([found.width, found.height, found.precision]).toEqual([ours.width, ours.height, ours.precision]);
    }
  });

  test.runIf(findTool('opj_decompress') && findTool('grk_decompress'))(
    'OpenJPEG and Grok apply the palette',
    async () => {
      const indices = decodeSync(fixture('no-levels-53'), { colour: 'native', layout: 'planar' });
      const entries = (f: (k: number) => number) => Uint8Array.from({ length: 256 }, (_, k) => f(k));
      const columns = [entries((k) => k ^ 255), entries((k) => k >> 1), entries((k) => (7 * k) & 255)];
      const palette = { columns: columns.map((e) => ({ precision: 8, entries: e })) };
      const bytes = wrapped('no-levels-53', { palette });
      const path = joinPath(folder, 'palette.jp2');
      writeFileSync(path, bytes);
      const ours = decodeSync(bytes, { layout: 'planar' });
      expect(ours.channels).toBe(3);
      columns.forEach((column, c) => {
        expect(Array.from(ours.planes![c].data)).toEqual(Array.from(indices.data, (v) => column[v]));
      });
      for (const tool of ['opj_decompress', 'grk_decompress'] as const) {
        await runTool(tool, ['-i', path, '-o', joinPath(folder, `palette-${tool}.pgx`)]);
        const names = readdirSync(folder).filter((f) => f.startsWith(`palette-${tool}`));
        expect(names).toHaveLength(3);
        names.sort().forEach((file, c) => {
          expect(Array.from(readPgx(readFileSync(joinPath(folder, file))).data)).toEqual(
            Array.from(ours.planes![c].data),
          );
        });
      }
    },
  );
});
