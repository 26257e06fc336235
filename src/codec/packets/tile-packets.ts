/**
 * Where the packets of one tile stand.
 *
 * Packets are found in codestream order, either from the lengths in PLT or PLM or by reading one packet header after the other,
 * and kept as a few numbers each. The search goes only as far as the precincts that are wanted, and later goes on from there.
 */
import { PacketBitReader } from '../bits/packet-bit-reader.ts';
import type { ProgressionChange } from '../codestream/poc.ts';
import { type DiagnosticLog, Jpeg2000Error, overLimit } from '../errors.ts';
import type { TileGeometry } from '../geometry/tile.ts';
import { numPrecinctsOfTile } from '../geometry/tile.ts';
import { numPrecinctsOf, precinctGeometry } from '../geometry/tile-component.ts';
import type { Limits } from '../limits.ts';
import type { ReadWindow } from '../read-window.ts';
import type { ByteRange, Reading } from '../source.ts';
import { HeaderFollower } from '../tier2/header-follower.ts';
import { type PacketPlace, packetSequence } from '../tier2/progression.ts';
import { skipEph, skipSop } from '../tier2/read-blocks.ts';
import { type DataRun, type FoundPackets, type PacketRange, rangesIn } from './found-packets.ts';
import type { PrecinctLengths, TileSelection } from './precinct-source.ts';

/** What is known about a tile's packets before any of them is read. */
export interface TileData {
  /** The tile-parts' data in order. Positions below count through all of them as if they were joined. */
  readonly runs: readonly DataRun[];
  /** Packed packet headers of the tile (PPM or PPT), joined. */
  readonly packedHeaders: Uint8Array | undefined;
  /** Packet lengths of the tile (PLT or PLM), in order and with SOP markers counted; complete or absent. */
  readonly packetLengths: readonly number[] | undefined;
}

/** Bits that a code-block can take in a packet header, in bytes and rounded up far: what a remote scan buffers ahead. */
const HEADER_BYTES_PER_BLOCK = 16;
const HEADER_BYTES_AT_LEAST = 64;

/** Bytes of SOP (A.8.1). */
const SOP_BYTES = 6;

/** A packet costs about as much as so many code-blocks in a header; after so much in all, some milliseconds have passed. */
const PACKET_WORK = 8;
const WORK_BETWEEN_PAUSES = 1 << 14;

/** The packets of a tile, as far as they have been found. */
export class TilePackets implements FoundPackets {
  readonly tile: TileGeometry;
  readonly data: TileData;
  /** True when no packet follows those found. */
  finished = false;
  /** True when every packet of the progression was found: what a precinct then lacks was never written (A.6.6). */
  exhausted = false;
  /** Number of packets found. */
  count = 0;
  /** Position of a packet that is cut off by the end of the data, and its precinct. */
  private cut: { precinct: number; range: PacketRange } | undefined;
  private readonly limits: Limits;
  /** First of `component * 33 + resolution` in the numbering of all precincts of the tile. */
  private readonly firstPrecinct: Int32Array;
  private readonly head: Int32Array;
  private readonly last: Int32Array;
  private start = new Float64Array(64);
  private length = new Uint32Array(64);
  private next = new Int32Array(64);
  /** Twice the bytes of the header, and one more where EPH follows it; empty where lengths come from PLT. */
  private header: Int32Array;
  /** Place among the packed headers; empty where there are none. */
  private headerStart: Int32Array;
  private readonly sequence: Iterator<PacketPlace | undefined>;
  private follower = new HeaderFollower();
  /** Where the follower keeps each precinct, -1 for none; empty before the first header is read. */
  private state: Int32Array = new Int32Array(0);
  private readonly bits = new PacketBitReader(NO_BYTES);
  private blocksHeld = 0;
  private position = 0;
  /** The run that `position` lies in, and the position where it begins. */
  private run = 0;
  private runStart = 0;
  private headerPosition = 0;
  private readonly totalLength: number;
  /** The place of the next packet, where the sequence has told it already. */
  private pending: PacketPlace | undefined;
  /** Work done since the last moment to pause. */
  private work = 0;
  /** Wanted so far: for each precinct the number of layers found. */
  private readonly found: Uint16Array;
  /** Where {@link rangeOf} was asked last in each precinct. */
  private asked: { readonly packet: Int32Array; readonly layer: Uint16Array } | undefined;

