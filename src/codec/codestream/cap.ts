/**
 * Capabilities: CAP (15444-1 A.5.2), PRF (A.5.3), CPF (15444-15 A.6). They say what a decoder must be able to do; the decoder
 * itself is steered by COD and COC.
 */
import type { ByteReader } from '../bits/byte-reader.ts';
import type { ByteWriter } from '../bits/byte-writer.ts';
import { type ComponentCodingStyle, STYLE_HIGH_THROUGHPUT, STYLE_HT_MIXED } from './cod.ts';
import { CAP } from './markers.ts';
import type { Quantization } from './qcd.ts';
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

/** Bit of Rsiz that says that a CAP follows (A.5.1). */
export const RSIZ_HAS_CAP = 0x4000;

/** Pcap15, the bit of Part 15. */
export const PCAP_15 = 0x00020000;

/** True when the stream says that it needs Part 15 (high throughput), Pcap15. */
export function capNeedsHighThroughput(cap: Cap | undefined): boolean {
  return cap !== undefined && (cap.pcap & PCAP_15) !== 0;
}

/** What Ccap15 says about a codestream (15444-15 Table A.2). */
export interface HighThroughputUse {
  /** Coding style and quantisation, with any region shift, of every tile-component that differs from others. */
  readonly components: readonly {
    readonly style: ComponentCodingStyle;
    readonly quantization: Quantization;
    readonly roiShift: number;
  }[];
  /** Parameters in tile-part headers, or packed packet headers, so that a reader needs to look at more than the main header. */
  readonly heterogeneous: boolean;
}

/** CAP of a codestream with high-throughput code-blocks; nothing for one without. */
export function capOf({ components, heterogeneous }: HighThroughputUse): Cap | undefined {
  const isHt = ({ codeBlockStyle }: ComponentCodingStyle) => (codeBlockStyle & STYLE_HIGH_THROUGHPUT) !== 0;
  if (!components.some(({ style }) => isHt(style))) return undefined;
  const mixed = components.some(({ style }) => (style.codeBlockStyle & STYLE_HT_MIXED) !== 0);
  const all = components.every(({ style }) => isHt(style));
  const word =
    (mixed ? 0xc000 : all ? 0 : 0x8000) |
    (components.some(({ roiShift }) => roiShift > 0) ? 0x1000 : 0) |
    (heterogeneous ? 0x0800 : 0) |
    (components.some(({ style }) => !style.reversible) ? 0x0020 : 0) |
    boundCode(Math.max(...components.filter(({ style }) => isHt(style)).map(magnitudeBits)));
  return { pcap: PCAP_15, ccap: [word] };
}

/**
 * Bits of the largest magnitude that a cleanup pass may have to carry (15444-15 A.3). Irreversible coefficients are counted by what they
 * are of a sample's range, which is less by one for each level above the lowest.
 */
function magnitudeBits({ style, quantization, roiShift }: HighThroughputUse['components'][number]): number {
  const { guardBits, epsilon } = quantization;
  const levels = style.numDecompositionLevels;
  const bits = Array.from({ length: 3 * levels + 1 }, (_, b) => {
    const level = b === 0 ? levels : levels - Math.floor((b - 1) / 3);
    if (style.reversible) return epsilon[b] + guardBits - 1;
    return (quantization.style === 'derived' ? epsilon[0] - levels + level : epsilon[b]) + guardBits - level;
  });
  return Math.max(...bits) + roiShift;
}

/** P of Ccap15, the code of the least bound that is not below a number of bits. */
function boundCode(bits: number): number {
  if (bits <= 8) return 0;
  if (bits <= 27) return bits - 8;
  if (bits <= 71) return 19 + Math.ceil((bits - 27) / 4);
  return 31;
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
