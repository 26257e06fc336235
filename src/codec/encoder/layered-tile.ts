/**
 * A coded tile with its coding passes shared out to quality layers: the packets of its precincts (15444-1 B.9, B.10).
 */
import { PacketBitWriter } from '../bits/packet-bit-writer.ts';
import type { PrecinctKey } from '../packets/precinct-source.ts';
import { type PacketContents, PrecinctWriter } from '../tier2/precinct-writer.ts';
import type { PacketView } from '../tier2/read-blocks.ts';
import { segmentCapacity } from '../tier2/segments.ts';
import type { CodedPasses, CodedPrecinct } from './coded-tile.ts';

/** Pieces that the packets of one precinct add to its code-blocks, in arrays that are used again and again. */
export class ContentsBuffer implements PacketContents {
  pieceStart = new Int32Array(64);
  piecePasses = new Int32Array(256);
  pieceLengths = new Int32Array(256);
  /** Bytes of all pieces. */
  bodyLength = 0;

  /**
   * Fills in what a packet brings to the blocks of a precinct that have `before[b]` passes and shall have `after[b]`, both indexed
   * by the tile's code-blocks.
   */
  fill(tile: CodedPasses, precinct: CodedPrecinct, style: number, before: Uint8Array, after: Uint8Array): void {
    const { firstBlock, geometry } = precinct;
    const { firstPass, passLengths } = tile;
    const n = geometry.numBlocks;
    if (this.pieceStart.length <= n) this.pieceStart = new Int32Array(2 * n + 1);
    let piece = 0;
    this.bodyLength = 0;
    for (let b = 0; b < n; b++) {
      this.pieceStart[b] = piece;
      const block = firstBlock + b;
      const from = firstPass[block];
      const last = after[block];
      let pass = before[block];
      if (pass >= last) continue;
      let length = pass > 0 ? passLengths[from + pass - 1] : 0;
      while (pass < last) {
        const stop = Math.min(last, pass + segmentCapacity(style, pass));
        const end = passLengths[from + stop - 1];
        if (piece === this.piecePasses.length) this.growPieces();
        this.piecePasses[piece] = stop - pass;
        this.pieceLengths[piece++] = end - length;
        this.bodyLength += end - length;
        length = end;
        pass = stop;
      }
    }
    this.pieceStart[n] = piece;
  }

  private growPieces(): void {
    const passes = new Int32Array(2 * this.piecePasses.length);
    passes.set(this.piecePasses);
    this.piecePasses = passes;
    const lengths = new Int32Array(2 * this.pieceLengths.length);
    lengths.set(this.pieceLengths);
    this.pieceLengths = lengths;
  }
}

/** A coded tile and, for each layer, how many passes of each code-block are in by then. */
export class LayeredTile {
  readonly coded: CodedPasses;
  /** One entry a layer, each with one number a code-block. */
  readonly layerPasses: readonly Uint8Array[];
  private readonly style: number;
  private readonly eph: boolean;
  /** No passes: what code-blocks have before the first layer. */
  private readonly none: Uint8Array;
  private readonly bits = new PacketBitWriter();
  private readonly contents = new ContentsBuffer();
  /** Index in `coded.precincts` of the first precinct, by component and resolution level. */
  private readonly firstPrecinct = new Map<number, number>();

  constructor(coded: CodedPasses, layerPasses: readonly Uint8Array[], style: number, eph: boolean) {
    this.coded = coded;
    this.layerPasses = layerPasses;
    this.style = style;
    this.eph = eph;
    this.none = new Uint8Array(coded.numBlocks);
    coded.precincts.forEach(({ component, resolution, precinct }, k) => {
      if (precinct === 0) this.firstPrecinct.set(component * 33 + resolution, k);
    });
  }

  /** The packets of a precinct, header apart (with EPH if asked for), layer 0 upward. */
  packets(key: PrecinctKey): PacketView[] {
    const { coded, style } = this;
    const first = this.firstPrecinct.get(key.component * 33 + key.resolution)!;
    const precinct = coded.precincts[first + key.precinct];
    const { firstBlock, geometry } = precinct;
    const end = firstBlock + geometry.numBlocks;
    const writer = new PrecinctWriter(geometry, coded.zeroBitPlanes.subarray(firstBlock, end));
    const { bits, contents, none } = this;
    return this.layerPasses.map((after, l) => {
      const before = l === 0 ? none : this.layerPasses[l - 1];
      contents.fill(coded, precinct, style, before, after);
      bits.reset();
      writer.writeHeader(bits, contents);
      const header = new Uint8Array(bits.length + (this.eph ? 2 : 0));
      header.set(bits.bytes.subarray(0, bits.length));
      if (this.eph) header.set(EPH, bits.length);
      return { header, body: bodyOf(coded, firstBlock, end, before, after, contents.bodyLength) };
    });
  }
}

const EPH = [0xff, 0x92] as const;

function bodyOf(
  coded: CodedPasses,
  firstBlock: number,
  end: number,
  before: Uint8Array,
  after: Uint8Array,
  length: number,
): Uint8Array {
  const body = new Uint8Array(length);
  const { firstPass, passLengths, dataStart } = coded;
  const data = coded.data!;
  let at = 0;
  for (let b = firstBlock; b < end; b++) {
    if (after[b] <= before[b]) continue;
    const from = before[b] > 0 ? passLengths[firstPass[b] + before[b] - 1] : 0;
    const to = passLengths[firstPass[b] + after[b] - 1];
    body.set(data.subarray(dataStart[b] + from, dataStart[b] + to), at);
    at += to - from;
  }
  return body;
}