  constructor(tile: TileGeometry, data: TileData, changes: readonly ProgressionChange[], limits: Limits) {
    const total = numPrecinctsOfTile(tile);
    if (total > limits.codeBlocks) {
      throw overLimit(
        'limit-code-blocks',
        `tile ${tile.tile} has ${total} precincts, the limit is ${limits.codeBlocks}`,
      );
    }
    this.tile = tile;
    this.data = data;
    this.limits = limits;
    this.totalLength = data.runs.reduce((sum, run) => sum + run.length, 0);
    this.firstPrecinct = new Int32Array(tile.components.length * 33);
    let n = 0;
    tile.components.forEach(({ geometry }, c) => {
      geometry.resolutions.forEach((resolution, r) => {
        this.firstPrecinct[c * 33 + r] = n;
        n += numPrecinctsOf(resolution);
      });
    });
    this.head = new Int32Array(total).fill(-1);
    this.last = new Int32Array(total).fill(-1);
    this.found = new Uint16Array(total);
    this.header = new Int32Array(this.exact ? 64 : 0);
    this.headerStart = new Int32Array(data.packedHeaders ? 64 : 0);
    this.sequence = packetSequence(tile, changes);
  }

  /** True where headers are read, false where PLT or PLM are believed. */
  get exact(): boolean {
    return this.data.packetLengths === undefined;
  }

  get runs(): readonly DataRun[] {
    return this.data.runs;
  }

  get packedHeaders(): Uint8Array | undefined {
    return this.data.packedHeaders;
  }

  /** Packed headers are held in memory. */
  get headerRuns(): undefined {
    return undefined;
  }

  /** True when nothing more can be found of what `selection` names. */
  covers(selection: TileSelection): boolean {
    return this.finished || this.countMissing(selection) === 0;
  }

  /** Finds packets until everything that `selection` names has been found, or no more exist. */
  *find(selection: TileSelection, window: ReadWindow, log: DiagnosticLog): Reading<void> {
    let missing = this.countMissing(selection);
    if (missing === 0 || this.finished) return;
    const wanted = this.wantedLayers(selection);
    for (;;) {
      if (this.pending === undefined) {
        const step = this.sequence.next();
        if (step.done) {
          this.finish();
          this.exhausted = true;
          if (this.position < this.totalLength) this.reportTrailing(log);
          return;
        }
        this.pending = step.value;
      }
      if (missing === 0) return;
      if (this.pending === undefined || this.work >= WORK_BETWEEN_PAUSES) {
        this.work = 0;
        const before = this.count;
        yield [];
        if (this.finished) return;
        if (this.count !== before) missing = this.countMissing(selection); // another search has gone on meanwhile
        continue;
      }
      const place = this.pending;
      if (this.position >= this.totalLength && !this.hasEmptyBodies()) {
        this.finish();
        this.reportShort(place, log);
        return;
      }
      const precinct = this.firstPrecinct[place.component * 33 + place.resolution] + place.precinct;
      const known = this.data.packetLengths;
      const ok = known
        ? this.takeLength(known[this.count], precinct, place, log)
        : (this.scanHeld(place, precinct, window, log) ?? (yield* this.scanAhead(place, precinct, window, log)));
      this.pending = undefined;
      if (!ok) {
        this.finish();
        return;
      }
      if (place.layer < wanted[precinct]) missing--;
    }
  }

  rangesOf(component: number, resolution: number, precinct: number, layers: number, from = 0): PacketRange[] {
    const ranges: PacketRange[] = [];
    const key = this.firstPrecinct[component * 33 + resolution] + precinct;
    let layer = 0;
    for (let k = this.head[key]; k >= 0 && layer < layers; k = this.next[k]) {
      if (layer++ >= from) ranges.push(this.rangeAt(k));
    }
    return ranges;
  }

  /** Asking for one layer after the other is quick. */
  rangeOf(component: number, resolution: number, precinct: number, layer: number): PacketRange | undefined {
    const key = this.firstPrecinct[component * 33 + resolution] + precinct;
    if (layer >= this.found[key]) return undefined;
    this.asked ??= { packet: this.head.slice(), layer: new Uint16Array(this.found.length) };
    const { asked } = this;
    if (asked.packet[key] < 0 || asked.layer[key] > layer) {
      asked.packet[key] = this.head[key];
      asked.layer[key] = 0;
    }
    for (; asked.layer[key] < layer; asked.layer[key]++) asked.packet[key] = this.next[asked.packet[key]];
    return this.rangeAt(asked.packet[key]);
  }

