import { describe, expect, test } from 'vitest';
import { decode, decodeSync, inspectSync } from '../../../src/index.ts';
import {
  interleaveTileParts,
  packHeaders,
  putTogether,
  takeApart,
  tlmFor,
  withPlt,
  without,
  withOverlappingPoc,
} from '../../support/codestream.ts';
import { FIXTURES, fixture } from '../../support/fixtures.ts';
import { decodeWithOpenJpeg } from '../../support/openjpeg.ts';
import { expectSamePicture, firstDifference } from '../../support/same-picture.ts';
import { describeTools } from '../../support/shared.ts';
import { TestSource } from '../../support/sources.ts';

const options = { colour: 'native', layout: 'planar' } as const;

/** Every way of writing the same packets, by name. */
const ARRANGEMENTS: readonly (readonly [string, (bytes: Uint8Array) => Uint8Array])[] = [
  ['taken apart and put together', (bytes) => putTogether(takeApart(bytes))],
  ['without TLM and PLT', (bytes) => putTogether(without(takeApart(bytes), 0xff55, 0xff58))],
  ['with TLM', (bytes) => withTlm(bytes)],
  ['with PLT', (bytes) => withPlt(bytes)],
  ['with TLM and PLT', (bytes) => withTlm(withPlt(bytes))],
  ['with Psot = 0 in the last tile-part', (bytes) => putTogether(without(takeApart(bytes), 0xff55), { openEnd: true })],
  ['in many tile-parts, dealt out tile after tile', (bytes) => interleaveTileParts(bytes, 2)],
  ['in one tile-part a packet, with TLM', (bytes) => withTlm(interleaveTileParts(bytes, 1))],
  ['with overlapping POC in the main header', (bytes) => withOverlappingPoc(bytes, 'main')],
  ['with overlapping POC in the tile-part headers', (bytes) => withOverlappingPoc(bytes, 'tile')],
  ['with PPT', (bytes) => packHeaders(bytes, 'ppt')],
  ['with PPT in short segments', (bytes) => packHeaders(bytes, 'ppt', 7)],
  ['with PPM', (bytes) => packHeaders(bytes, 'ppm')],
  ['with PPM in segments that split Nppm and headers', (bytes) => packHeaders(bytes, 'ppm', 61)],
  ['in many tile-parts with PPM', (bytes) => packHeaders(interleaveTileParts(bytes, 3), 'ppm')],
  ['in many tile-parts with PPT', (bytes) => packHeaders(interleaveTileParts(bytes, 3), 'ppt')],
];

function withTlm(bytes: Uint8Array): Uint8Array {
  const pieces = without(takeApart(bytes), 0xff55);
  return putTogether({ ...pieces, main: [...pieces.main, tlmFor(pieces.parts)] });
}

describe.each(FIXTURES)('%s', (name) => {
  const bytes = fixture(name);
  const whole = decodeSync(bytes, options);
  const sizesKnown = name.startsWith('tiles') || name.startsWith('precincts') ? [true, false] : [false];

  test.each(ARRANGEMENTS)('%s is the same picture, from memory and from a source', async (_, arrange) => {
    const other = arrange(bytes);
    const now = decodeSync(other, options);
    expect(now.warnings).toEqual([]);
    expectSamePicture(now, whole);
    for (const sizeKnown of sizesKnown) {
      const read = await decode(new TestSource(other, { sizeKnown }), options);
      expect(read.warnings).toEqual([]);
      expectSamePicture(read, whole);
    }
  });

  test('a missing EOC is said and costs nothing', async () => {
    const cut = putTogether(without(takeApart(bytes), 0xff55), { eoc: false });
    for (const sizeKnown of [true, false]) {
      expectSamePicture(await decode(new TestSource(cut, { sizeKnown }), options), whole);
    }
    expectSamePicture(decodeSync(cut, options), whole);
    const info = inspectSync(cut, { index: true });
    expect(info.warnings.map((w) => w.code)).toEqual(['eoc-missing']);
  });
});

describeTools(['opj_decompress'], 'packed packet headers as OpenJPEG reads them', () => {
  const names = ['tiles-offsets-53', 'poc-53', 'precincts-pcrl-sop-eph-53', 'layers-lrcp-53'];
  test.each(names.flatMap((name) => (['ppm', 'ppt'] as const).map((kind) => [name, kind] as const)))(
    '%s with %s',
    async (name, kind) => {
      const planes = await decodeWithOpenJpeg(packHeaders(fixture(name), kind, 500));
      const ours = decodeSync(fixture(name), options);
      for (const [c, plane] of planes.entries()) expect(firstDifference(plane.data, ours.planes![c]!.data)).toBe(-1);
    },
  );
});
