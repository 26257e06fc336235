/**
 * Writes Motion JPEG 2000 files of the simple profile (15444-3): frames that are encoded already, one after the other, become a movie.
 *
 * In memory the movie box comes first, so that a player of a stream knows all places when the first frame arrives. To a sink it comes
 * last, because the places are known only then. Frames on their way to a sink stand in one media data box whose length is filled in at
 * the end; where the sink cannot go back, they stand in boxes of some megabytes each.
 */
import { DiagnosticLog, Jpeg2000Error, overLimit, usage } from './errors.ts';
import { readJp2File } from './fileformat/jp2-file.ts';
import type { Jp2Header } from './fileformat/jp2-boxes.ts';
import type { ColourSpec } from './fileformat/jp2-spec.ts';
import type { FieldCoding } from './fileformat/mj2-sample-entry.ts';
import { writeMediaDataHeader, writeMovieBox, writeMovieHead } from './fileformat/write-mj2.ts';
import { writeCodestreamBoxHeader } from './fileformat/write-jp2.ts';
import type { Siz } from './codestream/siz.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { headerOf, sizOf } from './movie-frame.ts';
import { type ByteSink, SinkWriter } from './sink.ts';
import { locate } from './picture.ts';
import { type Bytes, BytesSource, isBytes, readNow, toUint8Array } from './source.ts';

/** Options of a movie to be written. */
export interface MovieOptions {
  /** Units a second in which durations are given, 1 to 2^32 - 1: 25 with durations of 1, or 30000 with durations of 1001. */
  readonly timescale: number;
  /** Duration of frames for which nothing is said. Default 1. */
  readonly frameDuration?: number;
  /** Where the file goes; without one it is kept in memory and `finish` returns it. */
  readonly sink?: ByteSink;
  /** `top-first` or `bottom-first`: each frame is two fields, which `add` takes as a pair, the one stored first in front. Default: whole frames. */
  readonly fields?: 'top-first' | 'bottom-first';
  /** Colour of frames that are bare codestreams; default as `encode` has it. Frames that are files bring their own. */
  readonly colour?: ColourSpec;
  /** What may be held in memory (`bytes`). */
  readonly limits?: Partial<Limits>;
}

/** What a finished movie is. */
export interface MovieSummary {
  /** The file; empty where it went to a sink. */
  readonly data: Uint8Array;
  /** Bytes of the file. */
  readonly bytes: number;
  readonly frames: number;
  /** In units of the timescale. */
  readonly duration: number;
}

/** A frame to be added: one codestream or JP2 file, or two for a frame of two fields. */
export type MovieFrame = Bytes | readonly [Bytes, Bytes];

/** Bytes of frames that are held back for a sink that cannot go back. */
const GROUP_BYTES = 8 << 20;

/** More samples do not fit into the tables. */
const MAX_FRAMES = 2 ** 28;

/** A movie being written. Made by `createMovie`. */
export class MovieWriter {
  private readonly options: MovieOptions;
  private readonly limits: Limits;
  private readonly out: SinkWriter | undefined;
  private readonly fields: FieldCoding;
  private state: 'open' | 'finished' | 'failed' = 'open';
  /** What the first frame says of all. */
  private first: { readonly siz: Siz; readonly header: Jp2Header } | undefined;
  /** Bytes not yet written: all of them in memory, the present group for a sink without a way back. */
  private held: Uint8Array[] = [];
  private heldBytes = 0;
  /** Index of the first frame among the held ones. */
  private firstHeld = 0;
  /** Where the next frame begins: in the file, or among the held bytes in memory. */
  private position = 0;
  private mediaAt = 0;
  private readonly offsets: number[] = [];
  private readonly sizes: number[] = [];
  private readonly durations: number[] = [];
  /** Calls wait for each other, so that frames keep their order. */
  private last: Promise<unknown> = Promise.resolve();

  /** @internal */
  constructor(options: MovieOptions) {
    const { timescale, frameDuration = 1, fields } = options;
    checkWhole('timescale', timescale, 1);
    checkWhole('frameDuration', frameDuration, 0);
    if (fields !== undefined && fields !== 'top-first' && fields !== 'bottom-first') {
      throw usage('option-value', `fields must be top-first or bottom-first, found ${String(fields)}`);
    }
    this.options = options;
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.out = options.sink && new SinkWriter(options.sink);
    this.fields = { count: fields ? 2 : 1, order: fields ?? 'unknown' };
  }

