/**
 * A picture in memory becomes a file in memory.
 *
 * The work is a generator, as the decoder's is: it yields `undefined` where it may pause, and a finished file where it has to know what
 * a decoder makes of it (for a PSNR to be kept, and for verification). Who drives it knows a decoder; the encoder does not.
 */
import { joinTileHeaders } from '../codestream/coding-parameters.ts';
import { usage } from '../errors.ts';
import type { Executor } from '../executor.ts';
import { writeCodestreamBoxHeader, writeJp2Head } from '../fileformat/write-jp2.ts';
import { tileGeometry } from '../geometry/tile.ts';
import { type LaidOutTilePart, layOutTile, writeMainHeader } from '../packets/codestream-writer.ts';
import type { PrecinctKey } from '../packets/precinct-source.ts';
import type { PacketView } from '../tier2/read-blocks.ts';
import type { EncodingCoder } from './block-jobs.ts';
import type { CodedTile } from './coded-tile.ts';
import { SlopeHistogram, slopeOf } from './convex-hull.ts';
import { allocateLayers, budgetOf, pointsOf, targetOf } from './layers.ts';
import { loadTileComponent } from './load.ts';
import type { EncodeOptions, EncodeResult, LayerSummary, RawImage } from './options.ts';
import { mainHeaderBytes, overheadOf, tilePartBytes, tilePartsOf } from './overhead.ts';
import { type EncodePlan, planEncode } from './plan.ts';
import { type DecodedComponent, decibels, squaredError } from './quality.ts';
import type { LayerTarget, RateControl } from './rate-control.ts';
import { checkRegion } from './region-masks.ts';
import { type ComponentSamples, formatOf, samplesOf } from './samples.ts';
import { type LoadComponent, type StopChooser, TileEncoder } from './tile-encoder.ts';

/** A file that somebody has to decode: answered with its components. */
export interface DecodeRequest {
  readonly file: Uint8Array;
}

/** Work of an encode. */
export type EncodeWork<T> = Generator<DecodeRequest | undefined, T, readonly DecodedComponent[] | undefined>;

/**
 * How far below the slope that is expected coding goes on: for tiles that are judged by those before them, and for one tile of which
 * a sample is known, the more so the smaller the sample.
 */
const TILE_MARGIN = 4;
const SAMPLE_MARGIN = 3;
/** Coders stop late; a slope that is a little below what they were told costs nothing that could be measured. */
const STOP_TOLERANCE = 1.1;

/** How far above a PSNR target the result may be, in decibels, and where the search aims. */
const PSNR_TOLERANCE = 0.1;
const PSNR_AIM = 0.03;
/** Mean squared error that rounding to samples hides. */
const INVISIBLE = 1 / 32;
/** Trials for one quantiser step, and how often the step is quartered. */
const PSNR_TRIALS = 12;
const MAX_REFINEMENTS = 4;

/** Header of the codestream's box. A codestream that would need a longer one does not fit one array. */
const JP2C_BYTES = 8;

/** Encodes a picture. */
export function* encodePicture(
  image: RawImage,
  options: EncodeOptions,
  coders: readonly EncodingCoder[],
  executor: Executor,
): EncodeWork<EncodeResult> {
  const start = executor.now();
  const format = formatOf(image);
  for (let refine = 0; ; refine++) {
    const plan = planEncode(format, options, refine);
    const samples = samplesOf(image, format, options.origin ?? { x: 0, y: 0 });
    const encode = new PictureEncode(plan, samples, coders);
    const made = yield* encode.run(refine < MAX_REFINEMENTS);
    if (made === undefined) continue; // the quantiser was too coarse for what was asked
    return { ...made, ms: executor.now() - start };
  }
}

/** One encode with one quantiser step. */
class PictureEncode {
  private readonly plan: EncodePlan;
  private readonly samples: readonly ComponentSamples[];
  private readonly encoder: TileEncoder;

  constructor(plan: EncodePlan, samples: readonly ComponentSamples[], coders: readonly EncodingCoder[]) {
    this.plan = plan;
    this.samples = samples;
    const { options } = plan;
    if (options.roi) checkRegion(options.roi, plan.main.siz);
    const style = plan.main.cod.style.codeBlockStyle;
    const coder = coders.find((one) => one.handles(style));
    if (coder === undefined) throw usage('option-value', `no coder for code-block style ${style}`);
    this.encoder = new TileEncoder(plan, options.roi, coder.createEncoder());
  }

