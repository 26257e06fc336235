import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decode, decodeSync, open } from '../../../src/index.ts';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import { DEFAULT_LIMITS } from '../../../src/codec/limits.ts';
import { CodestreamSource } from '../../../src/codec/packets/codestream-source.ts';
import type { PrecinctPlan } from '../../../src/codec/packets/precinct-source.ts';
import { type ByteRange, BytesSource, readFrom, readNow } from '../../../src/codec/source.ts';
import {
  be,
  hex,
  interleaveTileParts,
  join,
  packetsOf,
  packHeaders,
  putTogether,
  repeatTile,
  segment,
  takeApart,
  tlmFor,
  withPlt,
  without,
} from '../../support/codestream.ts';
import { FIXTURES, fixture } from '../../support/fixtures.ts';
import { expectSamePicture, expectSameSamples } from '../../support/same-picture.ts';
import { describeTools } from '../../support/shared.ts';
import { TestSource } from '../../support/sources.ts';
import { requireTool } from '../../support/tools.ts';

/** Everything that a codestream holds, as a plan. */
function planOfAll(source: CodestreamSource, bytes: Uint8Array): PrecinctPlan {
  const parts = readNow(source.findTileParts(), bytes);
  return [...new Set(parts.map((part) => part.isot))].map((tile) => {
    const { components, header } = readNow(source.findPackets(tile), bytes)!.tile;
    return {
      tile,
      layers: header.cod.numLayers,
      components: components.map(({ component, geometry }) => ({
        component,
        resolutions: geometry.resolutions.map((r) => ({
          x0: 0,
          y0: 0,
          x1: r.numPrecinctsWide,
          y1: r.numPrecinctsHigh,
        })),
      })),
    };
  });
}

function openNow(bytes: Uint8Array): CodestreamSource {
  const input = new BytesSource(bytes);
  return readNow(CodestreamSource.open(input, { offset: 0 }, DEFAULT_LIMITS, new DiagnosticLog(true)), bytes);
}

describe('the packets of a snapshot', () => {
  const arranged: (readonly [string, Uint8Array, string])[] = [
    ...FIXTURES.map((name) => [name, fixture(name), name] as const),
    ['PLT', withPlt(fixture('tiles-offsets-53')), 'tiles-offsets-53'],
    ['PPT', packHeaders(fixture('tiles-offsets-53'), 'ppt', 300), 'tiles-offsets-53'],
    ['PPM', packHeaders(fixture('precincts-pcrl-sop-eph-53'), 'ppm', 300), 'precincts-pcrl-sop-eph-53'],
    ['interleaved tile-parts', interleaveTileParts(fixture('precincts-rlcp-53'), 5), 'precincts-rlcp-53'],
  ];

  test.each(arranged)('%s: put together they are the data of all tiles', async (_, bytes, original) => {
    const source = openNow(bytes);
    const plan = planOfAll(source, bytes);
    const remote = new TestSource(bytes);
    const place = { offset: 0, length: bytes.length };
    const far = await readFrom(CodestreamSource.open(remote, place, DEFAULT_LIMITS, new DiagnosticLog(true)), remote);
    const expected = packetsOf(fixture(original)).map((p) => hexOf(join(p.header, p.body)));
    for (const snapshot of [source.loadSync(plan), await far.load(plan)]) {
      const packets: string[] = [];
      for (const { tile, components } of plan) {
        expect(snapshot.tile(tile)!.tile).toBe(tile);
        for (const { component, resolutions } of components) {
          for (const [resolution, rect] of resolutions.entries()) {
            for (let precinct = 0; precinct < rect!.x1 * rect!.y1; precinct++) {
              const held = snapshot.get({ tile, component, resolution, precinct })!;
              expect(held.complete).toBe(true);
              expect(held.tail).toBeUndefined();
              for (const { header, body } of held.packets) packets.push(hexOf(join(header ?? hex(''), body)));
            }
          }
        }
      }
      expect(packets.sort()).toEqual(expected.sort());
    }
  });

  function hexOf(bytes: Uint8Array): string {
    return Buffer.from(bytes).toString('hex');
  }

  test('packets in line, in their order, are the tile-part data byte for byte', () => {
    for (const name of FIXTURES) {
      const bytes = fixture(name);
      const packets = packetsOf(bytes);
      takeApart(bytes).parts.forEach((part, k) => {
        const own = packets.filter((p) => p.part === k);
        expect(join(...own.flatMap((p) => [p.sop, p.header, p.body]))).toEqual(part.data);
      });
    }
  });

  test('a tile that was not planned for, or does not exist, is not there', () => {
    const bytes = fixture('tiles-offsets-53');
    const source = openNow(bytes);
    const snapshot = source.loadSync([{ tile: 3, components: [], layers: 0 }]);
    expect(snapshot.tile(3)!.tile).toBe(3);
    expect(snapshot.tile(4)).toBeUndefined();
    expect(snapshot.get({ tile: 3, component: 0, resolution: 0, precinct: 0 })).toBeUndefined();
    expect(snapshot.get({ tile: 4, component: 0, resolution: 0, precinct: 0 })).toBeUndefined();
  });

  test('fewer layers can be asked for, and more later', () => {
    const bytes = fixture('layers-lrcp-53');
    const source = openNow(bytes);
    const rect = { x0: 0, y0: 0, x1: 1, y1: 1 };
    const plan = (layers: number) => [{ tile: 0, components: [{ component: 0, resolutions: [rect] }], layers }];
    const key = { tile: 0, component: 0, resolution: 0, precinct: 0 };
    const counts = [1, 3, 2, 4].map((layers) => source.loadSync(plan(layers)).get(key)!.packets.length);
    for (const [k, layers] of [1, 3, 2, 4].entries()) expect(counts[k]).toBeGreaterThanOrEqual(layers);
    expect(source.loadSync(plan(4)).get(key)).toMatchObject({ complete: true });
  });
});

