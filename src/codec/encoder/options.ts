/**
 * What a caller may ask of the encoder.
 */
import type { RuledProfile as ProfileName } from '../codestream/profiles.ts';
import type { BlockPool } from '../block-pool.ts';
import type { Progression } from '../codestream/cod.ts';
import type { ProgressionChange } from '../codestream/poc.ts';
import type { ColourSpec, MetadataSpec } from '../fileformat/jp2-spec.ts';
import type { SampleArray } from '../image.ts';
import type { Limits } from '../limits.ts';
import type { Rect } from '../rect.ts';
import type { AbortSignalLike } from '../source.ts';

/** One component's samples and format, for pictures whose components differ. */
export interface RawComponent {
  /** Row major, `width * height` samples of the component's own grid. */
  readonly data: SampleArray;
  /** Bits a sample; default: the picture's. */
  readonly precision?: number;
  /** Default: the picture's. */
  readonly signed?: boolean;
  /** Distance of samples on the reference grid (XRsiz, YRsiz), 1 to 255. Default 1. */
  readonly dx?: number;
  readonly dy?: number;
}

/**
 * A picture to encode. A decoded picture (`RasterImage`) is one too.
 *
 * `width` and `height` are the size of the image area on the reference grid, that is of a component that is not subsampled. A
 * component with sample distances `dx` and `dy` has `ceil((x0 + width) / dx) - ceil(x0 / dx)` columns, x0 being the image offset, and
 * rows likewise (15444-1 B-1, B-2).
 */
export interface RawImage {
  readonly width: number;
  readonly height: number;
  /** Components in `data`. Not needed with `planes`. */
  readonly channels?: number;
  /** All samples in one array, interleaved or plane after plane as `layout` says. Not needed with `planes`. */
  readonly data?: SampleArray;
  /** Default `interleaved`. */
  readonly layout?: 'interleaved' | 'planar';
  /** One array a component, where they differ in size or format, or come apart. Goes before `data`. */
  readonly planes?: readonly RawComponent[];
  /** Bits a sample, 1 to 26. Default: all bits of the array's type; needed for 32-bit arrays and floats. */
  readonly precision?: number;
  /** Default: whether the array's type is. Needed for floats. */
  readonly signed?: boolean;
}

/**
 * How large or how good the result is to be.
 *
 * - `lossless`: every sample comes back (5/3 filter, 15444-1 F.4.8.1).
 * - `bytes`: the whole file is at most so large, and at most 1 % or 200 bytes smaller while there is anything left to add. While samples
 *   stream in without a spill store each part gets its share as it comes, at most 3 % less in all where the parts are alike; what comes
 *   last cannot make up for it when there is nothing in it.
 * - `bpp`: as `bytes`, in bits for each point of the image area.
 * - `ratio`: as `bytes`: the size of the samples, each at its precision, divided by this number.
 * - `psnr`: at least so many decibels, measured by decoding, and at most 0.1 more where there are code-blocks enough to choose from.
 * - `step`: quantiser step in units of one sample value, nothing left out afterwards.
 * - `qfactor`: 1 to 100, as JPEG has it and users of HTJ2K know it: quantiser steps by what the eye sees of them, nothing left out
 *   afterwards. 85 to 90 shows little loss, 100 none.
 */
export type Rate =
  | { readonly lossless: true }
  | { readonly bytes: number }
  | { readonly bpp: number }
  | { readonly ratio: number }
  | { readonly psnr: number }
  | { readonly step: number }
  | { readonly qfactor: number };

export type { ProfileName };

/** Code-block style (15444-1 Table A.19). */
export interface CodeBlockStyle {
  /** Raw bits for the less important passes of deep bit-planes ("lazy"). */
  readonly bypass?: boolean;
  /** Contexts start anew with each coding pass. */
  readonly reset?: boolean;
  /** Each coding pass is a codeword segment of its own. */
  readonly terminate?: boolean;
  /** Contexts do not look into the next stripe. */
  readonly causal?: boolean;
  /** Segments end in a way that a decoder can check. */
  readonly predictable?: boolean;
  /** Four known bits at the end of each bit-plane. */
  readonly segmentation?: boolean;
}

