/**
 * The movie handle: a Motion JPEG 2000 file (15444-3) parsed once, any frame of it opened as a picture.
 *
 * A frame is a picture like any other: the same handle, with the boxes that its track says of all frames. The source is read for the
 * movie's tables when it is opened, and for a frame's bytes when that is asked for.
 */
import { type Diagnostic, DiagnosticLog, malformed, overLimit, unsupported, usage } from './errors.ts';
import { checkAgainstCodestream, type Jp2File } from './fileformat/jp2-file.ts';
import { type Jp2Header, writeFileType, writeJp2Header } from './fileformat/jp2-boxes.ts';
import { writeCodestreamBoxHeader } from './fileformat/write-jp2.ts';
import { writeBox } from './fileformat/box.ts';
import { ByteWriter } from './bits/byte-writer.ts';
import { headerOf, sizOf } from './movie-frame.ts';
import { emptyMetadata } from './fileformat/metadata.ts';
import type { EditEntry } from './fileformat/mj2-boxes.ts';
import { type MovieFile, type OtherTrack, type PictureTrack, readMovieFile } from './fileformat/mj2-file.ts';
import { readSample } from './fileformat/mj2-sample.ts';
import type { FieldCoding, SampleEntry } from './fileformat/mj2-sample-entry.ts';
import type { SamplePlace } from './fileformat/mj2-sample-table.ts';
import type { ColourInfo } from './image.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { CodestreamSource } from './packets/codestream-source.ts';
import { type Codec, Jp2Image, type OpenOptions } from './picture.ts';
import { ReadWindow } from './read-window.ts';
import {
  type AbortSignalLike,
  type ByteRange,
  BytesSource,
  type ImageInput,
  MeteredSource,
  type RandomAccessSource,
  readFrom,
  type Reading,
  readNow,
  readRange,
  sourceOf,
  throwIfAborted,
} from './source.ts';

/** Which part of a frame is meant, and how to read it. */
export interface FrameOptions {
  /** For tracks with two fields a frame: 0 for the one stored first, 1 for the other. Default 0. */
  readonly field?: 0 | 1;
  /** What the frame may cost; default: what was said when the movie was opened. */
  readonly limits?: Partial<Limits>;
  /** Ends the call; it rejects with the signal's reason. */
  readonly signal?: AbortSignalLike;
}

/** When a frame is shown. */
export interface FrameTiming {
  /** In units of the track's timescale, from the start of the track's media. */
  readonly start: number;
  readonly duration: number;
  /** The same in seconds. */
  readonly seconds: number;
}

/** A file of moving pictures, parsed once. Made by `openMovie`. */
export class Movie {
  /** All tracks of JPEG 2000 pictures, in file order. */
  readonly tracks: readonly MovieTrack[];
  /** Tracks of other kinds, such as sound, which are not read. */
  readonly otherTracks: readonly OtherTrack[];
  /** Brand and compatible brands of the file type box. */
  readonly brands: readonly string[];
  /** Units a second of `duration`. */
  readonly timescale: number;
  /** Length of the movie in those units. */
  readonly duration: number;
  /** Everything tolerated when the movie was opened. */
  readonly warnings: readonly Diagnostic[];
  private readonly input: RandomAccessSource;
  private readonly state: { closed: boolean };

  /** @internal */
  constructor(codec: Codec, file: MovieFile, input: RandomAccessSource, limits: Limits, log: DiagnosticLog) {
    this.input = input;
    this.state = { closed: false };
    this.tracks = file.tracks.map((track) => new MovieTrack(codec, track, input, limits, this.state));
    this.otherTracks = file.others;
    this.brands = file.fileType ? [...new Set([file.fileType.brand, ...file.fileType.compatible])] : [];
    this.timescale = file.movie.timescale;
    this.duration = file.movie.duration;
    this.warnings = log.list;
  }

