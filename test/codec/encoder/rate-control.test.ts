/** Sharing out passes, against trying every choice: pictures of a few code-blocks of 4 x 4. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PacketBitWriter } from '../../../src/codec/bits/packet-bit-writer.ts';
import { joinTileHeaders } from '../../../src/codec/codestream/coding-parameters.ts';
import type { CodedTile } from '../../../src/codec/encoder/coded-tile.ts';
import { slopeOf } from '../../../src/codec/encoder/convex-hull.ts';
import { ContentsBuffer } from '../../../src/codec/encoder/layered-tile.ts';
import { planEncode } from '../../../src/codec/encoder/plan.ts';
import { type LayerTarget, RateControl } from '../../../src/codec/encoder/rate-control.ts';
import { formatOf, samplesOf } from '../../../src/codec/encoder/samples.ts';
import { INLINE_EXECUTOR } from '../../../src/codec/executor.ts';
import { StageClock } from '../../../src/codec/encoder/stage-clock.ts';
import { TileEncoder } from '../../../src/codec/encoder/tile-encoder.ts';
import { tileGeometry } from '../../../src/codec/geometry/tile.ts';
import { classicEncoder } from '../../../src/codec/tier1/classic-encoder.ts';
import { PrecinctWriter } from '../../../src/codec/tier2/precinct-writer.ts';

const FIXED = 100;
const OVERHEAD = { fixed: FIXED, perPacket: 0, lengthLists: 0 };

/** One precinct of three code-blocks. */
function codedTile(samples: readonly number[], style: boolean): { tile: CodedTile; style: number } {
  const image = { width: 12, height: 4, data: Uint8Array.from(samples) };
  const options = { levels: 0, codeBlock: { width: 4, height: 4 }, codeBlockStyle: { terminate: style } };
  const format = formatOf(image);
  const plan = planEncode(format, options);
  const { main } = plan;
  const [component] = samplesOf(image, format, { x: 0, y: 0 });
  const encoder = new TileEncoder(plan, undefined, classicEncoder.createEncoder(), new StageClock(INLINE_EXECUTOR));
  const geometry = tileGeometry(main, joinTileHeaders(main, 0, []));
  const work = encoder.encode(geometry, () => component!, 0);
  return { tile: run(work), style: main.cod.style.codeBlockStyle };
}

