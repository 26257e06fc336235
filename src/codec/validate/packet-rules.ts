/**
 * Follows every packet header of a tile (15444-1 B.9, B.10): lengths to the byte, SOP and EPH, packed headers, packet lengths in PLT
 * and PLM, passes within the bit-planes, and that all packets of the progression are there.
 *
 * Bodies are stepped over. The state of the headers is kept for every precinct of the tile, so it is bounded by the limits.
 */
import { PacketBitReader } from '../bits/packet-bit-reader.ts';
import type { ProgressionChange } from '../codestream/poc.ts';
import { type Quantization, stepOf } from '../codestream/qcd.ts';
import { type ErrorCode, Jpeg2000Error } from '../errors.ts';
import { type TileGeometry, numPrecinctsOfTile } from '../geometry/tile.ts';
import { type PrecinctGeometry, precinctGeometry } from '../geometry/tile-component.ts';
import type { Limits } from '../limits.ts';
import type { ReadWindow } from '../read-window.ts';
import type { Reading } from '../source.ts';
import { HeaderFollower, type HeaderSink } from '../tier2/header-follower.ts';
import { type PacketPlace, packetSequence } from '../tier2/progression.ts';
import type { Findings } from './findings.ts';

/** The data of one tile-part. */
export interface PartData {
  readonly start: number;
  readonly end: number;
  /** True when the file ends inside. */
  readonly cut: boolean;
  /** Packet headers of PPM or PPT, where they are packed. */
  readonly packedHeaders: Uint8Array | undefined;
  /** Packet lengths of PLT or PLM, where there are any. */
  readonly packetLengths: readonly number[] | undefined;
}

/** Bits that a code-block can take in a packet header, in bytes and rounded up far. */
const HEADER_BYTES_PER_BLOCK = 16;
const HEADER_BYTES_AT_LEAST = 64;

/** Packets between two moments to pause. */
const PACKETS_BETWEEN_PAUSES = 1024;

/** Bytes of SOP and EPH. */
const SOP_BYTES = 6;
const EPH_BYTES = 2;

/** Follows the packets of a tile through its tile-parts, in order. One thing that cannot be right ends the tile. */
export class PacketWalk {
  /** Packets read. */
  count = 0;
  private readonly tile: TileGeometry;
  private readonly changes: readonly ProgressionChange[];
  private readonly parts: readonly PartData[];
  private readonly findings: Findings;
  private readonly follower = new HeaderFollower();
  private readonly states = new Map<number, PrecinctState>();
  private readonly bits = new PacketBitReader(new Uint8Array(0));
  private readonly limits: Limits;
  private blocks = 0;
  private part = 0;
  private position = 0;
  private packed = 0;
  private packetOfPart = 0;
  private lengthsWrong = false;

  constructor(
    tile: TileGeometry,
    changes: readonly ProgressionChange[],
    parts: readonly PartData[],
    limits: Limits,
    findings: Findings,
  ) {
    this.tile = tile;
    this.changes = changes;
    this.parts = parts;
    this.limits = limits;
    this.findings = findings;
    this.position = parts[0]?.start ?? 0;
  }

  /** Follows all packets. */
  *run(window: ReadWindow): Reading<void> {
    const { tile, findings, limits } = this;
    const precincts = numPrecinctsOfTile(tile);
    if (precincts > limits.codeBlocks) {
      const message = `tile ${tile.tile} has ${precincts} precincts, the limit is ${limits.codeBlocks}: not checked`;
      findings.warning('limit-code-blocks', message);
      return;
    }
    const expected = precincts * tile.header.cod.numLayers;
    for (const place of packetSequence(tile, this.changes)) {
      if (place === undefined || this.count % PACKETS_BETWEEN_PAUSES === 0) yield [];
      if (place === undefined) continue;
      while (this.isPartDone() && this.part < this.parts.length) this.nextPart();
      if (this.part === this.parts.length) break;
      if (!(yield* this.packet(place, window))) return;
      // a POC may go on for long, naming nothing but packets that it has named before
      if (this.count === expected) break;
    }
    this.finish(expected);
  }

