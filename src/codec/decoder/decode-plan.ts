/**
 * A decode from options to numbers: the window of each component, the type of the samples, where they go, and what becomes of them.
 */
import type { BlockPool } from '../block-pool.ts';
import { tileComponentParametersOf } from '../codestream/coding-parameters.ts';
import type { Siz } from '../codestream/siz.ts';
import { type DiagnosticLog, overLimit, usage } from '../errors.ts';
import type { Executor } from '../executor.ts';
import type { Jp2File } from '../fileformat/jp2-file.ts';
import { type Interval, lengthOf } from '../geometry/axis.ts';
import { reducedInterval, tilesOfRegion } from '../geometry/region.ts';
import type { ColourInfo, DecodeStages, Plane, RasterImage, SampleArray } from '../image.ts';
import type { Limits } from '../limits.ts';
import type { PrecinctSource } from '../packets/precinct-source.ts';
import type { Bounds } from '../rect.ts';
import type { AbortSignalLike } from '../source.ts';
import type { BlockCache } from './block-cache.ts';
import type { BlockCoder } from './block-jobs.ts';
import { DecodeContext } from './decode-context.ts';
import type { DecodeWork } from './decode-work.ts';
import type { PooledSpans } from './row-schedule.ts';
import { canvasRegion, checkOptions, type DecodeOptions, reductionFor } from './options.ts';
import { assemble, commonPrecision, convertPlanes, narrowestArray, type SampleArrayConstructor } from './samples.ts';
import type { ComponentTarget } from './store.ts';

/** Palette, channels, colour: the part of a decode that only files with colour need. */
export interface ChannelStage {
  /** True when the components, as they are stored, are the channels that the options ask for. */
  isPlain(file: Jp2File, options: DecodeOptions): boolean;
  /** What the components mean. */
  describe(file: Jp2File, numComponents: number): ColourInfo;
  /** The samples of a component that a window depends on, when it is brought to full size: at least those inside. */
  widen(bounds: Bounds, dx: number, dy: number, options: DecodeOptions): Bounds;
  /** From components to channels. `bounds` is the window on the reduced reference grid. */
  apply(
    components: readonly (PlacedPlane | undefined)[],
    file: Jp2File,
    options: DecodeOptions,
    bounds: Bounds,
    log: DiagnosticLog,
  ): DecodeWork<{ planes: readonly Plane[]; colour: ColourInfo }>;
}

/** A component's samples with the place of the first on the component's (reduced) grid. */
export interface PlacedPlane extends Plane {
  readonly x0: number;
  readonly y0: number;
}

/** What a decode works with. */
export interface DecodeTools {
  readonly coders: readonly BlockCoder[];
  readonly channels: ChannelStage | undefined;
  readonly executor: Pick<Executor, 'now'>;
  readonly pooling?: (pool: BlockPool, signal: AbortSignalLike | undefined, samples: number) => PooledSpans;
}

/** What a decode is about. */
export interface Picture {
  readonly source: PrecinctSource;
  readonly file: Jp2File;
  /** Code-blocks of earlier decodes. */
  readonly cache?: BlockCache | undefined;
}

/** A picture without its costs, which only the caller can measure, and what was counted on the way. */
export interface Decoded {
  readonly image: Omit<RasterImage, 'stats' | 'warnings'>;
  readonly codeBlocks: number;
  readonly packetBytes: number;
  /** Resolution levels, from the lowest, of which every precinct had a packet; and the layers that all of those had. */
  readonly resolutions: number;
  readonly layers: number;
  readonly stages: DecodeStages;
}

/** What options mean for a picture. */
export interface DecodePlan {
  /** On the reference grid. */
  readonly region: Bounds;
  readonly reduce: number;
  /** The window of each component that is decoded. */
  readonly windows: readonly ComponentArea[];
  /** The stage that makes channels of components, where options ask for channels. */
  readonly stage: ChannelStage | undefined;
  /** True when samples can be written where they stay, since nothing more has to be done to them. */
  readonly isDirect: boolean;
  /** True when all windows have one size and the caller wants them interleaved. */
  readonly isInterleaved: boolean;
  /** The narrowest array for all components together. */
  readonly natural: SampleArrayConstructor;
}

