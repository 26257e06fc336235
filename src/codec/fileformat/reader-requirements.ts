/**
 * The reader requirements box of JPX (15444-2 M.11.1): which features a reader must have to understand a file, and
 * which to show it.
 *
 * Two masks say "all of these", one bit for each; every feature of the list names the bit that it stands for. The
 * features of one file are few, so a mask of one byte is enough.
 */
import type { ByteWriter } from '../bits/byte-writer.ts';
import { writeBox } from './box.ts';

/** Standard feature flags (15444-2 Table M.14), as far as files written here have them. */
export const FEATURES = {
  part1Codestream: 5,
  opacity: 9,
  premultipliedOpacity: 10,
  anyIcc: 44,
  cmyk: 55,
  cielabDefault: 56,
  cielabParameters: 57,
  esrgb: 60,
  gisMetadata: 67,
  esycc: 71,
} as const;

/** A feature of a file. */
export interface Requirement {
  /** SF: its number. */
  readonly feature: number;
  /** Whether the picture cannot be shown without it. */
  readonly toDisplay: boolean;
}

/** A whole reader requirements box, for at most eight features. */
export function writeReaderRequirements(w: ByteWriter, requirements: readonly Requirement[]): void {
  const bit = (k: number) => 0x80 >> k;
  const maskOf = (wanted: (r: Requirement) => boolean) =>
    requirements.reduce((mask, r, k) => (wanted(r) ? mask | bit(k) : mask), 0);
  writeBox(w, 'rreq', () => {
    w.u8(1); // ML: bytes of a mask
    w.u8(maskOf(() => true)); // FUAM: fully understand
    w.u8(maskOf((r) => r.toDisplay)); // DCM: display
    w.u16(requirements.length); // NSF
    requirements.forEach(({ feature }, k) => {
      w.u16(feature);
      w.u8(bit(k));
    });
    w.u16(0); // NVF: no vendor features
  });
}
