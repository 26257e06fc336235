/**
 * The boxes of a JP2 file that describe the picture (15444-1 I.5), one reading function each.
 *
 * A function here takes a box whose contents are in memory and returns what its fields say. It throws where the
 * contents are too short to have a meaning, and leaves anything that depends on other boxes or on the codestream to
 * its callers.
 */
import type { ByteReader } from '../bits/byte-reader.ts';
import { type DiagnosticLog, Jpeg2000Error, malformed } from '../errors.ts';
import type { SampleArray } from '../image.ts';
import { type BoxContent, boxesIn, contentOffset, fieldsOf, readType } from './box.ts';
import { formatUuid } from './box-names.ts';

/** The file type box (15444-1 I.5.2). */
export interface FileTypeBox {
  /** BR: the standard that describes the file best, `'jp2 '`, `'jpx '`, `'jph '`. */
  readonly brand: string;
  /** MinV. */
  readonly minorVersion: number;
  /** CL: every standard whose readers can read the file. */
  readonly compatible: readonly string[];
}

/** How the samples of one component are stored: BPC of 15444-1 Table I.6, and Ssiz of the codestream. */
export interface SampleFormat {
  readonly precision: number;
  readonly signed: boolean;
}

/** The image header box (15444-1 I.5.3.1). */
export interface ImageHeaderBox {
  readonly height: number;
  readonly width: number;
  /** NC. */
  readonly numComponents: number;
  /** BPC; `undefined` when the components differ and a bits per component box says how. */
  readonly format: SampleFormat | undefined;
  /** C: 7 for JPEG 2000. */
  readonly compressionType: number;
  /** UnkC: the colour space is not really known. */
  readonly colourSpaceUnknown: boolean;
  /** IPR: the file has an intellectual property box. */
  readonly intellectualProperty: boolean;
}

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

/** One column of a palette: what an index turns into in one generated channel. */
export interface PaletteColumn extends SampleFormat {
  readonly values: SampleArray;
}

/** The palette box (15444-1 I.5.3.4). */
export interface Palette {
  /** NE. */
  readonly numEntries: number;
  readonly columns: readonly PaletteColumn[];
}

/** Where one channel comes from (15444-1 I.5.3.5). */
export interface ComponentMapping {
  /** CMP: component of the codestream. */
  readonly component: number;
  /** PCOL when MTYP is 1; `undefined` for a direct use of the component (MTYP 0). */
  readonly paletteColumn: number | undefined;
}

/** What one channel means (15444-1 I.5.3.6). */
export interface ChannelDefinition {
  /** Cn: the channel, counted after the component mapping. */
  readonly channel: number;
  /** Typ: 0 colour, 1 opacity, 2 premultiplied opacity, 65535 unspecified. */
  readonly type: number;
  /** Asoc: 0 the whole image, 1… a colour, 65535 none. */
  readonly association: number;
}

/** Grid points a metre (15444-1 I.5.3.7). */
export interface ResolutionBox {
  readonly vertical: number;
  readonly horizontal: number;
}

/** The JP2 header superbox (15444-1 I.5.3), as far as it could be read. */
export interface Jp2Header {
  readonly imageHeader: ImageHeaderBox | undefined;
  /** The bits per component box, one entry a component. */
  readonly bitsPerComponent: readonly SampleFormat[] | undefined;
  /** All colour specification boxes, in file order. */
  readonly colours: readonly ColourSpecification[];
  readonly palette: Palette | undefined;
  readonly componentMapping: readonly ComponentMapping[] | undefined;
  readonly channelDefinitions: readonly ChannelDefinition[] | undefined;
  /** The resolution the picture was captured at. */
  readonly captureResolution: ResolutionBox | undefined;
  /** The resolution the picture should be shown at. */
  readonly displayResolution: ResolutionBox | undefined;
}

/** File type (15444-1 I.5.2). */
export function readFileType(box: BoxContent): FileTypeBox {
  const fields = fieldsOf(box, '15444-1 I.5.2');
  const brand = readType(fields);
  const minorVersion = fields.u32();
  const compatible: string[] = [];
  while (fields.remaining >= 4 && compatible.length < MAX_COMPATIBLE) compatible.push(readType(fields));
  return { brand, minorVersion, compatible };
}

/** No file has more friends than this; a longer list is somebody's attempt on our memory. */
const MAX_COMPATIBLE = 1024;

/**
 * JP2 header (15444-1 I.5.3). A box in it that cannot be read is reported and left out, since the codestream alone is
 * enough for a picture; of a box that may occur only once, the first counts.
 */