/** Works out what options mean. */
export function* planDecode(
  { source, file }: Picture,
  options: DecodeOptions,
  tools: DecodeTools,
): DecodeWork<DecodePlan> {
  checkOptions(options);
  const { siz } = source.main;
  const region = canvasRegion(siz, options.region);
  const reduce = yield* fittingReduction(source, region, options);
  const stage = options.components === undefined && options.colour !== 'native' ? tools.channels : undefined;
  const plain = stage === undefined || stage.isPlain(file, options);
  const windows = windowsOf(siz, region, reduce, options, stage);
  const components = windows.map((w) => siz.components[w.component]);
  const signed = components.some((component) => component.signed);
  return {
    region,
    reduce,
    windows,
    stage,
    isDirect: plain && (options.sample === undefined || options.sample === 'auto'),
    isInterleaved: options.layout !== 'planar' && windows.every((w) => sameSize(w, windows[0])),
    natural: narrowestArray(commonPrecision(components), signed),
  };
}

/** What all tiles of a decode share, and what they are told. */
export function contextOf(
  { cache }: Picture,
  { layers = 65535, reconstruction = 0.5 }: DecodeOptions,
  { coders, executor }: DecodeTools,
  spans: PooledSpans | undefined,
  limits: Limits,
  log: DiagnosticLog,
): DecodeContext {
  const strips = spans?.strips;
  return new DecodeContext(coders, log, { layers, reconstruction, now: executor.now, limits, cache, strips });
}

/** What makes rows in place of this thread, where there are enough. */
export function spansOf(
  { pool, signal }: DecodeOptions,
  { pooling }: DecodeTools,
  { windows }: DecodePlan,
): PooledSpans | undefined {
  if (pool === undefined) return undefined;
  if (!pooling) throw usage('option-value', 'this build takes no pool');
  const samples = samplesOf(windows);
  return samples < pool.leastSamples ? undefined : pooling(pool, signal, samples);
}

/** What was counted on the way. */
export function countsOf(context: DecodeContext): Omit<Decoded, 'image'> {
  const { codeBlocks, packetBytes, stages } = context;
  return { codeBlocks, packetBytes, stages, ...context.completeness() };
}

/** Samples of the windows, over all components. */
export function samplesOf(windows: readonly ComponentArea[]): number {
  return windows.reduce((sum, w) => sum + lengthOf(w.x) * lengthOf(w.y), 0);
}

/** Targets for samples that are written where they stay. */
export function directTargets(
  windows: readonly ComponentArea[],
  data: SampleArray,
  interleaved: boolean,
): ComponentTarget[] {
  const n = windows.length;
  let offset = 0;
  return windows.map((w, k) => {
    const width = lengthOf(w.x);
    if (interleaved) return { ...w, out: data, offset: k, strideX: n, strideY: n * width };
    const target = { ...w, out: data, offset, strideX: 1, strideY: width };
    offset += width * lengthOf(w.y);
    return target;
  });
}

/** An array of its own for a component whose samples something is yet to be done to. */
export function ownTarget(window: ComponentArea, siz: Siz): ComponentTarget {
  const { precision, signed } = siz.components[window.component];
  const out = new (narrowestArray(precision, signed))(lengthOf(window.x) * lengthOf(window.y));
  return { ...window, out, offset: 0, strideX: 1, strideY: lengthOf(window.x) };
}

