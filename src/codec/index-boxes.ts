/**
 * Index boxes of files (15444-9 Annex I): put into a JP2 file behind its codestream, and used where a file that is opened has some.
 */
import { ByteWriter } from './bits/byte-writer.ts';
import { DiagnosticLog, Jpeg2000Error, malformed, unsupported, usage } from './errors.ts';
import type { Executor } from './executor.ts';
import { type BoxContent, readBoxHeader } from './fileformat/box.ts';
import {
  type CodestreamIndexBox,
  readCidx,
  readFidx,
  readIptr,
  writeCidx,
  writeFidx,
  writeIptr,
} from './fileformat/index-boxes.ts';
import { type BoxPlace, type Jp2File, readJp2File } from './fileformat/jp2-file.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { BoxIndex, makeIndexBox } from './packets/box-index.ts';
import { CodestreamSource } from './packets/codestream-source.ts';
import type { LoadOptions } from './packets/precinct-source.ts';
import { ReadWindow } from './read-window.ts';
import { type ByteSink, SinkWriter } from './sink.ts';
import {
  type AbortSignalLike,
  BytesSource,
  type ImageInput,
  MeteredSource,
  type Reading,
  readFrom,
  readRange,
  sourceOf,
  throwIfAborted,
} from './source.ts';

/** What is read of a box at first; pointers are all there. */
const FIRST_BYTES = 4096;
/** Larger boxes cost more than searching: an index in a file of its own is read page by page. */
const MAX_BOX_BYTES = 1 << 22;
/** Indexes that are looked at: a file of many codestreams has one for each. */
const MAX_INDEXES = 16;
/** Bytes copied at once. */
const COPY_BYTES = 1 << 20;
const SHORT_HEADER = 8;
const BOX_TYPES = ['iptr', 'fidx', 'cidx'] as const;

/** A file as far as its index boxes go. */
export interface IndexedFile {
  readonly boxes: readonly BoxPlace[];
  readonly codestream: { readonly offset: number };
}

/** Lets a codestream use the index boxes of its file, where there are some and they fit. */
export async function useIndexBoxes(source: CodestreamSource, file: IndexedFile, options: LoadOptions): Promise<void> {
  const named = file.boxes.some(({ type }) => type === 'iptr' || type === 'cidx');
  // where the codestream was joined of fragments, places in it are not those of the file
  if (!named || file.codestream.offset !== source.main.offset) return;
  const box = await source.inTurn(findIndexBox(file, source), options);
  const index = box && BoxIndex.of(box, source);
  if (index) source.useIndex(index);
}

/** The index box of a codestream: pointed to by the file's index, or lying open. */
function* findIndexBox(file: IndexedFile, source: CodestreamSource): Reading<CodestreamIndexBox | undefined> {
  const places = new Set<number>();
  const pointer = file.boxes.find(({ type }) => type === 'iptr');
  try {
    if (pointer) {
      const iptr = yield* boxAt(pointer.offset, 'iptr', source);
      const target = iptr && readIptr(iptr);
      const fidx = target && target.length > 0 ? yield* boxAt(target.offset, 'fidx', source) : undefined;
      for (const { indexes } of fidx ? readFidx(fidx, new DiagnosticLog()).proxies : []) {
        for (const { box, offset } of indexes) if (box.type === 'cidx') places.add(offset);
      }
    }
    for (const { type, offset } of file.boxes) if (type === 'cidx') places.add(offset);
    for (const offset of [...places].slice(0, MAX_INDEXES)) {
      const box = yield* boxAt(offset, 'cidx', source);
      const index = box && readCidx(box, new DiagnosticLog());
      if (index && index.codestream.offset === source.main.offset) return index;
    }
  } catch (error) {
    // boxes that make no sense are of no use, and no harm: packets are looked for as without them
    if (!(error instanceof Jpeg2000Error) || error.kind !== 'malformed') throw error;
  }
  return undefined;
}

/** A box of some type that should stand at a place, read whole. */
function* boxAt(offset: number, type: string, { inputSize }: CodestreamSource): Reading<BoxContent | undefined> {
  const window = new ReadWindow(FIRST_BYTES, inputSize ?? Number.MAX_SAFE_INTEGER);
  const header = yield* readBoxHeader(window, offset);
  if (header === undefined || header.type !== type || header.length === undefined) return undefined;
  if (header.length > MAX_BOX_BYTES || (inputSize !== undefined && offset + header.length > inputSize))
    return undefined;
  const length = header.length - header.headerLength;
  const content = yield* window.need(offset + header.headerLength, length);
  return content.length === length ? { ...header, length: header.length, content } : undefined;
}