  /** Gives back the source. Frames that were opened cannot be decoded any more. */
  async close(): Promise<void> {
    if (this.state.closed) return;
    this.state.closed = true;
    await this.input.close?.();
  }
}

/** A track of JPEG 2000 pictures. */
export class MovieTrack {
  /** The track's number in the file. */
  readonly id: number;
  /** False for a track that is not to be shown. */
  readonly enabled: boolean;
  /** Width of a frame in pixels, as its sample entry says. */
  readonly width: number;
  /** Height of a frame, of both fields where there are two. */
  readonly height: number;
  /** Units a second of all times of this track. */
  readonly timescale: number;
  /** Length of the media in those units. */
  readonly duration: number;
  /** Number of frames. */
  readonly frameCount: number;
  /** The colours of all frames, as the sample entry says. */
  readonly colour: ColourInfo;
  /** Codestreams a frame, and which of two fields is the upper one. */
  readonly fields: FieldCoding;
  /** Edits: which parts of the media are played, in order; empty for all of it. They are reported and not applied. */
  readonly edits: readonly EditEntry[];
  /** Language as three letters, `und` for none. */
  readonly language: string;
  private readonly codec: Codec;
  private readonly track: PictureTrack;
  private readonly input: RandomAccessSource;
  private readonly limits: Limits;
  private readonly state: { readonly closed: boolean };

  /** @internal */
  constructor(
    codec: Codec,
    track: PictureTrack,
    input: RandomAccessSource,
    limits: Limits,
    state: { readonly closed: boolean },
  ) {
    const first = track.entries.find(({ format }) => format === 'mjp2')!;
    this.id = track.header.id;
    this.enabled = track.header.enabled;
    this.width = first.width;
    this.height = first.height;
    this.timescale = track.media.timescale;
    this.duration = track.media.duration;
    this.frameCount = track.samples.count;
    this.colour = colourOf(codec, first);
    this.fields = first.fields;
    this.edits = track.edits;
    this.language = track.media.language;
    this.codec = codec;
    this.track = track;
    this.input = input;
    this.limits = limits;
    this.state = state;
  }

  /**
   * Opens a frame as a picture, with the colours, palette and channels that the track gives all its frames. Only its headers are read.
   *
   * Closing the picture does nothing; close the movie.
   *
   * @throws {Jpeg2000Error} `usage` for a frame or field that is not there, else as `open`.
   * @example
   * ```ts
   * const picture = await (await track.frame(12)).decode({ colour: 'srgb' });
   * ```
   */
  frame(n: number, options: FrameOptions = {}): Promise<Jp2Image> {
    return this.run(n, options, (place) => this.opening(place, options));
  }

  /**
   * Where the codestream of a frame lies in the file.
   *
   * @throws {Jpeg2000Error} as {@link frame}.
   */
  frameRange(n: number, options: FrameOptions = {}): Promise<ByteRange> {
    return this.run(n, options, (place) => this.finding(place, options));
  }

  /**
   * The bytes of a frame's codestream, without its box.
   *
   * @throws {Jpeg2000Error} as {@link frame}; `limit-bytes` for a frame that is longer than the limit.
   * @example
   * ```ts
   * await writeFile('frame.j2k', await track.frameBytes(0));
   * ```
   */
  frameBytes(n: number, options: FrameOptions = {}): Promise<Uint8Array> {
    const limit = options.limits?.bytes ?? this.limits.bytes;
    return this.run(n, options, function* (this: MovieTrack, place) {
      const { offset, length } = yield* this.finding(place, options);
      if (length > limit) throw overLimit('limit-bytes', `the frame has ${length} bytes, the limit is ${limit}`);
      return yield* readRange(offset, length);
    });
  }

