import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { type ByteStreamLike, chunksOf } from '../../src/platform/streams.ts';

const CHUNKS = [Uint8Array.of(1, 2), Uint8Array.of(), Uint8Array.of(3)];

async function collect(stream: ByteStreamLike): Promise<number[]> {
  const bytes: number[] = [];
  for await (const chunk of chunksOf(stream)) bytes.push(...chunk);
  return bytes;
}

async function* generated(): AsyncGenerator<Uint8Array> {
  yield* CHUNKS;
}

/** A ReadableStream as engines have it that cannot iterate over one. */
function readerOnly(chunks: readonly Uint8Array[], fail?: Error) {
  let at = 0;
  const state = { cancelled: 0 };
  const stream: ByteStreamLike = {
    getReader: () => ({
      read: async () => {
        if (at < chunks.length) return { done: false, value: chunks[at++]! };
        if (fail) throw fail;
        return { done: true };
      },
      cancel: async () => {
        state.cancelled++;
      },
    }),
  };
  return { stream, state };
}

describe('byte streams', () => {
  test('async iterables, web streams, Node streams and bare readers give their chunks in order', async () => {
    expect(await collect(generated())).toEqual([1, 2, 3]);
    expect(await collect(new Blob([Uint8Array.of(1, 2, 3)]).stream() as never)).toEqual([1, 2, 3]);
    expect(await collect(Readable.from(CHUNKS) as never)).toEqual([1, 2, 3]);
    const { stream, state } = readerOnly(CHUNKS);
    expect(await collect(stream)).toEqual([1, 2, 3]);
    expect(state.cancelled).toBe(0);
  });

  test('a reader that is left early is cancelled', async () => {
    const { stream, state } = readerOnly(CHUNKS);
    for await (const chunk of chunksOf(stream)) {
      expect(chunk).toEqual(CHUNKS[0]);
      break;
    }
    expect(state.cancelled).toBe(1);
  });

  test('a web stream that is left early is cancelled', async () => {
    let reason: unknown = 'nothing';
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(Uint8Array.of(1)),
      cancel: (why) => {
        reason = why;
      },
    });
    for await (const _ of chunksOf(stream as never)) break;
    expect(reason).toBeUndefined();
  });

  test('an error of the stream comes through as it is', async () => {
    const error = new Error('the line is dead');
    await expect(collect(readerOnly(CHUNKS, error).stream)).rejects.toBe(error);
    const failing = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(error) });
    await expect(collect(failing as never)).rejects.toBe(error);
  });
});
