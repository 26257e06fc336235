/**
 * Files to write to: the output of an encoder, and the temporary file in which coded tiles wait.
 */
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ByteSink, SpillStore } from '../codec/sink.ts';

/**
 * A file as an encoder's sink. Bytes go to a temporary file beside it, which gets the final name when everything is written; after a
 * failure or an abort nothing is left.
 *
 * @example
 * ```ts
 * const encoder = createEncoder({ width, height, channels: 3 }, { sink: await fileSink('map.jp2'), tile: { width: 1024, height: 1024 } });
 * ```
 */
export async function fileSink(file: string | URL): Promise<Required<ByteSink>> {
  const path = file instanceof URL ? fileURLToPath(file) : file;
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.part`);
  const handle = await open(temporary, 'wx');
  let end = 0;
  return {
    letsGo: true,
    async write(bytes) {
      await writeAll(handle, bytes, end);
      end += bytes.length;
    },
    async patch(offset, bytes) {
      await writeAll(handle, bytes, offset);
    },
    async close() {
      await handle.close();
      await rename(temporary, path);
    },
    async abort() {
      await handle.close().catch(() => {});
      await rm(temporary, { force: true });
    },
  };
}

/**
 * A temporary file for coded tiles, so that a size can be shared out over a picture larger than memory. It is gone after `close`,
 * which the encoder calls.
 *
 * @example
 * ```ts
 * const encoder = createEncoder(header, { rate: { bpp: 1 }, sink, spill: await spillFile() });
 * ```
 */
export async function spillFile(folder: string = tmpdir()): Promise<Required<SpillStore>> {
  const path = join(folder, `jp2kit-${randomUUID()}.spill`);
  const handle = await open(path, 'wx+');
  let end = 0;
  let closed = false;
  return {
    async append(bytes) {
      await writeAll(handle, bytes, end);
      end += bytes.length;
    },
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
        if (bytesRead === 0) throw new Error('the temporary file is shorter than what was written to it');
        done += bytesRead;
      }
      return bytes;
    },
    async close() {
      if (closed) return;
      closed = true;
      await handle.close();
      await rm(path, { force: true });
    },
  };
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