  lengthsOf(component: number, resolution: number, precinct: number): PrecinctLengths {
    const key = this.firstPrecinct[component * 33 + resolution] + precinct;
    const n = this.found[key];
    const headers = new Uint32Array(n);
    const bodies = new Uint32Array(n);
    const ephs = new Uint8Array(n);
    let k = this.head[key];
    for (let layer = 0; layer < n; layer++, k = this.next[k]) {
      headers[layer] = this.header[k] >> 1;
      ephs[layer] = 2 * (this.header[k] & 1);
      bodies[layer] = this.length[k] - (this.data.packedHeaders ? 0 : headers[layer] + ephs[layer]);
    }
    return { headers, bodies, ephs, complete: this.isWhole(component, resolution, precinct) };
  }

  private rangeAt(k: number): PacketRange {
    const header = this.header[k] ?? 0;
    return {
      start: this.start[k],
      length: this.length[k],
      headerStart: this.headerStart[k] ?? 0,
      headerLength: header >> 1,
      eph: 2 * (header & 1),
    };
  }

  cutOf(component: number, resolution: number, precinct: number): PacketRange | undefined {
    const key = this.firstPrecinct[component * 33 + resolution] + precinct;
    return this.cut?.precinct === key ? this.cut.range : undefined;
  }

  isWhole(component: number, resolution: number, precinct: number): boolean {
    const key = this.firstPrecinct[component * 33 + resolution] + precinct;
    return this.exhausted || this.found[key] === this.tile.header.cod.numLayers;
  }

  /** Turns a run of joined positions into byte ranges of the input. */
  toRanges(start: number, length: number): Generator<ByteRange> {
    return rangesIn(this.data.runs, start, length);
  }

  private hasEmptyBodies(): boolean {
    // packets without a body take no room in the data when their headers are packed elsewhere
    return this.data.packedHeaders !== undefined && this.headerPosition < this.data.packedHeaders.length;
  }

  private finish(): void {
    this.finished = true;
    this.follower = new HeaderFollower(0);
    this.state = new Int32Array(0);
    this.bits.reset(NO_BYTES, 0, 0); // lets go of what was read ahead
  }

  private countMissing(selection: TileSelection): number {
    let missing = 0;
    this.forEachWanted(selection, (key) => {
      missing += Math.max(0, selection.layers - this.found[key]);
    });
    return missing;
  }

  private wantedLayers(selection: TileSelection): Uint16Array {
    const wanted = new Uint16Array(this.found.length);
    this.forEachWanted(selection, (key) => {
      wanted[key] = selection.layers;
    });
    return wanted;
  }

  private forEachWanted(selection: TileSelection, visit: (precinct: number) => void): void {
    for (const { component, resolutions } of selection.components) {
      resolutions.forEach((rect, r) => {
        const resolution = this.tile.components[component].geometry.resolutions[r];
        if (rect === undefined || resolution === undefined) return;
        const first = this.firstPrecinct[component * 33 + r];
        for (let y = rect.y0; y < rect.y1; y++) {
          for (let x = rect.x0; x < rect.x1; x++) visit(first + y * resolution.numPrecinctsWide + x);
        }
      });
    }
  }

  private takeLength(length: number | undefined, precinct: number, place: PacketPlace, log: DiagnosticLog): boolean {
    if (length === undefined) {
      this.reportShort(place, log);
      return false;
    }
    const left = this.totalLength - this.position;
    if (length > left) {
      this.cutOff(precinct, { start: this.position, length: left, headerStart: 0, headerLength: 0, eph: 0 }, log);
      return false;
    }
    this.work += PACKET_WORK;
    this.add(precinct, this.position, length, 0, 0);
    this.position += length;
    return true;
  }

