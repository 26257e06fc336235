/**
 * A picture in memory becomes a file in memory.
 *
 * The work is a generator, as the decoder's is: it yields `undefined` where it may pause, and a finished file where it has to know what
 * a decoder makes of it (for a PSNR to be kept, and for verification). Who drives it knows a decoder; the encoder does not. Only with a
 * pool it also yields promises, to be waited for.
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
import { addPasses, type CodedTile } from './coded-tile.ts';
import { MAX_SLOPE_CODE, SlopeHistogram, slopeOf } from './convex-hull.ts';
import { allocateLayers, budgetOf, pointsOf, targetOf } from './layers.ts';
import { EncodedSource } from './encoded-source.ts';
import type { EncodeOptions, EncodeResult, LayerSummary, RawImage } from './options.ts';
import { mainHeaderBytes, overheadOf, tilePartBytes, tilePartsOf } from './overhead.ts';
import { type EncodePlan, planEncode } from './plan.ts';
import { pooledBlocksFor } from './pooled-blocks.ts';
import { type DecodedComponent, decibels, squaredError } from './quality.ts';
import { PsnrSearch, TOO_LOW } from './psnr-search.ts';
import type { LayerTarget, RateControl } from './rate-control.ts';
import { isQuantized, SPREAD } from './rates.ts';
import { checkRegion } from './region-masks.ts';
import { type ComponentSamples, formatOf, samplesOf } from './samples.ts';
import { StageClock } from './stage-clock.ts';
import { type StopChooser, TileEncoder } from './tile-encoder.ts';

/** A file that somebody has to decode: answered with its components. */
export interface DecodeRequest {
  readonly file: Uint8Array;
  /** Quality layers to decode; all of them where it is undefined. */
  readonly layers: number | undefined;
}

/** Work of an encode. */
export type EncodeWork<T> = Generator<
  DecodeRequest | Promise<unknown> | undefined,
  T,
  readonly DecodedComponent[] | undefined
>;

/**
 * How far below the slope that is expected coding goes on: for tiles that are judged by those before them, and for one tile of which
 * a sample is known, the more so the smaller the sample.
 */
const TILE_MARGIN = 4;
const SAMPLE_MARGIN = 3;
/** Coders stop late; a slope that is a little below what they were told costs nothing that could be measured. */
const STOP_TOLERANCE = 1.1;

/** Mean squared error that rounding to samples hides. */
const INVISIBLE = 1 / 32;
/** Trials for one quantiser step. */
const PSNR_TRIALS = 12;
/**
 * Where a size leaves room for more than the quantiser does, its step becomes so many times finer (as a power of four; what then is too
 * fine costs nothing, since coding stops in time); where a PSNR needs more, likewise. Where a PSNR falls between two passes of a small
 * picture, a step that is a little finer moves all of them.
 */
const FINER_FOR_SIZE = 1.5;
const FINER_FOR_PSNR = 1;
const A_LITTLE_FINER = 0.11;
const MAX_REFINEMENTS = 8;
const MAX_SHIFTS = 5;

/** Header of the codestream's box. A codestream that would need a longer one does not fit one array. */
const JP2C_BYTES = 8;

/** Encodes a picture; in the pool of the options, where they have one. */
export function* encodePicture(
  image: RawImage,
  options: EncodeOptions,
  coders: readonly EncodingCoder[],
  executor: Executor,
): EncodeWork<EncodeResult> {
  const start = executor.now();
  const clock = new StageClock(executor);
  const format = formatOf(image);
  let best: Attempt | undefined;
  let step = 0;
  let shifts = 0;
  for (let refine = 0, tries = 0; ; tries++) {
    const plan = planEncode(format, options, refine);
    // a step that cannot become finer has been tried
    if (best && plan.baseStep === step) break;
    step = plan.baseStep;
    const samples = samplesOf(image, format, options.origin ?? { x: 0, y: 0 });
    const attempt = yield* new PictureEncode(plan, samples, coders, clock).run();
    if (best === undefined || attempt.penalty <= best.penalty) best = attempt;
    if (best.penalty === 0 || plan.reversible || tries === MAX_REFINEMENTS) break;
    if (attempt.wants === 'finer-for-size') refine += FINER_FOR_SIZE;
    else if (attempt.wants === 'finer-for-psnr') refine += FINER_FOR_PSNR;
    else if (shifts++ < MAX_SHIFTS) refine += A_LITTLE_FINER;
    else break;
  }
  if (best.penalty >= TOO_LOW) {
    const reached = best.result.psnr.toFixed(2);
    throw usage('rate-value', `no choice of passes keeps the PSNR; these options reach ${reached} dB at most`);
  }
  return { ...best.result, ms: executor.now() - start, stats: { stages: clock.stages } };
}