  /** Frames so far. */
  get frames(): number {
    return this.sizes.length;
  }

  /**
   * Adds a frame. All frames have the size, components and depths of the first, whose colours count for all.
   *
   * @throws {Jpeg2000Error} `movie-frame` for a frame that does not fit the first one, `closed`, `sink`.
   * @example
   * ```ts
   * await movie.add((await encode(picture, { container: 'codestream' })).data, { duration: 2 });
   * ```
   */
  add(frame: MovieFrame, options: { duration?: number } = {}): Promise<void> {
    return this.queued(() => this.adding(frame, options.duration ?? this.options.frameDuration ?? 1));
  }

  /**
   * Ends the movie.
   *
   * @throws {Jpeg2000Error} `movie-frame` for a movie without frames, `closed`, `sink`.
   */
  finish(): Promise<MovieSummary> {
    return this.queued(() => this.finishing());
  }

  /** Gives the movie up: the sink is told, and nothing more can be added. */
  async abort(reason?: unknown): Promise<void> {
    if (this.state !== 'open') return;
    this.state = 'failed';
    await this.last.catch(() => {});
    await this.out?.abort(reason);
  }

  private queued<T>(work: () => Promise<T>): Promise<T> {
    const run = this.last.then(async () => {
      if (this.state !== 'open') throw usage('closed', 'the movie has been finished or given up');
      return work();
    });
    this.last = run.catch(() => {});
    return run;
  }

  private async adding(frame: MovieFrame, duration: number): Promise<void> {
    checkWhole('duration', duration, 0);
    if (this.sizes.length === MAX_FRAMES) throw usage('movie-frame', `a movie has at most ${MAX_FRAMES} frames`);
    const parts = Array.isArray(frame) ? (frame as readonly Bytes[]) : [frame as Bytes];
    if (parts.length !== this.fields.count || !parts.every(isBytes)) {
      const wanted = this.fields.count === 2 ? 'a pair of fields' : 'bytes';
      throw usage('movie-frame', `frame ${this.sizes.length}: expected ${wanted}`);
    }
    const codestreams = parts.map((part) => this.codestreamOf(toUint8Array(part)));
    const pieces = codestreams.flatMap((codestream) => [writeCodestreamBoxHeader(codestream.length), codestream]);
    const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (size >= 2 ** 32) throw usage('movie-frame', `frame ${this.sizes.length} has ${size} bytes, more than 2^32`);
    await this.store(pieces, size);
    this.sizes.push(size);
    this.durations.push(duration);
  }

  /** Takes the codestream out of a frame, which has to be like the first one. */
  private codestreamOf(bytes: Uint8Array): Uint8Array {
    const log = new DiagnosticLog();
    let frame: { siz: Siz; header: Jp2Header | undefined; codestream: Uint8Array };
    try {
      const file = readNow(readJp2File(log, this.limits, bytes.length, 'picture'), bytes);
      // what is joined of bytes in memory is in memory
      const { input, place } = locate(file, new BytesSource(bytes));
      const { bytes: held } = input as BytesSource;
      const codestream = held.subarray(place.offset, place.offset + (place.length ?? held.length - place.offset));
      frame = { siz: sizOf(codestream), header: file.header, codestream };
    } catch (error) {
      if (!(error instanceof Jpeg2000Error)) throw error;
      throw usage('movie-frame', `frame ${this.sizes.length} cannot be read: ${error.message}`);
    }
    this.first ??= { siz: frame.siz, header: frame.header ?? headerOf(frame.siz, this.options.colour) };
    if (!isAlike(frame.siz, this.first.siz)) {
      throw usage('movie-frame', `frame ${this.sizes.length} differs from the first in size, components or depth`);
    }
    const { width, height } = sizeOf(frame.siz);
    if (width > 65535 || height * this.fields.count > 65535) {
      throw usage('movie-frame', `a movie is at most 65535 wide and high, found ${width} x ${height}`);
    }
    return frame.codestream;
  }

