/**
 * One frame of encapsulated pixel data becomes typed pixels.
 *
 * The codestream and the data set describe a frame twice. Where they disagree, the rule is: the codestream says how many samples there
 * are and what numbers were coded; the data set says what the bits of those numbers mean. So nothing is scaled, shifted or clamped, and
 * every disagreement is a warning. `docs/dicom.md` has the rule case by case.
 */
import { type Diagnostic, type ErrorPlace, unsupported, usage } from '../codec/errors.ts';
import type { SampleArray } from '../codec/image.ts';
import type { Bytes } from '../codec/source.ts';
import { type DecodeOptions, type ImageInfo, decode, decodeSync, inspectSync, type RasterImage } from '../index.ts';
import { joinFragments } from './fragments.ts';
import { type PixelArray, toPixels } from './pixels.ts';
import { TRANSFER_SYNTAXES, type TransferSyntax } from './transfer-syntaxes.ts';

/** What a data set says of its frames (PS3.3 C.7.6.3). */
export interface FrameAttributes {
  /** Bits Allocated (0028,0100): 8, 16 or 32. */
  readonly bitsAllocated: number;
  /** Bits Stored (0028,0101). */
  readonly bitsStored: number;
  /** High Bit (0028,0102); only looked at, since codestreams hold numbers and not cells. */
  readonly highBit?: number;
  /** Pixel Representation (0028,0103): 1 for two's complement. */
  readonly pixelRepresentation: number;
  /** Samples per Pixel (0028,0002). */
  readonly samplesPerPixel: number;
  /** Photometric Interpretation (0028,0004). */
  readonly photometricInterpretation: string;
  /** Planar Configuration (0028,0006): what the result should have; 0 (default) for R G B R G B, 1 for planes. */
  readonly planarConfiguration?: number;
  /** Rows and Columns (0028,0010), (0028,0011), to be compared. */
  readonly rows?: number;
  readonly columns?: number;
  /** The transfer syntax of the file, to be compared. */
  readonly transferSyntaxUid?: string;
}

/** Options of a frame: what of it is decoded, as for any picture. */
export type FrameOptions = Pick<
  DecodeOptions,
  'region' | 'reduce' | 'maxSize' | 'layers' | 'strict' | 'limits' | 'signal' | 'onProgress'
>;

/** A decoded frame. */
export interface DicomFrame {
  /** As wide as Bits Allocated and signed by Pixel Representation; wider where the codestream has more bits. */
  readonly pixels: PixelArray;
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: number;
  /** 0: samples of a pixel together. 1: plane by plane. */
  readonly planarConfiguration: 0 | 1;
  /** What the pixels really are: `RGB` where a component transform was undone. */
  readonly photometricInterpretation: string;
  /** Bits of a sample, as they were coded. */
  readonly bitsStored: number;
  readonly signed: boolean;
  /** True when the frame was coded irreversibly. */
  readonly lossy: boolean;
  /** `partial` when something of the frame is missing or damaged. */
  readonly status: 'complete' | 'partial';
  /** What was tolerated; disagreements with the data set have the code `dicom-mismatch`. */
  readonly warnings: readonly Diagnostic[];
}

/**
 * Decodes a frame: fragments, or one buffer (a codestream, a JP2 file, or the items of encapsulated pixel data).
 *
 * @throws {Jpeg2000Error} `transfer-syntax` for JPIP-referenced and unknown ones, `dicom-fragments`, `option-value`, and as `decode`.
 * @example
 * ```ts
 * const frame = await decodeFrame(dataSet.fragments, {
 *   bitsAllocated: 16,
 *   bitsStored: 12,
 *   pixelRepresentation: 1,
 *   samplesPerPixel: 1,
 *   photometricInterpretation: 'MONOCHROME2',
 * });
 * draw(frame.pixels, frame.columns, frame.rows);
 * ```
 */
export async function decodeFrame(
  fragments: Bytes | readonly Bytes[],
  attributes: FrameAttributes,
  options: FrameOptions = {},
): Promise<DicomFrame> {
  const syntax = checkCall(attributes);
  const { codestream, info } = codestreamOf(joinFragments(fragments), options);
  const picture = await decode(codestream, wanted(attributes, options, info));
  return frameOf(picture, info, attributes, syntax);
}

