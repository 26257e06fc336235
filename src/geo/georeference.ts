/** What is said of a picture's place, whichever way it is stored. */
import type { Affine } from './affine.ts';

/** A coordinate reference system, as far as the file names it. */
export interface Crs {
  readonly kind?: 'projected' | 'geographic' | 'geocentric';
  /** Code of the EPSG data set. */
  readonly epsg?: number;
  /** The name that the file gives it. */
  readonly name?: string;
  /** A definition as well-known text, where the file has one. */
  readonly wkt?: string;
  /** EPSG code of the system of heights. */
  readonly verticalEpsg?: number;
}

/** A place without the size of the picture. */
export interface Georeference {
  readonly affine: Affine;
  /** What a stored sample stands for: the area of its pixel, or the point in its middle. It does not change `affine`. */
  readonly pixelIs: 'area' | 'point';
  readonly crs: Crs;
  /** Where it was read. */
  readonly source: 'geojp2' | 'gmljp2' | 'worldfile';
}

/** A place to be written. */
export interface GeoSpec {
  /** From pixel corners to the ground, x first. */
  readonly affine: Affine;
  readonly crs?: Crs;
  /** Default `area`. */
  readonly pixelIs?: 'area' | 'point';
}
