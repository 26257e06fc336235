/**
 * A response in the making: messages are added until the byte limit is reached, and come out in batches (15444-9 A.2, C.6.1).
 *
 * A message says where its bytes go, so it can be cut anywhere: what does not fit any more is sent by the next request. A batch is one
 * buffer. Headers are written into it at once, room is left for bodies, and these are filled in with one read when the batch is due, in the
 * order in which they lie in the file. What is added counts as held by the client at once, so that another response of the session does
 * not send it too; what cannot be read or is not wanted any more is taken back.
 */
import type { FoundEnds } from '../../codec/packets/found-ends.ts';
import { joinNear } from '../../codec/packets/byte-store.ts';
import { NEAR, type PrecinctPiece, readPieces, readRuns, sliceOf } from '../../codec/packets/packet-pieces.ts';
import type { AbortSignalLike, ByteRange, RandomAccessSource } from '../../codec/source.ts';
import type { CacheModel } from '../bins/cache-model.ts';
import { BlockSource, type Gap } from './block-source.ts';
import { MessageWriter } from '../wire/message-writer.ts';

/** Where the bytes of a bin come from. */
export type BinContents =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** A run of the source that begins at `offset`. */
  | { readonly kind: 'run'; readonly source: RandomAccessSource; readonly offset: number }
  | {
      readonly kind: 'pieces';
      readonly source: RandomAccessSource;
      readonly pieces: readonly (Uint8Array | ByteRange)[];
    }
  | { readonly kind: 'precinct'; readonly ends: FoundEnds; readonly key: PrecinctPiece['key'] };

/** How a response is limited. */
export interface WriterOptions {
  /** Bytes of messages at most. */
  readonly most: number;
  /** True when messages must not be cut. */
  readonly align: boolean;
  /** True when what precincts were sent is of use later: in sessions. */
  readonly remember: boolean;
}

/** A body that only the source of packets can put together. */
interface PrecinctGap {
  readonly at: number;
  readonly piece: PrecinctPiece;
}

const FIRST_BATCH = 1 << 14;
const MOST_BATCH = 1 << 18;
/** The message that makes a batch large enough goes beyond it. */
const ROOM_BEYOND = 1 << 12;
/** Bytes of a body at most: longer parts become several messages, so that a batch stays small and can be broken off. */
const MOST_BODY = 1 << 18;
/** Bytes of a message header at most: six numbers. */
const MOST_HEADER = 64;
/** Bytes of the end of a response without a body. */
const END_BYTES = 3;
/** Bins of headers and metadata, which are always remembered. */
const FIRST_HEADER_CLASS = 6;

/** Messages of one response. */
export class ResponseWriter {
  /** Bytes of messages so far. */
  written = 0;
  /** True when something did not fit. */
  full = false;
  /** True when it is not the byte limit that ended the response. */
  stopped = false;
  /** Reads, and bytes that came with them. */
  reads = 0;
  readBytes = 0;
  private readonly model: CacheModel;
  private readonly most: number;
  private readonly align: boolean;
  private readonly remember: boolean;
  private readonly messages = new MessageWriter();
  private batch = FIRST_BATCH;
  private buffer = new Uint8Array(FIRST_BATCH + ROOM_BEYOND);
  private at = 0;
  private gaps = new Map<RandomAccessSource, Gap[]>();
  private precincts = new Map<FoundEnds, PrecinctGap[]>();
  /** Codestream, class, identifier and offset of each message of the batch that the model knows of. */
  private sent: number[] = [];

  constructor(model: CacheModel, { most, align, remember }: WriterOptions) {
    this.model = model;
    this.most = most;
    this.align = align;
    this.remember = remember;
  }

  /** True when enough is there to be sent. */
  get isDue(): boolean {
    return this.at >= this.batch;
  }

  /**
   * Adds bytes `from .. to` of a bin, or as many of them as fit and make one message; `ends` says that the bin ends at `to`, `aux` goes
   * with extended classes. Returns how far it came: less than `to` with {@link full} not set means that more can be added.
   */
  add(
    classId: number,
    codestream: number,
    id: number,
    from: number,
    to: number,
    ends: boolean,
    contents: BinContents,
    aux?: number,
  ): number {
    if (this.full) return from;
    const room = this.most - this.written;
    // what must not be cut fits in whole, or not at all, unless there is nothing else: else a client would ask for ever
    if (this.align && this.written > 0 && to - from + (1 + Math.floor((to - from) / MOST_BODY)) * MOST_HEADER > room) {
      const exact = this.messages.lengthOf(classId, codestream, id, from, to - from, aux) + to - from;
      if (to - from > MOST_BODY || exact > room) {
        this.full = true;
        return from;
      }
    }
    let end = Math.min(to, from + MOST_BODY);
    // layers are whole at the end only; the plain class carries the same bin
    let header = this.messages.lengthOf(end < to ? classId & ~1 : classId, codestream, id, from, end - from, aux);
    if (header + end - from > room) {
      this.full = true;
      // a shorter length may take a shorter header, which is left as room
      if (room <= header) return from;
      end = from + room - header;
    }
    const whole = end === to;
    const sentClass = whole ? classId : classId & ~1;
    this.grow(MOST_HEADER + end - from);
    const before = this.at;
    this.at = this.messages.put(
      this.buffer,
      before,
      sentClass,
      codestream,
      id,
      from,
      end - from,
      whole && ends,
      sentClass & 1 ? aux : undefined,
    );
    this.fill(contents, from, end);
    this.at += end - from;
    header = this.at - before;
    this.written += header;
    if (this.remember || sentClass >= FIRST_HEADER_CLASS) {
      this.model.sent(codestream, classId & ~1, id, end, whole && ends);
      this.sent.push(codestream, classId & ~1, id, from);
    }
    return end;
  }

