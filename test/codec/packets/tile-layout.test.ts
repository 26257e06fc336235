import { describe, expect, test } from 'vitest';
import { joinIndexed, readPacketLengths, splitPlm } from '../../../src/codec/codestream/plt.ts';
import { splitPpm } from '../../../src/codec/codestream/ppm.ts';
import type { ProgressionChange } from '../../../src/codec/codestream/poc.ts';
import { emptySegments } from '../../../src/codec/codestream/header-segments.ts';
import { type TileGeometry, tileGeometry } from '../../../src/codec/geometry/tile.ts';
import {
  type Arrangement,
  type LaidOutTilePart,
  layOutTile,
  measureTileParts,
  numTilePartsOf,
  type PacketOrder,
  packetOrderOf,
  writeCodestream,
  writeMainHeader,
  writeTlmSegments,
} from '../../../src/codec/packets/codestream-writer.ts';
import type { PrecinctKey } from '../../../src/codec/packets/precinct-source.ts';
import type { PacketView } from '../../../src/codec/tier2/read-blocks.ts';
import { mainHeaderOf, tileOf } from '../../arbitraries/canvas.ts';
import { hex, join, markerOf, takeApart } from '../../support/codestream.ts';
import { failureOf } from '../../support/failure.ts';
import { fixture } from '../../support/fixtures.ts';
import { loadAll, PLAIN, type Rearrangement, rearrangedHeaders, writeLoaded } from '../../support/rearrange.ts';
import { decodeSync } from '../../../src/index.ts';
import { expectSamePicture } from '../../support/same-picture.ts';

const EPH = hex('FF92');

/** Writes a fixture in another arrangement and takes the result apart again. */
function pieces(name: string, how: Partial<Rearrangement>) {
  const { bytes, tileParts } = writeLoaded(loadAll(fixture(name)), { ...PLAIN, ...how });
  return { bytes, tileParts, ...takeApart(bytes) };
}

const markers = (segments: readonly Uint8Array[]): number[] => segments.map((s) => markerOf(s));
const only = (segments: readonly Uint8Array[], marker: number): Uint8Array[] =>
  segments.filter((s) => markerOf(s) === marker);
/** What a list of PLT, PLM, PPM or PPT segments holds behind their indices. */
const joined = (segments: readonly Uint8Array[]): Uint8Array =>
  joinIndexed(segments.map((s) => ({ index: s[4]!, bytes: s.subarray(5), offset: 0 })));

