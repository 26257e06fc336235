/**
 * Checks of what a call holds, before anything is done with it: small functions that can be put together to say what an object must
 * look like. Whatever does not fit is a `usage` error that names the place.
 */
import { usage } from './errors.ts';

/** Complains when the value at this place of a call is not what it must be. */
export type Shape = (name: string, value: unknown) => void;

/** Shapes of an object's fields. */
export type Fields = Readonly<Record<string, Shape>>;

/** A whole number within bounds, or a `usage` error that names it. */
export function whole(name: string, value: number, least: number, most: number): number {
  wholeFrom(least, most)(name, value);
  return value;
}

/** Values of one kind, told by a question; `expected` follows "must be". */
export function thatIs(expected: string, holds: (value: unknown) => boolean): Shape {
  return (name, value) => {
    if (!holds(value)) throw usage('option-value', `${name} must be ${expected}, found ${shown(value)}`);
  };
}

/** What most fields are. */
export const TEXT = /* @__PURE__ */ thatIs('text', (value) => typeof value === 'string');
export const NUMBER = /* @__PURE__ */ thatIs('a number', (value) => typeof value === 'number');
export const BOOLEAN = /* @__PURE__ */ thatIs('true or false', (value) => typeof value === 'boolean');
export const FUNCTION = /* @__PURE__ */ thatIs('a function', (value) => typeof value === 'function');
export const BYTES = /* @__PURE__ */ thatIs('a Uint8Array', (value) => value instanceof Uint8Array);

/** Whatever it is, something else looks at it. */
export const ANYTHING: Shape = () => {};

/** A whole number within bounds. */
export function wholeFrom(least: number, most: number): Shape {
  const holds = (value: unknown) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
  return thatIs(`a whole number from ${least} to ${most}`, holds);
}

/** One of some words. */
export function oneOf(words: readonly string[]): Shape {
  return thatIs(`one of ${words.join(', ')}`, (value) => (words as readonly unknown[]).includes(value));
}

/** The same, or nothing said. */
export function maybe(shape: Shape): Shape {
  return (name, value) => {
    if (value !== undefined) shape(name, value);
  };
}

/** A list of things alike; a place that was left out counts as `undefined`. */
export function listOf(shape: Shape): Shape {
  return (name, value) => {
    if (!Array.isArray(value)) throw usage('option-value', `${name} must be a list, found ${shown(value)}`);
    let k = 0;
    for (const entry of value) shape(`${name}[${k++}]`, entry);
  };
}

/** An object with such fields, and perhaps others. */
export function objectOf(fields: Fields): Shape {
  return (name, value) => checkFields(name, `${name}.`, value, fields);
}

/** An object in which all of these fields may be missing, and no other is allowed: a misspelt one would be passed over in silence. */
export function choicesOf(fields: Fields): Shape {
  const optional = allOptional(fields);
  return (name, value) => {
    checkFields(name, `${name}.`, value, optional);
    const stray = Object.keys(value as object).find((key) => !Object.hasOwn(fields, key));
    if (stray === undefined) return;
    throw usage('option-value', `${name} has no ${shown(stray)}, only ${Object.keys(fields).join(', ')}`);
  };
}

/** The same fields, each of which may be missing. */
export function allOptional(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([key, shape]) => [key, maybe(shape)]));
}

/** Checks an object field by field; their names begin with `prefix`. */
export function checkFields(name: string, prefix: string, value: unknown, fields: Fields): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
    throw usage('option-value', `${name} must be an object, found ${shown(value)}`);
  }
  for (const [key, shape] of Object.entries(fields)) shape(`${prefix}${key}`, (value as Record<string, unknown>)[key]);
}

/** A value as a message can hold it; not every value can be put into a template. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === 'bigint') return `the bigint ${value}`;
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (ArrayBuffer.isView(value)) return 'an array of bytes or numbers';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
