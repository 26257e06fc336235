/** POC: changes of the progression order (15444-1 A.6.6). */
import type { ByteReader } from '../bits/byte-reader.ts';
import { malformed } from '../errors.ts';
import { PROGRESSIONS, type Progression } from './cod.ts';

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