describe('a tile that is laid out', () => {
  test('has Psot, TPsot and TNsot as they are, and one tile-part when it is not cut', () => {
    const { parts } = pieces('tiles-offsets-53', {});
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.map(({ isot, tpsot, tnsot }) => [isot, tpsot, tnsot])).toEqual(parts.map((_, t) => [t, 0, 1]));
  });

  test('is cut where the resolution level, layer or component changes', () => {
    const name = 'precincts-rlcp-53';
    const loaded = loadAll(fixture(name));
    const { numLayers, style } = loaded.main.cod;
    const count = (how: Partial<Rearrangement>): number => pieces(name, how).parts.length;
    const components = loaded.main.siz.components.length;
    expect(count({ progression: 'RLCP', tileParts: 'resolution' })).toBe(style.numDecompositionLevels + 1);
    expect(count({ progression: 'CPRL', tileParts: 'component' })).toBe(components);
    expect(count({ progression: 'LRCP', tileParts: 'layer' })).toBe(numLayers);
    expect(count({ progression: 'LRCP', tileParts: 'resolution' })).toBe(
      numLayers * (style.numDecompositionLevels + 1),
    );
  });

  test('is cut again where a change of progression brings a resolution level back', () => {
    const all = { resolutionStart: 0, resolutionEnd: 33, componentStart: 0, componentEnd: 16384, progression: 'RLCP' };
    const changes = [
      { ...all, layerEnd: 1 },
      { ...all, layerEnd: 65535 },
    ] as ProgressionChange[];
    const loaded = loadAll(fixture('layers-lrcp-53'));
    const levels = loaded.main.cod.style.numDecompositionLevels + 1;
    const how = { ...PLAIN, tileParts: 'resolution', poc: { where: 'tile', changes } } as const;
    const { tileParts } = writeLoaded(loaded, how);
    expect(tileParts.length).toBe(2 * levels);
    const { main, tiles } = rearrangedHeaders(loaded, how);
    expect(numTilePartsOf(packetOrderOf(main, tiles[0]!), how)).toBe(2 * levels);
  });

  test('says what is its own in its first tile-part only', () => {
    const changes: ProgressionChange[] = [
      { resolutionStart: 0, resolutionEnd: 33, componentStart: 0, componentEnd: 9, layerEnd: 9, progression: 'RLCP' },
    ];
    const { parts } = pieces('layers-lrcp-53', { tileParts: 'resolution', poc: { where: 'tile', changes } });
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.map((part) => markers(part.header))).toEqual(parts.map((_, k) => (k === 0 ? [0xff5f] : [])));
  });

  test('lists the lengths of its packets with SOP, header, EPH and body', () => {
    const { main, parts, tileParts } = pieces('layers-lrcp-53', {
      tileParts: 'layer',
      plt: true,
      plm: true,
      sop: true,
      eph: true,
    });
    const plm = splitPlm(joined(only(main, 0xff57))).map((bytes) => readPacketLengths(bytes));
    expect(plm).toEqual(tileParts.map((part) => part.packetLengths));
    for (const [k, part] of parts.entries()) {
      const lengths = readPacketLengths(joined(only(part.header, 0xff58)));
      expect(lengths).toEqual(plm[k]);
      let at = 0;
      for (const length of lengths) {
        expect(markerOf(part.data, at)).toBe(0xff91);
        at += length;
      }
      expect(at).toBe(part.data.length);
    }
  });

  test('counts its packets in SOP through all its tile-parts (A.8.1)', () => {
    const { parts, tileParts } = pieces('precincts-rlcp-53', { tileParts: 'resolution', sop: true });
    let n = 0;
    for (const [k, { packetLengths }] of tileParts.entries()) {
      let at = 0;
      for (const length of packetLengths) {
        expect(parts[k]!.data.subarray(at, at + 6)).toEqual(Uint8Array.of(0xff, 0x91, 0, 4, n >> 8, n & 255));
        n++;
        at += length;
      }
    }
    expect(n).toBeGreaterThan(20);
  });

  test.each(['ppm', 'ppt'] as const)('moves packet headers with their EPH to %s, and counts bodies only', (kind) => {
    const { main, parts, tileParts } = pieces('precincts-rlcp-53', {
      tileParts: 'resolution',
      [kind]: true,
      plt: true,
      eph: true,
    });
    const packed =
      kind === 'ppm' ? splitPpm(joined(only(main, 0xff60))) : parts.map((part) => joined(only(part.header, 0xff61)));
    // Zppt goes on from tile-part to tile-part
    const zppt = parts.flatMap((part) => only(part.header, 0xff61)).map((s) => s[4]);
    expect(zppt).toEqual(zppt.map((_, k) => k));
    for (const [k, part] of tileParts.entries()) {
      expect(packed[k]).toEqual(join(...part.packedHeaders!));
      for (const header of part.packedHeaders!) expect(header.subarray(-2)).toEqual(EPH);
      expect(readPacketLengths(joined(only(parts[k]!.header, 0xff58)))).toEqual(part.packetLengths);
      expect(part.packetLengths.reduce((sum, length) => sum + length, 0)).toBe(parts[k]!.data.length);
    }
  });

  test('takes EPH away where COD does not ask for it', () => {
    const plain = pieces('precincts-pcrl-sop-eph-53', { sop: false, eph: false, ppt: true });
    for (const part of plain.tileParts) {
      for (const header of part.packedHeaders!) expect(header.at(-1) === 0x92 && header.at(-2) === 0xff).toBe(false);
    }
    expect(plain.main.find((s) => markerOf(s) === 0xff52)![4]! & 6).toBe(0);
  });

  test('holds the bytes of packets as views', () => {
    const bytes = fixture('tiles-offsets-53');
    const { tileParts } = writeLoaded(loadAll(bytes), PLAIN);
    for (const { data } of tileParts) for (const piece of data) expect(piece.buffer).toBe(bytes.buffer);
  });
});

