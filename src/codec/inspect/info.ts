/** What {@link inspect} tells about a file; plain data throughout. */
import type { Progression } from '../codestream/cod.ts';
import type { Diagnostic } from '../errors.ts';
import type { BoxInfo } from '../fileformat/named-boxes.ts';
import type { ColourInfo } from '../image.ts';

/** One component (15444-1 A.5.1). */
export interface ComponentInfo {
  /** Size of the whole component in samples. */
  readonly width: number;
  readonly height: number;
  /** Bits a sample. */
  readonly precision: number;
  readonly signed: boolean;
  /** XRsiz and YRsiz. */
  readonly dx: number;
  readonly dy: number;
}

/** One marker segment. */
export interface SegmentInfo {
  /** `SIZ`, `COD`…, or the code in hexadecimal. */
  readonly name: string;
  readonly offset: number;
  /** Bytes of marker, length field and parameters. */
  readonly length: number;
}

/** One tile-part (15444-1 A.4.2). */
export interface TilePartInfo {
  readonly tile: number;
  readonly part: number;
  /** TNsot; 0 when the file does not say. */
  readonly of: number;
  readonly offset: number;
  readonly length: number;
  /** Bytes of packets. */
  readonly dataLength: number;
  readonly segments: readonly SegmentInfo[];
}

/** How long a prefix of the input must be to hold something. */
export interface PrefixNeed {
  /** All packets of resolution levels 0 to this one… */
  readonly resolution: number;
  /** …and of this many layers… */
  readonly layers: number;
  /** …lie in the first `end` bytes of the input. */
  readonly end: number;
}

/** Bytes that packets take. */
export interface PacketStatistics {
  readonly count: number;
  /** Bytes by resolution level, from the lowest. */
  readonly bytesByResolution: readonly number[];
  /** Bytes by layer, from the first. */
  readonly bytesByLayer: readonly number[];
  /** Bytes by component. */
  readonly bytesByComponent: readonly number[];
}

/** Samples a metre, as the file says. */
export interface ResolutionInfo {
  readonly horizontal: number;
  readonly vertical: number;
}

/** Everything the headers of a file say. */
export interface ImageInfo {
  readonly container: 'codestream' | 'jp2' | 'jpx' | 'jph';
  /** Size of the image area on the reference grid. */
  readonly width: number;
  readonly height: number;
  /** Image offset on the canvas (XOsiz, YOsiz). */
  readonly origin: { readonly x: number; readonly y: number };
  readonly components: readonly ComponentInfo[];
  /** Tile size on the reference grid, offset of the first tile, and the grid. */
  readonly tiles: {
    readonly width: number;
    readonly height: number;
    readonly x: number;
    readonly y: number;
    readonly columns: number;
    readonly rows: number;
  };
  /** Decomposition levels of the main header's COD. */
  readonly levels: number;
  readonly layers: number;
  readonly progression: Progression;
  readonly coder: 'classic' | 'ht' | 'mixed';
  readonly reversible: boolean;
  readonly mct: 'none' | 'rct' | 'ict';
  readonly codeBlock: { readonly width: number; readonly height: number; readonly styles: readonly string[] };
  /** Precinct sizes by resolution level, from the lowest; empty where they are as large as can be. */
  readonly precincts: readonly { readonly width: number; readonly height: number }[];
  readonly quantization: { readonly style: 'none' | 'derived' | 'expounded'; readonly guardBits: number };
  /** Rsiz, and its name where it has one (15444-1 Table A.10). */
  readonly profile: { readonly rsiz: number; readonly name: string | undefined };
  /** Which optional markers are there; PLT, PPT and the like of tile-parts only with `index`. */
  readonly markers: {
    readonly tlm: boolean;
    readonly plt: boolean;
    readonly plm: boolean;
    readonly ppm: boolean;
    readonly ppt: boolean;
    readonly sop: boolean;
    readonly eph: boolean;
    readonly poc: boolean;
    readonly rgn: boolean;
  };
  readonly colour: ColourInfo;
  readonly resolution: { readonly capture?: ResolutionInfo; readonly display?: ResolutionInfo };
  readonly metadata: {
    readonly xml: readonly string[];
    readonly gml?: string;
    readonly geotiff?: Uint8Array;
    readonly xmp?: string;
    readonly uuid: readonly { readonly id: string; readonly data: Uint8Array }[];
  };
  /** Comments of the codestream (COM). */
  readonly comments: readonly string[];
  /** Boxes of the file as a tree; empty for a bare codestream. */
  readonly boxes: readonly BoxInfo[];
  /** Where the codestream lies; without a length it goes on to the end of the input. */
  readonly codestream: { readonly offset: number; readonly length?: number };
  /** Marker segments of the main header. */
  readonly segments: readonly SegmentInfo[];
  /** With `index`: all tile-parts. */
  readonly tileParts?: readonly TilePartInfo[];
  /** With `index`: what packets take. */
  readonly packets?: PacketStatistics;
  /** With `index`: prefix lengths by resolution level (with all layers) and by layer (at full resolution). */
  readonly byteRanges?: readonly PrefixNeed[];
  readonly warnings: readonly Diagnostic[];
}
