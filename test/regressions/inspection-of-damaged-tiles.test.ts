import { expect, test } from 'vitest';
import { inspectSync } from '../../src/index.ts';
import { putTogether, takeApart, withPlt } from '../support/codestream.ts';
import { fixture } from '../support/fixtures.ts';

test('an inspection with index tells what is wrong inside of tiles', () => {
  const lying = withPlt(fixture('tiles-offsets-53'), (lengths) => [...lengths, 5]);
  const codes = inspectSync(lying, { index: true }).warnings.map((w) => w.code);
  expect(codes).toEqual(Array.from({ length: 12 }, () => 'plt-value'));
  const pieces = takeApart(fixture('tiles-offsets-53'));
  const parts = pieces.parts.map((part, k) => (k === 4 ? { ...part, data: part.data.slice(0, 50) } : part));
  expect(inspectSync(putTogether({ ...pieces, parts }), { index: true }).warnings).toMatchObject([
    { code: 'packet-truncated' },
  ]);
});
