import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { buildIndex, buildIndexTo, bytesSource, decodeSync, encodeSync, inspect, open } from '../../../src/index.ts';
import { crc32 } from '../../../src/codec/bits/checksums.ts';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import { DEFAULT_LIMITS } from '../../../src/codec/limits.ts';
import { CodestreamIndex } from '../../../src/codec/packets/codestream-index.ts';
import { CodestreamSource } from '../../../src/codec/packets/codestream-source.ts';
import { writeIndex } from '../../../src/codec/packets/index-writer.ts';
import { MemorySink, SinkWriter } from '../../../src/codec/sink.ts';
import { BytesSource, readNow } from '../../../src/codec/source.ts';
import { loadAll } from '../../support/rearrange.ts';
import { interleaveTileParts, packHeaders, takeApart, withPlt, withOverlappingPoc } from '../../support/codestream.ts';
import { wavyPicture } from '../../support/encodes.ts';
import { failureOfAsync } from '../../support/failure.ts';
import { FIXTURES, fixture } from '../../support/fixtures.ts';
import { randomFrom } from '../../support/random.ts';
import { expectSamePicture } from '../../support/same-picture.ts';
import { describeShared, sharedPath } from '../../support/shared.ts';
import { TestSource } from '../../support/sources.ts';

const options = { colour: 'native', layout: 'planar' } as const;

const ARRANGEMENTS: readonly (readonly [string, (bytes: Uint8Array) => Uint8Array])[] = [
  ['as it is', (bytes) => bytes],
  ['with PLT', (bytes) => withPlt(bytes)],
  [
    'with PLT that lies',
    (bytes) =>
      withPlt(bytes, (lengths) =>
        lengths.length < 2 ? lengths : [lengths[0]! + 1, lengths[1]! - 1, ...lengths.slice(2)],
      ),
  ],
  ['in many tile-parts, dealt out tile after tile', (bytes) => interleaveTileParts(bytes, 2)],
  ['with overlapping POC in the tile-part headers', (bytes) => withOverlappingPoc(bytes, 'tile')],
  ['with PPT in short segments', (bytes) => packHeaders(bytes, 'ppt', 7)],
  ['with PPM in segments that split Nppm and headers', (bytes) => packHeaders(bytes, 'ppm', 61)],
  ['in many tile-parts with PPM', (bytes) => packHeaders(interleaveTileParts(bytes, 3), 'ppm')],
];

describe.each(FIXTURES)('%s', (name) => {
  test.each(ARRANGEMENTS)('%s: an index gives the same picture, in memory and far away', async (_, arrange) => {
    const bytes = arrange(fixture(name));
    const index = await buildIndex(bytes);
    expect(await buildIndex(new TestSource(bytes))).toEqual(index);
    const whole = decodeSync(fixture(name), options);
    const near = await open(bytes, { index });
    expectSamePicture(near.decodeSync(options), whole);
    const input = new TestSource(bytes);
    const far = await open(input, { index: new TestSource(index) });
    const picture = await far.decode(options);
    expect(picture.warnings).toEqual([]);
    expectSamePicture(picture, whole);
    const reduce = Math.min(1, far.info.levels);
    expectSamePicture(await far.decode({ ...options, reduce }), decodeSync(fixture(name), { ...options, reduce }));
    expectSamePicture(
      await far.decode({ ...options, layers: 1 }),
      decodeSync(fixture(name), { ...options, layers: 1 }),
    );
    expect(await far.exportIndex()).toEqual(index);
  });
});

describe.each([1, 5, 64])('pages of %i packets', (pagePackets) => {
  test.each(FIXTURES)('%s: every packet and length is told as a search finds it', async (name) => {
    for (const bytes of [fixture(name), packHeaders(fixture(name), 'ppt', 100)]) {
      const openNow = (): CodestreamSource =>
        readNow(
          CodestreamSource.open(new BytesSource(bytes), { offset: 0 }, DEFAULT_LIMITS, new DiagnosticLog()),
          bytes,
        );
      const sink = new MemorySink();
      const out = new SinkWriter(sink);
      const { bytes: length } = await writeIndex(openNow(), out, { pagePackets });
      await out.close();
      expect(sink.length).toBe(length);
      const source = openNow();
      await CodestreamIndex.attach(new TestSource(sink.join()), source, DEFAULT_LIMITS);
      const { tiles } = loadAll(bytes);
      const plan = tiles.map(({ tile, header, components }) => ({
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
      }));
      const search = openNow();
      // lengths first: what is loaded then has headers apart, as from an index
      const [toldEnds, foundEnds] = [await source.packetEnds(plan), search.packetEndsSync(plan)];
      const [told, searched] = [await source.load(plan), search.loadSync(plan)];
      for (const { tile, components } of plan) {
        expect(told.tile(tile)!.cod).toEqual(searched.tile(tile)!.cod);
        for (const { component, resolutions } of components) {
          for (const [resolution, { x1, y1 }] of resolutions.entries()) {
            for (let precinct = 0; precinct < x1 * y1; precinct++) {
              const key = { tile, component, resolution, precinct };
              expect(told.get(key)).toEqual(searched.get(key));
              expect(told.packet(key, 0)).toEqual(searched.packet(key, 0));
              expect(toldEnds.get(key)).toEqual(foundEnds.get(key));
            }
          }
        }
      }
    }
  });
});

