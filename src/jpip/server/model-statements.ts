/**
 * What a request says of the client's cache: `model` and `tpmodel` change a cache model, `need` and `tpneed` restrict a response
 * (15444-9 C.8).
 */
import { numXTiles } from '../../codec/codestream/siz.ts';
import { tileGeometry } from '../../codec/geometry/tile.ts';
import { numPrecinctsOf } from '../../codec/geometry/tile-component.ts';
import type { LoadOptions } from '../../codec/packets/precinct-source.ts';
import { firstSequenceNumbers, numTilesOf, precinctId, precinctIdBound } from '../bins/bin-id.ts';
import { applyTo, CacheModel, inRange, qualifies, spend, type StatementBudget } from '../bins/cache-model.ts';
import type {
  CodestreamQualifier,
  ExplicitBins,
  ImplicitBins,
  ModelStatement,
  RangeOrAll,
  TilePartStatement,
} from '../request/fields.ts';
import { BIN_CLASS } from '../wire/message.ts';
import type { ServedTarget } from './target.ts';
import type { BinFilter } from './window-delivery.ts';

/** What statements are applied with. */
export interface StatementTools {
  readonly target: ServedTarget;
  /** Codestreams of the request, which statements without a qualifier speak of. */
  readonly codestreams: readonly number[];
  /** Bins that the statements of one request may name one by one. */
  readonly most: number;
  readonly load: LoadOptions;
}

/** Applies the statements of `model` in their order. */
export async function applyModel(
  model: CacheModel,
  statements: readonly ModelStatement[],
  tools: StatementTools,
): Promise<void> {
  const budget = { left: tools.most };
  for (const { codestreams, subtractive = false, bins } of statements) {
    for (const codestream of namedCodestreams(codestreams, tools, budget)) {
      if (bins.kind === 'explicit') {
        const known = await onlyKnown(bins, codestream, tools);
        if (known) model.applyExplicit(codestream, known, subtractive, budget);
      } else await applyImplicit(model, codestream, bins, subtractive, budget, tools);
    }
  }
}

/** An explicit descriptor without the bins that the target cannot have; `undefined` when none are left. */
async function onlyKnown(
  bins: ExplicitBins,
  codestream: number,
  { target, codestreams }: StatementTools,
): Promise<ExplicitBins | undefined> {
  const { ids } = bins;
  if (bins.bin === 'main-header' || ids === undefined || ids === '*') return bins;
  let count = target.metadata.bins.length;
  if (bins.bin !== 'metadata') {
    // codestreams that the request is not about are not opened for it
    const main = codestreams.includes(codestream) ? (await target.codestream(codestream))?.main : undefined;
    if (main === undefined) return bins;
    count = bins.bin === 'precinct' ? precinctIdBound(main) : numTilesOf(main);
  }
  const { first, last = ids.open ? count - 1 : first, step } = ids;
  if (first >= count) return undefined;
  return { ...bins, ids: { first, last: Math.min(last, count - 1), ...(step === undefined ? {} : { step }) } };
}

/** Applies the statements of `tpmodel`: tile-parts, as beginnings of tile data-bins. */
export async function applyTilePartModel(
  model: CacheModel,
  statements: readonly TilePartStatement[],
  tools: StatementTools,
): Promise<void> {
  const budget = { left: tools.most };
  for (const { codestreams, subtractive = false, first, last = first } of statements) {
    for (const number of namedCodestreams(codestreams, tools, budget)) {
      const opened = await tools.target.codestream(number);
      if (opened === undefined) continue;
      const set = model.of(number, BIN_CLASS.tile);
      const end = Math.min(last.tile, numTilesOf(opened.main) - 1);
      for (let tile = first.tile; tile <= end; tile++) {
        spend(budget, TILE_COST);
        const parts = await opened.source.inTurn(opened.source.tilePartsOf(tile), tools.load);
        const from = tile === first.tile ? first.part : 0;
        const to = tile === last.tile ? last.part + 1 : parts.length;
        const lengthOf = (count: number): number =>
          parts.slice(0, count).reduce((sum, part) => sum + part.end - part.offset, 0);
        if (subtractive) set.cutToBytes(tile, lengthOf(from));
        // a tile-part is of use when all before it are held
        else if (from === 0 || set.held(tile).bytes >= lengthOf(from)) {
          if (to >= parts.length) set.addWhole(tile);
          else set.addBytes(tile, lengthOf(to));
        }
      }
    }
  }
}

