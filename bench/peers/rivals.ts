/** Other decoders behind one shape: a stream in, interleaved samples out, always with everything a caller needs done. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { findTool } from '../../test/support/tools.ts';
import {
  decodeWithGrok,
  decodeWithOpj,
  readPnmFile,
  scratchFile,
  versionOfGrok,
  versionOfOpj,
} from '../support/native.ts';
import type { Stream } from '../support/streams.ts';

/** A picture as a rival returns it; `shift` is what it leaves out of the depth (`jpeg2000` always returns 8 bits). */
export interface RivalPicture {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: ArrayLike<number>;
  readonly shift: number;
}

/** One decode: how long it took, and the picture, which need not be in memory yet. */
export interface RivalRun {
  readonly ms: number;
  picture(): RivalPicture;
}

/** A decoder to compare with. */
export interface Rival {
  readonly name: string;
  readonly version: string;
  run(stream: Stream): Promise<RivalRun>;
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

/** A decoder in this process, timed from outside. */
export function inProcess(
  name: string,
  version: string,
  decode: (bytes: Uint8Array) => RivalPicture | Promise<RivalPicture>,
): Rival {
  const run = async ({ bytes }: Stream): Promise<RivalRun> => {
    const start = performance.now();
    const made = decode(bytes);
    const picture = made instanceof Promise ? await made : made;
    return { ms: performance.now() - start, picture: () => picture };
  };
  return { name, version, run };
}

/** A program, which tells its time and leaves the picture in a file. */
function native(name: string, version: string, decode: (path: string, output: string) => number): Rival {
  const run = async ({ path }: Stream): Promise<RivalRun> => {
    const output = scratchFile('decoded.ppm');
    const ms = decode(path, output);
    return { ms, picture: () => ({ ...readPnmFile(output), shift: 0 }) };
  };
  return { name, version, run };
}

/** Those that are there of the native rivals. */
export function nativeRivals(): Rival[] {
  return [
    ...(findTool('opj_decompress') ? [native(NATIVE_OPENJPEG, versionOfOpj(), decodeWithOpj)] : []),
    ...(findTool('grk_decompress')
      ? [native('grk_decompress', `${versionOfGrok()}, with writing the file`, decodeWithGrok)]
      : []),
  ];
}

/** OpenJPEG as a program of this machine, and its build for WebAssembly. */
export const NATIVE_OPENJPEG = 'opj_decompress';
export const WASM_OPENJPEG = '@cornerstonejs/codec-openjpeg';

/** Loads the rivals installed in this folder. */
export async function loadRivals(): Promise<Rival[]> {
  const require = createRequire(import.meta.url);
  const wasmVersion = versionOf(WASM_OPENJPEG);
  const jsVersion = versionOf('jpeg2000');
  const factory = require('@cornerstonejs/codec-openjpeg/decodewasmjs');
  const wasm: OpenJpegModule = await factory({ print: () => {}, printErr: () => {} });
  const { JpxImage: Jpx } = require('jpeg2000') as { JpxImage: new () => JpxImage };
  return [
    inProcess(WASM_OPENJPEG, wasmVersion, (bytes) => decodeWithWasm(wasm, bytes)),
    inProcess('jpeg2000', jsVersion, (bytes) => decodeWithJpx(Jpx, bytes)),
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