/** The picture in samples that were written where they stay. */
export function directImage(
  { source, file }: Picture,
  { windows, isInterleaved, stage }: DecodePlan,
  targets: readonly ComponentTarget[],
  data: SampleArray,
  tools: DecodeTools,
  status: RasterImage['status'],
): Decoded['image'] {
  const { siz } = source.main;
  const components = targets.map((target) => siz.components[target.component]);
  const colour = tools.channels?.describe(file, siz.components.length) ?? plainColour(siz.components.length);
  const planes = isInterleaved && targets.length > 1 ? undefined : targets.map((target) => planeOf(target, siz));
  return {
    width: lengthOf(targets[0].x),
    height: lengthOf(targets[0].y),
    channels: targets.length,
    precision: Math.max(...components.map((component) => component.precision)),
    signed: components.some((component) => component.signed),
    layout: isInterleaved ? 'interleaved' : 'planar',
    data,
    ...(planes ? { planes } : {}),
    colour: stage ? colour : nativeColour(windows, colour),
    status,
  };
}

/** The picture from components in arrays of their own. `bounds` is the window on the reduced reference grid. */
export function* convertedImage(
  { source, file }: Picture,
  { windows, stage }: DecodePlan,
  targets: readonly ComponentTarget[],
  bounds: Bounds,
  options: DecodeOptions,
  tools: DecodeTools,
  context: DecodeContext,
): DecodeWork<Decoded['image']> {
  const { siz } = source.main;
  const status = context.partial ? 'partial' : 'complete';
  const placed = targets.map((t): PlacedPlane => ({ ...planeOf(t, siz), x0: t.x.lo, y0: t.y.lo }));
  const components: (PlacedPlane | undefined)[] = new Array(siz.components.length).fill(undefined);
  targets.forEach((target, k) => {
    components[target.component] = placed[k];
  });
  const colour = tools.channels?.describe(file, siz.components.length) ?? plainColour(siz.components.length);
  const start = context.now();
  const channels = stage
    ? yield* stage.apply(components, file, options, bounds, context.log)
    : { planes: placed, colour: nativeColour(windows, colour) };
  const planes = yield* convertPlanes(channels.planes, options.sample ?? 'auto');
  const image = yield* assemble(planes, options.layout, options.into);
  context.stages.convert += context.now() - start;
  return { ...image, colour: channels.colour, status };
}

/** A component's window on its own grid, after reduction. */
export interface ComponentArea {
  readonly component: number;
  readonly x: Interval;
  readonly y: Interval;
}

/** Tiles whose headers are looked at before the decode; a source keeps as many, so that they are read once. */
const MOST_TILES_AHEAD = 256;

/**
 * The reduction for a decode. A tile may have fewer decomposition levels than the main header says (15444-1 A.6.1), and a size to
 * fit is no reason to fail over it, so the headers of the tiles come first when one is given. With more than 256 tiles in the
 * window, which are not read twice for that, the main header is believed.
 */
function* fittingReduction(source: PrecinctSource, region: Bounds, options: DecodeOptions): DecodeWork<number> {
  const { components, inverseMct = true, maxSize } = options;
  let reduce = reductionOf(source, region, options);
  if (!maxSize || reduce === 0) return reduce;
  const tiles = tilesOfRegion(source.main, region);
  if (tiles.length > MOST_TILES_AHEAD) return reduce;
  const headers = (yield tiles.map((tile) => ({ tile, components: [], layers: 0 })))!;
  for (const tile of tiles) {
    const header = headers.tile(tile);
    if (header === undefined) continue;
    for (let c = 0; c < source.main.siz.components.length; c++) {
      const transformed = header.cod.mct && inverseMct && c < 3;
      if (components && !components.includes(c) && !transformed) continue;
      const { style } = tileComponentParametersOf(source.main, header, c);
      reduce = Math.min(reduce, style.numDecompositionLevels);
    }
  }
  return reduce;
}

