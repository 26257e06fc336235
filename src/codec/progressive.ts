/** Pictures of a file that is still coming in: each better than the last. */
import { BlockCache } from './decoder/block-cache.ts';
import type { DecodeOptions } from './decoder/options.ts';
import { Jpeg2000Error } from './errors.ts';
import type { RasterImage } from './image.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { type Codec, openPicture } from './picture.ts';
import { type AbortSignalLike, throwIfAborted } from './source.ts';

/** Options of a progressive decode. */
export interface ProgressiveOptions extends DecodeOptions {
  /** Least time between two pictures. Default 100. */
  readonly minIntervalMs?: number;
}

/** A picture on the way to the whole. */
export interface ProgressiveImage extends RasterImage {
  /** The highest resolution level of which every precinct has data, -1 before there is one. */
  readonly resolution: number;
  /** Quality layers that all of those precincts have. */
  readonly layer: number;
  /** True for the last picture. */
  readonly final: boolean;
}

/** How much more must have come in before another picture is worth making, as a factor. */
const GROWTH = 1.3;

/** Bytes of decoded code-blocks that are kept from one picture to the next: what has not grown since is not decoded again. */
const KEPT_BYTES = 1 << 27;

/** Makes a picture again and again while bytes come in. */
export async function* decodeGrowing(
  codec: Codec,
  stream: AsyncIterable<Uint8Array>,
  options: ProgressiveOptions,
): AsyncGenerator<ProgressiveImage> {
  const { minIntervalMs = 100 } = options;
  const { executor } = codec;
  const cache = new BlockCache(KEPT_BYTES);
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  let bytes = new Uint8Array(65536);
  let length = 0;
  let triedLength = 0;
  let triedAt = Number.NEGATIVE_INFINITY;
  for await (const chunk of untilAborted(stream, options.signal)) {
    if (length + chunk.length > limits.bytes) {
      throw new Jpeg2000Error('limit', 'limit-bytes', `the stream is longer than the limit of ${limits.bytes} bytes`);
    }
    if (length + chunk.length > bytes.length) {
      const grown = new Uint8Array(Math.max(length + chunk.length, bytes.length * 2));
      grown.set(bytes.subarray(0, length));
      bytes = grown;
    }
    bytes.set(chunk, length);
    length += chunk.length;
    if (length < triedLength * GROWTH || executor.now() - triedAt < minIntervalMs) continue;
    const picture = await decodePrefix(codec, bytes.subarray(0, length), options, cache);
    throwIfAborted(options.signal);
    if (picture !== undefined && picture.stats.codeBlocks > 0) yield withProgress(picture, false);
    // also when there was nothing to show: every attempt is a decode of all that has come in
    triedLength = length;
    triedAt = executor.now();
  }
  const whole = await openPicture(codec, bytes.subarray(0, length), options, 'picture');
  yield withProgress(await whole.keepBlocks(cache).decode(options), true);
}

/** The part of `EventTarget` that tells of an abort while nothing comes in; signals need not have it. */
interface AbortEvents {
  addEventListener?(type: 'abort', listener: () => void): void;
  removeEventListener?(type: 'abort', listener: () => void): void;
}

/** The chunks of a stream, until an abort, which also ends the wait for a chunk that does not come. */
async function* untilAborted(
  stream: AsyncIterable<Uint8Array>,
  signal: AbortSignalLike | undefined,
): AsyncGenerator<Uint8Array> {
  throwIfAborted(signal);
  const chunks = stream[Symbol.asyncIterator]();
  const events = signal as AbortEvents | undefined;
  let stop = () => {};
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
  });
  events?.addEventListener?.('abort', stop);
  let state: 'idle' | 'reading' | 'over' = 'idle';
  try {
    for (;;) {
      state = 'reading';
      const step = await Promise.race([chunks.next(), aborted]);
      throwIfAborted(signal);
      state = step === undefined || step.done ? 'over' : 'idle';
      if (step === undefined || step.done) return;
      yield step.value;
      throwIfAborted(signal);
    }
  } finally {
    events?.removeEventListener?.('abort', stop);
    if (state === 'idle') await chunks.return?.();
    // one that still reads gives itself back when that is over, for which nobody waits
    if (state === 'reading') Promise.resolve(chunks.return?.()).catch(() => {});
  }
}

/** A picture of a prefix; `undefined` while the headers are not all there. */
async function decodePrefix(
  codec: Codec,
  prefix: Uint8Array,
  options: DecodeOptions,
  cache: BlockCache,
): Promise<RasterImage | undefined> {
  const { strict: _, onWarning: __, into: ___, ...rest } = options;
  try {
    const image = await openPicture(codec, prefix, rest, 'picture');
    return await image.keepBlocks(cache).decode(rest);
  } catch (error) {
    // a header that makes no sense may only be cut off; when it is not, the last picture will say so
    if (error instanceof Jpeg2000Error && error.kind === 'malformed') return undefined;
    throw error;
  }
}

function withProgress(picture: RasterImage, final: boolean): ProgressiveImage {
  return { ...picture, resolution: picture.stats.resolutions - 1, layer: picture.stats.layers, final };
}
