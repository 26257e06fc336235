/**
 * From the rates of a call to the layers of some tiles.
 */
import { usage } from '../errors.ts';
import type { Work } from '../executor.ts';
import type { CodedTile } from './coded-tile.ts';
import type { Rate } from './options.ts';
import type { Overhead } from './overhead.ts';
import type { EncodePlan } from './plan.ts';
import { errorOfDecibels } from './quality.ts';
import { type LayerTarget, RateControl } from './rate-control.ts';
import { bytesOf, SPREAD } from './rates.ts';

/** The least that layers without a rate of their own may have, as a fraction of the last. */
const SPREAD_RANGE = 256;

/** A layer with so much less error than the next one asks for contradicts it; estimates are not that wrong. */
const CONTRADICTION = 0.5;

/** Points of the image area. */
export function pointsOf({ main: { siz } }: EncodePlan): number {
  return (siz.xsiz - siz.xosiz) * (siz.ysiz - siz.yosiz);
}

/** The size of the whole file that a rate allows; undefined where it does not speak of size. */
export function budgetOf(plan: EncodePlan, rate: Rate): number | undefined {
  return bytesOf(rate, pointsOf(plan), plan.numSampleBits);
}

/** What a rate asks of a layer. `share` is the part of the picture, `scale` a correction of the error that a PSNR allows, 0 for none at all. */
export function targetOf(plan: EncodePlan, rate: Rate, share: number, scale: number): LayerTarget {
  const bytes = budgetOf(plan, rate);
  if (bytes !== undefined) return { kind: 'bytes', bytes: bytes * share };
  if (!('psnr' in rate)) return { kind: 'everything' };
  if (scale === 0) return { kind: 'everything' };
  const error = errorOfDecibels(plan.peakEnergy, plan.numSamples, rate.psnr);
  return { kind: 'distortion', distortion: error * share * scale };
}

/** Settles all layers of some tiles. Layers without a rate of their own are shared out below the last. */
export function* allocateLayers(
  plan: EncodePlan,
  tiles: readonly CodedTile[],
  overhead: Overhead,
  targets: readonly LayerTarget[],
): Work<RateControl> {
  const style = plan.main.cod.style.codeBlockStyle;
  const control = new RateControl(tiles, style, overhead);
  const settled = plan.rates[0] === SPREAD ? yield* spread(targets, tiles, style, overhead) : targets;
  for (const target of settled) {
    const layer = control.cuts.length;
    const before = control.cuts[layer - 1];
    // among layers of one kind the numbers themselves have been compared; weighted errors cannot be
    const comparable =
      before && budgetOf(plan, plan.rates[layer - 1]) !== undefined && plan.options.weights !== 'visual';
    if (comparable && target.kind === 'distortion' && before.distortion < CONTRADICTION * target.distortion) {
      throw usage('rate-value', `layer ${layer} asks for less than layer ${layer - 1} already has (counted from 0)`);
    }
    yield* control.addLayer(target);
  }
  return control;
}

/** Layers below the last get sizes that grow by one factor, two at most, from a small part of the last upward. */
function* spread(
  targets: readonly LayerTarget[],
  tiles: readonly CodedTile[],
  style: number,
  overhead: Overhead,
): Work<LayerTarget[]> {
  const count = targets.length;
  const last = targets[count - 1];
  const size = (yield* new RateControl(tiles, style, overhead).addLayer(last)).bytes;
  const factor = Math.min(2, SPREAD_RANGE ** (1 / (count - 1)));
  return targets.map((target, l): LayerTarget => {
    if (l === count - 1) return target;
    return { kind: 'bytes', bytes: overhead.fixed + (size - overhead.fixed) / factor ** (count - 1 - l), least: true };
  });
}
