/** Whatever header boxes say, colour ends in planes and diagnostics, never in an exception of another kind. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyChannels } from '../../../src/codec/colour/channels.ts';
import { renderSrgb } from '../../../src/codec/colour/to-srgb.ts';
import { DiagnosticLog, Jpeg2000Error } from '../../../src/codec/errors.ts';
import { readJp2File } from '../../../src/codec/fileformat/jp2-file.ts';
import { DEFAULT_LIMITS } from '../../../src/codec/limits.ts';
import { readNow } from '../../../src/codec/source.ts';
import { describeShared, sharedPath } from '../../support/shared.ts';
import { box, hex, join, smallFile } from '../fileformat/box-bytes.ts';
import { SRGB_PROFILE } from './icc-bytes.ts';
import { row } from './planes.ts';

/** Reads a file and renders made-up samples as it says. */
function render(bytes: Uint8Array, numComponents: number, precision: number, signed: boolean): void {
  const log = new DiagnosticLog();
  try {
    const file = readNow(readJp2File(log, DEFAULT_LIMITS, bytes.length), bytes);
    const samples = [0, 1, 2 ** (precision - 1) - 1];
    const components = Array.from({ length: numComponents }, () => row(samples, { precision, signed }));
    const channels = applyChannels(components, file, {}, log);
    expect(channels.colour.channels).toHaveLength(channels.planes.length);
    const rendered = renderSrgb(channels.planes, channels.colour, {}, log);
    expect(rendered.planes.length).toBeGreaterThanOrEqual(3);
    expect(rendered.colour.channels).toHaveLength(rendered.planes.length);
    for (const plane of rendered.planes) expect(plane.data).toHaveLength(3);
  } catch (error) {
    if (!(error instanceof Jpeg2000Error)) throw error;
  }
}

const HEADERS = [
  [box('colr', hex('01 00 00 0000000E 00000064 00000000 000000FF 00000080 000000FF 00000080 00443530'))],
  [box('colr', join(hex('02 00 00'), SRGB_PROFILE)), box('colr', hex('01 00 00 0000000C'))],
  [
    box('colr', hex('01 00 00 00000012')),
    box('pclr', hex('0003 03 07 8B 20  00 0000 0000000000  FF 8040 0100000000  FF 0FFF 01FFFFFFFF')),
    box('cmap', hex('0000 01 00  0000 01 01  0000 01 02')),
    box('cdef', hex('0003  0000 0000 0003  0001 0000 0002  0002 0001 0000')),
  ],
];

test('any damage to colour boxes ends in a picture or a typed error', () => {
  for (const boxes of HEADERS) {
    const ihdr = box('ihdr', hex('00000002 00000003 0001 07 07 00 00'));
    const original = smallFile().slice(0, 32);
    const whole = join(original, box('jp2h', join(ihdr, ...boxes)), box('jp2c', hex('FF4FFF51')));
    const damage = fc.array(fc.tuple(fc.integer({ min: 40, max: whole.length - 13 }), fc.nat(255)), { maxLength: 5 });
    const precision = fc.constantFrom(1, 8, 12, 16, 24);
    fc.assert(
      fc.property(damage, fc.integer({ min: 1, max: 5 }), precision, fc.boolean(), (edits, count, bits, signed) => {
        const bytes = whole.slice();
        for (const [at, value] of edits) bytes[at] = value;
        render(bytes, count, bits, signed);
      }),
      { numRuns: 150 },
    );
  }
});

describeShared('conformance', 'hostile files', () => {
  test('end in a picture or a typed error, with any number of components', () => {
    for (const name of readdirSync(sharedPath('conformance', 'bad'))) {
      const bytes = new Uint8Array(readFileSync(sharedPath('conformance', 'bad', name)));
      for (const count of [1, 2, 3, 4]) render(bytes, count, 8, false);
    }
  });
});
