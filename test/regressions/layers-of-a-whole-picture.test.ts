import { expect, test } from 'vitest';
import { decodeSync } from '../../src/index.ts';
import { fixture } from '../support/fixtures.ts';

test('a whole picture has as many layers as the file, not as many as the syntax allows', () => {
  expect(decodeSync(fixture('layers-lrcp-53')).stats).toMatchObject({ layers: 4, resolutions: 4 });
  expect(decodeSync(fixture('layers-lrcp-53'), { layers: 3 }).stats).toMatchObject({ layers: 3 });
  expect(decodeSync(fixture('layers-lrcp-53'), { layers: 9 }).stats).toMatchObject({ layers: 4 });
});