/** The reduction that options ask for, which every component must have. */
export function reductionOf(source: PrecinctSource, region: Bounds, options: DecodeOptions): number {
  const { cod, segments } = source.main;
  let most = 32;
  for (let c = 0; c < source.main.siz.components.length; c++) {
    if (options.components && !options.components.includes(c)) continue;
    most = Math.min(most, (segments.coc.get(c) ?? cod.style).numDecompositionLevels);
  }
  if (options.maxSize) return reductionFor(region, options.maxSize, most);
  const reduce = options.reduce ?? 0;
  if (reduce > most) throw usage('option-value', `reduce is ${reduce}, the picture has ${most} decomposition levels`);
  return reduce;
}

function windowsOf(
  siz: Siz,
  region: Bounds,
  reduce: number,
  options: DecodeOptions,
  stage: ChannelStage | undefined,
): ComponentArea[] {
  const all = siz.components.map((_, c) => c);
  const wanted = options.components ?? all;
  if (wanted.length === 0) throw usage('component-missing', 'no component was asked for');
  if (new Set(wanted).size !== wanted.length) throw usage('component-missing', 'a component was asked for twice');
  return wanted.map((component) => {
    const c = siz.components[component];
    if (c === undefined) throw usage('component-missing', `component ${component} of ${all.length}`);
    let x = reducedInterval(region.x0, region.x1, c.xrsiz, reduce);
    let y = reducedInterval(region.y0, region.y1, c.yrsiz, reduce);
    if (stage && (c.xrsiz > 1 || c.yrsiz > 1)) {
      const whole = reducedInterval(siz.xosiz, siz.xsiz, c.xrsiz, reduce);
      const wholeY = reducedInterval(siz.yosiz, siz.ysiz, c.yrsiz, reduce);
      const wide = stage.widen(reducedBounds(region, reduce), c.xrsiz, c.yrsiz, options);
      x = { lo: Math.max(whole.lo, Math.min(x.lo, wide.x0)), hi: Math.min(whole.hi, Math.max(x.hi, wide.x1)) };
      y = { lo: Math.max(wholeY.lo, Math.min(y.lo, wide.y0)), hi: Math.min(wholeY.hi, Math.max(y.hi, wide.y1)) };
    }
    return { component, x, y };
  });
}

/** A region on the reduced reference grid. */
export function reducedBounds(region: Bounds, d: number): Bounds {
  const x = reducedInterval(region.x0, region.x1, 1, d);
  const y = reducedInterval(region.y0, region.y1, 1, d);
  return { x0: x.lo, y0: y.lo, x1: x.hi, y1: y.hi };
}

/** Refuses to make more samples at once than the caller wants. */
export function checkPixels(windows: readonly ComponentArea[], limits: Limits): void {
  const samples = samplesOf(windows);
  if (samples > limits.pixels) {
    throw overLimit('limit-pixels', `the window has ${samples} samples, the limit is ${limits.pixels}`, {
      clause: '15444-1 A.5.1',
    });
  }
}

function sameSize(a: ComponentArea, b: ComponentArea): boolean {
  return lengthOf(a.x) === lengthOf(b.x) && lengthOf(a.y) === lengthOf(b.y);
}

function planeOf(target: ComponentTarget, siz: Siz): Plane {
  const { precision, signed, xrsiz, yrsiz } = siz.components[target.component];
  const width = lengthOf(target.x);
  const height = lengthOf(target.y);
  const data = target.out.subarray(target.offset, target.offset + width * height);
  return { width, height, dx: xrsiz, dy: yrsiz, precision, signed, data };
}

function plainColour(numComponents: number): ColourInfo {
  const channels = Array.from({ length: numComponents }, (_, k) => ({ kind: 'colour' as const, association: k + 1 }));
  return { space: 'unknown', channels, palette: false };
}

/** Components as they are stored: what they mean is only known where nothing stands between component and channel. */
function nativeColour(windows: readonly ComponentArea[], colour: ColourInfo): ColourInfo {
  const unspecified = { kind: 'unspecified' as const, association: 65535 };
  const channels = windows.map((w) => (colour.palette ? unspecified : (colour.channels[w.component] ?? unspecified)));
  return { ...colour, channels };
}
