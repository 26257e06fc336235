import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joinFragments } from '../../../src/codec/fileformat/fragment-source.ts';
import { BytesSource } from '../../../src/codec/source.ts';
import { TestSource } from '../../support/sources.ts';
import { join } from './box-bytes.ts';

const BYTES = Uint8Array.from({ length: 200 }, (_, k) => (k * 73 + 11) & 255);
const piece = fc
  .record({ offset: fc.nat(199), length: fc.nat(20) })
  .filter(({ offset, length }) => offset + length <= 200);
const pieces = fc.array(piece, { minLength: 1, maxLength: 8 });

test('fragments read like their bytes in a row, from memory and from sources alike', async () => {
  await fc.assert(
    fc.asyncProperty(pieces, fc.nat(170), fc.nat(60), async (list, offset, length) => {
      const whole = join(...list.map((p) => BYTES.subarray(p.offset, p.offset + p.length)));
      const expected = whole.slice(offset, offset + length);
      const source = new TestSource(BYTES);
      const slow = joinFragments(list.map((p) => ({ ...p, source })));
      expect(slow.size).toBe(whole.length);
      expect(await slow.read({ offset, length })).toEqual(expected);
      expect(source.bytesRead).toBe(expected.length);
      const fast = joinFragments(list.map((p) => ({ ...p, source: new BytesSource(BYTES) })));
      expect(fast).toBeInstanceOf(BytesSource);
      expect(new Uint8Array(await fast.read({ offset, length }))).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test('a source that ends early ends the whole', async () => {
  const short = new TestSource(BYTES.subarray(0, 50));
  const whole = joinFragments([
    { source: short, offset: 10, length: 20 },
    { source: short, offset: 40, length: 20 },
    { source: short, offset: 0, length: 10 },
  ]);
  expect(await whole.read({ offset: 15, length: 30 })).toEqual(join(BYTES.subarray(25, 30), BYTES.subarray(40, 50)));
});
