/**
 * Data-bins of JPIP targets in a folder, so that the next run of a program begins with them.
 *
 * Each target has one file, to which data-bins are appended; what stands further behind counts. A record that is cut, because the program
 * ended in the middle of it, ends the file. When more than half of it counts no more, it is written anew.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BinKey } from '../jpip/bins/bin-id.ts';
import {
  type BinShelf,
  DataBinStore,
  type ShelvedBin,
  type StoredBin,
  type StoreOptions,
} from '../jpip/bins/bin-store.ts';

/*
 * A file begins with MAGIC, the length of a text, and the text: target and tid as JSON. A record is RECORD, the bytes of its body, the
 * codestream and the identifier as 64-bit floats (they may be beyond 32 bits), class and state as 32-bit numbers, and the body.
 */
const MAGIC = 0x6a706231;
const RECORD = 0x62696e31;
const HEAD_BYTES = 8;
const RECORD_BYTES = 32;
const PARTIAL = 0;
const COMPLETE = 1;
const REMOVED = 2;
/** Read at once while looking for records. */
const CHUNK_BYTES = 1 << 20;
/** A file is not written anew for less than this. */
const SMALLEST_WASTE = 1 << 20;

/** Where a data-bin stands in its file. */
interface Place extends ShelvedBin {
  readonly offset: number;
}

/** An open file of one target. */
interface TargetFile {
  handle: FileHandle;
  tid: string;
  end: number;
  /** Bytes of bodies and records that count. */
  used: number;
  places: Map<string, Place>;
}

/**
 * A store in a folder, which is made if it is not there. One program at a time may use a folder.
 *
 * @example
 * ```ts
 * const cache = fileStore('/var/cache/jpip');
 * const image = await openJpip(url, { cache });
 * // ...
 * await cache.close();
 * ```
 */
export function fileStore(folder: string | URL, options: StoreOptions = {}): DataBinStore {
  return new DataBinStore(options, new FileShelf(folder instanceof URL ? fileURLToPath(folder) : folder));
}

class FileShelf implements BinShelf {
  private readonly folder: string;
  private readonly files = new Map<string, Promise<TargetFile | undefined>>();

  constructor(folder: string) {
    this.folder = folder;
  }

  async list(target: string): Promise<{ tid: string; bins: ShelvedBin[] } | undefined> {
    const file = await this.file(target);
    if (file === undefined) return undefined;
    return { tid: file.tid, bins: [...file.places.values()] };
  }

  async read(target: string, keys: readonly BinKey[]): Promise<(StoredBin | undefined)[]> {
    const file = await this.file(target);
    return Promise.all(
      keys.map(async (key): Promise<StoredBin | undefined> => {
        const place = file?.places.get(nameOf(key));
        if (file === undefined || place === undefined) return undefined;
        const bytes = new Uint8Array(place.length);
        if ((await readAll(file.handle, bytes, place.offset)) < bytes.length) return undefined;
        const { codestream, classId, id, complete } = place;
        return { codestream, classId, id, complete, bytes };
      }),
    );
  }

  async write(target: string, tid: string, bins: readonly StoredBin[]): Promise<void> {
    let file = await this.file(target);
    if (file && file.tid !== tid) {
      await this.remove(target);
      file = undefined;
    }
    file ??= await this.create(target, tid);
    for (const bin of bins) await append(file, bin, bin.bytes, bin.complete ? COMPLETE : PARTIAL);
    if (file.end - file.used > Math.max(SMALLEST_WASTE, file.used)) await this.rewrite(target, file);
  }

  async remove(target: string, keys?: readonly BinKey[]): Promise<void> {
    const file = await this.file(target);
    if (file === undefined) return;
    if (keys) {
      for (const key of keys) await append(file, key, new Uint8Array(0), REMOVED);
      return;
    }
    this.files.delete(target);
    await file.handle.close();
    await rm(this.pathOf(target), { force: true });
  }

  async close(): Promise<void> {
    const files = [...this.files.values()];
    this.files.clear();
    for (const file of files) await (await file)?.handle.close();
  }

  private pathOf(target: string): string {
    return join(this.folder, `${createHash('sha256').update(target).digest('hex').slice(0, 32)}.bins`);
  }

  private file(target: string): Promise<TargetFile | undefined> {
    let file = this.files.get(target);
    if (file === undefined) {
      file = this.find(target);
      this.files.set(target, file);
      file.catch(() => this.files.delete(target));
    }
    return file;
  }

  private async find(target: string): Promise<TargetFile | undefined> {
    let handle: FileHandle;
    try {
      handle = await open(this.pathOf(target), 'r+');
    } catch (error) {
      if ((error as { code?: string }).code === 'ENOENT') return undefined;
      throw error;
    }
    const file = await scan(handle, target).catch(async (error: unknown) => {
      await handle.close();
      throw error;
    });
    if (file === undefined) await handle.close();
    return file;
  }

