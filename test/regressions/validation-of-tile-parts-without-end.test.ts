import { expect, test } from 'vitest';
import { validate } from '../../src/index.ts';
import { be, hex, join, takeApart } from '../support/codestream.ts';
import { fixture } from '../support/fixtures.ts';

/** SOT, SOD and nothing else. */
function emptyPart(tile: number, k: number): Uint8Array {
  return join(hex('FF90 000A'), be(tile, 2), be(14, 4), be(k & 255, 1), hex('00 FF93'));
}

function partsOfOneTile(count: number): Uint8Array {
  const { main } = takeApart(fixture('layers-lrcp-53'));
  const parts = Array.from({ length: count }, (_, k) => emptyPart(0, k));
  return join(hex('FF4F'), ...main, ...parts, hex('FFD9'));
}

test('going through tile-parts without end of one tile takes time with their number, not its square', async () => {
  const start = performance.now();
  const { valid, findings } = await validate(partsOfOneTile(60_000));
  expect(performance.now() - start).toBeLessThan(5000);
  expect(valid).toBe(false);
  expect(findings.filter(({ code }) => code === 'tile-part-order').map(({ message }) => message)).toEqual([
    'tile 0 has more than 255 parts: those beyond are not checked',
  ]);
});

test('255 tile-parts of a tile are as many as there may be', async () => {
  const [most, more] = [await validate(partsOfOneTile(255)), await validate(partsOfOneTile(256))];
  expect(most.findings.some(({ code }) => code === 'tile-part-order')).toBe(false);
  expect(more.findings.some(({ code }) => code === 'tile-part-order')).toBe(true);
});
