/**
 * A high-throughput code-block coder straight from 15444-15 clause 7, both directions, for tests only.
 *
 * Every bit-stream is a list of bits, every quad is looked at sample by sample through the whole block, codewords are found by
 * trying all of them. Bits of one stream are unstuffed before the first of them is read, and stuffed after the last is written.
 */
import { forEachCodeword } from '../../src/codec/tier1/ht-vlc-table.ts';
import type { CodedBlock } from './block-coder.ts';

interface Codeword {
  rho: number;
  uOff: number;
  known: number;
  ones: number;
  bits: number[];
}

/** By table and context. */
const CODEWORDS: Codeword[][][] = [0, 1].map(() => Array.from({ length: 8 }, () => []));
forEachCodeword((table, context, rho, uOff, known, ones, codeword, length) => {
  const bits = Array.from({ length }, (_, k) => (codeword >> k) & 1);
  CODEWORDS[table]![context]!.push({ rho, uOff, known, ones, bits });
});

/** Table of the MEL coder: exponent by state. */
const MEL_EXPONENT = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5];

const CAUSAL = 8;

/** Bits that come from a list, and the same bit for ever after it. */
class Bits {
  private readonly bits: readonly number[];
  private readonly after: number;
  private at = 0;

  constructor(bits: readonly number[], after: number) {
    this.bits = bits;
    this.after = after;
  }

  get(): number {
    return this.at < this.bits.length ? this.bits[this.at++]! : this.after;
  }

  /** A number whose lowest bit comes first. */
  getNumber(count: number): number {
    let value = 0;
    for (let k = 0; k < count; k++) value += this.get() * 2 ** k;
    return value;
  }
}

/** The bits of a byte, lowest first. */
const bitsOf = (byte: number, count = 8): number[] => Array.from({ length: count }, (_, k) => (byte >> k) & 1);

/** After 0xFF, seven bits; lowest first, or highest first for MEL. */
export function unstuffForward(bytes: ArrayLike<number>, highestFirst = false): number[] {
  const bits: number[] = [];
  for (let k = 0; k < bytes.length; k++) {
    const some = bitsOf(bytes[k]!, k > 0 && bytes[k - 1] === 0xff ? 7 : 8);
    bits.push(...(highestFirst ? some.reverse() : some));
  }
  return bits;
}

/** From the last byte to the first: a byte whose low seven bits are ones has seven bits, where the one before was above 0x8F. */
export function unstuffBackward(bytes: ArrayLike<number>, before: number): number[] {
  const bits: number[] = [];
  let last = before;
  for (let k = bytes.length - 1; k >= 0; k--) {
    const byte = bytes[k]!;
    bits.push(...bitsOf(byte, last > 0x8f && (byte & 0x7f) === 0x7f ? 7 : 8));
    last = byte;
  }
  return bits;
}

/** What a block looks like while it is coded: by sample, and 0 or nothing outside the block. */
class Samples {
  readonly width: number;
  readonly height: number;
  /** 2 (mu - 1) + sign of a significant sample, as MagSgn has it; -1 where insignificant. */
  readonly v: number[];

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.v = new Array<number>(width * height).fill(-1);
  }

  get(x: number, y: number): number {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return -1;
    return this.v[y * this.width + x]!;
  }

  significant(x: number, y: number): number {
    return this.get(x, y) >= 0 ? 1 : 0;
  }

  /** Bit length of 2 mu - 1. */
  exponent(x: number, y: number): number {
    const v = this.get(x, y);
    return v < 0 ? 0 : (2 * Math.floor(v / 2) + 1).toString(2).length;
  }

  /** Where sample n of the quad in column qx, row qy is. */
  static position(qx: number, qy: number, n: number): [number, number] {
    return [2 * qx + (n >> 1), 2 * qy + (n & 1)];
  }

  quadSignificance(qx: number, qy: number, n: number): number {
    return this.significant(...Samples.position(qx, qy, n));
  }

  context(qx: number, qy: number): number {
    const s = (dx: number, dy: number, n: number) => this.quadSignificance(qx + dx, qy + dy, n);
    if (qy === 0) return (s(-1, 0, 0) | s(-1, 0, 1)) + 2 * s(-1, 0, 2) + 4 * s(-1, 0, 3);
    return (s(-1, -1, 3) | s(0, -1, 1)) + 2 * (s(-1, 0, 2) | s(-1, 0, 3)) + 4 * (s(0, -1, 3) | s(1, -1, 1));
  }

  /** The predicted exponent bound of a quad. */
  kappa(qx: number, qy: number, rho: number): number {
    if (qy === 0 || bitsOf(rho, 4).filter((bit) => bit === 1).length <= 1) return 1;
    const e = (dx: number, n: number) => this.exponent(...Samples.position(qx + dx, qy - 1, n));
    return Math.max(1, Math.max(e(-1, 3), e(0, 1), e(0, 3), e(1, 1)) - 1);
  }
}

