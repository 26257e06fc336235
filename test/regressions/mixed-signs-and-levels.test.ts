/**
 * Unsigned samples beside signed ones came out negative, because the array was chosen by the largest precision alone; and windows
 * of transformed components with different numbers of levels were transformed with the margins of the first.
 */
import { expect, test } from 'vitest';
import { decodeSync } from '../../src/index.ts';
import { be, join, segment } from '../support/codestream.ts';
import { fixture } from '../support/fixtures.ts';

test('an unsigned component keeps its values when another one is signed', () => {
  const bytes = fixture('tiles-offsets-53').slice();
  const plain = decodeSync(bytes, { colour: 'native', layout: 'planar', inverseMct: false });
  bytes[4 + 38 + 3]! |= 0x80; // Ssiz of component 1
  const mixed = decodeSync(bytes, { colour: 'native', layout: 'planar', inverseMct: false });
  expect(Math.max(...plain.planes![0]!.data)).toBeGreaterThan(127);
  expect([...mixed.planes![0]!.data]).toEqual([...plain.planes![0]!.data]);
  expect(Math.min(...mixed.planes![1]!.data)).toBeLessThan(0);
  const interleaved = decodeSync(bytes, { colour: 'native', inverseMct: false });
  expect(interleaved.data[0]).toBe(plain.planes![0]!.data[0]);
});

test('windows of transformed components with different numbers of levels are parts of the whole', () => {
  // component 0 keeps four resolutions; components 1 and 2 say by COC that they have one, so that all their packets but the
  // first belong to nobody: what comes out is noise, but the same noise for a window as for the whole
  const source = fixture('whole-offsets-53');
  const sot = source.findIndex((byte, k) => byte === 0xff && source[k + 1] === 0x90);
  const coc = (c: number) => segment(0xff53, be(c, 1), be(0, 1), be(0, 1), be(2, 1), be(2, 1), be(0, 1), be(1, 1));
  const bytes = join(source.subarray(0, sot), coc(1), coc(2), source.subarray(sot));
  const whole = decodeSync(bytes, { colour: 'native', layout: 'planar' });
  const region = { x: 13, y: 9, width: 21, height: 17 };
  for (const layout of ['planar', 'interleaved'] as const) {
    const part = decodeSync(bytes, { colour: 'native', layout, region });
    whole.planes!.forEach((plane, c) => {
      for (let y = 0; y < region.height; y++) {
        for (let x = 0; x < region.width; x++) {
          const k = y * region.width + x;
          const value = layout === 'planar' ? part.planes![c]!.data[k] : part.data[3 * k + c];
          expect(value).toBe(plane.data[(y + region.y) * plane.width + x + region.x]);
        }
      }
    });
  }
});
