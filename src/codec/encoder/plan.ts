/**
 * From options to numbers: the headers, the quantiser steps and the arrangement that an encode will have. Everything that can be
 * wrong with a call, but for the samples themselves, is found here, before memory is taken.
 */
import { capOf, RSIZ_HAS_CAP } from '../codestream/cap.ts';
import {
  type Cod,
  type ComponentCodingStyle,
  STYLE_BYPASS,
  STYLE_CAUSAL,
  STYLE_HIGH_THROUGHPUT,
  STYLE_PREDICTABLE,
  STYLE_RESET,
  STYLE_SEGMENTATION,
  STYLE_TERMINATE,
} from '../codestream/cod.ts';
import { commentOf } from '../codestream/com.ts';
import { emptySegments, type HeaderSegments } from '../codestream/header-segments.ts';
import type { MainHeader } from '../codestream/main-header.ts';
import type { Quantization } from '../codestream/qcd.ts';
import { numXTiles, numYTiles, type Siz } from '../codestream/siz.ts';
import { overLimit, usage } from '../errors.ts';
import { lengthOf } from '../geometry/axis.ts';
import { tileComponentGeometry } from '../geometry/tile-component.ts';
import { DEFAULT_LIMITS, type Limits } from '../limits.ts';
import type { Arrangement } from '../packets/codestream-writer.ts';
import { energyOf } from '../transform/gains.ts';
import { epsilonMuOf } from '../transform/quantization.ts';
import { checkOptions } from './call-shapes.ts';
import { whole } from '../checks.ts';
import type { EncodeOptions, Rate } from './options.ts';
import { defaultLevels, resolveProfile } from './profiles.ts';
import {
  baseStepOf,
  type ComponentTransform,
  MAX_BIT_PLANES,
  quantizationOf,
  refinedStepOf,
  type SubbandPlan,
  subbandsOf,
  visualPowerOf,
} from './quantizers.ts';
import { ratesOf, withDefinedRates } from './rates.ts';
import { componentSize, numSamplesOf, type PictureFormat } from './samples.ts';

/** Most fraction bits below the quantiser step that distortion is measured with. */
const FRACTION_BITS = 6;

/** The largest epsilon_b that QCD can say (Table A.30). */
const MAX_EPSILON = 31;

const COMMENT = 'jp2kit';

/** Lcom is 16 bits, and counts itself and Rcom (A.9.2). */
const MAX_COMMENT = 65531;

/** Everything that is decided before the first sample is read. */
export interface EncodePlan {
  /** The options, with what a profile prescribes filled in. */
  readonly options: EncodeOptions;
  readonly main: MainHeader;
  readonly arrangement: Arrangement;
  readonly container: 'codestream' | 'jp2' | 'jph';
  readonly numTiles: number;
  readonly reversible: boolean;
  /** Step of a subband whose coefficients weigh as much as samples do; 1 for reversible coding. */
  readonly baseStep: number;
  readonly mct: ComponentTransform;
  /** By component, by subband. */
  readonly subbands: readonly (readonly SubbandPlan[])[];
  /** Fraction bits of the coefficients handed to the block coder. */
  readonly fractionBits: number;
  /** One a layer. */
  readonly rates: readonly Rate[];
  /** Maxshift s by component, 0 for none. */
  readonly roiShift: readonly number[];
  /** Squared peak of the deepest component; errors of the others are scaled to it. */
  readonly peakEnergy: number;
  /** Samples of all components. */
  readonly numSamples: number;
  /** Bits of all samples, each at its precision. */
  readonly numSampleBits: number;
  /** Most bytes of one component's packets, where a profile sets a bound. */
  readonly maxComponentBytes: number | undefined;
  readonly limits: Limits;
}

