/**
 * A code-block coder straight from 15444-1 Annex D, both directions, for tests only.
 *
 * Encoder and decoder walk the same passes in the same order and differ only in where a decision comes from, so the walk
 * is written once: `decide(context, truth)` codes the truth and hands it back, or ignores it and decodes. Nothing is
 * packed and nothing is looked up; contexts are counted from the neighbours each time, as Tables D.1 to D.4 say.
 */
import { Contexts, MqEncoder, SlowMqDecoder } from './mq.ts';

/** Code-block style bits (Table A.19). */
export const STYLE = { bypass: 1, reset: 2, terminate: 4, causal: 8, predictable: 16, segmentation: 32 } as const;

/** What the fast decoder takes; typed here again, so that tests notice when the shape changes. */
export interface CodedBlock {
  width: number;
  height: number;
  subband: 0 | 1 | 2 | 3;
  style: number;
  bitPlanes: number;
  numPasses: number;
  data: Uint8Array;
  dataLength: number;
  numSegments: number;
  segmentPasses: Int32Array;
  segmentLengths: Int32Array;
}

interface BlockShape {
  width: number;
  height: number;
  subband: 0 | 1 | 2 | 3;
  style: number;
  bitPlanes: number;
}

/** One decision; in an encoder it returns `truth`. */
type Decide = (context: number, truth: number) => number;

const RAW = -1;

/** Is this pass raw (Table D.9)? From the fifth bit-plane on, all but the cleanup passes. */
function isRaw(pass: number, style: number): boolean {
  return (style & STYLE.bypass) !== 0 && pass >= 10 && pass % 3 !== 0;
}

/** Does a codeword segment end after this pass (D.4.2 and Table D.9)? */
export function endsSegment(pass: number, lastPass: number, style: number): boolean {
  if (pass === lastPass || (style & STYLE.terminate) !== 0) return true;
  return (style & STYLE.bypass) !== 0 && pass >= 9 && pass % 3 !== 1; // after cleanup, and after raw refinement
}

class Walk {
  private readonly shape: BlockShape;
  private readonly truth: ArrayLike<number> | undefined;
  private readonly significant: Uint8Array;
  private readonly negative: Uint8Array;
  private readonly refined: Uint8Array;
  private readonly visited: Uint8Array;
  /** Magnitude bits so far, and the bit-plane of the last of them. */
  readonly magnitude: Float64Array;
  readonly plane: Int32Array;

  constructor(shape: BlockShape, truth?: ArrayLike<number>) {
    const n = shape.width * shape.height;
    this.shape = shape;
    this.truth = truth;
    this.significant = new Uint8Array(n);
    this.negative = new Uint8Array(n);
    this.refined = new Uint8Array(n);
    this.visited = new Uint8Array(n);
    this.magnitude = new Float64Array(n);
    this.plane = new Int32Array(n);
  }

  /** Pass 0 is the cleanup pass of the first plane; then three passes a plane. Returns false for a bad end symbol. */
  pass(index: number, decide: Decide): boolean {
    const p = this.shape.bitPlanes - 1 - Math.floor((index + 2) / 3);
    const kind = (index + 2) % 3;
    const raw = isRaw(index, this.shape.style);
    if (kind === 2) return this.cleanup(p, decide);
    for (let y0 = 0; y0 < this.shape.height; y0 += 4) {
      for (let x = 0; x < this.shape.width; x++) {
        for (let y = y0; y < Math.min(y0 + 4, this.shape.height); y++) {
          if (kind === 0) this.propagate(x, y, p, raw, decide);
          else this.refine(x, y, p, raw, decide);
        }
      }
    }
    return true;
  }

  /** D.3.1 */
  private propagate(x: number, y: number, p: number, raw: boolean, decide: Decide): void {
    const i = this.at(x, y);
    if (this.significant[i] || !this.hasNeighbours(x, y)) return;
    if (decide(raw ? RAW : this.zeroContext(x, y), this.bit(i, p))) this.codeSign(x, y, p, raw, decide);
    this.visited[i] = 1;
  }

  /** D.3.3 */
  private refine(x: number, y: number, p: number, raw: boolean, decide: Decide): void {
    const i = this.at(x, y);
    if (!this.significant[i] || this.visited[i]) return;
    const context = this.refined[i] ? 16 : this.hasNeighbours(x, y) ? 15 : 14;
    this.magnitude[i] = 2 * this.magnitude[i]! + decide(raw ? RAW : context, this.bit(i, p));
    this.plane[i] = p;
    this.refined[i] = 1;
  }

