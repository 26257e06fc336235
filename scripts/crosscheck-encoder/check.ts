/** One cross-check of the encoder, from picture to verdict. */
import { planesOf } from '../../conformance/decode-case.ts';
import { distanceOf } from '../../conformance/score.ts';
import {
  decodeSync,
  encode,
  type EncodeResult,
  encodeSync,
  Jpeg2000Error,
  type Rate,
  type RawImage,
} from '../../src/index.ts';
import { decodeWithGrok, decodeWithOpenJpeg } from '../../test/support/openjpeg.ts';
import { decodeWithOpenJph } from '../../test/support/openjph.ts';
import type { PgxImage } from '../../test/support/pgx.ts';
import { type Coder, type EncoderCase, makeCase } from './cases.ts';
import { EXCLUSIONS, type Facts, type Oracle, REFUSALS } from './exclusions.ts';
import { makePlanes } from './pictures.ts';

/**
 * How a case went.
 *
 * - `same`: every promise is kept, and both other decoders see what we see
 * - `excluded`: as `same`, but for a decoder that is known to be wrong there
 * - `refused`: the encoder said, rightly, that it cannot be
 * - `different`: a fault of ours until shown otherwise
 */
export type Outcome = 'same' | 'excluded' | 'refused' | 'different';

/** The verdict on one case. */
export interface Verdict {
  readonly item: EncoderCase;
  readonly outcome: Outcome;
  readonly details: readonly string[];
  /** Reasons of the exclusions that were needed. */
  readonly exclusions: readonly string[];
  /** Kinds of promises that were checked. */
  readonly promises: readonly string[];
  readonly file?: Uint8Array;
}

/** A case in a line, to repeat it by hand. */
export function describeCase({ id, seed, picture, options }: EncoderCase): string {
  const components = picture.components.map((c) => `${c.signed ? 's' : 'u'}${c.precision}@${c.dx}x${c.dy}`).join(',');
  const said = JSON.stringify(options, (key, value) => (key === 'mask' ? `${value.length} entries` : value));
  return `${id}: ${picture.kind} ${picture.width}x${picture.height} ${components} (seed ${seed}) ${said}`;
}

/** How often a case is drawn anew when the encoder rightly refuses. */
const ATTEMPTS = 6;

/** Checks case `number` of a seed, with the first attempt that can be encoded. */
export async function checkNumber(seed: number, number: number, coder: Coder = 'classic'): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const verdict = await checkCase(makeCase(seed, number, attempt, coder));
    verdicts.push(verdict);
    if (verdict.outcome !== 'refused') break;
  }
  return verdicts;
}

/** The picture of a case. */
export function imageOf(
  item: EncoderCase,
  planes: readonly Int32Array[] = makePlanes(item.picture, item.seed),
): RawImage {
  const { width, height, components } = item.picture;
  return {
    width,
    height,
    planes: components.map(({ precision, signed, dx, dy }, c) => ({ data: planes[c]!, precision, signed, dx, dy })),
  };
}

/** Encodes, looks after the promises, decodes three times, compares. */
export async function checkCase(item: EncoderCase): Promise<Verdict> {
  const { options, picture } = item;
  const planes = makePlanes(picture, item.seed);
  const image = imageOf(item, planes);
  const details: string[] = [];
  const exclusions: string[] = [];
  const promises: string[] = [];
  const verdict = (outcome: Outcome, file?: Uint8Array): Verdict => {
    return { item, outcome, details, exclusions, promises, ...(file ? { file } : {}) };
  };
  let result: EncodeResult;
  try {
    result = item.seed & 1 ? encodeSync(image, options) : await encode(image, options);
  } catch (error) {
    details.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    if (error instanceof Jpeg2000Error && error.kind === 'usage') {
      const expected = REFUSALS.some(({ code, message }) => code === error.code && message.test(error.message));
      if (expected) return { ...verdict('refused'), details: [error.message] };
    }
    return verdict('different');
  }
  let ours: PgxImage[];
  try {
    ours = planesOf(decodeSync(result.data, { colour: 'native', layout: 'planar', strict: true }));
  } catch (error) {
    details.push(`our strict decode: ${error instanceof Error ? error.stack : String(error)}`);
    return verdict('different', result.data);
  }
  const originals = picture.components.map(({ width, height, precision, signed }, c): PgxImage => {
    return { width, height, precision, signed, data: planes[c]! };
  });
  const rates = listOf(options.rate);
  const lossless = 'lossless' in rates[rates.length - 1]!;
  if (lossless) {
    const difference = differenceOf(ours, originals);
    if (difference) details.push(`not lossless: ${difference}`);
  }
  const psnr = psnrOf(ours, originals);
  checkPromises(item, result, psnr, promises, details);
  const codestream = codestreamOf(result.data);
  const reversible = lossless || options.wavelet === '5/3';
  const wrong: { oracle: Oracle; difference: string }[] = [];
  const oracles = oraclesOf(options);
  const answers = await Promise.all(
    oracles.map((oracle) => DECODERS[oracle](codestream).catch((error: unknown) => String(error))),
  );
  for (const [k, theirs] of answers.entries()) {
    const oracle = oracles[k]!;
    const difference =
      typeof theirs === 'string' ? theirs : differenceOf(ours, theirs, reversible ? undefined : allowedOf);
    if (difference) wrong.push({ oracle, difference });
  }
  // somebody else has to agree with us: the other decoder, or the picture itself, which a lossy one is at least near to
  const near = lossless || psnr > 5;
  const believed = wrong.length < oracles.length || (near && details.length === 0);
  const facts = factsOf(codestream, item);
  for (const { oracle, difference } of wrong) {
    const known = believed && EXCLUSIONS.find((one) => one.oracle === oracle && one.when(item, facts));
    if (known) exclusions.push(`${oracle}: ${known.reason}`);
    else details.push(`${oracle}: ${difference}`);
  }
  return verdict(details.length > 0 ? 'different' : exclusions.length > 0 ? 'excluded' : 'same', result.data);
}

