/** Encoding on the page: pictures that a browser can show become JPEG 2000, and are compared with what comes back. */
import { decode, type EncodeOptions, encode, type RawImage, type Rate } from '../src/index.ts';

/** Samples of 8 bits, interleaved: red, green, blue, and opacity where some of it shows. */
export interface Picture extends RawImage {
  readonly channels: 3 | 4;
  readonly data: Uint8Array;
}

/** What an encode brought. */
export interface Encoded {
  readonly blob: Blob;
  /** Decibels over all samples, measured on the decoded file. */
  readonly psnr: number;
  readonly ms: number;
}

/** The first bytes of formats that browsers show: PNG, JPEG, GIF, BMP, and RIFF for WebP. */
const SIGNATURES = ['89504e47', 'ffd8ff', '47494638', '424d', '52494646'];

/** Whether a file is a picture for the browser and not for us. */
export async function isBrowserPicture(blob: Blob): Promise<boolean> {
  const head = new Uint8Array(await blob.slice(0, 4).arrayBuffer());
  const hex = Array.from(head, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return SIGNATURES.some((signature) => hex.startsWith(signature));
}

/** The samples of a picture that the browser can show, as a canvas has them. */
export async function readBrowserPicture(blob: Blob): Promise<Picture> {
  const bitmap = await createImageBitmap(blob);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext('2d')!;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { width, height, data } = context.getImageData(0, 0, canvas.width, canvas.height);
  return withoutFullOpacity(width, height, data);
}

/** The samples of a JPEG 2000 file as the page shows them. */
export async function readPicture(blob: Blob, signal: AbortSignal): Promise<Picture> {
  const { width, height, channels, data } = await decode(blob, {
    colour: 'srgb',
    sample: 'u8',
    upsample: 'linear',
    signal,
  });
  const colours = channels < 3 ? 1 : 3;
  const rgba = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) rgba[4 * i + c] = data[i * channels + (colours === 3 ? c : 0)]!;
    rgba[4 * i + 3] = channels > colours ? data[i * channels + colours]! : 255;
  }
  return withoutFullOpacity(width, height, rgba);
}

/** Encodes a picture, decodes the file and measures. */
export async function encodeOnPage(
  picture: Picture,
  rate: Rate,
  options: Pick<EncodeOptions, 'signal' | 'onProgress'>,
): Promise<Encoded> {
  // several layers, and resolutions first, so that the controls of the page have something to do, and packets that are found at once
  const layers = 'lossless' in rate ? 1 : 5;
  const { data, ms } = await encode(picture, { rate, layers, progression: 'RLCP', markers: { plt: true }, ...options });
  const { data: samples } = await decode(data, { colour: 'native' });
  let error = 0;
  for (let i = 0; i < samples.length; i++) error += (samples[i]! - picture.data[i]!) ** 2;
  const psnr = 10 * Math.log10((255 ** 2 * samples.length) / error);
  return { blob: new Blob([data as Uint8Array<ArrayBuffer>], { type: 'image/jp2' }), psnr, ms };
}

/** Draws a picture as it was before it was encoded. */
export function drawPicture(canvas: HTMLCanvasElement, { width, height, channels, data }: Picture): void {
  canvas.width = width;
  canvas.height = height;
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < channels; c++) rgba[4 * i + c] = data[channels * i + c]!;
  }
  canvas.getContext('2d')!.putImageData(new ImageData(rgba, width, height), 0, 0);
}

function withoutFullOpacity(width: number, height: number, rgba: Uint8ClampedArray): Picture {
  let opaque = true;
  for (let i = 3; i < rgba.length; i += 4) opaque &&= rgba[i] === 255;
  const channels = opaque ? 3 : 4;
  const data = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < channels; c++) data[channels * i + c] = rgba[4 * i + c]!;
  }
  return { width, height, channels, data };
}
