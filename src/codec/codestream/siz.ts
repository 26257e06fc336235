/** SIZ: image, tile and component sizes on the reference grid (15444-1 A.5.1). */
import type { ByteReader } from '../bits/byte-reader.ts';
import type { ByteWriter } from '../bits/byte-writer.ts';
import { ceilDiv } from '../bits/int-math.ts';
import { malformed } from '../errors.ts';
import { SIZ } from './markers.ts';
import { writeSegment } from './segment-writer.ts';

const CLAUSE = '15444-1 A.5.1';

/** One component's entry. */
export interface SizComponent {
  /** Bits a sample, 1..38. */
  readonly precision: number;
  readonly signed: boolean;
  /** Horizontal and vertical sample distance on the reference grid, 1..255. */
  readonly xrsiz: number;
  readonly yrsiz: number;
}

/** The canvas. */
export interface Siz {
  /** Capabilities a decoder needs (Table A.10). */
  readonly rsiz: number;
  readonly xsiz: number;
  readonly ysiz: number;
  readonly xosiz: number;
  readonly yosiz: number;
  readonly xtsiz: number;
  readonly ytsiz: number;
  readonly xtosiz: number;
  readonly ytosiz: number;
  readonly components: readonly SizComponent[];
}

/** Reads the parameters after Lsiz. */
export function readSiz(r: ByteReader): Siz {
  const start = r.offset;
  const rsiz = r.u16();
  const xsiz = r.u32();
  const ysiz = r.u32();
  const xosiz = r.u32();
  const yosiz = r.u32();
  const xtsiz = r.u32();
  const ytsiz = r.u32();
  const xtosiz = r.u32();
  const ytosiz = r.u32();
  const csiz = r.u16();
  if (csiz < 1 || csiz > 16384) throw bad(`Csiz must be 1 to 16384, found ${csiz}`, start + 34);
  if (r.remaining !== 3 * csiz) {
    const expected = 38 + 3 * csiz;
    throw malformed('siz-length', `Lsiz must be ${expected} for ${csiz} components, found ${38 + r.remaining}`, {
      offset: start - 2,
      clause: CLAUSE,
    });
  }
  if (xosiz >= xsiz || yosiz >= ysiz) {
    throw bad(`the image area is empty: offset (${xosiz}, ${yosiz}), end (${xsiz}, ${ysiz})`, start + 2);
  }
  if (xtsiz === 0 || ytsiz === 0) throw bad('a tile must be at least 1 wide and high', start + 18);
  // B-3, B-4: the first tile begins at or before the image area and reaches into it
  if (xtosiz > xosiz || ytosiz > yosiz || xtosiz + xtsiz <= xosiz || ytosiz + ytsiz <= yosiz) {
    throw bad(`the first tile, ${xtsiz} x ${ytsiz} at (${xtosiz}, ${ytosiz}), misses the image area`, start + 18);
  }
  const components: SizComponent[] = [];
  for (let c = 0; c < csiz; c++) {
    const at = r.offset;
    const ssiz = r.u8();
    const xrsiz = r.u8();
    const yrsiz = r.u8();
    const precision = (ssiz & 0x7f) + 1;
    if (precision > 38) throw bad(`component ${c} has ${precision} bits, more than 38`, at);
    if (xrsiz === 0 || yrsiz === 0) throw bad(`component ${c} has a sample distance of 0`, at + 1);
    components.push({ precision, signed: (ssiz & 0x80) !== 0, xrsiz, yrsiz });
  }
  return { rsiz, xsiz, ysiz, xosiz, yosiz, xtsiz, ytsiz, xtosiz, ytosiz, components };
}

function bad(message: string, offset: number): Error {
  return malformed('siz-value', message, { offset, clause: CLAUSE });
}

/** Writes a whole SIZ. */
export function writeSiz(w: ByteWriter, siz: Siz): void {
  writeSegment(w, SIZ, () => {
    w.u16(siz.rsiz);
    w.u32(siz.xsiz);
    w.u32(siz.ysiz);
    w.u32(siz.xosiz);
    w.u32(siz.yosiz);
    w.u32(siz.xtsiz);
    w.u32(siz.ytsiz);
    w.u32(siz.xtosiz);
    w.u32(siz.ytosiz);
    w.u16(siz.components.length);
    for (const { precision, signed, xrsiz, yrsiz } of siz.components) {
      w.u8((signed ? 0x80 : 0) | (precision - 1));
      w.u8(xrsiz);
      w.u8(yrsiz);
    }
  });
}

/** Columns of the tile grid (B-5). */
export function numXTiles(siz: Siz): number {
  return ceilDiv(siz.xsiz - siz.xtosiz, siz.xtsiz);
}

/** Rows of the tile grid (B-5). */
export function numYTiles(siz: Siz): number {
  return ceilDiv(siz.ysiz - siz.ytosiz, siz.ytsiz);
}
