import { describe, expect, test } from 'vitest';
import { decode, decodeProgressive, decodeSync, decodeTiles, inspect, open } from '../../../src/index.ts';
import { repeatTile } from '../../support/codestream.ts';
import { fixture } from '../../support/fixtures.ts';
import { chunksOfBytes, TestSource } from '../../support/sources.ts';

const TILES = 150;
const wide = repeatTile(fixture('layers-lrcp-53'), TILES);

describe('an abort', () => {
  test('from a timer ends a decode in the middle, with the reason of the signal', async () => {
    const total = decodeSync(wide).stats.codeBlocks;
    for (const input of [wide, new TestSource(wide)]) {
      const controller = new AbortController();
      const reason = new Error('enough');
      let seen = 0;
      const work = decode(input, {
        signal: controller.signal,
        onProgress: ({ codeBlocks }) => {
          seen = codeBlocks;
        },
      });
      setTimeout(() => controller.abort(reason), 5);
      await expect(work).rejects.toBe(reason);
      expect(seen).toBeLessThan(total);
    }
  });

  test('before the call begins lets nothing begin', async () => {
    const signal = AbortSignal.abort(new Error('never'));
    const source = new TestSource(wide);
    await expect(decode(source, { signal })).rejects.toBe(signal.reason);
    await expect(open(source, { signal })).rejects.toBe(signal.reason);
    await expect(inspect(source, { signal, index: true })).rejects.toBe(signal.reason);
    expect(source.asked).toEqual([]);
    const image = await open(wide);
    await expect(image.decode({ signal })).rejects.toBe(signal.reason);
  });

  test('while a source is slow ends the wait', async () => {
    const controller = new AbortController();
    let given: AbortSignal | undefined;
    const slow = {
      size: wide.length,
      read: (_: unknown, options?: { signal?: AbortSignal }) =>
        new Promise<Uint8Array>((_resolve, reject) => {
          given = options?.signal;
          given?.addEventListener('abort', () => reject(given!.reason));
        }),
    };
    const work = decode(slow as never, { signal: controller.signal });
    setTimeout(() => controller.abort('stop'), 5);
    await expect(work).rejects.toBe('stop');
    expect(given).toBe(controller.signal);
  });

  test('between two tiles ends a walk over tiles', async () => {
    const controller = new AbortController();
    const walk = async (): Promise<void> => {
      for await (const tile of decodeTiles(wide, { signal: controller.signal })) {
        if (tile.rect.x >= 640) controller.abort('here');
        expect(tile.rect.x).toBeLessThan(800);
      }
    };
    await expect(walk()).rejects.toBe('here');
  });

  test('between two chunks ends a progressive decode', async () => {
    const controller = new AbortController();
    const walk = async (): Promise<void> => {
      const stream = chunksOfBytes(wide, [5000]);
      for await (const picture of decodeProgressive(stream, { signal: controller.signal, minIntervalMs: 0 })) {
        expect(picture.final).toBe(false);
        controller.abort('here');
      }
    };
    await expect(walk()).rejects.toBe('here');
  });

  test('leaves an opened image as it was', async () => {
    const image = await open(new TestSource(wide));
    const controller = new AbortController();
    const work = image.decode({ signal: controller.signal });
    setTimeout(() => controller.abort('stop'), 1);
    await expect(work).rejects.toBe('stop');
    const picture = await image.decode({ region: { x: 640, y: 0, width: 64, height: 48 } });
    expect(picture.data).toEqual(decodeSync(fixture('layers-lrcp-53')).data);
  });

  test('is seen between pieces of work of no more than some milliseconds', async () => {
    const image = await open(wide);
    let turns = 0;
    let running = true;
    const count = (): void => {
      turns++;
      if (running) setImmediate(count);
    };
    setImmediate(count);
    const { stats } = await image.decode();
    running = false;
    // one turn of the event loop at least every 40 ms, on however slow a machine
    expect(turns).toBeGreaterThan(stats.ms / 40);
  });
});
