/**
 * Pictures: what a decode returns, and the colour description that travels with it.
 */
import type { Diagnostic } from './errors.ts';
import type { Rect } from './rect.ts';

/** Any array that can hold samples. */
export type SampleArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

/** One component or channel on its own grid: `data` is row major, `width * height` samples. */
export interface Plane {
  /** Samples per row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Horizontal and vertical distance of samples on the reference grid (XRsiz, YRsiz; 15444-1 A.5.1). */
  readonly dx: number;
  readonly dy: number;
  /** Bits a sample. */
  readonly precision: number;
  readonly signed: boolean;
  readonly data: SampleArray;
}

/** What a channel of a picture means (15444-1 I.5.3.6). */
export interface ChannelInfo {
  readonly kind: 'colour' | 'opacity' | 'premultiplied-opacity' | 'unspecified';
  /** 0 for the whole picture, 1… for the first… colour of the space, 65535 for none. */
  readonly association: number;
}

/** The colour of a picture. */
export interface ColourInfo {
  /** The space the samples are in. `icc` means: see `icc`. `unknown` is a bare codestream or a space we have no name for. */
  readonly space: 'grey' | 'srgb' | 'sycc' | 'esrgb' | 'esycc' | 'cmyk' | 'cielab' | 'icc' | 'unknown';
  /** EnumCS of the colour specification box, where there is one (15444-1 Table I.10; 15444-2 M.11.7.3.1). */
  readonly enumerated?: number;
  /** EP of the colour specification box, where there is one: the parameters of an enumerated space (15444-2 M.11.7.4). */
  readonly parameters?: Uint8Array;
  /** The ICC profile, as stored. */
  readonly icc?: Uint8Array;
  /** One entry a channel, in the order of the samples. */
  readonly channels: readonly ChannelInfo[];
  /** True when the stored samples are indices into a palette (whether or not it has been applied). */
  readonly palette: boolean;
}

/** A decoded picture. */
export interface RasterImage<T extends SampleArray = SampleArray> {
  /** Samples per row of the window, after any reduction. */
  readonly width: number;
  /** Rows of the window, after any reduction. */
  readonly height: number;
  /** Number of channels. */
  readonly channels: number;
  /** Bits a sample: the largest of all channels. */
  readonly precision: number;
  /** True when any channel is signed. */
  readonly signed: boolean;
  /** How `data` is arranged. */
  readonly layout: 'planar' | 'interleaved';
  /** All samples: `[y][x][channel]` when interleaved, `[channel][y][x]` when planar (each plane with its own size). */
  readonly data: T;
  /** The channels one by one, when planar; views of `data` where all have one type. */
  readonly planes?: readonly Plane[];
  /** What the samples mean. */
  readonly colour: ColourInfo;
  /** `partial` when something was missing or damaged: `warnings` says what. */
  readonly status: 'complete' | 'partial';
  /** Everything tolerated on the way. */
  readonly warnings: readonly Diagnostic[];
  /** What it cost. */
  readonly stats: DecodeStats;
}

/** What a decode cost. */
export interface DecodeStats {
  /** Compressed bytes read from the source. */
  readonly bytesRead: number;
  /** Reads made of the source. */
  readonly requests: number;
  /** Code-blocks decoded. */
  readonly codeBlocks: number;
  /** Resolution levels, from the lowest, of which every precinct in the window had data. */
  readonly resolutions: number;
  /** Quality layers that all of those precincts had, at most as many as were asked for. */
  readonly layers: number;
  /** Milliseconds, by the executor's clock. */
  readonly ms: number;
  /** Where they went. The rest is parsing of headers, waiting for other work, and the like. */
  readonly stages: DecodeStages;
}

/** Milliseconds of a decode by stage. */
export interface DecodeStages {
  /** Finding packets and reading their bytes. */
  readonly read: number;
  /** Packet headers (15444-1 B.10). */
  readonly packets: number;
  /** Code-blocks (Annex D), with dequantisation and region shift; with a pool of workers, waiting for them. */
  readonly blocks: number;
  /** Wavelet synthesis (Annex F); with a pool, waiting for rows. */
  readonly transform: number;
  /** Component transform, level shift, clipping, storing (Annex G); with a pool, putting samples where they belong. */
  readonly store: number;
  /** Palette, colour, upsampling, conversion of samples (Annex I). */
  readonly convert: number;
}

/** A tile or strip of a picture with its place in the window. */
export interface RasterTile extends RasterImage {
  /** Where this piece lies in the decoded window, in (reduced) samples. */
  readonly rect: Rect;
}
