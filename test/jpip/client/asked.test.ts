/** What of a response was asked for. */
import { describe, expect, test } from 'vitest';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import { DEFAULT_LIMITS } from '../../../src/codec/limits.ts';
import { BinCache } from '../../../src/jpip/bins/bin-store.ts';
import { checkPlan, standingOfHeaders, take } from '../../../src/jpip/client/asked.ts';
import { CacheSource, readCachedMainHeader } from '../../../src/jpip/client/cache-source.ts';
import { needOf, planOf } from '../../../src/jpip/client/need.ts';
import { TileBinSource } from '../../../src/jpip/client/tile-source.ts';
import { BIN_CLASS } from '../../../src/jpip/wire/message.ts';
import { openIt, remoteFile, TestServer } from '../../support/jpip-client.ts';

const file = remoteFile({ width: 300, height: 220, tile: 128, channels: 3 });
const header = { offset: 0, length: 0, last: true };

/** A cache with everything of the picture, and one with its main header alone. */
async function caches(): Promise<{ readonly full: BinCache; readonly bare: BinCache }> {
  const { image } = await openIt('http://here/a.jp2', { fetch: new TestServer({ 'a.jp2': file }).fetch });
  await image.decode();
  const bare = new BinCache('a');
  const main = image.cache.get({ codestream: 0, classId: BIN_CLASS.mainHeader, id: 0 })!;
  bare.add({ codestream: 0, classId: BIN_CLASS.mainHeader, id: 0, ...header }, main.prefix());
  return { full: image.cache, bare };
}

const mainOf = (cache: BinCache) => readCachedMainHeader(cache, 0, DEFAULT_LIMITS, new DiagnosticLog())!;
const window = { region: { x: 10, y: 10, width: 150, height: 60 }, reduce: 1 };

describe('data-bins of a window', () => {
  test('are those of its plan; others of the picture are spare, and there are no more', async () => {
    const { full } = await caches();
    const main = mainOf(full);
    const source = new CacheSource(full, 0, main);
    const plan = planOf(source, needOf(main, window));
    const standingOf = source.standingIn(plan);
    const asked = new Set([...source.wantedBy(plan)].map(({ bin }) => bin.id));
    const tiles = new Set(plan.map(({ tile }) => tile));
    expect(tiles).toEqual(new Set([0, 1]));
    const all = [...full.ofClass(0, BIN_CLASS.precinct)].map(({ id }) => id);
    expect(all.length).toBeGreaterThan(asked.size);
    for (const id of all) {
      expect(standingOf({ codestream: 0, classId: BIN_CLASS.precinct, id })).toBe(asked.has(id) ? 'asked' : 'spare');
    }
    const beyond = Math.max(...all.filter((id) => id % 6 === 0)) + 18;
    expect(standingOf({ codestream: 0, classId: BIN_CLASS.precinct, id: beyond })).toBe('none');
    for (const [classId, id, expected] of [
      [BIN_CLASS.mainHeader, 0, 'asked'],
      [BIN_CLASS.mainHeader, 1, 'none'],
      [BIN_CLASS.tileHeader, 1, 'asked'],
      [BIN_CLASS.tileHeader, 5, 'spare'],
      [BIN_CLASS.tileHeader, 6, 'none'],
      [BIN_CLASS.tile, 0, 'none'],
      [BIN_CLASS.metadata, 0, 'asked'],
      [BIN_CLASS.metadata, 9, 'spare'],
    ] as const) {
      expect(standingOf({ codestream: 0, classId, id })).toBe(expected);
    }
  });

  test('are taken for what the main header says until the header of their tile is there', async () => {
    const { full, bare } = await caches();
    const main = mainOf(bare);
    const source = new CacheSource(bare, 0, main);
    const plan = planOf(source, needOf(main, window));
    const standingOf = source.standingIn(plan);
    const beyond = { codestream: 0, classId: BIN_CLASS.precinct, id: 6 * 3 * 1000 };
    expect(standingOf({ ...beyond, id: 0 })).toBe('asked');
    expect(standingOf(beyond)).toBe('spare');
    const tile = { codestream: 0, classId: BIN_CLASS.tileHeader, id: 0 };
    bare.add({ ...tile, ...header }, full.get(tile)!.prefix());
    expect(standingOf(beyond)).toBe('none');
  });

  test('of tiles are the tiles of its plan', async () => {
    const { bare } = await caches();
    const main = mainOf(bare);
    const source = new TileBinSource(bare, 0, main, DEFAULT_LIMITS);
    const standingOf = source.standingIn(planOf(source, needOf(main, window)));
    const standings = [0, 1, 2, 5, 6].map((id) => standingOf({ codestream: 0, classId: BIN_CLASS.tile, id }));
    expect(standings).toEqual(['asked', 'asked', 'spare', 'spare', 'none']);
    expect(standingOf({ codestream: 0, classId: BIN_CLASS.precinct, id: 0 })).toBe('none');
  });

  test('are counted before anything is done for each', async () => {
    const { full } = await caches();
    const main = mainOf(full);
    const source = new CacheSource(full, 0, main);
    const plan = planOf(source, needOf(main, {}));
    const count = [...source.wantedBy(plan)].length;
    expect(checkPlan(plan, count)).toBe(plan);
    expect(() => checkPlan(plan, count - 1)).toThrow(expect.objectContaining({ code: 'limit-window' }));
  });
});

test('headers and boxes are what a request without a window is for', () => {
  const standings = Object.values(BIN_CLASS).map((classId) => standingOfHeaders({ codestream: 0, classId, id: 0 }));
  const byName = Object.fromEntries(Object.keys(BIN_CLASS).map((name, k) => [name, standings[k]]));
  expect(byName).toMatchObject({ mainHeader: 'asked', metadata: 'asked', precinct: 'spare', tileHeader: 'spare' });
});

test('an allowance is used up to its last byte', () => {
  const allowance = { asked: 10, spare: 5 };
  take(allowance, 'asked', 10);
  take(allowance, 'spare', 5);
  for (const kind of ['asked', 'spare'] as const) {
    expect(() => take({ asked: 10, spare: 10 }, kind, 11)).toThrow(expect.objectContaining({ code: 'limit-response' }));
  }
});
