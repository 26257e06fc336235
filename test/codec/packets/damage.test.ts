import { describe, expect, test } from 'vitest';
import { decode, decodeSync, inspectSync, type RasterImage } from '../../../src/index.ts';
import { be, hex, join, putTogether, segment, takeApart, tlmFor, withPlt, without } from '../../support/codestream.ts';
import { fixture } from '../../support/fixtures.ts';
import { expectSamePicture, expectSameSamples } from '../../support/same-picture.ts';
import { TestSource } from '../../support/sources.ts';

const options = { colour: 'native', layout: 'planar' } as const;

function codes(picture: { warnings: RasterImage['warnings'] }): string[] {
  return [...new Set(picture.warnings.map((w) => w.code))];
}

const tiled = fixture('tiles-offsets-53');
const pieces = without(takeApart(tiled), 0xff55);
const whole = decodeSync(tiled, options);

/** The tiled fixture with a TLM whose entries are changed. */
function withTlm(change: (entries: { tile: number; length: number }[]) => void): Uint8Array {
  const entries = pieces.parts.map((part) => {
    const bytes = tlmFor([part]);
    return { tile: part.isot, length: new DataView(bytes.buffer).getUint32(8) };
  });
  change(entries);
  const tlm = segment(0xff55, hex('00 60'), ...entries.map((e) => join(be(e.tile, 2), be(e.length, 4))));
  return putTogether({ ...pieces, main: [...pieces.main, tlm] });
}

describe('a TLM that lies (A.7.1)', () => {
  test.each([
    ['two tiles exchanged', (e: { tile: number }[]) => ([e[1]!.tile, e[2]!.tile] = [e[2]!.tile, e[1]!.tile])],
    ['a length too long, the next too short', (e: { length: number }[]) => [(e[1]!.length += 3), (e[2]!.length -= 3)]],
    ['all lengths a little longer', (e: { length: number }[]) => e.map((x) => (x.length += 1))],
  ] as const)('%s: it is ignored with tlm-value, and the picture is whole', async (_, change) => {
    const bytes = withTlm(change as (entries: { tile: number; length: number }[]) => void);
    for (const picture of [decodeSync(bytes, options), await decode(new TestSource(bytes), options)]) {
      expectSamePicture(picture, whole);
      expect(codes(picture)).toEqual(['tlm-value']);
    }
    expect(() => decodeSync(bytes, { ...options, strict: true })).toThrow(
      expect.objectContaining({ code: 'tlm-value' }),
    );
  });

  test.each([
    ['an entry missing at the end', (e: unknown[]) => e.pop()],
    ['an entry too short for a tile-part', (e: { length: number }[]) => (e[3]!.length = 13)],
    ['a tile that the grid does not have', (e: { tile: number }[]) => (e[3]!.tile = 999)],
  ] as const)('%s: the tile-parts are walked instead', async (_, change) => {
    const bytes = withTlm(change as (entries: { tile: number; length: number }[]) => void);
    for (const picture of [decodeSync(bytes, options), await decode(new TestSource(bytes), options)]) {
      expectSamePicture(picture, whole);
    }
  });
});

describe('a PLT that lies (A.7.3)', () => {
  const sources: [string, (bytes: Uint8Array) => Promise<RasterImage>][] = [
    ['memory', async (bytes) => decodeSync(bytes, options)],
    ['a source', (bytes) => decode(new TestSource(bytes), options)],
  ];

  test.each(sources)('lengths that do not add up are ignored with plt-value, from %s', async (_, read) => {
    const changes: ((lengths: number[]) => number[])[] = [
      (l) => [l[0]! + 1, ...l.slice(1)],
      (l) => l.slice(0, -1),
      (l) => [...l, 5],
    ];
    for (const change of changes) {
      const picture = await read(withPlt(tiled, change));
      expect(codes(picture)).toEqual(['plt-value']);
      expectSamePicture(picture, whole);
    }
  });

  test.each(sources)('a length without an end is ignored with plt-value, from %s', async (_, read) => {
    const parts = pieces.parts.map((part) => ({ ...part, header: [...part.header, segment(0xff58, hex('00 85 80'))] }));
    const picture = await read(putTogether({ ...pieces, parts }));
    expect(codes(picture)).toEqual(['plt-value']);
    expectSamePicture(picture, whole);
  });

  test.each(sources)('lengths in the wrong order do not give a wrong picture in silence, from %s', async (_, read) => {
    const picture = await read(
      withPlt(tiled, (l) => {
        const k = l.findIndex((n, i) => n !== l[i + 1]);
        return [...l.slice(0, k), l[k + 1]!, l[k]!, ...l.slice(k + 2)];
      }),
    );
    expect(picture.warnings).not.toEqual([]);
  });
});

