/**
 * What a caller says about the boxes of a file to be written: colour and metadata.
 */
import { BYTES, listOf, maybe, NUMBER, objectOf, TEXT } from '../checks.ts';
import type { ChannelInfo, SampleArray } from '../image.ts';

/** Colour of a file to be written. */
export interface ColourSpec {
  /**
   * An enumerated space (15444-1 Table I.10, 15444-2 M.11.7.3.1). Default: grey for up to two channels, else sRGB, or
   * sYCC where the second and third component are subsampled. CMYK, CIELab, e-sRGB and e-sYCC make the file a JPX file.
   */
  readonly space?: 'grey' | 'srgb' | 'sycc' | 'esrgb' | 'esycc' | 'cmyk' | 'cielab';
  /** EP of CIELab, 28 bytes (15444-2 M.11.7.4.1); no other space takes any. */
  readonly parameters?: Uint8Array;
  /** An ICC profile instead. One that is not restricted (15444-1 Table I.9) makes the file a JPX file. */
  readonly icc?: Uint8Array;
  /**
   * What each channel means. Default: the colours in their order; then opacity, if it is one channel more, else
   * unspecified ones.
   */
  readonly channels?: readonly ChannelInfo[];
  /** The picture's samples are indices into this palette. */
  readonly palette?: PaletteSpec;
}

/** A palette (15444-1 I.5.3.4). */
export interface PaletteSpec {
  /** One column a channel: 1 to 1024 entries each, all columns of one length. */
  readonly columns: readonly { readonly precision: number; readonly signed?: boolean; readonly entries: SampleArray }[];
  /** Which component and column make each channel (I.5.3.5); default: component 0 through every column. */
  readonly mapping?: readonly { readonly component: number; readonly column: number | undefined }[];
}

/** Points a metre, horizontally and vertically. */
export interface PointsPerMetre {
  readonly x: number;
  readonly y: number;
}

/** Further boxes of a file to be written. */
export interface MetadataSpec {
  /** Resolution at capture and for display (I.5.3.7). */
  readonly resolution?: { readonly capture?: PointsPerMetre; readonly display?: PointsPerMetre };
  /** XML boxes (I.7.1). */
  readonly xml?: readonly string[];
  /** An XMP packet, in the UUID box Adobe gave it. */
  readonly xmp?: string;
  /** A degenerate GeoTIFF file, in the UUID box of GeoJP2. */
  readonly geotiff?: Uint8Array;
  /** A GML document, in the association boxes of GMLJP2 (OGC 05-047r3). */
  readonly gml?: string;
  /** UUID boxes (I.7.2), ids as 32 hexadecimal digits, with hyphens or without. */
  readonly uuid?: readonly { readonly id: string; readonly data: Uint8Array }[];
}

const POINT = /* @__PURE__ */ objectOf({ x: NUMBER, y: NUMBER });

/** What {@link MetadataSpec} must look like in a call. */
export const METADATA_SHAPE = /* @__PURE__ */ objectOf({
  resolution: maybe(objectOf({ capture: maybe(POINT), display: maybe(POINT) })),
  xml: maybe(listOf(TEXT)),
  xmp: maybe(TEXT),
  geotiff: maybe(BYTES),
  gml: maybe(TEXT),
  uuid: maybe(listOf(objectOf({ id: TEXT, data: BYTES }))),
});
