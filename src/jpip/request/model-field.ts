/**
 * The language of the cache model: `model`, `need`, `tpmodel` and `tpneed` (15444-9 C.8.1 to C.8.5).
 *
 * A field is a list of statements. A codestream qualifier `[…]` stands in front of what it speaks of in one of two ways: as an
 * element of its own (`[0-3],Hm,P*`) it holds until the next one, glued to a statement (`[0-3]Hm`) for that statement only. Both are
 * read; the first is written, except where a statement without a qualifier follows, which could not be said after it.
 */
import { JpipError } from '../errors.ts';
import type {
  CodestreamQualifier,
  ExplicitBins,
  ImplicitBins,
  ModelStatement,
  RangeOrAll,
  TilePartStatement,
} from './fields.ts';
import {
  type FieldContext,
  fieldError,
  formatList,
  formatRange,
  formatSampledRange,
  formatUint,
  parseList,
  parseRange,
  parseSampledRange,
  parseUint,
  splitOutside,
  unwritable,
} from './grammar.ts';

/** How much of a field is read, and which it is. */
export interface ModelFieldOptions {
  /** For complaints. Default `model`. */
  readonly field?: FieldContext;
  /** Statements at most; more are refused. Default: no limit. */
  readonly maxStatements?: number;
}

const MODEL_FIELD: FieldContext = { name: 'model', clause: 'C.8.1', code: 'request-field' };
const TPMODEL_FIELD: FieldContext = { name: 'tpmodel', clause: 'C.8.3', code: 'request-field' };

/** A letter and a range, of which implicit descriptors are made. */
const PARTS = { t: 'tiles', c: 'components', r: 'resolutions', p: 'precincts' } as const;
const BINS = { Hm: 'main-header', H: 'tile-header', P: 'precinct', T: 'tile', M: 'metadata' } as const;
const BIN_LETTERS = { 'main-header': 'Hm', 'tile-header': 'H', precinct: 'P', tile: 'T', metadata: 'M' } as const;

const EXPLICIT = /^(Hm|[HPTM])(\*|\d+(?:-\d*)?)?(?::(L?)(\d+))?$/;
const IMPLICIT = /^((?:[tcrp](?:\*|\d+(?:-\d*)?))+)(?::L(\d+))?$/;
const IMPLICIT_PART = /([tcrp])(\*|\d+(?:-\d*)?)/g;
const TILE_PARTS = /^(\d+)\.(\d+)(?:-(\d+)\.(\d+))?$/;

/**
 * Reads the value of `model` or `need`.
 *
 * @example
 * ```ts
 * parseModel('Hm,-P7:L2'); // the main header is held, of precinct 7 no more than its first two layers
 * ```
 */
export function parseModel(text: string, options: ModelFieldOptions = {}): ModelStatement[] {
  const field = options.field ?? MODEL_FIELD;
  return parseStatements(text, field, options.maxStatements, (statement) => ({ bins: parseBins(statement, field) }));
}

/** Writes the value of `model` or `need`. */
export function formatModel(statements: readonly ModelStatement[]): string {
  return formatStatements(statements, ({ bins }) => formatBins(bins));
}

/** Reads the value of `tpmodel` or `tpneed`. */
export function parseTilePartModel(text: string, options: ModelFieldOptions = {}): TilePartStatement[] {
  const field = options.field ?? TPMODEL_FIELD;
  return parseStatements(text, field, options.maxStatements, (statement) => {
    const match = TILE_PARTS.exec(statement);
    if (!match) throw fieldError(field, 'tile-parts such as 4.0 or 4.0-5.2', statement);
    const [firstTile, firstPart, lastTile, lastPart] = match
      .slice(1)
      .map((digits) => digits && parseUint(digits, field));
    const first = { tile: firstTile as number, part: firstPart as number };
    if (lastTile === undefined) return { first };
    return { first, last: { tile: lastTile as number, part: lastPart as number } };
  });
}

/** Writes the value of `tpmodel` or `tpneed`. */
export function formatTilePartModel(statements: readonly TilePartStatement[]): string {
  const place = ({ tile, part }: TilePartStatement['first']) => `${formatUint(tile)}.${formatUint(part)}`;
  return formatStatements(statements, ({ first, last }) => place(first) + (last ? `-${place(last)}` : ''));
}

/** What statements of both kinds have in common. */
interface Statement {
  readonly codestreams?: CodestreamQualifier;
  readonly subtractive?: boolean;
}

