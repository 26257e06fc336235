/**
 * Codestreams of a moving picture at the pace at which they are played (15444-9 C.4.11 `srate`, C.7.4 `drate`).
 *
 * How fast a picture plays is said by its composition (15444-2 M.11.10). `srate` asks for so many codestreams of a second, and others are
 * left out; `drate` asks that a response bring them no sooner than they are played, times a factor.
 */
import type { JpxFile } from '../../codec/fileformat/jpx-file.ts';
import { drawingsOf } from '../../codec/fileformat/play.ts';
import type { AbortSignalLike } from '../../codec/source.ts';
import type { JpipRequest } from '../request/fields.ts';
import type { EngineHost } from './host.ts';
import type { Running } from './session.ts';

/** Drawings that are looked at to learn the rate. */
const MOST_DRAWINGS = 1000;
/** Milliseconds between two looks at whether a waiting response is still wanted. */
const LOOK_MS = 50;

/** Codestreams a second, as the composition plays them; `undefined` where nothing is said. */
export function playedRate({ composition, layers }: JpxFile): number | undefined {
  if (composition === undefined) return undefined;
  let count = 0;
  let last = 0;
  for (const { start } of drawingsOf(composition, layers.length)) {
    last = start;
    if (++count >= MOST_DRAWINGS) break;
  }
  return count > 1 && last > 0 ? ((count - 1) * 1000) / last : undefined;
}

/** The codestreams that stay when no more than `srate` a second are wanted, and the rate that this gives. */
export function thinOut(
  numbers: readonly number[],
  srate: number | undefined,
  played: number | undefined,
): { readonly numbers: readonly number[]; readonly rate: number | undefined } {
  if (srate === undefined || played === undefined || srate <= 0 || srate >= played) return { numbers, rate: undefined };
  const step = Math.ceil(played / srate);
  return { numbers: numbers.filter((_, k) => k % step === 0), rate: played / step };
}

/** Waits until the k-th codestream of a response is due; `undefined` where a request sets no pace. */
export function paceOf(
  { drate, srate }: JpipRequest,
  file: JpxFile,
  host: EngineHost,
  running: Running,
  signal: AbortSignalLike | undefined,
): ((k: number) => Promise<void>) | undefined {
  const played = playedRate(file) ?? srate;
  if (drate === undefined || drate <= 0 || played === undefined) return undefined;
  const rate = drate * Math.min(played, srate ?? played);
  const start = host.now();
  return async (k) => {
    for (;;) {
      const left = start + (k * 1000) / rate - host.now();
      if (left <= 0 || running.preempted || running.stopped || signal?.aborted) return;
      await host.delay(Math.min(left, LOOK_MS));
    }
  };
}
