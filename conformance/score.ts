/**
 * Scoring one case: decode, convert as the suite prescribes, compare.
 *
 * Errors are counted as T.803 does: the peak is the largest absolute difference of a sample, the mean squared error is
 * taken over the component. Nothing is excused here; what is allowed stands in the manifest.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { extractCodestream } from '../test/support/boxes.ts';
import { type PgxImage, readPgx } from '../test/support/pgx.ts';
import type { ComponentCase, ConformanceCase } from './manifest.ts';

/** The decoder under test: bytes of a file or codestream in, components out. */
export type DecodeCase = (
  bytes: Uint8Array,
  options: { reduce: number; colour: 'native' | 'srgb' },
) => Promise<PgxImage[]>;

/** The distance between two pictures. */
export interface Distance {
  readonly peak: number;
  readonly mse: number;
}

/** How one component did. */
export interface ComponentScore extends Distance {
  readonly index: number;
  readonly peakTolerance: number;
  readonly mseTolerance: number | undefined;
  readonly pass: boolean;
}

/** How one case did. `problem` says what else is wrong: an exception, a wrong size, a wrong checksum. */
export interface CaseScore {
  readonly id: string;
  readonly group: string;
  readonly file: string;
  readonly pass: boolean;
  readonly components: readonly ComponentScore[];
  readonly problem?: string;
  readonly ms: number;
}

/** Runs one case. Whatever the decoder throws becomes the case's problem, so that the table is always complete. */
export async function scoreCase(folder: string, item: ConformanceCase, decodeCase: DecodeCase): Promise<CaseScore> {
  const { id, group, file } = item;
  const start = performance.now();
  try {
    const bytes = new Uint8Array(await readFile(join(folder, file)));
    const input = item.extract ? extractCodestream(bytes) : bytes;
    const decoded = await decodeCase(input, { reduce: item.reduce, colour: item.colour ?? 'native' });
    const ms = performance.now() - start;
    const problem = checkShape(item, decoded) ?? checkMd5(item, decoded);
    const components: ComponentScore[] = [];
    for (const expected of item.components ?? []) {
      const reference = readPgx(gunzipSync(await readFile(join(folder, expected.reference))));
      components.push(scoreComponent(expected, reference, convert(item, expected, reference, decoded)));
    }
    if (!item.md5 && components.length === 0) throw new Error('the case expects nothing');
    const pass = problem === undefined && components.every((c) => c.pass);
    return { id, group, file, pass, components, ms, ...(problem ? { problem } : {}) };
  } catch (error) {
    const problem = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { id, group, file, pass: false, components: [], problem, ms: performance.now() - start };
  }
}

/** Peak and mean squared error of two pictures of one size. */
export function distanceOf(a: ArrayLike<number>, b: ArrayLike<number>): Distance {
  if (a.length !== b.length) throw new Error(`${a.length} samples against ${b.length}`);
  let peak = 0;
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const d = Math.abs(a[i]! - b[i]!);
    if (d > peak) peak = d;
    sum += d * d;
  }
  return { peak, mse: a.length > 0 ? sum / a.length : 0 };
}

function scoreComponent(expected: ComponentCase, reference: PgxImage, found: PgxImage): ComponentScore {
  const { index, peakTolerance, mseTolerance } = expected;
  if (found.width !== reference.width || found.height !== reference.height) {
    throw new Error(
      `component ${index} is ${found.width} × ${found.height}, expected ${reference.width} × ${reference.height}`,
    );
  }
  const distance = distanceOf(found.data, reference.data);
  const pass = distance.peak <= peakTolerance && (mseTolerance === undefined || distance.mse <= mseTolerance);
  return { index, ...distance, peakTolerance, mseTolerance, pass };
}

/** What the suite prescribes between decoding and comparing (T.803 B.2.3 for class 0). */
function convert(item: ConformanceCase, expected: ComponentCase, reference: PgxImage, decoded: PgxImage[]): PgxImage {
  let plane = item.forwardTransform ? lumaOf(item.forwardTransform, decoded) : decoded[expected.index];
  if (!plane) throw new Error(`component ${expected.index} is missing`);
  if (expected.window) plane = cropTo(plane, ...expected.window);
  if (item.crop) {
    const width = Math.min(plane.width, reference.width);
    plane = cropTo(plane, 0, 0, width, Math.min(plane.height, reference.height));
  }
  return item.scaleDepth ? shiftTo(plane, reference.precision) : plane;
}

function cropTo(plane: PgxImage, x: number, y: number, width: number, height: number): PgxImage {
  const data = new Int32Array(width * height);
  for (let row = 0; row < height; row++) {
    const from = (y + row) * plane.width + x;
    data.set(plane.data.subarray(from, from + width), row * width);
  }
  return { ...plane, width, height, data };
}

function shiftTo(plane: PgxImage, precision: number): PgxImage {
  const shift = plane.precision - precision;
  if (shift === 0) return plane;
  return { ...plane, precision, data: plane.data.map((v) => (shift > 0 ? v >> shift : v << -shift)) };
}

/** The first component of the forward transform (15444-1 G.2.1 and G.3.1), which is all that a class 0 decoder sees. */
function lumaOf(kind: 'RCT' | 'ICT', decoded: PgxImage[]): PgxImage {
  const [r, g, b] = decoded as [PgxImage, PgxImage, PgxImage];
  const data = r.data.map((value, i) =>
    kind === 'RCT'
      ? (value + 2 * g.data[i]! + b.data[i]!) >> 2
      : Math.round(0.299 * value + 0.587 * g.data[i]! + 0.114 * b.data[i]!),
  );
  return { ...r, data };
}

function checkShape(item: ConformanceCase, decoded: PgxImage[]): string | undefined {
  if (!item.shape) return undefined;
  const found = decoded.map((p) => `${p.width}×${p.height}×${p.signed ? 's' : 'u'}${p.precision}`).join(' ');
  const wanted = item.shape.map((p) => `${p.width}×${p.height}×${p.signed ? 's' : 'u'}${p.bitDepth}`).join(' ');
  return found === wanted ? undefined : `shape ${found}, expected ${wanted}`;
}

function checkMd5(item: ConformanceCase, decoded: PgxImage[]): string | undefined {
  if (!item.md5) return undefined;
  const hash = createHash('md5');
  for (const plane of decoded) {
    const bytes = new DataView(new ArrayBuffer(plane.data.length * 4));
    plane.data.forEach((value, i) => {
      bytes.setInt32(4 * i, value, true);
    });
    hash.update(new Uint8Array(bytes.buffer));
  }
  const found = hash.digest('hex');
  return found === item.md5 ? undefined : `checksum ${found}, expected ${item.md5}`;
}
