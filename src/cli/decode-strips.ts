/**
 * Pictures that are too large to be held at once, written strip by strip as they are decoded. The writers of formats are the ones of whole
 * pictures: each strip goes through them, and of the first one the head is taken, for the full height.
 */
import type { DecodeOptions, ImageInfo, RasterImage, RasterTile } from 'jp2kit';
import type { FormatName } from './format-names.ts';
import { openWhole, pathOfPart, type WholeFile } from './output.ts';
import { writePicture } from './write-picture.ts';

/** Samples of a window from which on it is decoded in strips, if it can be. */
export const MOST_AT_ONCE = 1 << 26;

const STACKED: readonly FormatName[] = ['pnm', 'pgm', 'ppm', 'pam', 'pgx', 'raw'];

/** What strips of a window come to, if they make a file of the format; else nothing. */
export function stripsOf(info: ImageInfo, format: FormatName, options: DecodeOptions): StripPlan | undefined {
  const { origin, components } = info;
  const count = options.components?.length ?? components.length;
  const subsampled = components.some(({ dx, dy }) => dx > 1 || dy > 1);
  if (!STACKED.includes(format) || subsampled || (format === 'raw' && count > 1)) return undefined;
  const { region, reduce = 0 } = options;
  const right = Math.min(info.width, region ? region.x + region.width : info.width);
  const bottom = Math.min(info.height, region ? region.y + region.height : info.height);
  const width = reduced(origin.x + right, reduce) - reduced(origin.x + (region?.x ?? 0), reduce);
  const height = reduced(origin.y + bottom, reduce) - reduced(origin.y + (region?.y ?? 0), reduce);
  return { height, samples: width * height * count };
}

/** What strips come to. */
export interface StripPlan {
  readonly height: number;
  readonly samples: number;
}

/** A position on the grid of a lower resolution (15444-1 B-14). */
function reduced(position: number, reduce: number): number {
  return Math.ceil(position / 2 ** reduce);
}

/** What has been written, and the picture that it was, but for its samples. */
export interface Written {
  readonly image: Omit<RasterImage, 'data' | 'planes'>;
  readonly outputs: readonly string[];
  readonly notes: readonly string[];
  /** Milliseconds that the format and the files took. */
  readonly outputMs: number;
}

/** Writes strips to a file, or to one for each component. They appear together, at the end. */
export async function writeStrips(
  strips: AsyncIterable<RasterTile>,
  height: number,
  format: FormatName,
  path: string,
): Promise<Written> {
  const files: WholeFile[] = [];
  const outputs: string[] = [];
  const notes: string[] = [];
  let [rows, outputMs] = [0, 0];
  let last: RasterTile | undefined;
  let complete = true;
  try {
    for await (const strip of strips) {
      const start = performance.now();
      for (const [k, { suffix, stack, note }] of writePicture(strip, format).entries()) {
        if (stack === undefined) throw new Error(`${format} cannot be written in strips`);
        if (rows === 0) {
          outputs.push(pathOfPart(path, suffix));
          files.push(await openWhole(outputs[k]));
          await files[k].write(stack.headFor(height));
          if (note) notes.push(note);
        }
        await files[k].write(stack.rows);
      }
      rows += strip.height;
      complete &&= strip.status === 'complete';
      last = strip;
      outputMs += performance.now() - start;
    }
    if (last === undefined || rows !== height) throw new Error(`${rows} rows in strips, ${height} were promised`);
    for (const file of files) await file.finish();
  } finally {
    for (const file of files) await file.discard();
  }
  const { data: _, planes: __, rect: ___, ...image } = last;
  return { image: { ...image, height, status: complete ? 'complete' : 'partial' }, outputs, notes, outputMs };
}
