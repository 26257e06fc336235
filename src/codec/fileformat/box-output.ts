/**
 * Writes the parts of a planned file to a sink. Kept bytes are copied in steps, so memory does not grow with the file.
 */
import { malformed } from '../errors.ts';
import type { SinkWriter } from '../sink.ts';
import { type AbortSignalLike, MeteredSource, type RandomAccessSource, throwIfAborted } from '../source.ts';
import type { OutputPart } from './box-edit.ts';

/** Bytes copied in one step. */
const COPY_STEP = 1 << 20;

/** What {@link writeParts} needs beside the parts. */
export interface PartsContext {
  /** The old file. */
  readonly source: RandomAccessSource;
  /** Contents of boxes that hold offsets, by the boxes' old offsets. */
  readonly contents: ReadonlyMap<number, Uint8Array>;
  readonly signal?: AbortSignalLike;
}

/**
 * Writes all parts in their order.
 *
 * @throws {Jpeg2000Error} `out-of-bytes` where a source holds less than it did, `source-read`, `sink`; an abort rejects.
 */
export async function writeParts(
  parts: readonly OutputPart[],
  out: SinkWriter,
  { source, contents, signal }: PartsContext,
): Promise<void> {
  for (const part of parts) {
    throwIfAborted(signal);
    if (part.kind === 'bytes') await out.write(part.bytes);
    else if (part.kind === 'references') await out.write(contents.get(part.box.offset)!);
    else await copy(part.source ?? source, part.offset, part.length, out, signal);
  }
}

/** Copies a run of bytes; the next step is read while the last one is written. */
async function copy(
  source: RandomAccessSource,
  offset: number,
  length: number,
  out: SinkWriter,
  signal: AbortSignalLike | undefined,
): Promise<void> {
  const options = signal ? { signal } : {};
  // a source that came with a new box is the caller's own, whose failures have no type yet
  const input = new MeteredSource(source);
  const read = (at: number) => input.read({ offset: offset + at, length: Math.min(COPY_STEP, length - at) }, options);
  let coming = length > 0 ? read(0) : undefined;
  for (let at = 0; coming; ) {
    const bytes = await coming;
    throwIfAborted(signal);
    const wanted = Math.min(COPY_STEP, length - at);
    if (bytes.length !== wanted) {
      throw malformed('out-of-bytes', `expected ${wanted} bytes, found ${bytes.length}`, { offset: offset + at });
    }
    at += wanted;
    coming = at < length ? read(at) : undefined;
    coming?.catch(() => {}); // heard of above, unless writing fails first
    await out.write(bytes);
  }
}
