/**
 * Batches of code-blocks through a block coder (15444-1 Annexes C and D): what a worker does with a message, and what the pool does
 * on its own thread where there is no worker.
 *
 * Code-blocks are gone through one by one, and between two of them is a good moment to pause, so both directions are `Work`. Numbers of
 * a batch are checked before the first code-block, since they say where to write.
 */
import {
  type AnalysedBatch,
  type AnalysisBatch,
  type BandSubband,
  DECODE_PARAMS,
  type DecodeBatch,
  type DecodedBatch,
  ENCODE_PARAMS,
  type EncodeBatch,
  ENCODED_PARAMS,
  type EncodedBatch,
  type EncodePlanes,
  STRIP_PARAMS,
  type SynthesisBatch,
  type SynthesisedBatch,
} from '../codec/block-pool.ts';
import type {
  BlockCoder,
  BlockDecoder,
  BlockEncoder,
  CodeBlockCoefficients,
  CodeBlockData,
  EncodingCoder,
} from '../codec/index.ts';
import { BandMaker } from '../codec/decoder/make-bands.ts';
import { BandAnalyser } from '../codec/encoder/analyse-bands.ts';
import type { Work } from '../codec/executor.ts';
import { usage } from '../codec/errors.ts';
import { quantiseIrreversible, quantiseReversible } from '../codec/transform/quantization.ts';
import type { Outcome, Task } from './protocol.ts';

/** Coefficients of the largest code-block, and its longest side (Table A.18). */
const MAX_COEFFICIENTS = 4096;
const MAX_SIDE = 1024;
/** More codeword segments than coding passes make no sense: three passes a bit-plane, 38 + 37 + 7 bit-planes. */
const MAX_SEGMENTS = 256;

type Orientation = CodeBlockData['subband'];

/** Codes batches; owns its scratch memory, so only one batch at a time. */
export class BatchCoder {
  private readonly decodingCoders: readonly BlockCoder[];
  private readonly encodingCoders: readonly EncodingCoder[];
  private readonly decoders = new Map<string, BlockDecoder>();
  private readonly encoders = new Map<string, BlockEncoder>();
  private readonly coefficients = new Int32Array(MAX_COEFFICIENTS);
  private readonly coded: CodeBlockData = {
    width: 0,
    height: 0,
    subband: 0,
    style: 0,
    bitPlanes: 0,
    numPasses: 0,
    data: new Uint8Array(0),
    dataLength: 0,
    numSegments: 0,
    segmentPasses: new Int32Array(MAX_SEGMENTS),
    segmentLengths: new Int32Array(MAX_SEGMENTS),
  };
  private readonly plain: CodeBlockCoefficients = {
    width: 0,
    height: 0,
    subband: 0,
    style: 0,
    coefficients: this.coefficients,
    fractionBits: 0,
    exact: true,
    stopSlope: 0,
    measured: false,
    distortions: true,
  };
  private readonly bands = new BandMaker();
  private readonly analyser = new BandAnalyser();
  // what encoders said of the code-blocks of a batch so far
  private data = new Uint8Array(1 << 16);
  private passLengths = new Int32Array(1 << 12);
  private passDistortions = new Float64Array(1 << 12);

  constructor(decodingCoders: readonly BlockCoder[], encodingCoders: readonly EncodingCoder[]) {
    this.decodingCoders = decodingCoders;
    this.encodingCoders = encodingCoders;
  }

  /** Does a task of any kind. */
  run(task: Task): Work<Outcome> {
    if (task.kind === 'decode') return this.decode(task.batch);
    if (task.kind === 'synthesise') return this.synthesise(task.batch);
    return task.kind === 'analyse' ? this.analyse(task.batch) : this.encode(task.batch);
  }

