/**
 * What a JPX file needs to know of a picture that becomes one of its frames: header boxes, where the codestream lies, and
 * what is said about it.
 */
import { ByteWriter } from './bits/byte-writer.ts';
import { readMainHeader } from './codestream/main-header.ts';
import { DiagnosticLog, Jpeg2000Error, overLimit, unsupported, usage } from './errors.ts';
import { boxesIn, contentOffset, writeBox } from './fileformat/box.ts';
import type { Fragment } from './fileformat/fragment-list.ts';
import { type Jp2Header, readJp2Header } from './fileformat/jp2-boxes.ts';
import type { ColourSpec } from './fileformat/jp2-spec.ts';
import { headerFor, type JpxFile, readJpxFile } from './fileformat/jpx-file.ts';
import { writeJp2Head } from './fileformat/write-jp2.ts';
import type { Limits } from './limits.ts';
import { ReadWindow } from './read-window.ts';
import {
  type AbortSignalLike,
  type ImageInput,
  MeteredSource,
  type RandomAccessSource,
  readFrom,
  sourceOf,
} from './source.ts';

/** A file, or how to open it. */
export type FrameInput = ImageInput | (() => ImageInput | Promise<ImageInput>);

/** What is kept of a frame. */
export interface FrameInfo {
  readonly header: Jp2Header;
  /** Where the codestream lies in the frame's own file. */
  readonly fragments: readonly Fragment[];
  /** Bytes of the codestream. */
  readonly length: number;
  /** XML and UUID boxes of its own file, whole. */
  readonly boxes: Uint8Array;
}

/** How a frame is looked at. */
export interface FrameOptions {
  /** Which codestream of its file. */
  readonly codestream: number;
  /** Whether XML and UUID boxes are wanted. */
  readonly keepMetadata: boolean;
  /** Colour of a bare codestream. */
  readonly colour: ColourSpec | undefined;
  readonly limits: Limits;
  readonly signal: AbortSignalLike | undefined;
}

/** Opens an input for one look at it; what was opened for that is closed again. Failures of reads are typed errors. */
export async function withInput<T>(input: FrameInput, look: (source: RandomAccessSource) => Promise<T>): Promise<T> {
  if (typeof input !== 'function') return look(new MeteredSource(sourceOf(input)));
  const source = new MeteredSource(sourceOf(await input()));
  try {
    return await look(source);
  } finally {
    await source.close?.();
  }
}

/**
 * Reads the headers of a frame.
 *
 * @throws {Jpeg2000Error} as `openJpx`; `fragment` for a frame that is itself in other files, `option-value` for a
 * codestream that is not there, `limit-bytes`.
 */
export async function readFrame(source: RandomAccessSource, options: FrameOptions): Promise<FrameInfo> {
  const { limits, signal } = options;
  const reading = readJpxFile(new DiagnosticLog(), limits, () => source.size);
  const file = await readFrom(reading, source, signal);
  if (source.size === undefined) throw usage('input-type', 'expected sources that know their size');
  const codestream = file.codestreams[options.codestream];
  if (!codestream) {
    throw usage('option-value', `expected a codestream below ${file.codestreams.length}, found ${options.codestream}`);
  }
  const { fragments } = codestream;
  if (fragments instanceof Jpeg2000Error) throw fragments;
  if (fragments.some(({ dataReference }) => dataReference !== 0)) {
    throw unsupported('fragment', 'a frame lies in other files than its own: give those instead');
  }
  const layer = file.layers.find(({ codestreams: [first, ...more] }) => first === codestream.index && !more.length);
  const header = headerFor(file, codestream, layer);
  return {
    header: header?.imageHeader ? header : await headerOfCodestream(source, fragments[0].offset, options),
    fragments,
    length: fragments.reduce((sum, fragment) => sum + fragment.length, 0),
    boxes: options.keepMetadata ? await metadataOf(file, source, limits.bytes, signal) : new Uint8Array(0),
  };
}

/** The JP2 header that `encode` would have written for a codestream. */
async function headerOfCodestream(
  source: RandomAccessSource,
  offset: number,
  { colour, limits, signal }: FrameOptions,
): Promise<Jp2Header> {
  const log = new DiagnosticLog();
  const window = new ReadWindow(4096, source.size);
  const main = await readFrom(readMainHeader(window, offset, limits, log), source, signal);
  for (const box of boxesIn(writeJp2Head(main.siz, colour), 0, log)) {
    if (box.type === 'jp2h') return readJp2Header(box.content, contentOffset(box), log);
  }
  throw new Error('a JP2 head without a JP2 header');
}

/** XML and UUID boxes at the top of a file, one after the other. */
async function metadataOf(
  file: JpxFile,
  source: RandomAccessSource,
  most: number,
  signal: AbortSignalLike | undefined,
): Promise<Uint8Array> {
  const w = new ByteWriter(0);
  for (const box of file.boxes) {
    if ((box.type !== 'xml ' && box.type !== 'uuid') || box.length === undefined) continue;
    if (w.length + box.length > most) {
      throw overLimit('limit-bytes', `the metadata of the frames are more than the limit of ${most} bytes`);
    }
    const range = { offset: contentOffset(box), length: box.length - box.headerLength };
    const content = await source.read(range, signal ? { signal } : {});
    writeBox(w, box.type, () => w.append(content));
  }
  return w.take();
}
