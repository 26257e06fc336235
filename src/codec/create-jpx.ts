/**
 * Makes one JPX file out of many pictures (15444-2 Annex M), as movies of solar observatories are made: codestreams are
 * copied as they are, or stay in their files and are linked; header boxes say for each frame what differs from the first;
 * association boxes tie labels, XML and UUID boxes to their frames.
 *
 * Frames are looked at twice: first their headers, from which the boxes are worked out, then their codestreams, one after
 * the other. So memory holds headers and metadata, and a frame's source is open only while it is looked at.
 */
import { usage } from './errors.ts';
import { boxHeader } from './fileformat/box-edit.ts';
import { parseUuid } from './fileformat/box-names.ts';
import { writeParts } from './fileformat/box-output.ts';
import type { Composition } from './fileformat/composition.ts';
import { safePath } from './fileformat/data-references.ts';
import { sameResolution } from './fileformat/header-differences.ts';
import type { Jp2Header } from './fileformat/jp2-boxes.ts';
import type { ColourSpec } from './fileformat/jp2-spec.ts';
import { compositionOf, type PlaySpec } from './fileformat/play.ts';
import {
  hasJp2Colours,
  requirementsOf,
  writeFrameAssociation,
  writeFrameHeaders,
  writeFragmentTable,
  writeJpxHead,
  writeLinks,
} from './fileformat/write-jpx.ts';
import { type FrameInfo, type FrameInput, readFrame, withInput } from './jpx-frames.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import type { ByteSink } from './sink.ts';
import { type AbortSignalLike, throwIfAborted } from './source.ts';
import { type WholeFile, wholeFile } from './whole-file.ts';

/** One frame of a JPX file to be made. */
export interface JpxFrame {
  /**
   * A JP2 or JPX file, or a bare codestream; or a function that opens one, which is called twice, and what it gives is
   * closed each time: so a movie of thousands of files needs few of them open.
   */
  readonly input: FrameInput;
  /** Which codestream of the input. Default 0. */
  readonly codestream?: number;
  /** How the new file names the input, where it is linked. A relative URL keeps working when both are moved. */
  readonly url?: string;
  /** A name for the frame, which goes into its layer header. */
  readonly label?: string;
  /** XML documents about the frame. */
  readonly xml?: readonly string[];
  /** Data about the frame, in UUID boxes; ids as 32 hexadecimal digits, with hyphens or without. */
  readonly uuid?: readonly { readonly id: string; readonly data: Uint8Array }[];
}

/** Options of {@link createJpx}. */
export interface CreateJpxOptions {
  /** Copy codestreams into the file, or name the files that they lie in. Default `'embedded'`. */
  readonly mode?: 'embedded' | 'linked';
  /** Takes the file; without it the file comes back as `data`. */
  readonly sink?: ByteSink;
  /** Associate the XML and UUID boxes that stand in a frame's own file with the frame. Default true. */
  readonly keepMetadata?: boolean;
  /** Show the frames one after the other; or a composition in full. Default: none. */
  readonly composition?: PlaySpec | Composition;
  /** XML documents about the whole file. */
  readonly xml?: readonly string[];
  /** Colour of frames that are bare codestreams; default as `encode` has it. Frames that are files bring their own. */
  readonly colour?: ColourSpec;
  /** `bytes` bounds headers and metadata, and the file where it is kept in memory. */
  readonly limits?: Partial<Limits>;
  /** Ends the call; it rejects with the signal's reason. */
  readonly signal?: AbortSignalLike;
}

/** A JPX file that was made. */
export interface CreatedJpx extends WholeFile {
  readonly frames: number;
}

/** More frames than a codestream registration can name, or a data reference count. */
const MAX_FRAMES = 65535;

/**
 * Makes a JPX file of many frames from JP2 files or codestreams, embedded or linked.
 *
 * @throws {Jpeg2000Error} `usage` for frames or options that cannot be, what `openJpx` throws for an input, `sink`; an
 * abort rejects.
 * @example
 * ```ts
 * const frames = names.map((name) => ({ input: () => fileSource(name), url: name, label: name }));
 * await createJpx(frames, { sink: await fileSink('movie.jpx'), composition: { framesPerSecond: 12 } });
 * await createJpx(frames, { sink: await fileSink('linked.jpx'), mode: 'linked' });
 * ```
 */
