import { expect, test } from 'vitest';
import { decode, decodeSync, inspectSync } from '../../src/index.ts';
import { markerOf, putTogether, segment, takeApart } from '../support/codestream.ts';
import { failureOf } from '../support/failure.ts';
import { fixture } from '../support/fixtures.ts';
import { expectSamePicture } from '../support/same-picture.ts';
import { TestSource } from '../support/sources.ts';

test('a size to fit is met as far as the tile with the fewest decomposition levels allows', async () => {
  const original = fixture('no-levels-53');
  const { main, parts } = takeApart(original);
  const [cod, qcd] = [0xff52, 0xff5c].map((marker) => main.find((s) => markerOf(s) === marker)!);
  // the main header says three levels, the headers of the tiles say none
  const levels = cod!.slice();
  levels[9] = 3;
  const steps = segment(0xff5c, qcd!.subarray(4), new Uint8Array(9).fill(8 << 3));
  const bytes = putTogether({
    main: main.map((s) => (s === cod ? levels : s === qcd ? steps : s)),
    parts: parts.map((part) => (part.tpsot > 0 ? part : { ...part, header: [cod!, qcd!, ...part.header] })),
  });
  expect(inspectSync(bytes).levels).toBe(3);
  const maxSize = { width: 1, height: 1 };
  const expected = decodeSync(original);
  expectSamePicture(decodeSync(bytes, { maxSize }), expected);
  expectSamePicture(await decode(new TestSource(bytes), { maxSize }), expected);
  // a reduction by number cannot be had
  expect(failureOf(() => decodeSync(bytes, { reduce: 1 }))).toMatchObject({ kind: 'usage', code: 'option-value' });
});
