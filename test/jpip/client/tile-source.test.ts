/** Tile data-bins as a source of packets, as far as they have come. */
import { describe, expect, test } from 'vitest';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import { DEFAULT_LIMITS } from '../../../src/codec/limits.ts';
import { decode, encodeSync } from '../../../src/index.ts';
import { BinCache } from '../../../src/jpip/bins/bin-store.ts';
import { readCachedMainHeader } from '../../../src/jpip/client/cache-source.ts';
import { TileBinSource } from '../../../src/jpip/client/tile-source.ts';
import type { DataPiece } from '../../../src/jpip/wire/message.ts';
import { wavyPicture } from '../../support/encodes.ts';
import { ask, engineOver, StrictCache } from '../../support/jpip-server.ts';
import { firstDifference } from '../../support/same-picture.ts';

const { image } = wavyPicture(150, 110, 1, 8);
const file = (markers = {}): Uint8Array =>
  encodeSync(image, {
    container: 'codestream',
    levels: 2,
    layers: 2,
    progression: 'RLCP',
    tile: { width: 80, height: 60 },
    tileParts: 'resolution',
    markers,
  }).data;

async function piecesOf(bytes: Uint8Array): Promise<readonly DataPiece[]> {
  return (await ask(engineOver({ a: bytes }), 'target=a&fsiz=150,110&type=jpt-stream')).pieces;
}

function sourceOver(cache: BinCache): TileBinSource {
  const main = readCachedMainHeader(cache, 0, DEFAULT_LIMITS, new DiagnosticLog())!;
  return new TileBinSource(cache, 0, main, DEFAULT_LIMITS);
}

const whole = (source: TileBinSource, tile: number) => [
  {
    tile,
    layers: 2,
    components: source.geometryOf(tile).components.map(({ component, geometry }) => ({
      component,
      resolutions: geometry.resolutions.map((r) => ({ x0: 0, y0: 0, x1: r.numPrecinctsWide, y1: r.numPrecinctsHigh })),
    })),
  },
];

describe('tile data-bins as a source', () => {
  test.each([{}, { tlm: true, plt: true }, { ppt: true }])('with %j decode as the file', async (markers) => {
    const strict = new StrictCache();
    for (const piece of await piecesOf(file(markers))) strict.take(piece);
    const expected = await decode(file(), { colour: 'native', layout: 'planar' });
    expect(firstDifference((await strict.decode()).data, expected.data)).toBe(-1);
  });

  test('have at every length the packets that are whole', async () => {
    const pieces = await piecesOf(file());
    const cache = new BinCache('a');
    for (const piece of pieces) if (piece.classId !== 4 && piece.classId !== 5) cache.add(piece, piece.body);
    const all = new BinCache('b');
    for (const piece of pieces) all.add(piece, piece.body);
    const key = { codestream: 0, classId: 4, id: 1 };
    const bytes = all.get(key)!.prefix();
    const source = sourceOver(cache);
    expect(source.lackingTiles([{ tile: 1, components: [], layers: 0 }])).toEqual([1]);
    let before = 0;
    for (let at = 0; at < bytes.length; at += 50) {
      const end = Math.min(bytes.length, at + 50);
      cache.add({ ...key, offset: at, length: end - at, last: end === bytes.length }, bytes.subarray(at, end));
      const plan = whole(source, 1);
      const lacking = source.lackingPrecincts(plan);
      const snapshot = source.loadSync(plan);
      const packets = [...source.wantedBy(plan)].reduce((sum, wanted) => {
        const count = snapshot.get(wanted)?.packets.length ?? 0;
        expect(source.lacks(wanted)).toBe(lacking.some(({ resolution }) => resolution === wanted.resolution));
        return sum + count;
      }, 0);
      expect(packets).toBeGreaterThanOrEqual(before);
      before = packets;
    }
    expect(source.lackingPrecincts(whole(source, 1))).toEqual([]);
    expect(before).toBe(6);
  });

  test('that are of another tile are dropped and named', async () => {
    const cache = new BinCache('a');
    for (const piece of await piecesOf(file())) cache.add(piece, piece.body);
    const bytes = cache.get({ codestream: 0, classId: 4, id: 2 })!.prefix().slice();
    const key = { codestream: 0, classId: 4, id: 1 };
    cache.drop(key);
    cache.add({ ...key, offset: 0, length: bytes.length, last: true }, bytes);
    const source = sourceOver(cache);
    expect(source.loadSync([{ tile: 1, components: [], layers: 0 }]).tile(1)).toBeUndefined();
    expect(source.takeDamaged()).toEqual([key]);
    expect(cache.get(key)).toBeUndefined();
  });

  test('with packet headers in the main header are not carried', async () => {
    const cache = new BinCache('a');
    const ppm = file({ ppm: true });
    const end = Buffer.from(ppm).indexOf(Buffer.from([0xff, 0x90]));
    cache.add({ codestream: 0, classId: 6, id: 0, offset: 0, length: end, last: true }, ppm.subarray(0, end));
    expect(() => sourceOver(cache)).toThrow(expect.objectContaining({ kind: 'unsupported', code: 'capability' }));
  });
});
