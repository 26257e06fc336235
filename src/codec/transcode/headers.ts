/**
 * The headers of a result, made from those of the source: which tiles, components, resolution levels and layers stay, and what the
 * segments that speak of them have to say then (15444-1 Annex A).
 */
import type { Cod, ComponentCodingStyle } from '../codestream/cod.ts';
import { type TileHeader, tileComponentParametersOf } from '../codestream/coding-parameters.ts';
import type { HeaderSegments } from '../codestream/header-segments.ts';
import type { MainHeader } from '../codestream/main-header.ts';
import type { ProgressionChange } from '../codestream/poc.ts';
import * as M from '../codestream/markers.ts';
import type { Quantization } from '../codestream/qcd.ts';
import { numXTiles, numYTiles, type Siz } from '../codestream/siz.ts';
import { type DiagnosticLog, usage } from '../errors.ts';
import type { Arrangement } from '../packets/arrangement.ts';
import { croppedSiz, reducedSiz } from './canvas.ts';
import type { TranscodeOptions } from './options.ts';
import { type BlockRecoder, recodedStyle } from './recoded-block.ts';

/** What becomes of a picture. */
export interface TranscodePlan {
  readonly source: MainHeader;
  /** The main header of the result, without what belongs to the arrangement. */
  readonly main: MainHeader;
  readonly options: TranscodeOptions;
  /** Number of each of the result's tiles in the source. */
  readonly tiles: readonly number[];
  /** Number of each of the result's components in the source. */
  readonly components: readonly number[];
  /** Tiles of the source whose packets are kept; `undefined` for all. */
  readonly filled: ReadonlySet<number> | undefined;
  /** Resolution levels that are dropped. */
  readonly reduce: number;
  /** Packets are taken apart to code-blocks and their headers written anew. */
  readonly rebuild: boolean;
  /** Where code-blocks change their coder: who does it. */
  readonly recoder: BlockRecoder | undefined;
}

/** Profile numbers in Rsiz, between its extension bits (15444-1 Table A.10). */
const PROFILE_BITS = 0x0fff;

/** The lowest bit-planes of Rsiz that say which part of the standard is used. */
const EXTENSION_BITS = 0xc000;

/** Works out the headers of a result. What a profile in Rsiz may no longer hold for is told in `log`. */
export function planTranscode(
  source: MainHeader,
  options: TranscodeOptions,
  log: DiagnosticLog,
  recoder: BlockRecoder | undefined,
): TranscodePlan {
  const { reduce = 0, crop } = options;
  const numComponents = source.siz.components.length;
  const components = options.components ?? Array.from({ length: numComponents }, (_, c) => c);
  const beyond = components.find((c) => c >= numComponents);
  if (beyond !== undefined) {
    throw usage('component-missing', `component ${beyond} was asked for, the picture has ${numComponents}`);
  }
  const plan = {
    source,
    options,
    components,
    tiles: tilesOf(source.siz, options),
    filled: options.tiles && new Set(checkedTiles(source.siz, options)),
    reduce,
    rebuild: options.precincts !== undefined || options.insertLayers !== undefined || options.coder !== undefined,
    recoder,
  };
  const cropped = crop ? croppedSiz(source.siz, crop) : source.siz;
  const kept: Siz = { ...cropped, components: components.map((c) => cropped.components[c]) };
  const siz = { ...reducedSiz(kept, reduce), rsiz: rsizOf(source, options, log) };
  const poc = pocOf(plan, source.segments.poc, source.cod, 'main');
  const main: MainHeader = {
    ...source,
    siz,
    cod: codOf(plan, source.cod),
    qcd: quantizationOf(plan, source.qcd),
    segments: { ...segmentsOf(plan, source.segments), poc, tlm: [], plm: [], ppm: [] },
  };
  return { ...plan, main };
}

/** The header of a tile of the result, from that of the tile in the source. */
export function tileHeaderOf(plan: TranscodePlan, tile: number, header: TileHeader): TileHeader {
  const { segments } = header;
  const own: HeaderSegments = {
    ...segmentsOf(plan, segments),
    ...(segments.cod ? { cod: codOf(plan, segments.cod) } : {}),
    ...(segments.qcd ? { qcd: quantizationOf(plan, segments.qcd) } : {}),
    poc: pocOf(plan, segments.poc, header.cod, 'tile'),
  };
  return { tile, cod: codOf(plan, header.cod), segments: own };
}

