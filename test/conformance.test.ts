/** The conformance cases as tests, so that a miss is named where it is made. The table is `npm run conformance`. */
import { expect, test } from 'vitest';
import { decodeWithJp2kit } from '../conformance/decode-case.ts';
import { readManifest } from '../conformance/manifest.ts';
import { scoreCase } from '../conformance/score.ts';
import { describeShared, sharedPath } from './support/shared.ts';

describeShared('conformance', 'conformance', () => {
  test('the set holds 137 cases of the classic block coder and 80 of the high-throughput one', async () => {
    const cases = await readManifest(sharedPath('conformance'));
    expect(cases.filter(({ part }) => part === 1)).toHaveLength(137);
    expect(cases.filter(({ part }) => part === 15)).toHaveLength(80);
  });

  test.each([
    'p0-class0',
    'p0-class1',
    'p1-class0',
    'p1-class1',
    'jp2-srgb',
    'jp2-native',
    'features',
    'ht-conformance',
    'ht-openjph',
    'ht-misc',
  ])('every case of %s is within its tolerances', { timeout: 120_000 }, async (group) => {
    const folder = sharedPath('conformance');
    const cases = (await readManifest(folder)).filter((c) => c.group === group);
    const misses: string[] = [];
    for (const item of cases) {
      const score = await scoreCase(folder, item, decodeWithJp2kit);
      const bad = score.components.filter((c) => !c.pass).map((c) => `${c.index}: peak ${c.peak} mse ${c.mse}`);
      if (!score.pass) misses.push(`${item.id}: ${score.problem ?? bad.join('; ')}`);
    }
    expect(cases.length).toBeGreaterThan(0);
    expect(misses).toEqual([]);
  });
});
