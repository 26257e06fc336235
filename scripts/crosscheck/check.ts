/** One cross-check from picture to verdict. */
import { decodeSync } from '../../src/index.ts';
import { planesOf } from '../../conformance/decode-case.ts';
import { distanceOf } from '../../conformance/score.ts';
import { decodeWithOpenJpeg } from '../../test/support/openjpeg.ts';
import type { PgxImage } from '../../test/support/pgx.ts';
import { type CrosscheckCase, makeCase } from './cases.ts';
import { argumentsOf, encodeCase } from './encode.ts';
import { makePlanes, type Seeds } from './pictures.ts';

/**
 * How a case went. `refused` is the encoder's or the oracle's refusal, which says nothing about us; `departed` was compared, but
 * the encoder changed an option by itself.
 */
export interface Verdict {
  readonly item: CrosscheckCase;
  readonly outcome: 'same' | 'departed' | 'refused' | 'different';
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
  let theirs: PgxImage[];
  try {
    theirs = await decodeWithOpenJpeg(codestream, { reduce: item.reduce, layers: item.layers });
  } catch (error) {
    return { item, outcome: 'refused', detail: String(error), codestream };
  }
  const problem = compare(item, codestream, planes, theirs);
  if (problem) return { item, outcome: 'different', detail: problem, codestream };
  return { item, outcome: departures.length > 0 ? 'departed' : 'same', detail: departures.join('; '), codestream };
}

function compare(
  item: CrosscheckCase,
  codestream: Uint8Array,
  planes: readonly Int32Array[],
  theirs: readonly PgxImage[],
): string | undefined {
  let ours: PgxImage[];
  try {
    const { reduce, layers } = item;
    const image = decodeSync(codestream, { colour: 'native', layout: 'planar', reduce, ...(layers ? { layers } : {}) });
    if (image.status !== 'complete')
      return `status ${image.status}: ${image.warnings.map((w) => w.message).join('; ')}`;
    ours = planesOf(image);
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}\n${error.stack}` : String(error);
  }
  if (ours.length !== theirs.length) return `${ours.length} components instead of ${theirs.length}`;
  const allowed = item.coding.irreversible ? 1 : 0;
  for (const [c, plane] of ours.entries()) {
    const reference = theirs[c]!;
    const shape = (p: PgxImage): string => `${p.width}×${p.height} ${p.signed ? 's' : 'u'}${p.precision}`;
    if (shape(plane) !== shape(reference)) return `component ${c} is ${shape(plane)}, OpenJPEG's ${shape(reference)}`;
    const { peak } = distanceOf(plane.data, reference.data);
    if (peak <= allowed) continue;
    const right = isLossless(item) && distanceOf(plane.data, planes[c]!).peak === 0;
    return `component ${c} differs from OpenJPEG by ${peak}${right ? ' and equals the original' : ''}`;
  }
  return undefined;
}

function isLossless({ coding, reduce, layers }: CrosscheckCase): boolean {
  return !coding.irreversible && coding.ratios.at(-1) === 1 && reduce === 0 && layers === 0;
}