/** Writes a file again with index boxes behind everything else. */
export async function writeIndexBoxesInto(
  executor: Executor,
  input: ImageInput,
  sink: ByteSink,
  options: { readonly limits?: Partial<Limits>; readonly signal?: AbortSignalLike },
): Promise<{ readonly bytes: number }> {
  const { signal } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const out = new SinkWriter(sink);
  try {
    throwIfAborted(signal);
    const given = sourceOf(input);
    const source = given instanceof BytesSource ? given : new MeteredSource(given);
    const log = new DiagnosticLog();
    const { file, codestream } = await readFrom(opening(source, limits, log), source, signal, executor);
    const size = source.size;
    if (size === undefined) throw usage('option-value', 'index boxes need an input whose size is known');
    const how = { executor, ...(signal ? { signal } : {}) };
    const added = await codestream.inTurn(indexBoxes(file, codestream, size, limits), how);
    for (let at = 0; at < size; at += COPY_BYTES) {
      throwIfAborted(signal);
      const length = Math.min(COPY_BYTES, size - at);
      const bytes = (await readFrom(readRange(at, length), source, signal, executor)).slice();
      if (bytes.length < length) {
        throw malformed('out-of-bytes', `expected ${length} bytes, found ${bytes.length}`, { offset: at });
      }
      for (const patch of added.patches) put(bytes, at, patch);
      await out.write(bytes);
    }
    await out.write(added.boxes);
    await out.close();
    return { bytes: out.length };
  } catch (error) {
    await out.abort(error);
    throw error;
  }
}

interface Patch {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

function* opening(
  source: Parameters<typeof CodestreamSource.open>[0],
  limits: Limits,
  log: DiagnosticLog,
): Reading<{ file: Jp2File; codestream: CodestreamSource }> {
  const file = yield* readJp2File(log, limits, source.size);
  const box = file.boxes.find(({ type }) => type === 'jp2c');
  if (box === undefined || file.codestreams.length !== 1 || file.codestream.fragments !== undefined) {
    throw usage('input-type', 'index boxes go into a JP2 file with one codestream');
  }
  const codestream = yield* CodestreamSource.open(source, file.codestream, limits, log);
  return { file, codestream };
}

/** The boxes to be added to a file of `size` bytes, and what changes in it. */
function* indexBoxes(
  file: Jp2File,
  codestream: CodestreamSource,
  size: number,
  limits: Limits,
): Reading<{ boxes: Uint8Array; patches: Patch[] }> {
  const start = codestream.main.offset;
  const jp2c = (yield* readBoxHeader(new ReadWindow(64, size), boxOffset(file)))!;
  const patches: Patch[] = [];
  let boxLength = jp2c.length;
  if (boxLength === undefined) {
    // a box that goes on to the end of the file cannot do so with others behind it
    boxLength = size - jp2c.offset;
    if (boxLength > 0xffffffff) {
      throw unsupported('box-length', 'a codestream of more than 4 GB in a box whose length is 0', {
        offset: jp2c.offset,
      });
    }
    const w = new ByteWriter(4);
    w.u32(boxLength);
    patches.push({ offset: jp2c.offset, bytes: w.take() });
  }
  const length = jp2c.offset + boxLength - start;
  const index = yield* makeIndexBox(codestream, length, limits);
  const w = new ByteWriter();
  const cidx = { offset: size, length: 0 };
  writeCidx(w, index);
  cidx.length = w.length;
  const fidx = { offset: size + w.length, length: 0 };
  const long = jp2c.headerLength === 16;
  const proxy = {
    offset: jp2c.offset,
    box: { type: 'jp2c', length: boxLength, long },
    indexes: [{ offset: cidx.offset, box: { type: 'cidx', length: cidx.length, long: false } }],
  };
  writeFidx(w, { proxies: [proxy], parts: [] });
  fidx.length = size + w.length - fidx.offset;
  // indexes that were there before are out of date: the pointer is used again, the others become free space
  const old = file.boxes.filter(({ type }) => (BOX_TYPES as readonly string[]).includes(type));
  const pointer = old.find(({ type, length: n }) => type === 'iptr' && n === SHORT_HEADER + 16);
  for (const box of old) {
    if (box !== pointer) patches.push({ offset: box.offset + 4, bytes: Uint8Array.of(0x66, 0x72, 0x65, 0x65) });
  }
  const iptr = new ByteWriter();
  writeIptr(iptr, fidx);
  if (pointer) patches.push({ offset: pointer.offset, bytes: iptr.take() });
  else w.append(iptr.take());
  return { boxes: w.take(), patches };
}

function boxOffset(file: Jp2File): number {
  return file.boxes.find(({ type }) => type === 'jp2c')!.offset;
}

/** Puts what of a patch lies in `bytes`, which begin at `at`, there. */
function put(bytes: Uint8Array, at: number, { offset, bytes: patch }: Patch): void {
  for (let k = 0; k < patch.length; k++) {
    const place = offset + k - at;
    if (place >= 0 && place < bytes.length) bytes[place] = patch[k];
  }
}