  /**
   * A frame as a JP2 file of its own, with what the track says of it.
   *
   * @throws {Jpeg2000Error} as {@link frameBytes}.
   * @example
   * ```ts
   * await writeFile('frame.jp2', await track.frameFile(0));
   * ```
   */
  frameFile(n: number, options: FrameOptions = {}): Promise<Uint8Array> {
    const limit = options.limits?.bytes ?? this.limits.bytes;
    return this.run(n, options, function* (this: MovieTrack, place) {
      const { offset, length, entry, header } = yield* this.findCodestream(place, options.field ?? 0);
      if (length > limit) throw overLimit('limit-bytes', `the frame has ${length} bytes, the limit is ${limit}`);
      return writeFrameFile(yield* readRange(offset, length), entry.header ?? header);
    });
  }

  /** When frame n is shown. */
  timingOf(n: number): FrameTiming {
    this.checkFrame(n);
    const { start, duration } = this.track.samples.timeOf(n);
    return { start, duration, seconds: start / this.timescale };
  }

  /** The frame that is shown at a time in seconds: the last one that begins at or before it, the first one before all. */
  frameAt(seconds: number): number {
    if (Number.isNaN(seconds)) throw usage('option-value', 'a time is a number of seconds');
    return this.track.samples.sampleAt(seconds * this.timescale);
  }

  private async run<T>(
    n: number,
    options: FrameOptions,
    reading: (this: MovieTrack, place: SamplePlace) => Reading<T>,
  ): Promise<T> {
    this.checkFrame(n);
    if (options.field !== undefined && (options.field < 0 || options.field >= this.fields.count)) {
      throw usage('option-value', `a frame has ${this.fields.count} codestream, found field ${options.field}`);
    }
    throwIfAborted(options.signal);
    const work = reading.call(this, this.track.samples.placeOf(n));
    if (this.input instanceof BytesSource) return readNow(work, this.input.bytes);
    return readFrom(work, this.input, options.signal, this.codec.executor);
  }

  private checkFrame(n: number): void {
    if (this.state.closed) throw usage('closed', 'the movie was closed');
    if (Number.isInteger(n) && n >= 0 && n < this.frameCount) return;
    throw usage('option-value', `the track has frames 0 to ${this.frameCount - 1}, found ${n}`);
  }

  private *opening(place: SamplePlace, options: FrameOptions): Reading<Jp2Image> {
    const { entry, header: inSample, ...codestream } = yield* this.findCodestream(place, options.field ?? 0);
    const limits = { ...this.limits, ...options.limits };
    const log = new DiagnosticLog();
    const header = entry.header ?? inSample;
    const file = fileAround(codestream, header);
    const input = this.input instanceof BytesSource ? this.input : new MeteredSource(lentBy(this.input));
    const source = yield* CodestreamSource.open(input, codestream, limits, log);
    const { siz } = source.main;
    // two fields make a frame, and writers disagree on which of the two the header speaks of
    const height = siz.ysiz - siz.yosiz;
    const whole = entry.fields.count === 2 && header?.imageHeader?.height === 2 * height ? 2 * height : height;
    checkAgainstCodestream(file, { width: siz.xsiz - siz.xosiz, height: whole, components: siz.components }, log);
    return new Jp2Image({
      codec: this.codec,
      file: file,
      source: source,
      input: input,
      limits: limits,
      warnings: [...log.list],
    });
  }

  private *finding(place: SamplePlace, options: FrameOptions): Reading<ByteRange> {
    const { offset, length } = yield* this.findCodestream(place, options.field ?? 0);
    return { offset, length };
  }

  /** The codestream of a field in a sample: the contents of the box of that number (15444-3: a sample is one or two `jp2c`). */
  private *findCodestream(place: SamplePlace, field: number): Reading<FoundCodestream> {
    const entry = this.entryOf(place);
    const end = Math.min(place.offset + place.length, this.input.size ?? Number.MAX_SAFE_INTEGER);
    const window = new ReadWindow(HEADER_BYTES, end);
    const start = yield* window.need(place.offset, 2);
    if (start.length < 2) {
      throw malformed('out-of-bytes', `the frame has ${place.length} bytes from ${place.offset}, beyond the file`, {
        offset: place.offset,
      });
    }
    const { codestreams, header } = yield* readSample(window, place, field + 1, new DiagnosticLog());
    const found = codestreams[field];
    if (!found) {
      throw malformed('box-missing', `the frame has no codestream for field ${field}`, {
        offset: place.offset,
        clause: '15444-3 6.1',
      });
    }
    return { entry, header, ...found };
  }