  /** D.3.4 and, at its end, D.5 */
  private cleanup(p: number, decide: Decide): boolean {
    for (let y0 = 0; y0 < this.shape.height; y0 += 4) {
      for (let x = 0; x < this.shape.width; x++) {
        let y = y0;
        if (this.runsAt(x, y0)) {
          const truth = [0, 1, 2, 3].map((k) => this.bit(this.at(x, y0 + k), p));
          if (!decide(17, truth.includes(1) ? 1 : 0)) continue;
          const position = Math.max(0, truth.indexOf(1));
          const high = decide(18, position >> 1);
          y += 2 * high + decide(18, position & 1);
          this.codeSign(x, y, p, false, decide);
          y++;
        }
        for (; y < Math.min(y0 + 4, this.shape.height); y++) {
          const i = this.at(x, y);
          if (this.significant[i] || this.visited[i]) continue;
          if (decide(this.zeroContext(x, y), this.bit(i, p))) this.codeSign(x, y, p, false, decide);
        }
      }
    }
    this.visited.fill(0);
    if ((this.shape.style & STYLE.segmentation) === 0) return true;
    let symbol = 0;
    for (const bit of [1, 0, 1, 0]) symbol = 2 * symbol + decide(18, bit);
    return symbol === 0b1010;
  }

  /** Four contiguous undecided coefficients, all with context 0 (D.3.4). */
  private runsAt(x: number, y0: number): boolean {
    if (y0 + 4 > this.shape.height) return false;
    return [0, 1, 2, 3].every((k) => {
      const i = this.at(x, y0 + k);
      return !this.significant[i] && !this.visited[i] && !this.hasNeighbours(x, y0 + k);
    });
  }

  /** D.3.2 */
  private codeSign(x: number, y: number, p: number, raw: boolean, decide: Decide): void {
    const i = this.at(x, y);
    const truth = this.truth !== undefined && this.truth[i]! < 0 ? 1 : 0;
    if (raw) {
      this.negative[i] = decide(RAW, truth);
    } else {
      const h = Math.sign(this.contribution(x - 1, y, y) + this.contribution(x + 1, y, y));
      const v = Math.sign(this.contribution(x, y - 1, y) + this.contribution(x, y + 1, y));
      const table: Record<string, [number, number]> = {
        '1,1': [13, 0],
        '1,0': [12, 0],
        '1,-1': [11, 0],
        '0,1': [10, 0],
        '0,0': [9, 0],
        '0,-1': [10, 1],
        '-1,1': [11, 1],
        '-1,0': [12, 1],
        '-1,-1': [13, 1],
      };
      const [context, flip] = table[`${h},${v}`]!;
      this.negative[i] = decide(context, truth ^ flip) ^ flip;
    }
    this.significant[i] = 1;
    this.magnitude[i] = 1;
    this.plane[i] = p;
  }

  /** Table D.1 */
  private zeroContext(x: number, y: number): number {
    let h = this.isSignificant(x - 1, y, y) + this.isSignificant(x + 1, y, y);
    let v = this.isSignificant(x, y - 1, y) + this.isSignificant(x, y + 1, y);
    const d =
      this.isSignificant(x - 1, y - 1, y) +
      this.isSignificant(x + 1, y - 1, y) +
      this.isSignificant(x - 1, y + 1, y) +
      this.isSignificant(x + 1, y + 1, y);
    if (this.shape.subband === 3) {
      if (d >= 3) return 8;
      if (d === 2) return h + v >= 1 ? 7 : 6;
      if (d === 1) return h + v >= 2 ? 5 : h + v === 1 ? 4 : 3;
      return Math.min(h + v, 2);
    }
    if (this.shape.subband === 1) [h, v] = [v, h];
    if (h === 2) return 8;
    if (h === 1) return v >= 1 ? 7 : d >= 1 ? 6 : 5;
    if (v === 2) return 4;
    if (v === 1) return 3;
    return Math.min(d, 2);
  }

  private hasNeighbours(x: number, y: number): boolean {
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++) {
        if ((dx !== 0 || dy !== 0) && this.isSignificant(x + dx, y + dy, y)) return true;
      }
    }
    return false;
  }

  /** Significance of a neighbour as seen from row `from`: nothing outside the block, nothing below if causal (D.7). */
  private isSignificant(x: number, y: number, from: number): number {
    if (x < 0 || y < 0 || x >= this.shape.width || y >= this.shape.height) return 0;
    if ((this.shape.style & STYLE.causal) !== 0 && y >> 2 > from >> 2) return 0;
    return this.significant[this.at(x, y)]!;
  }

  private contribution(x: number, y: number, from: number): number {
    return this.isSignificant(x, y, from) ? 1 - 2 * this.negative[this.at(x, y)]! : 0;
  }

  private bit(i: number, p: number): number {
    return this.truth === undefined ? 0 : Math.floor(Math.abs(this.truth[i]!) / 2 ** p) % 2;
  }

  private at(x: number, y: number): number {
    return y * this.shape.width + x;
  }

  /** Coefficients as ±((2m + 1) << p), 0 where insignificant. */
  values(): Int32Array {
    return Int32Array.from(this.magnitude, (m, i) => {
      if (!this.significant[i]) return 0;
      return (2 * m + 1) * 2 ** this.plane[i]! * (this.negative[i] ? -1 : 1);
    });
  }
}