  private async create(target: string, tid: string): Promise<TargetFile> {
    await mkdir(this.folder, { recursive: true });
    const handle = await open(this.pathOf(target), 'w+');
    const file = await begin(handle, target, tid);
    this.files.set(target, Promise.resolve(file));
    return file;
  }

  /** Writes what counts to a new file, which takes the place of the old one. */
  private async rewrite(target: string, file: TargetFile): Promise<void> {
    const path = this.pathOf(target);
    const handle = await open(`${path}.part`, 'w+');
    const fresh = await begin(handle, target, file.tid);
    for (const place of file.places.values()) {
      const bytes = new Uint8Array(place.length);
      await readAll(file.handle, bytes, place.offset);
      await append(fresh, place, bytes, place.complete ? COMPLETE : PARTIAL);
    }
    await rename(`${path}.part`, path);
    await file.handle.close();
    Object.assign(file, fresh);
  }
}

async function begin(handle: FileHandle, target: string, tid: string): Promise<TargetFile> {
  const text = new TextEncoder().encode(JSON.stringify({ target, tid }));
  const head = new Uint8Array(HEAD_BYTES + text.length);
  const view = new DataView(head.buffer);
  view.setUint32(0, MAGIC);
  view.setUint32(4, text.length);
  head.set(text, HEAD_BYTES);
  await handle.write(head, 0, head.length, 0);
  return { handle, tid, end: head.length, used: head.length, places: new Map() };
}

async function append(file: TargetFile, key: BinKey, body: Uint8Array, state: number): Promise<void> {
  const bytes = new Uint8Array(RECORD_BYTES + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, RECORD);
  view.setUint32(4, body.length);
  view.setFloat64(8, key.codestream);
  view.setFloat64(16, key.id);
  view.setUint32(24, key.classId);
  view.setUint32(28, state);
  bytes.set(body, RECORD_BYTES);
  await file.handle.write(bytes, 0, bytes.length, file.end);
  note(file, key, body.length, state, file.end + RECORD_BYTES);
  file.end += bytes.length;
}

/** A record that was found or written. */
function note(file: TargetFile, key: BinKey, length: number, state: number, offset: number): void {
  const { codestream, classId, id } = key;
  const name = nameOf(key);
  const before = file.places.get(name);
  if (before) file.used -= RECORD_BYTES + before.length;
  if (state === REMOVED) {
    file.places.delete(name);
    return;
  }
  file.places.set(name, { codestream, classId, id, length, complete: state === COMPLETE, offset });
  file.used += RECORD_BYTES + length;
}

/** Finds the records of a file. Nothing where it is another target's, or no such file. */
async function scan(handle: FileHandle, target: string): Promise<TargetFile | undefined> {
  const { size } = await handle.stat();
  let chunk = new Uint8Array(0);
  let start = 0;
  const at = async (offset: number, length: number): Promise<Uint8Array | undefined> => {
    if (offset + length > size) return undefined;
    if (offset < start || offset + length > start + chunk.length) {
      chunk = new Uint8Array(Math.min(size - offset, Math.max(length, CHUNK_BYTES)));
      start = offset;
      await readAll(handle, chunk, offset);
    }
    return chunk.subarray(offset - start, offset - start + length);
  };
  const head = await at(0, HEAD_BYTES);
  if (head === undefined || viewOf(head).getUint32(0) !== MAGIC) return undefined;
  const textLength = viewOf(head).getUint32(4);
  const text = await at(HEAD_BYTES, textLength);
  if (text === undefined) return undefined;
  const about = aboutOf(text);
  if (about?.target !== target || typeof about.tid !== 'string') return undefined;
  const first = HEAD_BYTES + textLength;
  const file: TargetFile = { handle, tid: about.tid, end: first, used: first, places: new Map() };
  for (;;) {
    const record = await at(file.end, RECORD_BYTES);
    if (record === undefined || viewOf(record).getUint32(0) !== RECORD) break;
    const view = viewOf(record);
    const length = view.getUint32(4);
    if (file.end + RECORD_BYTES + length > size) break;
    const key = { codestream: view.getFloat64(8), id: view.getFloat64(16), classId: view.getUint32(24) };
    note(file, key, length, view.getUint32(28), file.end + RECORD_BYTES);
    file.end += RECORD_BYTES + length;
  }
  return file;
}

/** What the head of a file says; nothing where it is damaged. */
function aboutOf(text: Uint8Array): { readonly target?: unknown; readonly tid?: unknown } | undefined {
  try {
    return Object(JSON.parse(new TextDecoder().decode(text)));
  } catch {
    return undefined;
  }
}

async function readAll(handle: FileHandle, into: Uint8Array, offset: number): Promise<number> {
  let filled = 0;
  while (filled < into.length) {
    const { bytesRead } = await handle.read(into, filled, into.length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function nameOf({ codestream, classId, id }: BinKey): string {
  return `${codestream} ${classId} ${id}`;
}
