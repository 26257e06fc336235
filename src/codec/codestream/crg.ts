/** CRG: where components lie relative to each other, for display (15444-1 A.9.1). */
import type { ByteReader } from '../bits/byte-reader.ts';

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