// ---------------------------------------------------------------------------------------------------------- decoding

class MelDecoder {
  private readonly bits: Bits;
  private state = 0;
  /** Events that are known already. */
  private events: number[] = [];

  constructor(bits: Bits) {
    this.bits = bits;
  }

  get(): number {
    if (this.events.length === 0) {
      const exponent = MEL_EXPONENT[this.state]!;
      if (this.bits.get() === 1) {
        for (let k = 0; k < 2 ** exponent; k++) this.events.push(0);
        this.state = Math.min(12, this.state + 1);
      } else {
        let run = 0;
        for (let k = 0; k < exponent; k++) run = 2 * run + this.bits.get();
        for (let k = 0; k < run; k++) this.events.push(0);
        this.events.push(1);
        this.state = Math.max(0, this.state - 1);
      }
    }
    return this.events.shift()!;
  }
}

function readCodeword(vlc: Bits, table: number, context: number): Codeword {
  const read: number[] = [];
  for (;;) {
    read.push(vlc.get());
    const found = CODEWORDS[table]![context]!.find(
      ({ bits }) => bits.length === read.length && bits.every((bit, k) => bit === read[k]),
    );
    if (found !== undefined) return found;
    if (read.length > 7) throw new Error('the codewords are not a prefix code');
  }
}

/** `1` = 1, `01` = 2, `001` = 3, `000` = 5: what the suffix is added to. */
function readPrefix(vlc: Bits): number {
  if (vlc.get() === 1) return 1;
  if (vlc.get() === 1) return 2;
  return vlc.get() === 1 ? 3 : 5;
}

function readSuffix(vlc: Bits, prefix: number): number {
  return prefix === 3 ? vlc.getNumber(1) : prefix === 5 ? vlc.getNumber(5) : 0;
}

function readExtension(vlc: Bits, suffix: number): number {
  return suffix >= 28 ? 4 * vlc.getNumber(4) : 0;
}

/** u of the quads of a pair, after their codewords; a lone quad is a pair whose other has no u. */
function readU(vlc: Bits, mel: MelDecoder, first: number, second: number, firstRow: boolean): [number, number] {
  const both = first === 1 && second === 1;
  const base = firstRow && both && mel.get() === 1 ? 2 : 0;
  const prefix1 = first === 1 ? readPrefix(vlc) : 0;
  if (firstRow && both && base === 0 && prefix1 > 2) {
    const u2 = vlc.get() + 1;
    const suffix = readSuffix(vlc, prefix1);
    return [prefix1 + suffix + readExtension(vlc, suffix), u2];
  }
  const prefix2 = second === 1 ? readPrefix(vlc) : 0;
  const suffix1 = readSuffix(vlc, prefix1);
  const suffix2 = readSuffix(vlc, prefix2);
  const extension1 = readExtension(vlc, suffix1);
  const extension2 = readExtension(vlc, suffix2);
  return [base + prefix1 + suffix1 + extension1, base + prefix2 + suffix2 + extension2];
}

const EMPTY: Codeword = { rho: 0, uOff: 0, known: 0, ones: 0, bits: [] };