export function readJp2Header(content: Uint8Array, offset: number, log: DiagnosticLog): Jp2Header {
  const found = new Map<string, BoxContent>();
  const colours: ColourSpecification[] = [];
  let first = true;
  for (const box of boxesIn(content, offset, log)) {
    if (first && box.type !== 'ihdr') {
      log.add('box-order', `expected the image header box first, found '${box.type}'`, {
        offset: box.offset,
        clause: '15444-1 I.5.3',
      });
    }
    first = false;
    if (box.type === 'colr') {
      const colour = tolerate(log, box, readColourSpecification);
      if (colour && colours.length < MAX_COLOURS) colours.push(colour);
    } else if (HEADER_BOXES.has(box.type)) {
      if (!found.has(box.type)) found.set(box.type, box);
      else
        log.add('box-duplicate', `a second '${box.type}' in the JP2 header is ignored`, {
          offset: box.offset,
          clause: '15444-1 I.5.3',
        });
    }
  }
  for (const [type, clause] of [
    ['ihdr', '15444-1 I.5.3.1'],
    ['colr', '15444-1 I.5.3.3'],
  ]) {
    if (type === 'colr' ? colours.length === 0 : !found.has(type))
      log.add('box-missing', `the JP2 header has no usable '${type}' box`, { offset, clause });
  }
  const resolution = found.get('res ');
  return {
    imageHeader: tolerate(log, found.get('ihdr'), readImageHeader),
    bitsPerComponent: tolerate(log, found.get('bpcc'), readBitsPerComponent),
    colours,
    palette: tolerate(log, found.get('pclr'), readPalette),
    componentMapping: tolerate(log, found.get('cmap'), readComponentMapping),
    channelDefinitions: tolerate(log, found.get('cdef'), readChannelDefinition),
    ...(resolution ? readResolutionBoxes(resolution, log) : NO_RESOLUTION),
  };
}

const HEADER_BOXES: ReadonlySet<string> = new Set(['ihdr', 'bpcc', 'pclr', 'cmap', 'cdef', 'res ']);

/** One for each method is what the standard has in mind; a hundred thousand would only cost time. */
const MAX_COLOURS = 64;

const NO_RESOLUTION = { captureResolution: undefined, displayResolution: undefined };

/** Reads a box, or reports why it cannot be read. */
function tolerate<T>(log: DiagnosticLog, box: BoxContent | undefined, read: (box: BoxContent) => T): T | undefined {
  if (!box) return undefined;
  try {
    return read(box);
  } catch (error) {
    if (!(error instanceof Jpeg2000Error)) throw error;
    log.add(error.code, `box '${box.type}' is ignored: ${error.reason}`, { offset: box.offset, clause: error.clause });
    return undefined;
  }
}

/** Image header (15444-1 I.5.3.1). */
export function readImageHeader(box: BoxContent): ImageHeaderBox {
  const fields = fieldsOf(box, '15444-1 I.5.3.1');
  const height = fields.u32();
  const width = fields.u32();
  const numComponents = fields.u16();
  const bpc = fields.u8();
  const compressionType = fields.u8();
  const unkC = fields.u8();
  const ipr = fields.u8();
  return {
    height,
    width,
    numComponents,
    format: bpc === 255 ? undefined : sampleFormat(bpc),
    compressionType,
    colourSpaceUnknown: unkC === 1,
    intellectualProperty: ipr === 1,
  };
}

/** Bits per component (15444-1 I.5.3.2): one byte for every component. */
export function readBitsPerComponent(box: BoxContent): SampleFormat[] {
  return Array.from(box.content, sampleFormat);
}

/** Seven bits of depth less one, and the sign in the top bit (15444-1 Table I.6). */
function sampleFormat(bits: number): SampleFormat {
  return { precision: (bits & 0x7f) + 1, signed: bits >= 0x80 };
}

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

/** Palette (15444-1 I.5.3.4): the entries stand row by row, each value in as many whole bytes as its depth needs. */
export function readPalette(box: BoxContent): Palette {
  const clause = '15444-1 I.5.3.4';
  const fields = fieldsOf(box, clause);
  const numEntries = fields.u16();
  const numColumns = fields.u8();
  const place = { offset: box.offset, clause };
  if (numEntries < 1 || numEntries > 1024) {
    throw malformed('palette', `expected 1 to 1024 palette entries, found ${numEntries}`, place);
  }
  if (numColumns < 1) throw malformed('palette', 'expected at least one palette column, found none', place);
  const formats = Array.from(fields.slice(numColumns), sampleFormat);
  for (const { precision } of formats) {
    if (precision > 38)
      throw malformed('palette', `expected a palette depth of 1 to 38 bits, found ${precision}`, place);
  }
  const rowBytes = formats.reduce((sum, { precision }) => sum + bytesOf(precision), 0);
  const rows = fields.slice(numEntries * rowBytes);
  let columnAt = 0;
  const columns = formats.map((format): PaletteColumn => {
    const values = paletteArray(format, numEntries);
    for (let entry = 0; entry < numEntries; entry++)
      values[entry] = paletteValue(rows, entry * rowBytes + columnAt, format);
    columnAt += bytesOf(format.precision);
    return { ...format, values };
  });
  return { numEntries, columns };
}

