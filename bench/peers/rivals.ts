/** Other decoders behind one shape: bytes in, interleaved samples out, always with everything a caller needs done. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** A picture as a rival returns it; `shift` is what it leaves out of the depth (`jpeg2000` always returns 8 bits). */
export interface RivalPicture {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: ArrayLike<number>;
  readonly shift: number;
}

/** A decoder to compare with. */
export interface Rival {
  readonly name: string;
  readonly version: string;
  decode(bytes: Uint8Array): RivalPicture;
}

interface FrameInfo {
  width: number;
  height: number;
  bitsPerSample: number;
  componentCount: number;
  isSigned: boolean;
}

interface OpenJpegModule {
  J2KDecoder: new () => {
    getEncodedBuffer(length: number): Uint8Array;
    getDecodedBuffer(): Uint8Array;
    getFrameInfo(): FrameInfo;
    decode(): void;
    delete(): void;
  };
}

interface JpxImage {
  width: number;
  height: number;
  componentsCount: number;
  tiles: { left: number; top: number; width: number; height: number; items: Uint8Array }[];
  parse(bytes: Uint8Array): void;
}

/** Loads the rivals installed in this folder. */
export async function loadRivals(): Promise<Rival[]> {
  const require = createRequire(import.meta.url);
  const wasmVersion = versionOf('@cornerstonejs/codec-openjpeg');
  const jsVersion = versionOf('jpeg2000');
  const factory = require('@cornerstonejs/codec-openjpeg/decodewasmjs');
  const wasm: OpenJpegModule = await factory({ print: () => {}, printErr: () => {} });
  const { JpxImage: Jpx } = require('jpeg2000') as { JpxImage: new () => JpxImage };
  return [
    { name: '@cornerstonejs/codec-openjpeg', version: wasmVersion, decode: (bytes) => decodeWithWasm(wasm, bytes) },
    { name: 'jpeg2000', version: jsVersion, decode: (bytes) => decodeWithJpx(Jpx, bytes) },
  ];
}

function decodeWithWasm(wasm: OpenJpegModule, bytes: Uint8Array): RivalPicture {
  const decoder = new wasm.J2KDecoder();
  try {
    decoder.getEncodedBuffer(bytes.length).set(bytes);
    decoder.decode();
    const { width, height, bitsPerSample, componentCount, isSigned } = decoder.getFrameInfo();
    // the buffer belongs to the decoder, so a caller has to copy it out
    const copy = decoder.getDecodedBuffer().slice();
    const wide = isSigned ? Int16Array : Uint16Array;
    const data = bitsPerSample > 8 ? new wide(copy.buffer) : copy;
    return { width, height, channels: componentCount, data, shift: 0 };
  } finally {
    decoder.delete();
  }
}

function decodeWithJpx(Jpx: new () => JpxImage, bytes: Uint8Array): RivalPicture {
  const image = new Jpx();
  image.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)); // it calls methods that only Buffer has
  const { width, height, componentsCount: channels, tiles } = image;
  if (tiles.length === 1) return { width, height, channels, data: tiles[0]!.items, shift: 8 };
  const data = new Uint8Array(width * height * channels);
  for (const tile of tiles) {
    for (let y = 0; y < tile.height; y++) {
      const row = tile.items.subarray(y * tile.width * channels, (y + 1) * tile.width * channels);
      data.set(row, ((tile.top + y) * width + tile.left) * channels);
    }
  }
  return { width, height, channels, data, shift: 8 };
}

/** Both packages keep package.json out of their exports, so it is read as a file beside this one's bundle. */
export function versionOf(name: string): string {
  return JSON.parse(readFileSync(new URL(`./${name}/package.json`, import.meta.url), 'utf8')).version;
}