/** What one quantiser step led to. */
interface Attempt {
  readonly result: Omit<EncodeResult, 'ms' | 'stats'>;
  /** How far the result is from what was asked, 0 for not at all; comparable between attempts. */
  readonly penalty: number;
  /** What would bring it nearer. */
  readonly wants: 'nothing' | 'finer-for-size' | 'finer-for-psnr' | 'other-passes';
}

/** One encode with one quantiser step. */
class PictureEncode {
  private readonly plan: EncodePlan;
  private readonly samples: readonly ComponentSamples[];
  private readonly encoder: TileEncoder;
  private readonly clock: StageClock;

  constructor(
    plan: EncodePlan,
    samples: readonly ComponentSamples[],
    coders: readonly EncodingCoder[],
    clock: StageClock,
  ) {
    this.plan = plan;
    this.samples = samples;
    this.clock = clock;
    const { options } = plan;
    if (options.roi) checkRegion(options.roi, plan.main.siz);
    const style = plan.main.cod.style.codeBlockStyle;
    const coder = coders.find((one) => one.handles(style, options.htRefinement));
    if (coder === undefined) throw usage('option-value', `no coder for code-block style ${style}`);
    const pooled = pooledBlocksFor(options, coder.name, plan.main.siz);
    this.encoder = new TileEncoder(plan, options.roi, coder.createEncoder(), clock, pooled);
  }

  *run(): EncodeWork<Attempt> {
    const { plan } = this;
    this.clock.skip();
    const head = this.head();
    const tiles = yield* this.codeTiles();
    const searches = plan.rates.map((rate) => ('psnr' in rate ? new PsnrSearch(rate.psnr) : undefined));
    if (searches.some((search) => search !== undefined)) return yield* this.searchPsnr(tiles, head, searches);
    const last = plan.rates[plan.rates.length - 1];
    const made = yield* this.assemble(tiles, head, searches);
    const error = plan.options.verify ? yield* this.measure(made.file, undefined) : undefined;
    if ('lossless' in last && error !== undefined && error > 0) {
      throw new Error('a lossless result does not decode to what was encoded; please report this');
    }
    const result = this.result(tiles, made, error);
    // there may be room for more than this quantiser leaves, and a finer one would still show after rounding
    const coarse = made.control.cuts[made.control.cuts.length - 1].distortion > INVISIBLE * plan.numSamples;
    const hasRoom = budgetOf(plan, last) !== undefined && takesEverything(made.control, plan.rates.length - 1);
    if (coarse && hasRoom) return { result, penalty: 1, wants: 'finer-for-size' };
    return { result, penalty: 0, wants: 'nothing' };
  }

