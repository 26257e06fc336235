/**
 * What drives a transcode: a file or any provider of packets in, bytes in memory or a sink out, with waiting or without.
 */
import { capNeedsHighThroughput } from './codestream/cap.ts';
import { DiagnosticLog, type Diagnostic, overLimit, usage } from './errors.ts';
import { Deadline, type Executor, PAUSE_INTERVAL_MS } from './executor.ts';
import { type Jp2File, readJp2File } from './fileformat/jp2-file.ts';
import { writeCodestreamBoxHeader, writeJp2Head } from './fileformat/write-jp2.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { CodestreamSource } from './packets/codestream-source.ts';
import type { PrecinctSource } from './packets/precinct-source.ts';
import { type Codec, locate } from './picture.ts';
import { type Coders, Recoder } from './recode-blocks.ts';
import { type ByteSink, MemorySink, SinkWriter } from './sink.ts';
import {
  type AbortSignalLike,
  type Bytes,
  BytesSource,
  type ImageInput,
  isBytes,
  MeteredSource,
  readFrom,
  type Reading,
  readNow,
  sourceOf,
  throwIfAborted,
} from './source.ts';
import { type KeptBoxes, readKeptBoxes, writeKeptBoxes } from './transcode/file-boxes.ts';
import type { TranscodePlan } from './transcode/headers.ts';
import {
  checkTranscodeOptions,
  type TranscodeOptions,
  type TranscodeResult,
  type TranscodeSummary,
} from './transcode/options.ts';
import { transcodeCodestream } from './transcode/transcode.ts';
import type { TranscodeReply, TranscodeStep, TranscodeWork } from './transcode/work.ts';
import type { Destination, WrittenTiles } from './transcode/write-tiles.ts';

/** A file whose packets and boxes are at hand. */
interface OpenSource {
  readonly source: PrecinctSource;
  /** Absent where packets come from something that is no file. */
  readonly file: Jp2File | undefined;
  readonly boxes: KeptBoxes | undefined;
  /** What was tolerated in the headers. */
  readonly found: readonly Diagnostic[];
  /** Bytes of the source, where they are known. */
  readonly bytesIn: number | undefined;
}

/** For transcodes that leave code-blocks as they are. */
const NO_CODERS: Coders = { coders: [], encoders: [] };

/** What a transcode needs of a build and its host. */
export type TranscodingCodec = Pick<Codec, 'executor' | 'indexing'> & Coders;

/** Transcodes bytes in memory without waiting. */
export function transcodeNow(codec: TranscodingCodec, bytes: Bytes, options: TranscodeOptions): TranscodeResult {
  checkTranscodeOptions(options);
  if (!isBytes(bytes)) throw usage('input-type', `expected bytes in memory, found ${typeof bytes}`);
  if (options.index) throw usage('sync-source', 'an index cannot be used without waiting');
  const { executor } = codec;
  const input = new BytesSource(bytes);
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const log = new DiagnosticLog(options.strict);
  const start = executor.now();
  const read = readNow(readingBoxes(input.size, options, limits, log), input.bytes);
  const located = locate(read.file, input); // what is joined of bytes in memory is in memory
  const reading = CodestreamSource.open(located.input, located.place, limits, log);
  const source = readNow(reading, (located.input as BytesSource).bytes);
  const out = { canPatch: true, letsGo: false };
  const job = new Job({ ...read, source, found: log.list, bytesIn: input.size }, options, out, codec);
  const sink = new MemorySink(limits.bytes);
  const deadline = new Deadline(executor, limits.time);
  let step = job.work.next();
  while (!step.done) {
    deadline.check();
    if (step.value.write) sink.write(step.value.write);
    step = job.work.next(job.noted(answerNow(source, step.value, deadline)));
  }
  const patch = job.lateBoxHeader(sink.length);
  if (patch) sink.patch(patch.offset, patch.bytes);
  return { data: sink.join(), ...summaryOf(job, step.value, input.size, sink.length, executor.now() - start) };
}

