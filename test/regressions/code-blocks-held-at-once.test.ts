import { expect, test } from 'vitest';
import { decodeSync } from '../../src/index.ts';
import { fixture } from '../support/fixtures.ts';

test('precincts whose packets have all been found do not count against the limit on code-blocks', () => {
  // one tile, one layer: each precinct is done with its only packet, and few code-blocks are held at once
  const bytes = fixture('whole-offsets-53');
  const { stats } = decodeSync(bytes);
  const most = Math.floor(stats.codeBlocks / 3) + 1;
  expect(decodeSync(bytes, { limits: { codeBlocks: most } }).status).toBe('complete');
});
