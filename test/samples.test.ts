/** The sample set: what the scripts make is what lies in the repository, and it holds what was painted. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, describe, test } from 'vitest';
import { SAMPLES } from '../scripts/samples/set.ts';
import { decodeSync, encodeSync, inspectSync, type RawComponent, type RawImage, type Rate } from '../src/index.ts';
import { inRepository } from './support/root.ts';

/** The components of a picture that has them apart or in one array. */
function componentsOf({ planes, channels = 1, data }: RawImage): RawComponent[] {
  if (planes) return [...planes];
  return Array.from({ length: channels }, (_, c) => ({ data: data!.filter((_, k) => k % channels === c) }));
}

function isLossless(rate: Rate | readonly Rate[] = []): boolean {
  const last = Array.isArray(rate) ? rate.at(-1) : rate;
  return last === undefined || 'lossless' in last;
}

const REMEDY = 'the encoder has learnt something: look at the difference, then npm run sample';

describe.each(SAMPLES.map((sample) => [sample.path, sample] as const))('%s', (path, { paint, options }) => {
  let kept: RawImage | undefined;
  const painted = (): RawImage => {
    kept ??= paint();
    return kept;
  };
  const file = new Uint8Array(readFileSync(inRepository(path)));

  test('is made again byte for byte', { timeout: 60_000 }, () => {
    const { data } = encodeSync(painted(), options);
    expect(data.length, REMEDY).toBe(file.length);
    expect(Buffer.compare(data, file), REMEDY).toBe(0);
  });

  test('decodes to what was painted', { timeout: 60_000 }, () => {
    const { planes, status, warnings } = decodeSync(file, { layout: 'planar', colour: 'native', strict: true });
    expect([status, warnings]).toEqual(['complete', []]);
    const components = componentsOf(painted());
    expect(planes).toHaveLength(components.length);
    planes!.forEach((plane, c) => {
      const { data } = components[c]!;
      expect(plane.data.length).toBe(data.length);
      if (isLossless(options.rate)) {
        expect(plane.data.every((value, k) => value === data[k])).toBe(true);
      } else {
        let error = 0;
        plane.data.forEach((value, k) => {
          error += (value - data[k]!) ** 2 / data.length;
        });
        expect(10 * Math.log10(255 ** 2 / error)).toBeGreaterThan(35);
      }
    });
  });
});

describe('the sample set', () => {
  const readmes = ['test/fixtures', 'demo/samples'].map((folder) => [folder, `${folder}/README.md`] as const);

  test.each(readmes)('%s says in its README where each file comes from', (folder, readme) => {
    const text = readFileSync(inRepository(readme), 'utf8');
    const listed = [...text.matchAll(/^\| `([\w.-]+)`/gm)].map((match) => match[1]!).sort();
    expect(listed).toEqual(
      readdirSync(inRepository(folder))
        .filter((name) => name !== 'README.md')
        .sort(),
    );
  });

  test('is small', () => {
    const sizes = SAMPLES.map(({ path }) => readFileSync(inRepository(path)).length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1_500_000);
  });

  test('has what its files are named after', () => {
    const infoOf = (path: string) => inspectSync(new Uint8Array(readFileSync(inRepository(path))));
    expect(existsSync(inRepository('demo', 'samples', 'lake.jp2'))).toBe(true);
    expect(infoOf('demo/samples/lake.jp2')).toMatchObject({ layers: 6, progression: 'RPCL', reversible: false });
    expect(infoOf('demo/samples/highlands.jp2').tiles).toMatchObject({ columns: 5, rows: 4 });
    expect(infoOf('demo/samples/lake-420.jp2').colour.space).toBe('sycc');
    expect(infoOf('test/fixtures/grey-16-53.jp2').components[0]).toMatchObject({ precision: 16, signed: false });
    expect(infoOf('test/fixtures/palette.jp2').boxes.flatMap((box) => box.children ?? [])).toEqual(
      expect.arrayContaining([expect.objectContaining({ type: 'pclr' })]),
    );
    const { channels, data } = decodeSync(new Uint8Array(readFileSync(inRepository('demo/samples/land.jp2'))));
    expect([channels, data.length]).toEqual([3, 384 * 288 * 3]);
  });
});