/** Transcodes into memory. */
export async function transcodeFrom(
  codec: TranscodingCodec,
  input: ImageInput,
  options: TranscodeOptions,
): Promise<TranscodeResult> {
  const sink = new MemorySink(options?.limits?.bytes ?? DEFAULT_LIMITS.bytes);
  const summary = await transcodeInto(codec, input, sink, options);
  return { data: sink.join(), ...summary };
}

/** Transcodes a file of any size to a sink. */
export async function transcodeInto(
  codec: TranscodingCodec,
  input: ImageInput,
  sink: ByteSink,
  options: TranscodeOptions,
): Promise<TranscodeSummary> {
  const { executor, indexing } = codec;
  const start = executor.now();
  const out = new SinkWriter(sink);
  let opened: OpenSource;
  try {
    checkTranscodeOptions(options);
    const { signal } = options;
    throwIfAborted(signal);
    const given = sourceOf(input);
    const source = given instanceof BytesSource ? given : new MeteredSource(given);
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const log = new DiagnosticLog(options.strict);
    const read = await readFrom(readingBoxes(source.size, options, limits, log), source, signal, executor);
    const located = locate(read.file, source);
    const reading = CodestreamSource.open(located.input, located.place, limits, log);
    const codestream = await readFrom(reading, located.input, signal, executor);
    // index boxes in the file itself have no checksum: headers are followed instead
    if (options.index) {
      const how = { executor, ...(signal ? { signal } : {}) };
      await indexing?.attach(codestream, options.index, limits, how);
    }
    opened = { ...read, source: codestream, found: log.list, bytesIn: source.size };
  } catch (error) {
    await out.abort(error);
    throw error;
  }
  const summary = await writing(executor, opened, out, options, codec);
  return { ...summary, ms: executor.now() - start };
}

/**
 * Transcodes what any provider of packets holds, to a sink: an indexed codestream, an encoder's output, or one of your own. `coders` are
 * only needed where the block coder changes (`options.coder`).
 *
 * @throws {Jpeg2000Error} as `transcode`.
 * @example
 * ```ts
 * const summary = await transcodePackets({ now: () => performance.now() }, source, await fileSink('out.j2k'), { progression: 'RPCL' });
 * ```
 */
export async function transcodePackets(
  executor: Executor,
  source: PrecinctSource,
  sink: ByteSink,
  options: TranscodeOptions,
  coders: Coders = NO_CODERS,
): Promise<TranscodeSummary> {
  checkTranscodeOptions(options);
  throwIfAborted(options.signal);
  const start = executor.now();
  const opened = { source, file: undefined, boxes: undefined, found: [], bytesIn: undefined };
  const summary = await writing(executor, opened, new SinkWriter(sink), options, coders);
  return { ...summary, ms: executor.now() - start };
}

/** Reads what stands around the codestream, as far as the result takes it over. */
function* readingBoxes(
  size: number | undefined,
  options: TranscodeOptions,
  limits: Limits,
  log: DiagnosticLog,
): Reading<Pick<OpenSource, 'boxes'> & { readonly file: Jp2File }> {
  const file = yield* readJp2File(log, limits, size);
  const bare = file.container === 'codestream' || options.container === 'codestream';
  return { file, boxes: bare ? undefined : yield* readKeptBoxes(file, size, limits) };
}

async function writing(
  executor: Executor,
  opened: OpenSource,
  out: SinkWriter,
  options: TranscodeOptions,
  coders: Coders,
): Promise<TranscodeSummary> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const writes = new OneWrite();
  const { signal } = options;
  try {
    const job = new Job(opened, options, out, coders);
    const deadline = new Deadline(executor, limits.time);
    let last = executor.now();
    let step = job.work.next();
    while (!step.done) {
      deadline.check();
      throwIfAborted(signal);
      if (step.value.write) {
        await writes.settled();
        writes.begin(out.write(step.value.write));
      }
      const reply = await answer(opened.source, step.value, { executor, deadline, ...(signal ? { signal } : {}) });
      if (executor.pause && executor.now() - last >= PAUSE_INTERVAL_MS) {
        await executor.pause();
        last = executor.now();
      }
      throwIfAborted(signal);
      step = job.work.next(job.noted(reply));
    }
    await writes.settled();
    await out.flush();
    const patch = job.lateBoxHeader(out.length);
    if (patch) await out.patch(patch.offset, patch.bytes);
    await out.close();
    return summaryOf(job, step.value, opened.bytesIn, out.length, 0);
  } catch (error) {
    await writes.settled().catch(() => {}); // the first failure is the one that counts
    await out.abort(error);
    throw error;
  }
}

