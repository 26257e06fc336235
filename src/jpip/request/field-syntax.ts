/**
 * Every request field's grammar in one table, reader and writer side by side (15444-9 Annex C), in the order of the standard.
 *
 * The clause of a field goes into complaints about it. A value comes here decoded from percent-encoding.
 */
import { formatContext, parseContext } from './context-field.ts';
import type { JpipRequest, Preference, ReturnType, Rounding } from './fields.ts';
import {
  type FieldContext,
  fieldError,
  formatDecimal,
  formatList,
  formatNestedList,
  formatRange,
  formatSampledRange,
  formatText,
  formatToken,
  formatUint,
  formatYesNo,
  parseDecimal,
  parseList,
  parseNestedList,
  parsePair,
  parseRange,
  parseSampledRange,
  parseText,
  parseToken,
  parseUint,
  parseYesNo,
  unwritable,
} from './grammar.ts';
import { formatMetadataRequests, parseMetadataRequests } from './metadata-request.ts';
import { formatModel, formatTilePartModel, parseModel, parseTilePartModel } from './model-field.ts';

/** The fields that are known. */
export type KnownFields = Required<Omit<JpipRequest, 'unknown'>>;

/** What reading a field is bounded by. */
export interface FieldBounds {
  readonly maxStatements?: number;
}

/** How one field is read and written. */
export interface FieldSyntax<T> {
  readonly clause: string;
  readonly parse: (text: string, field: FieldContext, bounds: FieldBounds) => T;
  readonly format: (value: T) => string;
}

const ROUNDINGS: readonly Rounding[] = ['round-up', 'round-down', 'closest'];
/** Characters of a target identifier at most (D.2.2). */
const MOST_TID = 255;
/** Dimensions of a frame at most; a file format of more has yet to come. */
const MOST_DIMENSIONS = 16;

