/**
 * What the colours of a file mean: the colour specification box (15444-1 I.5.3.3; 15444-2 M.11.7; 15444-15 D.4).
 */
import type { ByteWriter } from '../bits/byte-writer.ts';
import { type BoxContent, fieldsOf, readInt8, writeBox } from './box.ts';
import { formatUuid, parseUuid } from './box-names.ts';

/** What every colour specification box has (15444-1 I.5.3.3). */
interface ColourSpecificationBase {
  /** PREC: priority among several boxes, for readers that weigh them. */
  readonly precedence: number;
  /** APPROX: how well the method describes the picture's colours; 0 where the file does not say. */
  readonly approximation: number;
}

/** A colour specification box by METH (15444-1 Table I.9; 15444-2 M.11.7). */
export type ColourSpecification = ColourSpecificationBase &
  (
    | {
        readonly method: 'enumerated';
        /** EnumCS (15444-1 Table I.10; 15444-2 M.11.7.3.1). */
        readonly enumerated: number;
        /** EP: parameters of the space, as stored. */
        readonly parameters: Uint8Array;
      }
    | { readonly method: 'restricted-icc' | 'any-icc'; readonly icc: Uint8Array }
    | { readonly method: 'vendor'; readonly uuid: string; readonly parameters: Uint8Array }
    | {
        /** Code points of ITU-T H.273 (15444-15 D.4). */
        readonly method: 'parameterised';
        readonly primaries: number;
        readonly transfer: number;
        readonly matrix: number;
        readonly fullRange: boolean;
      }
    | { readonly method: 'unknown'; readonly meth: number; readonly parameters: Uint8Array }
  );

/** EP of an enumerated CIELab space (15444-2 M.11.7.4.1). */
export interface CieLabParameters {
  /** RL, RA, RB: what the full range of a sample stands for. */
  readonly range: readonly [number, number, number];
  /** OL, OA, OB: the sample value that stands for zero. */
  readonly offset: readonly [number, number, number];
  /** IL: the illuminant, as stored. */
  readonly illuminant: number;
}

/** IL of D50, the default: the characters D50 (15444-2 Table M.27). */
export const ILLUMINANT_D50 = 0x00443530;

/** Colour specification (15444-1 I.5.3.3; 15444-2 M.11.7.2; 15444-15 D.4). */
export function readColourSpecification(box: BoxContent): ColourSpecification {
  const fields = fieldsOf(box, '15444-1 I.5.3.3');
  const meth = fields.u8();
  const precedence = readInt8(fields);
  const approximation = fields.u8();
  const base = { precedence, approximation };
  switch (meth) {
    case 1:
      return { ...base, method: 'enumerated', enumerated: fields.u32(), parameters: fields.rest() };
    case 2:
      return { ...base, method: 'restricted-icc', icc: fields.rest() };
    case 3:
      return { ...base, method: 'any-icc', icc: fields.rest() };
    case 4:
      return { ...base, method: 'vendor', uuid: formatUuid(fields.slice(16)), parameters: fields.rest() };
    case 5:
      return {
        ...base,
        method: 'parameterised',
        primaries: fields.u16(),
        transfer: fields.u16(),
        matrix: fields.u16(),
        fullRange: fields.u8() >= 0x80,
      };
    default:
      return { ...base, method: 'unknown', meth, parameters: fields.rest() };
  }
}

/** A whole colour specification box. */
export function writeColourSpecification(w: ByteWriter, colour: ColourSpecification): void {
  writeBox(w, 'colr', () => {
    w.u8(colour.method === 'unknown' ? colour.meth : METHODS[colour.method]);
    w.u8(colour.precedence);
    w.u8(colour.approximation);
    switch (colour.method) {
      case 'enumerated':
        w.u32(colour.enumerated);
        w.append(colour.parameters);
        break;
      case 'restricted-icc':
      case 'any-icc':
        w.append(colour.icc);
        break;
      case 'vendor':
        w.append(parseUuid(colour.uuid) ?? []);
        w.append(colour.parameters);
        break;
      case 'parameterised':
        w.u16(colour.primaries);
        w.u16(colour.transfer);
        w.u16(colour.matrix);
        w.u8(colour.fullRange ? 0x80 : 0);
        break;
      default:
        w.append(colour.parameters);
    }
  });
}

/** METH (15444-1 Table I.9; 15444-2 Table M.23; 15444-15 D.4). */
const METHODS = { enumerated: 1, 'restricted-icc': 2, 'any-icc': 3, vendor: 4, parameterised: 5 } as const;

/**
 * EP of CIELab (15444-2 M.11.7.4.1), or its defaults where the box has none: L* of 0…100 from sample 0, a* and b* in
 * ranges of 170 and 200 with zero at half and at three eighths of the samples, illuminant D50.
 */
export function cieLabParameters(parameters: Uint8Array, precisions: readonly number[]): CieLabParameters {
  const bits = (k: number) => precisions[k] ?? precisions[0] ?? 8;
  if (parameters.length < 28) {
    return {
      range: [100, 170, 200],
      offset: [0, 2 ** (bits(1) - 1), 2 ** (bits(2) - 2) + 2 ** (bits(2) - 3)],
      illuminant: ILLUMINANT_D50,
    };
  }
  const view = new DataView(parameters.buffer, parameters.byteOffset, parameters.length);
  const field = (k: number) => view.getUint32(4 * k);
  return { range: [field(0), field(2), field(4)], offset: [field(1), field(3), field(5)], illuminant: field(6) };
}