/** A write that goes on while the next packets are brought in; there is never more than one. */
class OneWrite {
  private pending: Promise<void> | undefined;

  begin(write: Promise<void>): void {
    this.pending = write;
    write.catch(() => {}); // whoever waits for it is told
  }

  /** Waits until it is done, or throws what went wrong. */
  async settled(): Promise<void> {
    const { pending } = this;
    this.pending = undefined;
    await pending;
  }
}

function answerNow(source: PrecinctSource, { ends, load }: TranscodeStep, deadline: Deadline): TranscodeReply {
  const sync = source.packetEndsSync !== undefined && source.loadSync !== undefined;
  if ((ends || load) && !sync) throw usage('sync-source', 'only bytes in memory can be read synchronously');
  if (ends) return source.packetEndsSync!(ends, { deadline });
  return load && source.loadSync!(load, { deadline });
}

async function answer(
  source: PrecinctSource,
  { ends, load }: TranscodeStep,
  options: { readonly executor: Executor; readonly deadline: Deadline; readonly signal?: AbortSignalLike },
): Promise<TranscodeReply> {
  if (ends) return source.packetEnds(ends, options);
  return load && source.load(load, options);
}

/**
 * Sources up to this size get a box header without XLBox when its length is filled in afterwards: marker segments make a codestream
 * larger, but not sixteen times.
 */
const NARROW_SOURCE = 2 ** 28;

/** One transcode on its way: the work, what was tolerated, and the box around the codestream. */
class Job implements Destination {
  readonly work: TranscodeWork<WrittenTiles>;
  readonly log: DiagnosticLog;
  readonly options: TranscodeOptions;
  numTiles = 0;
  private readonly opened: OpenSource;
  private readonly canPatch: boolean;
  /** Two rooms in turn, one being filled and one being written; none where the sink keeps what it is given. */
  private readonly rooms: Uint8Array[] | undefined;
  private turn = 0;
  /** Where the header of the codestream's box stands when its length is not known yet. */
  private box: { readonly offset: number; readonly headerLength: number } | undefined;
  private readonly seen = new Set<string>();

  constructor(
    opened: OpenSource,
    options: TranscodeOptions,
    out: Pick<SinkWriter, 'canPatch' | 'letsGo'>,
    coders: Coders,
  ) {
    this.opened = opened;
    this.options = options;
    this.log = new DiagnosticLog(options.strict);
    this.canPatch = out.canPatch;
    this.rooms = out.letsGo ? [new Uint8Array(0), new Uint8Array(0)] : undefined;
    for (const diagnostic of opened.found) this.note(diagnostic);
    const recoder = options.coder && new Recoder(coders, options.coder);
    this.work = transcodeCodestream(opened.source.main, options, this, this.log, recoder);
  }

  head(plan: TranscodePlan, length: number | undefined): Uint8Array {
    this.numTiles = plan.tiles.length;
    const boxes = this.boxesBefore(plan);
    if (boxes === undefined) return new Uint8Array(0);
    const late = length === undefined && this.canPatch;
    const header = late ? writeCodestreamBoxHeader(0, this.isWide) : writeCodestreamBoxHeader(length);
    if (late) this.box = { offset: boxes.length, headerLength: header.length };
    const head = new Uint8Array(boxes.length + header.length);
    head.set(boxes);
    head.set(header, boxes.length);
    return head;
  }