/** Refuses to drop more resolution levels than a tile-component has that is kept. */
export function checkLevels({ source, components, reduce }: TranscodePlan, tile: TileHeader): void {
  for (const c of components) {
    const { numDecompositionLevels: levels } = tileComponentParametersOf(source, tile, c).style;
    if (levels >= reduce) continue;
    const message = `reduce is ${reduce}, and component ${c} of tile ${tile.tile} has ${levels} decomposition levels`;
    throw usage('option-value', message, { clause: '15444-1 A.6.1' });
  }
}

/** How a tile is arranged in the result: what the options do not say is as in the source. */
export function arrangementOf(plan: TranscodePlan, header: TileHeader | undefined): Arrangement {
  const { options, source } = plan;
  const { markers = {}, tileParts = 'none' } = options;
  const has = (marker: number): boolean => header?.segments.places.some((place) => place.marker === marker) ?? false;
  // packed in one place or the other: to ask for one is to leave the other
  const ppm = markers.ppm ?? (source.segments.ppm.length > 0 && !markers.ppt);
  return {
    tileParts,
    tlm: markers.tlm ?? source.segments.tlm.length > 0,
    plm: markers.plm ?? source.segments.plm.length > 0,
    plt: markers.plt ?? has(M.PLT),
    ppm,
    ppt: !ppm && (markers.ppt ?? has(M.PPT)),
  };
}

/** Layers of a tile in the result. */
export function numLayersOf(options: TranscodeOptions, numLayers: number): number {
  return options.insertLayers ?? Math.min(options.layers ?? numLayers, numLayers);
}

function tilesOf(siz: Siz, { crop }: TranscodeOptions): number[] {
  const columns = numXTiles(siz);
  const rect = crop ?? { column: 0, row: 0, columns, rows: numYTiles(siz) };
  const tiles: number[] = [];
  for (let y = 0; y < rect.rows; y++) {
    for (let x = 0; x < rect.columns; x++) tiles.push((rect.row + y) * columns + rect.column + x);
  }
  return tiles;
}

function checkedTiles(siz: Siz, { tiles = [] }: TranscodeOptions): readonly number[] {
  const count = numXTiles(siz) * numYTiles(siz);
  const beyond = tiles.find((t) => t >= count);
  if (beyond !== undefined) throw usage('option-value', `tile ${beyond} was asked for, the picture has ${count}`);
  return tiles;
}

/** A profile is a promise about sizes, order and rates, which nobody can make for a picture that has been changed. */
function rsizOf(source: MainHeader, options: TranscodeOptions, log: DiagnosticLog): number {
  const { rsiz } = source.siz;
  const { markers = {}, tileParts } = options;
  const arrangementOnly =
    options.progression === undefined &&
    options.progressionChanges === undefined &&
    options.layers === undefined &&
    options.insertLayers === undefined &&
    options.reduce === undefined &&
    options.components === undefined &&
    options.crop === undefined &&
    options.tiles === undefined &&
    options.precincts === undefined &&
    options.coder === undefined &&
    tileParts === undefined &&
    Object.keys(markers).length === 0;
  if (arrangementOnly || (rsiz & PROFILE_BITS) === 0) return rsiz;
  log.note(
    'profile',
    `the profile 0x${rsiz.toString(16)} in Rsiz is left out: nobody checked that the result keeps to it`,
    {
      clause: '15444-1 A.5.1',
    },
  );
  return rsiz & EXTENSION_BITS;
}

type Kept = Pick<TranscodePlan, 'options' | 'components' | 'reduce'>;

function codOf(plan: Kept, cod: Cod): Cod {
  const { options } = plan;
  return {
    ...cod,
    progression: options.progression ?? cod.progression,
    numLayers: numLayersOf(options, cod.numLayers),
    sop: options.markers?.sop ?? cod.sop,
    eph: options.markers?.eph ?? cod.eph,
    mct: mctOf(plan, cod),
    style: styleOf(plan, cod.style),
  };
}

/** A.6.1, G.2, G.3: the transform mixes components 0 to 2, so each of them needs the others. */
function mctOf({ components, options }: Kept, cod: Cod): boolean {
  if (!cod.mct || options.components === undefined) return cod.mct;
  const mixed = components.filter((c) => c < 3).length;
  if (mixed === 3 || mixed === 0) return mixed === 3;
  const kept = components.filter((c) => c < 3).join(' and ');
  throw usage(
    'component-transform',
    `components 0 to 2 were transformed together and cannot be parted: only ${kept} asked for`,
    { clause: '15444-1 G.2' },
  );
}