  /** Nothing more can be added, for another reason than the byte limit. */
  stop(): void {
    this.full = true;
    this.stopped = true;
  }

  /** The bytes of the batch; its bodies are read now. */
  async flush(signal?: AbortSignalLike): Promise<Uint8Array> {
    const { buffer, at } = this;
    try {
      await this.fillGaps(buffer, signal ? { signal } : {});
    } catch (error) {
      this.takeBack();
      throw error;
    }
    this.sent = [];
    this.at = 0;
    if (at > 0) {
      // whoever takes the batch may hold on to its buffer
      this.batch = Math.min(MOST_BATCH, this.batch * 2);
      this.buffer = EMPTY;
    }
    return buffer.subarray(0, at);
  }

  /** The model is told that the batch will not come. */
  private takeBack(): void {
    const { sent, model } = this;
    for (let k = sent.length - 4; k >= 0; k -= 4) {
      model.of(sent[k], sent[k + 1]).cutToBytes(sent[k + 2], sent[k + 3]);
    }
    this.sent = [];
  }

  private async fillGaps(buffer: Uint8Array, options: { signal?: AbortSignalLike }): Promise<void> {
    const { gaps, precincts } = this;
    this.gaps = new Map();
    this.precincts = new Map();
    for (const [source, list] of gaps) await this.fillRuns(buffer, source, list, options);
    for (const [ends, list] of precincts) {
      const read = await readPieces(
        ends,
        list.map(({ piece }) => piece),
        options,
      );
      this.reads += read.reads;
      this.readBytes += read.readBytes;
      for (const [k, gap] of list.entries()) buffer.set(read.bytes[k], gap.at);
    }
  }

  /** The bytes of the last batch and the end of the response; why it ends is asked when everything else has been done. */
  async finish(reason: () => number, signal?: AbortSignalLike): Promise<Uint8Array> {
    this.grow(END_BYTES);
    const { buffer, at } = this;
    await this.flush(signal);
    buffer.set(this.messages.eor(reason()), at);
    return buffer.subarray(0, at + END_BYTES);
  }

  private grow(bytes: number): void {
    const need = this.at + bytes;
    if (need <= this.buffer.length) return;
    const larger = new Uint8Array(Math.max(need, this.batch + ROOM_BEYOND));
    larger.set(this.buffer.subarray(0, this.at));
    this.buffer = larger;
  }

  /** Fills in a body, or notes what goes there. */
  private fill(contents: BinContents, from: number, to: number): void {
    if (to === from) return;
    if (contents.kind === 'bytes') this.buffer.set(contents.bytes.subarray(from, to), this.at);
    else if (contents.kind === 'run') this.gap(contents.source, this.at, contents.offset + from, to - from);
    else if (contents.kind === 'precinct') {
      const { ends, key } = contents;
      const list = this.precincts.get(ends);
      const gap = { at: this.at, piece: { key, start: from, end: to } };
      if (list) list.push(gap);
      else this.precincts.set(ends, [gap]);
    } else {
      let start = 0;
      for (const piece of contents.pieces) {
        const lo = Math.max(from, start);
        const hi = Math.min(to, start + piece.length);
        const at = this.at + lo - from;
        if (hi > lo && piece instanceof Uint8Array) this.buffer.set(piece.subarray(lo - start, hi - start), at);
        else if (hi > lo) this.gap(contents.source, at, (piece as ByteRange).offset + lo - start, hi - lo);
        start += piece.length;
      }
    }
  }

  private gap(source: RandomAccessSource, at: number, offset: number, length: number): void {
    const list = this.gaps.get(source);
    if (list) list.push({ at, offset, length });
    else this.gaps.set(source, [{ at, offset, length }]);
  }

  private async fillRuns(
    buffer: Uint8Array,
    source: RandomAccessSource,
    gaps: readonly Gap[],
    options: { signal?: AbortSignalLike },
  ): Promise<void> {
    if (source instanceof BlockSource) {
      const { reads, readBytes } = await source.readInto(buffer, gaps, options);
      this.reads += reads;
      this.readBytes += readBytes;
      return;
    }
    const runs = joinNear(gaps, NEAR);
    const held = await readRuns(source, runs, options);
    this.reads += runs.length;
    for (const { length } of held) this.readBytes += length;
    for (const gap of gaps) buffer.set(sliceOf(runs, held, gap), gap.at);
  }
}

const EMPTY = /* @__PURE__ */ new Uint8Array(0);