/** Works out an encode. `refine` makes the quantiser steps finer by so many powers of four. */
export function planEncode(format: PictureFormat, given: EncodeOptions, refine = 0): EncodePlan {
  checkOptions(given);
  const { options, rsiz, maxComponentBytes } = resolveProfile(format, withDefinedRates(given));
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const isHt = isHighThroughput(options);
  const siz = sizOf(format, options, isHt ? rsiz | RSIZ_HAS_CAP : rsiz);
  checkLimits(siz, limits);
  const rates = ratesOf(options, siz);
  const last = rates[rates.length - 1];
  const reversible = reversibleOf(options, last);
  const mct = mctOf(siz, options, reversible);
  const numSamples = numSamplesOf(siz, () => 1);
  const numSampleBits = numSamplesOf(siz, (c) => siz.components[c].precision);
  const style = styleOf(options, siz, reversible);
  checkCodeBlocks(siz, style, rates.length, limits);
  const cod: Cod = {
    sop: options.markers?.sop ?? false,
    eph: options.markers?.eph ?? false,
    progression: options.progression ?? 'LRCP',
    numLayers: rates.length,
    mct: mct !== 'none',
    style,
  };
  const step = baseStepOf(last, siz, numSampleBits, numSamples);
  const base = reversible ? 1 : refinedStepOf(step, refine, last, siz, style.numDecompositionLevels, options);
  if (!reversible) checkDerived(siz, style, base, last, options);
  const deepest = Math.max(...siz.components.map((c) => c.precision));
  const quantizations = siz.components.map(({ precision }, c) => {
    // where components differ in depth, their errors count by what they are of the whole range, and so do their steps
    const scale = 'step' in last ? 1 : 2 ** (precision - deepest);
    return quantizationOf(siz, c, style, mct, base * scale, options, visualPowerOf(last));
  });
  const segments = segmentsOf(siz, cod, quantizations, options);
  const roiShift = siz.components.map((_, c) => roiShiftOf(c, quantizations[c], options));
  roiShift.forEach((shift, c) => {
    if (shift > 0) segments.rgn.set(c, shift);
  });
  const arrangement = arrangementOf(options);
  segments.cap = capOf({
    components: quantizations.map((quantization, c) => ({ style, quantization, roiShift: roiShift[c] })),
    heterogeneous: arrangement.ppm || arrangement.ppt,
  });
  const subbands = siz.components.map((_, c) => subbandsOf(siz, c, style, quantizations[c], mct, deepest, options));
  const planes = Math.max(...subbands.map((list, c) => Math.max(...list.map((b) => b.bitPlanes)) + roiShift[c]));
  if (planes > MAX_BIT_PLANES) {
    throw usage(
      'option-value',
      `${planes} bit-planes would be needed, ${MAX_BIT_PLANES} are carried: fewer bits a sample`,
    );
  }
  const main: MainHeader = { siz, cod, qcd: quantizations[0], segments, offset: 0, end: 0 };
  return {
    options,
    main,
    arrangement,
    container: containerOf(options),
    numTiles: numXTiles(siz) * numYTiles(siz),
    reversible,
    baseStep: base,
    mct,
    subbands,
    // a region's coefficients are whole numbers, since bits below them would be taken for the background's after the shift
    fractionBits: reversible || options.roi ? 0 : Math.min(FRACTION_BITS, MAX_BIT_PLANES - planes),
    rates,
    roiShift,
    peakEnergy: (2 ** deepest - 1) ** 2,
    numSamples,
    numSampleBits,
    maxComponentBytes,
    limits,
  };
}

/**
 * Precincts and code-blocks are kept for the whole picture; tiny ones of a large picture would be more than anyone wants. So would
 * packets, of which every precinct has one a layer, even where there is nothing to put in.
 */
