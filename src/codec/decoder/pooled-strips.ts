/** Code-blocks of a subband that a pool decodes, and strips of them that are lent to those who make rows of them. */
import type { WaitingWork, Work } from '../executor.ts';
import type { Interval } from '../geometry/axis.ts';
import type { BatchedBlock, Batches } from './block-batch.ts';
import type { PrecinctRow } from './level-precincts.ts';
import { BLOCK_OVERHEAD, type Strip, type StripDecoder, type SubbandStrips } from './subband-strips.ts';

/** What there is to know of a strip besides its coefficients. */
interface StripState {
  /** Code-blocks that the pool has, until their coefficients are where they belong. */
  pending: BatchedBlock[];
  /** How many it is lent to. */
  borrowers: number;
  /** Nobody will ask for it any more. */
  isPassed: boolean;
}

/** Decodes the strips of one subband through batches. */
export class PooledStrips implements StripDecoder {
  private readonly batches: Batches;
  private readonly states = new Map<Strip, StripState>();

  constructor(batches: Batches) {
    this.batches = batches;
  }

  *decode(subband: SubbandStrips, precincts: PrecinctRow, strip: Strip, row: number): Work<void> {
    const { context, area } = subband;
    const pending: BatchedBlock[] = [];
    this.states.set(strip, { pending, borrowers: 0, isPassed: false });
    for (const at of subband.blocks(precincts, strip, row)) {
      const key = subband.keyOf(at, row);
      const { name } = context.coderFor(context.job.style);
      pending.push(this.batches.add(name, context.job, strip.memory!, at, area.stride, key));
    }
    if (context.tires(pending.length * BLOCK_OVERHEAD)) yield;
  }

  /** Waits until the first `count` rows of the subband are there. */
  *settle(subband: SubbandStrips, count: number): WaitingWork<void> {
    const to = subband.plan.y.lo + count;
    for (const strip of subband.strips) {
      if (strip.y.lo < to) yield* this.finishBlocks(subband, strip, this.states.get(strip)!);
    }
  }

  /** Lends the strips that hold some rows, which must be there. Those above them are let go of. */
  lend(subband: SubbandStrips, y: Interval): readonly Strip[] {
    const { strips } = subband;
    while (strips.length > 0 && strips[0].y.hi <= y.lo) this.letGo(subband, strips.shift()!);
    const lent = strips.filter((strip) => strip.y.lo < y.hi);
    for (const strip of lent) this.states.get(strip)!.borrowers++;
    return lent;
  }

  /** Takes strips back. */
  takeBack(subband: SubbandStrips, strips: readonly Strip[]): void {
    for (const strip of strips) {
      const state = this.states.get(strip)!;
      state.borrowers--;
      if (state.isPassed) this.letGo(subband, strip);
    }
  }

  letGo(subband: SubbandStrips, strip: Strip): void {
    const state = this.states.get(strip)!;
    state.isPassed = true;
    // a pool may still read it, or write to what it has not given back
    if (state.borrowers > 0 || state.pending.length > 0) return;
    this.states.delete(strip);
    subband.free(strip);
  }

  /** Waits for the pool, and finishes what it decoded. */
  private *finishBlocks(subband: SubbandStrips, strip: Strip, state: StripState): WaitingWork<void> {
    if (state.pending.length === 0) return;
    const { stages, now } = subband.context;
    const start = now();
    for (const block of state.pending) {
      const findings = yield* this.batches.fetch(block, strip.memory!, subband.area.stride);
      subband.finishBlock(strip.memory!, block, findings);
    }
    state.pending = [];
    stages.blocks += now() - start;
  }
}