/**
 * A region of interest, coded before everything else (Maxshift, 15444-1 Annex H). The shift doubles the bit-planes, of which 30 are
 * carried: lossless samples may have up to 13 bits, those of a lossy result as many as its quantiser leaves room for.
 */
export interface RegionOfInterest {
  /** Rectangles in reference-grid units from the image area's corner. They may reach beyond the area, but one has to meet it. */
  readonly rects?: readonly Rect[];
  /** Or a mask over the image area, row major, not 0 inside the region. */
  readonly mask?: Uint8Array;
  /** Components it holds for. Default: all. */
  readonly components?: readonly number[];
  /** Bit-planes to shift by; default: the least that sets the region apart. More is allowed, less is a `usage` error. */
  readonly shift?: number;
}

/** How far an encoder has come. */
export interface EncodeProgress {
  readonly stage: 'transform' | 'code' | 'allocate' | 'write' | 'verify';
  /** Tiles finished and in all. */
  readonly tilesDone: number;
  readonly tiles: number;
  /** 0..1 */
  readonly fraction: number;
}

/** Options of the encoder; all of them are optional. */
export interface EncodeOptions {
  /** Default `jp2`, or `jph` for high-throughput code-blocks, which a JP2 file must not have. */
  readonly container?: 'codestream' | 'jp2' | 'jph';
  /**
   * Block coder: `classic` (Part 1, default), or `ht`, that of high throughput (15444-15, HTJ2K): block coding takes a fifth of
   * the time, files are about a tenth larger, and quality layers have few steps. Default `ht` in a JPH file.
   */
  readonly coder?: 'classic' | 'ht';
  /** Default `{ lossless: true }`. A list asks for one quality layer each, from small to large; only the last may be `lossless`. */
  readonly rate?: Rate | readonly Rate[];
  /**
   * Quality layers when `rate` is not a list; those below the last are spread evenly over the logarithm of size. Default 1. Every
   * precinct has a packet in each layer, and `limits.codeBlocks` bounds the packets too.
   */
  readonly layers?: number;
  /**
   * Refinement passes in high-throughput code-blocks, where a size or a PSNR is asked for: 0.02 to 0.2 dB at the same size for twice the
   * time, and decoders that know the cleanup pass only (Grok's is one) cannot read the file. Default false.
   */
  readonly htRefinement?: boolean;
  /** Default: 5/3 when the last rate is lossless, else 9/7. */
  readonly wavelet?: '5/3' | '9/7';
  /** N_L, 0 to 32. Default 5, or fewer for small pictures. */
  readonly levels?: number;
  /** Default LRCP. (B.12) */
  readonly progression?: Progression;
  /** Changes of progression, written as POC into the main header. They must name every packet. (A.6.6) */
  readonly progressionChanges?: readonly ProgressionChange[];
  /** Tile size; default: one tile. */
  readonly tile?: { readonly width: number; readonly height: number };
  /** XOsiz, YOsiz: the image area's place on the reference grid. Default 0, 0. */
  readonly origin?: { readonly x: number; readonly y: number };
  /** XTOsiz, YTOsiz: the first tile's place; default 0, 0. */
  readonly tileOrigin?: { readonly x: number; readonly y: number };
  /** Powers of two from 4 to 1024, at most 4096 samples. Default 64 x 64. (A.6.1) */
  readonly codeBlock?: { readonly width: number; readonly height: number };
  /** Precinct sizes, powers of two, from the highest resolution level downward; the last holds for the rest. Default: 2^15. */
  readonly precincts?: readonly { readonly width: number; readonly height: number }[];
  readonly codeBlockStyle?: CodeBlockStyle;
  /** Component transform. `auto` (default): RCT or ICT when the first three components are alike, and hold colour. */
  readonly mct?: 'auto' | 'none' | 'rct' | 'ict';
  readonly roi?: RegionOfInterest;
  /** G, 0 to 7. Default 2, or more where a component transform of deep samples needs it. (E-2) */
  readonly guardBits?: number;
  /** `derived` writes one step and lets E-5 give the others. Default `expounded`. (Table A.28) */
  readonly quantization?: 'expounded' | 'derived';
  /** `visual` weighs errors as the eye sees them at a normal distance; default `none`: mean squared error. */
  readonly weights?: 'none' | 'visual';
  /** Where a tile is cut into tile-parts: wherever this changes in the progression. Default `none`. */
  readonly tileParts?: 'none' | 'resolution' | 'layer' | 'component';
  /** Marker segments to write. Default: none. */
  readonly markers?: {
    readonly tlm?: boolean;
    readonly plt?: boolean;
    readonly plm?: boolean;
    readonly ppm?: boolean;
    readonly ppt?: boolean;
    readonly sop?: boolean;
    readonly eph?: boolean;
  };
  /** Component registration (CRG): offsets as fractions of the sample distance, one entry a component. (A.9.1) */
  readonly registration?: readonly { readonly x: number; readonly y: number }[];
  /** Comments (COM): text in Latin-1, or bytes. Default: one that names the encoder; an empty list for none. (A.9.2) */
  readonly comments?: readonly (string | Uint8Array)[];
  /**
   * A set of rules; see `PROFILES`. Fills in what is not given, and refuses what it forbids. The rate is filled in for cinema (the
   * size of a frame at `frameRate`), for broadcast (the bits of the frame's main level at `frameRate`, at most 3 for each sample) and
   * for archive (lossless).
   */
  readonly profile?: ProfileName;
  /** Frames a second, for the sizes and levels of the profiles for moving pictures. Default 24. */
  readonly frameRate?: number;
  /** Colour of the file. Default: grey or sRGB by the number of components, the rest as opacity or unspecified. */
  readonly colour?: ColourSpec;
  /** Further boxes of the file. */
  readonly metadata?: MetadataSpec;
  /** Decode the result and compare: a difference in a lossless result, or below a promised PSNR, is an error. Default false. */
  readonly verify?: boolean;
  /** What the call may cost; see {@link Limits}. */
  readonly limits?: Partial<Limits>;
  /** Ends the call; it rejects with the signal's reason. */
  readonly signal?: AbortSignalLike;
  /**
   * Codes code-blocks on other threads: `createPool` of `jp2kit/workers`. The result is the same to the byte. Default: on this thread. Of no
   * use to `encodeSync`, which cannot wait.
   */
  readonly pool?: BlockPool;
  /** Called now and then. */
  onProgress?(progress: EncodeProgress): void;
}

