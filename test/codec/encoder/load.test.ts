/** The way of unsigned bytes and the general one bring the same into the planes of a colour. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joinTileHeaders } from '../../../src/codec/codestream/coding-parameters.ts';
import { loadRows, tileSamplesOf } from '../../../src/codec/encoder/load.ts';
import { planEncode } from '../../../src/codec/encoder/plan.ts';
import { type ComponentSamples, formatOf, samplesOf } from '../../../src/codec/encoder/samples.ts';
import { tileGeometry } from '../../../src/codec/geometry/tile.ts';

const WIDTH = 23;
const HEIGHT = 17;

test.each(['rct', 'ict'] as const)('%s of bytes is what the same samples give in wider words', (mct) => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 3 * WIDTH * HEIGHT, maxLength: 3 * WIDTH * HEIGHT }),
      fc.constantFrom('interleaved', 'planar') as fc.Arbitrary<'interleaved' | 'planar'>,
      fc.nat(5),
      fc.integer({ min: 1, max: 9 }),
      (data, layout, origin, piece) => {
        const image = { width: WIDTH, height: HEIGHT, channels: 3, data, layout };
        const format = formatOf(image);
        const at = { x: origin, y: 2 * origin };
        const options = { origin: at, tile: { width: 16, height: 11 } };
        const { main, numTiles } = planEncode(format, options);
        const bytes = samplesOf(image, format, at);
        const words = bytes.map((one): ComponentSamples => ({ ...one, data: Uint16Array.from(data) }));
        for (let t = 0; t < numTiles; t++) {
          const { components, bounds } = tileGeometry(main, joinTileHeaders(main, t, []));
          const height = bounds.y1 - bounds.y0;
          const [fast, general] = [bytes, words].map((samples) => {
            const size = (bounds.x1 - bounds.x0) * height;
            const own = components.map((one, c) => tileSamplesOf(main.siz, one, samples[c]!));
            const planes = mct === 'rct' ? new Int32Array(3 * size) : new Float32Array(3 * size);
            for (let y = 0; y < height; y += piece) {
              const y1 = Math.min(height, y + piece);
              loadRows(own, mct, planes, size, bounds.x1 - bounds.x0, y, y1);
            }
            return planes;
          });
          expect(fast).toEqual(general);
        }
      },
    ),
    { numRuns: 40 },
  );
});
