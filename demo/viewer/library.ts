/** What the viewer uses of the library, all of it public. */
export {
  type DecodeOptions,
  type ImageInfo,
  Jpeg2000Error,
  type RasterImage,
  type Rect,
  toImageData,
} from '../../src/index.ts';
export { JpipError } from '../../src/jpip-client.ts';