/** The cleanup pass; undefined where the lengths in it are impossible, or an exponent is above `most`. */
function decodeCleanup(data: Uint8Array, width: number, height: number, most: number): Samples | undefined {
  const length = data.length;
  if (length < 2) return undefined;
  const suffixLength = 16 * data[length - 1]! + (data[length - 2]! & 15);
  if (suffixLength < 2 || suffixLength > Math.min(length, 4079)) return undefined;
  const magSgn = new Bits(unstuffForward(data.subarray(0, length - suffixLength)), 1);
  const suffix = Array.from(data.subarray(length - suffixLength));
  const end = suffix[suffixLength - 2]!;
  const melBytes = [...suffix.slice(0, -2), end | 15, 0xff];
  const mel = new MelDecoder(new Bits(unstuffForward(melBytes, true), 1));
  const nibble = bitsOf(end >> 4, ((end >> 4) & 7) === 7 ? 3 : 4);
  const vlc = new Bits([...nibble, ...unstuffBackward(suffix.slice(0, -2), end | 15)], 0);

  let damaged = false;
  const samples = new Samples(width, height);
  const quadsWide = Math.ceil(width / 2);
  for (let qy = 0; qy < Math.ceil(height / 2); qy++) {
    for (let qx = 0; qx < quadsWide; qx += 2) {
      const pair: Codeword[] = [];
      // the context of the second quad has the significance of the first, which is marked before its magnitudes are known
      for (let k = 0; k < 2 && qx + k < quadsWide; k++) {
        const context = samples.context(qx + k, qy);
        const empty = context === 0 && mel.get() === 0;
        const codeword = empty ? EMPTY : readCodeword(vlc, qy === 0 ? 0 : 1, context);
        pair.push(codeword);
        for (let n = 0; n < 4; n++) {
          const [x, y] = Samples.position(qx + k, qy, n);
          if (((codeword.rho >> n) & 1) === 0) continue;
          if (x >= width || y >= height) return undefined;
          samples.v[y * width + x] = 0;
        }
      }
      const u = readU(vlc, mel, pair[0]!.uOff, pair[1]?.uOff ?? 0, qy === 0);
      pair.forEach((codeword, k) => {
        const bound = samples.kappa(qx + k, qy, codeword.rho) + u[k]!;
        if (codeword.rho !== 0 && bound > most) damaged = true;
        for (let n = 0; n < 4; n++) {
          const [x, y] = Samples.position(qx + k, qy, n);
          if (((codeword.rho >> n) & 1) === 0) continue;
          const m = bound - ((codeword.known >> n) & 1);
          samples.v[y * width + x] = magSgn.getNumber(m) + ((codeword.ones >> n) & 1) * 2 ** m;
        }
      });
      if (damaged) return undefined;
    }
  }
  return samples;
}

/** Goes through the block in stripes of four rows, and in these in groups of four columns; a group is a list of samples. */
function groupsOf(width: number, height: number): [number, number][][] {
  const groups: [number, number][][] = [];
  for (let y0 = 0; y0 < height; y0 += 4) {
    for (let x0 = 0; x0 < width; x0 += 4) {
      const group: [number, number][] = [];
      for (let x = x0; x < Math.min(x0 + 4, width); x++) {
        for (let y = y0; y < Math.min(y0 + 4, height); y++) group.push([x, y]);
      }
      groups.push(group);
    }
  }
  return groups;
}

/**
 * The walk of significance propagation, for both directions: `decide` is asked whether a sample is significant, `sign` for
 * the signs of those that are. Returns by sample 1 or -1 for the ones that are found, 0 for all others.
 */
function propagate(
  samples: Samples,
  causal: boolean,
  decide: (at: number) => number,
  sign: (at: number) => number,
): number[] {
  const { width, height } = samples;
  const found = new Array<number>(width * height).fill(0);
  const isSignificant = (x: number, y: number, from: number): boolean => {
    if (x < 0 || y < 0 || x >= width || y >= height) return false;
    if (causal && Math.floor(y / 4) > Math.floor(from / 4)) return false;
    return samples.significant(x, y) === 1 || found[y * width + x] !== 0;
  };
  const hasNeighbours = (x: number, y: number): boolean => {
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++) {
        if ((dx !== 0 || dy !== 0) && isSignificant(x + dx, y + dy, y)) return true;
      }
    }
    return false;
  };
  for (const group of groupsOf(width, height)) {
    const news: number[] = [];
    for (const [x, y] of group) {
      const at = y * width + x;
      if (samples.significant(x, y) === 1 || !hasNeighbours(x, y)) continue;
      if (decide(at) === 0) continue;
      found[at] = 1;
      news.push(at);
    }
    for (const at of news) if (sign(at) === 1) found[at] = -1;
  }
  return found;
}

/**
 * Decodes a block; the answer has the fast decoder's output format, and is undefined where the block is damaged so that it cannot
 * be decoded. With `mostBits`, exponents and planes above that sum are damage.
 */