  /** True when the present tile-part holds no further packet. */
  private isPartDone(): boolean {
    const part = this.parts[this.part];
    if (part === undefined) return true;
    return part.packedHeaders ? this.packed >= part.packedHeaders.length : this.position >= part.end;
  }

  private nextPart(): void {
    const { start, end, packetLengths, packedHeaders } = this.parts[this.part];
    if (packedHeaders && this.position < end) {
      this.complain('packet-length', `${end - this.position} bytes follow the last packet of a tile-part`, 'B.9');
    }
    const rest = packetLengths?.slice(this.packetOfPart) ?? [];
    if (packetLengths && rest.length > 0 && rest.every((length) => length === 0)) {
      // no packet has no bytes: an encoder kept more room than it needed, as Kakadu does
      const message = `${rest.length} packet lengths of 0 behind the true ones`;
      this.findings.warning('plt-value', `tile ${this.tile.tile}: ${message}`, {
        offset: start,
        clause: '15444-1 A.7.3',
      });
    } else if (packetLengths && rest.length > 0) {
      const message = `${packetLengths.length} packet lengths for a tile-part of ${this.packetOfPart} packets`;
      this.findings.error('plt-value', `tile ${this.tile.tile}: ${message}`, {
        offset: start,
        clause: '15444-1 A.7.3',
      });
    }
    this.part++;
    this.packed = 0;
    this.packetOfPart = 0;
    this.position = this.parts[this.part]?.start ?? this.position;
  }

  private finish(expected: number): void {
    const { parts, tile } = this;
    const cut = parts.some((part) => part.cut);
    const left = parts[this.part];
    if (left && !this.isPartDone()) {
      const bytes = left.packedHeaders ? left.packedHeaders.length - this.packed : left.end - this.position;
      const what = left.packedHeaders ? 'packed headers' : 'data';
      this.complain('packet-length', `${bytes} bytes of ${what} follow the last packet`, 'B.9');
    }
    if (this.count < expected && !cut) {
      // the same count for what POC leaves out and for what the data does not have
      const message = `${this.count} of ${expected} packets are there`;
      const code: ErrorCode = this.changes.length > 0 ? 'progression' : 'packet-truncated';
      this.findings.error(code, `tile ${tile.tile}: ${message}`, {
        offset: this.position,
        clause: '15444-1 A.6.6, B.9',
      });
    }
    while (this.part < parts.length) this.nextPart();
  }

  /** One packet; false when the tile cannot be followed any further. */
  private *packet(place: PacketPlace, window: ReadWindow): Reading<boolean> {
    const part = this.parts[this.part];
    const begin = this.position;
    const state = this.stateOf(place);
    if (state === undefined) return false;
    yield* this.sop(part, window);
    const body = part.packedHeaders
      ? this.packedHeader(part.packedHeaders, state)
      : yield* this.header(part, state, window);
    if (body === undefined) return false;
    if (state.deep) {
      this.complain('code-block-passes', `${state.deep} (component ${place.component})`, 'B.10.6');
      state.deep = '';
    }
    const room = part.end - this.position;
    if (body > room) {
      if (!part.cut) this.complain('packet-length', `a packet body of ${body} bytes, where ${room} are left`, 'B.9');
      return false;
    }
    this.position += body;
    this.checkLength(part, this.position - begin);
    this.count++;
    this.packetOfPart++;
    return true;
  }