/** The grammar of every field. */
export const FIELD_SYNTAX: { readonly [name in keyof KnownFields]: FieldSyntax<KnownFields[name]> } = {
  target: { clause: 'C.2.2', parse: parseText, format: formatText },
  subtarget: {
    clause: 'C.2.3',
    parse: (text, field) => {
      const { first, last, open } = parseRange(text, field);
      return open ? { first } : { first, last: last ?? first };
    },
    format: ({ first, last }) => formatRange(last === undefined ? { first, open: true } : { first, last }),
  },
  tid: { clause: 'C.2.4', parse: parseTid, format: formatTid },
  cid: { clause: 'C.3.2', parse: parseToken, format: formatToken },
  cnew: { clause: 'C.3.3', parse: list(parseToken), format: listed(formatToken) },
  cclose: {
    clause: 'C.3.4',
    parse: (text, field) => (text === '*' ? text : parseList(text, field, parseToken)),
    format: (value) => {
      if (value === '*') return value;
      if (value.length === 1 && value[0] === '*') throw unwritable('identifiers of channels to close');
      return formatList(value, formatToken);
    },
  },
  qid: { clause: 'C.3.5', parse: parseUint, format: formatUint },

  fsiz: {
    clause: 'C.4.2',
    parse: (text, field) => {
      const { sizes, ...rounding } = parseFrame(text, field);
      if (sizes.length !== 2) throw fieldError(field, 'a width and a height', text);
      return { width: sizes[0], height: sizes[1], ...rounding };
    },
    format: ({ width, height, round }) => formatFrame([width, height], round),
  },
  roff: {
    clause: 'C.4.3',
    parse: (text, field) => {
      const [x, y] = parsePair(text, field);
      return { x, y };
    },
    format: ({ x, y }) => formatList([x, y], formatUint),
  },
  rsiz: {
    clause: 'C.4.4',
    parse: (text, field) => {
      const [width, height] = parsePair(text, field);
      return { width, height };
    },
    format: ({ width, height }) => formatList([width, height], formatUint),
  },
  fvsiz: {
    clause: 'C.4.5',
    parse: parseFrame,
    format: ({ sizes, round }) => formatFrame(sizes, round),
  },
  rvoff: { clause: 'C.4.6', parse: parseDimensions, format: listed(formatUint) },
  rvsiz: { clause: 'C.4.7', parse: parseDimensions, format: listed(formatUint) },
  comps: { clause: 'C.4.8', parse: list(parseRange), format: listed(formatRange) },
  stream: { clause: 'C.4.9', parse: list(parseSampledRange), format: listed(formatSampledRange) },
  context: {
    clause: 'C.4.10',
    parse: (text, field) => parseNestedList(text, field, parseContext),
    format: (contexts) => formatNestedList(contexts, formatContext),
  },
  srate: { clause: 'C.4.11', parse: parseDecimal, format: formatDecimal },
  roi: { clause: 'C.4.12', parse: parseText, format: formatText },
  layers: { clause: 'C.4.13', parse: parseUint, format: formatUint },
  mctres: { clause: 'C.4.14', parse: parseUint, format: formatUint },

  metareq: { clause: 'C.5.2', parse: parseMetadataRequests, format: formatMetadataRequests },

  len: { clause: 'C.6.1', parse: parseUint, format: formatUint },
  quality: { clause: 'C.6.2', parse: parseQuality, format: formatQuality },

  align: { clause: 'C.7.1', parse: parseYesNo, format: formatYesNo },
  wait: { clause: 'C.7.2', parse: parseYesNo, format: formatYesNo },
  type: { clause: 'C.7.3', parse: list(parseReturnType), format: listed(formatReturnType) },
  drate: { clause: 'C.7.4', parse: parseDecimal, format: formatDecimal },
  sendto: { clause: 'C.7.5', parse: parseText, format: formatText },
  abandon: { clause: 'C.7.6', parse: parseText, format: formatText },
  barrier: { clause: 'C.7.7', parse: parseText, format: formatText },
  twait: { clause: 'C.7.8', parse: parseText, format: formatText },

  model: {
    clause: 'C.8.1',
    parse: (text, field, bounds) => parseModel(text, { field, ...bounds }),
    format: formatModel,
  },
  tpmodel: {
    clause: 'C.8.3',
    parse: (text, field, bounds) => parseTilePartModel(text, { field, ...bounds }),
    format: formatTilePartModel,
  },
  need: {
    clause: 'C.8.4',
    parse: (text, field, bounds) => parseModel(text, { field, ...bounds }),
    format: (statements) => formatModel(withoutMinus(statements)),
  },
  tpneed: {
    clause: 'C.8.5',
    parse: (text, field, bounds) => parseTilePartModel(text, { field, ...bounds }),
    format: (statements) => formatTilePartModel(withoutMinus(statements)),
  },
  mset: { clause: 'C.8.6', parse: list(parseSampledRange), format: listed(formatSampledRange) },

  upload: { clause: 'C.9.1', parse: parseText, format: formatText },
  cap: { clause: 'C.10.1', parse: list(parseToken), format: listed(formatToken) },
  pref: { clause: 'C.10.2', parse: list(parsePreference), format: listed(formatPreference) },
  csf: { clause: 'C.10.3', parse: parseText, format: formatText },
  handled: { clause: 'C.10.4', parse: parseText, format: formatText },
};

/** The names of all fields, in the order of the standard. */
export const FIELD_NAMES = /* @__PURE__ */ Object.keys(FIELD_SYNTAX) as readonly (keyof KnownFields)[];

/** True for the name of a field that has a grammar. */
export function isFieldName(name: string): name is keyof KnownFields {
  return Object.hasOwn(FIELD_SYNTAX, name);
}

/** Fields whose value may come in parts: each occurrence adds statements to those before. */
export const CACHE_FIELDS: readonly string[] = ['model', 'tpmodel', 'need', 'tpneed'];

function list<T>(parse: (text: string, field: FieldContext) => T) {
  return (text: string, field: FieldContext): T[] => parseList(text, field, parse);
}

function listed<T>(format: (element: T) => string) {
  return (elements: readonly T[]): string => formatList(elements, format);
}