describe('packets that are handed in', () => {
  const style = {
    numDecompositionLevels: 0,
    xcb: 6,
    ycb: 6,
    codeBlockStyle: 0,
    reversible: true,
    precincts: undefined,
  };
  const siz = {
    rsiz: 0,
    xsiz: 64,
    ysiz: 64,
    xosiz: 0,
    yosiz: 0,
    xtsiz: 64,
    ytsiz: 64,
    xtosiz: 0,
    ytosiz: 0,
    components: [{ precision: 8, signed: false, xrsiz: 1, yrsiz: 1 }],
  };
  const main = mainHeaderOf(siz, [style], 'LRCP', 3);
  const tile = tileOf(main, 0);
  // not empty, included, no plane missing, one pass, Lblock 3, length 2
  const header = Uint8Array.of(0b1_1_1_0_0_010);
  const body = hex('ABCD');

  const layOut = (packets: PacketView[], a: Partial<Arrangement> = {}): LaidOutTilePart[] =>
    layOutTile(tile, main, () => packets, { ...PLAIN, ...a });

  test('may be fewer than the layers: empty ones follow', () => {
    const [part] = layOut([{ header, body }]);
    expect(join(...part!.data)).toEqual(join(header, body, hex('00 00')));
    expect(part!.packetLengths).toEqual([3, 1, 1]);
  });

  test('may be more than the layers: the rest is left out', () => {
    const empty = { header: hex('00'), body: hex('') };
    const [part] = layOut([{ header, body }, empty, empty, { header: hex('AA'), body }]);
    expect(join(...part!.data)).toEqual(join(header, body, hex('00 00')));
  });

  test('may have their headers in line or apart, with EPH or without', () => {
    const ways: PacketView[] = [
      { header, body },
      { header: join(header, EPH), body },
      { body: join(header, body) },
      { body: join(header, EPH, body) },
    ];
    for (const way of ways) {
      expect(join(...layOut([way])[0]!.data)).toEqual(join(header, body, hex('00 00')));
      const [packed] = layOut([way], { ppt: true });
      expect(packed!.packedHeaders).toEqual([header, hex('00'), hex('00')]);
      expect(join(...packed!.data)).toEqual(body);
    }
  });

  test('must have bodies as long as their headers say', () => {
    for (const broken of [join(header, hex('AB')), join(header, hex('ABCDEF')), hex('FF')]) {
      expect(failureOf(() => layOut([{ body: broken }]))).toMatchObject({ kind: 'malformed', code: 'packet-length' });
    }
  });

  test('must all be named by the changes of progression', () => {
    const change: ProgressionChange = {
      resolutionStart: 0,
      resolutionEnd: 1,
      componentStart: 0,
      componentEnd: 1,
      layerEnd: 1,
      progression: 'LRCP',
    };
    const segments = { ...emptySegments(), poc: [change] };
    const own = tileGeometry(main, { tile: 0, cod: main.cod, segments });
    const packet = { header, body };
    const one = layOutTile(own, main, () => [packet], PLAIN);
    expect(join(...one[0]!.data)).toEqual(join(header, body));
    const two = () => layOutTile(own, main, () => [packet, { header: hex('00'), body: hex('') }], PLAIN);
    expect(failureOf(two)).toMatchObject({ kind: 'usage', code: 'option-value' });
  });

  test('need the COD that will be written', () => {
    const other = tileGeometry(main, { tile: 0, cod: { ...main.cod, sop: true }, segments: emptySegments() });
    expect(() => layOutTile(other, main, () => [], PLAIN)).toThrow(/another COD/);
  });

  test('may be none at all, where no component has a sample in the tile', () => {
    // samples lie at 0 and 200 only; the second tile is 64..128
    const sparse = mainHeaderOf(
      { ...siz, xsiz: 256, components: [{ precision: 8, signed: false, xrsiz: 200, yrsiz: 1 }] },
      [style],
    );
    const empty = tileOf(sparse, 1);
    for (const a of [PLAIN, { ...PLAIN, plt: true, ppt: true, plm: true, tlm: true }]) {
      const [part, ...more] = layOutTile(empty, sparse, () => [], a);
      expect(more).toEqual([]);
      expect(part!.header).toEqual(hex('FF90 000A 0001 0000000E 00 01 FF93'));
      expect(part!.data).toEqual([]);
    }
  });

  test('a tile-part of 2^32 bytes is refused, with what to do', () => {
    const order = packetOrderOf(main, tile);
    const measure = (bytes: number) => measureTileParts(main, tile, PLAIN, order, [1, 1, 1], [bytes, 0, 0]);
    expect(measure(2 ** 32 - 1 - 17)[0]!.psot).toBe(2 ** 32 - 1);
    expect(failureOf(() => measure(2 ** 32 - 17))).toMatchObject({ kind: 'usage', code: 'option-value' });
  });
});