export function decodeHtBlockSlowly(block: CodedBlock, mostBits = 31): Int32Array | undefined {
  const { width, height } = block;
  const values = new Int32Array(width * height);
  const passes = block.numSegments > 0 ? block.segmentPasses[0]! : 0;
  const bytes = block.numSegments > 0 ? Math.min(block.segmentLengths[0]!, block.dataLength) : 0;
  if (bytes === 0) return values;
  const plane = block.bitPlanes - 1 - Math.floor((passes - 1) / 3);
  const samples = decodeCleanup(block.data.subarray(0, bytes), width, height, mostBits - plane);
  if (samples === undefined) return undefined;
  const magnitude = (v: number): number => Math.floor(v / 2) + 1;
  const signed = (v: number, value: number): number => (v % 2 === 1 ? -value : value);
  samples.v.forEach((v, at) => {
    if (v >= 0) values[at] = signed(v, (2 * magnitude(v) + 1) * 2 ** plane);
  });
  const refinements = block.numSegments > 1 ? block.segmentPasses[1]! : 0;
  if (refinements === 0 || plane === 0) return values;
  const more = Math.min(block.segmentLengths[1]!, block.dataLength - bytes);
  const data = block.data.subarray(bytes, bytes + more);
  const half = 2 ** (plane - 1);
  const significance = new Bits(unstuffForward(data), 0);
  const get = (): number => significance.get();
  propagate(samples, (block.style & CAUSAL) !== 0, get, get).forEach((sign, at) => {
    if (sign !== 0) values[at] = sign * 3 * half;
  });
  if (refinements > 1) {
    const refinement = new Bits(unstuffBackward(data, 0xff), 0);
    for (const [x, y] of groupsOf(width, height).flat()) {
      const at = y * width + x;
      const v = samples.v[at]!;
      if (v < 0) continue;
      values[at] = signed(v, (2 * (2 * magnitude(v) + refinement.get()) + 1) * half);
    }
  }
  return values;
}

// ---------------------------------------------------------------------------------------------------------- encoding

/** The bits of a number, lowest first. */
const lowestFirst = (value: number, count: number): number[] =>
  Array.from({ length: count }, (_, k) => Math.floor(value / 2 ** k) % 2);

/** A byte that is not full, and which of its bits count. */
interface Rest {
  byte: number;
  mask: number;
}

/** Whole bytes, and the one that has begun; after 0xFF, seven bits. */
function stuffForward(bits: readonly number[], highestFirst = false): { bytes: number[]; rest: Rest } {
  const bytes: number[] = [];
  let at = 0;
  for (;;) {
    const room = bytes[bytes.length - 1] === 0xff ? 7 : 8;
    const some = bits.slice(at, at + room);
    const place = (k: number): number => (highestFirst ? room - 1 - k : k);
    const byte = some.reduce((sum, bit, k) => sum + bit * 2 ** place(k), 0);
    // the bit that is left out of eight counts, as it has to be 0
    if (some.length < room) {
      return { bytes, rest: { byte, mask: some.reduce((sum, _, k) => sum | (1 << place(k)), room === 7 ? 0x80 : 0) } };
    }
    bytes.push(byte);
    at += room;
  }
}

/** Bytes from the last to the first; `before` is the byte that would come before the first of them. */
function stuffBackward(bits: readonly number[], before: number): { bytes: number[]; rest: Rest } {
  const bytes: number[] = [];
  let at = 0;
  let last = before;
  for (;;) {
    const seven = bits.slice(at, at + 7);
    const short = last > 0x8f && seven.length === 7 && seven.every((bit) => bit === 1);
    const some = short ? seven : bits.slice(at, at + 8);
    const byte = some.reduce((sum, bit, k) => sum + (bit << k), 0);
    if (!short && some.length < 8) return { bytes, rest: { byte, mask: 2 ** some.length - 1 } };
    bytes.push(byte);
    at += some.length;
    last = byte;
  }
}

/** Bits of the MEL coder for a list of events. */
export function encodeMel(events: readonly number[]): number[] {
  const bits: number[] = [];
  let state = 0;
  let run = 0;
  for (const event of events) {
    const exponent = MEL_EXPONENT[state]!;
    if (event === 1) {
      bits.push(0, ...lowestFirst(run, exponent).reverse());
      run = 0;
      state = Math.max(0, state - 1);
    } else if (++run === 2 ** exponent) {
      bits.push(1);
      run = 0;
      state = Math.min(12, state + 1);
    }
  }
  if (run > 0) bits.push(1); // more zero events than there are: nobody asks for them
  return bits;
}

