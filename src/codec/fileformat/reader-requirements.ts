/**
 * The reader requirements box of JPX (15444-2 M.11.1): which features a reader must have to understand a file, and
 * which to show it.
 *
 * Two masks are expressions over the features: the features that have a certain bit stand for "one of these will do",
 * and every bit of a mask has to be done. The features of one file are few, so a mask of one or two bytes is enough;
 * here masks are numbers of up to 64 bits, the first bit of the first byte the highest.
 */
import type { ByteReader } from '../bits/byte-reader.ts';
import type { ByteWriter } from '../bits/byte-writer.ts';
import { malformed } from '../errors.ts';
import { type BoxContent, fieldsOf, writeBox } from './box.ts';
import { formatUuid, parseUuid } from './box-names.ts';

/** Standard feature flags (15444-2 Table M.14), as far as files written here have them. */
export const FEATURES = {
  severalLayers: 2,
  part1Codestream: 5,
  opacity: 9,
  premultipliedOpacity: 10,
  fragmentsInOrder: 13,
  fragmentsLocal: 15,
  fragmentsRemote: 16,
  anyIcc: 44,
  cmyk: 55,
  cielabDefault: 56,
  cielabParameters: 57,
  esrgb: 60,
  gisMetadata: 67,
  esycc: 71,
} as const;

/** A feature of a file to be written. */
export interface Requirement {
  /** SF: its number. */
  readonly feature: number;
  /** Whether the picture cannot be shown without it. */
  readonly toDisplay: boolean;
}

/** The reader requirements box as it stands. */
export interface ReaderRequirements {
  /** ML: bytes of a mask, 1 to 8. */
  readonly maskLength: number;
  /** FUAM: what has to be done to understand the whole file. */
  readonly fullyUnderstand: bigint;
  /** DCM: what has to be done to show the picture. */
  readonly display: bigint;
  /** SF and SM: numbers of 15444-2 Table M.14, and the bits that each can do. */
  readonly features: readonly { readonly feature: number; readonly mask: bigint }[];
  /** VF and VM: the same for features that others define. */
  readonly vendorFeatures: readonly { readonly uuid: string; readonly mask: bigint }[];
}

/** Reader requirements (15444-2 M.11.1). Masks of three bytes are written, too, though the text has 1, 2, 4 and 8. */
export function readReaderRequirements(box: BoxContent): ReaderRequirements {
  const clause = '15444-2 M.11.1';
  const fields = fieldsOf(box, clause);
  const maskLength = fields.u8();
  if (maskLength < 1 || maskLength > 8) {
    throw malformed('box-value', `expected masks of 1 to 8 bytes, found ${maskLength}`, { offset: box.offset, clause });
  }
  const fullyUnderstand = readMask(fields, maskLength);
  const display = readMask(fields, maskLength);
  const features = Array.from({ length: checkedCount(fields, 2 + maskLength) }, () => ({
    feature: fields.u16(),
    mask: readMask(fields, maskLength),
  }));
  const vendorFeatures = Array.from({ length: checkedCount(fields, 16 + maskLength) }, () => ({
    uuid: formatUuid(fields.slice(16)),
    mask: readMask(fields, maskLength),
  }));
  return { maskLength, fullyUnderstand, display, features, vendorFeatures };
}

/** NSF or NVF, whose entries have to be there before a list is made for them. */
function checkedCount(fields: ByteReader, entryLength: number): number {
  const count = fields.u16();
  const { position } = fields;
  fields.slice(count * entryLength);
  fields.position = position;
  return count;
}

function readMask(fields: ByteReader, length: number): bigint {
  let mask = 0n;
  for (let k = 0; k < length; k++) mask = (mask << 8n) | BigInt(fields.u8());
  return mask;
}

/** A whole reader requirements box, from what {@link readReaderRequirements} gives. */
export function writeRequirementsBox(w: ByteWriter, requirements: ReaderRequirements): void {
  const { maskLength, features, vendorFeatures } = requirements;
  const mask = (value: bigint) => {
    for (let k = maskLength - 1; k >= 0; k--) w.u8(Number((value >> BigInt(8 * k)) & 0xffn));
  };
  writeBox(w, 'rreq', () => {
    w.u8(maskLength);
    mask(requirements.fullyUnderstand);
    mask(requirements.display);
    w.u16(features.length);
    for (const { feature, mask: bits } of features) {
      w.u16(feature);
      mask(bits);
    }
    w.u16(vendorFeatures.length);
    for (const { uuid, mask: bits } of vendorFeatures) {
      w.append(parseUuid(uuid) ?? new Uint8Array(16));
      mask(bits);
    }
  });
}

/**
 * Whether a reader that has some features can do what a mask asks: for each of its bits, one feature that has it.
 * Features of vendors are named by their UUIDs.
 */
export function canDo(
  mask: bigint,
  requirements: ReaderRequirements,
  has: (feature: number | string) => boolean,
): boolean {
  let done = 0n;
  for (const { feature, mask: bits } of requirements.features) if (has(feature)) done |= bits;
  for (const { uuid, mask: bits } of requirements.vendorFeatures) if (has(uuid)) done |= bits;
  return (mask & ~done) === 0n;
}

/** A whole reader requirements box, for at most eight features of which all are needed. */
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
