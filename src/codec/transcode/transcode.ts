/**
 * The transcoder: packets into another order, cut, grouped and indexed anew, without decoding a coefficient; only where code-blocks change
 * their coder they are decoded, as far as coefficients, and coded again.
 *
 * It works on any provider of packets. The plan of the result (`headers`) comes first; then each tile is measured and written
 * (`write-tiles`), its packets copied (`copied-tile`) or put together anew (`rebuilt-tile`).
 */
import { capNeedsHighThroughput } from '../codestream/cap.ts';
import type { MainHeader } from '../codestream/main-header.ts';
import type { DiagnosticLog } from '../errors.ts';
import { chooseCuts } from './choose-cuts.ts';
import { planTranscode } from './headers.ts';
import { withCapabilities } from './capabilities.ts';
import type { TranscodeOptions } from './options.ts';
import type { BlockRecoder } from './recoded-block.ts';
import type { TranscodeWork } from './work.ts';
import { type Destination, type WrittenTiles, writeTiles } from './write-tiles.ts';

/** Writes the codestream of a result, from SOC to EOC, with what goes before it. */
export function* transcodeCodestream(
  main: MainHeader,
  options: TranscodeOptions,
  destination: Destination,
  log: DiagnosticLog,
  recoder: BlockRecoder | undefined,
): TranscodeWork<WrittenTiles> {
  const planned = planTranscode(main, options, log, recoder);
  const isHt = capNeedsHighThroughput(main.segments.cap);
  const plan = options.coder || isHt ? { ...planned, main: yield* withCapabilities(planned) } : planned;
  const { insertLayers } = options;
  const cuts = insertLayers === undefined ? undefined : yield* chooseCuts(plan, insertLayers);
  if (insertLayers !== undefined && insertLayers > 1) {
    const message = `what is in the first ${insertLayers - 1} of ${insertLayers} layers is estimated; all of them together are the source`;
    log.note('layers-estimated', message);
  }
  return yield* writeTiles(plan, destination, cuts, log);
}
