import { expect, test } from 'vitest';
import { decodeSync, open } from '../../src/index.ts';
import { fixture } from '../support/fixtures.ts';
import { expectSamePicture } from '../support/same-picture.ts';
import { TestSource } from '../support/sources.ts';

// Two searches for packets went on from the same place when both waited for bytes, and each read the other's headers.
test.each(['tiles-offsets-53', 'precincts-rlcp-53', 'precincts-pcrl-sop-eph-53', 'layers-lrcp-53', 'poc-53'])(
  '%s: windows that are decoded at the same time do not disturb each other',
  async (name) => {
    const bytes = fixture(name);
    const options = { colour: 'native', layout: 'planar' } as const;
    const image = await open(new TestSource(bytes));
    const [whole, reduced, again, , info] = await Promise.all([
      image.decode(options),
      image.decode({ ...options, reduce: 1 }),
      image.decode(options),
      expect(image.decode({ ...options, signal: { aborted: true, reason: new Error('enough') } })).rejects.toThrow(
        'enough',
      ),
      image.inspect(),
    ]);
    expect(whole.warnings).toEqual([]);
    expectSamePicture(whole, decodeSync(bytes, options));
    expectSamePicture(again, decodeSync(bytes, options));
    expectSamePicture(reduced, decodeSync(bytes, { ...options, reduce: 1 }));
    expect(info.warnings).toEqual([]);
  },
);