describe('what is read', () => {
  test('with an index, neither packet headers nor tile-part headers are looked for', async () => {
    const bytes = interleaveTileParts(fixture('tiles-offsets-53'), 1);
    const index = await buildIndex(bytes);
    const input = new TestSource(bytes);
    const image = await open(input, { index });
    const opened = input.asked.length;
    const region = { x: 0, y: 0, width: 20, height: 20 };
    const window = await image.decode({ ...options, region });
    expectSamePicture(window, decodeSync(bytes, { ...options, region }));
    const parts = (await inspect(bytes, { index: true })).tileParts!;
    // what lies between pieces that are near each other may come with them, but none begins or ends in a header
    const isInData = (place: number): boolean =>
      parts.some((part) => {
        const end = part.offset + part.length;
        return place >= end - part.dataLength && place < end;
      });
    for (const { offset, length } of input.asked.slice(opened)) {
      expect(isInData(offset)).toBe(true);
      expect(isInData(offset + length - 1)).toBe(true);
    }
    // one round trip
    expect(window.stats.requests).toBe(input.asked.length - opened);
    expect(window.stats.bytesRead).toBeLessThan(bytes.length);
  });

  test('pages are read alone, and not again', async () => {
    const bytes = bigPicture();
    const index = await buildIndex(bytes);
    expect(index.length).toBeGreaterThan(1 << 16);
    const far = new TestSource(index);
    const image = await open(new TestSource(bytes), { index: far });
    const atFirst = far.bytesRead;
    const region = { x: 1000, y: 1000, width: 64, height: 64 };
    const window = await image.decode({ ...options, region });
    expectSamePicture(window, decodeSync(bytes, { ...options, region }));
    const [reads, read] = [far.asked.length, far.bytesRead - atFirst];
    expect(read).toBeLessThan(index.length / 3);
    await image.decode({ ...options, region });
    expect(far.asked.length).toBe(reads);
  });
});