  /**
   * Reads one packet header from what is buffered; false when the data ends or makes no sense, `undefined` when more must be fetched.
   */
  private scanHeld(place: PacketPlace, precinct: number, window: ReadWindow, log: DiagnosticLog): boolean | undefined {
    const { runs } = this.data;
    while (this.run < runs.length - 1 && this.position >= this.runStart + runs[this.run].length) {
      this.runStart += runs[this.run++].length;
    }
    const { offset, length } = runs[this.run];
    const into = this.position - this.runStart;
    const { bytes, start } = window;
    const at = offset + into - start;
    if (at < 0 || at >= bytes.length) return undefined;
    const end = Math.min(bytes.length, at + length - into);
    const state = this.stateOf(place, precinct);
    return this.read(bytes, at, end, this.position + end - at >= this.totalLength, state, precinct, log);
  }

  /** The same where what is buffered is not enough. */
  private *scanAhead(place: PacketPlace, precinct: number, window: ReadWindow, log: DiagnosticLog): Reading<boolean> {
    const state = this.stateOf(place, precinct);
    const ahead = Math.max(HEADER_BYTES_AT_LEAST, this.follower.numBlocks(state) * HEADER_BYTES_PER_BLOCK);
    for (let want = ahead; ; want *= 4) {
      const bytes = yield* this.peek(window, want);
      const atEnd = bytes.length < want || this.position + bytes.length >= this.totalLength;
      const ok = this.read(bytes, 0, bytes.length, atEnd, state, precinct, log);
      if (ok !== undefined) return ok;
    }
  }

  /** Reads the header of the packet at `bytes[at .. end)`; `undefined`, and nothing has happened, when it may go on beyond `end`. */
  private read(
    bytes: Uint8Array,
    at: number,
    end: number,
    atEnd: boolean,
    state: number,
    precinct: number,
    log: DiagnosticLog,
  ): boolean | undefined {
    const { bits, follower } = this;
    const packed = this.data.packedHeaders;
    if (!atEnd && at + SOP_BYTES > end) return undefined;
    const sop = skipSop(bytes, at) - at;
    const from = packed ? this.headerPosition : at + sop;
    const until = packed ? packed.length : end;
    const surely = packed !== undefined || atEnd;
    bits.reset(packed ?? bytes, from, until);
    if (!surely) follower.save(state);
    let bodyLength: number;
    try {
      bodyLength = follower.readHeader(bits, state);
    } catch (error) {
      if (!(error instanceof Jpeg2000Error) || error.kind === 'limit') throw error;
      const place = [...this.toRanges(this.position, 1)][0];
      log.add(error.code, `tile ${this.tile.tile}: ${error.reason}; the rest of the tile is lost`, {
        ...(place ? { offset: place.offset } : {}),
        clause: '15444-1 B.10',
      });
      return false;
    }
    if (!surely && (bits.overrun || bits.position + 2 > end)) {
      follower.restore(state);
      return undefined;
    }
    const start = this.position + sop;
    if (bits.overrun) {
      if (packed) {
        const message = `tile ${this.tile.tile}: the packed packet headers end early`;
        log.add('packet-header', message, { clause: '15444-1 A.7.5' });
      } else {
        // not the rest of the tile: the input may have ended long before
        this.cutOff(precinct, { start, length: end - at - sop, headerStart: 0, headerLength: 0, eph: 0 }, log);
      }
      return false;
    }
    const headerLength = bits.position - from;
    const eph = this.ephAt(bits.bytes, bits.position, log);
    const length = packed ? bodyLength : headerLength + eph + bodyLength;
    const headerStart = packed ? from : 0;
    if (packed) this.headerPosition = bits.position + eph;
    const left = this.totalLength - start;
    if (length > left) {
      this.cutOff(precinct, { start, length: left, headerStart, headerLength, eph }, log);
      return false;
    }
    this.work += PACKET_WORK + follower.numBlocks(state);
    this.add(precinct, start, length, 2 * headerLength + (eph >> 1), headerStart);
    this.position = start + length;
    return true;
  }

  private *peek(window: ReadWindow, length: number): Reading<Uint8Array> {
    const ranges = [...this.toRanges(this.position, length)];
    if (ranges.length === 0) return NO_BYTES;
    const first = ranges[0];
    if (ranges.length === 1) {
      // all that is buffered beyond costs nothing, as long as it belongs to the tile-part
      const bytes = yield* window.needAtLeast(first.offset, first.length);
      return bytes.subarray(0, this.leftInRun(first.offset));
    }
    const joined = new Uint8Array(ranges.reduce((sum, range) => sum + range.length, 0));
    let at = 0;
    for (const range of ranges) {
      const piece = yield* window.need(range.offset, range.length);
      joined.set(piece, at);
      at += piece.length;
      if (piece.length < range.length) break; // the input ends here
    }
    return joined.subarray(0, at);
  }