/** Events from the bits of a MEL stream. */
export function decodeMel(bits: readonly number[], count: number): number[] {
  const decoder = new MelDecoder(new Bits(bits, 1));
  return Array.from({ length: count }, () => decoder.get());
}

interface UCode {
  prefix: number[];
  suffix: number[];
  extension: number[];
}

function uCode(u: number): UCode {
  if (u === 0) return { prefix: [], suffix: [], extension: [] };
  if (u <= 2) return { prefix: u === 1 ? [1] : [0, 1], suffix: [], extension: [] };
  if (u <= 4) return { prefix: [0, 0, 1], suffix: [u - 3], extension: [] };
  if (u < 33) return { prefix: [0, 0, 0], suffix: lowestFirst(u - 5, 5), extension: [] };
  const beyond = u - 33;
  return {
    prefix: [0, 0, 0],
    suffix: lowestFirst(28 + (beyond % 4), 5),
    extension: lowestFirst(Math.floor(beyond / 4), 4),
  };
}

/** u of the two quads of a pair, 0 for those without; one may be missing. */
function encodeU(u1: number, u2: number, firstRow: boolean, vlc: number[], mel: number[]): void {
  let base = 0;
  if (firstRow && u1 > 0 && u2 > 0) {
    base = u1 > 2 && u2 > 2 ? 2 : 0;
    mel.push(base / 2);
  }
  const first = uCode(u1 - base > 0 ? u1 - base : 0);
  const single = firstRow && base === 0 && u1 > 2 && u2 > 0;
  const second: UCode = single ? { prefix: [u2 - 1], suffix: [], extension: [] } : uCode(Math.max(0, u2 - base));
  for (const part of ['prefix', 'suffix', 'extension'] as const) vlc.push(...first[part], ...second[part]);
}

/** u of a pair of quads, through the coder and back; for the test of the code itself. */
export function uRoundTrip(u1: number, u2: number, firstRow: boolean): [number, number] {
  const vlc: number[] = [];
  const events: number[] = [];
  encodeU(u1, u2, firstRow, vlc, events);
  const mel = new MelDecoder(new Bits(encodeMel(events), 1));
  return readU(new Bits(vlc, 0), mel, u1 > 0 ? 1 : 0, u2 > 0 ? 1 : 0, firstRow);
}

/** Among codewords that say what is so, the one that says most; then the shortest. */
function chooseCodeword(codewords: readonly Codeword[], rho: number, uOff: number, largest: number): Codeword {
  const says = ({ known }: Codeword): number => bitsOf(known, 4).filter((bit) => bit === 1).length;
  const fitting = codewords.filter((c) => c.rho === rho && c.uOff === uOff && (largest & c.known) === c.ones);
  fitting.sort((a, b) => says(b) - says(a) || a.bits.length - b.bits.length);
  return fitting[0]!;
}

