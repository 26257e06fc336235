/**
 * The small words of the grammar that request fields and response headers share (15444-9 5.1): numbers, ranges, lists.
 *
 * Every reader takes the text and the field it stands in, which the complaint names. Every writer refuses what its reader
 * would not give back.
 */
import { JpipError } from '../errors.ts';
import type { SampledRange, UintRange } from './fields.ts';

/** Elements of a list at most. Who goes through all codestreams with a list in hand multiplies the two. */
const MOST_ELEMENTS = 1000;

/** The field or header that a value stands in. */
export interface FieldContext {
  readonly name: string;
  readonly clause: string;
  readonly code: 'request-field' | 'response-header';
  /** Where the field begins in the request, where known. */
  readonly offset?: number | undefined;
}

/** A complaint about a value. */
export function fieldError(field: FieldContext, expected: string, found: string): JpipError {
  const shown = found.length > 40 ? `${found.slice(0, 40)}…` : found;
  return new JpipError('malformed', field.code, `${field.name}: expected ${expected}, found '${shown}'`, {
    clause: `15444-9 ${field.clause}`,
    ...(field.offset === undefined ? {} : { offset: field.offset }),
    ...(field.code === 'request-field' ? { status: 400 } : {}),
  });
}

/** A complaint about a list that nobody needs to be so long. */
function tooMany(field: FieldContext, elements: number): JpipError {
  if (field.code === 'response-header')
    return fieldError(field, `a list of at most ${MOST_ELEMENTS}`, `${elements} elements`);
  const place = field.offset === undefined ? {} : { offset: field.offset };
  const message = `${field.name} lists ${elements} elements; the limit is ${MOST_ELEMENTS}`;
  return new JpipError('limit', 'limit-request', message, place);
}

/** A complaint about a value that cannot be written. */
export function unwritable(what: string): JpipError {
  return new JpipError('usage', 'option-value', `expected ${what}`);
}

/** UINT: digits. */
export function parseUint(text: string, field: FieldContext): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw fieldError(field, 'a whole number up to 2^53 - 1', text);
  return value;
}

/** The text of a UINT. */
export function formatUint(value: number): string {
  if (!Number.isSafeInteger(value) || value < 0) throw unwritable('a whole number up to 2^53 - 1');
  return String(value);
}

/** UFLOAT: digits with or without a fraction; no exponent, no sign. */
export function parseDecimal(text: string, field: FieldContext): number {
  const value = /^(?:\d+(?:\.\d*)?|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) throw fieldError(field, 'a decimal number', text);
  return value;
}

/** The text of a UFLOAT: the shortest digits that name the number, without exponent. */
export function formatDecimal(value: number): string {
  if (!Number.isFinite(value) || value < 0) throw unwritable('a decimal number that is not negative');
  const [digits, exponent] = String(value).split('e');
  if (exponent === undefined) return digits;
  const [whole, fraction = ''] = digits.split('.');
  const point = whole.length + Number(exponent);
  const all = whole + fraction;
  if (point <= 0) return `0.${'0'.repeat(-point)}${all}`;
  return all.padEnd(point, '0');
}

/** `x,y`. */
export function parsePair(text: string, field: FieldContext): [number, number] {
  const parts = text.split(',');
  if (parts.length !== 2) throw fieldError(field, 'two numbers', text);
  return [parseUint(parts[0], field), parseUint(parts[1], field)];
}

/** UINT-RANGE: `a`, `a-b` or `a-`. */
export function parseRange(text: string, field: FieldContext): UintRange {
  const match = /^(\d+)(-(\d*))?$/.exec(text);
  if (!match) throw fieldError(field, 'a range such as 3, 3-7 or 3-', text);
  const first = parseUint(match[1], field);
  if (match[2] === undefined) return { first };
  if (match[3] === '') return { first, open: true };
  const last = parseUint(match[3], field);
  if (last < first) throw fieldError(field, 'a range that does not end before it begins', text);
  return { first, last };
}

