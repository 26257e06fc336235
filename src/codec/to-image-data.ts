/** A decoded picture as eight-bit RGBA, for a canvas. */
import { renderSrgb } from './colour/to-srgb.ts';
import { DiagnosticLog, usage } from './errors.ts';
import type { Plane, RasterImage } from './image.ts';

/** The part of `ImageData` that is made here; pass it on as `new ImageData(data, width, height)`. */
export interface ImageDataLike {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue, opacity. */
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

/** Options of {@link toImageData}. */
export interface ToImageDataOptions {
  /**
   * The values to spread over black to white, as medical viewers do: `center - width / 2` is black. Default: the whole range of
   * the precision.
   */
  readonly window?: { readonly center: number; readonly width: number };
}

/**
 * Renders a picture to RGBA: its colour space is converted to sRGB, opacity is kept (premultiplied colours are divided by it).
 *
 * @throws {Jpeg2000Error} `layout-mismatch` when the channels have different sizes; decode with `upsample` or `colour: 'srgb'`.
 * @example
 * ```ts
 * const { data, width, height } = toImageData(await decode(bytes));
 * context.putImageData(new ImageData(data, width, height), 0, 0);
 * ```
 */
export function toImageData(image: RasterImage, options: ToImageDataOptions = {}): ImageDataLike {
  const { width, height } = image;
  let planes = planesOf(image);
  if (planes.some((plane) => plane.width !== width || plane.height !== height)) {
    throw usage('layout-mismatch', "channels have different sizes; decode with upsample: 'linear' or colour: 'srgb'");
  }
  // all planes have one size now, whatever grid they come from
  planes = planes.map((plane) => ({ ...(options.window ? windowed(plane, options.window) : plane), dx: 1, dy: 1 }));
  const rendered = renderSrgb(planes, image.colour, {}, new DiagnosticLog());
  const [r, g, b] = rendered.planes;
  const opacityAt = rendered.colour.channels.findIndex((c) => c.kind !== 'colour');
  const opacity = opacityAt < 0 ? undefined : rendered.planes[opacityAt].data;
  const divide = rendered.colour.channels[opacityAt]?.kind === 'premultiplied-opacity';
  const data = new Uint8ClampedArray(width * height * 4);
  for (let k = 0, to = 0; k < width * height; k++, to += 4) {
    const alpha = opacity === undefined ? 255 : opacity[k];
    const scale = divide && alpha > 0 ? 255 / alpha : 1;
    data[to] = r!.data[k] * scale;
    data[to + 1] = g!.data[k] * scale;
    data[to + 2] = b!.data[k] * scale;
    data[to + 3] = alpha;
  }
  return { width, height, data };
}

function planesOf(image: RasterImage): readonly Plane[] {
  if (image.planes) return image.planes;
  const { width, height, channels, precision, signed, data } = image;
  return Array.from({ length: channels }, (_, c) => {
    const plane = data.slice(0, width * height);
    for (let k = 0, from = c; k < plane.length; k++, from += channels) plane[k] = data[from];
    return { width, height, dx: 1, dy: 1, precision, signed, data: plane };
  });
}

function windowed(plane: Plane, window: { center: number; width: number }): Plane {
  const low = window.center - window.width / 2;
  const scale = 255 / Math.max(window.width, 1e-9);
  const data = new Uint8Array(plane.data.length);
  for (let k = 0; k < data.length; k++) {
    data[k] = Math.max(0, Math.min(255, Math.round((plane.data[k] - low) * scale)));
  }
  return { ...plane, data, precision: 8, signed: false };
}