const DECODERS: Readonly<Record<Oracle, (codestream: Uint8Array) => Promise<PgxImage[]>>> = {
  opj_decompress: decodeWithOpenJpeg,
  grk_decompress: decodeWithGrok,
  ojph_expand: decodeWithOpenJph,
};

/** OpenJPH reads high-throughput code-blocks only. */
function oraclesOf({ coder }: EncoderCase['options']): readonly Oracle[] {
  const both = ['opj_decompress', 'grk_decompress'] as const;
  return coder === 'ht' ? [...both, 'ojph_expand'] : both;
}

function listOf(rate: Rate | readonly Rate[] | undefined): readonly Rate[] {
  return rate === undefined ? [{ lossless: true }] : Array.isArray(rate) ? rate : [rate as Rate];
}

/**
 * A PSNR is made by choosing among the passes of code-blocks. Where there are few, or all are alike, or a region comes first in any
 * case, it comes in steps larger than the promise: what is above the target is looked at from so many samples on.
 */
const PSNR_SAMPLES = 30000;

/** The slope of a layer that takes everything is 0, or that of the least code. */
const NO_SLOPE = 2 ** -60;

/**
 * What `rate` promises of sizes and qualities (see `Rate`). How near a size is come to from below is not looked at with high throughput:
 * code-blocks come in as whole sets of passes, and small pictures have few of them.
 */
function checkPromises(
  { options, picture }: EncoderCase,
  result: EncodeResult,
  psnr: number,
  promises: string[],
  details: string[],
): void {
  const rates = listOf(options.rate);
  const { width, height, components } = picture;
  const bits = components.reduce((sum, c) => sum + c.width * c.height * c.precision, 0);
  if (result.bytes !== result.data.length) details.push(`${result.bytes} bytes said, ${result.data.length} made`);
  const numLayers = options.layers ?? rates.length;
  if (result.layers.length !== numLayers) details.push(`${result.layers.length} layers instead of ${numLayers}`);
  if (result.layers.at(-1)!.bytes > result.bytes)
    details.push(`the last layer ends at ${result.layers.at(-1)!.bytes} of ${result.bytes}`);
  for (const [k, rate] of rates.entries()) {
    const layer = result.layers[numLayers - rates.length + k]!;
    const isLast = k === rates.length - 1;
    const most =
      'bytes' in rate
        ? rate.bytes
        : 'bpp' in rate
          ? (rate.bpp * width * height) / 8
          : 'ratio' in rate
            ? bits / 8 / rate.ratio
            : undefined;
    if (most !== undefined) {
      promises.push('bytes');
      const bytes = isLast ? result.bytes : layer.bytes;
      const least = most - Math.max(200, most / 100);
      if (bytes > most + 1e-6) details.push(`layer ${k}: ${bytes} bytes, ${most} asked for`);
      else if (bytes < Math.floor(least) && layer.slope > NO_SLOPE && options.coder !== 'ht')
        details.push(`layer ${k}: only ${bytes} bytes, ${most} asked for`);
    }
    if ('psnr' in rate && isLast) {
      promises.push('psnr');
      const [below, above] = [psnr < rate.psnr - 1e-6, psnr > rate.psnr + 0.1];
      const samples = components.reduce((sum, c) => sum + c.width * c.height, 0);
      const varied = picture.kind === 'scene' && components.every((c) => c.precision > 4) && options.roi === undefined;
      const large = samples >= PSNR_SAMPLES && varied;
      if (below || (above && large && layer.slope > NO_SLOPE))
        details.push(`psnr ${psnr.toFixed(3)}, ${rate.psnr} asked for`);
    }
  }
  if (result.psnrMeasured && Math.abs(psnr - result.psnr) > 1e-6)
    details.push(`psnr ${result.psnr} said, ${psnr} found`);
}

