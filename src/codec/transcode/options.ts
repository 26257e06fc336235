/**
 * What a caller may ask of the transcoder.
 */
import {
  BOOLEAN,
  choicesOf,
  FUNCTION,
  listOf,
  objectOf,
  oneOf,
  type Shape,
  shown,
  thatIs,
  wholeFrom,
  ANYTHING,
  checkFields,
  maybe,
} from '../checks.ts';
import { PROGRESSIONS, type Progression } from '../codestream/cod.ts';
import type { ProgressionChange } from '../codestream/poc.ts';
import type { Diagnostic } from '../errors.ts';
import { usage } from '../errors.ts';
import { METADATA_SHAPE, type MetadataSpec } from '../fileformat/jp2-spec.ts';
import { type Limits, LIMITS_SHAPE } from '../limits.ts';
import type { AbortSignalLike, Bytes, RandomAccessSource } from '../source.ts';

/** A rectangle of tiles: its first column and row in the tile grid, and how many. */
export interface TileRect {
  readonly column: number;
  readonly row: number;
  readonly columns: number;
  readonly rows: number;
}

/** How far a transcode has come. */
export interface TranscodeProgress {
  /** `measure` is there only where something at the beginning of the file speaks of all that follows (TLM, PLM, PPM, new layers). */
  readonly stage: 'measure' | 'write';
  /** Tiles finished and in all. */
  readonly tilesDone: number;
  readonly tiles: number;
  /** 0..1 */
  readonly fraction: number;
}

/**
 * Options of a transcode. What is not given stays as it is in the source. Coefficients are never decoded: what comes out decodes to the
 * same samples, or to those that a decode with `region`, `reduce`, `layers` or `components` gives of the source.
 */
export interface TranscodeOptions {
  /**
   * Block coder of all code-blocks: those of Part 1 become high-throughput ones (15444-15), or the other way round, without a change of
   * a coefficient. Of several quality layers the bytes of a code-block then come in the last one that brings any, so the layers are still
   * there and the steps of quality are not. Default: as the source is.
   */
  readonly coder?: 'classic' | 'ht';
  /**
   * `jp2` or `jph` puts boxes around a bare codestream, `codestream` takes them off; default: as the source is, and `jph` for a file with
   * high-throughput code-blocks only.
   */
  readonly container?: 'codestream' | 'jp2' | 'jph';
  /** A progression order for all tiles; changes of progression (POC) go. (15444-1 B.12) */
  readonly progression?: Progression;
  /** Changes of progression, as POC in the main header. They must name every packet. (A.6.6) */
  readonly progressionChanges?: readonly ProgressionChange[];
  /** Keeps so many quality layers. */
  readonly layers?: number;
  /**
   * Cuts the one quality layer of the source into so many, from small to large. The picture of all layers together is exactly the
   * source's. What is in each of the others is approximate: where code-blocks are not terminated after each coding pass, the bytes of a
   * pass are estimated, on the large side, and slopes are those of typical pictures (see `docs/transcoding.md`).
   */
  readonly insertLayers?: number;
  /**
   * Drops so many of the highest resolution levels. Sizes on the reference grid are divided by 2^reduce where offsets and tile sizes can
   * be; otherwise sample distances (XRsiz, YRsiz) are multiplied, up to 255.
   */
  readonly reduce?: number;
  /** Keeps these components, in ascending order. Those of a component transform (RCT, ICT) stay or go together. */
  readonly components?: readonly number[];
  /** Cuts a rectangle of tiles out as a picture of its own; it keeps its place on the reference grid. */
  readonly crop?: TileRect;
  /**
   * Keeps the contents of these tiles (numbers of the source); the others stay as tiles with nothing in them, that is with empty packets,
   * as many as `limits.codeBlocks` allows.
   */
  readonly tiles?: readonly number[];
  /**
   * Precinct sizes, powers of two, from the highest resolution level downward; the last holds for the rest. Packet headers are written
   * anew. A `precinct-partition` error where code-blocks would have to be cut (15444-1 B.7).
   */
  readonly precincts?: readonly { readonly width: number; readonly height: number }[];
  /** Where a tile is cut into tile-parts: wherever this changes in the progression. Default `none`. */
  readonly tileParts?: 'none' | 'resolution' | 'layer' | 'component';
  /** Marker segments: true to have them in the result, false to be rid of them; default: as in the source. */
  readonly markers?: {
    readonly tlm?: boolean;
    readonly plt?: boolean;
    readonly plm?: boolean;
    readonly ppm?: boolean;
    readonly ppt?: boolean;
    readonly sop?: boolean;
    readonly eph?: boolean;
  };
  /**
   * Boxes beside the JP2 header: `keep` (default), `drop`, or the metadata to have instead. Boxes that say where bytes of the
   * codestream stand (15444-9 Annex I) always go.
   */
  readonly metadata?: 'keep' | 'drop' | MetadataSpec;
  /**
   * An index of the source's packets, as `buildIndex` makes: their headers then need not be followed. It does not say whether tiles have
   * PLT or PPT, so these are only written when they are asked for. Not without waiting.
   */
  readonly index?: Bytes | RandomAccessSource;
  /** What the call may cost; see {@link Limits}. `limits.bytes` bounds what is read of one tile at once where packets are made anew. */
  readonly limits?: Partial<Limits>;
  /** Ends the call; it rejects with the signal's reason. */
  readonly signal?: AbortSignalLike;
  /** True makes everything that was tolerated in the source an error. */
  readonly strict?: boolean;
  /** Called after each tile, and now and then inside large ones. */
  onProgress?(progress: TranscodeProgress): void;
}