function checkCodeBlocks(siz: Siz, style: ComponentCodingStyle, numLayers: number, limits: Limits): void {
  const width = Math.min(siz.xtsiz, siz.xsiz - siz.xosiz);
  const height = Math.min(siz.ytsiz, siz.ysiz - siz.yosiz);
  const whole = tileComponentGeometry({ x0: 0, y0: 0, x1: width, y1: height }, 1, 1, style);
  let precincts = 0;
  let codeBlocks = 0;
  for (const { x, y, r, xcbPrime, ycbPrime, numPrecinctsWide, numPrecinctsHigh } of whole.resolutions) {
    const blocks = Math.ceil(lengthOf(x) / 2 ** xcbPrime) * Math.ceil(lengthOf(y) / 2 ** ycbPrime);
    precincts += numPrecinctsWide * numPrecinctsHigh;
    codeBlocks += r === 0 ? blocks : (3 / 4) * blocks;
  }
  // of a subsampled component a part of them is left, but a precinct a resolution level at the least
  const least = whole.resolutions.length;
  const sum = (count: number) =>
    siz.components.reduce((total, { xrsiz, yrsiz }) => total + Math.max(least, count / (xrsiz * yrsiz)), 0);
  const tiles = numXTiles(siz) * numYTiles(siz);
  const held = Math.ceil(tiles * sum(precincts + codeBlocks));
  if (held > limits.codeBlocks) {
    throw overLimit('limit-code-blocks', `about ${held} precincts and code-blocks, the limit is ${limits.codeBlocks}`);
  }
  const packets = Math.ceil(tiles * sum(precincts)) * numLayers;
  if (packets > limits.codeBlocks) {
    const what = `about ${packets} packets in ${numLayers} layers`;
    throw overLimit('limit-code-blocks', `${what}, the limit is ${limits.codeBlocks}`);
  }
}

/** E-5 makes the lowest subband's step the finest, finer with each level; what is asked for may then be beyond QCD. */
function checkDerived(siz: Siz, style: ComponentCodingStyle, base: number, last: Rate, options: EncodeOptions): void {
  if (options.quantization !== 'derived' || 'step' in last || 'qfactor' in last) return;
  const levels = style.numDecompositionLevels;
  const shallowest = Math.min(...siz.components.map((c) => c.precision));
  const { epsilon } = epsilonMuOf(base / Math.sqrt(energyOf(false, levels, 0)), shallowest);
  if (epsilon <= MAX_EPSILON) return;
  throw usage(
    'option-value',
    `quantization derived with levels ${levels} has steps too fine for QCD: fewer levels, or quantization expounded`,
  );
}

function sizOf(format: PictureFormat, options: EncodeOptions, rsiz: number): Siz {
  const most = 2 ** 32 - 1;
  const xosiz = whole('origin.x', options.origin?.x ?? 0, 0, most);
  const yosiz = whole('origin.y', options.origin?.y ?? 0, 0, most);
  const xsiz = whole('origin.x + width', xosiz + format.width, 1, most);
  const ysiz = whole('origin.y + height', yosiz + format.height, 1, most);
  const xtosiz = whole('tileOrigin.x', options.tileOrigin?.x ?? 0, 0, most);
  const ytosiz = whole('tileOrigin.y', options.tileOrigin?.y ?? 0, 0, most);
  const xtsiz = whole('tile.width', options.tile?.width ?? xsiz - xtosiz, 1, most);
  const ytsiz = whole('tile.height', options.tile?.height ?? ysiz - ytosiz, 1, most);
  if (xtosiz > xosiz || ytosiz > yosiz || xtosiz + xtsiz <= xosiz || ytosiz + ytsiz <= yosiz) {
    throw usage('option-value', `the first tile, ${xtsiz} x ${ytsiz} at (${xtosiz}, ${ytosiz}), misses the image area`);
  }
  format.components.forEach(({ xrsiz, yrsiz }, c) => {
    if (componentSize(xosiz, format.width, xrsiz) < 1 || componentSize(yosiz, format.height, yrsiz) < 1) {
      throw usage('option-value', `component ${c} has no sample in the image area`);
    }
  });
  return { rsiz, xsiz, ysiz, xosiz, yosiz, xtsiz, ytsiz, xtosiz, ytosiz, components: format.components };
}

function checkLimits(siz: Siz, limits: Limits): void {
  const tiles = numXTiles(siz) * numYTiles(siz);
  if (tiles > 65535) throw usage('option-value', `${tiles} tiles, more than 65535: choose larger tiles`);
  if (tiles > limits.tiles) throw overLimit('limit-tiles', `${tiles} tiles, the limit is ${limits.tiles}`);
  if (siz.components.length > limits.components) {
    const found = siz.components.length;
    throw overLimit('limit-components', `${found} components, the limit is ${limits.components}`);
  }
}