/**
 * As {@link decodeFrame}, without waiting, for use in workers.
 *
 * @throws {Jpeg2000Error} as {@link decodeFrame}.
 * @example
 * ```ts
 * const { pixels } = decodeFrameSync(fragments, attributes, { reduce: 1 });
 * ```
 */
export function decodeFrameSync(
  fragments: Bytes | readonly Bytes[],
  attributes: FrameAttributes,
  options: Omit<FrameOptions, 'signal'> = {},
): DicomFrame {
  const syntax = checkCall(attributes);
  const { codestream, info } = codestreamOf(joinFragments(fragments), options);
  return frameOf(decodeSync(codestream, wanted(attributes, options, info)), info, attributes, syntax);
}

/** The codestream of a frame: DICOM has the boxes of a JP2 file ignored, so they are left out (PS3.5 A.4.4). */
function codestreamOf(frame: Uint8Array, options: FrameOptions): { codestream: Uint8Array; info: ImageInfo } {
  const info = inspectSync(frame, options.limits ? { limits: options.limits } : {});
  const { offset, length = frame.length - offset } = info.codestream;
  return { codestream: frame.subarray(offset, offset + length), info };
}

function wanted(attributes: FrameAttributes, options: FrameOptions, info: ImageInfo): DecodeOptions {
  const [first] = info.components;
  const subsampled = info.components.some(({ dx, dy }) => dx !== first?.dx || dy !== first.dy);
  const { region, reduce, maxSize, layers, strict, limits, signal, onProgress } = options;
  const given = { region, reduce, maxSize, layers, strict, limits, signal, onProgress };
  return {
    ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as FrameOptions),
    layout: attributes.planarConfiguration === 1 ? 'planar' : 'interleaved',
    ...(subsampled ? { upsample: 'nearest' } : {}),
  };
}

function checkCall(attributes: FrameAttributes): TransferSyntax | undefined {
  const { bitsAllocated, bitsStored, pixelRepresentation, samplesPerPixel, transferSyntaxUid: uid } = attributes;
  const inRange = (value: number, least: number, most: number) =>
    Number.isInteger(value) && value >= least && value <= most;
  if (!inRange(bitsAllocated, 1, 32))
    throw usage('option-value', `bitsAllocated must be 1 to 32, found ${bitsAllocated}`);
  if (!inRange(bitsStored, 1, 32)) throw usage('option-value', `bitsStored must be 1 to 32, found ${bitsStored}`);
  if (!inRange(pixelRepresentation, 0, 1)) {
    throw usage('option-value', `pixelRepresentation must be 0 or 1, found ${pixelRepresentation}`);
  }
  if (!inRange(samplesPerPixel, 1, 65535)) {
    throw usage('option-value', `samplesPerPixel must be a whole number from 1, found ${samplesPerPixel}`);
  }
  if (typeof attributes.photometricInterpretation !== 'string') {
    throw usage('option-value', 'photometricInterpretation must be a text, as MONOCHROME2');
  }
  return syntaxOf(uid);
}

/** A transfer syntax whose data sets hold frames; undefined where none is said. */
export function syntaxOf(uid: string | undefined): TransferSyntax | undefined {
  if (uid === undefined) return undefined;
  const syntax = Object.hasOwn(TRANSFER_SYNTAXES, uid) ? TRANSFER_SYNTAXES[uid] : undefined;
  if (!syntax) throw usage('transfer-syntax', `${uid} is no transfer syntax of JPEG 2000`);
  if (syntax.needs === 'jpip') throw unsupported('transfer-syntax', `${syntax.name}: ${syntax.why}`);
  return syntax;
}

