/** Byte streams of every kind as async iterables. */

/** An async iterable of byte chunks, or a web `ReadableStream` of them. */
export type ByteStreamLike =
  | AsyncIterable<Uint8Array>
  | {
      getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array }>; cancel(reason?: unknown): Promise<void> };
    };

/** The chunks of a stream, also where the engine cannot iterate over a `ReadableStream` itself. */
export async function* chunksOf(stream: ByteStreamLike): AsyncGenerator<Uint8Array> {
  if (Symbol.asyncIterator in stream) {
    yield* stream;
    return;
  }
  const reader = stream.getReader();
  let done = false;
  try {
    for (;;) {
      const step = await reader.read();
      done = step.done;
      if (done) return;
      if (step.value) yield step.value;
    }
  } finally {
    if (!done) await reader.cancel();
  }
}