  /** Decodes a batch into its own memory, or into an array that is made for it. */
  *decode(batch: DecodeBatch): Work<DecodedBatch> {
    checkDecodeBatch(batch);
    const decoder = this.decoderOf(batch.coder);
    const { params, segments, data } = batch;
    const count = params.length / DECODE_PARAMS.count;
    const out = batch.out ?? new Int32Array(batch.length);
    const findings = new Int32Array(count);
    const { coded, coefficients } = this;
    const { segmentPasses, segmentLengths } = coded;
    let byte = 0;
    let segment = 0;
    for (let k = 0; k < count; k++) {
      const p = k * DECODE_PARAMS.count;
      const width = params[p + DECODE_PARAMS.width];
      const height = params[p + DECODE_PARAMS.height];
      coded.width = width;
      coded.height = height;
      coded.subband = params[p + DECODE_PARAMS.subband] as Orientation;
      coded.style = params[p + DECODE_PARAMS.style];
      coded.bitPlanes = params[p + DECODE_PARAMS.bitPlanes];
      coded.magnitudeBits = params[p + DECODE_PARAMS.magnitudeBits];
      coded.numPasses = params[p + DECODE_PARAMS.numPasses];
      coded.numSegments = params[p + DECODE_PARAMS.numSegments];
      coded.dataLength = params[p + DECODE_PARAMS.dataLength];
      coded.data = data.subarray(byte, byte + coded.dataLength);
      byte += coded.dataLength;
      for (let s = 0; s < coded.numSegments; s++) {
        segmentPasses[s] = segments[segment++];
        segmentLengths[s] = segments[segment++];
      }
      // not at once into `out`: a batch can be done again while the worker that was given up still writes, and may then only
      // write what is right
      findings[k] = decoder.decode(coded, coefficients, 0, width);
      const at = params[p + DECODE_PARAMS.at];
      const stride = params[p + DECODE_PARAMS.stride];
      for (let y = 0; y < height; y++) {
        out.set(coefficients.subarray(y * width, (y + 1) * width), at + y * stride);
      }
      yield;
    }
    return { coefficients: out, findings };
  }

  /** Makes rows of decoded coefficients. */
  synthesise(batch: SynthesisBatch): Work<SynthesisedBatch> {
    checkSynthesisBatch(batch);
    return this.bands.make(batch);
  }

  /** Makes coefficients of samples. */
  analyse(batch: AnalysisBatch): Work<AnalysedBatch> {
    checkAnalysisBatch(batch);
    return this.analyser.make(batch);
  }

  /** Encodes a batch. */
  *encode(batch: EncodeBatch): Work<EncodedBatch> {
    checkEncodeBatch(batch);
    const encoder = this.encoderOf(batch.coder);
    const { params, stopSlopes, coefficients, planes } = batch;
    const count = stopSlopes.length;
    const { plain } = this;
    const outcome = new Int32Array(count * ENCODED_PARAMS.count);
    const residuals = new Float64Array(count);
    let from = 0;
    let bytes = 0;
    let passes = 0;
    for (let k = 0; k < count; k++) {
      const p = k * ENCODE_PARAMS.count;
      plain.width = params[p + ENCODE_PARAMS.width];
      plain.height = params[p + ENCODE_PARAMS.height];
      plain.subband = params[p + ENCODE_PARAMS.subband] as Orientation;
      plain.style = params[p + ENCODE_PARAMS.style];
      plain.fractionBits = params[p + ENCODE_PARAMS.fractionBits];
      plain.exact = params[p + ENCODE_PARAMS.exact] === 1;
      plain.measured = params[p + ENCODE_PARAMS.measured] === 1;
      plain.distortions = params[p + ENCODE_PARAMS.distortions] === 1;
      plain.stopSlope = stopSlopes[k];
      if (planes) takeOut(planes, k, plain.width, plain.height, this.coefficients);
      else {
        const to = from + plain.width * plain.height;
        this.coefficients.set(coefficients.subarray(from, to));
        from = to;
      }
      const block = encoder.encode(plain);
      const { bitPlanes, numPasses, dataLength } = block;
      const o = k * ENCODED_PARAMS.count;
      outcome[o + ENCODED_PARAMS.bitPlanes] = bitPlanes;
      outcome[o + ENCODED_PARAMS.numPasses] = numPasses;
      outcome[o + ENCODED_PARAMS.dataLength] = dataLength;
      residuals[k] = block.residual;
      this.makeRoom(bytes + dataLength, passes + numPasses);
      this.data.set(block.data.subarray(0, dataLength), bytes);
      this.passLengths.set(block.passLengths.subarray(0, numPasses), passes);
      this.passDistortions.set(block.passDistortions.subarray(0, numPasses), passes);
      bytes += dataLength;
      passes += numPasses;
      yield;
    }
    return {
      params: outcome,
      data: this.data.slice(0, bytes),
      passLengths: this.passLengths.slice(0, passes),
      passDistortions: this.passDistortions.slice(0, passes),
      residuals,
    };
  }

