/** Hostile requests and responses: a seeded slice of `npm run fuzz:jpip`. */
import { expect, test } from 'vitest';
import { runJpipFuzz } from '../../scripts/fuzz-jpip/fuzz.ts';
import { fuzzPictures } from '../../scripts/fuzz-jpip/pictures.ts';

test('nonsense ends in a typed error or an answer', { timeout: 60_000 }, async () => {
  const { findings, tally } = await runJpipFuzz({ seed: 2, from: 0, count: 4000, pictures: fuzzPictures() });
  expect(findings).toEqual([]);
  // spoilt, but not so much that nothing is left of it
  for (const outcome of [
    'request understood',
    'request refused',
    'response read',
    'response refused',
    'headers understood',
  ]) {
    expect(tally[outcome] ?? 0, outcome).toBeGreaterThan(50);
  }
  expect(tally['requests answered']).toBe(200);
});
