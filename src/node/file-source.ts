/**
 * Files as a random-access source: every read is a positional read (`pread`), so one open file serves many windows at
 * once and only the bytes a window needs leave the disk.
 */
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import type { ByteRange, RandomAccessSource } from '../codec/source.ts';
import { sourceError, throwIfAborted } from '../codec/source.ts';

/**
 * Opens a file for reading by ranges.
 *
 * Given a path, the source owns the file and `close()` gives it back; given a `FileHandle`, the caller keeps it.
 *
 * @example
 * ```ts
 * const source = await fileSource('scan.jp2');
 * try {
 *   const picture = await decode(source, { region: { x: 0, y: 0, width: 256, height: 256 } });
 * } finally {
 *   await source.close?.();
 * }
 * ```
 */
export async function fileSource(file: string | URL | FileHandle): Promise<RandomAccessSource> {
  const owned = typeof file === 'string' || file instanceof URL;
  const handle = owned ? await open(file, 'r') : file;
  let size: number;
  try {
    size = (await handle.stat()).size;
  } catch (cause) {
    if (owned) await handle.close();
    throw cause;
  }
  return {
    size,
    async read(range, options) {
      throwIfAborted(options?.signal);
      return readAt(handle, range, size);
    },
    async close() {
      if (owned) await handle.close();
    },
  };
}

/** Reads until the range is full or the file ends; a single read may return less without being at the end. */
async function readAt(handle: FileHandle, range: ByteRange, size: number): Promise<Uint8Array> {
  // a hostile length must not become an allocation: nothing beyond the end of the file can be read anyway
  const length = Math.max(0, Math.min(range.length, size - range.offset));
  // not filled with zeros first: what is not read is cut off below
  const bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer, 0, length);
  let done = 0;
  try {
    while (done < length) {
      const { bytesRead } = await handle.read(bytes, done, length - done, range.offset + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
  } catch (cause) {
    throw sourceError(cause, range);
  }
  return bytes.subarray(0, done);
}
