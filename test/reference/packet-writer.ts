/**
 * Packet headers written from the text of 15444-1 B.10, bit by bit and without any thought of speed: the other side of the reader.
 */

/** Bits with stuffing after 0xFF (B.10.1). */
export class BitWriter {
  private readonly out: number[] = [];
  private byte = 0;
  private free = 8;

  bit(b: number): void {
    this.free--;
    this.byte |= b << this.free;
    if (this.free === 0) this.flushByte();
  }

  bits(value: number, count: number): void {
    for (let k = count - 1; k >= 0; k--) this.bit(Math.floor(value / 2 ** k) % 2);
  }

  /** Fills the last byte with zeros; a final 0xFF is followed by a byte of zeros. */
  finish(): Uint8Array {
    if (this.free < 8 && !(this.free === 7 && this.out.at(-1) === 0xff)) this.flushByte();
    else if (this.free === 7 && this.out.at(-1) === 0xff) this.out.push(0);
    return Uint8Array.from(this.out);
  }

  private flushByte(): void {
    this.out.push(this.byte);
    this.free = this.byte === 0xff ? 7 : 8;
    this.byte = 0;
  }
}

/** A tag tree as a pyramid of minima (B.10.2). */
export class TagTreeWriter {
  private readonly levels: { width: number; height: number; values: number[]; low: number[]; done: boolean[] }[] = [];

  constructor(width: number, height: number, leaves: readonly number[]) {
    let values = [...leaves];
    let w = width;
    let h = height;
    for (;;) {
      this.levels.push({ width: w, height: h, values, low: values.map(() => 0), done: values.map(() => false) });
      if (w === 1 && h === 1) break;
      const pw = Math.ceil(w / 2);
      const ph = Math.ceil(h / 2);
      const parents: number[] = new Array(pw * ph).fill(Number.POSITIVE_INFINITY);
      values.forEach((value, k) => {
        const parent = Math.floor(Math.floor(k / w) / 2) * pw + Math.floor((k % w) / 2);
        parents[parent] = Math.min(parents[parent]!, value);
      });
      values = parents;
      w = pw;
      h = ph;
    }
  }

  /** Tells whether the leaf is less than the threshold, with what is not known yet. */
  tell(bits: BitWriter, x: number, y: number, threshold: number): void {
    let low = 0;
    for (let k = this.levels.length - 1; k >= 0; k--) {
      const level = this.levels[k]!;
      const node = Math.floor(y / 2 ** k) * level.width + Math.floor(x / 2 ** k);
      level.low[node] = Math.max(level.low[node]!, low);
      while (level.low[node]! < threshold && !level.done[node]) {
        if (level.values[node]! > level.low[node]!) {
          bits.bit(0);
          level.low[node]!++;
        } else {
          bits.bit(1);
          level.done[node] = true;
        }
      }
      low = level.low[node]!;
    }
  }
}

/** What one packet adds to one code-block: codeword segments with their passes and bytes. */
export interface Contribution {
  readonly segments: readonly { readonly passes: number; readonly length: number }[];
}

/** A code-block over all layers; `contributions[l]` is undefined where layer l adds nothing. */
export interface BlockPlan {
  readonly zeroBitPlanes: number;
  readonly contributions: readonly (Contribution | undefined)[];
}

/** A band of a precinct: its blocks in raster order. */
export interface BandPlan {
  readonly width: number;
  readonly height: number;
  readonly blocks: readonly BlockPlan[];
}

/** Writes the headers of all packets of a precinct. */
export function writePacketHeaders(bands: readonly BandPlan[], layers: number): Uint8Array[] {
  const firstLayer = (b: BlockPlan) => {
    const l = b.contributions.findIndex((c) => c !== undefined);
    return l < 0 ? layers : l;
  };
  const trees = bands.map((band) => ({
    inclusion: new TagTreeWriter(band.width, band.height, band.blocks.map(firstLayer)),
    zeros: new TagTreeWriter(
      band.width,
      band.height,
      band.blocks.map((b) => b.zeroBitPlanes),
    ),
    lblock: band.blocks.map(() => 3),
  }));
  const headers: Uint8Array[] = [];
  const blocks = bands.flatMap((band) => band.blocks);
  const first = Math.min(...blocks.map(firstLayer));
  let told = 0;
  for (let l = 0; l < layers; l++) {
    const bits = new BitWriter();
    const empty = blocks.every((b) => b.contributions[l] === undefined);
    // a byte in which nothing is included yet has room to tell so, and saves the bits later
    const early = l < first && first < layers && 1 + bands.length * (l + 1 - told) <= 8;
    bits.bit(empty && !early ? 0 : 1);
    if (early) {
      for (const { inclusion } of trees) inclusion.tell(bits, 0, 0, l + 1);
      told = l + 1;
    } else if (!empty) {
      bands.forEach((band, k) => {
        const { inclusion, zeros, lblock } = trees[k]!;
        band.blocks.forEach((block, n) => {
          const x = n % band.width;
          const y = Math.floor(n / band.width);
          const contribution = block.contributions[l];
          if (firstLayer(block) < l) bits.bit(contribution ? 1 : 0);
          else inclusion.tell(bits, x, y, l + 1);
          if (!contribution) return;
          if (firstLayer(block) === l) {
            for (let t = 1; t <= block.zeroBitPlanes + 1; t++) zeros.tell(bits, x, y, t);
          }
          const passes = contribution.segments.reduce((sum, s) => sum + s.passes, 0);
          writeNumPasses(bits, passes);
          // enough Lblock for every segment of this packet
          const need = Math.max(
            ...contribution.segments.map((s) => bitLength(s.length) - Math.floor(Math.log2(s.passes))),
          );
          while (lblock[n]! < need) {
            bits.bit(1);
            lblock[n]!++;
          }
          bits.bit(0);
          for (const s of contribution.segments) bits.bits(s.length, lblock[n]! + Math.floor(Math.log2(s.passes)));
        });
      });
    }
    headers.push(bits.finish());
  }
  return headers;
}

function bitLength(n: number): number {
  return n === 0 ? 0 : Math.floor(Math.log2(n)) + 1;
}

/** Table B.4. */
export function writeNumPasses(bits: BitWriter, n: number): void {
  if (n === 1) bits.bits(0b0, 1);
  else if (n === 2) bits.bits(0b10, 2);
  else if (n <= 5) bits.bits(0b1100 + n - 3, 4);
  else if (n <= 36) bits.bits(0b111100000 + n - 6, 9);
  else bits.bits(0b1111111110000000 + n - 37, 16);
}
