/**
 * GeoJP2: where a picture lies, as the tags of a GeoTIFF file in a UUID box say (OGC 19-008r4, GeoTIFF 1.1).
 */
import { malformed } from '../codec/errors.ts';
import { type Affine, fromCentres } from './affine.ts';
import { isGeographic } from './epsg-axes.ts';
import type { Crs, GeoSpec, Georeference } from './georeference.ts';
import { readTiffTags, type Tag, type TagValue, writeTiffTags } from './tiff-tags.ts';

const MODEL_PIXEL_SCALE = 33550;
const MODEL_TIEPOINT = 33922;
const MODEL_TRANSFORMATION = 34264;
const GEO_KEY_DIRECTORY = 34735;
const GEO_DOUBLE_PARAMS = 34736;
const GEO_ASCII_PARAMS = 34737;

/** Keys that are read (GeoTIFF 1.1, annex C). */
const KEY = {
  modelType: 1024,
  rasterType: 1025,
  citation: 1026,
  geographicType: 2048,
  geographicCitation: 2049,
  projectedType: 3072,
  projectedCitation: 3073,
  linearUnits: 3076,
  verticalType: 4096,
} as const;

const PIXEL_IS_AREA = 1;
const PIXEL_IS_POINT = 2;
const MODELS = { 1: 'projected', 2: 'geographic', 3: 'geocentric' } as const;

/** "User defined" and "undefined" are no codes. */
const isCode = (value: unknown): value is number => typeof value === 'number' && value > 0 && value < 32767;

/**
 * Reads the contents of a GeoJP2 box.
 *
 * @throws {Jpeg2000Error} `geo-metadata` when they are no GeoTIFF file, or say no place.
 */
export function readGeotiff(bytes: Uint8Array): Georeference {
  const tags = readTiffTags(bytes);
  const keys = readGeoKeys(tags);
  const tiepoints = numbers(tags.get(MODEL_TIEPOINT));
  const affine = affineOf(numbers(tags.get(MODEL_TRANSFORMATION)), numbers(tags.get(MODEL_PIXEL_SCALE)), tiepoints);
  const pixelIs = keys.get(KEY.rasterType) === PIXEL_IS_POINT ? 'point' : 'area';
  return {
    affine: pixelIs === 'point' ? fromCentres(affine) : affine,
    pixelIs,
    crs: crsOf(keys),
    source: 'geojp2',
  };
}

/** B.6 of GeoTIFF 1.1: a matrix, or a scale and one point that ties picture and ground together. */
function affineOf(matrix: readonly number[], scale: readonly number[], tiepoints: readonly number[]): Affine {
  if (matrix.length >= 8) return [matrix[0], matrix[1], matrix[3], matrix[4], matrix[5], matrix[7]];
  if (scale.length >= 2 && tiepoints.length >= 6) {
    const [col, row, , x, y] = tiepoints;
    const [width, height] = scale;
    return [width, 0, x - col * width, 0, -height, y + row * height];
  }
  const found =
    tiepoints.length >= 6 ? `${Math.floor(tiepoints.length / 6)} tie points without a scale` : 'no tie point';
  throw malformed('geo-metadata', `the GeoTIFF tags say no affine place: ${found}`, { clause: 'GeoTIFF 1.1 B.6' });
}

/** The key directory with what its entries point to. */
function readGeoKeys(tags: ReadonlyMap<number, TagValue>): Map<number, number | string> {
  const directory = numbers(tags.get(GEO_KEY_DIRECTORY));
  const doubles = numbers(tags.get(GEO_DOUBLE_PARAMS));
  const ascii = tags.get(GEO_ASCII_PARAMS);
  const keys = new Map<number, number | string>();
  const count = Math.min(directory[3] ?? 0, Math.floor(directory.length / 4) - 1);
  for (let k = 1; k <= count; k++) {
    const [key, place, length, value] = directory.slice(4 * k, 4 * k + 4);
    if (place === 0) keys.set(key, value);
    else if (place === GEO_DOUBLE_PARAMS && value < doubles.length) keys.set(key, doubles[value]);
    else if (place === GEO_ASCII_PARAMS && typeof ascii === 'string') {
      keys.set(key, ascii.slice(value, value + length));
    }
  }
  return keys;
}