/** Reads a target identifier. */
export function parseTid(text: string, field: FieldContext): string {
  if (text === '' || text.length > MOST_TID) throw fieldError(field, `1 to ${MOST_TID} characters`, text);
  return text;
}

/** Writes a target identifier. */
export function formatTid(tid: string): string {
  if (tid === '' || tid.length > MOST_TID) throw unwritable(`a target identifier of 1 to ${MOST_TID} characters`);
  return tid;
}

/** Reads sizes or offsets along any number of axes. */
export function parseDimensions(text: string, field: FieldContext): number[] {
  const numbers = parseList(text, field, parseUint);
  if (numbers.length > MOST_DIMENSIONS) throw fieldError(field, `at most ${MOST_DIMENSIONS} dimensions`, text);
  return numbers;
}

function parseFrame(text: string, field: FieldContext): { sizes: number[]; round?: Rounding } {
  const comma = text.lastIndexOf(',');
  const round = ROUNDINGS.find((name) => name === text.slice(comma + 1));
  if (comma < 0 || !round) return { sizes: parseDimensions(text, field) };
  return { sizes: parseDimensions(text.slice(0, comma), field), round };
}

function formatFrame(sizes: readonly number[], round: Rounding | undefined): string {
  return formatList(sizes, formatUint) + (round === undefined ? '' : `,${round}`);
}

/** Reads a quality, 0 to 100; -1 says that it is not known. */
export function parseQuality(text: string, field: FieldContext): number {
  const value = text === '-1' ? -1 : parseUint(text, field);
  if (value > 100) throw fieldError(field, 'a quality from 0 to 100', text);
  return value;
}

/** Writes a quality. */
export function formatQuality(value: number): string {
  if (!Number.isInteger(value) || value < -1 || value > 100) throw unwritable('a quality from 0 to 100');
  return String(value);
}

/** Reads one image return type: `jpp-stream;ptype=ext`. */
export function parseReturnType(text: string, field: FieldContext): ReturnType {
  const [name, ...rest] = text.split(';');
  if (name === '') throw fieldError(field, 'an image return type', text);
  if (rest.length === 0) return { name };
  const parameters = rest.map((parameter) => {
    const equals = parameter.indexOf('=');
    if (parameter === '' || equals === 0) throw fieldError(field, 'named parameters of an image return type', text);
    if (equals < 0) return { name: parameter, value: '' };
    return { name: parameter.slice(0, equals), value: parameter.slice(equals + 1) };
  });
  return { name, parameters };
}

/** Writes one image return type. */
export function formatReturnType({ name, parameters = [] }: ReturnType): string {
  const texts = parameters.map((parameter) => {
    if (parameter.name === '' || /[=;,]/.test(parameter.name) || /[;,]/.test(parameter.value)) {
      throw unwritable('parameters of an image return type without delimiters in them');
    }
    return parameter.value === '' ? parameter.name : `${parameter.name}=${parameter.value}`;
  });
  if (name === '' || /[;,]/.test(name)) throw unwritable('an image return type without delimiters in it');
  return [name, ...texts].join(';');
}

/** Reads one preference with its `/r`. */
export function parsePreference(text: string, field: FieldContext): Preference {
  const required = text.endsWith('/r');
  const name = required ? text.slice(0, -2) : text;
  if (name === '') throw fieldError(field, 'a preference', text);
  return { text: name, ...(required ? { required } : {}) };
}

/** Writes one preference. */
export function formatPreference({ text, required }: Preference): string {
  if (text === '' || text.includes(',') || (text.endsWith('/r') && !required)) {
    throw unwritable(`a preference without a comma or /r; found '${text}'`);
  }
  return required ? `${text}/r` : text;
}

function withoutMinus<T extends { readonly subtractive?: boolean }>(statements: readonly T[]): readonly T[] {
  if (statements.some(({ subtractive }) => subtractive))
    throw unwritable('data-bins that are needed, without subtraction');
  return statements;
}