function parseStatements<T>(
  text: string,
  field: FieldContext,
  maxStatements: number | undefined,
  parse: (statement: string) => T,
): (T & Statement)[] {
  const statements: (T & Statement)[] = [];
  const mayTakeAway = field.name === 'model' || field.name === 'tpmodel';
  let codestreams: CodestreamQualifier | undefined;
  let waiting = true; // for a statement, at the start and after a qualifier
  for (const element of splitOutside(text, ',')) {
    const glued = /^\[([^\]]*)\]/.exec(element);
    const own = glued ? parseList(glued[1], field, parseSampledRange, ';') : codestreams;
    const rest = glued ? element.slice(glued[0].length) : element;
    if (glued && rest === '') {
      codestreams = own;
      waiting = true;
      continue;
    }
    if (statements.length === maxStatements) {
      throw new JpipError('limit', 'limit-request', `${field.name} has more than ${maxStatements} statements`, {
        ...(field.offset === undefined ? {} : { offset: field.offset }),
      });
    }
    const subtractive = rest.startsWith('-');
    if (subtractive && !mayTakeAway) throw fieldError(field, 'data-bins without -', rest);
    statements.push({
      ...(own ? { codestreams: own } : {}),
      ...(subtractive ? { subtractive } : {}),
      ...parse(subtractive ? rest.slice(1) : rest),
    });
    waiting = false;
  }
  if (waiting) throw fieldError(field, 'a statement', text);
  return statements;
}

function formatStatements<T extends Statement>(statements: readonly T[], format: (statement: T) => string): string {
  // up to the last statement without a qualifier no qualifier may hold on
  const glueUntil = statements.reduce((last, { codestreams }, k) => (codestreams === undefined ? k : last), -1);
  const elements: string[] = [];
  let holding: string | undefined;
  statements.forEach((statement, k) => {
    let text = (statement.subtractive ? '-' : '') + format(statement);
    if (statement.codestreams !== undefined) {
      if (statement.codestreams.length === 0) throw unwritable('a codestream qualifier that names codestreams');
      const qualifier = `[${formatList(statement.codestreams, formatSampledRange, ';')}]`;
      if (k < glueUntil) text = qualifier + text;
      else if (qualifier !== holding) elements.push(qualifier);
      if (k > glueUntil) holding = qualifier;
    }
    elements.push(text);
  });
  return elements.join(',');
}

function parseBins(text: string, field: FieldContext): ExplicitBins | ImplicitBins {
  const explicit = EXPLICIT.exec(text);
  if (explicit) {
    const [, letters, ids, layersMark, count] = explicit;
    // the main header is alone of its kind; of all others it must be said which
    if ((letters === 'Hm') === (ids === undefined)) {
      return {
        kind: 'explicit',
        bin: BINS[letters as keyof typeof BINS],
        ...(ids === undefined ? {} : { ids: parseIds(ids, field) }),
        ...(count === undefined ? {} : { [layersMark === 'L' ? 'layers' : 'bytes']: parseUint(count, field) }),
      };
    }
  }
  const implicit = IMPLICIT.exec(text);
  if (!implicit) throw fieldError(field, 'a data-bin such as Hm, P3, P0-9:120 or t0c*r1:L2', text);
  const bins: { -readonly [name in keyof ImplicitBins]: ImplicitBins[name] } = { kind: 'implicit' };
  for (const [, letter, range] of implicit[1].matchAll(IMPLICIT_PART)) {
    const part = PARTS[letter as keyof typeof PARTS];
    if (bins[part] !== undefined) throw fieldError(field, `one ${letter}`, text);
    bins[part] = parseIds(range, field);
  }
  if (implicit[2] !== undefined) bins.layers = parseUint(implicit[2], field);
  return bins;
}

function formatBins(bins: ExplicitBins | ImplicitBins): string {
  if (bins.kind === 'explicit') {
    const { bin, ids, bytes, layers } = bins;
    if ((bin === 'main-header') !== (ids === undefined)) throw unwritable('identifiers of data-bins but main headers');
    if (bytes !== undefined && layers !== undefined) throw unwritable('a count of bytes or of layers, not of both');
    const count = bytes !== undefined ? `:${formatUint(bytes)}` : layers !== undefined ? `:L${formatUint(layers)}` : '';
    return BIN_LETTERS[bin] + (ids === undefined ? '' : formatIds(ids)) + count;
  }
  let text = '';
  for (const [letter, part] of Object.entries(PARTS)) {
    const range = bins[part];
    if (range !== undefined) text += letter + formatIds(range);
  }
  if (text === '') throw unwritable('tiles, components, resolution levels or precincts in an implicit descriptor');
  return bins.layers === undefined ? text : `${text}:L${formatUint(bins.layers)}`;
}

function parseIds(text: string, field: FieldContext): RangeOrAll {
  return text === '*' ? '*' : parseRange(text, field);
}

function formatIds(range: RangeOrAll): string {
  if (range === '*') return '*';
  if (range.step !== undefined) throw unwritable('ranges of data-bins without a sampling factor');
  return formatRange(range);
}
