/** Part 1 and high throughput (15444-15): code-blocks from one coder to the other and back, with every coefficient the same. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { decodeSync as decodeCore } from '../../../src/decode-core.ts';
import { type BlockCoder, decodeSync, encodeSync, inspectSync, transcodeSync } from '../../../src/index.ts';
import { classic } from '../../../src/codec/tier1/classic.ts';
import { ht } from '../../../src/codec/tier1/ht.ts';
import { failureOf } from '../../support/failure.ts';
import { describeShared, sharedPath } from '../../support/shared.ts';
import { wavyPicture } from '../../support/encodes.ts';

/** A coder that notes what it decodes: a checksum of the coefficients of every code-block that has any. */
function noting(coder: BlockCoder, sums: string[]): BlockCoder {
  return {
    name: coder.name,
    handles: (style) => coder.handles(style),
    createDecoder: () => {
      const inner = coder.createDecoder();
      return {
        decode(block, out, at, stride) {
          const found = inner.decode(block, out, at, stride);
          let sum = 0x811c9dc5;
          let any = 0;
          for (let y = 0; y < block.height; y++) {
            for (let x = 0; x < block.width; x++) {
              const v = out[at + y * stride + x]!;
              any |= v;
              sum = Math.imul(sum ^ v, 0x01000193);
            }
          }
          if (any !== 0) sums.push(`${block.width}x${block.height} ${block.subband} ${sum >>> 0}`);
          return found;
        },
      };
    },
  };
}

/** Checksums of the coefficients of all code-blocks of a codestream or file. */
function coefficientsOf(bytes: Uint8Array): string[] {
  const sums: string[] = [];
  decodeCore(bytes, { coders: [noting(classic, sums), noting(ht, sums)], layout: 'planar' });
  return sums;
}

/** Ccap15, or nothing without Part 15. */
function ccap15(bytes: Uint8Array): string | undefined {
  const at = Buffer.from(bytes).indexOf(Buffer.from([0xff, 0x50, 0, 8, 0, 2, 0, 0]));
  return at < 0 ? undefined : Buffer.from(bytes.subarray(at + 8, at + 10)).toString('hex');
}

describeShared('conformance', 'codestreams of the conformance set', () => {
  const names = (folder: string): string[] =>
    readdirSync(sharedPath('conformance', folder))
      .filter((name) => /\.(j2[kc]|jp2|jph)$/.test(name))
      .map((name) => `${folder}/${name}`);
  const read = (name: string): Uint8Array => new Uint8Array(readFileSync(sharedPath('conformance', name)));

  test.each([...names('part1'), ...names('features').filter((_, k) => k % 3 === 0)])(
    '%s: to high throughput and back, every coefficient is the same',
    { timeout: 300_000 },
    (name) => {
      const bytes = read(name);
      const high = transcodeSync(bytes, { coder: 'ht' });
      expect(inspectSync(high.data).coder).toBe('ht');
      const before = coefficientsOf(bytes);
      expect(coefficientsOf(high.data)).toEqual(before);
      const back = transcodeSync(high.data, { coder: 'classic' });
      expect(inspectSync(back.data).coder).toBe('classic');
      expect(coefficientsOf(back.data)).toEqual(before);
    },
  );

  test.each(names('ht'))('%s: to Part 1 and back, every coefficient is the same', { timeout: 300_000 }, (name) => {
    const bytes = read(name);
    const before = coefficientsOf(bytes);
    const low = transcodeSync(bytes, { coder: 'classic' });
    expect(inspectSync(low.data).coder).toBe('classic');
    expect(coefficientsOf(low.data)).toEqual(before);
    const back = transcodeSync(low.data, { coder: 'ht' });
    expect(coefficientsOf(back.data)).toEqual(before);
  });
});

test('what goes with another coder, and what does not', () => {
  const { image } = wavyPicture(70, 50, 3, 8);
  const bytes = encodeSync(image, { levels: 2 }).data;
  expect(inspectSync(transcodeSync(bytes, { coder: 'ht' }).data).container).toBe('jph');
  const bare = transcodeSync(bytes, { coder: 'ht', container: 'codestream' }).data;
  expect(ccap15(bare)).toBe('0003');
  expect(inspectSync(transcodeSync(bare, { container: 'jph' }).data).container).toBe('jph');
  const classicAgain = transcodeSync(transcodeSync(bytes, { coder: 'ht' }).data, { coder: 'classic' }).data;
  expect(inspectSync(classicAgain).container).toBe('jp2');
  expect(ccap15(classicAgain)).toBeUndefined();
  expect(decodeSync(classicAgain).data).toEqual(decodeSync(bytes).data);
  expect(failureOf(() => transcodeSync(bytes, { coder: 'ht', container: 'jp2' })).code).toBe('option-value');
  expect(failureOf(() => transcodeSync(bytes, { container: 'jph' })).code).toBe('option-value');
  expect(failureOf(() => transcodeSync(bytes, { coder: 'ht', insertLayers: 3 })).code).toBe('option-value');
  expect(failureOf(() => transcodeSync(bare, { insertLayers: 3 })).code).toBe('option-value');
});

test('a picture with layers, precincts and tiles keeps its samples, and its layers in number', () => {
  const { image } = wavyPicture(150, 130, 3, 8);
  const bytes = encodeSync(image, {
    tile: { width: 64, height: 64 },
    levels: 3,
    rate: [{ bpp: 1 }, { bpp: 3 }, { bpp: 6 }],
    wavelet: '9/7',
    precincts: [{ width: 32, height: 32 }],
  }).data;
  const high = transcodeSync(bytes, { coder: 'ht', progression: 'RPCL', markers: { plt: true, tlm: true } });
  expect(inspectSync(high.data)).toMatchObject({ coder: 'ht', layers: 3, progression: 'RPCL' });
  expect(decodeSync(high.data).data).toEqual(decodeSync(bytes).data);
  const less = transcodeSync(bytes, { coder: 'ht', layers: 2, reduce: 1 }).data;
  expect(decodeSync(less).data).toEqual(decodeSync(bytes, { layers: 2, reduce: 1 }).data);
});

describeShared('conformance', 'where classic and high-throughput code-blocks are mixed', () => {
  test.each(['ds0_hm_06_b18.j2k'])('%s: packets written anew tell them apart as before', (name) => {
    const bytes = new Uint8Array(readFileSync(sharedPath('conformance', 'ht', name)));
    const anew = transcodeSync(bytes, { precincts: [{ width: 128, height: 128 }] });
    expect(anew.status).toBe('complete');
    expect(coefficientsOf(anew.data).sort()).toEqual(coefficientsOf(bytes).sort());
  });
});