function bytesOf(precision: number): number {
  return (precision + 7) >> 3;
}

/** The narrowest array that carries every value; more than 32 bits are exact as floating point. */
function paletteArray({ precision, signed }: SampleFormat, length: number): SampleArray {
  if (precision <= 8) return signed ? new Int8Array(length) : new Uint8Array(length);
  if (precision <= 16) return signed ? new Int16Array(length) : new Uint16Array(length);
  if (precision <= 32) return signed ? new Int32Array(length) : new Uint32Array(length);
  return new Float64Array(length);
}

/** One big-endian value of at most 5 bytes; of a padded one, the low bits count. */
function paletteValue(bytes: Uint8Array, at: number, { precision, signed }: SampleFormat): number {
  let value = 0;
  for (let k = 0; k < bytesOf(precision); k++) value = value * 256 + bytes[at + k];
  value %= 2 ** precision;
  return signed && value >= 2 ** (precision - 1) ? value - 2 ** precision : value;
}

/** Component mapping (15444-1 I.5.3.5): four bytes for every channel. */
export function readComponentMapping(box: BoxContent): ComponentMapping[] {
  const fields = fieldsOf(box, '15444-1 I.5.3.5');
  const mapping: ComponentMapping[] = [];
  while (fields.remaining > 0) {
    const component = fields.u16();
    const mtyp = fields.u8();
    const pcol = fields.u8();
    mapping.push({ component, paletteColumn: mtyp === 0 ? undefined : pcol });
  }
  return mapping;
}

/** Channel definition (15444-1 I.5.3.6): a count, then six bytes for every channel described. */
export function readChannelDefinition(box: BoxContent): ChannelDefinition[] {
  const fields = fieldsOf(box, '15444-1 I.5.3.6');
  const definitions: ChannelDefinition[] = [];
  const count = fields.u16();
  for (let k = 0; k < count; k++) {
    definitions.push({ channel: fields.u16(), type: fields.u16(), association: fields.u16() });
  }
  return definitions;
}

/** Resolution superbox (15444-1 I.5.3.7): capture, default display, or both. */
export function readResolutionBoxes(
  box: BoxContent,
  log: DiagnosticLog,
): Pick<Jp2Header, 'captureResolution' | 'displayResolution'> {
  let captureResolution: ResolutionBox | undefined;
  let displayResolution: ResolutionBox | undefined;
  for (const inner of boxesIn(box.content, contentOffset(box), log)) {
    if (inner.type === 'resc') captureResolution ??= tolerate(log, inner, readResolution);
    if (inner.type === 'resd') displayResolution ??= tolerate(log, inner, readResolution);
  }
  return { captureResolution, displayResolution };
}

/** A vertical and a horizontal fraction, each with a power of ten (15444-1 I.5.3.7.1 and I.5.3.7.2). */
export function readResolution(box: BoxContent): ResolutionBox {
  const clause = '15444-1 I.5.3.7';
  const fields = fieldsOf(box, clause);
  const [vrn, vrd, hrn, hrd] = [fields.u16(), fields.u16(), fields.u16(), fields.u16()];
  const [vre, hre] = [readInt8(fields), readInt8(fields)];
  if (vrn * vrd * hrn * hrd === 0) {
    throw malformed('box-value', `expected a resolution above zero, found ${vrn}/${vrd} and ${hrn}/${hrd}`, {
      offset: box.offset,
      clause,
    });
  }
  return { vertical: scaled(vrn / vrd, vre), horizontal: scaled(hrn / hrd, hre) };
}

/** A signed byte. */
function readInt8(fields: ByteReader): number {
  return (fields.u8() << 24) >> 24;
}

/** `10 ** -3` is not exact, and dividing by an exact power is the closest there is. */
function scaled(value: number, exponent: number): number {
  return exponent < 0 ? value / 10 ** -exponent : value * 10 ** exponent;
}
