/**
 * Goes through a picture to learn how many bytes its coding passes take, and decides where new layers end.
 */
import { numPrecinctsOf, precinctGeometry } from '../geometry/tile-component.ts';
import {
  type BlockContributions,
  RECORD_LENGTH,
  RECORD_NEXT,
  RECORD_PASSES,
  RECORD_SIZE,
} from '../tier2/packet-header.ts';
import { readBlocks } from '../tier2/read-blocks.ts';
import type { TranscodePlan } from './headers.ts';
import { type BandSlopes, bandSlopesOf, type LayerCuts, SlopeBytes, samplesOf } from './layer-cuts.ts';
import { openPair, wholeTile } from './open-tile.ts';
import { checkCodeBlocks } from './rebuilt-tile.ts';
import { loadedExactly, type TranscodeWork } from './work.ts';

/** Decides where `numLayers` layers end. */
export function* chooseCuts(plan: TranscodePlan, numLayers: number): TranscodeWork<LayerCuts> {
  const histogram = new SlopeBytes();
  for (let t = 0; t < plan.tiles.length; t++) {
    const { source, number } = yield* openPair(plan, t);
    if (source) {
      checkCodeBlocks(plan, source);
      const snapshot = yield* loadedExactly(wholeTile(plan, source));
      for (const c of plan.components) {
        const component = source.components[c];
        const levels = component.geometry.resolutions.slice(0, component.geometry.resolutions.length - plan.reduce);
        for (const resolution of levels) {
          const slopes = bandSlopesOf(plan.source, source, component, resolution.r);
          for (let precinct = 0; precinct < numPrecinctsOf(resolution); precinct++) {
            const held = snapshot.get({ tile: number, component: c, resolution: resolution.r, precinct });
            if (held === undefined) continue;
            const geometry = precinctGeometry(resolution, precinct);
            const { contributions } = readBlocks(geometry, component.parameters.style.codeBlockStyle, held, 1);
            let block = 0;
            for (const band of geometry.bands) {
              for (let y = 0; y < band.numBlocksHigh; y++) {
                for (let x = 0; x < band.numBlocksWide; x++, block++) {
                  addBlock(histogram, slopes[band.band], contributions, block, samplesOf(band, geometry, x, y));
                }
              }
            }
            yield {};
          }
        }
      }
    }
    const { tiles } = plan;
    plan.options.onProgress?.({
      stage: 'measure',
      tilesDone: t + 1,
      tiles: tiles.length,
      fraction: (t + 1) / tiles.length,
    });
  }
  return histogram.cuts(numLayers);
}

function addBlock(
  histogram: SlopeBytes,
  slopes: BandSlopes,
  { records, first, zeroBitPlanes }: BlockContributions,
  block: number,
  samples: number,
): void {
  const facts = { zeroBitPlanes: zeroBitPlanes[block], samples };
  let pass = 0;
  for (let k = first[block]; k >= 0; k = records[k * RECORD_SIZE + RECORD_NEXT]) {
    const passes = records[k * RECORD_SIZE + RECORD_PASSES];
    histogram.add(slopes, facts, pass, passes, records[k * RECORD_SIZE + RECORD_LENGTH]);
    pass += passes;
  }
}
