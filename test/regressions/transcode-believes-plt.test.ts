/**
 * PLT whose lengths add up may still be wrong (15444-1 A.7.3). Packets that were only copied were found by their headers, those that were
 * written anew were not, and came out damaged.
 */
import { expect, test } from 'vitest';
import { decodeSync, encodeSync, inspectSync, type TranscodeOptions, transcodeSync } from '../../src/index.ts';
import { wavyPicture } from '../support/encodes.ts';
import { firstDifference } from '../support/same-picture.ts';

const { image } = wavyPicture(96, 80, 1, 8);
const honest = encodeSync(image, { container: 'codestream', levels: 3, markers: { plt: true } }).data;

/** The same with the packet lengths in reverse order: each is its bytes up to one without the top bit. */
function lying(): Uint8Array {
  const bytes = honest.slice();
  const [part] = inspectSync(bytes, { index: true }).tileParts!;
  const plt = part!.segments.find(({ name }) => name === 'PLT')!;
  const groups: number[][] = [[]];
  for (const byte of bytes.subarray(plt.offset + 5, plt.offset + plt.length)) {
    groups.at(-1)!.push(byte);
    if (byte < 128) groups.push([]);
  }
  bytes.set(groups.reverse().flat(), plt.offset + 5);
  return bytes;
}

test.each<TranscodeOptions>([{}, { precincts: [{ width: 256, height: 256 }] }, { insertLayers: 3 }])(
  '%j',
  (options) => {
    const { data, status } = transcodeSync(lying(), options);
    expect(status).toBe('complete');
    expect(firstDifference(decodeSync(data, { strict: true }).data, decodeSync(honest).data)).toBe(-1);
  },
);
