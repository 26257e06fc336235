/**
 * What a caller may ask of the decoder, and the checks that turn it into numbers.
 */
import type { BlockPool } from '../block-pool.ts';
import type { Siz } from '../codestream/siz.ts';
import { type Diagnostic, usage } from '../errors.ts';
import type { SampleArray } from '../image.ts';
import type { Limits } from '../limits.ts';
import type { Bounds, Rect } from '../rect.ts';
import type { AbortSignalLike } from '../source.ts';

/** How far a decode has come. */
export interface DecodeProgress {
  /** Tiles finished and tiles in the window. */
  readonly tilesDone: number;
  readonly tiles: number;
  /** Code-blocks decoded so far. */
  readonly codeBlocks: number;
  /** 0..1. */
  readonly fraction: number;
}

/** Options of every decode; all of them are optional. */
export interface DecodeOptions {
  /**
   * The part of the picture to decode, in reference-grid units from the image area's top left corner (for a picture without
   * subsampling: pixels), half-open, cut to the image. Default: all of it. An empty cut is a `usage` error. (15444-1 B.2)
   */
  readonly region?: Rect;
  /** Resolution levels to leave out: the result is 2^reduce times smaller. Default 0. (15444-1 B.5) */
  readonly reduce?: number;
  /** Picks the smallest `reduce` with which the region fits this size; not together with `reduce`. */
  readonly maxSize?: { readonly width: number; readonly height: number };
  /** Quality layers to decode, from the first. Default: all. (15444-1 B.9) */
  readonly layers?: number;
  /** Components to decode, by index in the codestream; implies `colour: 'native'`. Default: all. */
  readonly components?: readonly number[];
  /** Default `interleaved`, which falls back to `planar` where channels have different sizes. */
  readonly layout?: 'planar' | 'interleaved';
  /**
   * `native`: the components as the codestream stores them. `file` (default): the channels of the file, with its palette applied
   * and in the order it defines, values in the file's own colour space. `srgb`: rendered to 8-bit sRGB or grey.
   */
  readonly colour?: 'native' | 'file' | 'srgb';
  /** False leaves out the inverse RCT or ICT (15444-1 Annex G) and gives the coded components. Default true. */
  readonly inverseMct?: boolean;
  /** Brings subsampled components to full size. Default `false`, but `linear` with `colour: 'srgb'`. */
  readonly upsample?: 'nearest' | 'linear' | false;
  /**
   * The type of the samples. `auto` (default): the narrowest that holds the precision. `u8` scales the component's range to
   * 0..255; the others keep values and clamp where they do not fit.
   */
  readonly sample?: 'auto' | 'u8' | 'u16' | 'i16' | 'i32' | 'f32';
  /** Where to write the samples: one array (of the result's type and size), which may lie in shared memory. */
  readonly into?: SampleArray;
  /** r, the place of a reconstructed coefficient within its quantisation interval, 0 <= r < 1. Default 0.5. (15444-1 E.1.1.2) */
  readonly reconstruction?: number;
  /** True makes every tolerated violation an error. Default false. */
  readonly strict?: boolean;
  /** What the call may cost; see {@link Limits}. */
  readonly limits?: Partial<Limits>;
  /** Ends the call; it rejects with the signal's reason. */
  readonly signal?: AbortSignalLike;
  /**
   * Workers that decode code-blocks, as `createPool` of `jp2kit/workers` makes them. The picture is the same with and without; asynchronous
   * calls only. Default: everything is done on this thread.
   */
  readonly pool?: BlockPool;
  /** Called now and then while decoding. */
  onProgress?(progress: DecodeProgress): void;
  /** Called for each tolerated violation when it is found. */
  onWarning?(diagnostic: Diagnostic): void;
}

/** The words that options may be. */
const WORDS = {
  colour: ['native', 'file', 'srgb'],
  layout: ['planar', 'interleaved'],
  upsample: ['nearest', 'linear', false],
  sample: ['auto', 'u8', 'u16', 'i16', 'i32', 'f32'],
} as const;

/** Checks the values that do not depend on the picture. */
export function checkOptions(options: DecodeOptions): void {
  const { reduce, layers, reconstruction, maxSize, region, components, into } = options;
  for (const name of ['colour', 'layout', 'upsample', 'sample'] as const) {
    const value = options[name];
    const words: readonly unknown[] = WORDS[name];
    if (value === undefined || words.includes(value)) continue;
    throw usage('option-value', `${name} must be one of ${words.join(', ')}, found ${String(value)}`);
  }
  if (components !== undefined && !(Array.isArray(components) && components.every(Number.isInteger))) {
    throw usage('option-value', 'components must be an array of whole numbers');
  }
  if (into !== undefined && (!ArrayBuffer.isView(into) || into instanceof DataView)) {
    throw usage('buffer-size', 'into must be a typed array');
  }
  if (reduce !== undefined && !isCount(reduce, 0, 32))
    throw usage('option-value', `reduce must be 0 to 32, found ${reduce}`);
  if (reduce !== undefined && maxSize !== undefined)
    throw usage('option-value', 'reduce and maxSize exclude each other');
  if (layers !== undefined && !isCount(layers, 1, 65535)) {
    throw usage('option-value', `layers must be 1 to 65535, found ${layers}`);
  }
  if (reconstruction !== undefined && !(reconstruction >= 0 && reconstruction < 1)) {
    throw usage('option-value', `reconstruction must be at least 0 and below 1, found ${reconstruction}`);
  }
  if (maxSize && !(maxSize.width >= 1 && maxSize.height >= 1)) {
    throw usage('option-value', 'maxSize must be at least 1 x 1');
  }
  if (region !== undefined && (typeof region !== 'object' || region === null)) {
    throw usage('option-value', 'a region is x, y, width and height');
  }
  if (region && ![region.x, region.y, region.width, region.height].every(Number.isInteger)) {
    throw usage('option-value', 'a region takes whole numbers');
  }
}

function isCount(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

/** The region on the canvas: moved by the image offset, cut to the image area. */
export function canvasRegion(siz: Siz, region: Rect | undefined): Bounds {
  const image = { x0: siz.xosiz, y0: siz.yosiz, x1: siz.xsiz, y1: siz.ysiz };
  if (region === undefined) return image;
  const cut = {
    x0: Math.max(image.x0, image.x0 + region.x),
    y0: Math.max(image.y0, image.y0 + region.y),
    x1: Math.min(image.x1, image.x0 + region.x + region.width),
    y1: Math.min(image.y1, image.y0 + region.y + region.height),
  };
  if (cut.x1 <= cut.x0 || cut.y1 <= cut.y0) {
    const { x, y, width, height } = region;
    throw usage('region-empty', `the region ${width} x ${height} at (${x}, ${y}) holds no sample of the image`);
  }
  return cut;
}

/** The least reduction with which a region fits a size. */
export function reductionFor(region: Bounds, size: { width: number; height: number }, most: number): number {
  for (let d = 0; d < most; d++) {
    const width = Math.ceil(region.x1 / 2 ** d) - Math.ceil(region.x0 / 2 ** d);
    const height = Math.ceil(region.y1 / 2 ** d) - Math.ceil(region.y0 / 2 ** d);
    if (width <= size.width && height <= size.height) return d;
  }
  return most;
}