/** The bytes of a cleanup pass. */
function encodeCleanup(samples: Samples): number[] {
  const { width, height } = samples;
  const magSgn: number[] = [];
  const mel: number[] = [];
  const vlc: number[] = [];
  const quadsWide = Math.ceil(width / 2);
  for (let qy = 0; qy < Math.ceil(height / 2); qy++) {
    for (let qx = 0; qx < quadsWide; qx += 2) {
      const u = [0, 0];
      for (let k = 0; k < 2 && qx + k < quadsWide; k++) {
        const all = [0, 1, 2, 3];
        const rho = all.reduce((sum, n) => sum + samples.quadSignificance(qx + k, qy, n) * 2 ** n, 0);
        const exponents = all.map((n) => samples.exponent(...Samples.position(qx + k, qy, n)));
        const kappa = samples.kappa(qx + k, qy, rho);
        const bound = Math.max(kappa, ...exponents);
        const context = samples.context(qx + k, qy);
        if (context === 0) mel.push(rho === 0 ? 0 : 1);
        if (context === 0 && rho === 0) continue;
        u[k] = bound - kappa;
        const largest = exponents.reduce((sum, e, n) => sum + (e === bound ? 2 ** n : 0), 0);
        const uOff = u[k]! > 0 ? 1 : 0;
        const codeword = chooseCodeword(CODEWORDS[qy === 0 ? 0 : 1]![context]!, rho, uOff, largest);
        vlc.push(...codeword.bits);
        for (const n of all) {
          if (((rho >> n) & 1) === 0) continue;
          const m = bound - ((codeword.known >> n) & 1);
          magSgn.push(...lowestFirst(samples.get(...Samples.position(qx + k, qy, n)), m));
        }
      }
      encodeU(u[0]!, u[1]!, qy === 0, vlc, mel);
    }
  }

  const magnitudes = stuffForward(magSgn);
  const events = stuffForward(encodeMel(mel), true);
  const words = stuffBackward([1, 1, 1, 1, ...vlc], 0xff);
  const bytes = magnitudes.bytes;
  if ((magnitudes.rest.mask & 0x7f) !== 0) bytes.push(magnitudes.rest.byte | (~magnitudes.rest.mask & 0xff));
  if (bytes[bytes.length - 1] === 0xff) bytes.pop(); // what follows the end reads as ones
  const magSgnLength = bytes.length;
  bytes.push(...events.bytes);
  const shared = events.rest.byte | words.rest.byte;
  const canShare =
    (shared & events.rest.mask) === events.rest.byte &&
    (shared & words.rest.mask) === words.rest.byte &&
    shared !== 0xff &&
    words.bytes.length > 0;
  if (canShare && (events.rest.mask | words.rest.mask) !== 0) {
    bytes.push(shared);
  } else {
    if (events.rest.mask !== 0) bytes.push(events.rest.byte);
    if (words.rest.mask !== 0) bytes.push(words.rest.byte);
  }
  bytes.push(...words.bytes.reverse(), 0);
  const suffixLength = bytes.length - magSgnLength;
  bytes[bytes.length - 1] = suffixLength >> 4;
  bytes[bytes.length - 2] = (bytes[bytes.length - 2]! & 0xf0) + (suffixLength & 15);
  return bytes;
}

/**
 * Encodes all of `|coefficient| >> plane`, and with `refinements` one or two passes for the bit-plane below. Where nothing is
 * significant there are no passes.
 */
export function encodeHtBlock(
  shape: { width: number; height: number; subband: 0 | 1 | 2 | 3; style: number },
  coefficients: ArrayLike<number>,
  plane = 0,
  refinements = 0,
): CodedBlock {
  const { width, height } = shape;
  const samples = new Samples(width, height);
  const negative = (at: number): number => (coefficients[at]! < 0 ? 1 : 0);
  samples.v.forEach((_, at) => {
    const mu = Math.floor(Math.abs(coefficients[at]!) / 2 ** plane);
    if (mu > 0) samples.v[at] = 2 * (mu - 1) + negative(at);
  });
  const significant = samples.v.some((v) => v >= 0);
  const cleanup = significant ? encodeCleanup(samples) : [];
  const more: number[] = [];
  if (significant && refinements > 0) {
    const bitBelow = (at: number): number => Math.floor(Math.abs(coefficients[at]!) / 2 ** (plane - 1)) % 2;
    const bits: number[] = [];
    const put = (bit: number): number => {
      bits.push(bit);
      return bit;
    };
    propagate(
      samples,
      (shape.style & CAUSAL) !== 0,
      (at) => put(bitBelow(at)),
      (at) => put(negative(at)),
    );
    const front = stuffForward(bits);
    more.push(...front.bytes);
    // no empty segment, and none that ends in 0xFF
    if (front.rest.mask !== 0 || more.length === 0) more.push(front.rest.byte);
    if (refinements > 1) {
      const places = groupsOf(width, height).flat();
      const refined = places.map(([x, y]) => y * width + x).filter((at) => samples.v[at]! >= 0);
      const back = stuffBackward(refined.map(bitBelow), 0xff);
      if (back.rest.mask !== 0) back.bytes.push(back.rest.byte);
      more.push(...back.bytes.reverse());
    }
  }
  const segments = !significant ? 0 : refinements > 0 ? 2 : 1;
  return {
    ...{ width, height, subband: shape.subband, style: shape.style },
    bitPlanes: significant ? plane + 1 : 0,
    numPasses: significant ? 1 + refinements : 0,
    data: Uint8Array.from([...cleanup, ...more]),
    dataLength: cleanup.length + more.length,
    numSegments: segments,
    segmentPasses: Int32Array.from([1, refinements].slice(0, segments)),
    segmentLengths: Int32Array.from([cleanup.length, more.length].slice(0, segments)),
  };
}
