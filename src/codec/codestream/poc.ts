/** POC: changes of the progression order (15444-1 A.6.6). */
import type { ByteReader } from '../bits/byte-reader.ts';
import type { ByteWriter } from '../bits/byte-writer.ts';
import { malformed } from '../errors.ts';
import { PROGRESSIONS, type Progression } from './cod.ts';
import { POC } from './markers.ts';
import { writeSegment } from './segment-writer.ts';

/** One progression: bounds of its loops, half-open, and their order. */
export interface ProgressionChange {
  /** RSpoc, REpoc: resolution levels. */
  readonly resolutionStart: number;
  readonly resolutionEnd: number;
  /** CSpoc, CEpoc: components. */
  readonly componentStart: number;
  readonly componentEnd: number;
  /** LYEpoc: layers, always from the first that has not been sent. */
  readonly layerEnd: number;
  readonly progression: Progression;
}

/** Reads the parameters after Lpoc. */
export function readPoc(r: ByteReader, numComponents: number): ProgressionChange[] {
  const clause = '15444-1 A.6.6';
  const wide = numComponents >= 257;
  const size = wide ? 9 : 7;
  if (r.remaining === 0 || r.remaining % size !== 0) {
    throw malformed('poc-value', `${r.remaining} bytes are not whole entries of ${size}`, { offset: r.offset, clause });
  }
  const changes: ProgressionChange[] = [];
  while (r.remaining > 0) {
    const offset = r.offset;
    const resolutionStart = r.u8();
    const componentStart = wide ? r.u16() : r.u8();
    const layerEnd = r.u16();
    const resolutionEnd = r.u8();
    const componentEnd = wide ? r.u16() : r.u8();
    const order = r.u8();
    const progression = PROGRESSIONS[order];
    if (progression === undefined) {
      throw malformed('poc-value', `unknown progression order ${order}`, { offset, clause });
    }
    changes.push({
      resolutionStart,
      resolutionEnd,
      componentStart,
      // CEpoc of 0 stands for 256 (one byte) or 16384 (two): Table A.32
      componentEnd: Math.min(componentEnd === 0 ? (wide ? 16384 : 256) : componentEnd, numComponents),
      layerEnd,
      progression,
    });
  }
  return changes;
}

/** Writes a whole POC. */
export function writePoc(w: ByteWriter, changes: readonly ProgressionChange[], numComponents: number): void {
  const wide = numComponents >= 257;
  const component = (c: number): void => (wide ? w.u16(c) : w.u8(c));
  writeSegment(w, POC, () => {
    for (const change of changes) {
      const componentEnd = Math.min(change.componentEnd, numComponents);
      w.u8(change.resolutionStart);
      component(change.componentStart);
      w.u16(change.layerEnd);
      w.u8(change.resolutionEnd);
      // Table A.32: all 256 components of the short form, and all 16384 of the long one, are said by a 0
      component(componentEnd === (wide ? 16384 : 256) ? 0 : componentEnd);
      w.u8(PROGRESSIONS.indexOf(change.progression));
    }
  });
}
