/** A cache as a source of packets agrees with the codestream that the data-bins are of, however they come. */
import { describe, expect, test } from 'vitest';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import { DEFAULT_LIMITS } from '../../../src/codec/limits.ts';
import { CodestreamSource } from '../../../src/codec/packets/codestream-source.ts';
import { BytesSource, readNow } from '../../../src/codec/source.ts';
import { encodeSync } from '../../../src/index.ts';
import { BinCache } from '../../../src/jpip/bins/bin-store.ts';
import { CacheSource, readCachedMainHeader } from '../../../src/jpip/client/cache-source.ts';
import { splitPrecinct } from '../../../src/jpip/client/precinct-packets.ts';
import { precinctGeometry } from '../../../src/codec/geometry/tile-component.ts';
import { wavyPicture } from '../../support/encodes.ts';
import { ask, engineOver } from '../../support/jpip-server.ts';

const { image } = wavyPicture(90, 70, 1, 8);
const file = encodeSync(image, {
  container: 'codestream',
  levels: 2,
  layers: 3,
  codeBlock: { width: 16, height: 16 },
  precincts: [{ width: 32, height: 32 }],
  markers: { eph: true },
}).data;
const truth = readNow(
  CodestreamSource.open(new BytesSource(file), { offset: 0 }, DEFAULT_LIMITS, new DiagnosticLog()),
  file,
);

/** Everything of the picture, as data-bins in a cache. */
async function wholeCache(): Promise<BinCache> {
  const cache = new BinCache('a');
  const { pieces } = await ask(engineOver({ a: file }), 'target=a&fsiz=90,70&type=jpp-stream');
  for (const piece of pieces) cache.add(piece, piece.body);
  return cache;
}

function sourceOver(cache: BinCache): CacheSource {
  return new CacheSource(cache, 0, readCachedMainHeader(cache, 0, DEFAULT_LIMITS, new DiagnosticLog())!);
}

const source = sourceOver(await wholeCache());
const { resolutions } = source.geometryOf(0).components[0]!.geometry;
const everything = [
  {
    tile: 0,
    layers: 3,
    components: [
      {
        component: 0,
        resolutions: resolutions.map((r) => ({ x0: 0, y0: 0, x1: r.numPrecinctsWide, y1: r.numPrecinctsHigh })),
      },
    ],
  },
];
const keys = [...source.wantedBy(everything)];