  private entryOf(place: SamplePlace): SampleEntry {
    const entry = this.track.entries[place.description];
    if (!entry) {
      throw malformed('sample-table', `the frame is of sample entry ${place.description + 1}, which is missing`, {
        clause: '15444-12 8.7.4',
      });
    }
    if (entry.format !== 'mjp2') {
      throw unsupported('box-value', `the frame is of format '${entry.format}'`, { clause: '15444-3 6.2' });
    }
    if (this.track.selfContained[entry.dataReference - 1] === false) {
      throw unsupported('box-value', 'the frame lies in another file', { clause: '15444-12 8.7.2' });
    }
    return entry;
  }
}

/** A codestream with what is said of it. */
interface FoundCodestream extends ByteRange {
  readonly entry: SampleEntry;
  /** A JP2 header in the sample itself. */
  readonly header: Jp2Header | undefined;
}

/** Least number of bytes read where a frame begins: its box header. */
const HEADER_BYTES = 64;

/** A JP2 file around a frame. The height of a header that speaks of both fields becomes that of one. */
function writeFrameFile(codestream: Uint8Array, header: Jp2Header | undefined): Uint8Array {
  const siz = sizOf(codestream);
  const whole = header?.imageHeader ? header : headerOf(siz, undefined);
  const w = new ByteWriter(codestream.length + 512);
  writeBox(w, 'jP  ', () => w.u32(0x0d0a870a)); // 15444-1 I.5.1
  writeFileType(w, { brand: 'jp2 ', minorVersion: 0, compatible: ['jp2 '] });
  writeJp2Header(w, { ...whole, imageHeader: { ...whole.imageHeader!, height: siz.ysiz - siz.yosiz } });
  w.append(writeCodestreamBoxHeader(codestream.length));
  w.append(codestream);
  return w.take();
}

/** A frame and what its track says of it, as the JP2 file that they would make. */
function fileAround(codestream: ByteRange, header: Jp2Header | undefined): Jp2File {
  return {
    container: 'jp2',
    fileType: undefined,
    codestream,
    codestreams: [codestream],
    header,
    metadata: emptyMetadata(),
    boxes: [],
  };
}

function colourOf(codec: Codec, { header }: SampleEntry): ColourInfo {
  const numComponents = header?.imageHeader?.numComponents ?? 0;
  const known = header && codec.channels?.describe(fileAround({ offset: 0, length: 0 }, header), numComponents);
  return known ?? { space: 'unknown', channels: [], palette: false };
}

/** The same source for a picture, which may not close it. */
function lentBy(input: RandomAccessSource): RandomAccessSource {
  return {
    get size() {
      return input.size!;
    },
    read: (range, options) => input.read(range, options),
    ...(input.readMany ? { readMany: (ranges, options) => input.readMany!(ranges, options) } : {}),
  };
}

/** Opens a movie. */
export async function openMovieFrom(codec: Codec, input: ImageInput, options: OpenOptions = {}): Promise<Movie> {
  throwIfAborted(options.signal);
  const source = sourceOf(input);
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const log = new DiagnosticLog(options.strict);
  if (source instanceof BytesSource) {
    const file = readNow(readMovieFile(log, limits, source.size), source.bytes);
    return new Movie(codec, file, source, limits, log);
  }
  const metered = new MeteredSource(source);
  const file = await readFrom(readMovieFile(log, limits, source.size), metered, options.signal, codec.executor);
  return new Movie(codec, file, metered, limits, log);
}