  private makeRoom(bytes: number, passes: number): void {
    if (bytes > this.data.length) {
      const grown = new Uint8Array(Math.max(bytes, 2 * this.data.length));
      grown.set(this.data);
      this.data = grown;
    }
    if (passes > this.passLengths.length) {
      const length = Math.max(passes, 2 * this.passLengths.length);
      const lengths = new Int32Array(length);
      const distortions = new Float64Array(length);
      lengths.set(this.passLengths);
      distortions.set(this.passDistortions);
      this.passLengths = lengths;
      this.passDistortions = distortions;
    }
  }

  private decoderOf(name: string): BlockDecoder {
    let decoder = this.decoders.get(name);
    if (decoder === undefined) {
      decoder = coderOf(this.decodingCoders, name).createDecoder();
      this.decoders.set(name, decoder);
    }
    return decoder;
  }

  private encoderOf(name: string): BlockEncoder {
    let encoder = this.encoders.get(name);
    if (encoder === undefined) {
      encoder = coderOf(this.encodingCoders, name).createEncoder();
      this.encoders.set(name, encoder);
    }
    return encoder;
  }
}

/** Quantises a code-block that lies in a plane. */
function takeOut(
  { plane, places, factors }: EncodePlanes,
  k: number,
  width: number,
  height: number,
  q: Int32Array,
): void {
  const from = places[2 * k];
  const stride = places[2 * k + 1];
  if (plane instanceof Int32Array) quantiseReversible(plane, from, stride, width, height, q);
  else quantiseIrreversible(plane, from, stride, width, height, factors[k], q);
}

function coderOf<T extends { readonly name: string }>(coders: readonly T[], name: string): T {
  const coder = coders.find((one) => one.name === name);
  if (coder === undefined) throw usage('option-value', `the pool's workers have no block coder "${name}"`);
  return coder;
}

/** Throws for a batch whose numbers do not fit its arrays. */
function checkDecodeBatch({ params, segments, data, out, length }: DecodeBatch): void {
  if (params.length % DECODE_PARAMS.count !== 0) throw broken('numbers of a code-block are missing');
  if (out !== undefined && out.length < length) throw broken('its memory is shorter than it says');
  let bytes = 0;
  let numSegments = 0;
  for (let p = 0; p < params.length; p += DECODE_PARAMS.count) {
    const width = params[p + DECODE_PARAMS.width];
    const height = params[p + DECODE_PARAMS.height];
    checkSize(width, height, params[p + DECODE_PARAMS.subband]);
    const at = params[p + DECODE_PARAMS.at];
    const stride = params[p + DECODE_PARAMS.stride];
    const isInside = at >= 0 && stride >= width && at + (height - 1) * stride + width <= length;
    if (!isInside) throw broken('a code-block lies outside its memory');
    const own = params[p + DECODE_PARAMS.numSegments];
    if (own < 0 || own > MAX_SEGMENTS) throw broken(`${own} codeword segments in a code-block`);
    numSegments += own;
    if (params[p + DECODE_PARAMS.dataLength] < 0) throw broken('a length is negative');
    bytes += params[p + DECODE_PARAMS.dataLength];
  }
  if (bytes > data.length) throw broken('bytes are missing');
  if (2 * numSegments > segments.length) throw broken('codeword segments are missing');
}