  *run(mayRefine: boolean): EncodeWork<Omit<EncodeResult, 'ms'> | undefined> {
    const { plan } = this;
    const head = this.head();
    const tiles = yield* this.codeTiles();
    const last = plan.rates[plan.rates.length - 1];
    if (!('psnr' in last)) {
      const made = yield* this.assemble(tiles, head, 1);
      // there is room for more than this quantiser leaves, and a finer one would still show after rounding
      const coarse = made.control.cuts[made.control.cuts.length - 1].distortion > INVISIBLE * plan.numSamples;
      const finer = mayRefine && coarse && !plan.reversible && budgetOf(plan, last) !== undefined;
      if (finer && takesEverything(made.control)) return undefined;
      const error = plan.options.verify ? yield* this.measure(made.file) : undefined;
      if ('lossless' in last && error !== undefined && error > 0) {
        throw new Error('a lossless result does not decode to what was encoded; please report this');
      }
      return this.result(tiles, made, error);
    }
    const target = last.psnr;
    let scale = 10 ** (-PSNR_AIM / 10);
    let best: { made: Assembled; error: number } | undefined;
    // the scales between which the answer lies, once both sides have been seen
    let good = 0;
    let bad = Number.POSITIVE_INFINITY;
    for (let trial = 0; trial < PSNR_TRIALS; trial++) {
      const made = yield* this.assemble(tiles, head, scale);
      const error = yield* this.measure(made.file);
      const psnr = decibels(plan.peakEnergy, plan.numSamples, error);
      if (psnr >= target && (best === undefined || error > best.error)) best = { made, error };
      if (psnr >= target && psnr <= target + PSNR_TOLERANCE) break;
      const everything = takesEverything(made.control);
      if (psnr < target && everything) {
        if (mayRefine && !plan.reversible) return undefined;
        break;
      }
      if (psnr >= target) good = Math.max(good, scale);
      else bad = Math.min(bad, scale);
      // errors below half a sample vanish when the decoder rounds; where that misleads, the middle will do
      const next = scale * 10 ** ((psnr - target - PSNR_AIM) / 10);
      const [low, high] = [good * 1.0001, bad / 1.0001];
      if (next > low && next < high && trial < PSNR_TRIALS / 2) scale = next;
      else scale = good === 0 ? bad / 4 : bad === Number.POSITIVE_INFINITY ? good * 4 : Math.sqrt(good * bad);
    }
    if (best === undefined) {
      // as good as this coding gets
      const made = yield* this.assemble(tiles, head, 0);
      best = { made, error: yield* this.measure(made.file) };
    }
    return this.result(tiles, best.made, best.error);
  }

  private *codeTiles(): EncodeWork<CodedTile[]> {
    const { plan } = this;
    const { options } = plan;
    const tiles: CodedTile[] = [];
    const seen = new SlopeHistogram();
    let area = 0;
    for (let t = 0; t < plan.numTiles; t++) {
      const stop = t === 0 ? this.stopOfSample : this.stopOf(seen, pointsOf(plan) / area, TILE_MARGIN);
      const coded = yield* this.codeTile(t, stop);
      coded.addTo(seen);
      const { x0, y0, x1, y1 } = coded.geometry.bounds;
      area += (x1 - x0) * (y1 - y0);
      tiles.push(coded);
      const tilesDone = t + 1;
      options.onProgress?.({ stage: 'code', tilesDone, tiles: plan.numTiles, fraction: tilesDone / plan.numTiles });
    }
    return tiles;
  }

  private *codeTile(t: number, stop: number | StopChooser): EncodeWork<CodedTile> {
    const { main } = this.plan;
    const geometry = tileGeometry(main, joinTileHeaders(main, t, []));
    const load: LoadComponent = (c, component, plane) =>
      loadTileComponent(main.siz, c, component, this.samples[c], plane);
    return yield* this.encoder.encode(geometry, load, stop);
  }

  /** Tiles whose coding stopped at a slope that turned out to be wanted are coded anew. True when there were any. */
  private *codeAnew(tiles: CodedTile[], slope: number): EncodeWork<boolean> {
    let any = false;
    for (let t = 0; t < tiles.length; t++) {
      if (tiles[t].stopSlope <= STOP_TOLERANCE * slope) continue;
      tiles[t] = yield* this.codeTile(t, slope / STOP_TOLERANCE);
      any = true;
    }
    return any;
  }

  /** For the first tile: the slope that the whole picture would need if it were like the sample. */
  private readonly stopOfSample: StopChooser = (sample, count, scale) => {
    const { numTiles } = this.plan;
    return this.stopOf(sample, scale * numTiles, numTiles === 1 ? 1 + SAMPLE_MARGIN / Math.sqrt(count) : TILE_MARGIN);
  };

  /** A slope safely below the one that the last layer will be cut at; 0 where nothing will be cut. */
  private stopOf(seen: SlopeHistogram, scale: number, margin: number): number {
    const { plan } = this;
    const target = targetOf(plan, plan.rates[plan.rates.length - 1], 1, 1);
    if (target.kind === 'bytes') return slopeOf(seen.codeForBytes(target.bytes, scale)) / margin;
    if (target.kind === 'distortion') return slopeOf(seen.codeForDistortion(target.distortion, scale)) / margin;
    return 0;
  }

  private head(): Uint8Array {
    const { plan } = this;
    const { options } = plan;
    if (plan.container === 'codestream') return new Uint8Array(0);
    return writeJp2Head(plan.main.siz, options.colour, options.metadata);
  }

