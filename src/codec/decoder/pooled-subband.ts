/** A subband whose code-blocks are decoded by a pool, and whose strips are lent to those who make rows of them. */
import type { WaitingWork, Work } from '../executor.ts';
import type { Interval } from '../geometry/axis.ts';
import type { ResolutionGeometry } from '../geometry/tile-component.ts';
import type { BatchedBlock, Batches } from './block-batch.ts';
import type { DecodeContext } from './decode-context.ts';
import type { LevelPrecincts, PrecinctRow } from './level-precincts.ts';
import { type Strip, type SubbandPlan, SubbandRows } from './subband-rows.ts';

/** A strip that others may hold. */
export interface PooledStrip extends Strip {
  /** Code-blocks that the pool has, until their coefficients are where they belong. */
  pending: BatchedBlock[];
  /** How many it is lent to. */
  borrowers: number;
  /** Nobody will ask for it any more. */
  isPassed: boolean;
}

/** Decodes code-blocks through batches. */
export class PooledSubband extends SubbandRows<PooledStrip> {
  private readonly batches: Batches;

  constructor(
    plan: SubbandPlan,
    resolution: ResolutionGeometry,
    precincts: LevelPrecincts,
    context: DecodeContext,
    batches: Batches,
  ) {
    super(plan, resolution, precincts, context);
    this.batches = batches;
  }

  override *bring(count: number): WaitingWork<void> {
    yield* this.begin(count);
    const to = this.plan.y.lo + count;
    for (const strip of this.strips) {
      if (strip.y.lo < to && strip.pending.length > 0) yield* this.finishBlocks(strip);
    }
  }

  /** Lends the strips that hold some rows, which must have been brought in. Those above them are let go of. */
  lend(y: Interval): readonly PooledStrip[] {
    const { strips } = this;
    while (strips.length > 0 && strips[0].y.hi <= y.lo) this.letGo(strips.shift()!);
    const lent = strips.filter((strip) => strip.y.lo < y.hi);
    for (const strip of lent) strip.borrowers++;
    return lent;
  }

  /** Takes strips back. */
  takeBack(strips: readonly PooledStrip[]): void {
    for (const strip of strips) {
      strip.borrowers--;
      if (strip.isPassed) this.letGo(strip);
    }
  }

  protected override letGo(strip: PooledStrip): void {
    strip.isPassed = true;
    // a pool may still read it, or write to what it has not given back
    if (strip.borrowers === 0 && strip.pending.length === 0) super.letGo(strip);
  }

  protected override createStrip(y: Interval): PooledStrip {
    return { y, memory: undefined, pending: [], borrowers: 0, isPassed: false };
  }

  protected override *decodeStrip(precincts: PrecinctRow, strip: PooledStrip, row: number): Work<void> {
    const { job } = this.context;
    for (const at of this.blocks(precincts, strip, row)) {
      const key = this.keyOf(at, row);
      strip.pending.push(this.batches.add(this.coder.name, job, strip.memory!, at, this.area.stride, key));
    }
    yield;
  }

  /** Waits for the pool, and finishes what it decoded. */
  private *finishBlocks(strip: PooledStrip): WaitingWork<void> {
    const { stages, now } = this.context;
    const start = now();
    for (const block of strip.pending) {
      const findings = yield* this.batches.fetch(block, strip.memory!, this.area.stride);
      this.finishBlock(strip.memory!, block, findings);
    }
    strip.pending = [];
    stages.blocks += now() - start;
  }
}
