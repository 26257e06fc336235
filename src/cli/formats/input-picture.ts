/**
 * A picture as the readers of formats hand it over: samples as the encoder takes them, and what the file says of them.
 */
import type { RawComponent, RawImage } from '../../codec/encoder/options.ts';
import type { ColourSpec, MetadataSpec, PaletteSpec } from '../../codec/fileformat/jp2-spec.ts';
import type { SampleArray } from '../../codec/image.ts';
import { CommandLineError } from '../exit.ts';
import type { ReadPicture } from './picture.ts';

/** A picture to encode or to compare. */
export interface InputPicture {
  readonly image: RawImage;
  /** What the file says of the colours; nothing where the number of channels says all. */
  readonly colour?: ColourSpec;
  readonly metadata?: MetadataSpec;
  /** What was left out or changed, for the user to know. */
  readonly notes: readonly string[];
}

/** A picture of interleaved samples with nothing to say beside them. */
export function plainInput(picture: ReadPicture, rest: Omit<InputPicture, 'image' | 'notes'> = {}): InputPicture {
  return { image: { ...picture, layout: 'interleaved' }, notes: [], ...rest };
}

/** One component of an input with everything that the picture says for it. */
export interface InputComponent extends Required<RawComponent> {
  readonly width: number;
  readonly height: number;
}

/** The components of an input, one by one, whatever the layout; `origin` is the image area's place. */
export function componentsOf(image: RawImage, origin = { x: 0, y: 0 }): InputComponent[] {
  const { width, height, planes } = image;
  if (planes) {
    return planes.map((plane) => {
      const { data, dx = 1, dy = 1, precision = image.precision!, signed = image.signed ?? false } = plane;
      return {
        data,
        dx,
        dy,
        precision,
        signed,
        width: extent(origin.x, width, dx),
        height: extent(origin.y, height, dy),
      };
    });
  }
  const { data, channels = 1, precision, signed = false, layout } = image;
  const count = width * height;
  return Array.from({ length: channels }, (_, c) => {
    const plane =
      layout === 'planar' || channels === 1 ? data!.subarray(c * count, (c + 1) * count) : data!.slice(0, count);
    if (layout !== 'planar' && channels > 1) for (let i = 0; i < count; i++) plane[i] = data![i * channels + c];
    return { data: plane, dx: 1, dy: 1, precision: precision!, signed, width, height };
  });
}

/** Samples of distance `step` in `length` points from `start` (15444-1 B-1, B-2). */
function extent(start: number, length: number, step: number): number {
  return Math.ceil((start + length) / step) - Math.ceil(start / step);
}

/**
 * One picture from files that hold a component or several each, in their order. Smaller ones are subsampled: their
 * distances are the least whole numbers that give their size.
 */
export function joinInputs(inputs: readonly InputPicture[], origin = { x: 0, y: 0 }): InputPicture {
  const width = Math.max(...inputs.map(({ image }) => image.width));
  const height = Math.max(...inputs.map(({ image }) => image.height));
  const planes = inputs.flatMap(({ image }) => {
    const dx = distanceOf(origin.x, width, image.width);
    const dy = distanceOf(origin.y, height, image.height);
    return componentsOf(image).map(({ data, precision, signed, ...plane }) => {
      return { data, precision, signed, dx: dx * plane.dx, dy: dy * plane.dy };
    });
  });
  return { image: { width, height, planes }, notes: inputs.flatMap(({ notes }) => notes) };
}

function distanceOf(start: number, full: number, size: number): number {
  for (let step = 1; step <= 255; step++) if (extent(start, full, step) === size) return step;
  throw new CommandLineError(
    `a component of ${size} samples does not fit to one of ${full}: no distance gives that size`,
  );
}

/** The colours that indices stand for, as planes of their own. */
export function expandPalette(input: InputPicture): InputPicture {
  const { palette, ...colour } = input.colour ?? {};
  if (!palette) return input;
  const { image } = input;
  const components = componentsOf(image);
  const mapping = palette.mapping ?? palette.columns.map((_, column) => ({ component: 0, column }));
  const planes = mapping.map(({ component, column }): RawComponent => {
    const { data, precision, signed, dx, dy } = components[component];
    if (column === undefined) return { data, precision, signed, dx, dy };
    return { ...throughColumn(data, palette.columns[column]), dx, dy };
  });
  return { ...input, image: { width: image.width, height: image.height, planes }, colour };
}

/** Indices beyond the palette take its last entry (15444-1 I.5.3.5). */
function throughColumn(indices: SampleArray, column: PaletteSpec['columns'][number]): RawComponent {
  const { precision, signed = false, entries } = column;
  const data = entries.slice(0, 0).constructor as new (length: number) => SampleArray;
  const values = new data(indices.length);
  for (let i = 0; i < indices.length; i++) values[i] = entries[Math.min(indices[i], entries.length - 1)];
  return { data: values, precision, signed };
}