/** As the encoder defines it: errors of all components brought to one depth, against the peak of that depth. */
function psnrOf(ours: readonly PgxImage[], originals: readonly PgxImage[]): number {
  const deepest = Math.max(...originals.map((c) => c.precision));
  let error = 0;
  let samples = 0;
  for (const [c, { data, precision }] of originals.entries()) {
    let sum = 0;
    for (let k = 0; k < data.length; k++) sum += (data[k]! - ours[c]!.data[k]!) ** 2;
    error += sum * 4 ** (deepest - precision);
    samples += data.length;
  }
  return error === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(((2 ** deepest - 1) ** 2 * samples) / error);
}

/**
 * How far decoders may be apart with the 9/7 filter. OpenJPEG and Grok scale high-pass samples by 1.625732422 where 2 / K is
 * 1.625786132 (F.3.8.2), 3.3e-5 less, on both axes and in every subband: up to six steps of 16 bits have been seen where samples jump over the whole range.
 */
export function allowedOf(precision: number): number {
  return 1 + Math.floor(2 ** precision * 1e-4);
}

/** Where two pictures differ by more than is allowed. */
export function differenceOf(
  ours: readonly PgxImage[],
  theirs: readonly PgxImage[],
  allowed: (precision: number) => number = () => 0,
): string | undefined {
  if (ours.length !== theirs.length) return `${theirs.length} components instead of ${ours.length}`;
  for (const [c, plane] of ours.entries()) {
    const reference = theirs[c]!;
    if (shapeOf(plane) !== shapeOf(reference)) {
      return `component ${c} is ${shapeOf(reference)} instead of ${shapeOf(plane)}`;
    }
    const { peak } = distanceOf(plane.data, reference.data);
    if (peak > allowed(plane.precision)) return `component ${c} differs by ${peak}`;
  }
  return undefined;
}

/** What the exclusions ask of a codestream, found by going from tile-part to tile-part (A.4.2). */
function factsOf(codestream: Uint8Array, { picture }: EncoderCase): Facts {
  const view = new DataView(codestream.buffer, codestream.byteOffset, codestream.byteLength);
  let at = 2;
  while (view.getUint16(at) !== 0xff90) at += 2 + view.getUint16(at + 2);
  let emptyTilePart = false;
  while (view.getUint16(at) === 0xff90) {
    const end = at + view.getUint32(at + 6);
    at += 12;
    while (view.getUint16(at) !== 0xff93) at += 2 + view.getUint16(at + 2);
    if (at + 2 === end) emptyTilePart = true;
    at = end;
  }
  const [first] = picture.components;
  const mixed = picture.components.some(
    (c) => c.precision !== first!.precision || c.signed !== first!.signed || c.dx !== first!.dx || c.dy !== first!.dy,
  );
  return {
    mct: view.getUint8(codAt(codestream) + 8) === 1,
    emptyTilePart,
    emptyLowest: hasEmptyLowest(codestream),
    emptyTileComponent: hasEmptyTileComponent(codestream),
    emptyLevel: hasEmptyLevel(codestream),
    exponent: largestExponent(codestream),
    layers: view.getUint16(codAt(codestream) + 6),
    mixed,
  };
}

function codAt(codestream: Uint8Array): number {
  return segmentAt(codestream, 0xff52);
}

function segmentAt(codestream: Uint8Array, marker: number): number {
  const view = new DataView(codestream.buffer, codestream.byteOffset, codestream.byteLength);
  let at = 2;
  while (view.getUint16(at) !== marker) at += 2 + view.getUint16(at + 2);
  return at;
}

