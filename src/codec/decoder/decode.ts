/**
 * A decode from options to picture.
 *
 * Components that need nothing more are written straight into the result. Everything that concerns colour is a stage that is
 * handed in, so that a build without it is smaller.
 */
import type { DiagnosticLog } from '../errors.ts';
import type { Limits } from '../limits.ts';
import type { DecodeContext } from './decode-context.ts';
import {
  checkPixels,
  contextOf,
  convertedImage,
  countsOf,
  type Decoded,
  type DecodeTools,
  directImage,
  directTargets,
  ownTarget,
  type Picture,
  planDecode,
  reducedBounds,
  samplesOf,
  spansOf,
} from './decode-plan.ts';
import type { DecodeWork } from './decode-work.ts';
import type { DecodeOptions } from './options.ts';
import { checkInto } from './samples.ts';
import { decodeWindow } from './window-decode.ts';

/** Decodes a window. */
export function* decodePicture(
  picture: Picture,
  options: DecodeOptions,
  tools: DecodeTools,
  limits: Limits,
  log: DiagnosticLog,
): DecodeWork<Decoded> {
  const plan = yield* planDecode(picture, options, tools);
  const { region, reduce, windows, natural, isDirect, isInterleaved } = plan;
  const { source } = picture;
  checkPixels(windows, limits);
  const total = samplesOf(windows);
  if (isDirect && options.into) checkInto(options.into, natural, total);
  const data = isDirect ? (options.into ?? new natural(total)) : undefined;
  const targets = data
    ? directTargets(windows, data, isInterleaved)
    : windows.map((window) => ownTarget(window, source.main.siz));
  const spans = spansOf(options, tools, plan);
  const context = contextOf(picture, options, tools, spans, limits, log);
  const onTile = options.onProgress && ((done: number, of: number) => report(options, context, done, of));
  const inverseMct = options.inverseMct ?? true;
  yield* decodeWindow(source, { reduce, inverseMct, targets, spans, onTile }, context);
  const image = data
    ? directImage(picture, plan, targets, data, tools, context.partial ? 'partial' : 'complete')
    : yield* convertedImage(picture, plan, targets, reducedBounds(region, reduce), options, tools, context);
  return { image, ...countsOf(context) };
}

function report(options: DecodeOptions, context: DecodeContext, tilesDone: number, tiles: number): void {
  options.onProgress?.({ tilesDone, tiles, codeBlocks: context.codeBlocks, fraction: tilesDone / tiles });
}