/** The text of a UINT-RANGE. */
export function formatRange({ first, last, open }: UintRange): string {
  if (open) {
    if (last !== undefined) throw unwritable('a range with an end or without one, not both');
    return `${formatUint(first)}-`;
  }
  if (last === undefined) return formatUint(first);
  if (last < first) throw unwritable('a range that does not end before it begins');
  return `${formatUint(first)}-${formatUint(last)}`;
}

/** A range with or without a sampling factor: `a-b:step`. */
export function parseSampledRange(text: string, field: FieldContext): SampledRange {
  const colon = text.indexOf(':');
  if (colon < 0) return parseRange(text, field);
  const step = parseUint(text.slice(colon + 1), field);
  if (step === 0) throw fieldError(field, 'a sampling factor above 0', text);
  return { ...parseRange(text.slice(0, colon), field), step };
}

/** The text of a range with or without a sampling factor. */
export function formatSampledRange(range: SampledRange): string {
  if (range.step === 0) throw unwritable('a sampling factor above 0');
  return formatRange(range) + (range.step === undefined ? '' : `:${formatUint(range.step)}`);
}

/** A list of at least one element, none of them empty. */
export function parseList<T>(
  text: string,
  field: FieldContext,
  parse: (element: string, field: FieldContext) => T,
  separator = ',',
): T[] {
  return parseElements(text.split(separator), text, field, parse);
}

/** The text of a list. */
export function formatList<T>(elements: readonly T[], format: (element: T) => string, separator = ','): string {
  return elements.map(format).join(separator);
}

/** A list whose elements may have separators of their own inside of `<…>` and `[…]`. */
export function parseNestedList<T>(
  text: string,
  field: FieldContext,
  parse: (element: string, field: FieldContext) => T,
  separator = ',',
): T[] {
  return parseElements(splitOutside(text, separator), text, field, parse);
}

/** The text of such a list. */
export function formatNestedList<T>(elements: readonly T[], format: (element: T) => string, separator = ','): string {
  const text = formatList(elements, format, separator);
  if (splitOutside(text, separator).length !== elements.length)
    throw unwritable('list elements with brackets in pairs');
  return text;
}

function parseElements<T>(
  elements: readonly string[],
  text: string,
  field: FieldContext,
  parse: (element: string, field: FieldContext) => T,
): T[] {
  if (elements.length > MOST_ELEMENTS) throw tooMany(field, elements.length);
  return elements.map((element) => {
    if (element === '') throw fieldError(field, 'a list without empty elements', text);
    return parse(element, field);
  });
}

/** Cuts at separators that are not inside of `<…>` or `[…]`. */
export function splitOutside(text: string, separator: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let k = 0; k < text.length; k++) {
    const character = text[k];
    if (character === '<' || character === '[') depth++;
    else if ((character === '>' || character === ']') && depth > 0) depth--;
    else if (character === separator && depth === 0) {
      parts.push(text.slice(start, k));
      start = k + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

/** A name or an identifier: whatever does not cut a list. */
export function parseToken(text: string, field: FieldContext): string {
  if (text === '' || /[,\s]/.test(text)) throw fieldError(field, 'a token without commas and spaces', text);
  return text;
}

/** The text of a token. */
export function formatToken(token: string): string {
  if (token === '' || /[,\s]/.test(token)) throw unwritable('a token without commas and spaces');
  return token;
}

/** Any text but none. */
export function parseText(text: string, field: FieldContext): string {
  if (text === '') throw fieldError(field, 'a value', text);
  return text;
}

/** The same, written. */
export function formatText(text: string): string {
  if (text === '') throw unwritable('a text that is not empty');
  return text;
}

/** `yes` or `no`. */
export function parseYesNo(text: string, field: FieldContext): boolean {
  if (text !== 'yes' && text !== 'no') throw fieldError(field, "'yes' or 'no'", text);
  return text === 'yes';
}

/** The text of a switch. */
export function formatYesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}
