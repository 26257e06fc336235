/**
 * Pixels of a data set become a frame of encapsulated pixel data (PS3.5 8.2.4 and A.4.4).
 */
import { usage } from '../codec/errors.ts';
import { encode, type EncodeOptions, inspectSync } from '../index.ts';
import { type FrameAttributes, syntaxOf } from './decode-frame.ts';
import type { PixelArray } from './pixels.ts';

/** Options of {@link encodeFrame}: those of `encode` that DICOM leaves open. */
export type EncodeFrameOptions = Pick<
  EncodeOptions,
  'rate' | 'levels' | 'layers' | 'progression' | 'tile' | 'codeBlock' | 'verify' | 'limits' | 'signal' | 'onProgress'
>;

/** An encoded frame, and what the data set has to say of it. */
export interface EncodedFrame {
  /** The codestream, padded to an even number of bytes. */
  readonly fragment: Uint8Array;
  readonly transferSyntaxUid: string;
  /** `YBR_RCT` or `YBR_ICT` where the components were transformed. */
  readonly photometricInterpretation: string;
  /** True when samples do not come back exactly: Lossy Image Compression (0028,2110) is 01 then. */
  readonly lossy: boolean;
  /** Lossy Image Compression Ratio (0028,2112): bytes of the pixels, by bytes of the codestream. */
  readonly ratio: number;
}

/** Profiles of the encoder for the transfer syntaxes that are not those of 15444-1. */
const HT_PROFILES: Readonly<Record<string, 'dicom-htj2k' | 'dicom-htj2k-rpcl'>> = {
  '1.2.840.10008.1.2.4.201': 'dicom-htj2k',
  '1.2.840.10008.1.2.4.202': 'dicom-htj2k-rpcl',
  '1.2.840.10008.1.2.4.203': 'dicom-htj2k',
};

/**
 * Encodes a frame, without loss unless `rate` says otherwise. RGB is decorrelated, and then called `YBR_RCT` or `YBR_ICT`.
 *
 * `transferSyntaxUid` among the attributes chooses between 15444-1 (`.4.90`, `.4.91`; the default) and HTJ2K (`.4.201` to `.4.203`). The
 * result names the one that holds for what came out: that for lossless frames, or that for others.
 *
 * @throws {Jpeg2000Error} `transfer-syntax` for JPIP-referenced and unknown ones, `option-value` and `buffer-size` for attributes that do not fit the pixels, and as `encode`.
 * @example
 * ```ts
 * const frame = await encodeFrame(pixels, { ...attributes, rows: 512, columns: 512 });
 * write(frame.transferSyntaxUid, frame.fragment);
 * ```
 */
export async function encodeFrame(
  pixels: PixelArray,
  attributes: FrameAttributes & { readonly rows: number; readonly columns: number },
  options: EncodeFrameOptions = {},
): Promise<EncodedFrame> {
  const { rows, columns, samplesPerPixel, bitsStored, pixelRepresentation, planarConfiguration } = attributes;
  const said = attributes.photometricInterpretation;
  if (said === 'YBR_RCT' || said === 'YBR_ICT') throw usage('option-value', `${said} is for encoded frames: give RGB`);
  const data = planarConfiguration === 1 && samplesPerPixel > 1 ? interleaved(pixels, samplesPerPixel) : pixels;
  const ht = HT_PROFILES[syntaxOf(attributes.transferSyntaxUid)?.uid ?? ''];
  const transformed = said === 'RGB' && samplesPerPixel === 3;
  const { data: codestream, psnr } = await encode(
    {
      width: columns,
      height: rows,
      channels: samplesPerPixel,
      precision: bitsStored,
      signed: pixelRepresentation === 1,
      data,
    },
    { ...options, profile: ht ?? 'dicom-j2k', container: 'codestream', mct: transformed ? 'auto' : 'none' },
  );
  // A.4: a fragment has an even number of bytes
  const fragment = new Uint8Array(codestream.length + (codestream.length & 1));
  fragment.set(codestream);
  const lossless = psnr === Number.POSITIVE_INFINITY;
  const { mct } = inspectSync(codestream);
  return {
    fragment,
    transferSyntaxUid: `1.2.840.10008.1.2.4.${endingOf(ht, lossless)}`,
    photometricInterpretation: mct === 'none' ? said : mct === 'rct' ? 'YBR_RCT' : 'YBR_ICT',
    lossy: !lossless,
    ratio: (rows * columns * samplesPerPixel * Math.ceil(bitsStored / 8)) / codestream.length,
  };
}

function endingOf(ht: 'dicom-htj2k' | 'dicom-htj2k-rpcl' | undefined, lossless: boolean): number {
  if (ht === undefined) return lossless ? 90 : 91;
  if (!lossless) return 203;
  return ht === 'dicom-htj2k' ? 201 : 202;
}

/** Plane by plane to sample by sample. */
function interleaved(planes: PixelArray, samplesPerPixel: number): PixelArray {
  const out = planes.slice();
  const size = planes.length / samplesPerPixel;
  for (let k = 0; k < planes.length; k++) out[(k % size) * samplesPerPixel + Math.floor(k / size)] = planes[k]!;
  return out;
}
