/**
 * Where a picture lies on the ground: GeoJP2, GML in JP2 and world files, read from what `inspect` tells, and written for `encode`
 * (`jp2kit/geo`). It looks up nothing: a coordinate system is named by its EPSG code, and projecting is left to others.
 *
 * @module geo
 */
import { type Diagnostic, Jpeg2000Error, malformed, placeOf, usage } from '../codec/errors.ts';
import type { ImageInfo } from '../codec/inspect/info.ts';
import { type Affine, apply, boundsOf, fromCentres, type GeoBounds, invert, isUsable, type Point } from './affine.ts';
import type { GeoSpec, Georeference } from './georeference.ts';
import { type GmlSpec, readGml, writeGml } from './gml.ts';
import { readGeotiff, writeGeotiff } from './geotiff.ts';

export type { Diagnostic } from '../codec/errors.ts';
export { Jpeg2000Error } from '../codec/errors.ts';
export type { Affine, GeoBounds, Point } from './affine.ts';
export type { Crs, GeoSpec, Georeference } from './georeference.ts';
export type { GmlSpec } from './gml.ts';

/** Where a picture lies. */
export interface GeoInfo extends Georeference {
  /** The smallest rectangle along the axes that holds the whole picture, to the outer edges of its pixels. */
  readonly bounds: GeoBounds;
}

/** What is needed of an {@link ImageInfo}. */
export type GeoSource = Pick<ImageInfo, 'width' | 'height'> & {
  readonly metadata: Pick<ImageInfo['metadata'], 'geotiff' | 'gml'>;
};

/** Options of {@link geoOf}. */
export interface GeoOptions {
  /** Called for what cannot be read. */
  onWarning?(diagnostic: Diagnostic): void;
}

/**
 * Where a picture lies, as its file says; `undefined` when it says nothing that can be read. GeoJP2 is asked first, then GML in JP2.
 *
 * Ground coordinates are x first, east or longitude, whatever the order of axes in the file or at the system's authority.
 *
 * @example
 * ```ts
 * const geo = geoOf(await inspect(source));
 * if (geo) console.log(geo.crs.epsg, geo.bounds, pixelToModel(geo, 0.5, 0.5));
 * ```
 */
export function geoOf(info: GeoSource, options: GeoOptions = {}): GeoInfo | undefined {
  const { geotiff, gml } = info.metadata;
  const readers = [
    ...(geotiff === undefined ? [] : [() => readGeotiff(geotiff)]),
    ...(gml === undefined ? [] : [() => readGml(gml)]),
  ];
  for (const read of readers) {
    try {
      return complete(read(), info);
    } catch (error) {
      if (!(error instanceof Jpeg2000Error)) throw error;
      options.onWarning?.({ code: error.code, message: error.reason, ...placeOf(error) });
    }
  }
  return undefined;
}

/**
 * Where a picture lies, as a world file beside it says (`.j2w`, `.jpw`, `.wld`): six numbers in six lines. Nothing is said of the
 * coordinate system.
 *
 * @throws {Jpeg2000Error} `geo-metadata` for a text that is no world file.
 * @example
 * ```ts
 * const { affine } = geoOfWorldFile(await readFile('map.j2w', 'utf8'), { width, height });
 * ```
 */
export function geoOfWorldFile(text: string, size: { readonly width: number; readonly height: number }): GeoInfo {
  const lines = text.slice(0, 4096).trim().split(/\s+/);
  const [a, d, b, e, c, f] = lines.map((line) => Number(line.replace(',', '.')));
  if (lines.length !== 6) throw malformed('geo-metadata', `expected six numbers, found ${lines.length} words`);
  // a world file places the centre of the first pixel
  const affine = fromCentres([a, b, c, d, e, f]);
  return complete({ affine, pixelIs: 'area', crs: {}, source: 'worldfile' }, size);
}

/**
 * Where a place in the picture lies on the ground. Columns and rows count from its top left corner: the centre of the first pixel is
 * (0.5, 0.5).
 *
 * @example
 * ```ts
 * const { x, y } = pixelToModel(geo, picture.width / 2, picture.height / 2);
 * ```
 */
export function pixelToModel(geo: { readonly affine: Affine }, col: number, row: number): Point {
  return apply(geo.affine, col, row);
}

/**
 * Which place in the picture a point on the ground is; it may lie outside. The pixel is `Math.floor` of both numbers.
 *
 * @throws {Jpeg2000Error} `option-value` for a map that cannot be turned round.
 * @example
 * ```ts
 * const { x, y } = modelToPixel(geo, 448123.5, 5411020);
 * await image.decode({ region: { x: Math.floor(x) - 128, y: Math.floor(y) - 128, width: 256, height: 256 } });
 * ```
 */
export function modelToPixel(geo: { readonly affine: Affine }, x: number, y: number): Point {
  const inverse = invert(geo.affine);
  if (!inverse) throw usage('option-value', 'the affine map has no inverse');
  return apply(inverse, x, y);
}

/**
 * The contents of a GeoJP2 box, for `metadata.geotiff` of an encode.
 *
 * @throws {Jpeg2000Error} `option-value` for numbers that say no place, and codes that GeoTIFF has no room for.
 * @example
 * ```ts
 * const geotiff = geotiffBytes({ affine: [0.5, 0, 448000, 0, -0.5, 5412000], crs: { epsg: 32632 } });
 * await encode(picture, { metadata: { geotiff } });
 * ```
 */
export function geotiffBytes(spec: GeoSpec): Uint8Array {
  checkSpec(spec);
  return writeGeotiff(spec);
}

/**
 * A document of GML in JP2 (GMLJP2 1.0), for `metadata.gml` of an encode. The system needs an EPSG code.
 *
 * @throws {Jpeg2000Error} `option-value` for numbers that say no place, and without a code.
 * @example
 * ```ts
 * const gml = gmlText({ affine: [0.01, 0, 7, 0, -0.01, 48], crs: { epsg: 4326 }, width, height });
 * await encode(picture, { metadata: { gml } });
 * ```
 */
export function gmlText(spec: GmlSpec): string {
  checkSpec(spec);
  if (spec.crs?.epsg === undefined) throw usage('option-value', 'GML in JP2 names its system by an EPSG code');
  if (!(Number.isInteger(spec.width) && Number.isInteger(spec.height) && spec.width > 0 && spec.height > 0)) {
    throw usage('option-value', `expected the size of the picture, found ${spec.width} x ${spec.height}`);
  }
  return writeGml(spec);
}

function checkSpec({ affine, crs, pixelIs }: GeoSpec): void {
  if (!Array.isArray(affine) || affine.length !== 6 || !isUsable(affine as unknown as Affine)) {
    throw usage('option-value', 'affine must be six numbers that give the picture an area');
  }
  if (pixelIs !== undefined && pixelIs !== 'area' && pixelIs !== 'point') {
    throw usage('option-value', `pixelIs must be area or point, found ${String(pixelIs)}`);
  }
  const epsg = crs?.epsg;
  if (epsg !== undefined && !(Number.isInteger(epsg) && epsg > 0 && epsg < 32767)) {
    throw usage('option-value', `an EPSG code is a whole number from 1 to 32766, found ${epsg}`);
  }
}

function complete(place: Georeference, { width, height }: { width: number; height: number }): GeoInfo {
  if (!isUsable(place.affine)) {
    throw malformed('geo-metadata', `the picture has no place: ${place.affine.join(', ')}`);
  }
  return { ...place, bounds: boundsOf(place.affine, width, height) };
}
