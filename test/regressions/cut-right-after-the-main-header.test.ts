import { expect, test } from 'vitest';
import { decodeSync, inspectSync } from '../../src/index.ts';
import { hex, join, takeApart } from '../support/codestream.ts';
import { fixture } from '../support/fixtures.ts';

test('a prefix that is just the main header gives a grey picture and says why', () => {
  const prefix = join(hex('FF4F'), ...takeApart(fixture('layers-lrcp-53')).main);
  const picture = decodeSync(prefix, { colour: 'native' });
  expect(picture).toMatchObject({ width: 64, height: 48, status: 'partial' });
  expect(picture.data.every((sample) => sample === 128)).toBe(true);
  expect(picture.warnings.map((w) => w.code)).toEqual(['out-of-bytes', 'eoc-missing', 'tile-missing']);
  expect(() => decodeSync(prefix, { strict: true })).toThrow(expect.objectContaining({ code: 'out-of-bytes' }));
  expect(inspectSync(prefix)).toMatchObject({ width: 64, layers: 4 });
});
