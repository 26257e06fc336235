/**
 * A response in the making: messages are added until the byte limit is reached, and come out in batches (15444-9 A.2, C.6.1).
 *
 * A message says where its bytes go, so it can be cut anywhere: what does not fit any more is sent by the next request. What
 * comes out counts as held by the client from then on.
 */
import type { PrecinctPiece, ReadablePacketEnds } from '../../codec/packets/found-ends.ts';
import type { AbortSignalLike, ByteRange, RandomAccessSource } from '../../codec/source.ts';
import type { CacheModel } from '../bins/cache-model.ts';
import { JpipError } from '../errors.ts';
import { MessageWriter } from '../wire/message-writer.ts';

/** Where the bytes of a bin come from. */
export type BinContents =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'ranges';
      readonly source: RandomAccessSource;
      readonly pieces: readonly (Uint8Array | ByteRange)[];
    }
  | { readonly kind: 'precinct'; readonly ends: ReadablePacketEnds; readonly key: PrecinctPiece['key'] };

/** What is to be sent of a bin. */
export interface BinPart {
  readonly classId: number;
  readonly codestream: number;
  readonly id: number;
  /** Bytes `from .. to` of the bin. */
  readonly from: number;
  readonly to: number;
  /** True when the bin ends at `to`. */
  readonly ends: boolean;
  /** Whole quality layers at `to`, for an extended message. */
  readonly aux?: number;
  readonly contents: BinContents;
}

/** A message before its body is there. */
interface Queued extends Pick<BinPart, 'classId' | 'codestream' | 'id' | 'from' | 'to' | 'ends' | 'contents'> {
  readonly header: Uint8Array;
}

/** How a response is limited. */
export interface WriterOptions {
  /** Bytes of messages at most. */
  readonly most: number;
  /** True when messages must not be cut. */
  readonly align: boolean;
}

const FIRST_BATCH = 1 << 14;
const MOST_BATCH = 1 << 18;

/** Messages of one response. */
export class ResponseWriter {
  /** Bytes of messages so far. */
  written = 0;
  /** True when something did not fit. */
  full = false;
  /** Reads, and bytes that came with them. */
  reads = 0;
  readBytes = 0;
  private readonly model: CacheModel;
  private readonly options: WriterOptions;
  private readonly messages = new MessageWriter();
  private queue: Queued[] = [];
  private queued = 0;
  private batch = FIRST_BATCH;

  constructor(model: CacheModel, options: WriterOptions) {
    this.model = model;
    this.options = options;
  }

  /** True when enough is queued to be sent. */
  get isDue(): boolean {
    return this.queued >= this.batch;
  }

  /** Adds a part of a bin, or as much of it as fits; false when that was not all. */
  add(part: BinPart): boolean {
    if (this.full) return false;
    const { from, classId, codestream, id, contents } = part;
    const room = this.options.most - this.written;
    let { to, ends } = part;
    let header = { classId, codestream, id, offset: from, length: to - from, last: ends, ...auxOf(part.aux) };
    let headerLength = this.messages.headerLength(header);
    if (headerLength + to - from > room) {
      this.full = true;
      // a shorter length may take a shorter header, which is left as room
      const length = room - headerLength;
      if (this.options.align || length <= 0) return false;
      to = from + length;
      ends = false;
      // layers are not whole at a cut; the plain class carries the same bin
      header = { classId: classId & ~1, codestream, id, offset: from, length, last: false };
      headerLength = this.messages.headerLength(header);
    }
    const bytes = this.messages.header(header);
    this.queue.push({ header: bytes, classId, codestream, id, from, to, ends, contents });
    this.queued += bytes.length + to - from;
    this.written += bytes.length + to - from;
    return !this.full;
  }

  /** The bytes of what is queued: one read for all of it. */
  async flush(signal?: AbortSignalLike): Promise<Uint8Array> {
    const { queue } = this;
    const out = new Uint8Array(this.queued);
    this.queue = [];
    this.queued = 0;
    this.batch = Math.min(MOST_BATCH, this.batch * 2);
    const bodies = await this.bodiesOf(queue, signal);
    let at = 0;
    queue.forEach(({ header, classId, codestream, id, to, ends }, k) => {
      out.set(header, at);
      at += header.length;
      out.set(bodies[k], at);
      at += bodies[k].length;
      this.model.sent(codestream, classId & ~1, id, to, ends);
    });
    return out;
  }

  /** The end of the response. */
  end(reason: number): Uint8Array {
    return this.messages.eor(reason);
  }

  private async bodiesOf(queue: readonly Queued[], signal: AbortSignalLike | undefined): Promise<Uint8Array[]> {
    const bodies: Uint8Array[] = new Array(queue.length);
    const precincts = new Map<ReadablePacketEnds, { readonly k: number; readonly piece: PrecinctPiece }[]>();
    const options = signal ? { signal } : {};
    for (const [k, { contents, from, to }] of queue.entries()) {
      if (contents.kind === 'bytes') bodies[k] = contents.bytes.subarray(from, to);
      else if (contents.kind === 'ranges') bodies[k] = await this.readRanges(contents, from, to, options);
      else {
        const list = precincts.get(contents.ends) ?? [];
        precincts.set(contents.ends, list);
        list.push({ k, piece: { key: contents.key, start: from, end: to } });
      }
    }
    for (const [ends, list] of precincts) {
      const read = await ends.read(
        list.map(({ piece }) => piece),
        options,
      );
      this.reads += read.reads;
      this.readBytes += read.readBytes;
      list.forEach(({ k }, n) => {
        bodies[k] = read.bytes[n];
      });
    }
    return bodies;
  }

  private async readRanges(
    { source, pieces }: Extract<BinContents, { kind: 'ranges' }>,
    from: number,
    to: number,
    options: { signal?: AbortSignalLike },
  ): Promise<Uint8Array> {
    const out = new Uint8Array(to - from);
    let at = 0;
    for (const piece of pieces) {
      const lo = Math.max(from, at);
      const hi = Math.min(to, at + piece.length);
      if (hi > lo) {
        let bytes: Uint8Array;
        if (piece instanceof Uint8Array) bytes = piece.subarray(lo - at, hi - at);
        else {
          bytes = await source.read({ offset: piece.offset + lo - at, length: hi - lo }, options);
          this.reads++;
          this.readBytes += bytes.length;
          if (bytes.length < hi - lo) {
            throw new JpipError('malformed', 'target-changed', 'the file became shorter while it was being served', {
              status: 500,
            });
          }
        }
        out.set(bytes, lo - from);
      }
      at += piece.length;
    }
    return out;
  }
}

function auxOf(aux: number | undefined): { aux?: number } {
  return aux === undefined ? {} : { aux };
}
