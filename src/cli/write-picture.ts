/** From the name of a format to its writer. */
import type { RasterImage } from 'jp2kit';
import type { FormatName } from './format-names.ts';
import { writePgx } from './formats/pgx.ts';
import type { OutputPart } from './formats/picture.ts';
import { writePng } from './formats/png.ts';
import { writePam, writePgm, writePnm, writePpm } from './formats/pnm.ts';
import { writeRaw } from './formats/raw.ts';
import { writeTiff } from './formats/tiff.ts';

const WRITERS: Readonly<Record<FormatName, (image: RasterImage) => OutputPart[]>> = {
  png: writePng,
  pnm: writePnm,
  pgm: writePgm,
  ppm: writePpm,
  pam: writePam,
  pgx: writePgx,
  tif: writeTiff,
  raw: writeRaw,
};

/** The files that hold a picture in a format: one, or one for each component where the format has room for one only. */
export function writePicture(image: RasterImage, format: FormatName): OutputPart[] {
  return WRITERS[format](image);
}