function styleOf({ options, reduce }: Kept, style: ComponentCodingStyle): ComponentCodingStyle {
  // a style that no tile-component of the result has may have fewer levels; those that count are looked at tile by tile
  const levels = Math.max(0, style.numDecompositionLevels - reduce);
  return {
    ...style,
    codeBlockStyle: options.coder ? recodedStyle(style.codeBlockStyle, options.coder) : style.codeBlockStyle,
    numDecompositionLevels: levels,
    precincts: options.precincts ? precinctBytes(options.precincts, levels) : style.precincts?.slice(0, levels + 1),
  };
}

/** PPx and PPy by resolution level from the lowest, of sizes that begin at the highest (Table A.21). */
function precinctBytes(sizes: NonNullable<TranscodeOptions['precincts']>, levels: number): number[] {
  return Array.from({ length: levels + 1 }, (_, r) => {
    const { width, height } = sizes[Math.min(levels - r, sizes.length - 1)];
    if (r > 0 && (width === 1 || height === 1)) {
      throw usage('option-value', 'precincts of one row or column are only possible at the lowest resolution level', {
        clause: '15444-1 Table A.21',
      });
    }
    return (Math.log2(height) << 4) | Math.log2(width);
  });
}

/** Step sizes go from the lowest resolution level upward, one for LL and three for each level; E-5 counts from LL too. */
function quantizationOf({ reduce }: Kept, quantization: Quantization): Quantization {
  if (quantization.style === 'derived') return quantization;
  const count = Math.max(1, quantization.epsilon.length - 3 * reduce);
  return { ...quantization, epsilon: quantization.epsilon.slice(0, count), mu: quantization.mu.slice(0, count) };
}

/** The segments that speak of components, by their new numbers. COD and QCD, POC and the arrangement are others' business. */
function segmentsOf(plan: Kept, segments: HeaderSegments): HeaderSegments {
  const { components, reduce } = plan;
  const { coc, qcc, rgn, crg, cod: _, qcd: __, ...rest } = segments;
  const scale = 2 ** reduce;
  const of = <T, U>(map: ReadonlyMap<number, T>, change: (value: T) => U): Map<number, U> => {
    const kept = new Map<number, U>();
    components.forEach((from, c) => {
      const value = map.get(from);
      if (value !== undefined) kept.set(c, change(value));
    });
    return kept;
  };
  // A.9.1: in units of 1/65536 of the distance of samples, which has grown
  const shrunk = crg && components.map((c) => crg[c]).filter((entry) => entry !== undefined);
  return {
    ...rest,
    coc: of(coc, (style) => styleOf(plan, style)),
    qcc: of(qcc, (quantization) => quantizationOf(plan, quantization)),
    rgn: of(rgn, (shift) => shift),
    tlm: [],
    plm: [],
    plt: [],
    ppm: [],
    ppt: [],
    ...(shrunk
      ? { crg: shrunk.map(({ xcrg, ycrg }) => ({ xcrg: Math.round(xcrg / scale), ycrg: Math.round(ycrg / scale) })) }
      : {}),
  };
}

/** POC of the result: what was asked for, or the source's in the new numbers (A.6.6). */
function pocOf(
  plan: Kept & { readonly source: MainHeader },
  changes: readonly ProgressionChange[],
  cod: Cod,
  where: 'main' | 'tile',
): ProgressionChange[] {
  const { options, components, reduce } = plan;
  if (options.progressionChanges) return where === 'main' ? [...options.progressionChanges] : [];
  if (options.progression || changes.length === 0) return [];
  const kept: ProgressionChange[] = [];
  for (const change of changes) {
    const componentStart = components.filter((c) => c < change.componentStart).length;
    const componentEnd = components.filter((c) => c < change.componentEnd).length;
    // levels are counted from the lowest, so none but the last is different; a change for dropped levels only has nothing to order
    const resolutionEnd = Math.min(change.resolutionEnd, 33 - reduce);
    // tiles may have more layers than the main header's COD says, so only what was asked for is a bound
    const layerEnd = options.insertLayers ?? Math.min(change.layerEnd, options.layers ?? change.layerEnd);
    if (componentStart >= componentEnd || change.resolutionStart >= resolutionEnd) continue;
    kept.push({ ...change, componentStart, componentEnd, resolutionEnd, layerEnd });
  }
  if (kept.length > 0) return kept;
  // nothing of it is left, and a header without POC would let another one's hold
  const all = { resolutionStart: 0, resolutionEnd: 33, componentStart: 0, componentEnd: components.length };
  return [{ ...all, layerEnd: options.insertLayers ?? options.layers ?? 65535, progression: cod.progression }];
}
