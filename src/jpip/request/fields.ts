/**
 * The fields of a JPIP request as values (15444-9 Annex C). `parse-request` and `format-request` go between these and text without
 * losing anything: what is not understood is kept in `unknown`.
 */

/** `a`, `a-b` or `a-`, both ends included; `last` undefined for an open end. */
export interface UintRange {
  readonly first: number;
  readonly last?: number;
}

/** A range whose end is written down, so `a-` has `open: true`; with a sampling factor `:step` (C.4.6). */
export interface SampledRange extends UintRange {
  /** True for `a-`, which goes on for ever; otherwise without `last` it is the one number. */
  readonly open?: boolean;
  readonly step?: number;
}

/** How fsiz picks a resolution where none has just that size (C.4.2). */
export type Rounding = 'round-up' | 'round-down' | 'closest';

/** fsiz (C.4.2): the size of the whole image at the resolution that is wanted. */
export interface FrameSize {
  readonly width: number;
  readonly height: number;
  /** Default `round-down`. */
  readonly round?: Rounding;
}

/** One context range of `context` (C.4.7): layers of a JPX, tracks of a movie, or what the standard adds later. */
export interface CodestreamContext {
  /** `jpxl`, `mj2t`, or another name as it stands. */
  readonly kind: string;
  /** Members wanted: compositing layers or one track. */
  readonly ranges: readonly SampledRange[];
  /** `+now` of a track. */
  readonly now?: boolean;
  /** What stands in brackets, as in `s0i1`, `track` or `movie`. */
  readonly geometry?: string;
}

/** One box type of a `metareq` (C.5.1). */
export interface MetadataBox {
  /** Four characters, `_` already turned into a space; or `*`. */
  readonly type: string;
  /** Most bytes of its contents; `headers` for `:r`, only headers. */
  readonly limit?: number | 'headers';
  /** Relevance qualifiers: letters of `w` (window), `s` (stream), `g` (global), `a` (all). */
  readonly relevance?: string;
  /** `!`: to be sent before image data. */
  readonly priority?: boolean;
}

/** One request of `metareq`: `[box;box]Rn Dn`. */
export interface MetadataRequest {
  readonly boxes: readonly MetadataBox[];
  /** Metadata-bin whose contents are the root; default 0. */
  readonly root?: number;
  /** How deep below the root; default: without limit. */
  readonly depth?: number;
}

/** metareq (C.5.1). */
export interface MetadataRequests {
  readonly requests: readonly MetadataRequest[];
  /** `!!`: metadata only, no image data. */
  readonly only?: boolean;
}

/** One image return type (C.7.3). */
export interface ReturnType {
  /** `jpp-stream`, `jpt-stream`, `raw`, or a media type. */
  readonly name: string;
  /** `ptype=ext` or `ttype=ext`, and whatever else follows `;`. */
  readonly parameters?: readonly { readonly name: string; readonly value: string }[];
}

/** A codestream qualifier of model, need, tpmodel and tpneed: `[0-3;7]`. */
export type CodestreamQualifier = readonly SampledRange[];

/** A range, or `*` for all. */
export type RangeOrAll = SampledRange | '*';

/** An explicit bin descriptor: `Hm`, `H3`, `P0-9:120`, `T*`, `M2:L1` (C.8.3). */
export interface ExplicitBins {
  readonly kind: 'explicit';
  readonly bin: 'main-header' | 'tile-header' | 'precinct' | 'tile' | 'metadata';
  /** Undefined for the main header. */
  readonly ids?: RangeOrAll;
  readonly bytes?: number;
  readonly layers?: number;
}

/** An implicit bin descriptor: `t0-3c1r2p*:L4`; what is left out means all (C.8.3). */
export interface ImplicitBins {
  readonly kind: 'implicit';
  readonly tiles?: RangeOrAll;
  readonly components?: RangeOrAll;
  readonly resolutions?: RangeOrAll;
  readonly precincts?: RangeOrAll;
  readonly layers?: number;
}

/** One statement of `model` or `need` with the codestream qualifier that holds for it. */
export interface ModelStatement {
  /** Codestreams it speaks of; undefined: those of the request. */
  readonly codestreams?: CodestreamQualifier;
  /** True for `-`: the client has it no longer. Never in `need`. */
  readonly subtractive?: boolean;
  readonly bins: ExplicitBins | ImplicitBins;
}

/** One statement of `tpmodel` or `tpneed`: tile-parts `4.0`, or `4.0-5.2` (C.8.4). */
export interface TilePartStatement {
  readonly codestreams?: CodestreamQualifier;
  readonly subtractive?: boolean;
  readonly first: { readonly tile: number; readonly part: number };
  readonly last?: { readonly tile: number; readonly part: number };
}

/** One preference of `pref` as it stands, with its `/r` (C.10.2). */
export interface Preference {
  readonly text: string;
  readonly required?: boolean;
}

/** A field that is not known, or whose value made no sense where that is tolerated. Decoded from percent-encoding. */
export interface UnknownField {
  readonly name: string;
  readonly value: string;
}

/** A request. Every field is optional; a missing one is not the same as its default. */
export interface JpipRequest {
  // target (C.2)
  readonly target?: string;
  readonly subtarget?: { readonly first: number; readonly last?: number };
  readonly tid?: string;
  // channel (C.3)
  readonly cid?: string;
  /** Transports that a new channel may have, in the client's order: `http`, `http-tcp`, `http-udp`, or others. */
  readonly cnew?: readonly string[];
  readonly cclose?: '*' | readonly string[];
  readonly qid?: number;
  // view-window (C.4)
  readonly fsiz?: FrameSize;
  readonly roff?: { readonly x: number; readonly y: number };
  readonly rsiz?: { readonly width: number; readonly height: number };
  readonly comps?: readonly SampledRange[];
  readonly stream?: readonly SampledRange[];
  readonly context?: readonly CodestreamContext[];
  /** Codestreams a second. */
  readonly srate?: number;
  /** The name of a region; `dynamic` is special. */
  readonly roi?: string;
  readonly layers?: number;
  // metadata (C.5)
  readonly metareq?: MetadataRequests;
  // limits (C.6)
  readonly len?: number;
  readonly quality?: number;
  // server control (C.7)
  readonly align?: boolean;
  readonly wait?: boolean;
  readonly type?: readonly ReturnType[];
  /** Delivery rate. */
  readonly drate?: number;
  // cache management (C.8, C.9)
  readonly model?: readonly ModelStatement[];
  readonly tpmodel?: readonly TilePartStatement[];
  readonly need?: readonly ModelStatement[];
  readonly tpneed?: readonly TilePartStatement[];
  readonly mset?: readonly SampledRange[];
  // upload, capability, preference (C.10, C.11)
  readonly upload?: string;
  readonly cap?: readonly string[];
  readonly pref?: readonly Preference[];
  readonly csf?: string;
  readonly handled?: string;
  /** What is none of the above, in order. */
  readonly unknown?: readonly UnknownField[];
}