describe('tile-parts and their number', () => {
  /** A tile of many packets, all empty. */
  function grid(numLayers: number): { main: ReturnType<typeof mainHeaderOf>; tile: TileGeometry; order: PacketOrder } {
    const style = {
      numDecompositionLevels: 1,
      xcb: 4,
      ycb: 4,
      codeBlockStyle: 0,
      reversible: true,
      precincts: [0x44, 0x44],
    };
    const siz = {
      rsiz: 0,
      xsiz: 128,
      ysiz: 128,
      xosiz: 0,
      yosiz: 0,
      xtsiz: 128,
      ytsiz: 128,
      xtosiz: 0,
      ytosiz: 0,
      components: [{ precision: 8, signed: false, xrsiz: 1, yrsiz: 1 }],
    };
    const main = mainHeaderOf(siz, [style], 'PCRL', numLayers);
    const tile = tileOf(main, 0);
    return { main, tile, order: packetOrderOf(main, tile) };
  }
  const nothing = (_: PrecinctKey): PacketView[] => [];

  test('cannot be more than 255', () => {
    const { main, tile } = grid(4);
    expect(failureOf(() => layOutTile(tile, main, nothing, { ...PLAIN, tileParts: 'layer' }))).toMatchObject({
      kind: 'usage',
      code: 'option-value',
    });
  });

  test('grow with PLM, which has room for 255 bytes of lengths in each (A.7.2)', () => {
    const { main, tile, order } = grid(7);
    const parts = layOutTile(tile, main, nothing, { ...PLAIN, plm: true });
    expect(parts.length).toBe(Math.ceil(order.count / 255));
    expect(parts.every((part) => part.packetLengths.length <= 255)).toBe(true);
    expect(parts.map(({ tpsot, tnsot }) => [tpsot, tnsot])).toEqual(parts.map((_, k) => [k, parts.length]));
    const bytes = join(...writeCodestream(main, [parts], { ...PLAIN, plm: true }));
    const plm = splitPlm(joined(only(takeApart(bytes).main, 0xff57)));
    expect(plm.map((list) => readPacketLengths(list))).toEqual(parts.map((part) => part.packetLengths));
    // lengths of two bytes take more room
    const bodies = new Float64Array(order.count).fill(200);
    const longer = measureTileParts(
      main,
      tile,
      { ...PLAIN, plm: true },
      order,
      new Uint8Array(order.count).fill(1),
      bodies,
    );
    expect(longer.length).toBe(Math.ceil(order.count / 127));
  });
});

describe('the main header', () => {
  const loaded = loadAll(fixture('tiles-offsets-53'));

  test('ends with TLM, PLM and PPM', () => {
    const how = { tlm: true, plm: true, ppm: true } as const;
    const { main } = pieces('tiles-offsets-53', how);
    expect(markers(main).slice(-3)).toEqual([0xff55, 0xff57, 0xff60]);
    expect(markers(main).slice(0, 3)).toEqual([0xff51, 0xff52, 0xff5c]);
  });

  test('keeps room for TLM where tile-parts are not known yet', () => {
    const how = { ...PLAIN, tlm: true };
    const { bytes, main, tileParts } = writeLoaded(loaded, how);
    const early = writeMainHeader(main, how, { numTileParts: tileParts.length });
    const tlm = writeTlmSegments(tileParts);
    const patched = early.bytes.slice();
    patched.set(tlm, early.tlmOffset!);
    expect(patched).toEqual(bytes.subarray(0, early.bytes.length));
    expect(early.tlmOffset! + tlm.length).toBe(early.bytes.length);
    expectSamePicture(
      decodeSync(join(patched, bytes.subarray(patched.length)), { strict: true }),
      decodeSync(fixture('tiles-offsets-53')),
    );
  });

  test('can only list packets that are known', () => {
    for (const kind of ['plm', 'ppm'] as const) {
      const write = () => writeMainHeader(loaded.main, { ...PLAIN, [kind]: true }, { numTileParts: 9 });
      expect(failureOf(write)).toMatchObject({ kind: 'usage', code: 'option-value' });
    }
  });

  test('does not go with PPM and PPT at once', () => {
    const both = { ...PLAIN, ppm: true, ppt: true };
    expect(failureOf(() => writeLoaded(loaded, both))).toMatchObject({ kind: 'usage', code: 'option-value' });
    expect(failureOf(() => writeMainHeader(loaded.main, both, { tileParts: [] }))).toMatchObject({ kind: 'usage' });
  });
});

test('a codestream without aids is written tile by tile', () => {
  const loaded = loadAll(fixture('tiles-offsets-53'));
  const { main, tileParts } = writeLoaded(loaded, PLAIN);
  let taken = 0;
  function* tiles(): Generator<LaidOutTilePart[]> {
    for (const part of tileParts) {
      taken++;
      yield [part];
    }
  }
  const writing = writeCodestream(main, tiles(), PLAIN);
  writing.next();
  expect(taken).toBe(0);
  writing.next();
  expect(taken).toBe(1);
});

test('tile-parts come in the order in which they are given', () => {
  const loaded = loadAll(fixture('tiles-offsets-53'));
  const { main, tileParts } = writeLoaded(loaded, { ...PLAIN, tileParts: 'resolution' });
  const a = { ...PLAIN, tlm: true, plm: true };
  const dealt = [...tileParts].sort((x, y) => x.tpsot - y.tpsot || x.tile - y.tile);
  const bytes = join(...writeCodestream(main, [dealt], a));
  expect(takeApart(bytes).parts.map((part) => part.isot)).toEqual(dealt.map((part) => part.tile));
  expectSamePicture(decodeSync(bytes, { strict: true }), decodeSync(fixture('tiles-offsets-53')));
});