function reversibleOf(options: EncodeOptions, last: Rate): boolean {
  const lossless = 'lossless' in last;
  const reversible = options.wavelet === undefined ? lossless : options.wavelet === '5/3';
  if (lossless && !reversible) throw usage('option-value', 'lossless needs the 5/3 filter; the 9/7 filter rounds');
  if (('step' in last || 'qfactor' in last) && reversible) {
    throw usage('option-value', 'a quantiser step needs the 9/7 filter');
  }
  return reversible;
}

function mctOf(siz: Siz, options: EncodeOptions, reversible: boolean): ComponentTransform {
  const wanted = options.mct ?? 'auto';
  if (wanted === 'none') return 'none';
  const [a, b, c] = siz.components;
  const alike =
    c !== undefined &&
    [b, c].every(
      (other) =>
        other.precision === a.precision &&
        other.signed === a.signed &&
        other.xrsiz === a.xrsiz &&
        other.yrsiz === a.yrsiz,
    );
  const kind = reversible ? 'rct' : 'ict';
  if (wanted === 'auto') {
    const { colour } = options;
    const rgb = colour?.icc !== undefined || (colour?.space ?? 'srgb') === 'srgb' || colour?.space === 'esrgb';
    return alike && rgb && !colour?.palette && siz.components.length <= 4 ? kind : 'none';
  }
  if (wanted !== kind) {
    throw usage(
      'option-value',
      `${wanted} does not go with the ${reversible ? '5/3' : '9/7'} filter (15444-1 G.2, G.3)`,
    );
  }
  if (!alike) throw usage('option-value', `${wanted} needs three components of one size and format`);
  return kind;
}

function styleOf(options: EncodeOptions, siz: Siz, reversible: boolean): ComponentCodingStyle {
  const smallest = Math.min(siz.xtsiz, siz.ytsiz, siz.xsiz - siz.xosiz, siz.ysiz - siz.yosiz);
  const numDecompositionLevels = options.levels ?? defaultLevels(smallest);
  const xcb = exponent('codeBlock.width', options.codeBlock?.width ?? 64, 2, 10);
  const ycb = exponent('codeBlock.height', options.codeBlock?.height ?? 64, 2, 10);
  if (xcb + ycb > 12) throw usage('option-value', 'a code-block has at most 4096 samples (15444-1 A.6.1)');
  const s = options.codeBlockStyle ?? {};
  if (isHighThroughput(options) && (s.bypass || s.reset || s.terminate || s.predictable || s.segmentation)) {
    throw usage('option-value', 'of the code-block styles, high throughput has causal only (15444-15 A.4)');
  }
  const codeBlockStyle =
    (isHighThroughput(options) ? STYLE_HIGH_THROUGHPUT : 0) |
    (s.bypass ? STYLE_BYPASS : 0) |
    (s.reset ? STYLE_RESET : 0) |
    (s.terminate ? STYLE_TERMINATE : 0) |
    (s.causal ? STYLE_CAUSAL : 0) |
    (s.predictable ? STYLE_PREDICTABLE : 0) |
    (s.segmentation ? STYLE_SEGMENTATION : 0);
  return {
    numDecompositionLevels,
    xcb,
    ycb,
    codeBlockStyle,
    reversible,
    precincts: precinctsOf(options, numDecompositionLevels),
  };
}

function exponent(name: string, value: number, least: number, most: number): number {
  const log2 = Math.log2(value);
  if (!Number.isInteger(log2) || log2 < least || log2 > most) {
    throw usage('option-value', `${name} must be a power of two from ${2 ** least} to ${2 ** most}, found ${value}`);
  }
  return log2;
}

/** Given from the highest resolution level downward, as other encoders have it; stored from the lowest upward. */
function precinctsOf(options: EncodeOptions, levels: number): number[] | undefined {
  const given = options.precincts;
  if (given === undefined || given.length === 0) return undefined;
  if (given.length > levels + 1) {
    throw usage('option-value', `${given.length} precinct sizes for ${levels + 1} resolution levels`);
  }
  return Array.from({ length: levels + 1 }, (_, r) => {
    const size = given[Math.min(levels - r, given.length - 1)];
    // Table A.21: an exponent of 0 is legal at the lowest level only
    const least = r === 0 ? 0 : 1;
    return (
      exponent('precincts.width', size.width, least, 15) | (exponent('precincts.height', size.height, least, 15) << 4)
    );
  });
}