/** A text without the bars and NULs that end it in the tag. */
function withoutEnd(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === '|' || text[end - 1] === '\0')) end--;
  return text.slice(0, end);
}

function crsOf(keys: ReadonlyMap<number, number | string>): Crs {
  const model = MODELS[keys.get(KEY.modelType) as keyof typeof MODELS];
  const projected = keys.get(KEY.projectedType);
  const geographic = keys.get(KEY.geographicType);
  // a projected system that is spelled out in keys has the code of its geographic one only
  const wanted = model === 'projected' || (model === undefined && projected !== undefined) ? projected : geographic;
  const text = (key: number) => {
    const value = keys.get(key);
    const said = typeof value === 'string' ? withoutEnd(value) : '';
    return said === '' ? undefined : said;
  };
  const citations = [text(KEY.projectedCitation), text(KEY.citation), text(KEY.geographicCitation)];
  const wkt = citations.map(wktIn).find((found) => found !== undefined);
  const name = citations.find((citation) => citation !== undefined && wktIn(citation) === undefined);
  const vertical = keys.get(KEY.verticalType);
  return {
    ...(model === undefined ? {} : { kind: model }),
    ...(isCode(wanted) ? { epsg: wanted } : {}),
    ...(name === undefined ? {} : { name }),
    ...(wkt === undefined ? {} : { wkt }),
    ...(isCode(vertical) ? { verticalEpsg: vertical } : {}),
  };
}

/** Esri hides a whole definition in a citation. */
function wktIn(citation: string | undefined): string | undefined {
  return /^ESRI PE String = (.*)$/s.exec(citation ?? '')?.[1];
}

function numbers(value: TagValue | undefined): readonly number[] {
  return value === undefined || typeof value === 'string' ? [] : value;
}

/**
 * The contents of a GeoJP2 box, for `metadata.geotiff` of an encode: the map as a scale and a tie point, or as a matrix where the
 * picture is turned, and the system by its EPSG code.
 *
 * @throws {Jpeg2000Error} `option-value` for numbers that say no place, and codes beyond 16 bits, for which GeoTIFF has no room.
 * @example
 * ```ts
 * const geotiff = geotiffBytes({ affine: [0.5, 0, 448000, 0, -0.5, 5412000], crs: { epsg: 32632 } });
 * await encode(picture, { metadata: { geotiff } });
 * ```
 */
export function writeGeotiff({ affine, crs, pixelIs = 'area' }: GeoSpec): Uint8Array {
  const [a, b, , d, e] = affine;
  const centre = pixelIs === 'point' ? 0.5 : 0;
  const x = a * centre + b * centre + affine[2];
  const y = d * centre + e * centre + affine[5];
  const place: Tag[] =
    b === 0 && d === 0 && a > 0 && e < 0
      ? [
          { tag: MODEL_PIXEL_SCALE, type: 'double', values: [a, -e, 0] },
          { tag: MODEL_TIEPOINT, type: 'double', values: [0, 0, 0, x, y, 0] },
        ]
      : [{ tag: MODEL_TRANSFORMATION, type: 'double', values: [a, b, 0, x, d, e, 0, y, 0, 0, 0, 0, 0, 0, 0, 1] }];
  const kind = crs?.kind ?? (crs?.epsg === undefined ? undefined : isGeographic(crs.epsg) ? 'geographic' : 'projected');
  const keys: [number, number][] = [];
  if (kind !== undefined) keys.push([KEY.modelType, kind === 'projected' ? 1 : kind === 'geographic' ? 2 : 3]);
  keys.push([KEY.rasterType, pixelIs === 'point' ? PIXEL_IS_POINT : PIXEL_IS_AREA]);
  if (crs?.epsg !== undefined) keys.push([kind === 'projected' ? KEY.projectedType : KEY.geographicType, crs.epsg]);
  const directory = [1, 1, 0, keys.length, ...keys.flatMap(([key, value]) => [key, 0, 1, value])];
  return writeTiffTags([...place, { tag: GEO_KEY_DIRECTORY, type: 'short', values: directory }]);
}