  room(length: number): Uint8Array {
    if (this.rooms === undefined) return new Uint8Array(length);
    this.turn = 1 - this.turn;
    if (this.rooms[this.turn].length < length) this.rooms[this.turn] = new Uint8Array(length + (length >> 2));
    return this.rooms[this.turn].subarray(0, length);
  }

  /** The header of the codestream's box, for a file of so many bytes, where it was left open. */
  lateBoxHeader(fileLength: number): { readonly offset: number; readonly bytes: Uint8Array } | undefined {
    if (this.box === undefined) return undefined;
    const { offset, headerLength } = this.box;
    const bytes = writeCodestreamBoxHeader(fileLength - offset - headerLength, this.isWide);
    if (bytes.length === headerLength) return { offset, bytes };
    throw overLimit('limit-bytes', `the result has ${fileLength} bytes, far more than its source`);
  }

  /** Whether the box gets room for a length of 64 bits. */
  private get isWide(): boolean {
    const { bytesIn = Number.POSITIVE_INFINITY } = this.opened;
    return bytesIn > NARROW_SOURCE;
  }

  /** Takes over what a source tolerated, each thing once. */
  noted(reply: TranscodeReply): TranscodeReply {
    for (const diagnostic of reply?.diagnostics ?? []) this.note(diagnostic);
    return reply;
  }

  private note({ code, message, offset, clause }: Diagnostic): void {
    const key = `${code} ${message}`;
    if (this.seen.has(key)) return;
    this.seen.add(key);
    const place = { ...(offset === undefined ? {} : { offset }), ...(clause === undefined ? {} : { clause }) };
    // an unknown segment is legal (15444-1 A.1.1)
    if (code === 'marker-unknown') this.log.note(code, message, place);
    else this.log.add(code, message, place);
  }

  /** A map that was cut or made coarser lies elsewhere than its boxes say; what they should say is the caller's business. */
  private noteGeography({ options }: TranscodePlan, { metadata }: Jp2File): void {
    const geographic = metadata.gml !== undefined || metadata.uuids.some(({ name }) => name === 'geotiff');
    const kept = options.metadata === undefined || options.metadata === 'keep';
    if (!geographic || !kept || !(options.crop || options.reduce)) return;
    this.log.note('metadata-stale', 'the GeoTIFF or GML boxes still speak of the whole picture in its full size');
  }

  /** The boxes before the codestream's; `undefined` for a bare codestream. */
  private boxesBefore(plan: TranscodePlan): Uint8Array | undefined {
    const { file, boxes } = this.opened;
    const { container, metadata } = this.options;
    const bare = file === undefined || file.container === 'codestream';
    if ((container ?? (bare ? 'codestream' : 'jp2')) === 'codestream') return undefined;
    const isHt = capNeedsHighThroughput(plan.main.segments.cap);
    const isNew = bare || this.options.coder !== undefined;
    if (container === 'jp2' && isHt && isNew) {
      throw usage('option-value', 'a JP2 file has no high-throughput code-blocks: container jph (15444-15 D)');
    }
    if (container === 'jph' && !isHt)
      throw usage('option-value', 'a JPH file is for high-throughput code-blocks: coder ht');
    if (bare) return writeJp2Head(plan.main.siz, undefined, typeof metadata === 'object' ? metadata : {}, isHt);
    this.noteGeography(plan, file);
    const changes = { before: plan.source.siz, after: plan.main.siz, components: plan.components, reduce: plan.reduce };
    // what a file is follows its code-blocks, and nothing else does
    const brand =
      this.options.coder === undefined ? undefined : isHt ? 'jph ' : file.container === 'jph' ? 'jp2 ' : undefined;
    return writeKeptBoxes(boxes!, file.header, changes, metadata, brand);
  }
}

function summaryOf(
  { log, numTiles }: Job,
  written: WrittenTiles,
  bytesIn: number | undefined,
  bytes: number,
  ms: number,
): TranscodeSummary {
  const { partialTiles, ...counts } = written;
  return {
    bytesIn,
    bytes,
    ...counts,
    tiles: numTiles,
    status: partialTiles === 0 ? 'complete' : 'partial',
    warnings: log.list,
    ms,
  };
}
