import { describe, expect, test } from 'vitest';
import { decode, decodeSync, inspectSync } from '../../src/index.ts';
import { be, hex, join, type Part, partBytes, putTogether, segment, takeApart, tlmFor } from '../support/codestream.ts';
import { fixture } from '../support/fixtures.ts';
import { expectSamePicture } from '../support/same-picture.ts';

const NAME = 'layers-lrcp-53';

/** SOT, SOD and nothing else. */
function emptyPart(tile: number): Uint8Array {
  return join(hex('FF90 000A'), be(tile, 2), be(14, 4), hex('00 00 FF93'));
}

describe('more tile-parts of a tile than TPsot can number (15444-1 A.4.2)', () => {
  const main = takeApart(fixture(NAME)).main;
  const many = join(hex('FF4F'), ...main, ...Array.from({ length: 30_000 }, () => emptyPart(0)), hex('FFD9'));

  test('are left out, and going through them takes no time to speak of', async () => {
    const start = performance.now();
    const { status, warnings } = await decode(many);
    expect(performance.now() - start).toBeLessThan(2000);
    expect(status).toBe('partial');
    expect(warnings.some((w) => w.code === 'tile-part-order')).toBe(true);
  });

  test('are not listed by an inspection either', () => {
    expect(inspectSync(many, { index: true }).tileParts).toHaveLength(255);
  });
});

describe('a tile-part of a tile that does not exist', () => {
  const pieces = takeApart(fixture('tiles-offsets-53'));

  test('is passed over, and reported once', () => {
    const stray = { ...(pieces.parts[2] as Part), isot: 99 };
    const parts = pieces.parts.flatMap((part, k) => (k === 3 ? [stray, part] : [part]));
    const bytes = putTogether({ main: pieces.main, parts });
    const picture = decodeSync(bytes);
    expectSamePicture({ ...picture, status: 'complete', warnings: [] }, decodeSync(fixture('tiles-offsets-53')));
    expect(picture.warnings).toEqual([expect.objectContaining({ code: 'sot-value', clause: '15444-1 A.4.2' })]);
  });
});

describe('what is said of a tile-part that cannot be', () => {
  test('names the place and the clause once', () => {
    const pieces = takeApart(fixture('tiles-offsets-53'));
    const bytes = putTogether(pieces);
    const at = bytes.length - 2 - partBytes(pieces.parts.at(-1) as Part).length;
    bytes[at + 3] = 11;
    const found = decodeSync(bytes).warnings.find((w) => w.code === 'marker-length');
    expect(found).toMatchObject({ message: 'Lsot must be 10, found 11', offset: at, clause: '15444-1 A.4.2' });
    expect(decodeSync(bytes).warnings.some((w) => w.code === 'marker-missing')).toBe(false);
  });
});

describe('a TLM that cannot be right is dropped, and said to be', () => {
  const pieces = takeApart(fixture('tiles-offsets-53'));
  const plain = decodeSync(fixture('tiles-offsets-53'));
  const entry = (tile: number, length: number) => join(be(tile, 1), be(length, 4));

  test.each([
    ['a tile beyond the grid', segment(0xff55, hex('00 50'), entry(200, 100))],
    ['a tile-part shorter than its SOT', segment(0xff55, hex('00 50'), entry(0, 13))],
    ['fewer tile-parts than there are', tlmFor(pieces.parts.slice(0, 3))],
  ])('%s', (_, tlm) => {
    const main = [...pieces.main.filter((s) => s[1] !== 0x55), tlm];
    const picture = decodeSync(putTogether({ main, parts: pieces.parts }));
    expectSamePicture({ ...picture, warnings: [] }, plain);
    expect(picture.warnings).toEqual([expect.objectContaining({ code: 'tlm-value', clause: '15444-1 A.7.1' })]);
  });

  test('bytes after EOC are no reason', () => {
    const main = [...pieces.main.filter((s) => s[1] !== 0x55), tlmFor(pieces.parts)];
    const bytes = join(putTogether({ main, parts: pieces.parts }), new Uint8Array(1000));
    expectSamePicture(decodeSync(bytes, { strict: true }), plain);
  });
});