function run<T>(work: Generator<unknown, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

interface Choice {
  readonly body: number;
  readonly distortion: number;
  readonly bytes: number;
}

/** Every choice of a point on the hull of each code-block. Errors are those that rate control counts with. */
function everyChoice(tile: CodedTile, style: number): Choice[] {
  const points = Array.from({ length: tile.numBlocks }, (_, b) => {
    const first = tile.firstPass[b]!;
    const list = [{ passes: 0, body: 0, gain: 0 }];
    for (let k = first; k < tile.firstPass[b + 1]!; k++) {
      if (tile.passSlopes[k] === 0) continue;
      const before = list[list.length - 1]!;
      const body = tile.passLengths[k]!;
      list.push({
        passes: k - first + 1,
        body,
        gain: before.gain + (body - before.body) * slopeOf(tile.passSlopes[k]!),
      });
    }
    return list;
  });
  const all = points.reduce((sum, list) => sum + list[list.length - 1]!.gain, tile.residual);
  const bits = new PacketBitWriter();
  const contents = new ContentsBuffer();
  const none = new Uint8Array(tile.numBlocks);
  const choices: Choice[] = [];
  const choose = (b: number, passes: number[], body: number, gain: number): void => {
    if (b < tile.numBlocks) {
      for (const p of points[b]!) choose(b + 1, [...passes, p.passes], body + p.body, gain + p.gain);
      return;
    }
    contents.fill(tile, tile.precincts[0]!, style, none, Uint8Array.from(passes));
    bits.reset();
    new PrecinctWriter(tile.precincts[0]!.geometry, tile.zeroBitPlanes).writeHeader(bits, contents);
    choices.push({ body, distortion: all - gain, bytes: FIXED + bits.length + body });
  };
  choose(0, [], 0, 0);
  return choices;
}

function cutOf(tile: CodedTile, style: number, target: LayerTarget) {
  const control = new RateControl([tile], style, OVERHEAD);
  const cut = run(control.addLayer(target));
  const body = [...control.layered(false)[0]!.layerPasses[0]!].reduce((sum, passes, b) => {
    return sum + (passes > 0 ? tile.passLengths[tile.firstPass[b]! + passes - 1]! : 0);
  }, 0);
  return { ...cut, body };
}

const pictures = fc.array(fc.oneof(fc.nat(255), fc.constant(128), fc.integer({ min: 120, max: 136 })), {
  minLength: 48,
  maxLength: 48,
});

test('a slope takes away as much error as any choice of as many bytes can', () => {
  fc.assert(
    fc.property(pictures, fc.boolean(), (samples, terminate) => {
      const { tile, style } = codedTile(samples, terminate);
      const choices = everyChoice(tile, style);
      for (const slopeCode of new Set(tile.passSlopes)) {
        if (slopeCode === 0) continue;
        const cut = cutOf(tile, style, { kind: 'slope', slopeCode, bytes: 1e9 });
        const best = Math.min(...choices.filter(({ body }) => body <= cut.body).map(({ distortion }) => distortion));
        expect(cut.distortion).toBeLessThanOrEqual(best * (1 + 1e-9) + 1e-9);
        // and it is one of the choices, of just that size
        expect(
          choices.some((c) => c.bytes === cut.bytes && Math.abs(c.distortion - cut.distortion) < 1e-6 * (1 + best)),
        ).toBe(true);
      }
    }),
    { numRuns: 40 },
  );
});

test('a size is kept, and what is lost against the best choice of all is less than one step of one code-block', () => {
  fc.assert(
    fc.property(pictures, fc.boolean(), fc.double({ min: 0, max: 1, noNaN: true }), (samples, terminate, part) => {
      const { tile, style } = codedTile(samples, terminate);
      const choices = everyChoice(tile, style);
      const [least, most] = [Math.min(...choices.map((c) => c.bytes)), Math.max(...choices.map((c) => c.bytes))];
      const bytes = Math.round(least + part * (most - least));
      const cut = cutOf(tile, style, { kind: 'bytes', bytes });
      expect(cut.bytes).toBeLessThanOrEqual(bytes);
      const best = Math.min(...choices.filter((c) => c.bytes <= bytes).map(({ distortion }) => distortion));
      const thresholds = [...new Set(tile.passSlopes)].filter((code) => code > 0);
      const steps = thresholds.map((slopeCode) => cutOf(tile, style, { kind: 'slope', slopeCode, bytes: 1e9 }));
      // never worse than the best threshold that fits
      for (const step of steps) {
        if (step.bytes <= bytes) expect(cut.distortion).toBeLessThanOrEqual(step.distortion * (1 + 1e-9) + 1e-9);
      }
      let largest = 0;
      for (let b = 0; b < tile.numBlocks; b++) {
        let length = 0;
        for (let k = tile.firstPass[b]!; k < tile.firstPass[b + 1]!; k++) {
          if (tile.passSlopes[k] === 0) continue;
          largest = Math.max(largest, (tile.passLengths[k]! - length) * slopeOf(tile.passSlopes[k]!));
          length = tile.passLengths[k]!;
        }
      }
      expect(cut.distortion - best).toBeLessThanOrEqual(largest * (1 + 1e-9));
    }),
    { numRuns: 60 },
  );
});

test('an error is kept with no byte more than the best choice of all needs, but for one step', () => {
  fc.assert(
    fc.property(pictures, fc.double({ min: 0.001, max: 1, noNaN: true }), (samples, part) => {
      const { tile, style } = codedTile(samples, false);
      const choices = everyChoice(tile, style);
      const wanted = part * Math.max(...choices.map((c) => c.distortion));
      const cut = cutOf(tile, style, { kind: 'distortion', distortion: wanted });
      expect(cut.distortion).toBeLessThanOrEqual(wanted * (1 + 1e-9) + 1e-9);
      const body = Math.min(...choices.filter((c) => c.distortion <= wanted).map((c) => c.body));
      const longest = Math.max(...Array.from(tile.passLengths));
      expect(cut.body).toBeLessThanOrEqual(body + longest);
    }),
    { numRuns: 60 },
  );
});
