/**
 * The decoder for callers who count bytes: block coders are handed in, and there is no colour code. Pictures are always
 * `native`, the components as the codestream stores them (`jp2kit/decode-core`).
 *
 * @module decode-core
 */
import {
  type BlockCoder,
  type Bytes,
  type DecodeOptions,
  type ImageInput,
  openAs,
  openAsSync,
  OpenedPicture,
  type RasterImage,
} from './codec/index.ts';
import { hostExecutor } from './platform/host-executor.ts';

export type {
  BlockCoder,
  BlockDecoder,
  Bytes,
  CodeBlockData,
  DecodeOptions,
  ImageInput,
  RasterImage,
} from './codec/index.ts';
export { Jpeg2000Error } from './codec/index.ts';
export { classic } from './codec/tier1/classic.ts';
export { ht } from './codec/tier1/ht.ts';

/** Options of {@link decode} and {@link decodeSync} here: those of the full decoder, less colour and pools, plus the block coders. */
export interface DecodeCoreOptions extends Omit<DecodeOptions, 'colour' | 'upsample' | 'pool'> {
  /** The block coders that may be needed; `classic` is that of Part 1, `ht` that of Part 15 (HTJ2K). */
  readonly coders: readonly BlockCoder[];
}

/**
 * Decodes a picture, or a window of one, to the components as they are stored.
 *
 * @throws {Jpeg2000Error} `malformed`, `unsupported` (also when no coder handles a code-block), `limit` or `usage`.
 * @example
 * ```ts
 * import { classic, decode } from 'jp2kit/decode-core';
 * const picture = await decode(bytes, { coders: [classic] });
 * ```
 */
export async function decode(input: ImageInput, options: DecodeCoreOptions): Promise<RasterImage> {
  const codec = { coders: options.coders, channels: undefined, executor: hostExecutor };
  const image = await openAs(OpenedPicture, codec, input, options, 'picture');
  return image.decode({ ...options, colour: 'native' });
}

/**
 * As {@link decode}, without waiting; the whole file must be in memory.
 *
 * @throws {Jpeg2000Error} as {@link decode}.
 * @example
 * ```ts
 * import { classic, decodeSync } from 'jp2kit/decode-core';
 * const picture = decodeSync(bytes, { coders: [classic], reduce: 1 });
 * ```
 */
export function decodeSync(bytes: Bytes, options: Omit<DecodeCoreOptions, 'signal'>): RasterImage {
  const codec = { coders: options.coders, channels: undefined, executor: hostExecutor };
  return openAsSync(OpenedPicture, codec, bytes, options, 'picture').decodeSync({ ...options, colour: 'native' });
}