  /** A.8.1: SOP counts the packets of its tile; it need not stand before each of them. */
  private *sop(part: PartData, window: ReadWindow): Reading<void> {
    const bytes = yield* window.need(this.position, Math.min(SOP_BYTES, part.end - this.position));
    if (bytes.length < SOP_BYTES || bytes[0] !== 0xff || bytes[1] !== 0x91) return;
    const { sop } = this.tile.header.cod;
    // a packet header cannot begin with 0xFF91: its second byte would have a stuffed zero on top
    if (!sop) this.complain('packet-marker', 'SOP where Scod allows none', 'A.8.1');
    const length = (bytes[2] << 8) | bytes[3];
    if (length !== 4) this.complain('packet-marker', `Lsop must be 4, found ${length}`, 'A.8.1');
    const number = (bytes[4] << 8) | bytes[5];
    if (number !== this.count % 65536) {
      this.complain('packet-marker', `SOP says packet ${number}, this is ${this.count % 65536}`, 'A.8.1');
    }
    this.position += SOP_BYTES;
  }

  /** A header in line; the length of the body, or `undefined` when there is no following on. */
  private *header(part: PartData, state: PrecinctState, window: ReadWindow): Reading<number | undefined> {
    const room = part.end - this.position;
    for (let want = HEADER_BYTES_AT_LEAST + state.geometry.numBlocks * HEADER_BYTES_PER_BLOCK; ; want *= 4) {
      const bytes = (yield* window.needAtLeast(this.position, Math.min(want, room))).subarray(0, room);
      // where more could be fetched, a header that is not there to its end, or to its EPH, is read anew
      const growing = bytes.length < room && bytes.length >= want;
      if (growing) {
        this.follower.save(state.at);
        state.save();
      }
      const result = this.readHeader(bytes, 0, state);
      if (growing && (result === 'more' || this.bits.position + EPH_BYTES > bytes.length)) {
        this.follower.restore(state.at);
        state.restore();
        continue;
      }
      if (result === 'more') {
        if (!part.cut) this.complain('packet-header', 'a packet header goes on after its tile-part has ended', 'B.10');
        return undefined;
      }
      if (result === undefined) return undefined;
      this.position += this.bits.position;
      this.position += this.eph(bytes, this.bits.position);
      return result;
    }
  }

  private packedHeader(headers: Uint8Array, state: PrecinctState): number | undefined {
    const result = this.readHeader(headers, this.packed, state);
    if (result === 'more') {
      this.complain('ppm-value', 'packed packet headers end inside a header', 'A.7.4');
      return undefined;
    }
    if (result === undefined) return undefined;
    this.packed = this.bits.position + this.eph(headers, this.bits.position);
    return result;
  }

  private readHeader(bytes: Uint8Array, at: number, state: PrecinctState): number | 'more' | undefined {
    this.bits.reset(bytes, at, bytes.length);
    try {
      const body = this.follower.readHeader(this.bits, state.at, state);
      return this.bits.overrun ? 'more' : body;
    } catch (error) {
      if (!(error instanceof Jpeg2000Error)) throw error;
      if (this.bits.overrun) return 'more';
      this.complain(error.code, error.reason, 'B.10');
      return undefined;
    }
  }

  /** A.8.2: with the bit in Scod an EPH follows every packet header; without, none. */
  private eph(bytes: Uint8Array, at: number): number {
    const there = bytes[at] === 0xff && bytes[at + 1] === 0x92;
    const due = this.tile.header.cod.eph;
    if (there !== due)
      this.complain('packet-marker', due ? 'no EPH after a packet header' : 'EPH where Scod allows none', 'A.8.2');
    return there ? EPH_BYTES : 0;
  }

  /** A.7.2, A.7.3: the list has each packet's length, with SOP and in-line headers. */
  private checkLength({ packetLengths, start }: PartData, length: number): void {
    if (!packetLengths || this.lengthsWrong || packetLengths[this.packetOfPart] === length) return;
    this.lengthsWrong = true; // one wrong length puts all others out of step
    const said = packetLengths[this.packetOfPart];
    const message = `packet ${this.packetOfPart} of a tile-part has ${length} bytes, PLT or PLM says ${said ?? 'nothing'}`;
    this.findings.error('plt-value', `tile ${this.tile.tile}: ${message}`, { offset: start, clause: '15444-1 A.7.3' });
  }

