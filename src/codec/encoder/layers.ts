/**
 * From the rates of a call to the layers of some tiles.
 */
import { usage } from '../errors.ts';
import type { Work } from '../executor.ts';
import { STYLE_HIGH_THROUGHPUT } from '../codestream/cod.ts';
import { ChosenPlanes } from './chosen-planes.ts';
import type { CodedPasses, CodedTile } from './coded-tile.ts';
import type { Rate } from './options.ts';
import type { Overhead } from './overhead.ts';
import type { EncodePlan } from './plan.ts';
import { errorOfDecibels } from './quality.ts';
import { type LayerCut, type LayerTarget, RateControl } from './rate-control.ts';
import { bytesOf, isQuantized, SPREAD } from './rates.ts';

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
  const isHt = (plan.main.cod.style.codeBlockStyle & STYLE_HIGH_THROUGHPUT) !== 0;
  // where one layer takes everything, there is nothing to choose
  if (isHt && !(plan.rates.length === 1 && isQuantized(plan.rates[0]))) {
    return yield* choosePlanes(plan, tiles, overhead, targets);
  }
  return yield* settleLayers(plan, tiles, overhead, targets);
}

/** Trials for the planes of a size. */
const PLANE_TRIALS = 4;
/** Of a size so much may be left. */
const PLANE_SLACK = 1 / 1024;

/**
 * The layers of high-throughput code-blocks. First each gets its plane, by what the last layer asks of all sets of passes; what is counted
 * then are headers of one layer of classic code-blocks. Then the layers are made of what was chosen, and a size is asked for again by as
 * much more or less as that has come out.
 */
function* choosePlanes(
  plan: EncodePlan,
  tiles: readonly CodedTile[],
  overhead: Overhead,
  targets: readonly LayerTarget[],
): Work<RateControl> {
  const last = targets[targets.length - 1];
  const budget = last.kind === 'bytes' || last.kind === 'slope' ? last.bytes : undefined;
  const least = budget === undefined ? 0 : yield* new RateControl(tiles, CLASSIC_STYLE, overhead).sizeOfNothing();
  // lower layers have a packet of a byte or more in each precinct, which the choice does not see
  const packets = tiles.reduce((sum, { precincts }) => sum + precincts.length, 0) * (targets.length - 1);
  let ask = Math.max(least, (budget ?? 0) - packets * (1 + overhead.perPacket + overhead.lengthLists));
  let best: RateControl | undefined;
  for (let trial = 0; ; trial++) {
    const choice = new RateControl(tiles, CLASSIC_STYLE, overhead);
    const cut = yield* choice.addLayer(last.kind === 'bytes' || last.kind === 'slope' ? { ...last, bytes: ask } : last);
    const chosen = choice.layered(false).map(({ layerPasses }, t) => new ChosenPlanes(tiles[t], layerPasses[0]));
    const control = yield* settleLayers(plan, chosen, overhead, [...targets.slice(0, -1), { kind: 'everything' }]);
    const settled = control.cuts[control.cuts.length - 1];
    // what was left out is known to the choice only
    const whole: LayerCut = { ...cut, bytes: settled.bytes };
    control.cuts[control.cuts.length - 1] = whole;
    if (budget === undefined) return control;
    const left = budget - settled.bytes;
    if (left >= 0) {
      best = control;
      // a slope may be what sets the size, and everything may fit
      const isAll = cut.slopeCode === 0 || (last.kind === 'slope' && cut.slopeCode === last.slopeCode);
      if (isAll || left <= PLANE_SLACK * budget || trial >= PLANE_TRIALS) return best;
      ask += left;
    } else if (best !== undefined) return best;
    else if (ask === least) {
      const message = `headers and empty packets take ${settled.bytes}`;
      throw usage('rate-value', `${Math.floor(budget)} bytes are too few: ${message}`);
    } else ask = Math.max(least, ask + 2 * left - 1);
  }
}

/** Code-blocks of one codeword segment, whose passes have bytes only together. */
const CLASSIC_STYLE = 0;

function* settleLayers(
  plan: EncodePlan,
  tiles: readonly CodedPasses[],
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
  tiles: readonly CodedPasses[],
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