describe('headers that lie across the pieces in which a source is read', () => {
  /** Pushes the packets of a tile-part to another place by a comment of any length before them. */
  function pushed(bytes: Uint8Array, by: number): Uint8Array {
    const pieces = without(takeApart(bytes), 0xff55);
    const comment = segment(0xff64, hex('0000'), new Uint8Array(by));
    const parts = pieces.parts.map((part, k) => (k === 0 ? { ...part, header: [...part.header, comment] } : part));
    return putTogether({ ...pieces, parts });
  }

  test.each([
    ['tiles-offsets-53', 53],
    ['precincts-pcrl-sop-eph-53', 71],
    ['layers-lrcp-53', 97],
  ])('%s', async (name, step) => {
    const whole = decodeSync(fixture(name));
    // 32768 bytes are read at once: this moves the seam through the whole of the data
    for (let by = 32768 - 60 - fixture(name).length; by < 32768; by += 5 * step) {
      const bytes = pushed(fixture(name), by);
      const picture = await decode(new TestSource(bytes, { sizeKnown: by % 2 === 0 }), { strict: true });
      expectSamePicture(picture, whole);
    }
  });

  test('tile-parts of one packet each, far apart', async () => {
    const name = 'no-levels-53';
    const pieces = takeApart(interleaveTileParts(fixture(name), 1));
    const filler = segment(0xff64, hex('0000'), new Uint8Array(40_000));
    const far = putTogether({
      ...pieces,
      parts: pieces.parts.map((part) => ({ ...part, header: [filler, ...part.header] })),
    });
    expectSamePicture(await decode(new TestSource(far), { strict: true }), decodeSync(fixture(name)));
  });
});

describe('PLM (A.7.2)', () => {
  test('serves as PLT does, for all tile-parts in codestream order', async () => {
    const name = 'no-levels-53';
    const lengths = takeApart(withPlt(fixture(name))).parts.map((part) => part.header.at(-1)!.slice(5));
    const pieces = takeApart(fixture(name));
    const plm = segment(0xff57, hex('00'), ...lengths.flatMap((bytes) => [be(bytes.length, 1), bytes]));
    const bytes = putTogether({ ...pieces, main: [...pieces.main, plm] });
    const picture = await decode(new TestSource(bytes), { strict: true });
    expectSamePicture(picture, decodeSync(fixture(name)));
  });
});

