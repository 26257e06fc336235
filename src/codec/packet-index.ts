/**
 * Packet indexes of whole files: made beforehand, kept beside the file, and used to open windows of it without searching.
 *
 * The format is described in `docs/index-format.md`.
 */
import type { Executor } from './executor.ts';
import { useIndexBoxes } from './index-boxes.ts';
import { CodestreamIndex } from './packets/codestream-index.ts';
import type { CodestreamSource } from './packets/codestream-source.ts';
import { type WriteIndexOptions, writeIndex } from './packets/index-writer.ts';
import {
  type Codec,
  type Indexing,
  type IndexOptions,
  type IndexSummary,
  type Jp2Image,
  openPicture,
} from './picture.ts';
import { type ByteSink, MemorySink, SinkWriter } from './sink.ts';
import { type ImageInput, sourceOf } from './source.ts';

/** Reads and writes packet indexes, for builds that offer them. */
export const packetIndexing: Indexing = {
  async attach(source, index, limits, options, file) {
    if (index !== undefined) await CodestreamIndex.attach(sourceOf(index), source, limits, options);
    else if (file !== undefined) await useIndexBoxes(source, file, options);
  },
  async make(source, options, executor) {
    const sink = new MemorySink();
    await writeTo(source, sink, options, executor);
    return sink.join();
  },
  write: writeTo,
};

/** Makes the index of a file, to a sink. */
export async function buildIndexInto(
  codec: Codec,
  input: ImageInput,
  sink: ByteSink,
  options: IndexOptions = {},
): Promise<IndexSummary> {
  let image: Jp2Image;
  try {
    image = await openFor(codec, input, options);
  } catch (error) {
    await new SinkWriter(sink).abort(error);
    throw error;
  }
  return image.exportIndexTo(sink, options);
}

/** Makes the index of a file, in memory. */
export async function buildIndexFrom(codec: Codec, input: ImageInput, options: IndexOptions = {}): Promise<Uint8Array> {
  return (await openFor(codec, input, options)).exportIndex(options);
}

function openFor(codec: Codec, input: ImageInput, { limits, strict, signal }: IndexOptions): Promise<Jp2Image> {
  const options = { ...(limits ? { limits } : {}), ...(strict ? { strict } : {}), ...(signal ? { signal } : {}) };
  return openPicture(codec, input, options, 'picture');
}

/** Writes to a sink; one that cannot patch is handed the whole index at its end. */
async function writeTo(
  source: CodestreamSource,
  sink: ByteSink,
  options: IndexOptions,
  executor: Executor,
): Promise<IndexSummary> {
  const { signal, onProgress } = options;
  const how: WriteIndexOptions = { executor, ...(signal ? { signal } : {}), ...(onProgress ? { onProgress } : {}) };
  const memory = sink.patch === undefined ? new MemorySink() : undefined;
  const out = new SinkWriter(sink);
  try {
    const written = await writeIndex(source, memory ? new SinkWriter(memory) : out, how);
    if (memory) await out.write(memory.join());
    await out.close();
    return written;
  } catch (error) {
    await out.abort(error);
    throw error;
  }
}
