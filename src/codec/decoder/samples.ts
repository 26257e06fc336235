/** Sample arrays: choosing their type, converting them, and putting planes together. */
import { usage } from '../errors.ts';
import type { Plane, RasterImage, SampleArray } from '../image.ts';

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
export function convertPlanes(
  planes: readonly Plane[],
  sample: 'auto' | 'u8' | 'u16' | 'i16' | 'i32' | 'f32',
): readonly Plane[] {
  if (sample === 'auto') return planes;
  return planes.map((plane) => (sample === 'u8' ? toBytes(plane) : clamped(plane, sample)));
}

function toBytes(plane: Plane): Plane {
  const { data, precision, signed } = plane;
  if (precision === 8 && !signed && data instanceof Uint8Array) return plane;
  const out = new Uint8Array(data.length);
  const offset = signed ? 2 ** (precision - 1) : 0;
  const scale = 255 / (2 ** precision - 1);
  for (let k = 0; k < data.length; k++) out[k] = Math.round((data[k] + offset) * scale);
  return { ...plane, data: out, precision: 8, signed: false };
}

const TYPES = {
  u16: { type: Uint16Array, least: 0, most: 0xffff, bits: 16, signed: false },
  i16: { type: Int16Array, least: -0x8000, most: 0x7fff, bits: 16, signed: true },
  i32: { type: Int32Array, least: -0x80000000, most: 0x7fffffff, bits: 32, signed: true },
  f32: { type: Float32Array, least: -Infinity, most: Infinity, bits: 32, signed: true },
} as const;

function clamped(plane: Plane, sample: keyof typeof TYPES): Plane {
  const { type, least, most } = TYPES[sample];
  const { data } = plane;
  if (data instanceof type) return plane;
  const out = new type(data.length);
  for (let k = 0; k < data.length; k++) {
    const value = data[k];
    out[k] = value < least ? least : value > most ? most : value;
  }
  return { ...plane, data: out };
}

/** Puts planes into one array; interleaved falls back to planar where sizes differ. */
export function assemble(
  planes: readonly Plane[],
  layout: 'planar' | 'interleaved' = 'interleaved',
  into?: SampleArray,
): Omit<RasterImage, 'stats' | 'warnings' | 'colour' | 'status'> {
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
    const n = planes.length;
    planes.forEach((plane, k) => {
      for (let i = 0, to = k; i < plane.data.length; i++, to += n) data[to] = plane.data[i];
    });
    return { ...head, layout: 'interleaved', data };
  }
  let at = 0;
  const views = planes.map((plane) => {
    const view = data.subarray(at, at + plane.data.length);
    view.set(plane.data);
    at += plane.data.length;
    return { ...plane, data: view };
  });
  return { ...head, layout: 'planar', data, planes: views };
}

function commonArray(planes: readonly Plane[], signed: boolean): SampleArrayConstructor {
  if (planes.some((plane) => plane.data instanceof Float32Array)) return Float32Array;
  const types = new Set(planes.map((plane) => plane.data.constructor));
  return types.size === 1 ? ([...types][0] as SampleArrayConstructor) : narrowestArray(commonPrecision(planes), signed);
}
