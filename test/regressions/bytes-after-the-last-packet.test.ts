import { expect, test } from 'vitest';
import { decodeSync } from '../../src/index.ts';
import { hex, join, putTogether, takeApart } from '../support/codestream.ts';
import { fixture } from '../support/fixtures.ts';

test('bytes after the last packet of a tile are said, also when every packet that was wanted has been found', () => {
  const pieces = takeApart(fixture('no-levels-53'));
  const parts = pieces.parts.map((part) => ({ ...part, data: join(part.data, hex('00 00 00')) }));
  const picture = decodeSync(putTogether({ ...pieces, parts }));
  expect(picture.status).toBe('complete');
  expect(picture.warnings.map((w) => w.code)).toEqual(['packet-length']);
});