  /** Tries until every layer that has to have a PSNR decodes to it. */
  private *searchPsnr(
    tiles: CodedTile[],
    head: Uint8Array,
    searches: readonly (PsnrSearch | undefined)[],
  ): EncodeWork<Attempt> {
    const { plan } = this;
    const count = searches.length;
    let best: { made: Assembled; error: number | undefined; penalty: number } | undefined;
    for (let trial = 0; trial <= PSNR_TRIALS; trial++) {
      // the last trial takes what was good enough for each layer by itself
      if (trial === PSNR_TRIALS && best!.penalty < TOO_LOW) break;
      if (trial === PSNR_TRIALS) for (const search of searches) search?.settle();
      const made = yield* this.assemble(tiles, head, searches);
      let penalty = 0;
      let error: number | undefined;
      for (let l = 0; l < count; l++) {
        const search = searches[l];
        const isLast = l === count - 1;
        if (search === undefined && !(isLast && plan.options.verify)) continue;
        error = yield* this.measure(made.file, isLast ? undefined : l + 1);
        const psnr = decibels(plan.peakEnergy, plan.numSamples, error);
        penalty += search?.penaltyOf(psnr) ?? 0;
        search?.note(psnr, takesEverything(made.control, l));
      }
      if (searches[count - 1] === undefined && !plan.options.verify) error = undefined;
      if (best === undefined || penalty < best.penalty) best = { made, error, penalty };
      if (penalty === 0 || searches.some((search) => search?.isShort)) break;
    }
    const { made, error, penalty } = best!;
    const isShort = searches.some((search) => search?.isShort);
    const result = this.result(tiles, made, error);
    return { result, penalty, wants: penalty === 0 ? 'nothing' : isShort ? 'finer-for-psnr' : 'other-passes' };
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
      addPasses(coded, seen);
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
    return yield* this.encoder.encode(geometry, (c) => this.samples[c], stop);
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
  private readonly stopOfSample: StopChooser = (expected, count) => {
    const { numTiles } = this.plan;
    return this.stopOf(expected, numTiles, numTiles === 1 ? 1 + SAMPLE_MARGIN / Math.sqrt(count) : TILE_MARGIN);
  };

  /** A slope safely below the lowest that a layer will be cut at; 0 where nothing will be cut. */
  private stopOf(seen: SlopeHistogram, scale: number, margin: number): number {
    const { plan } = this;
    let code = MAX_SLOPE_CODE;
    for (const rate of plan.rates) {
      if (rate === SPREAD) continue;
      const target = targetOf(plan, rate, 1, 1);
      if (target.kind === 'bytes') code = Math.min(code, seen.codeForBytes(target.bytes, scale));
      else if (target.kind === 'distortion') code = Math.min(code, seen.codeForDistortion(target.distortion, scale));
      else return 0;
    }
    return slopeOf(code) / margin;
  }

  private head(): Uint8Array {
    const { plan } = this;
    const { options } = plan;
    if (plan.container === 'codestream') return new Uint8Array(0);
    return writeJp2Head(plan.main.siz, options.colour, options.metadata, plan.container === 'jph');
  }

  /** Shares out the passes and puts everything in order. */
  private *assemble(
    tiles: CodedTile[],
    head: Uint8Array,
    searches: readonly (PsnrSearch | undefined)[],
  ): EncodeWork<Assembled> {
    const { plan } = this;
    const { options } = plan;
    const { main, arrangement } = plan;
    let numTileParts = 0;
    for (const tile of tiles) numTileParts += tilePartsOf(main, arrangement, tile.geometry);
    const fixed =
      head.length +
      (plan.container === 'codestream' ? 0 : JP2C_BYTES) +
      mainHeaderBytes(main, arrangement, numTileParts) +
      tilePartBytes(arrangement, numTileParts);
    const most = budgetOf(plan, plan.rates[plan.rates.length - 1]);
    let excess = 0;
    for (;;) {
      const targets = plan.rates.map((rate, l): LayerTarget => {
        const target = targetOf(plan, rate, 1, searches[l]?.scale ?? 1);
        if (target.kind === 'bytes') return { ...target, bytes: target.bytes - excess };
        return target.kind === 'distortion' ? { ...target, trim: true } : target;
      });
      const control = yield* allocateLayers(plan, tiles, overheadOf(main, arrangement, fixed), targets);
      this.clock.lap('rate');
      if (yield* this.codeAnew(tiles, slopeOf(Math.min(...control.cuts.map((cut) => cut.slopeCode))))) continue;
      options.onProgress?.({ stage: 'allocate', tilesDone: tiles.length, tiles: tiles.length, fraction: 1 });
      const { file, componentBytes } = yield* this.write(control, head);
      this.clock.lap('write');
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
    const tiles = control.layered(main.cod.eph);
    const source = new EncodedSource(main, tiles);
    const packets = (key: PrecinctKey): readonly PacketView[] => {
      const held = source.get(key);
      for (const { header, body } of held!.packets) componentBytes[key.component] += header!.length + body.length;
      return held!.packets;
    };
    for (const { coded } of tiles) {
      parts.push(...layOutTile(coded.geometry, main, packets, arrangement));
      yield;
    }
    const header = writeMainHeader(main, arrangement, { tileParts: parts }).bytes;
    const length = parts.reduce((sum, part) => sum + part.psot, header.length + 2);
    const box = plan.container === 'codestream' ? new Uint8Array(0) : writeCodestreamBoxHeader(length);
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

  /** Summed squared error of a file decoded with so many layers, components brought to one depth. */
  private *measure(file: Uint8Array, layers: number | undefined): EncodeWork<number> {
    const components = (yield { file, layers })!;
    this.clock.skip();
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
  ): Omit<EncodeResult, 'ms' | 'stats'> {
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
      rateControl: isQuantized(last) ? 'none' : 'global',
      layers: control.cuts.map(({ bytes, slopeCode }, l): LayerSummary => {
        // how many segments lists of lengths need is only foreseen
        const isLast = l === control.cuts.length - 1;
        return { bytes: isLast ? file.length : Math.min(bytes, file.length), slope: slopeOf(slopeCode) };
      }),
      codeBlocks: tiles.reduce((sum, tile) => sum + tile.numBlocks, 0),
    };
  }
}

/** True when a layer leaves out no pass that is worth anything. */
function takesEverything({ cuts }: RateControl, layer: number): boolean {
  return cuts[layer].slopeCode === 0;
}

interface Assembled {
  readonly control: RateControl;
  readonly file: Uint8Array;
}

const EOC = /* @__PURE__ */ Uint8Array.of(0xff, 0xd9);
