/**
 * Capabilities: CAP (15444-1 A.5.2), PRF (A.5.3), CPF (15444-15 A.6). They say what a decoder must be able to do; the decoder
 * itself is steered by COD and COC.
 */
import type { ByteReader } from '../bits/byte-reader.ts';
import type { ByteWriter } from '../bits/byte-writer.ts';
import { CAP } from './markers.ts';
import { writeSegment } from './segment-writer.ts';

/** Extended capabilities. */
export interface Cap {
  /** Bit 32 - i (i = 1 is the most significant) says that Part i of the standard is used. */
  readonly pcap: number;
  /** One 16-bit word for each bit that is set, from Part 1 upward. */
  readonly ccap: readonly number[];
}

/** Reads the parameters after Lcap. */
export function readCap(r: ByteReader): Cap {
  const pcap = r.u32();
  const ccap: number[] = [];
  while (r.remaining >= 2) ccap.push(r.u16());
  return { pcap, ccap };
}

/** Writes a whole CAP. */
export function writeCap(w: ByteWriter, cap: Cap): void {
  writeSegment(w, CAP, () => {
    w.u32(cap.pcap);
    for (const word of cap.ccap) w.u16(word);
  });
}

/** True when the stream says that it needs Part 15 (high throughput), Pcap15. */
export function capNeedsHighThroughput(cap: Cap | undefined): boolean {
  return cap !== undefined && (cap.pcap & 0x00020000) !== 0;
}

/** Reads the 16-bit words of PRF (profile number) or CPF (corresponding profile). */
export function readProfileWords(r: ByteReader): number[] {
  const words: number[] = [];
  while (r.remaining >= 2) words.push(r.u16());
  return words;
}

/** Writes a whole PRF or CPF. */
export function writeProfileWords(w: ByteWriter, marker: number, words: readonly number[]): void {
  writeSegment(w, marker, () => {
    for (const word of words) w.u16(word);
  });
}
