/** Sample arrays: choosing their type, converting them, and putting planes together. */
import { usage } from '../errors.ts';
import type { Plane, RasterImage, SampleArray } from '../image.ts';
import type { DecodeWork } from './decode-work.ts';

/** Samples converted between two moments to pause: some milliseconds of work. */
export const STRIP_SAMPLES = 1 << 18;

/** Constructor of a sample array. */
export type SampleArrayConstructor =
  | Uint8ArrayConstructor
  | Int8ArrayConstructor
  | Uint16ArrayConstructor
  | Int16ArrayConstructor
  | Uint32ArrayConstructor
  | Int32ArrayConstructor
  | Float32ArrayConstructor;

/** The narrowest integer array that holds samples of a precision. */
export function narrowestArray(precision: number, signed: boolean): SampleArrayConstructor {
  if (precision <= 8) return signed ? Int8Array : Uint8Array;
  if (precision <= 16) return signed ? Int16Array : Uint16Array;
  return signed ? Int32Array : Uint32Array;
}

/**
 * Bits of a two's complement number that holds the samples of all components: an unsigned one among signed ones needs one more
 * than its own.
 */
export function commonPrecision(components: readonly { precision: number; signed: boolean }[]): number {
  const signed = components.some((component) => component.signed);
  return Math.max(...components.map((component) => component.precision + (signed && !component.signed ? 1 : 0)));
}

/** Refuses an array of the caller's that does not fit. */
export function checkInto(into: SampleArray, type: SampleArrayConstructor, length: number): void {
  if (into instanceof type && into.length === length) return;
  throw usage(
    'buffer-size',
    `into must be a ${type.name} of ${length} samples, found a ${into.constructor.name} of ${into.length}`,
  );
}

/** Converts planes to a sample type; `u8` scales to 0..255, the others keep values and clamp. */
export function* convertPlanes(
  planes: readonly Plane[],
  sample: 'auto' | 'u8' | 'u16' | 'i16' | 'i32' | 'f32',
): DecodeWork<readonly Plane[]> {
  if (sample === 'auto') return planes;
  const converted: Plane[] = [];
  for (const plane of planes) converted.push(yield* sample === 'u8' ? toBytes(plane) : clamped(plane, sample));
  return converted;
}

function* toBytes(plane: Plane): DecodeWork<Plane> {
  const { data, precision, signed } = plane;
  if (precision === 8 && !signed && data instanceof Uint8Array) return plane;
  const out = new Uint8Array(data.length);
  const offset = signed ? 2 ** (precision - 1) : 0;
  const scale = 255 / (2 ** precision - 1);
  for (let from = 0; from < data.length; from += STRIP_SAMPLES) {
    scaleStrip(data, out, from, Math.min(data.length, from + STRIP_SAMPLES), offset, scale);
    yield undefined;
  }
  return { ...plane, data: out, precision: 8, signed: false };
}

function scaleStrip(data: SampleArray, out: Uint8Array, from: number, to: number, offset: number, scale: number): void {
  for (let k = from; k < to; k++) out[k] = Math.round((data[k] + offset) * scale);
}

const TYPES = {
  u16: { type: Uint16Array, least: 0, most: 0xffff, bits: 16, signed: false },
  i16: { type: Int16Array, least: -0x8000, most: 0x7fff, bits: 16, signed: true },
  i32: { type: Int32Array, least: -0x80000000, most: 0x7fffffff, bits: 32, signed: true },
  f32: { type: Float32Array, least: -Infinity, most: Infinity, bits: 32, signed: true },
} as const;

function* clamped(plane: Plane, sample: keyof typeof TYPES): DecodeWork<Plane> {
  const { type, least, most } = TYPES[sample];
  const { data } = plane;
  if (data instanceof type) return plane;
  const out = new type(data.length);
  for (let from = 0; from < data.length; from += STRIP_SAMPLES) {
    clampStrip(data, out, from, Math.min(data.length, from + STRIP_SAMPLES), least, most);
    yield undefined;
  }
  return { ...plane, data: out };
}

function clampStrip(data: SampleArray, out: SampleArray, from: number, to: number, least: number, most: number): void {
  for (let k = from; k < to; k++) {
    const value = data[k];
    out[k] = value < least ? least : value > most ? most : value;
  }
}

/** Puts planes into one array; interleaved falls back to planar where sizes differ. */
export function* assemble(
  planes: readonly Plane[],
  layout: 'planar' | 'interleaved' = 'interleaved',
  into?: SampleArray,
): DecodeWork<Omit<RasterImage, 'stats' | 'warnings' | 'colour' | 'status'>> {
  const first = planes[0];
  const alike = planes.every((plane) => plane.width === first.width && plane.height === first.height);
  const interleaved = layout === 'interleaved' && alike;
  const precision = Math.max(...planes.map((plane) => plane.precision));
  const signed = planes.some((plane) => plane.signed);
  const total = planes.reduce((sum, plane) => sum + plane.data.length, 0);
  const type = commonArray(planes, signed);
  if (into) checkInto(into, type, total);
  const head = { width: first.width, height: first.height, channels: planes.length, precision, signed };
  if (planes.length === 1 && first.data instanceof type && !into) {
    return { ...head, layout: interleaved ? 'interleaved' : 'planar', data: first.data, planes };
  }
  const data = into ?? new type(total);
  if (interleaved) {
    const { length } = first.data;
    for (let from = 0; from < length; from += STRIP_SAMPLES) {
      for (let k = 0; k < planes.length; k++) {
        interleaveStrip(planes[k].data, data, from, Math.min(length, from + STRIP_SAMPLES), k, planes.length);
        yield undefined;
      }
    }
    return { ...head, layout: 'interleaved', data };
  }
  let at = 0;
  const views: Plane[] = [];
  for (const plane of planes) {
    const view = data.subarray(at, at + plane.data.length);
    for (let from = 0; from < view.length; from += STRIP_SAMPLES) {
      view.set(plane.data.subarray(from, from + STRIP_SAMPLES), from);
      yield undefined;
    }
    at += plane.data.length;
    views.push({ ...plane, data: view });
  }
  return { ...head, layout: 'planar', data, planes: views };
}

/** Samples of one channel to their places among `n`. */
function interleaveStrip(
  data: SampleArray,
  out: SampleArray,
  from: number,
  to: number,
  channel: number,
  n: number,
): void {
  for (let i = from, at = from * n + channel; i < to; i++, at += n) out[at] = data[i];
}

function commonArray(planes: readonly Plane[], signed: boolean): SampleArrayConstructor {
  if (planes.some((plane) => plane.data instanceof Float32Array)) return Float32Array;
  const types = new Set(planes.map((plane) => plane.data.constructor));
  return types.size === 1 ? ([...types][0] as SampleArrayConstructor) : narrowestArray(commonPrecision(planes), signed);
}
