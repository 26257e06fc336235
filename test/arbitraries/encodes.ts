/** Random pictures and options that the encoder has to carry. */
import fc from 'fast-check';
import { componentSize } from '../../src/codec/encoder/samples.ts';
import type { EncodeOptions, RawImage } from '../../src/index.ts';
import { randomFrom } from '../support/random.ts';

/** A picture; the origin that its components' sizes suppose is (0, 0). */
export function pictures(bounds: {
  readonly size: number;
  readonly components: number;
  readonly precision?: number;
  readonly least?: number;
}): fc.Arbitrary<RawImage> {
  const { size, components, precision = 16, least = 1 } = bounds;
  const side = fc.integer({ min: least, max: size });
  const component = fc.record({
    precision: fc.integer({ min: 1, max: precision }),
    signed: fc.boolean(),
    dx: fc.constantFrom(1, 1, 1, 2, 3),
    dy: fc.constantFrom(1, 1, 1, 2, 3),
    kind: fc.constantFrom('noise', 'smooth', 'flat', 'extremes'),
  });
  return fc
    .record({
      width: side,
      height: side,
      list: fc.array(component, { minLength: 1, maxLength: components }),
      alike: fc.boolean(),
      seed: fc.nat(),
    })
    .map(({ width, height, list, alike, seed }) => {
      const random = randomFrom(seed);
      const planes = list.map((own, c) => {
        const { kind, ...format } = alike ? { ...list[0]!, kind: own.kind } : own;
        const w = componentSize(0, width, format.dx);
        const h = componentSize(0, height, format.dy);
        const levels = 2 ** format.precision;
        const low = format.signed ? -levels / 2 : 0;
        const flat = random.int(0, levels - 1);
        const data = Int32Array.from({ length: w * h }, (_, k) => {
          const x = k % w;
          const y = Math.floor(k / w);
          if (kind === 'noise') return low + random.int(0, levels - 1);
          if (kind === 'flat') return low + flat;
          if (kind === 'extremes') return low + (random.chance(0.5) ? levels - 1 : 0);
          return low + Math.floor((levels - 1) * (0.5 + 0.5 * Math.sin((x + c) / 7) * Math.cos(y / 5)));
        });
        return { data, ...format };
      });
      return { width, height, planes };
    });
}

/** Options that go with any picture and leave it as it is. */
export function encoderOptions({ streamed = false } = {}): fc.Arbitrary<EncodeOptions> {
  const powers = (low: number, high: number) => fc.integer({ min: low, max: high });
  return fc
    .record({
      container: fc.constantFrom('codestream' as const, 'jp2' as const),
      levels: fc.option(fc.integer({ min: 0, max: 7 }), { nil: undefined }),
      progression: fc.constantFrom('LRCP' as const, 'RLCP' as const, 'RPCL' as const, 'PCRL' as const, 'CPRL' as const),
      layers: fc.constantFrom(1, 1, 1, 2, 5),
      tile: fc.option(fc.record({ width: fc.integer({ min: 5, max: 40 }), height: fc.integer({ min: 5, max: 40 }) }), {
        nil: undefined,
      }),
      block: fc.tuple(powers(2, 10), powers(2, 10)),
      precinct: fc.option(fc.tuple(powers(2, 8), powers(2, 8)), { nil: undefined }),
      style: fc.integer({ min: 0, max: 63 }),
      guardBits: fc.integer({ min: 1, max: 4 }),
      tileParts: fc.constantFrom('none' as const, 'none' as const, 'resolution' as const, 'component' as const),
      markers: fc.record({
        tlm: fc.boolean(),
        plt: fc.boolean(),
        ppt: fc.boolean(),
        sop: fc.boolean(),
        eph: fc.boolean(),
      }),
      plm: fc.boolean(),
    })
    .map(({ levels, tile, block, precinct, style, plm, markers, tileParts, ...rest }) => {
      const [xcb, ycb] = [block[0], Math.min(block[1], 12 - block[0])];
      return {
        ...rest,
        // a tile can be cut into 255 tile-parts at most, and position before resolution needs more
        tileParts: rest.progression === 'PCRL' || rest.progression === 'RPCL' || precinct ? 'none' : tileParts,
        ...(levels === undefined ? {} : { levels }),
        ...(tile ? { tile } : {}),
        codeBlock: { width: 2 ** xcb, height: 2 ** ycb },
        ...(precinct ? { precincts: [{ width: 2 ** precinct[0], height: 2 ** precinct[1] }] } : {}),
        codeBlockStyle: {
          bypass: (style & 1) !== 0,
          reset: (style & 2) !== 0,
          terminate: (style & 4) !== 0,
          causal: (style & 8) !== 0,
          predictable: (style & 16) !== 0,
          segmentation: (style & 32) !== 0,
        },
        markers: streamed ? markers : { ...markers, plm, ppt: markers.ppt && !plm },
      };
    });
}
