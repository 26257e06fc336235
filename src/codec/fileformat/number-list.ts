/**
 * What metadata are about: the number list box (15444-2 M.11.12), which names codestreams and compositing layers, and
 * the ROI description box (M.11.16), which names regions.
 */
import type { ByteWriter } from '../bits/byte-writer.ts';
import { type BoxContent, fieldsOf, writeBox } from './box.ts';

/** Codestreams and layers of a file, or what the whole of it shows. */
export interface NumberList {
  /** The rendered result of the whole file is meant. */
  readonly wholeFile: boolean;
  /** Numbers of codestreams, in the order in which they stand. */
  readonly codestreams: readonly number[];
  /** Numbers of compositing layers, in the order in which they stand. */
  readonly layers: readonly number[];
}

/** The first byte of an entry (15444-2 Table M.43); the others have its number. */
const CODESTREAM = 1;
const LAYER = 2;

/** Number list (15444-2 M.11.12): 32 bits for each entity. Kinds that no standard defines are left out. */
export function readNumberList(box: BoxContent): NumberList {
  const fields = fieldsOf(box, '15444-2 M.11.12');
  const codestreams: number[] = [];
  const layers: number[] = [];
  let wholeFile = false;
  while (fields.remaining >= 4) {
    const kind = fields.u8();
    const number = (fields.u8() << 16) | fields.u16();
    if (kind === CODESTREAM) codestreams.push(number);
    else if (kind === LAYER) layers.push(number);
    else if (kind === 0 && number === 0) wholeFile = true;
  }
  return { wholeFile, codestreams, layers };
}

/** A whole number list box. */
export function writeNumberList(w: ByteWriter, { wholeFile, codestreams, layers }: NumberList): void {
  writeBox(w, 'nlst', () => {
    if (wholeFile) w.u32(0);
    for (const number of codestreams) w.u32(CODESTREAM * 2 ** 24 + number);
    for (const number of layers) w.u32(LAYER * 2 ** 24 + number);
  });
}

/** One region of interest (15444-2 M.11.16). */
export interface RegionDescription {
  /** R: the codestream itself is coded with this region in mind. */
  readonly inCodestream: boolean;
  /** RTYP: 0 a rectangle, 1 an ellipse; later editions have more, which read their fields in other ways. */
  readonly shape: number;
  /** RCP: coding priority, 0 for none said. */
  readonly priority: number;
  /** LCX, LCY: for a rectangle its top left corner, for an ellipse its centre, on the reference grid. */
  readonly x: number;
  readonly y: number;
  /** WDT, HTH. */
  readonly width: number;
  readonly height: number;
}

/** ROI description (15444-2 M.11.16): a count, then nineteen bytes for each region. */
export function readRegions(box: BoxContent): RegionDescription[] {
  const fields = fieldsOf(box, '15444-2 M.11.16');
  return Array.from({ length: fields.u8() }, () => ({
    inCodestream: fields.u8() === 1,
    shape: fields.u8(),
    priority: fields.u8(),
    x: fields.u32(),
    y: fields.u32(),
    width: fields.u32(),
    height: fields.u32(),
  }));
}

/** A whole ROI description box. */
export function writeRegions(w: ByteWriter, regions: readonly RegionDescription[]): void {
  writeBox(w, 'roid', () => {
    w.u8(regions.length);
    for (const { inCodestream, shape, priority, x, y, width, height } of regions) {
      w.u8(inCodestream ? 1 : 0);
      w.u8(shape);
      w.u8(priority);
      for (const value of [x, y, width, height]) w.u32(value);
    }
  });
}