/** One quality layer of a result. */
export interface LayerSummary {
  /** Bytes of the file cut after this layer: headers, and the packets of this and all layers before it. */
  readonly bytes: number;
  /** Slope at which the layer was cut: decrease of squared error for one more byte. 0 when everything is in. */
  readonly slope: number;
}

/** Milliseconds by stage of an encode, by the executor's clock. Planning and decoding to verify are none of them. */
export interface EncodeStages {
  /** Samples into planes: level shift and component transform; where workers do it, it counts with `transform`. */
  readonly load: number;
  /** Wavelet analysis. */
  readonly transform: number;
  /** Quantisation and block coding, with the hulls of the code-blocks. */
  readonly blocks: number;
  /** Sharing out coding passes to quality layers. */
  readonly rate: number;
  /** Packets and markers, and for a stream of tiles or rows the waiting for its sink. */
  readonly write: number;
}

/** How an encode went. */
export interface EncodeStats {
  readonly stages: EncodeStages;
}

/** What came out of an encode. */
export interface EncodeSummary {
  /** Size of the file. */
  readonly bytes: number;
  /** Bits for each point of the image area. */
  readonly bpp: number;
  /** Size of the samples, each at its precision, divided by `bytes`. */
  readonly ratio: number;
  /** Decibels over all components; measured with `verify` or a `psnr` rate, else estimated. `Infinity` for lossless. */
  readonly psnr: number;
  readonly psnrMeasured: boolean;
  /** Whether a rate was shared out over the whole picture, or followed while it was written. */
  readonly rateControl: 'none' | 'global' | 'running';
  readonly layers: readonly LayerSummary[];
  readonly codeBlocks: number;
  /** Milliseconds, by the executor's clock. */
  readonly ms: number;
  /** Where they went. */
  readonly stats?: EncodeStats;
}

/** A finished file. */
export interface EncodeResult extends EncodeSummary {
  readonly data: Uint8Array;
}