describe('an index that is not right', () => {
  const bytes = fixture('tiles-offsets-53');
  const whole = decodeSync(bytes, options);
  const openWith = (index: Uint8Array, input = bytes) => failureOfAsync(() => open(input, { index }));

  test('one of another file is refused', async () => {
    const index = await buildIndex(bytes);
    for (const name of FIXTURES) {
      if (name !== 'tiles-offsets-53') expect((await openWith(index, fixture(name))).code).toBe('index-mismatch');
    }
    // as long as before, and with the same main header
    const other = bytes.slice();
    other[takeApart(bytes).main.reduce((n, s) => n + s.length, 2) + 40]! ^= 1;
    expect(await openWith(index, other)).toMatchObject({ kind: 'usage', code: 'index-mismatch' });
    expect((await openWith(index, bytes.subarray(0, bytes.length - 1))).code).toBe('index-mismatch');
  });

  test('one of a later version is told from a damaged one', async () => {
    const index = await buildIndex(bytes);
    index[9] = 2;
    expect(await openWith(index)).toMatchObject({ kind: 'unsupported', code: 'index-version' });
    expect((await openWith(new Uint8Array(0))).code).toBe('index-damaged');
    expect((await openWith(new Uint8Array(100))).code).toBe('index-damaged');
    expect((await openWith(bytes)).code).toBe('index-damaged');
  });

  test('flipped bits and missing ends lead to a typed error, or do not matter', { timeout: 60_000 }, async () => {
    const random = randomFrom(7);
    let refused = 0;
    for (const arranged of [bytes, packHeaders(bytes, 'ppt', 300), fixture('precincts-pcrl-sop-eph-53')]) {
      const index = await buildIndex(arranged);
      const expected = decodeSync(arranged, options);
      for (let n = 0; n < 250; n++) {
        let damaged = index.slice();
        if (n % 5 === 0) damaged = damaged.subarray(0, random.int(0, index.length - 1));
        else
          for (let k = random.int(1, 4); k > 0; k--) damaged[random.int(0, index.length - 1)]! ^= 1 << random.int(0, 7);
        const image = open(arranged, { index: n % 2 ? damaged : new TestSource(damaged) });
        const picture = await image.then((i) => i.decode(options)).catch((error: unknown) => error);
        if (picture instanceof Error) {
          refused++;
          expect((await failureOfAsync(() => Promise.reject(picture))).code).toMatch(/^index-/);
        } else expectSamePicture(picture as typeof expected, expected);
      }
    }
    expect(refused).toBeGreaterThan(700);
  });

  test('what is made up, with checksums that are right, ends in a typed error or a picture', {
    timeout: 60_000,
  }, async () => {
    const random = randomFrom(8);
    const index = await buildIndex(bytes);
    for (let n = 0; n < 300; n++) {
      const made = index.slice();
      const view = new DataView(made.buffer);
      for (let k = random.int(1, 3); k > 0; k--) {
        const at = random.int(64, made.length - 1);
        made[at] = random.chance(0.5) ? random.int(0, 255) : made[at]! ^ (1 << random.int(0, 7));
      }
      // head, entries, records: all signed anew, and pages as far as they can be found
      for (let t = 0; t < view.getUint32(40); t++) {
        const at = 64 + 20 * t;
        const [offset, length] = [Number(view.getBigUint64(at)), view.getUint32(at + 8)];
        view.setUint32(at + 12, crc32(made.subarray(offset, offset + length)));
        view.setUint32(at + 16, crc32(Uint8Array.from([0, 0, t >> 8, t, ...made.slice(at, at + 16)])));
      }
      view.setUint32(60, crc32(made, 0, 60));
      const picture = await open(bytes, { index: made })
        .then((image) => image.decode(options))
        .catch((error: unknown) => error);
      if (picture instanceof Error) await failureOfAsync(() => Promise.reject(picture));
    }
  });

  test('a tile that is damaged is left out, and read as without an index', async () => {
    const cut = bytes.subarray(0, Math.floor(bytes.length * 0.7));
    const summaries: string[] = [];
    const pieces: Uint8Array[] = [];
    const summary = await buildIndexTo(
      cut,
      { write: (piece) => void pieces.push(piece) },
      {
        onProgress: ({ tiles, totalTiles }) => summaries.push(`${tiles}/${totalTiles}`),
      },
    );
    expect(summary.tilesLeftOut).toBeGreaterThan(0);
    expect(summary.tilesLeftOut).toBeLessThan(summary.tiles);
    expect(summaries.at(-1)).toBe(`${summary.tiles}/${summary.tiles}`);
    const index = Uint8Array.from(pieces.flatMap((piece) => [...piece]));
    expect(index.length).toBe(summary.bytes);
    const picture = await (await open(cut, { index })).decode(options);
    const without = decodeSync(cut, options);
    expectSamePicture(picture, without);
    expect(picture.status).toBe(without.status);
    expect(picture.warnings.map((w) => w.code)).toEqual(without.warnings.map((w) => w.code));
    expect(whole.status).toBe('complete');
  });

  test('an index of a source whose size nobody knows cannot be made', async () => {
    const input = new TestSource(bytes, { sizeKnown: false });
    expect((await failureOfAsync(() => buildIndex(input))).code).toBe('option-value');
  });

  test('an abort ends the making of an index', async () => {
    const signal = { aborted: true, reason: new Error('enough') };
    await expect(buildIndex(bytes, { signal })).rejects.toThrow('enough');
  });
});

describeShared('conformance', 'conformance codestreams', () => {
  const names = ['part1', 'ht'].flatMap((folder) =>
    readdirSync(sharedPath('conformance', folder))
      .filter((name) => /\.(j2[kc]|jp2|jph)$/.test(name))
      .map((name) => `${folder}/${name}`),
  );
  test.each([...names, 'jp2/file1.jp2', 'jp2/file9.jp2'])(
    '%s: an index gives the same picture, and is small',
    { timeout: 60_000 },
    async (name) => {
      const bytes = new Uint8Array(readFileSync(sharedPath('conformance', name)));
      const index = await buildIndex(bytes);
      const picture = await (await open(bytesSource(bytes), { index: bytesSource(index) })).decode(options);
      expectSamePicture(picture, decodeSync(bytes, options));
    },
  );
});

/** A codestream of many thousand packets. */
function bigPicture(): Uint8Array {
  const { image } = wavyPicture(1800, 1800, 1, 8);
  return encodeSync(image, {
    container: 'codestream',
    levels: 1,
    precincts: [{ width: 16, height: 16 }],
    rate: [{ bpp: 0.2 }, { bpp: 0.5 }, { lossless: true }],
  }).data;
}