export async function createJpx(frames: readonly JpxFrame[], options: CreateJpxOptions = {}): Promise<CreatedJpx> {
  const { mode = 'embedded', signal, sink } = options;
  const file = await wholeFile(sink, options.limits?.bytes ?? DEFAULT_LIMITS.bytes, async (out) => {
    checkCall(frames, mode, options);
    const infos = await lookAt(frames, options);
    const links = new Links();
    const numbers = frames.map(({ url }) => (mode === 'linked' ? links.numberOf(url!) : 0));
    const common = commonHeader(infos);
    await out.write(headOf(infos, common, links.urls, options));
    for (const [n, info] of infos.entries()) {
      throwIfAborted(signal);
      await out.write(writeFrameHeaders(common, info.header, frames[n].label));
      if (mode === 'linked') {
        await out.write(writeFragmentTable(info.fragments.map((f) => ({ ...f, dataReference: numbers[n] }))));
      } else {
        await out.write(boxHeader('jp2c', info.length));
        await withInput(frames[n].input, (source) => {
          const parts = info.fragments.map(({ offset, length }) => ({ kind: 'copy' as const, offset, length }));
          return writeParts(parts, out, { source, contents: new Map(), ...(signal ? { signal } : {}) });
        });
      }
    }
    for (const [n, { boxes }] of infos.entries()) {
      const { xml = [], uuid = [] } = frames[n];
      await out.write(writeFrameAssociation(n, { xml, uuid, boxes }));
    }
    if (mode === 'linked') await out.write(writeLinks(links.urls));
  });
  return { ...file, frames: frames.length };
}

function checkCall(frames: readonly JpxFrame[], mode: string, { composition }: CreateJpxOptions): void {
  if (mode !== 'embedded' && mode !== 'linked') {
    throw usage('option-value', `expected the mode to be 'embedded' or 'linked', found '${mode}'`);
  }
  if (!Array.isArray(frames) || frames.length === 0 || frames.length > MAX_FRAMES) {
    throw usage('option-value', `expected a list of 1 to ${MAX_FRAMES} frames, found ${frames?.length}`);
  }
  frames.forEach(({ url, uuid = [], xml = [] }, n) => {
    const named = typeof url === 'string' && url !== '' && !url.includes('\0');
    if (mode === 'linked' && !named) throw usage('option-value', `frame ${n} needs a url to be linked by`);
    for (const text of xml) {
      if (typeof text !== 'string') throw usage('option-value', `expected XML of frame ${n} to be strings`);
    }
    for (const { id, data } of uuid) {
      if (typeof id === 'string' && parseUuid(id) && data instanceof Uint8Array) continue;
      throw usage('option-value', `expected a UUID of 32 hexadecimal digits and bytes at frame ${n}, found '${id}'`);
    }
  });
  if (composition && 'framesPerSecond' in composition) {
    const { framesPerSecond: rate, loops = Number.POSITIVE_INFINITY } = composition;
    if (!(rate > 0 && rate <= 1000)) throw usage('option-value', `expected up to 1000 frames a second, found ${rate}`);
    if (loops !== Number.POSITIVE_INFINITY && !(Number.isInteger(loops) && loops >= 1 && loops <= 255)) {
      throw usage('option-value', `expected 1 to 255 loops, or Infinity, found ${loops}`);
    }
  }
}

/** The first look: headers, places and metadata of all frames. */
async function lookAt(frames: readonly JpxFrame[], options: CreateJpxOptions): Promise<FrameInfo[]> {
  const { keepMetadata = true, colour, signal } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const infos: FrameInfo[] = [];
  let left = limits.bytes;
  for (const { input, codestream = 0 } of frames) {
    throwIfAborted(signal);
    const frameOptions = { codestream, keepMetadata, colour, limits: { ...limits, bytes: left }, signal };
    const info = await withInput(input, (source) => readFrame(source, frameOptions));
    left -= info.boxes.length;
    infos.push(info);
  }
  return infos;
}

/** The first frame's header, without a resolution that does not hold for all: that could not be unsaid. */
function commonHeader([{ header }, ...others]: readonly FrameInfo[]): Jp2Header {
  if (others.every((other) => sameResolution(header, other.header))) return header;
  return { ...header, captureResolution: undefined, displayResolution: undefined };
}

function headOf(
  infos: readonly FrameInfo[],
  common: Jp2Header,
  urls: readonly string[],
  { mode, composition, xml = [] }: CreateJpxOptions,
): Uint8Array {
  const headers = infos.map(({ header }) => header);
  const sizes = headers.map(({ imageHeader }) => imageHeader!);
  const played = composition && 'framesPerSecond' in composition ? compositionOf(composition, sizes) : composition;
  return writeJpxHead({
    header: common,
    forJp2Readers: mode !== 'linked' && hasJp2Colours(common),
    requirements: requirementsOf(headers, urls, (url) => safePath(url) !== undefined),
    composition: played,
    xml,
  });
}

/** Names of other files, each once; the first has number 1. */
class Links {
  readonly urls: string[] = [];
  private readonly numbers = new Map<string, number>();

  numberOf(url: string): number {
    let number = this.numbers.get(url);
    if (number === undefined) {
      number = this.urls.push(url);
      this.numbers.set(url, number);
    }
    return number;
  }
}
