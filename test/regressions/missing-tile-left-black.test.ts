import { expect, test } from 'vitest';
import { decodeSync } from '../../src/index.ts';
import { putTogether, takeApart } from '../support/codestream.ts';
import { fixture } from '../support/fixtures.ts';

test('a missing tile is mid-grey, whatever was in the array before, and counts as missing in what was decoded', () => {
  const pieces = takeApart(fixture('tiles-offsets-53'));
  const bytes = putTogether({ ...pieces, parts: pieces.parts.slice(0, 5) });
  const into = new Uint8Array(61 * 47 * 3).fill(7);
  const { status, stats } = decodeSync(bytes, { into });
  expect(status).toBe('partial');
  expect(stats.resolutions).toBe(0);
  expect([...into.slice(-3)]).toEqual([128, 128, 128]);
});