  private leftInRun(offset: number): number {
    for (const run of this.data.runs) {
      if (offset >= run.offset && offset < run.offset + run.length) return run.offset + run.length - offset;
    }
    return 0;
  }

  /** The state of a precinct for {@link HeaderFollower}. */
  private stateOf(place: PacketPlace, precinct: number): number {
    if (this.state.length === 0) this.state = new Int32Array(this.found.length).fill(-1);
    if (this.state[precinct] >= 0) return this.state[precinct];
    const { geometry, parameters } = this.tile.components[place.component];
    const precinctGeo = precinctGeometry(geometry.resolutions[place.resolution], place.precinct);
    this.blocksHeld += precinctGeo.numBlocks;
    if (this.blocksHeld > this.limits.codeBlocks) {
      const message = `tile ${this.tile.tile} has more code-blocks than the limit of ${this.limits.codeBlocks}`;
      throw overLimit('limit-code-blocks', message);
    }
    this.state[precinct] = this.follower.open(precinctGeo, parameters.style.codeBlockStyle);
    return this.state[precinct];
  }

  private add(precinct: number, start: number, length: number, header: number, headerStart: number): void {
    const k = this.count++;
    if (k === this.start.length) this.grow();
    this.start[k] = start;
    this.length[k] = length;
    if (this.exact) this.header[k] = header;
    if (this.data.packedHeaders) this.headerStart[k] = headerStart;
    this.next[k] = -1;
    if (this.last[precinct] < 0) this.head[precinct] = k;
    else this.next[this.last[precinct]] = k;
    this.last[precinct] = k;
    this.found[precinct]++;
    if (this.exact && this.found[precinct] === this.tile.header.cod.numLayers) {
      const state = this.state[precinct];
      this.blocksHeld -= this.follower.numBlocks(state);
      this.follower.close(state);
    }
  }

  private grow(): void {
    const size = this.start.length * 2;
    this.start = copyInto(new Float64Array(size), this.start);
    this.length = copyInto(new Uint32Array(size), this.length);
    this.next = copyInto(new Int32Array(size), this.next);
    if (this.exact) this.header = copyInto(new Int32Array(size), this.header);
    if (this.data.packedHeaders) this.headerStart = copyInto(new Int32Array(size), this.headerStart);
  }

  private cutOff(precinct: number, range: PacketRange, log: DiagnosticLog): void {
    this.cut = { precinct, range };
    log.add('packet-truncated', `tile ${this.tile.tile}: packet ${this.count} ends after ${range.length} bytes`, {
      clause: '15444-1 B.9',
    });
  }

  /** Bytes of EPH at the end of a header. */
  private ephAt(bytes: Uint8Array, end: number, log: DiagnosticLog): number {
    const eph = skipEph(bytes, end) - end;
    if (eph === 0 && this.tile.header.cod.eph) {
      log.add('packet-marker', `tile ${this.tile.tile}: packet ${this.count} has no EPH`, { clause: '15444-1 A.8.2' });
    }
    return eph;
  }

  private reportShort(place: PacketPlace, log: DiagnosticLog): void {
    const { component, resolution, precinct, layer } = place;
    const where = `component ${component}, resolution level ${resolution}, precinct ${precinct}, layer ${layer}`;
    log.add('packet-truncated', `tile ${this.tile.tile}: the data ends before ${where}`, { clause: '15444-1 B.9' });
  }

  private reportTrailing(log: DiagnosticLog): void {
    const left = this.totalLength - this.position;
    if (left >= END_UNKNOWN) return; // Psot = 0 in an input of unknown size: EOC and nothing else should follow
    log.add('packet-length', `tile ${this.tile.tile}: ${left} bytes follow the last packet`, {
      clause: '15444-1 B.9',
    });
  }
}

/** More than any input holds: what is left where the end is not known. */
const END_UNKNOWN = 2 ** 52;

const NO_BYTES = /* @__PURE__ */ new Uint8Array(0);

function copyInto<T extends Float64Array | Int32Array | Uint32Array>(target: T, from: T): T {
  target.set(from);
  return target;
}
