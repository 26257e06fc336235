/**
 * What one side knows that the other holds: the cache model (15444-9 C.8), as sets of data-bins by codestream and class.
 *
 * A server keeps one for each session and target and adds what it sends; clients correct it with the statements of `model` and
 * `tpmodel`. A stateless request begins with an empty one. Explicit statements are applied here. Implicit ones speak of tiles,
 * components and resolution levels, which only a codestream's headers can turn into identifiers, so the caller does that.
 */
import { JpipError } from '../errors.ts';
import type { CodestreamQualifier, ExplicitBins, RangeOrAll } from '../request/fields.ts';
import { BIN_CLASS } from '../wire/message.ts';
import { BinSet, type Held } from './bin-set.ts';

/** Classes of the bins that explicit descriptors name. */
export const CLASS_OF_BINS: Readonly<Record<ExplicitBins['bin'], number>> = {
  precinct: BIN_CLASS.precinct,
  'tile-header': BIN_CLASS.tileHeader,
  tile: BIN_CLASS.tile,
  'main-header': BIN_CLASS.mainHeader,
  metadata: BIN_CLASS.metadata,
};

/** Metadata-bins belong to the target and not to a codestream; they are kept under number 0. */
export function modelCodestream(classId: number, codestream: number): number {
  return classId === BIN_CLASS.metadata ? 0 : codestream;
}

/** The data-bins of a target that the other side holds, as far as is known. */
export class CacheModel {
  private readonly sets = new Map<string, BinSet>();

  /** What is held of the bins of a class; made when it is asked for. */
  of(codestream: number, classId: number): BinSet {
    const name = `${modelCodestream(classId, codestream)} ${classId}`;
    let set = this.sets.get(name);
    if (set === undefined) {
      set = new BinSet();
      this.sets.set(name, set);
    }
    return set;
  }

  /** What is held of one bin. */
  held(codestream: number, classId: number, id: number): Held {
    return this.of(codestream, classId).held(id);
  }

  /** Bytes `0 .. bytes` of a bin were sent; `whole` when that is all of it. */
  sent(codestream: number, classId: number, id: number, bytes: number, whole: boolean): void {
    const set = this.of(codestream, classId);
    if (whole) set.addWhole(id);
    else set.addBytes(id, bytes);
  }

  /** The other side holds nothing any more. */
  clear(): void {
    this.sets.clear();
  }

  /** About how many 32-bit words of memory it takes. */
  get cost(): number {
    let sum = 0;
    for (const set of this.sets.values()) sum += 16 + set.cost;
    return sum;
  }

  /** Forgets the codestreams that are not to be kept: those outside of a model-set (C.8.6). Metadata-bins stay. */
  keep(isKept: (codestream: number) => boolean): void {
    for (const name of this.sets.keys()) {
      const [codestream, classId] = name.split(' ').map(Number);
      if (classId !== BIN_CLASS.metadata && !isKept(codestream)) this.sets.delete(name);
    }
  }

  /**
   * Applies an explicit descriptor to one codestream. Bins that are named one by one are taken off a budget; when that is used up the
   * statement is refused.
   *
   * @throws {JpipError} `limit-request`.
   */
  applyExplicit(codestream: number, bins: ExplicitBins, subtractive: boolean, budget: StatementBudget): void {
    const set = this.of(codestream, CLASS_OF_BINS[bins.bin]);
    const { bytes, layers } = bins;
    spend(budget, 1);
    const ids = bins.bin === 'main-header' ? { first: 0 } : bins.ids;
    if (ids === '*' || (ids?.open && ids.first === 0)) {
      const bound = { ...(bytes === undefined ? {} : { bytes }), ...(layers === undefined ? {} : { layers }) };
      const whole = bytes === undefined && layers === undefined;
      spend(budget, 1 + set.numEntries); // it may go through all that is held
      if (subtractive) whole ? set.clear() : set.cutAll(bound);
      else if (whole) set.addAll();
      else set.addToAll(bound);
      return;
    }
    const each = bytes === undefined && layers === undefined ? 1 : PART_COST;
    for (const id of idsOf(ids, budget, each)) applyTo(set, id, { bytes, layers }, subtractive);
  }
}

/** Applies a statement about one bin. */
export function applyTo(
  set: BinSet,
  id: number,
  { bytes, layers }: { readonly bytes?: number | undefined; readonly layers?: number | undefined },
  subtractive: boolean,
): void {
  if (bytes !== undefined) subtractive ? set.cutToBytes(id, bytes) : set.addBytes(id, bytes);
  else if (layers !== undefined) subtractive ? set.cutToLayers(id, layers) : set.addLayers(id, layers);
  else if (subtractive) set.cutToBytes(id);
  else set.addWhole(id);
}

/** The identifiers of a range, which must have an end. */
function* idsOf(range: Exclude<RangeOrAll, '*'> | undefined, budget: StatementBudget, each: number): Generator<number> {
  if (range === undefined) return;
  const { first, last = range.open ? Number.POSITIVE_INFINITY : first, step = 1 } = range;
  spend(budget, (Math.floor((last - first) / step) + 1) * each);
  for (let id = first; id <= last; id += step) yield id;
}

/** A bin that is partly held takes an entry of its own where a whole one takes a bit. */
const PART_COST = 10;

/** Data-bins that the statements of one request may still name one by one. */
export interface StatementBudget {
  left: number;
}

/**
 * Takes bins, or what else costs as much, off a budget.
 *
 * @throws {JpipError} `limit-request` when there are not so many left.
 */
export function spend(budget: StatementBudget, count: number): void {
  budget.left -= count;
  if (budget.left >= 0) return;
  throw new JpipError('limit', 'limit-request', 'the statements about the cache name too many data-bins', {
    clause: '15444-9 C.8.1',
  });
}

/** True when a codestream is among those of a qualifier. */
export function qualifies(qualifier: CodestreamQualifier | undefined, codestream: number): boolean {
  return qualifier === undefined || qualifier.some((range) => inRange(range, codestream));
}

/** True when a number is in a range. */
export function inRange(range: RangeOrAll | undefined, n: number): boolean {
  if (range === undefined || range === '*') return true;
  const { first, last = range.open ? Number.POSITIVE_INFINITY : first, step = 1 } = range;
  return n >= first && n <= last && (n - first) % step === 0;
}