function frameOf(
  picture: RasterImage,
  info: ImageInfo,
  attributes: FrameAttributes,
  syntax: TransferSyntax | undefined,
): DicomFrame {
  const warnings = [...picture.warnings];
  const differ = (message: string, place: ErrorPlace = {}) =>
    warnings.push({ code: 'dicom-mismatch', message, ...place });
  compareShapes(info, attributes, differ);
  compareSyntax(info, syntax, differ);
  const signed = attributes.pixelRepresentation === 1;
  const precision = picture.precision;
  if (precision !== attributes.bitsStored) {
    differ(
      `samples of ${precision} bits, Bits Stored is ${attributes.bitsStored}: values are given as they were coded`,
    );
  }
  if (picture.signed !== signed) {
    const [coded, said] = picture.signed ? ['signed', 'unsigned'] : ['unsigned', 'signed'];
    differ(`samples are coded as ${coded}, the data set says ${said}: their bits are taken for ${said} numbers`);
  }
  if (precision > attributes.bitsAllocated) {
    differ(
      `samples of ${precision} bits do not fit into ${attributes.bitsAllocated} allocated ones: the array is wider`,
    );
  }
  const pixels = toPixels(picture.data as SampleArray, picture, {
    bits: Math.max(attributes.bitsAllocated, precision),
    signed,
    // bits above those stored are no part of the number, and bits that were not coded are not there
    width: Math.min(precision, attributes.bitsStored),
  });
  return {
    pixels,
    rows: picture.height,
    columns: picture.width,
    samplesPerPixel: picture.channels,
    planarConfiguration: picture.layout === 'planar' && picture.channels > 1 ? 1 : 0,
    photometricInterpretation: interpretationOf(info, attributes, differ),
    bitsStored: precision,
    signed,
    lossy: !info.reversible,
    status: picture.status,
    warnings,
  };
}

type Differ = (message: string, place?: ErrorPlace) => void;

function compareShapes(info: ImageInfo, attributes: FrameAttributes, differ: Differ): void {
  const { rows, columns, samplesPerPixel, bitsStored, highBit } = attributes;
  if ((rows !== undefined && rows !== info.height) || (columns !== undefined && columns !== info.width)) {
    differ(`the codestream is ${info.width} x ${info.height}, the data set says ${columns} x ${rows}`);
  }
  if (info.components.length !== samplesPerPixel) {
    differ(`the codestream has ${info.components.length} components, Samples per Pixel is ${samplesPerPixel}`);
  }
  if (highBit !== undefined && highBit !== bitsStored - 1) {
    differ(`High Bit is ${highBit}, with ${bitsStored} bits stored: it says nothing of a codestream's numbers`);
  }
  if (info.components.some(({ dx, dy }) => dx !== info.components[0]?.dx || dy !== info.components[0].dy)) {
    differ('components are subsampled, which DICOM does not allow: they are brought to full size', {
      clause: 'PS3.5 8.2.4',
    });
  }
  if (info.container !== 'codestream') {
    differ('the frame is a JP2 file, of which only the codestream counts', { clause: 'PS3.5 A.4.4' });
  }
}

function compareSyntax(info: ImageInfo, syntax: TransferSyntax | undefined, differ: Differ): void {
  if (!syntax) return;
  if (syntax.losslessOnly && !info.reversible) differ(`the frame is coded irreversibly: ${syntax.name}`);
  if ((info.coder !== 'classic') !== (syntax.coder === 'ht')) {
    differ(`the frame uses the ${info.coder} block coder: ${syntax.name}`);
  }
}

/** PS3.3 C.7.6.3.1.2: YBR_ICT and YBR_RCT are what a codestream does inside; undone, the pixels are RGB. */
function interpretationOf(info: ImageInfo, attributes: FrameAttributes, differ: Differ): string {
  const said = attributes.photometricInterpretation.trim().toUpperCase();
  const inside = said === 'YBR_ICT' || said === 'YBR_RCT';
  const done = info.mct === 'none' ? undefined : info.mct === 'rct' ? 'YBR_RCT' : 'YBR_ICT';
  if (inside && done === undefined) differ(`the data set says ${said}, but the codestream has no component transform`);
  else if (inside && done !== said) differ(`the data set says ${said}, the codestream has ${done}`);
  else if (done !== undefined && said === 'RGB') differ(`the data set says RGB, where ${done} is right`);
  else if (done !== undefined && !inside) differ(`the data set says ${said}, but the codestream has ${done}`);
  if (inside) return 'RGB';
  return said;
}
