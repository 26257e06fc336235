import { expect, test } from 'vitest';
import { decode, decodeSync, open } from '../../src/index.ts';
import { hex, putTogether, takeApart } from '../support/codestream.ts';
import { fixture } from '../support/fixtures.ts';
import { TestSource } from '../support/sources.ts';

const pieces = takeApart(fixture('no-levels-53'));
const unknown = hex('FF6F 0004 0102');
const inMain = putTogether({ ...pieces, main: [...pieces.main, unknown] });
const [part, ...rest] = pieces.parts;
const inTile = putTogether({ ...pieces, parts: [{ ...part!, header: [...part!.header, unknown] }, ...rest] });

test.each([
  ['main', inMain],
  ['tile-part', inTile],
])('a segment that nobody knows is no violation in a %s header (15444-1 A.1.1)', async (_, bytes) => {
  for (const picture of [
    decodeSync(bytes, { strict: true }),
    await decode(new TestSource(bytes), { strict: true }),
    (await open(bytes)).decodeSync({ strict: true }),
  ]) {
    expect(picture.status).toBe('complete');
    expect(picture.warnings).toMatchObject([{ code: 'marker-unknown', clause: '15444-1 A.1.1' }]);
  }
});

test('what is wrong with an aid is told with its place, and the place once', () => {
  const bytes = putTogether({ ...pieces, main: [...pieces.main, hex('FF55 0005 00 60 00')] });
  const [warning] = decodeSync(bytes).warnings;
  expect(warning).toMatchObject({ offset: expect.any(Number), clause: expect.stringContaining('15444-1') });
  expect(warning!.message).not.toMatch(/ at byte |15444/);
});
