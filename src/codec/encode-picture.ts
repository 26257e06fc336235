/**
 * The encoder with a decoder beside it: what drives the work of an encode, with pauses or without.
 *
 * The encoder asks for a decode where a promise can only be kept by measuring. Here, above both, is where the two meet.
 */
import type { EncodingCoder } from './encoder/block-jobs.ts';
import { checkOptions } from './encoder/call-shapes.ts';
import type { DecodeOptions } from './decoder/options.ts';
import { type DecodeRequest, encodePicture, type EncodeWork } from './encoder/encode.ts';
import type { EncodeOptions, EncodeResult, RawImage } from './encoder/options.ts';
import type { DecodedComponent } from './encoder/quality.ts';
import { Deadline, type Executor, PAUSE_INTERVAL_MS } from './executor.ts';
import type { RasterImage } from './image.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { type Codec, openPicture, openPictureSync } from './picture.ts';
import { throwIfAborted } from './source.ts';

/** A codec that can also encode. */
export interface EncodingCodec extends Codec {
  readonly encoders: readonly EncodingCoder[];
}

/** Encodes a picture without waiting. */
export function encodeNow(codec: EncodingCodec, image: RawImage, options: EncodeOptions): EncodeResult {
  checkOptions(options);
  // here nothing can be waited for
  const work = encodePicture(image, { ...options, pool: undefined }, codec.encoders, codec.executor);
  const deadline = deadlineOf(codec.executor, options);
  let step = work.next();
  while (!step.done) {
    deadline.check();
    if (isDecodeRequest(step.value)) {
      const decoded = openPictureSync(codec, step.value.file, {}, 'picture').decodeSync(asEncoded(step.value));
      step = work.next(componentsOf(decoded));
    } else step = work.next();
  }
  return step.value;
}

/** Encodes a picture, giving the event loop a turn every few milliseconds. */
export async function encodeFrom(codec: EncodingCodec, image: RawImage, options: EncodeOptions): Promise<EncodeResult> {
  checkOptions(options);
  const work = encodePicture(image, options, codec.encoders, codec.executor);
  return runEncode(work, codec, options);
}

/** Runs the work of an encode with pauses, aborts and a time limit. */
export async function runEncode<T>(
  work: EncodeWork<T>,
  codec: EncodingCodec,
  options: Pick<EncodeOptions, 'signal' | 'limits' | 'pool'>,
): Promise<T> {
  const { signal } = options;
  throwIfAborted(signal);
  const { executor } = codec;
  const deadline = deadlineOf(executor, options);
  let last = executor.now();
  let step = work.next();
  while (!step.done) {
    deadline.check();
    if (isDecodeRequest(step.value)) {
      const decoded = await decodeAgain(codec, step.value, options);
      step = work.next(componentsOf(decoded));
      continue;
    }
    if (step.value) {
      await step.value;
      throwIfAborted(signal);
      last = executor.now();
    } else if (executor.pause && executor.now() - last >= PAUSE_INTERVAL_MS) {
      await executor.pause();
      throwIfAborted(signal);
      last = executor.now();
    }
    step = work.next();
  }
  return step.value;
}

function isDecodeRequest(asked: DecodeRequest | Promise<unknown> | undefined): asked is DecodeRequest {
  return asked !== undefined && 'file' in asked;
}

/** The components as they were encoded, with nothing done to them. */
function asEncoded({ layers }: DecodeRequest): DecodeOptions {
  return { colour: 'native', layout: 'planar', strict: true, ...(layers === undefined ? {} : { layers }) };
}

async function decodeAgain(
  codec: EncodingCodec,
  request: DecodeRequest,
  { signal, pool }: Pick<EncodeOptions, 'signal' | 'pool'>,
): Promise<RasterImage> {
  const image = await openPicture(codec, request.file, {}, 'picture');
  return image.decode({ ...asEncoded(request), ...(signal ? { signal } : {}), ...(pool ? { pool } : {}) });
}

function componentsOf(image: RasterImage): readonly DecodedComponent[] {
  return image.planes!;
}

function deadlineOf(executor: Executor, options: Pick<EncodeOptions, 'limits'>): Deadline {
  return new Deadline(executor, options.limits?.time ?? DEFAULT_LIMITS.time);
}
