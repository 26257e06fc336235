import { expect, test } from 'vitest';
import { decode, decodeSync } from '../../src/index.ts';
import { hex, putTogether, takeApart } from '../support/codestream.ts';
import { fixture } from '../support/fixtures.ts';
import { TestSource } from '../support/sources.ts';

test('a finding in the main header comes with the picture once', async () => {
  const pieces = takeApart(fixture('no-levels-53'));
  // an unknown segment of two bytes
  const bytes = putTogether({ ...pieces, main: [...pieces.main, hex('FF6F 0004 0102')] });
  for (const picture of [decodeSync(bytes), await decode(new TestSource(bytes))]) {
    expect(picture.warnings.map((w) => w.code)).toEqual(['marker-unknown']);
  }
});
