import { readFileSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { PROGRESSIONS } from '../../../src/codec/codestream/cod.ts';
import type { ProgressionChange } from '../../../src/codec/codestream/poc.ts';
import { Jpeg2000Error } from '../../../src/codec/errors.ts';
import { decode, decodeSync, inspectSync } from '../../../src/index.ts';
import { extractCodestream } from '../../support/boxes.ts';
import { markerOf, takeApart } from '../../support/codestream.ts';
import { FIXTURES, fixture } from '../../support/fixtures.ts';
import { decodeWithOpenJpeg } from '../../support/openjpeg.ts';
import { type Random, randomFrom } from '../../support/random.ts';
import { type Loaded, loadAll, PLAIN, type Rearrangement, writeLoaded } from '../../support/rearrange.ts';
import { expectSamePicture, expectSameSamples, firstDifference } from '../../support/same-picture.ts';
import { describeShared, describeTools, sharedPath } from '../../support/shared.ts';
import { TestSource } from '../../support/sources.ts';

const strict = { colour: 'native', layout: 'planar', strict: true } as const;

const DIVISIONS = ['none', 'resolution', 'layer', 'component'] as const;

/** Changes of progression that name every packet, some of them several times. */
function randomChanges(random: Random, { main }: Loaded): ProgressionChange[] {
  const n = main.siz.components.length;
  const changes: ProgressionChange[] = [];
  for (let k = random.int(0, 3); k > 0; k--) {
    const resolutionStart = random.int(0, 3);
    const componentStart = random.int(0, n - 1);
    changes.push({
      resolutionStart,
      resolutionEnd: random.int(resolutionStart + 1, 5),
      componentStart,
      componentEnd: random.int(componentStart + 1, n),
      layerEnd: random.int(1, main.cod.numLayers),
      progression: random.pick(PROGRESSIONS),
    });
  }
  const all = { resolutionStart: 0, resolutionEnd: 33, componentStart: 0, componentEnd: n, layerEnd: 65535 };
  return [...changes, { ...all, progression: random.pick(PROGRESSIONS) }];
}

function randomRearrangement(random: Random, loaded: Loaded): Rearrangement {
  const packed = random.pick(['ppm', 'ppt', 'none', 'none']);
  const poc = random.pick(['main', 'tile', 'none', 'none'] as const);
  return {
    progression: random.pick(PROGRESSIONS),
    tileParts: random.pick(DIVISIONS),
    plt: random.chance(0.5),
    plm: random.chance(0.3),
    ppm: packed === 'ppm',
    ppt: packed === 'ppt',
    tlm: random.chance(0.5),
    sop: random.chance(0.5),
    eph: random.chance(0.5),
    ...(poc === 'none' ? {} : { poc: { where: poc, changes: randomChanges(random, loaded) } }),
    regenerate: random.chance(0.5),
  };
}

/** Writes a codestream anew; where that takes more than 255 tile-parts, as it may by layer, tiles are not cut. */
function written(loaded: Loaded, how: Rearrangement): Uint8Array {
  try {
    return writeLoaded(loaded, how).bytes;
  } catch (error) {
    if (!(error instanceof Jpeg2000Error) || how.tileParts === 'none') throw error;
    expect(error).toMatchObject({ kind: 'usage', code: 'option-value' });
    expect(error.message).toContain('tile-parts');
    return writeLoaded(loaded, { ...how, tileParts: 'none' }).bytes;
  }
}

describe.each(FIXTURES)('%s', (name) => {
  const loaded = loadAll(fixture(name));
  const whole = decodeSync(fixture(name), strict);

  test.each(PROGRESSIONS)('in %s order, cut by anything, it is the same picture', (progression) => {
    for (const tileParts of DIVISIONS) {
      for (const regenerate of [false, true]) {
        const bytes = written(loaded, { ...PLAIN, progression, tileParts, regenerate });
        expectSamePicture(decodeSync(bytes, strict), whole);
      }
    }
  });

  test.each(Array.from({ length: 12 }, (_, k) => k))('in any arrangement it is the same picture (%i)', async (seed) => {
    const random = randomFrom(1000 * FIXTURES.indexOf(name) + seed);
    for (let k = 0; k < 4; k++) {
      const how = randomRearrangement(random, loaded);
      const bytes = written(loaded, how);
      const picture = decodeSync(bytes, strict);
      expect(picture.warnings).toEqual([]);
      expectSamePicture(picture, whole);
      expect(inspectSync(bytes, { index: true, strict: true }).warnings).toEqual([]);
      if (k === 0) expectSamePicture(await decode(new TestSource(bytes), strict), whole);
      // what was written can be loaded and written again, to the same bytes
      const again = written(loadAll(bytes), { ...how, regenerate: false });
      expect(firstDifference(again, bytes)).toBe(-1);
    }
  });
});

describe('an arrangement that is asked for', () => {
  test('is written', () => {
    const loaded = loadAll(fixture('tiles-offsets-53'));
    const asked = { tlm: 0xff55, plm: 0xff57, plt: 0xff58, ppm: 0xff60, ppt: 0xff61 } as const;
    const found = (how: Rearrangement): Set<number> => {
      const { main, parts } = takeApart(writeLoaded(loaded, how).bytes);
      return new Set([...main, ...parts.flatMap((part) => part.header)].map((s) => markerOf(s)));
    };
    for (const [name, marker] of Object.entries(asked)) {
      expect(found({ ...PLAIN, [name]: true }).has(marker)).toBe(true);
      expect(found(PLAIN).has(marker)).toBe(false);
    }
  });
});

describeShared('conformance', 'the conformance files', () => {
  const { cases } = JSON.parse(readFileSync(sharedPath('conformance', 'manifest.json'), 'utf8')) as {
    cases: { file: string; part: number }[];
  };
  /** Larger files take seconds to decode, and bring nothing new. */
  const MOST_BYTES = 700_000;
  const files = [...new Set(cases.filter(({ part }) => part === 1).map(({ file }) => file))].filter(
    (file) => statSync(sharedPath('conformance', file)).size <= MOST_BYTES,
  );

  test.each(files)('%s', (file) => {
    const bytes = extractCodestream(new Uint8Array(readFileSync(sharedPath('conformance', file))));
    const whole = decodeSync(bytes, { ...strict, strict: false });
    const loaded = loadAll(bytes);
    const random = randomFrom(files.indexOf(file));
    for (let k = 0; k < 3; k++) {
      const how = randomRearrangement(random, loaded);
      const picture = decodeSync(written(loaded, { ...how, regenerate: k > 0 }), strict);
      expect(picture.warnings).toEqual([]);
      expectSamePicture(picture, whole);
      picture.planes?.forEach((plane, c) => {
        expectSameSamples(plane.data, whole.planes![c]!.data);
      });
    }
  });
});

describeTools(['opj_decompress'], 'arrangements as OpenJPEG reads them', () => {
  test.each(FIXTURES)('%s', async (name) => {
    const loaded = loadAll(fixture(name));
    const original = await decodeWithOpenJpeg(fixture(name));
    const random = randomFrom(500 + FIXTURES.indexOf(name));
    for (let k = 0; k < 8; k++) {
      const how = randomRearrangement(random, loaded);
      const planes = await decodeWithOpenJpeg(written(loaded, how));
      expect(planes.length).toBe(original.length);
      for (const [c, plane] of planes.entries()) {
        expect(firstDifference(plane.data, original[c]!.data), JSON.stringify(how)).toBe(-1);
      }
    }
  });
});
