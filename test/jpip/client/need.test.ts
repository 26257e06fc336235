import { describe, expect, test } from 'vitest';
import { tileGeometry } from '../../../src/codec/geometry/tile.ts';
import { joinTileHeaders } from '../../../src/codec/codestream/coding-parameters.ts';
import type { MainHeader } from '../../../src/codec/codestream/main-header.ts';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import { DEFAULT_LIMITS } from '../../../src/codec/limits.ts';
import { CodestreamSource } from '../../../src/codec/packets/codestream-source.ts';
import { BytesSource, readNow } from '../../../src/codec/source.ts';
import { encodeSync } from '../../../src/index.ts';
import type { CachedSource, WantedPrecinct } from '../../../src/jpip/client/cache-source.ts';
import { needOf, planOf, type ViewWindow, windowFields, windowsAround } from '../../../src/jpip/client/need.ts';
import { jpipFailureOf } from '../../support/jpip-failure.ts';
import { wavyPicture } from '../../support/encodes.ts';

const { image } = wavyPicture(201, 151, 1, 8);
const file = encodeSync(image, {
  container: 'codestream',
  origin: { x: 5, y: 3 },
  levels: 3,
  layers: 4,
  codeBlock: { width: 16, height: 16 },
  precincts: [{ width: 32, height: 32 }],
}).data;
const opening = CodestreamSource.open(new BytesSource(file), { offset: 0 }, DEFAULT_LIMITS, new DiagnosticLog());
const main: MainHeader = readNow(opening, file).main;
const geometry = tileGeometry(main, joinTileHeaders(main, 0, []));
const source = { main, geometryOf: () => geometry } as unknown as CachedSource;

const fields = (window: ViewWindow) => windowFields(main, needOf(main, window));

describe('a window', () => {
  test('is asked for at the size of a resolution level, with the rounding written down', () => {
    expect(fields({})).toEqual({
      fsiz: { width: 201, height: 151, round: 'closest' },
      roff: { x: 0, y: 0 },
      rsiz: { width: 201, height: 151 },
    });
    // the image area is 5..206 and 3..154, so 2..52 and 1..39 at a quarter
    expect(fields({ reduce: 2, layers: 2, components: [0] })).toEqual({
      fsiz: { width: 50, height: 38, round: 'closest' },
      roff: { x: 0, y: 0 },
      rsiz: { width: 50, height: 38 },
      layers: 2,
      comps: [{ first: 0 }],
    });
    // 10 + 5 to 30 + 5 is 4..9 at a quarter
    expect(fields({ reduce: 2, region: { x: 10, y: 10, width: 20, height: 20 } })).toMatchObject({
      roff: { x: 2, y: 3 },
      rsiz: { width: 5, height: 5 },
    });
  });

  test('without a sample at its resolution level is one sample large', () => {
    const { rsiz } = fields({ reduce: 3, region: { x: 4, y: 6, width: 1, height: 1 } });
    expect(rsiz).toEqual({ width: 1, height: 1 });
  });

  test('may be given by the size of its frame', () => {
    expect(needOf(main, { fsiz: { width: 110, height: 110 } }).reduce).toBe(1);
    expect(needOf(main, { fsiz: { width: 110, height: 110, round: 'round-up' } }).reduce).toBe(0);
  });

  test.each<ViewWindow>([
    { reduce: 4 },
    { reduce: -1 },
    { reduce: 0.5 },
    { layers: 0 },
    { components: [1] },
    { region: { x: 201, y: 0, width: 5, height: 5 } },
    { region: { x: 0, y: 0, width: Number.NaN, height: 5 } },
  ])('%j cannot be', (window) => {
    expect(jpipFailureOf(() => needOf(main, window))).toMatchObject({ kind: 'usage', code: 'option-value' });
  });

  test('needs precincts of all resolution levels below its own', () => {
    const need = needOf(main, { reduce: 1, region: { x: 60, y: 60, width: 20, height: 20 } });
    const [selection] = planOf(source, need);
    expect(selection!.components[0]!.resolutions.map((rect) => rect !== undefined)).toEqual([true, true, true]);
  });
});

describe('windows for what a server left out', () => {
  test('cover every precinct that is missing, at the size of its own resolution level', () => {
    const need = needOf(main, {});
    const all = geometry.components[0]!.geometry.resolutions.flatMap((level) =>
      Array.from({ length: level.numPrecinctsWide * level.numPrecinctsHigh }, (_, precinct) => ({
        tile: 0,
        component: 0,
        resolution: level.r,
        precinct,
      })),
    );
    for (const missing of all) {
      const windows = windowsAround(source, [missing as WantedPrecinct], need);
      expect(windows.map(({ reduce }) => reduce)).toEqual([3 - missing.resolution]);
      const [selection] = planOf(source, windows[0]!);
      const rect = selection!.components[0]!.resolutions[missing.resolution]!;
      const wide = geometry.components[0]!.geometry.resolutions[missing.resolution]!.numPrecinctsWide;
      const [x, y] = [missing.precinct % wide, Math.floor(missing.precinct / wide)];
      expect(x >= rect.x0 && x < rect.x1 && y >= rect.y0 && y < rect.y1).toBe(true);
    }
    const together = windowsAround(source, all as WantedPrecinct[], need);
    expect(together.map(({ reduce }) => reduce)).toEqual([3, 2, 1, 0]);
  });
});