/** Raw bits of the bypass mode (D.6): after an 0xFF byte only seven bits fit in the next. */
class RawWriter {
  private readonly bytes: number[] = [];
  private byte = 0;
  private free = 8;

  put(bit: number): void {
    this.free--;
    this.byte |= bit << this.free;
    if (this.free === 0) this.next();
  }

  private next(): void {
    this.bytes.push(this.byte);
    this.free = this.byte === 0xff ? 7 : 8;
    this.byte = 0;
  }

  /** Fills up with 0101… for predictable termination and with zeros otherwise; the segment must not end in 0xFF. */
  flush(predictable: boolean): number[] {
    const afterFf = this.bytes[this.bytes.length - 1] === 0xff;
    if (this.free < (afterFf ? 7 : 8)) {
      for (let bit = 0; this.free > 0; bit ^= 1) {
        this.free--;
        if (predictable) this.byte |= bit << this.free;
      }
      this.next();
    }
    if (this.bytes[this.bytes.length - 1] === 0xff) this.bytes.pop(); // the decoder fills with ones
    return this.bytes;
  }
}

class RawReader {
  private readonly data: ArrayLike<number>;
  private at = 0;
  private byte = 0;
  private left = 0;

  constructor(data: ArrayLike<number>) {
    this.data = data;
  }

  get(): number {
    if (this.left === 0) {
      this.left = this.byte === 0xff ? 7 : 8;
      this.byte = this.at < this.data.length ? this.data[this.at++]! : 0xff;
    }
    this.left--;
    return (this.byte >> this.left) & 1;
  }
}

/** Encodes coefficients (sign and magnitude below 2^bitPlanes) with `numPasses` coding passes, all by default. */
export function encodeBlock(
  shape: BlockShape,
  coefficients: ArrayLike<number>,
  numPasses = Math.max(0, 3 * shape.bitPlanes - 2),
): CodedBlock {
  const walk = new Walk(shape, coefficients);
  const contexts = new Contexts();
  const predictable = (shape.style & STYLE.predictable) !== 0;
  const bytes: number[] = [];
  const segmentPasses: number[] = [];
  const segmentLengths: number[] = [];
  let mq: MqEncoder | undefined;
  let raw: RawWriter | undefined;
  let passes = 0;
  const decide: Decide = (context, truth) => {
    if (context === RAW) raw!.put(truth);
    else mq!.encode(context, truth);
    return truth;
  };
  for (let pass = 0; pass < numPasses; pass++) {
    if (passes === 0) {
      raw = isRaw(pass, shape.style) ? new RawWriter() : undefined;
      mq = raw === undefined ? new MqEncoder(contexts) : undefined;
    }
    walk.pass(pass, decide);
    passes++;
    if ((shape.style & STYLE.reset) !== 0) contexts.reset();
    if (endsSegment(pass, numPasses - 1, shape.style)) {
      const part = raw !== undefined ? raw.flush(predictable) : predictable ? mq!.flushPredictably() : mq!.flush();
      bytes.push(...part);
      segmentPasses.push(passes);
      segmentLengths.push(part.length);
      passes = 0;
    }
  }
  return {
    ...shape,
    numPasses,
    data: Uint8Array.from(bytes),
    dataLength: bytes.length,
    numSegments: segmentPasses.length,
    segmentPasses: Int32Array.from(segmentPasses),
    segmentLengths: Int32Array.from(segmentLengths),
  };
}

/**
 * Decodes `block.numPasses` passes of a well-formed block; the answer has the fast decoder's output format.
 * `goodSymbols` tells whether all segmentation symbols were there.
 */
export function decodeBlockSlowly(block: CodedBlock): { values: Int32Array; goodSymbols: boolean } {
  const walk = new Walk(block);
  const contexts = new Contexts();
  let pass = 0;
  let start = 0;
  let goodSymbols = true;
  for (let s = 0; s < block.numSegments; s++) {
    const end = Math.min(start + block.segmentLengths[s]!, block.dataLength);
    const data = block.data.subarray(start, end);
    const raw = new RawReader(data);
    const mq = new SlowMqDecoder(contexts, data);
    const decide: Decide = (context) => (context === RAW ? raw.get() : mq.decode(context));
    for (let k = 0; k < block.segmentPasses[s]! && pass < block.numPasses; k++) {
      goodSymbols = walk.pass(pass++, decide) && goodSymbols;
      if ((block.style & STYLE.reset) !== 0) contexts.reset();
    }
    start = end;
  }
  return { values: walk.values(), goodSymbols };
}
