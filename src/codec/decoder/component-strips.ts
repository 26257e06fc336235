/**
 * A window of one tile-component, from packets up to decoded code-blocks (15444-1 Annexes B, D and E).
 *
 * Subbands give rows of coefficients, and every resolution level makes rows of its own from them and from the level below
 * (`component-rows.ts`). Asking the highest level for a row draws a few rows through all of them, so that no plane of coefficients or
 * samples is ever held: memory is one or two rows of code-blocks for each subband, whatever the height of the picture. What rows need must be
 * brought in before they are drawn: {@link ComponentStrips.begin} does it, and is where work can pause.
 */
import { stepOf } from '../codestream/qcd.ts';
import type { Work } from '../executor.ts';
import { clip, lengthOf } from '../geometry/axis.ts';
import type { TileComponent } from '../geometry/tile.ts';
import type { ResolutionGeometry, SubbandGeometry, TileComponentGeometry } from '../geometry/tile-component.ts';
import { type ComponentWindow, subbandWindow, type TileWindow } from '../geometry/window.ts';
import type { PrecinctSnapshot } from '../packets/precinct-source.ts';
import { magnitudeBitPlanesOf, stepSizeOf } from '../transform/quantization.ts';
import { ROWS_AHEAD_53, ROWS_AHEAD_97 } from '../transform/synthesis.ts';
import type { DecodeContext } from './decode-context.ts';
import { LevelPrecincts } from './level-precincts.ts';
import { type StripDecoder, type SubbandPlan, SubbandStrips } from './subband-strips.ts';

/** Gain of a subband as a power of two: LL 0, HL and LH 1, HH 2 (Table E.1). */
const GAIN_LOG2 = [0, 1, 1, 2] as const;

/** One resolution level of a window. */
export interface Level {
  readonly precincts: LevelPrecincts | undefined;
  /** By orientation; undefined where the window has nothing of the subband. */
  readonly bands: readonly (SubbandStrips | undefined)[];
}

/** Decoded code-blocks of a tile-component, as far as they have been brought in. */
export class ComponentStrips {
  readonly component: number;
  readonly geometry: TileComponentGeometry;
  readonly window: ComponentWindow;
  readonly reversible: boolean;
  /** Samples of a row, and rows. */
  readonly width: number;
  readonly height: number;
  readonly levels: Level[] = [];
  private begun = 0;

  constructor(
    tile: number,
    component: TileComponent,
    { window, resolutions }: TileWindow,
    snapshot: PrecinctSnapshot | undefined,
    context: DecodeContext,
    decoderOf: () => StripDecoder,
  ) {
    this.component = component.component;
    this.geometry = component.geometry;
    this.window = window;
    this.reversible = component.parameters.style.reversible;
    this.width = lengthOf(window.x.kept[window.target]) | 0;
    this.height = lengthOf(window.y.kept[window.target]) | 0;
    for (let r = 0; r <= window.target; r++) {
      const resolution = component.geometry.resolutions[r];
      const rect = resolutions[r];
      if (rect === undefined || snapshot === undefined) {
        this.levels.push({ precincts: undefined, bands: [] });
        continue;
      }
      const precincts = new LevelPrecincts(rect, tile, component, resolution, snapshot, context);
      const bands: (SubbandStrips | undefined)[] = [];
      resolution.subbands.forEach((subband, band) => {
        const plan = planSubband(tile, component, resolution, subband, band, window, snapshot, context);
        bands[subband.orientation] = plan && new SubbandStrips(plan, resolution, precincts, context, decoderOf());
      });
      this.levels.push({ precincts, bands });
    }
  }

  /** Sets out to bring in what the first `count` rows need; decoded here, it is there afterwards. Yields now and then. */
  *begin(count: number): Work<void> {
    if (count <= this.begun) return;
    this.begun = count;
    for (const { band, rows } of this.need(count)) yield* band.begin(rows);
    for (const { precincts, bands } of this.levels) {
      if (precincts === undefined || precincts.rect.y1 - precincts.rect.y0 === 1) continue;
      precincts.forgetAbove(Math.min(...bands.map((band) => band?.nextPrecinctRow ?? Number.POSITIVE_INFINITY)));
    }
  }

  /** The subbands that the first `count` rows need, and how many rows of each. */
  need(count: number): { r: number; band: SubbandStrips; rows: number }[] {
    const ahead = this.reversible ? ROWS_AHEAD_53 : ROWS_AHEAD_97;
    const list: { r: number; band: SubbandStrips; rows: number }[] = [];
    let low = count;
    for (let r = this.levels.length - 1; r >= 0; r--) {
      let high = 0;
      if (r > 0) {
        const { numLow, numHigh, parity, skip } = this.window.y.steps[r];
        const lines = Math.min(numLow + numHigh, skip + low + ahead);
        low = (lines + 1 - parity) >> 1;
        high = lines - low;
      }
      this.levels[r].bands.forEach((band, orientation) => {
        const rows = orientation & 2 ? high : low;
        if (band && rows > 0) list.push({ r, band, rows });
      });
    }
    return list;
  }

  /** Ends the work: looks at the precincts that no row needed, and gives all memory back. */
  *finish(): Work<void> {
    for (const { precincts, bands } of this.levels) {
      if (precincts) yield* precincts.finish();
      for (const band of bands) band?.release();
    }
  }
}

function planSubband(
  tile: number,
  component: TileComponent,
  resolution: ResolutionGeometry,
  subband: SubbandGeometry,
  band: number,
  window: ComponentWindow,
  snapshot: PrecinctSnapshot,
  context: DecodeContext,
): SubbandPlan | undefined {
  const { style, quantization, roiShift } = component.parameters;
  const { r } = resolution;
  const { orientation } = subband;
  const wanted = subbandWindow(window, r, orientation);
  const x = clip(wanted.x, subband.x);
  const y = clip(wanted.y, subband.y);
  if (lengthOf(x) === 0 || lengthOf(y) === 0) return undefined;
  const levels = style.numDecompositionLevels;
  let step = stepOf(quantization, levels, r, orientation);
  if (step === undefined) {
    // the last step given is the best guess there is
    step = { epsilon: quantization.epsilon.at(-1)!, mu: quantization.mu.at(-1)! };
    context.partial = true;
    const found = quantization.epsilon.length;
    context.log.add('qcd-length', `${found} step sizes for ${3 * levels + 1} subbands; the last one is used again`, {
      clause: '15444-1 A.6.4',
    });
  }
  if (style.reversible && quantization.style !== 'none' && r === 0) {
    context.log.add('qcd-value', 'step sizes with the reversible filter; they are ignored', {
      clause: '15444-1 A.6.4',
    });
  }
  const { precision } = snapshot.main.siz.components[component.component];
  return {
    subband,
    band,
    x,
    y,
    style: style.codeBlockStyle,
    bitPlanes: magnitudeBitPlanesOf(quantization.guardBits, step.epsilon) + roiShift,
    roiShift,
    step: stepSizeOf(precision, GAIN_LOG2[orientation], step.epsilon, step.mu),
    name: `${tile} ${component.component} ${r} ${orientation}`,
  };
}
