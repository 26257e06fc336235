/** CRG: where components lie relative to each other, for display (15444-1 A.9.1). */
import type { ByteReader } from '../bits/byte-reader.ts';
import type { ByteWriter } from '../bits/byte-writer.ts';
import { CRG } from './markers.ts';
import { writeSegment } from './segment-writer.ts';

/** Offsets of one component, in units of 1/65536 of its sample distance. */
export interface ComponentRegistration {
  readonly xcrg: number;
  readonly ycrg: number;
}

/** Reads the parameters after Lcrg. */
export function readCrg(r: ByteReader): ComponentRegistration[] {
  const list: ComponentRegistration[] = [];
  while (r.remaining >= 4) list.push({ xcrg: r.u16(), ycrg: r.u16() });
  return list;
}

/** Writes a whole CRG; there is one entry for each component. */
export function writeCrg(w: ByteWriter, list: readonly ComponentRegistration[]): void {
  writeSegment(w, CRG, () => {
    for (const { xcrg, ycrg } of list) {
      w.u16(xcrg);
      w.u16(ycrg);
    }
  });
}
