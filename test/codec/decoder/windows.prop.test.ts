/**
 * Every partial decode equals the part of the full decode: regions, resolutions, layers and components, for tiled and untiled
 * pictures, both filters, odd offsets, subsampling.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeSync,
  type EncodeOptions,
  encodeSync,
  inspectSync,
  type Plane,
  type RasterImage,
} from '../../../src/index.ts';
import { wavyPicture } from '../../support/encodes.ts';
import { FIXTURES, fixture } from '../../support/fixtures.ts';

/** Pictures of high-throughput code-blocks: with layers, tiles and offsets, refinement, a region, both filters. */
const HIGH_THROUGHPUT: Readonly<Record<string, EncodeOptions>> = {
  'ht-layers-53': { layers: 3, precincts: [{ width: 32, height: 16 }], progression: 'RPCL' },
  'ht-tiles-offsets-97': {
    rate: { step: 0.5 },
    tile: { width: 40, height: 33 },
    origin: { x: 11, y: 7 },
    tileOrigin: { x: 3, y: 5 },
    codeBlock: { width: 4, height: 256 },
  },
  'ht-refined-97': { rate: [{ bpp: 2 }, { bpp: 4 }], htRefinement: true, codeBlock: { width: 16, height: 8 } },
  'ht-region-causal-53': {
    roi: { rects: [{ x: 20, y: 10, width: 30, height: 30 }] },
    codeBlockStyle: { causal: true },
    codeBlock: { width: 32, height: 4 },
  },
};

const encoded = new Map<string, Uint8Array>();

function bytesOf(name: string): Uint8Array {
  const options = HIGH_THROUGHPUT[name];
  if (options === undefined) return fixture(name);
  let bytes = encoded.get(name);
  if (bytes === undefined) {
    const { image } = wavyPicture(97, 74, 3, 8);
    bytes = encodeSync(image, { coder: 'ht', levels: 3, ...options }).data;
    encoded.set(name, bytes);
  }
  return bytes;
}

const planar = { colour: 'native', layout: 'planar' } as const;

/** The part of a plane that a region of the reference grid holds at a reduction. */
function crop(plane: Plane, origin: { x: number; y: number }, region: Region, d: number): number[] {
  const down = (v: number, rsiz: number) => Math.ceil(Math.ceil(v / rsiz) / 2 ** d);
  const left = down(origin.x, plane.dx);
  const top = down(origin.y, plane.dy);
  const x0 = down(origin.x + region.x, plane.dx) - left;
  const x1 = down(origin.x + region.x + region.width, plane.dx) - left;
  const y0 = down(origin.y + region.y, plane.dy) - top;
  const y1 = down(origin.y + region.y + region.height, plane.dy) - top;
  const out: number[] = [];
  for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) out.push(plane.data[y * plane.width + x]!);
  return out;
}

interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const wholes = new Map<string, RasterImage>();

function whole(name: string, reduce: number, layers: number): RasterImage {
  const key = `${name} ${reduce} ${layers}`;
  let image = wholes.get(key);
  if (image === undefined) {
    image = decodeSync(bytesOf(name), { ...planar, reduce, layers });
    wholes.set(key, image);
  }
  return image;
}

describe.each([...FIXTURES, ...Object.keys(HIGH_THROUGHPUT)])('%s', (name) => {
  const bytes = bytesOf(name);
  const info = inspectSync(bytes);

  test('a window at any resolution, of any layers and components, is the part of the whole', () => {
    fc.assert(
      fc.property(
        fc.record({
          x: fc.nat(info.width - 1),
          y: fc.nat(info.height - 1),
          width: fc.integer({ min: 1, max: info.width }),
          height: fc.integer({ min: 1, max: info.height }),
          reduce: fc.nat(Math.min(info.levels, 6)),
          layers: fc.integer({ min: 1, max: info.layers }),
          components: fc.option(fc.subarray([...info.components.keys()], { minLength: 1 }), { nil: undefined }),
        }),
        ({ reduce, layers, components, ...wished }) => {
          const region = {
            ...wished,
            width: Math.min(wished.width, info.width - wished.x),
            height: Math.min(wished.height, info.height - wished.y),
          };
          const reference = whole(name, reduce, layers);
          const part = decodeSync(bytes, { ...planar, region, reduce, layers, components });
          expect(part.status).toBe('complete');
          const wanted = components ?? [...info.components.keys()];
          expect(part.planes).toHaveLength(wanted.length);
          wanted.forEach((c, k) => {
            const plane = part.planes![k]!;
            const expected = crop(reference.planes![c]!, info.origin, region, reduce);
            expect(plane.width * plane.height).toBe(expected.length);
            expect([...plane.data]).toEqual(expected);
          });
        },
      ),
      { numRuns: 40 },
    );
  });

  test('interleaved samples are the planar ones', () => {
    const reference = whole(name, 0, info.layers);
    const image = decodeSync(bytes, { colour: 'native' });
    if (image.layout === 'planar') {
      expect(new Set(info.components.map((c) => `${c.width} ${c.height}`)).size).toBeGreaterThan(1);
      return;
    }
    reference.planes!.forEach((plane, c) => {
      const strip = Array.from(plane.data, (_, k) => image.data[k * image.channels + c]);
      expect(strip).toEqual([...plane.data]);
    });
  });
});

test('an odd region wholly inside a fixture touches only some code-blocks', () => {
  const bytes = fixture('precincts-rpcl-plt-tlm-53');
  const all = decodeSync(bytes).stats.codeBlocks;
  const few = decodeSync(bytes, { region: { x: 3, y: 5, width: 4, height: 4 } }).stats.codeBlocks;
  expect(few).toBeGreaterThan(0);
  expect(few).toBeLessThan(all / 2);
});