describe('a cache as a source', () => {
  test('gives the packets of the codestream, and their lengths', () => {
    const own = source.loadSync(everything);
    const expected = truth.loadSync(everything);
    const [ends, expectedEnds] = [source.packetEndsSync(everything), truth.packetEndsSync(everything)];
    expect(keys.length).toBeGreaterThan(10);
    for (const key of keys) {
      for (let layer = 0; layer < 3; layer++) {
        expect(own.packet(key, layer)).toEqual(expected.packet(key, layer));
      }
      expect(own.get(key)?.complete).toBe(true);
      const { headers, bodies, ephs, complete } = expectedEnds.get(key)!;
      expect(ends.get(key)).toEqual({
        headers: Array.from(headers),
        bodies: Array.from(bodies),
        ephs: Array.from(ephs),
        complete,
      });
    }
    expect(own.diagnostics).toEqual([]);
    expect(source.lackingPrecincts(everything)).toEqual([]);
    expect(source.lackingTiles(everything)).toEqual([]);
  });

  test('gives at every length the whole packets and the rest of the next', async () => {
    const key = keys.at(-2)!;
    const whole = source.loadSync(everything).get(key)!;
    const bytes = (await wholeCache()).get(key.bin)!.prefix();
    const ends: number[] = [];
    for (const { header, body } of whole.packets) ends.push((ends.at(-1) ?? 0) + header!.length + body.length);
    const cache = await wholeCache();
    cache.drop(key.bin);
    const growing = sourceOver(cache);
    for (let length = 1; length <= bytes.length; length++) {
      const last = length === bytes.length;
      const piece = { codestream: 0, classId: 0, id: key.bin.id, offset: length - 1, length: 1, last };
      cache.add(piece, bytes.subarray(length - 1, length));
      const count = ends.filter((end) => end <= length).length;
      const held = growing.loadSync(everything).get(key)!;
      expect(held.packets.length).toBe(count);
      expect(held.tail?.body.length ?? 0).toBe(length - (ends[count - 1] ?? 0));
      expect(held.complete).toBe(count === 3);
      for (const layers of [1, 2, 3]) expect(growing.lacks({ ...key, layers })).toBe(count < layers && !last);
    }
  });

  test('does not change what it has given when more comes', async () => {
    const cache = await wholeCache();
    const key = keys[3]!;
    const bytes = cache.get(key.bin)!.prefix().slice();
    cache.drop(key.bin);
    cache.add({ codestream: 0, classId: 0, id: key.bin.id, offset: 0, length: 2, last: false }, bytes.subarray(0, 2));
    const growing = sourceOver(cache);
    const before = growing.loadSync(everything);
    cache.add(
      { codestream: 0, classId: 0, id: key.bin.id, offset: 2, length: bytes.length - 2, last: true },
      bytes.subarray(2),
    );
    const after = growing.loadSync(everything);
    expect(before.get(key)?.packets.length).toBe(0);
    expect(after.get(key)?.packets.length).toBe(3);
    expect(after.revision).toBeGreaterThan(before.revision);
  });

  test('drops a precinct that makes no sense, says so, and takes it again', async () => {
    const cache = await wholeCache();
    const key = keys[4]!;
    const bytes = cache.get(key.bin)!.prefix().slice();
    cache.drop(key.bin);
    const wrong = bytes.slice(bytes.length >> 1);
    const piece = { codestream: 0, classId: 0, id: key.bin.id, offset: 0, last: true };
    cache.add({ ...piece, length: wrong.length }, wrong);
    const damaged = sourceOver(cache);
    const snapshot = damaged.loadSync(everything);
    expect(snapshot.get(key)).toBeUndefined();
    expect(snapshot.get(keys[5]!)?.complete).toBe(true);
    expect(snapshot.diagnostics).toMatchObject([{ code: 'packet-header' }]);
    expect(damaged.takeDamaged()).toEqual([key.bin]);
    expect(damaged.takeDamaged()).toEqual([]);
    expect(damaged.lackingPrecincts(everything).map(({ precinct }) => precinct)).toEqual([key.precinct]);
    cache.add({ ...piece, length: bytes.length }, bytes);
    const repaired = damaged.loadSync(everything);
    expect(repaired.get(key)?.complete).toBe(true);
    expect(repaired.diagnostics).toEqual([]);
  });

  test('believes in too few packets only when they come twice', async () => {
    const cache = await wholeCache();
    const key = keys[4]!;
    cache.drop(key.bin);
    const piece = { codestream: 0, classId: 0, id: key.bin.id, offset: 0, length: 3, last: true };
    // an empty packet, as the last one of many precincts is
    cache.add(piece, Uint8Array.of(0, 0xff, 0x92));
    const doubting = sourceOver(cache);
    expect(doubting.loadSync(everything).get(key)).toBeUndefined();
    expect(doubting.takeDamaged()).toEqual([key.bin]);
    cache.add(piece, Uint8Array.of(0, 0xff, 0x92));
    const snapshot = doubting.loadSync(everything);
    expect(snapshot.get(key)).toMatchObject({ packets: [{}], complete: false });
    expect(snapshot.diagnostics).toEqual([]);
    expect(doubting.lacks(key)).toBe(false);
  });

  test('knows nothing of a tile without its header, unless it is told that there is none', async () => {
    const cache = await wholeCache();
    cache.drop({ codestream: 0, classId: 2, id: 0 });
    const headless = sourceOver(cache);
    expect(headless.lackingTiles(everything)).toEqual([0]);
    expect(headless.loadSync(everything).tile(0)).toBeUndefined();
    headless.assumeHeader(0);
    expect(headless.lackingTiles(everything)).toEqual([]);
    expect(headless.loadSync(everything).get(keys[0]!)?.packets.length).toBe(3);
  });

  test('drops a tile header that makes no sense', async () => {
    const cache = await wholeCache();
    const header = { codestream: 0, classId: 2, id: 0 };
    cache.drop(header);
    cache.add({ ...header, offset: 0, length: 4, last: true }, Uint8Array.of(0xff, 0x52, 0, 1));
    const damaged = sourceOver(cache);
    expect(damaged.loadSync(everything).tile(0)).toBeUndefined();
    expect(damaged.takeDamaged()).toEqual([header]);
    expect(damaged.lackingTiles(everything)).toEqual([0]);
  });
});

describe('the packets of a precinct', () => {
  const [level] = resolutions;
  const geometry = precinctGeometry(level!, 0);
  const split = (bytes: readonly number[], complete: boolean, eph = false) =>
    splitPrecinct(geometry, 0, { numLayers: 2, eph }, Uint8Array.from(bytes), complete);

  test('may be empty', () => {
    expect(split([0, 0], true)).toMatchObject({ count: 2, ends: Uint32Array.of(1, 1, 2, 2) });
    expect(split([], true)).toMatchObject({ count: 0, complete: true });
  });

  test('are no more than there are layers', () => {
    expect(split([0, 0, 0], false).damage).toBe('1 bytes behind the last of 2 packets');
  });

  test('end with EPH where there is to be one', () => {
    expect(split([0, 0xff, 0x92, 0], false, true)).toMatchObject({ count: 1, ends: Uint32Array.of(3, 3) });
    expect(split([0, 0xff], false, true)).toMatchObject({ count: 0 });
    expect(split([0, 0xff, 0x92, 0, 0xff, 0x92], true, true)).toMatchObject({ count: 2 });
  });

  test('do not go on after the end', async () => {
    const key = keys.find(({ resolution, precinct }) => resolution === 0 && precinct === 0)!;
    const bytes = [...(await wholeCache()).get(key.bin)!.prefix()].slice(0, -1);
    const cod = { numLayers: 3, eph: true };
    expect(splitPrecinct(geometry, 0, cod, Uint8Array.from(bytes), false)).not.toHaveProperty('damage');
    const { damage } = splitPrecinct(geometry, 0, cod, Uint8Array.from(bytes), true);
    expect(damage).toBe('packet 2 goes on after the end of the data-bin');
  });
});
