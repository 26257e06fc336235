/** One cross-check from picture to verdict. */
import { decodeSync, type RasterImage } from '../../src/index.ts';
import { planesOf } from '../../conformance/decode-case.ts';
import { distanceOf } from '../../conformance/score.ts';
import { decodeWithGrok, decodeWithOpenJpeg } from '../../test/support/openjpeg.ts';
import type { PgxImage } from '../../test/support/pgx.ts';
import { type CrosscheckCase, makeCase } from './cases.ts';
import { argumentsOf, encodeCase } from './encode.ts';
import { makePlanes, type Seeds } from './pictures.ts';

/**
 * Code-block styles with which a decoder can notice damage: predictable termination and segmentation symbols (Table
 * A.19).
 */
const CHECKED_STYLES = 16 | 32;

/**
 * How a case went.
 *
 * - `same`: identical with OpenJPEG (within 1 for the 9/7 filter)
 * - `departed`: identical, but the encoder had changed an option or left packets out
 * - `alone`: not identical, but Grok or the original picture agrees with us, so OpenJPEG stands alone
 * - `damaged`: the encoder's code-blocks fail the checks of the standard, after which we leave out what follows (D.4.2,
 *   D.5), and OpenJPEG does not get the original back either
 * - `refused`: encoder or oracle gave up
 * - `different`: a fault of ours until shown otherwise
 */
export type Outcome = 'same' | 'departed' | 'alone' | 'damaged' | 'refused' | 'different';

/** The verdict on one case. */
export interface Verdict {
  readonly item: CrosscheckCase;
  readonly outcome: Outcome;
  readonly detail: string;
  readonly codestream?: Uint8Array;
}

/** The command line of a case, to repeat it by hand. */
export function describeCase(item: CrosscheckCase): string {
  const { kind, width, height, components, precision, signed, subsampling } = item.picture;
  const grids = subsampling.map(([dx, dy]) => `${dx}x${dy}`).join(':');
  const picture = `${kind} ${width}×${height}×${components} ${signed ? 's' : 'u'}${precision}@${grids}`;
  const asked = `${item.reduce ? ` reduce ${item.reduce}` : ''}${item.layers ? ` layers ${item.layers}` : ''}`;
  return `${item.id}: ${picture}: ${item.encoder} ${argumentsOf(item).join(' ')};${asked}`;
}

/** How often a case is drawn anew when the encoder or the oracle breaks on it. */
const ATTEMPTS = 5;

/** Checks case `number` of a seed, with the first attempt that encoder and oracle survive. */
export async function checkNumber(seed: number, number: number, seeds: Seeds): Promise<Verdict> {
  let verdict = await checkCase(makeCase(seed, number), seeds);
  for (let attempt = 1; attempt < ATTEMPTS && verdict.outcome === 'refused'; attempt++) {
    verdict = await checkCase(makeCase(seed, number, attempt), seeds);
  }
  return verdict;
}

/** Encodes, decodes twice, compares. */
export async function checkCase(item: CrosscheckCase, seeds: Seeds): Promise<Verdict> {
  const planes = makePlanes(item.picture, item.seed, seeds);
  const encoded = await encodeCase(item, planes);
  if (typeof encoded === 'string') return { item, outcome: 'refused', detail: `encoder: ${encoded}` };
  const { codestream, departures } = encoded;
  const verdict = (outcome: Outcome, detail: string): Verdict => ({ item, outcome, detail, codestream });
  const asked = { reduce: item.reduce, layers: item.layers };
  let theirs: PgxImage[];
  try {
    theirs = await decodeWithOpenJpeg(codestream, asked);
  } catch (error) {
    return verdict('refused', String(error));
  }
  let image: RasterImage;
  try {
    const { reduce, layers } = item;
    image = decodeSync(codestream, { colour: 'native', layout: 'planar', reduce, ...(layers ? { layers } : {}) });
  } catch (error) {
    return verdict('different', error instanceof Error ? `${error.stack}` : String(error));
  }
  const ours = planesOf(image);
  const allowed = item.coding.irreversible ? 1 : 0;
  const difference = differenceOf(ours, theirs, allowed);
  const warnings = [...new Set(image.warnings.map((w) => w.code))];
  if (difference === undefined) {
    const notes = [...departures, ...(image.status === 'partial' ? [`partial: ${warnings.join(', ')}`] : [])];
    return verdict(notes.length > 0 ? 'departed' : 'same', notes.join('; '));
  }
  const originals = planes.map(toPlane(theirs));
  if (isLossless(item)) {
    if (differenceOf(ours, originals, 0) === undefined) return verdict('alone', `${difference}; we equal the original`);
    if (differenceOf(theirs, originals, 0) === undefined) return verdict('different', `${difference}; we are wrong`);
  }
  if (differenceOf(ours, await decodeWithGrok(codestream, asked), allowed) === undefined) {
    return verdict('alone', `${difference}; Grok decodes as we do`);
  }
  const lossy = ['code-block-check', 'code-block-depth', 'packet-length', 'packet-truncated'];
  const failedChecks = warnings.includes('code-block-check') && warnings.every((code) => lossy.includes(code));
  if (failedChecks && item.coding.style & CHECKED_STYLES)
    return verdict('damaged', `${difference}; ${warnings.join(', ')}`);
  return verdict('different', `${difference}; ${image.status} ${image.warnings.map((w) => w.message).join('; ')}`);
}

/** Where two decodes differ by more than is allowed. */
function differenceOf(ours: readonly PgxImage[], theirs: readonly PgxImage[], allowed: number): string | undefined {
  if (ours.length !== theirs.length) return `${ours.length} components instead of ${theirs.length}`;
  for (const [c, plane] of ours.entries()) {
    const reference = theirs[c]!;
    if (shapeOf(plane) !== shapeOf(reference))
      return `component ${c} is ${shapeOf(plane)} instead of ${shapeOf(reference)}`;
    const { peak } = distanceOf(plane.data, reference.data);
    if (peak > allowed) return `component ${c} differs by ${peak}`;
  }
  return undefined;
}

function shapeOf({ width, height, signed, precision }: PgxImage): string {
  return `${width}×${height} ${signed ? 's' : 'u'}${precision}`;
}

/** Original samples in the shape that the decoded component has. */
function toPlane(decoded: readonly PgxImage[]): (data: Int32Array, c: number) => PgxImage {
  return (data, c) => ({ ...decoded[c]!, data });
}

function isLossless({ coding, reduce, layers }: CrosscheckCase): boolean {
  const all = layers === 0 || layers >= coding.ratios.length;
  return !coding.irreversible && coding.ratios.at(-1) === 1 && reduce === 0 && all;
}