  private async store(pieces: readonly Uint8Array[], size: number): Promise<void> {
    if (!this.out?.canPatch) {
      if (this.heldBytes + size > this.limits.bytes) {
        throw overLimit('limit-bytes', `the movie would hold more than ${this.limits.bytes} bytes in memory`);
      }
      // the caller may use its buffer again
      this.held.push(...pieces.map((piece) => piece.slice()));
      this.heldBytes += size;
      this.offsets.push(this.position);
      this.position += size;
      if (this.out && this.heldBytes >= GROUP_BYTES) await this.failing(() => this.writeGroup(this.out!));
      return;
    }
    const { out } = this;
    await this.failing(async () => {
      if (this.sizes.length === 0) {
        await out.write(writeMovieHead());
        this.mediaAt = out.length;
        await out.write(writeMediaDataHeader(0, true));
      }
      this.offsets.push(out.length);
      for (const piece of pieces) await out.write(piece);
    });
  }

  /** Writes what is held as one media data box, and moves the places of its frames there. */
  private async writeGroup(out: SinkWriter): Promise<void> {
    if (out.length === 0) await out.write(writeMovieHead());
    await out.write(writeMediaDataHeader(this.heldBytes));
    const shift = out.length - this.offsets[this.firstHeld]!;
    for (let k = this.firstHeld; k < this.offsets.length; k++) this.offsets[k]! += shift;
    for (const piece of this.held) await out.write(piece);
    this.held = [];
    this.heldBytes = 0;
    this.position = out.length;
    this.firstHeld = this.offsets.length;
  }

  private async finishing(): Promise<MovieSummary> {
    const { first, out } = this;
    if (first === undefined) throw usage('movie-frame', 'a movie has at least one frame');
    const { width, height } = sizeOf(first.siz);
    const { timescale } = this.options;
    const entry = { width, height: height * this.fields.count, header: first.header, fields: this.fields };
    const spec = { timescale, entry, sizes: this.sizes, durations: this.durations };
    const duration = this.durations.reduce((sum, one) => sum + one, 0);
    const summary = { frames: this.sizes.length, duration };
    if (!out) {
      this.state = 'finished';
      const data = this.inMemory((offsets) => writeMovieBox({ ...spec, offsets }));
      return { ...summary, data, bytes: data.length };
    }
    await this.failing(async () => {
      if (!out.canPatch && this.heldBytes > 0) await this.writeGroup(out);
      const end = out.length;
      await out.write(writeMovieBox({ ...spec, offsets: this.offsets }));
      if (out.canPatch) {
        await out.flush();
        await out.patch(this.mediaAt, writeMediaDataHeader(end - this.mediaAt - 16, true));
      }
      await out.close();
    });
    this.state = 'finished';
    return { ...summary, data: new Uint8Array(0), bytes: out.length };
  }

  /** The movie box first; its length does not depend on the offsets as long as they stay below 4 GB, beyond which it is measured again. */
  private inMemory(movieBox: (offsets: number[]) => Uint8Array): Uint8Array {
    const head = writeMovieHead();
    const media = writeMediaDataHeader(this.heldBytes);
    let base = head.length + movieBox(this.offsets).length + media.length;
    const shifted = (): number[] => this.offsets.map((offset) => offset + base);
    base = head.length + movieBox(shifted()).length + media.length;
    const pieces = [head, movieBox(shifted()), media, ...this.held];
    const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }

  /** Work on the sink, which is given up when it fails. */
  private async failing(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.state = 'failed';
      await this.out?.abort(error);
      throw error;
    }
  }
}

function isAlike(a: Siz, b: Siz): boolean {
  const [one, other] = [sizeOf(a), sizeOf(b)];
  return (
    one.width === other.width &&
    one.height === other.height &&
    a.components.length === b.components.length &&
    a.components.every((c, k) => {
      const d = b.components[k]!;
      return c.precision === d.precision && c.signed === d.signed && c.xrsiz === d.xrsiz && c.yrsiz === d.yrsiz;
    })
  );
}

function sizeOf(siz: Siz): { width: number; height: number } {
  return { width: siz.xsiz - siz.xosiz, height: siz.ysiz - siz.yosiz };
}

function checkWhole(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least && value < 2 ** 32) return;
  throw usage('option-value', `${name} must be a whole number from ${least} to 2^32 - 1, found ${value}`);
}