describe('bytes that are read', () => {
  const COLUMNS = 150;
  const wide = repeatTile(fixture('layers-lrcp-53'), COLUMNS);

  test('with TLM, a window of one tile costs the headers and that tile', async () => {
    const source = new TestSource(wide);
    const region = { x: 64 * 77, y: 0, width: 64, height: 48 };
    expectSameSamples((await decode(source, { region })).data, decodeSync(fixture('layers-lrcp-53')).data);
    expect(source.bytesRead).toBeLessThan(wide.length / 8);
    expect(source.asked.length).toBeLessThan(6);
  });

  test('with TLM, headers cost one read for all tiles of a plan, not one for each', async () => {
    // without PLT the packet headers would be followed too, tile by tile
    const { main, parts } = without(takeApart(withPlt(wide)), 0xff55);
    const bytes = putTogether({ main: [...main, tlmFor(parts)], parts });
    const source = new TestSource(bytes);
    let reads = 0;
    const counting = {
      size: bytes.length,
      read: (range: ByteRange) => {
        reads++;
        return source.read(range);
      },
      readMany: (ranges: readonly ByteRange[]) => {
        reads++;
        return Promise.all(ranges.map((range) => source.read(range)));
      },
    };
    const picture = await decode(counting);
    expectSameSamples(picture.data, decodeSync(bytes).data);
    expect(reads).toBeLessThan(COLUMNS / 6); // two for each plan of some tiles
  });

  test('an opened image does not read headers again', async () => {
    const source = new TestSource(wide);
    const image = await open(source);
    const region = { x: 64 * 20 + 3, y: 10, width: 30, height: 30 };
    const first = await image.decode({ region });
    const before = source.bytesRead;
    const second = await image.decode({ region });
    expectSamePicture(second, first);
    expect(second.stats.bytesRead).toBe(source.bytesRead - before);
    expect(second.stats.bytesRead).toBeLessThanOrEqual(fixture('layers-lrcp-53').length);
  });

  test('fewer layers cost fewer bytes', async () => {
    const image = await open(new TestSource(wide));
    const region = { x: 64 * 20, y: 0, width: 64, height: 48 };
    await image.decode({ region });
    const bytes = [];
    for (const layers of [1, 2, 4]) bytes.push((await image.decode({ region, layers })).stats.bytesRead);
    expect(bytes[0]).toBeLessThan(bytes[1]!);
    expect(bytes[1]).toBeLessThan(bytes[2]!);
  });
});

describeTools(['opj_compress'], 'bytes that are read of one large tile', () => {
  let folder: string;
  let withLengths: Uint8Array;
  let bare: Uint8Array;

  beforeAll(async () => {
    folder = await mkdtemp(path(tmpdir(), 'jp2kit-large-'));
    const size = 1024;
    const samples = new Uint8Array(size * size);
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) samples[y * size + x] = ((x * x + 3 * y * y + x * y * 7) >> 9) & 255;
    }
    await writeFile(path(folder, 'in.raw'), samples);
    const file = path(folder, 'out.j2k');
    const options = '-F 1024,1024,1,8,u -n 6 -b 32,32 -p RPCL -c [128,128] -PLT';
    const args = ['-i', path(folder, 'in.raw'), '-o', file, ...options.split(' ')];
    await promisify(execFile)(requireTool('opj_compress'), args);
    withLengths = new Uint8Array(await readFile(file));
    bare = putTogether(without(takeApart(withLengths), 0xff58));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('with PLT a small window costs a small part of the file', async () => {
    const source = new TestSource(withLengths);
    const region = { x: 700, y: 500, width: 64, height: 64 };
    const picture = await decode(source, { region });
    expectSamePicture(picture, decodeSync(withLengths, { region }));
    expect(source.bytesRead).toBeLessThan(withLengths.length / 4);
  });

  test('a reduced picture costs a small part of the file where resolution comes first, PLT or not', async () => {
    for (const bytes of [withLengths, bare]) {
      const source = new TestSource(bytes);
      const picture = await decode(source, { reduce: 3 });
      expectSamePicture(picture, decodeSync(bytes, { reduce: 3 }));
      expect(source.bytesRead).toBeLessThan(bytes.length / 4);
    }
  });

  test('without PLT, headers are followed and give the same picture', async () => {
    const region = { x: 300, y: 600, width: 80, height: 40 };
    expectSamePicture(await decode(new TestSource(bare), { region }), decodeSync(withLengths, { region }));
    expectSamePicture(await decode(new TestSource(bare, { sizeKnown: false })), decodeSync(withLengths));
  });
});

describe('tlmFor', () => {
  test('writes what the reader of TLM reads', () => {
    const { parts } = takeApart(fixture('tiles-offsets-53'));
    expect(tlmFor(parts).slice(0, 6)).toEqual(join(hex('FF55'), be(4 + 6 * parts.length, 2), hex('00 60')));
  });
});