  private stateOf({ component, resolution, precinct }: PacketPlace): PrecinctState | undefined {
    const { geometry, parameters } = this.tile.components[component];
    const level = geometry.resolutions[resolution];
    const key = (component * 33 + resolution) * 2 ** 31 + precinct;
    let state = this.states.get(key);
    if (state === undefined) {
      const shape = precinctGeometry(level, precinct);
      this.blocks += shape.numBlocks + 1;
      if (this.blocks > this.limits.codeBlocks) {
        const message = `tile ${this.tile.tile} has more than ${this.limits.codeBlocks} code-blocks: the rest is not checked`;
        this.findings.warning('limit-code-blocks', message);
        return undefined;
      }
      const at = this.follower.open(shape, parameters.style.codeBlockStyle);
      const planes = planesOf(shape, resolution, geometry.numDecompositionLevels, parameters.quantization);
      state = new PrecinctState(
        at,
        shape,
        planes.map((mb) => mb + parameters.roiShift),
      );
      this.states.set(key, state);
    }
    return state;
  }

  private complain(code: ErrorCode, message: string, clause: string): void {
    this.findings.error(code, `tile ${this.tile.tile}, packet ${this.count}: ${message}`, {
      offset: this.position,
      clause: `15444-1 ${clause}`,
    });
  }
}

/** M_b of each subband of a precinct (E-2); plenty where no step is given, which is a finding of its own. */
function planesOf(shape: PrecinctGeometry, r: number, levels: number, quantization: Quantization): number[] {
  return shape.bands.map(({ subband }) => {
    const step = stepOf(quantization, levels, r, subband.orientation);
    return step === undefined ? 255 : quantization.guardBits + step.epsilon - 1;
  });
}

/** What the headers of a precinct have said so far. */
class PrecinctState implements HeaderSink {
  readonly at: number;
  readonly geometry: PrecinctGeometry;
  /** What is wrong with a code-block of the last header, if anything. */
  deep = '';
  private readonly planes: readonly number[];
  private zeroPlanes: Uint8Array;
  private passes: Uint16Array;
  private saved: { zeroPlanes: Uint8Array; passes: Uint16Array } | undefined;

  constructor(at: number, geometry: PrecinctGeometry, planes: readonly number[]) {
    this.at = at;
    this.geometry = geometry;
    this.planes = planes;
    this.zeroPlanes = new Uint8Array(geometry.numBlocks);
    this.passes = new Uint16Array(geometry.numBlocks);
  }

  save(): void {
    this.saved = { zeroPlanes: this.zeroPlanes.slice(), passes: this.passes.slice() };
  }

  restore(): void {
    ({ zeroPlanes: this.zeroPlanes, passes: this.passes } = this.saved!);
    this.deep = '';
  }

  include(block: number, zeroBitPlanes: number): void {
    this.zeroPlanes[block] = zeroBitPlanes;
  }

  contribute(block: number, passes: number): void {
    this.passes[block] += passes;
    const mb = this.planes[this.bandOf(block)];
    const left = mb - this.zeroPlanes[block];
    // B.10.6: one pass for the first bit-plane, three for every other
    if (this.passes[block] > Math.max(0, 3 * left - 2)) {
      this.deep = `code-block ${block} has ${this.passes[block]} passes in ${Math.max(0, left)} bit-planes`;
    }
  }

  /** Classic code-blocks among high-throughput ones have the same limits. */
  classic(): void {}

  private bandOf(block: number): number {
    let first = 0;
    for (const [b, { numBlocksWide, numBlocksHigh }] of this.geometry.bands.entries()) {
      first += numBlocksWide * numBlocksHigh;
      if (block < first) return b;
    }
    return this.geometry.bands.length - 1;
  }
}
