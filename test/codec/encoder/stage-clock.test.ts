import { describe, expect, test } from 'vitest';
import { encodePicture } from '../../../src/codec/encoder/encode.ts';
import type { EncodeOptions, EncodeResult } from '../../../src/codec/encoder/options.ts';
import { StageClock } from '../../../src/codec/encoder/stage-clock.ts';
import { classicEncoder } from '../../../src/codec/tier1/classic-encoder.ts';
import { createEncoder, encodeSync } from '../../../src/index.ts';

/** A clock that shows one millisecond more each time that somebody looks. */
function countingExecutor(): { now(): number; looks: number } {
  return {
    looks: 0,
    now(): number {
      return this.looks++;
    },
  };
}

const data = Uint8Array.from({ length: 3 * 200 * 150 }, (_, k) => Math.imul(k, 2654435761) >>> 24);
const image = { width: 200, height: 150, channels: 3, data };

function encodeCounting(options: EncodeOptions): { result: EncodeResult; looks: number } {
  const executor = countingExecutor();
  const work = encodePicture(image, options, [classicEncoder], executor);
  let step = work.next();
  while (!step.done) step = work.next();
  return { result: step.value, looks: executor.looks };
}

describe('the clock of stages', () => {
  test('gives each stage the time since the call before', () => {
    const executor = countingExecutor();
    const clock = new StageClock(executor);
    clock.lap('load');
    clock.lap('transform');
    executor.looks += 10;
    clock.skip();
    clock.lap('transform');
    executor.looks += 4;
    clock.lap('write');
    expect(clock.stages).toEqual({ load: 1, transform: 2, blocks: 0, rate: 0, write: 5 });
  });

  test('is looked at between pieces, not for each code-block', () => {
    const few = encodeCounting({ codeBlock: { width: 64, height: 64 } });
    const many = encodeCounting({ codeBlock: { width: 4, height: 4 } });
    expect(many.result.codeBlocks).toBeGreaterThan(50 * few.result.codeBlocks);
    expect(many.looks).toBe(few.looks);
    expect(Object.values(many.result.stats!.stages).every((ms) => ms > 0)).toBe(true);
  });
});

describe('a result', () => {
  test('says where its milliseconds went', () => {
    const { ms, stats } = encodeSync(image, { rate: { bpp: 2 }, verify: true });
    const { load, transform, blocks, rate, write } = stats!.stages;
    for (const stage of [load, transform, blocks, rate, write]) expect(stage).toBeGreaterThan(0);
    expect(load + transform + blocks + rate + write).toBeLessThanOrEqual(ms);
  });

  test('of a stream says so too', async () => {
    const sink = { write: async () => {}, close: async () => {} };
    const encoder = createEncoder(
      { width: 200, height: 150, channels: 3 },
      { sink, tile: { width: 128, height: 128 } },
    );
    await encoder.writeRows(data);
    const { ms, stats } = await encoder.finish();
    const stages = Object.values(stats!.stages);
    expect(stages.every((stage) => stage > 0)).toBe(true);
    expect(stages.reduce((a, b) => a + b)).toBeLessThanOrEqual(ms);
  });
});
