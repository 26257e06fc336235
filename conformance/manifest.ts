/** The list of conformance cases: what it says, as types, and how it is read. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One component of a case with its reference picture and the limits that hold for it. */
export interface ComponentCase {
  readonly index: number;
  /** A gzip-compressed PGX file, relative to the manifest. */
  readonly reference: string;
  readonly peakTolerance: number;
  readonly mseTolerance?: number;
  /** x, y, width, height of the part of the component that the reference covers. */
  readonly window?: readonly [number, number, number, number];
}

/** One decode with an expected result: reference pictures, or a checksum, or both. */
export interface ConformanceCase {
  readonly id: string;
  readonly group: string;
  readonly file: string;
  readonly part: number;
  readonly reduce: number;
  readonly components?: readonly ComponentCase[];
  /** Compare only the top left corner, as large as the reference (T.803 B.2.3). */
  readonly crop?: boolean;
  /** Shift the samples to the reference's bit depth. */
  readonly scaleDepth?: boolean;
  /** Transform the first three components and keep the first result. */
  readonly forwardTransform?: 'RCT' | 'ICT';
  /** Render the whole file to this space. */
  readonly colour?: 'srgb';
  /** Decode the bare codestream inside the file. */
  readonly extract?: 'jp2c';
  readonly md5?: string;
  readonly shape?: readonly { width: number; height: number; bitDepth: number; signed: boolean }[];
}

/** Reads the manifest of a conformance folder. */
export async function readManifest(folder: string): Promise<ConformanceCase[]> {
  const text = await readFile(join(folder, 'manifest.json'), 'utf8');
  return JSON.parse(text).cases;
}
