/**
 * Comparison with OpenJPEG: every reversible file identical, every irreversible one of up to 8 bits within 1.
 *
 * Two correct decoders may differ where floating-point arithmetic is rounded, so deeper irreversible files are only
 * reported.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { extractCodestream } from '../test/support/boxes.ts';
import { decodeWithOpenJpeg } from '../test/support/openjpeg.ts';
import type { ConformanceCase } from './manifest.ts';
import { type DecodeCase, distanceOf } from './score.ts';

/** How one file compares. */
export interface ComparisonScore {
  readonly file: string;
  readonly reversible: boolean;
  readonly precision: number;
  /** `not read`: a high-throughput file of a kind that OpenJPEG has no decoder for. */
  readonly rule: 'exact' | 'within 1' | 'reported' | 'not read';
  readonly peak: number;
  readonly pass: boolean;
  readonly problem?: string;
}

/** The files of a list of cases, each once: all of them are compared at full resolution as bare codestreams. */
export function filesOf(cases: readonly ConformanceCase[]): string[] {
  return [...new Set(cases.map((c) => c.file))];
}

/** Decodes one file with both decoders and compares every component. */
export async function compareFile(folder: string, file: string, decodeCase: DecodeCase): Promise<ComparisonScore> {
  const codestream = extractCodestream(new Uint8Array(await readFile(join(folder, file))));
  const reversible = isReversible(codestream);
  let score = { file, reversible, precision: 0, rule: 'reported', peak: 0, pass: false } as ComparisonScore;
  const theirs = await decodeWithOpenJpeg(codestream).catch((error: unknown) => error);
  if (!Array.isArray(theirs)) {
    const problem = theirs instanceof Error ? theirs.message : String(theirs);
    return isHighThroughput(file) ? { ...score, rule: 'not read', pass: true } : { ...score, problem };
  }
  try {
    const precision = Math.max(...theirs.map((p) => p.precision));
    const rule = reversible ? 'exact' : precision <= 8 ? 'within 1' : 'reported';
    score = { ...score, precision, rule };
    const ours = await decodeCase(codestream, { reduce: 0, colour: 'native' });
    if (ours.length !== theirs.length) throw new Error(`${ours.length} components, OpenJPEG has ${theirs.length}`);
    const peak = Math.max(...ours.map((plane, c) => distanceOf(plane.data, theirs[c]!.data).peak));
    const allowed = rule === 'exact' ? 0 : rule === 'within 1' ? 1 : Number.POSITIVE_INFINITY;
    return { ...score, peak, pass: peak <= allowed };
  } catch (error) {
    return { ...score, problem: error instanceof Error ? error.message : String(error) };
  }
}

/** OpenJPEG 2.5 knows streams in which all code-blocks are of high throughput and have all their passes in one layer, and not all of those. */
function isHighThroughput(file: string): boolean {
  return file.startsWith('ht/');
}

/**
 * True when every COD and COC of the main header, and every one in a tile-part header, chooses the 5/3 filter. Read
 * here with a plain walk over the markers so that the comparison does not depend on the reader that it checks.
 */
function isReversible(codestream: Uint8Array): boolean {
  const view = new DataView(codestream.buffer, codestream.byteOffset, codestream.byteLength);
  const wide = view.getUint16(40) > 256 ? 2 : 1;
  let at = 2;
  while (at + 4 <= view.byteLength) {
    const marker = view.getUint16(at);
    if (marker === 0xffd9) break;
    const length = view.getUint16(at + 2);
    if (marker === 0xff52 && view.getUint8(at + 13) === 0) return false;
    if (marker === 0xff53 && view.getUint8(at + 9 + wide) === 0) return false;
    if (marker === 0xff90) {
      const psot = view.getUint32(at + 6);
      let inner = at + 12;
      while (inner + 4 <= view.byteLength && view.getUint16(inner) !== 0xff93) {
        const m = view.getUint16(inner);
        if (m === 0xff52 && view.getUint8(inner + 13) === 0) return false;
        if (m === 0xff53 && view.getUint8(inner + 9 + wide) === 0) return false;
        inner += 2 + view.getUint16(inner + 2);
      }
      if (psot === 0) break;
      at += psot;
    } else {
      at += 2 + length;
    }
  }
  return true;
}