describe('tile-parts that are not as they should be (A.4.2)', () => {
  test('a tile that is missing leaves the others alone and is said', () => {
    const bytes = putTogether({ ...pieces, parts: pieces.parts.filter((part) => part.isot !== 5) });
    const picture = decodeSync(bytes, options);
    expect(picture.status).toBe('partial');
    expect(codes(picture)).toEqual(['tile-missing']);
    const changed = Array.from(picture.data).filter((v, k) => v !== whole.data[k]).length;
    const { tiles, components } = inspectSync(bytes);
    expect(changed).toBeGreaterThan(0);
    expect(changed).toBeLessThanOrEqual(tiles.width * tiles.height * components.length);
  });

  test('the samples of a missing tile are at mid-level', () => {
    const bytes = putTogether({ ...pieces, parts: pieces.parts.filter((part) => part.isot !== 0) });
    const picture = decodeSync(bytes, options);
    expect(picture.data[0]).toBe(128);
    // also where the caller's array held something else
    const into = new Uint8Array(picture.data.length).fill(7);
    decodeSync(bytes, { ...options, into });
    expectSameSamples(into, picture.data);
  });

  test('a Psot beyond the end of the input is said, and what is there is decoded', async () => {
    const bytes = tiled.slice();
    const last = lastSot(bytes);
    new DataView(bytes.buffer).setUint32(last + 6, 0x7fffffff);
    for (const sizeKnown of [true, false]) {
      const picture = await decode(new TestSource(bytes, { sizeKnown }), options);
      expectSameSamples(picture.data, whole.data);
    }
    expect(codes(decodeSync(bytes, options))).toContain('tile-part-length');
  });

  test('bytes between tile-parts end the search', () => {
    const bytes = putTogether(pieces);
    const last = lastSot(bytes);
    const spoilt = join(bytes.slice(0, last), hex('00 00 00'), bytes.slice(last));
    const picture = decodeSync(spoilt, options);
    expect(picture.status).toBe('partial');
    expect(codes(picture)).toEqual(['marker-missing', 'tile-missing']);
  });

  test('tile-parts out of sequence are said and decoded in the order in which they stand', () => {
    const parts = pieces.parts.map((part) => (part.isot === 2 ? { ...part, tpsot: 1 } : part));
    const picture = decodeSync(putTogether({ ...pieces, parts }), options);
    expectSamePicture(picture, whole);
    expect(codes(picture)).toEqual(['tile-part-order']);
  });

  test('a tile-part header that makes no sense costs its tile', () => {
    const parts = pieces.parts.map((part) => (part.isot === 2 ? { ...part, header: [hex('FF52 0001')] } : part));
    const picture = decodeSync(putTogether({ ...pieces, parts }), options);
    expect(picture.status).toBe('partial');
    expect(codes(picture)).toEqual(['marker-length', 'tile-missing']);
  });
});

function lastSot(bytes: Uint8Array): number {
  const { parts } = takeApart(bytes);
  let at = bytes.length - 2;
  at -= new DataView(tlmFor([parts.at(-1)!]).buffer).getUint32(8);
  return at;
}

describe('packets that are not as they should be', () => {
  test('bytes after the last packet are said', () => {
    const parts = pieces.parts.map((part, k) => (k === 0 ? { ...part, data: join(part.data, hex('00 00')) } : part));
    const picture = decodeSync(putTogether({ ...pieces, parts }), options);
    expectSamePicture(picture, whole);
    expect(codes(picture)).toEqual(['packet-length']);
  });

  test('EPH markers that COD promises and nobody wrote are said', () => {
    const main = pieces.main.map((s) => (s[1] === 0x52 ? Uint8Array.from(s, (b, k) => (k === 4 ? b | 4 : b)) : s));
    const picture = decodeSync(putTogether({ ...pieces, main }), options);
    expectSamePicture(picture, whole);
    expect(codes(picture)).toEqual(['packet-marker']);
  });

  test('packed headers that end early cost what they would have described', () => {
    const parts = pieces.parts.map((part, k) =>
      k === 0 ? { ...part, header: [segment(0xff61, hex('00 00'))] } : part,
    );
    const picture = decodeSync(putTogether({ ...pieces, parts }), options);
    expect(picture.status).toBe('partial');
    expect(codes(picture)).toEqual(['packet-header']);
  });

  test('PPM whose lengths reach beyond its end is said', () => {
    const picture = decodeSync(
      putTogether({ ...pieces, main: [...pieces.main, segment(0xff60, hex('00 00000900 80'))] }),
      options,
    );
    expect(picture.status).toBe('partial');
    expect(codes(picture)).toContain('ppm-value');
  });
});
