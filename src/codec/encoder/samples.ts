/**
 * The samples of a picture to encode, one description for every way of handing them over, checked against what it claims.
 */
import { ceilDiv } from '../bits/int-math.ts';
import type { Siz, SizComponent } from '../codestream/siz.ts';
import { usage } from '../errors.ts';
import type { SampleArray } from '../image.ts';
import { checkImage } from './picture-shapes.ts';
import type { RawImage } from './options.ts';

/** Deepest samples that the encoder carries. */
export const MAX_PRECISION = 26;

/** Where the samples of one component lie: sample (x, y) is `data[offset + x * strideX + y * strideY]`. */
export interface ComponentSamples {
  readonly data: SampleArray;
  readonly offset: number;
  readonly strideX: number;
  readonly strideY: number;
}

/** A picture without its samples. */
export interface PictureFormat {
  /** Size of the image area on the reference grid. */
  readonly width: number;
  readonly height: number;
  readonly components: readonly SizComponent[];
}

/** Columns or rows of a component: from ceil(x0 / d) to ceil((x0 + size) / d) (B-1, B-2). */
export function componentSize(origin: number, size: number, distance: number): number {
  return ceilDiv(origin + size, distance) - ceilDiv(origin, distance);
}

/** What a picture says of itself, checked. */
export function formatOf(image: RawImage): PictureFormat {
  checkImage(image);
  const { width, height, planes } = image;
  if (!isSize(width) || !isSize(height))
    throw usage('option-value', `a picture of ${width} x ${height} has no samples`);
  const count = checkedCount(planes ? planes.length : (image.channels ?? 1));
  const arrays = planes ? planes.map((plane) => plane.data) : Array.from({ length: count }, () => image.data);
  const components = arrays.map((data, c): SizComponent => {
    if (!isSamples(data)) throw usage('input-type', `the samples of component ${c} are not in a typed array`);
    const plane = planes?.[c];
    const precision = plane?.precision ?? image.precision ?? naturalPrecision(data);
    const signed = plane?.signed ?? image.signed ?? (data instanceof Int8Array || data instanceof Int16Array);
    return checkedComponent(c, precision, signed, plane?.dx ?? 1, plane?.dy ?? 1);
  });
  return { width, height, components };
}

/** A number of components that a codestream can have, checked before there is a list of them. */
export function checkedCount(count: number): number {
  if (Number.isInteger(count) && count >= 1 && count <= 16384) return count;
  throw usage('option-value', `a picture has 1 to 16384 components, found ${count}`);
}

/** One component's format, checked. */
export function checkedComponent(c: number, precision: number, signed: boolean, dx: number, dy: number): SizComponent {
  if (!Number.isInteger(precision) || precision < 1 || precision > MAX_PRECISION) {
    throw usage('option-value', `component ${c}: the precision must be 1 to ${MAX_PRECISION} bits, found ${precision}`);
  }
  for (const d of [dx, dy]) {
    if (!Number.isInteger(d) || d < 1 || d > 255) {
      throw usage('option-value', `component ${c}: a sample distance must be 1 to 255, found ${d}`);
    }
  }
  return { precision, signed, xrsiz: dx, yrsiz: dy };
}

/** Where the samples are; the length of every array is checked. */
export function samplesOf(
  image: RawImage,
  format: PictureFormat,
  origin: { readonly x: number; readonly y: number },
): ComponentSamples[] {
  const sizes = format.components.map(({ xrsiz, yrsiz }) => ({
    width: componentSize(origin.x, format.width, xrsiz),
    height: componentSize(origin.y, format.height, yrsiz),
  }));
  if (image.planes) {
    return image.planes.map(({ data }, c) => {
      const { width, height } = sizes[c];
      if (data.length !== width * height) {
        throw usage('buffer-size', `component ${c} is ${width} x ${height}, but has ${data.length} samples`);
      }
      return { data, offset: 0, strideX: 1, strideY: width };
    });
  }
  const data = image.data!;
  const { width, height } = format;
  const count = format.components.length;
  if (data.length !== width * height * count) {
    const wanted = `${width} x ${height} x ${count}`;
    throw usage('buffer-size', `${wanted} samples are ${width * height * count}, but there are ${data.length}`);
  }
  const planar = image.layout === 'planar';
  return format.components.map((_, c) => ({
    data,
    offset: planar ? c * width * height : c,
    strideX: planar ? 1 : count,
    strideY: planar ? width : width * count,
  }));
}

function isSize(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value < 2 ** 32;
}

/** True for typed arrays of numbers. */
export function isSamples(data: unknown): data is SampleArray {
  return (
    ArrayBuffer.isView(data) &&
    !(data instanceof DataView || data instanceof BigInt64Array || data instanceof BigUint64Array)
  );
}

function naturalPrecision(data: SampleArray): number {
  if (data instanceof Float32Array || data instanceof Float64Array || data.BYTES_PER_ELEMENT > 2) {
    throw usage('option-value', 'samples in 32-bit arrays and floats need their precision said');
  }
  return 8 * data.BYTES_PER_ELEMENT;
}

/** Samples of all components, each counted as `each` says. */
export function numSamplesOf(siz: Siz, each: (c: number) => number): number {
  return siz.components.reduce((sum, { xrsiz, yrsiz }, c) => {
    const width = componentSize(siz.xosiz, siz.xsiz - siz.xosiz, xrsiz);
    return sum + width * componentSize(siz.yosiz, siz.ysiz - siz.yosiz, yrsiz) * each(c);
  }, 0);
}