/** Of the steps in QCD, two bytes each (Table A.30); those of components that differ are not deeper by more than their samples. */
function largestExponent(codestream: Uint8Array): number {
  const view = new DataView(codestream.buffer, codestream.byteOffset, codestream.byteLength);
  const at = segmentAt(codestream, 0xff5c);
  const end = at + 2 + view.getUint16(at + 2);
  if ((view.getUint8(at + 4) & 31) === 0) return 0;
  let most = 0;
  for (let k = at + 5; k + 2 <= end; k += 2) most = Math.max(most, view.getUint16(k) >> 11);
  return most;
}

/** Whether some tile-component has samples, but none at its lowest resolution level (B-12, B-14), by the codestream's own SIZ and COD. */
export function hasEmptyLowest(codestream: Uint8Array): boolean {
  const view = new DataView(codestream.buffer, codestream.byteOffset, codestream.byteLength);
  const siz = (k: number): number => view.getUint32(8 + 4 * k);
  const scale = 2 ** view.getUint8(codAt(codestream) + 9);
  const axis = (end: number, start: number, tile: number, first: number, distance: number): boolean => {
    for (let at = first; at < end; at += tile) {
      const lo = Math.ceil(Math.max(at, start) / distance);
      const hi = Math.ceil(Math.min(at + tile, end) / distance);
      if (hi > lo && Math.ceil(hi / scale) === Math.ceil(lo / scale)) return true;
    }
    return false;
  };
  for (let c = 0; c < view.getUint16(40); c++) {
    const [dx, dy] = [view.getUint8(43 + 3 * c), view.getUint8(44 + 3 * c)];
    if (axis(siz(0), siz(2), siz(4), siz(6), dx) || axis(siz(1), siz(3), siz(5), siz(7), dy)) return true;
  }
  return false;
}

/** Whether some tile has no sample of some component (B-12). */
function hasEmptyTileComponent(codestream: Uint8Array): boolean {
  const view = new DataView(codestream.buffer, codestream.byteOffset, codestream.byteLength);
  const siz = (k: number): number => view.getUint32(8 + 4 * k);
  const axis = (k: number, distance: number): boolean => {
    for (let at = siz(k + 6); at < siz(k); at += siz(k + 4)) {
      const end = Math.min(at + siz(k + 4), siz(k));
      if (Math.ceil(end / distance) === Math.ceil(Math.max(at, siz(k + 2)) / distance)) return true;
    }
    return false;
  };
  return Array.from({ length: view.getUint16(40) }, (_, c) => c).some(
    (c) => axis(0, view.getUint8(43 + 3 * c)) || axis(1, view.getUint8(44 + 3 * c)),
  );
}

/** Whether some resolution level above the lowest of some tile-component has no sample of its own (B-15). */
export function hasEmptyLevel(codestream: Uint8Array): boolean {
  const view = new DataView(codestream.buffer, codestream.byteOffset, codestream.byteLength);
  const siz = (k: number): number => view.getUint32(8 + 4 * k);
  const levels = view.getUint8(codAt(codestream) + 9);
  /** For each tile in one direction, whether it lacks samples between those of the next level down, by level. */
  const axis = (k: number, distance: number): boolean[][] => {
    const [end, start, tile, first] = [siz(k), siz(k + 2), siz(k + 4), siz(k + 6)];
    const list: boolean[][] = [];
    for (let at = first; at < end; at += tile) {
      const lengthAt = (level: number): number => {
        const scale = distance * 2 ** level;
        return Math.ceil(Math.min(at + tile, end) / scale) - Math.ceil(Math.max(at, start) / scale);
      };
      list.push(Array.from({ length: levels }, (_, n) => lengthAt(n) === lengthAt(n + 1)));
    }
    return list;
  };
  for (let c = 0; c < view.getUint16(40); c++) {
    const [columns, rows] = [axis(0, view.getUint8(43 + 3 * c)), axis(1, view.getUint8(44 + 3 * c))];
    if (columns.some((x) => rows.some((y) => x.some((lacks, n) => lacks && y[n])))) return true;
  }
  return false;
}

function shapeOf({ width, height, signed, precision }: PgxImage): string {
  return `${width}x${height} ${signed ? 's' : 'u'}${precision}`;
}

/** The codestream of a file: the box after the others, found by walking over them (15444-1 I.4). */
export function codestreamOf(file: Uint8Array): Uint8Array {
  if (file[0] === 0xff) return file;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = 0; at < file.length; ) {
    const length = view.getUint32(at);
    if (view.getUint32(at + 4) === 0x6a703263) return file.subarray(at + 8, length === 0 ? file.length : at + length);
    at += length;
  }
  throw new Error('no codestream box');
}
