/**
 * A file that is written as a whole: to the caller's sink, which is closed or given up whatever happens, or to memory.
 */
import { joinBytes } from './bits/join-bytes.ts';
import { overLimit } from './errors.ts';
import { type ByteSink, SinkWriter } from './sink.ts';

/** A file that was written. */
export interface WholeFile {
  /** Bytes of the file. */
  readonly bytes: number;
  /** The file; empty where a sink took it. */
  readonly data: Uint8Array;
}

/**
 * Runs what writes the file. Everything that may fail belongs inside, checks of the call, too: the sink is told.
 *
 * @throws {Jpeg2000Error} what `write` throws; `limit-bytes` for more than `most` bytes in memory; `sink`.
 */
export async function wholeFile(
  sink: ByteSink | undefined,
  most: number,
  write: (out: SinkWriter) => Promise<void>,
): Promise<WholeFile> {
  const pieces: Uint8Array[] = [];
  let held = 0;
  const memory: ByteSink = {
    write(bytes) {
      held += bytes.length;
      if (held > most)
        throw overLimit('limit-bytes', `expected at most ${most} bytes in memory, found more: use a sink`);
      pieces.push(bytes);
    },
  };
  const out = new SinkWriter(sink ?? memory);
  try {
    await write(out);
    await out.close();
  } catch (error) {
    await out.abort(error);
    throw error;
  }
  return { bytes: out.length, data: joinBytes(pieces, new Uint8Array(held)) };
}
