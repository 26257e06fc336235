/**
 * Frames of DICOM's encapsulated pixel data, in and out (`jp2kit/dicom`). It knows pixel data and nothing else of DICOM: reading data
 * sets is the business of a DICOM library, which hands over fragments and a few attributes.
 *
 * @module dicom
 */
export type { Diagnostic } from '../codec/errors.ts';
export { Jpeg2000Error } from '../codec/errors.ts';
export {
  decodeFrame,
  decodeFrameSync,
  type DicomFrame,
  type FrameAttributes,
  type FrameOptions,
} from './decode-frame.ts';
export { encodeFrame, type EncodedFrame, type EncodeFrameOptions } from './encode-frame.ts';
export { framesOf, type FrameTables } from './fragments.ts';
export type { PixelArray } from './pixels.ts';
export { TRANSFER_SYNTAXES, type TransferSyntax } from './transfer-syntaxes.ts';