/** H.1: the shift has to lift the region above every bit-plane of the background. */
function roiShiftOf(c: number, q: Quantization, options: EncodeOptions): number {
  const { roi } = options;
  if (!roi || (roi.components && !roi.components.includes(c))) return 0;
  const least = Math.max(...q.epsilon) + q.guardBits - 1;
  return whole('roi.shift', roi.shift ?? least, least, 37);
}

function segmentsOf(siz: Siz, cod: Cod, q: readonly Quantization[], options: EncodeOptions): HeaderSegments {
  const segments = emptySegments();
  segments.siz = siz;
  segments.cod = cod;
  segments.qcd = q[0];
  q.forEach((one, c) => {
    if (one.epsilon.some((e, b) => e !== q[0].epsilon[b] || one.mu[b] !== q[0].mu[b])) segments.qcc.set(c, one);
  });
  segments.poc.push(...changesOf(siz, cod, options));
  if (options.registration) {
    if (options.registration.length !== siz.components.length) {
      throw usage('option-value', `registration needs one entry for each of ${siz.components.length} components`);
    }
    segments.crg = options.registration.map(({ x, y }) => ({
      xcrg: whole('registration.x * 65536', Math.round(x * 65536), 0, 65535),
      ycrg: whole('registration.y * 65536', Math.round(y * 65536), 0, 65535),
    }));
  }
  for (const comment of options.comments ?? [COMMENT]) {
    if (comment.length > MAX_COMMENT) throw usage('option-value', `a comment has at most ${MAX_COMMENT} bytes`);
    segments.com.push(commentOf(comment));
  }
  return segments;
}

function changesOf(siz: Siz, cod: Cod, options: EncodeOptions): EncodeOptions['progressionChanges'] & object {
  const changes = options.progressionChanges ?? [];
  const numComponents = siz.components.length;
  return changes.map((change, k) => {
    const name = `progressionChanges[${k}]`;
    const { resolutionStart: rs, resolutionEnd: re, componentStart: cs, componentEnd: ce, layerEnd } = change;
    whole(`${name}.resolutionStart`, rs, 0, 32);
    whole(`${name}.resolutionEnd`, re, rs + 1, 33);
    whole(`${name}.componentStart`, cs, 0, numComponents - 1);
    whole(`${name}.componentEnd`, ce, cs + 1, 16384);
    whole(`${name}.layerEnd`, layerEnd, 1, 65535);
    return { ...change, componentEnd: Math.min(ce, numComponents), layerEnd: Math.min(layerEnd, cod.numLayers) };
  });
}

/** A JPH file is for nothing else, so it need not be said. */
function isHighThroughput({ container, coder }: EncodeOptions): boolean {
  return (coder ?? (container === 'jph' ? 'ht' : 'classic')) === 'ht';
}

function containerOf(options: EncodeOptions): EncodePlan['container'] {
  const { container } = options;
  const isHt = isHighThroughput(options);
  if (container === 'jp2' && isHt) {
    throw usage('option-value', 'a JP2 file has no high-throughput code-blocks: container jph (15444-15 D)');
  }
  if (container === 'jph' && !isHt)
    throw usage('option-value', 'a JPH file is for high-throughput code-blocks: coder ht');
  if (options.htRefinement && !isHt)
    throw usage('option-value', 'refinement is for high-throughput code-blocks: coder ht');
  return container ?? (isHt ? 'jph' : 'jp2');
}

function arrangementOf(options: EncodeOptions): Arrangement {
  const m = options.markers ?? {};
  if (m.ppm && m.ppt) throw usage('option-value', 'packed headers go into PPM or PPT, not both (15444-1 A.7.4)');
  return {
    tileParts: options.tileParts ?? 'none',
    plt: m.plt ?? false,
    plm: m.plm ?? false,
    ppm: m.ppm ?? false,
    ppt: m.ppt ?? false,
    tlm: m.tlm ?? false,
  };
}