  /** Shares out the passes and puts everything in order. `scale` is a correction of the error that a PSNR allows. */
  private *assemble(tiles: CodedTile[], head: Uint8Array, scale: number): EncodeWork<Assembled> {
    const { plan } = this;
    const { options } = plan;
    const { main, arrangement } = plan;
    let numTileParts = 0;
    for (const tile of tiles) numTileParts += tilePartsOf(main, arrangement, tile.geometry);
    const fixed =
      head.length +
      (plan.container === 'jp2' ? JP2C_BYTES : 0) +
      mainHeaderBytes(main, arrangement, numTileParts) +
      tilePartBytes(arrangement, numTileParts);
    const most = budgetOf(plan, plan.rates[plan.rates.length - 1]);
    let excess = 0;
    for (;;) {
      const targets = plan.rates.map((rate): LayerTarget => {
        const target = targetOf(plan, rate, 1, scale);
        return target.kind === 'bytes' ? { ...target, bytes: target.bytes - excess } : target;
      });
      const control = yield* allocateLayers(plan, tiles, overheadOf(main, arrangement, fixed), targets);
      if (yield* this.codeAnew(tiles, slopeOf(control.cuts[control.cuts.length - 1].slopeCode))) continue;
      options.onProgress?.({ stage: 'allocate', tilesDone: tiles.length, tiles: tiles.length, fraction: 1 });
      const { file, componentBytes } = yield* this.write(control, head);
      // lists of lengths that need more segments than one were not foreseen
      const tooLong = most === undefined ? 0 : Math.max(0, file.length - most);
      const largest = Math.max(...componentBytes);
      const tooMuch = Math.max(0, largest - (plan.maxComponentBytes ?? largest)) * (file.length / largest);
      if (tooLong === 0 && tooMuch === 0) return { control, file };
      excess += Math.ceil(Math.max(tooLong, tooMuch));
    }
  }

  private *write(control: RateControl, head: Uint8Array): EncodeWork<{ file: Uint8Array; componentBytes: number[] }> {
    const { plan } = this;
    const { main, arrangement } = plan;
    const componentBytes = main.siz.components.map(() => 0);
    const parts: LaidOutTilePart[] = [];
    for (const tile of control.layered(main.cod.eph)) {
      const packets = (key: PrecinctKey): PacketView[] => {
        const list = tile.packets(key);
        for (const { header, body } of list) componentBytes[key.component] += header!.length + body.length;
        return list;
      };
      parts.push(...layOutTile(tile.coded.geometry, main, packets, arrangement));
      yield;
    }
    const header = writeMainHeader(main, arrangement, { tileParts: parts }).bytes;
    const length = parts.reduce((sum, part) => sum + part.psot, header.length + 2);
    const box = plan.container === 'jp2' ? writeCodestreamBoxHeader(length) : new Uint8Array(0);
    const file = new Uint8Array(head.length + box.length + length);
    let at = 0;
    const put = (bytes: Uint8Array): void => {
      file.set(bytes, at);
      at += bytes.length;
    };
    put(head);
    put(box);
    put(header);
    for (const part of parts) {
      put(part.header);
      for (const piece of part.data) put(piece);
    }
    put(EOC);
    return { file, componentBytes };
  }

  /** Summed squared error of a file, components brought to one depth. */
  private *measure(file: Uint8Array): EncodeWork<number> {
    const components = (yield { file })!;
    const { siz } = this.plan.main;
    const deepest = Math.max(...siz.components.map((c) => c.precision));
    return components.reduce((sum, component, c) => {
      return sum + squaredError(this.samples[c], component) * 4 ** (deepest - siz.components[c].precision);
    }, 0);
  }

  private result(
    tiles: readonly CodedTile[],
    { control, file }: Assembled,
    error: number | undefined,
  ): Omit<EncodeResult, 'ms'> {
    const { plan } = this;
    const { options } = plan;
    const last = plan.rates[plan.rates.length - 1];
    const estimate = options.weights === 'visual' ? Number.NaN : control.cuts.at(-1)!.distortion;
    const psnr =
      'lossless' in last ? Number.POSITIVE_INFINITY : decibels(plan.peakEnergy, plan.numSamples, error ?? estimate);
    return {
      data: file,
      bytes: file.length,
      bpp: (8 * file.length) / pointsOf(plan),
      ratio: plan.numSampleBits / 8 / file.length,
      psnr,
      psnrMeasured: error !== undefined,
      rateControl: 'lossless' in last || 'step' in last ? 'none' : 'global',
      layers: control.cuts.map(({ bytes, slopeCode }, l): LayerSummary => {
        // how many segments lists of lengths need is only foreseen
        const isLast = l === control.cuts.length - 1;
        return { bytes: isLast ? file.length : Math.min(bytes, file.length), slope: slopeOf(slopeCode) };
      }),
      codeBlocks: tiles.reduce((sum, tile) => sum + tile.numBlocks, 0),
    };
  }
}

/** True when no pass that is worth anything was left out. */
function takesEverything({ cuts }: RateControl): boolean {
  return cuts[cuts.length - 1].slopeCode <= 1;
}

interface Assembled {
  readonly control: RateControl;
  readonly file: Uint8Array;
}

const EOC = /* @__PURE__ */ Uint8Array.of(0xff, 0xd9);