/** What a transcode did. */
export interface TranscodeSummary {
  /** Bytes of the source as far as its size is known, and of the result. */
  readonly bytesIn: number | undefined;
  readonly bytes: number;
  /** Packets of the result, and how many of them hold something. */
  readonly packets: number;
  readonly packetsFilled: number;
  readonly tiles: number;
  readonly tileParts: number;
  /** `partial` when packets of the source were missing or damaged; empty ones stand in their place. */
  readonly status: 'complete' | 'partial';
  /** What was tolerated in the source, and what the result could not keep. */
  readonly warnings: readonly Diagnostic[];
  /** Milliseconds, by the executor's clock. */
  readonly ms: number;
}

/** A transcode whose result is in memory. */
export interface TranscodeResult extends TranscodeSummary {
  readonly data: Uint8Array;
}

const LIST_OF_NUMBERS: Shape = (name, value) => {
  listOf(wholeFrom(0, 65535))(name, value);
  const list = value as readonly number[];
  if (list.length === 0) throw usage('option-value', `${name} must name at least one`);
  for (let k = 1; k < list.length; k++) {
    if (list[k] <= list[k - 1])
      throw usage('option-value', `${name} must ascend, found ${list[k]} after ${list[k - 1]}`);
  }
};

const POWER_OF_TWO: Shape = /* @__PURE__ */ (() =>
  thatIs(
    'a power of two up to 32768',
    (value) =>
      Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 32768 && Math.log2(Number(value)) % 1 === 0,
  ))();

const CHANGE = /* @__PURE__ */ (() => ({
  resolutionStart: wholeFrom(0, 32),
  resolutionEnd: wholeFrom(1, 33),
  componentStart: wholeFrom(0, 16383),
  componentEnd: wholeFrom(1, 16384),
  layerEnd: wholeFrom(1, 65535),
  progression: oneOf(PROGRESSIONS),
}))();

const METADATA: Shape = (name, value) => {
  if (value === 'keep' || value === 'drop') return;
  if (typeof value === 'string')
    throw usage('option-value', `${name} must be keep, drop or boxes, found ${shown(value)}`);
  METADATA_SHAPE(name, value);
};

const MARKER_NAMES = ['tlm', 'plt', 'plm', 'ppm', 'ppt', 'sop', 'eph'] as const;

const OPTIONS = /* @__PURE__ */ (() => ({
  coder: oneOf(['classic', 'ht']),
  container: oneOf(['codestream', 'jp2', 'jph']),
  progression: oneOf(PROGRESSIONS),
  progressionChanges: listOf(objectOf(CHANGE)),
  layers: wholeFrom(1, 65535),
  insertLayers: wholeFrom(1, 64),
  reduce: wholeFrom(0, 32),
  components: LIST_OF_NUMBERS,
  crop: objectOf({
    column: wholeFrom(0, 65534),
    row: wholeFrom(0, 65534),
    columns: wholeFrom(1, 65535),
    rows: wholeFrom(1, 65535),
  }),
  tiles: LIST_OF_NUMBERS,
  precincts: listOf(objectOf({ width: POWER_OF_TWO, height: POWER_OF_TWO })),
  tileParts: oneOf(['none', 'resolution', 'layer', 'component']),
  markers: choicesOf(Object.fromEntries(MARKER_NAMES.map((name) => [name, BOOLEAN]))),
  metadata: METADATA,
  limits: LIMITS_SHAPE,
  signal: ANYTHING,
  strict: BOOLEAN,
  onProgress: FUNCTION,
  index: ANYTHING,
}))();

/** Refuses options that cannot be, or that contradict each other. */
export function checkTranscodeOptions(options: unknown): asserts options is TranscodeOptions {
  checkFields('options', '', options, Object.fromEntries(Object.entries(OPTIONS).map(([k, s]) => [k, maybe(s)])));
  const stray = Object.keys(options as object).find((key) => !Object.hasOwn(OPTIONS, key));
  if (stray !== undefined) throw usage('option-value', `a transcode has no option ${shown(stray)}`);
  const { coder, progression, progressionChanges, layers, insertLayers, markers, precincts } =
    options as TranscodeOptions;
  if (progression && progressionChanges) {
    throw usage('option-value', 'progression and progressionChanges exclude each other');
  }
  if (progressionChanges?.length === 0) throw usage('option-value', 'progressionChanges must not be empty');
  if (layers !== undefined && insertLayers !== undefined) {
    throw usage('option-value', 'layers and insertLayers exclude each other');
  }
  if (coder !== undefined && insertLayers !== undefined) {
    throw usage('option-value', 'coder and insertLayers exclude each other: insert layers first');
  }
  if (markers?.ppm && markers.ppt) {
    throw usage('option-value', 'packet headers go into PPM or PPT, not into both (15444-1 A.7.4, A.7.5)');
  }
  if (precincts?.length === 0) throw usage('option-value', 'precincts must not be empty');
}
