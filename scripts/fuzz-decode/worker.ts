/**
 * Decodes spoilt files in a process of its own: `worker seed from count coder`. One line of JSON for every case that is not
 * as it should be, a sign of life now and then, and a summary at the end.
 */
import { decode, decodeSync, inspectSync, Jpeg2000Error, type RandomAccessSource } from '../../src/index.ts';
import { requireSharedFolder } from '../../test/support/shared-folder.ts';
import { loadFiles, makeHighThroughputFiles } from './files.ts';
import { makeMutant, type Mutant } from './mutate.ts';

/** Small enough that a hostile header is refused early, large enough for every honest seed file. */
const LIMITS = { pixels: 2 ** 21, codeBlocks: 2 ** 18, time: 4000 };
/** A case that takes longer is a finding even though it ended. */
const SLOW_MS = 5000;

const [seed, from, count] = process.argv.slice(2, 5).map(Number) as [number, number, number];
const files = process.argv[5] === 'ht' ? makeHighThroughputFiles() : loadFiles(requireSharedFolder());
const tally: Record<string, number> = {};
let slowest = 0;
for (let number = from; number < from + count; number++) {
  process.send?.({ number });
  const mutant = makeMutant(files, seed, number);
  const start = performance.now();
  const outcome = await tryMutant(mutant, number);
  const ms = performance.now() - start;
  slowest = Math.max(slowest, ms);
  const name = outcome.startsWith('!') ? 'finding' : outcome;
  tally[name] = (tally[name] ?? 0) + 1;
  if (name === 'finding') process.send?.({ finding: `${seed}:${number} ${mutant.what}: ${outcome.slice(1)}` });
  if (ms > SLOW_MS) process.send?.({ finding: `${seed}:${number} ${mutant.what}: took ${Math.round(ms)} ms` });
}
process.send?.({ tally, slowest });
process.disconnect?.();

/** The outcome of one case; what begins with an exclamation mark must never happen. */
async function tryMutant({ bytes, random }: Mutant, number: number): Promise<string> {
  const strict = random.chance(0.1);
  const reduce = random.chance(0.2) ? random.int(0, 3) : 0;
  const region = random.chance(0.2) ? { x: random.int(0, 20), y: random.int(0, 20), width: 9, height: 7 } : undefined;
  const colour = random.chance(0.5) ? ('srgb' as const) : ('native' as const);
  const options = { strict, reduce, colour, limits: LIMITS, ...(region ? { region } : {}) };
  try {
    if (number % 4 === 0) inspectSync(bytes);
    const image = number % 8 === 7 ? await decode(sourceOver(bytes), options) : decodeSync(bytes, options);
    if (image.status === 'partial' && image.warnings.length === 0) return '!partial without a warning';
    return image.status;
  } catch (error) {
    if (!(error instanceof Jpeg2000Error)) return `!${error instanceof Error ? error.stack : String(error)}`;
    return error.kind === 'usage' && !['region-empty', 'option-value'].includes(error.code)
      ? `!usage error for a spoilt file: ${error.message}`
      : error.kind;
  }
}

/** The same bytes through the road that files and URLs take. */
function sourceOver(bytes: Uint8Array): RandomAccessSource {
  return {
    size: bytes.length,
    read: async ({ offset, length }) => bytes.slice(offset, offset + length),
  };
}