/** The bins that `need` and `tpneed` name; `undefined` when a request has neither. */
export async function needFilter(
  need: readonly ModelStatement[] | undefined,
  tpneed: readonly TilePartStatement[] | undefined,
  tools: StatementTools,
): Promise<BinFilter> {
  if (need === undefined && tpneed === undefined) return undefined;
  const named = new CacheModel();
  await applyModel(named, need ?? [], tools);
  // which tile-parts of a tile are named makes no difference: a bin is sent from its beginning
  const tiles = (tpneed ?? []).map(({ first, last = first, ...rest }) => ({
    ...rest,
    first: { ...first, part: 0 },
    last,
  }));
  await applyTilePartModel(named, tiles, tools);
  return (codestream, classId, id) => {
    const { whole, bytes, layers } = named.held(codestream, classId, id);
    return whole || bytes > 0 || layers > 0;
  };
}

function namedCodestreams(
  qualifier: CodestreamQualifier | undefined,
  { target, codestreams }: StatementTools,
  budget: StatementBudget,
): readonly number[] {
  if (qualifier === undefined) return codestreams;
  spend(budget, 1 + Math.floor((qualifier.length * target.numCodestreams) / LOOKS_FOR_A_BIN));
  return Array.from({ length: target.numCodestreams }, (_, n) => n).filter((n) => qualifies(qualifier, n));
}

/** What else than naming a bin costs, in bins: a tile whose header is read, and how many looks at ranges. */
const TILE_COST = 50;
const LOOKS_FOR_A_BIN = 50;

/** Works out which precincts an implicit descriptor names. */
async function applyImplicit(
  model: CacheModel,
  number: number,
  bins: ImplicitBins,
  subtractive: boolean,
  budget: StatementBudget,
  { target, load }: StatementTools,
): Promise<void> {
  const { tiles, components, resolutions, precincts, layers } = bins;
  if ([tiles, components, resolutions, precincts].every((range) => range === undefined || range === '*')) {
    const all = { kind: 'explicit', bin: 'precinct', ids: '*', ...(layers === undefined ? {} : { layers }) } as const;
    model.applyExplicit(number, all, subtractive, budget);
    return;
  }
  const opened = await target.codestream(number);
  if (opened === undefined) return;
  const { main, source } = opened;
  const set = model.of(number, BIN_CLASS.precinct);
  for (const t of rectangleOf(tiles, numXTiles(main.siz), numTilesOf(main))) {
    spend(budget, TILE_COST); // its header has to be read
    const header = (await source.packetEnds([{ tile: t, components: [], layers: 0 }], load)).tile(t);
    if (header === undefined) continue;
    const tile = tileGeometry(main, header);
    for (const c of membersOf(components, main.siz.components.length)) {
      const first = firstSequenceNumbers(tile, c);
      for (const resolution of tile.components[c].geometry.resolutions) {
        if (!inRange(resolutions, resolution.r)) continue;
        for (const p of rectangleOf(precincts, resolution.numPrecinctsWide, numPrecinctsOf(resolution))) {
          spend(budget, 1);
          applyTo(set, precinctId(main, t, c, first[resolution.r] + p), { layers }, subtractive);
        }
      }
    }
  }
}

/** The numbers of a range that are below `count`. */
function* membersOf(range: RangeOrAll | undefined, count: number): Generator<number> {
  const {
    first,
    last,
    open,
    step = 1,
  } = range === undefined || range === '*' ? { first: 0, open: true } : { ...range };
  const end = Math.min(count - 1, last ?? (open ? count - 1 : first));
  for (let n = first; n <= end; n += step) yield n;
}

/**
 * Tiles or precincts of a range: two numbers are the top left and the bottom right corner of a rectangle of them, `columns` of which
 * make a row.
 */
function* rectangleOf(range: RangeOrAll | undefined, columns: number, count: number): Generator<number> {
  if (range === undefined || range === '*' || range.open || range.last === undefined) {
    yield* membersOf(range, count);
    return;
  }
  const { first, last } = range;
  const bottom = Math.min(Math.floor(last / columns), Math.ceil(count / columns) - 1);
  for (let y = Math.floor(first / columns); y <= bottom; y++) {
    for (let x = first % columns; x <= last % columns; x++) yield y * columns + x;
  }
}
