/**
 * The fields of a JPIP request as values (15444-9 Annex C). `parse-request` and `format-request` go between these and text without
 * losing anything: what is not understood is kept in `unknown`. Clauses are numbered as in the edition of 2023 (T.808 V2), which put the
 * fields of more dimensions in the middle of C.4.
 */

/** `a`, `a-b` or `a-`, both ends included. */
export interface UintRange {
  readonly first: number;
  /** Undefined for one number and for an open end. */
  readonly last?: number;
  /** True for `a-`, which goes on for ever. */
  readonly open?: boolean;
}

/** A range with a sampling factor, `:step`: every so many of it (C.4.9). */
export interface SampledRange extends UintRange {
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

/** A frame of more than two dimensions, `fvsiz` (C.4.5). */
export interface VolumeFrameSize {
  readonly sizes: readonly number[];
  readonly round?: Rounding;
}

/** One context range of `context` (C.4.10): layers of a JPX, tracks of a movie, or what the standard adds later. */
export interface CodestreamContext {
  /** `jpxl`, `mj2t`, or another name. A context of another form stands here as a whole, without ranges. */
  readonly kind: string;
  /** Members wanted: compositing layers or one track. */
  readonly ranges: readonly SampledRange[];
  /** `+now` of a track. */
  readonly now?: boolean;
  /** What stands in brackets, as in `s0i1`, `track` or `movie`. */
  readonly geometry?: string;
}

/** One box type of a `metareq` (C.5.2). */
export interface MetadataBox {
  /** Four characters, `_` already turned into a space; or `*` for every type. */
  readonly type: string;
  /** Most bytes of its contents; `headers` for `:r`, only headers. */
  readonly limit?: number | 'headers';
  /** Relevance qualifiers: letters of `w` (window), `s` (stream), `g` (global), `a` (all). */
  readonly relevance?: string;
  /** `!`: to be sent before image data. */
  readonly priority?: boolean;
}

/** One request of `metareq`: `[box;box]R0D2`. */
export interface MetadataRequest {
  readonly boxes: readonly MetadataBox[];
  /** Metadata-bin whose contents are the root; default 0. */
  readonly root?: number;
  /** How deep below the root; default: without limit. */
  readonly depth?: number;
}

/** metareq (C.5.2). */
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

/** A range, or `*` for all. In requests it has no `step`: what follows a colon there is a count. */
export type RangeOrAll = SampledRange | '*';

/** An explicit bin descriptor: `Hm`, `H3`, `P0-9:120`, `T*`, `M2:L1` (C.8.1). */
export interface ExplicitBins {
  readonly kind: 'explicit';
  readonly bin: 'main-header' | 'tile-header' | 'precinct' | 'tile' | 'metadata';
  /** Undefined for the main header. */
  readonly ids?: RangeOrAll;
  /** The first so many bytes; without a count it is the whole data-bin. */
  readonly bytes?: number;
  /** The first so many quality layers. */
  readonly layers?: number;
}

/** An implicit bin descriptor: `t0-3c1r2p*:L4`; what is left out means all (C.8.1). */
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

/** One statement of `tpmodel` or `tpneed`: tile-parts `4.0`, or `4.0-5.2` (C.8.3). */
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

/** A field that is not known, decoded from percent-encoding. */
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
  readonly fvsiz?: VolumeFrameSize;
  readonly rvoff?: readonly number[];
  readonly rvsiz?: readonly number[];
  readonly comps?: readonly UintRange[];
  readonly stream?: readonly SampledRange[];
  readonly context?: readonly CodestreamContext[];
  /** Codestreams a second. */
  readonly srate?: number;
  /** The name of a region; `dynamic` is special. */
  readonly roi?: string;
  readonly layers?: number;
  /** Resolution levels that multiple component transforms leave out. */
  readonly mctres?: number;
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
  /** Where datagrams go, which of them were given up, and in which order requests count (Annex J), as they stand. */
  readonly sendto?: string;
  readonly abandon?: string;
  readonly barrier?: string;
  readonly twait?: string;
  // cache management (C.8)
  readonly model?: readonly ModelStatement[];
  readonly tpmodel?: readonly TilePartStatement[];
  readonly need?: readonly ModelStatement[];
  readonly tpneed?: readonly TilePartStatement[];
  readonly mset?: readonly SampledRange[];
  // upload, capability, preference (C.9, C.10)
  readonly upload?: string;
  readonly cap?: readonly string[];
  readonly pref?: readonly Preference[];
  readonly csf?: string;
  readonly handled?: string;
  /** What is none of the above, in order. */
  readonly unknown?: readonly UnknownField[];
}
