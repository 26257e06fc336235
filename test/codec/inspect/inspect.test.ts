import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { inspect, inspectSync } from '../../../src/index.ts';
import {
  be,
  hex,
  join,
  packHeaders,
  putTogether,
  segment,
  takeApart,
  withPlt,
  without,
} from '../../support/codestream.ts';
import { FIXTURES, fixture } from '../../support/fixtures.ts';
import { describeShared, sharedPath } from '../../support/shared.ts';
import { TestSource } from '../../support/sources.ts';

describe('what the headers say', () => {
  test('sizes, tiles, coding and quantisation of a tiled picture with offsets', () => {
    expect(inspectSync(fixture('tiles-offsets-53'))).toMatchObject({
      container: 'codestream',
      width: 61,
      height: 47,
      origin: { x: 5, y: 3 },
      tiles: { width: 17, height: 19, x: 1, y: 2, columns: 4, rows: 3 },
      levels: 2,
      layers: 1,
      progression: 'LRCP',
      coder: 'classic',
      reversible: true,
      mct: 'rct',
      codeBlock: { width: 8, height: 8, styles: [] },
      precincts: [],
      quantization: { style: 'none', guardBits: 2 },
      codestream: { offset: 0 },
      boxes: [],
      warnings: [],
    });
  });

  test('components with their own grids', () => {
    const { components } = inspectSync(fixture('subsampled-420-53')); // 60 x 44 at (3, 5)
    expect(components.map(({ width, height, dx, dy }) => [width, height, dx, dy])).toEqual([
      [60, 44, 1, 1],
      [30, 22, 2, 2],
      [30, 22, 2, 2],
    ]);
    expect(inspectSync(fixture('grey-12-signed-53')).components).toMatchObject([{ precision: 12, signed: true }]);
  });

  test('styles, markers and precincts by name', () => {
    expect(inspectSync(fixture('all-styles-53')).codeBlock.styles).toEqual([
      'bypass',
      'reset',
      'terminate',
      'causal',
      'predictable-termination',
      'segmentation-symbols',
    ]);
    expect(inspectSync(fixture('precincts-pcrl-sop-eph-53')).markers).toMatchObject({
      sop: true,
      eph: true,
      plt: false,
    });
    expect(inspectSync(fixture('precincts-rlcp-53')).precincts).toEqual([
      { width: 4, height: 4 },
      { width: 8, height: 8 },
      { width: 16, height: 16 },
      { width: 16, height: 16 },
    ]);
    expect(inspectSync(fixture('poc-53'), { index: true }).markers.poc).toBe(true);
    expect(inspectSync(fixture('roi-53'), { index: true }).markers.rgn).toBe(true);
    expect(inspectSync(fixture('whole-layers-97'))).toMatchObject({ reversible: false, mct: 'ict', layers: 4 });
  });

  test('comments, registration and unknown segments have their places', () => {
    const pieces = takeApart(fixture('no-levels-53'));
    const comment = segment(0xff64, hex('0001'), new TextEncoder().encode('made by hand'));
    const bytes = putTogether({ ...pieces, main: [...pieces.main, comment, segment(0xff6f, hex('00'))] });
    const info = inspectSync(bytes);
    expect(info.comments).toContain('made by hand');
    const end = info.segments.at(-1)!;
    expect([end.name, end.length]).toEqual(['0xFF6F', 5]);
    let at = 2;
    for (const { offset, length } of info.segments) {
      expect(offset).toBe(at);
      at += length;
    }
    expect(info.warnings.map((w) => w.code)).toEqual(['marker-unknown']);
  });

  test.each([
    [0, 'none'],
    [1, 'profile-0'],
    [2, 'profile-1'],
    [3, 'cinema-2k'],
    [4, 'cinema-4k'],
    [7, 'cinema-long-term-storage'],
    [0x0105, 'broadcast-single'],
    [0x0306, 'broadcast-multi-reversible'],
    [0x0400, 'imf-2k'],
    [0x8000, 'part-2'],
    [0x0f00, undefined],
  ])('Rsiz %i is profile %s', (rsiz, name) => {
    const pieces = takeApart(fixture('no-levels-53'));
    const siz = join(pieces.main[0]!.slice(0, 4), be(rsiz, 2), pieces.main[0]!.slice(6));
    const info = inspectSync(putTogether({ ...pieces, main: [siz, ...pieces.main.slice(1)] }));
    expect(info.profile).toEqual({ rsiz, name });
  });
});

describe('what a walk through the codestream adds', () => {
  test.each(FIXTURES)('%s: tile-parts lie one after the other, from a source as from memory', async (name) => {
    const bytes = fixture(name);
    const info = inspectSync(bytes, { index: true });
    let at = info.segments.at(-1)!.offset + info.segments.at(-1)!.length;
    for (const part of info.tileParts!) {
      expect(part.offset).toBe(at);
      at += part.length;
    }
    expect(at).toBe(bytes.length - 2);
    expect(info.warnings).toEqual([]);
    expect(await inspect(new TestSource(bytes), { index: true })).toEqual(info);
  });

  test('markers of tile-part headers', () => {
    const bytes = fixture('tiles-offsets-53');
    const walk = (stream: Uint8Array) => inspectSync(stream, { index: true });
    expect(walk(withPlt(bytes)).markers).toMatchObject({ plt: true, ppt: false, ppm: false });
    expect(walk(packHeaders(bytes, 'ppt')).markers).toMatchObject({ plt: false, ppt: true, ppm: false });
    expect(walk(packHeaders(bytes, 'ppm')).markers).toMatchObject({ plt: false, ppt: false, ppm: true });
    expect(walk(bytes).tileParts!.map((p) => [p.tile, p.part, p.of])).toEqual(
      Array.from({ length: 12 }, (_, tile) => [tile, 0, 1]),
    );
  });

  test('packets are counted alike however their headers and lengths are written', () => {
    for (const name of ['tiles-offsets-53', 'precincts-rlcp-53', 'poc-53']) {
      const bytes = putTogether(without(takeApart(fixture(name)), 0xff55));
      const plain = inspectSync(bytes, { index: true }).packets;
      expect(plain!.count).toBeGreaterThan(10);
      for (const other of [withPlt(bytes), packHeaders(bytes, 'ppt'), packHeaders(bytes, 'ppm', 99)]) {
        expect(inspectSync(other, { index: true }).packets).toEqual(plain);
      }
    }
  });

  test('a truncated file tells of what is there', () => {
    const bytes = fixture('layers-lrcp-53');
    const whole = inspectSync(bytes, { index: true });
    const info = inspectSync(bytes.subarray(0, 3000), { index: true });
    expect(info.packets!.count).toBeLessThan(whole.packets!.count);
    expect(info.packets!.bytesByLayer[0]).toBe(whole.packets!.bytesByLayer[0]);
    expect(info.warnings.map((w) => w.code)).toEqual(['tile-part-length', 'packet-truncated']);
  });
});

describeShared('conformance/ht/byte.jph', 'a JPH file of another writer', () => {
  test('is recognised with the coder that it needs', () => {
    const info = inspectSync(new Uint8Array(readFileSync(sharedPath('conformance', 'ht', 'byte.jph'))));
    expect(info).toMatchObject({ container: 'jph', coder: 'ht', components: [{ precision: 8, signed: false }] });
    expect(info.boxes[1]).toMatchObject({ type: 'ftyp' });
    expect(info.segments.map(({ name }) => name)).toContain('CAP');
  });
});