/** Reading beside memory gives nothing, and would go unnoticed. */
function checkSynthesisBatch({ bands, slabs }: SynthesisBatch): void {
  for (const { components } of bands) {
    for (const { subbands } of components) {
      for (const subband of subbands.flat()) if (subband) checkStrips(subband, slabs);
    }
  }
}

function checkStrips({ strips, area, y }: BandSubband, slabs: readonly Int32Array[]): void {
  if (strips.length % STRIP_PARAMS.count !== 0) throw broken('numbers of a strip are missing');
  if (area.skip < 0 || area.skip + area.width > area.stride) throw broken('rows are longer than their strip');
  let next = strips[STRIP_PARAMS.lo];
  if (y < next) throw broken('the first strip is missing');
  for (let p = 0; p < strips.length; p += STRIP_PARAMS.count) {
    const lo = strips[p + STRIP_PARAMS.lo];
    const hi = strips[p + STRIP_PARAMS.hi];
    if (lo !== next || hi <= lo) throw broken('strips do not follow each other');
    next = hi;
    const slab = strips[p + STRIP_PARAMS.slab];
    if (slab === -1) continue;
    const start = strips[p + STRIP_PARAMS.start];
    const isInside = start >= 0 && start + (hi - lo) * area.stride <= (slabs[slab]?.length ?? 0);
    if (!isInside) throw broken('a strip lies outside its memory');
  }
}

function checkAnalysisBatch(batch: AnalysisBatch): void {
  const { sources, width, height, from, to, out, places, stride } = batch;
  if (places.length !== sources.length) throw broken('places of components are missing');
  if (!(from >= 0 && from < to && to <= height && stride >= width)) throw broken('rows that are not there');
  for (const { data, offset, strideX, strideY } of sources) {
    const isInside = offset >= 0 && offset + (height - 1) * strideY + (width - 1) * strideX < data.length;
    if (!isInside) throw broken('samples are missing');
  }
  for (const at of places) {
    if (!(at >= 0 && at + (to - from - 1) * stride + width <= out.length))
      throw broken('rows lie outside their memory');
  }
}

function checkEncodeBatch({ params, stopSlopes, coefficients, planes }: EncodeBatch): void {
  if (params.length !== stopSlopes.length * ENCODE_PARAMS.count) throw broken('numbers of a code-block are missing');
  let size = 0;
  for (let p = 0; p < params.length; p += ENCODE_PARAMS.count) {
    const width = params[p + ENCODE_PARAMS.width];
    const height = params[p + ENCODE_PARAMS.height];
    checkSize(width, height, params[p + ENCODE_PARAMS.subband]);
    size += width * height;
    if (planes === undefined) continue;
    const k = p / ENCODE_PARAMS.count;
    const at = planes.places[2 * k];
    const stride = planes.places[2 * k + 1];
    const isInside = at >= 0 && stride >= width && at + (height - 1) * stride + width <= planes.plane.length;
    if (!isInside) throw broken('a code-block lies outside its plane');
  }
  if (planes === undefined && size > coefficients.length) throw broken('coefficients are missing');
}

function checkSize(width: number, height: number, subband: number): void {
  const isLegal = width >= 1 && height >= 1 && width <= MAX_SIDE && height <= MAX_SIDE;
  if (!isLegal || width * height > MAX_COEFFICIENTS) throw broken(`a code-block of ${width} × ${height}`);
  if (subband < 0 || subband > 3) throw broken(`subband ${subband}`);
}

/** Batches are made by the decoder and the encoder, so this is nobody's mistake but ours. */
function broken(what: string): Error {
  return new Error(`a batch is malformed (${what}); please report this`);
}
