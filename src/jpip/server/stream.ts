/**
 * The body of a response: metadata-bins, then headers, then data of the window, in batches, and why it ended (15444-9 A.2, D.3).
 */
import type { LoadOptions } from '../../codec/packets/precinct-source.ts';
import { throwIfAborted } from '../../codec/source.ts';
import type { CacheModel } from '../bins/cache-model.ts';
import { impliedMetadata, selectMetadata, type WantedBin } from '../bins/metadata-selection.ts';
import type { JpipRequest } from '../request/fields.ts';
import { BIN_CLASS, EOR_REASON } from '../wire/message.ts';
import type { Answer, AnswerForm } from './answer.ts';
import type { Compatibility } from './compatibility.ts';
import type { EngineHost } from './host.ts';
import { paceOf } from './moving-pictures.ts';
import { ResponseWriter } from './response-writer.ts';
import type { Channel, Running } from './session.ts';
import type { ServedCodestream, ServedTarget } from './target.ts';
import { deliverTiles } from './tile-delivery.ts';
import { Turns } from './turns.ts';
import { type BinFilter, type DeliveryTools, deliverWindow } from './window-delivery.ts';

/** What a stream is made from. */
export interface StreamJob {
  readonly request: JpipRequest;
  readonly answer: Answer;
  readonly target: ServedTarget;
  readonly form: Extract<AnswerForm, { kind: 'jpp' | 'jpt' }>;
  readonly model: CacheModel;
  /** The channel that the response goes over; its session keeps the model. */
  readonly channel: Channel | undefined;
  readonly wanted: BinFilter;
  readonly running: Running;
  /** Bytes of any response at most. */
  readonly most: number;
  /** Counts bins that the response has to remember; false when they are more than it may. */
  readonly rememberBins: (bins: number) => boolean;
  readonly compatibility: Compatibility;
  readonly load: LoadOptions;
  readonly host: EngineHost;
}

/** What became of a stream. */
export interface StreamState {
  /** True when the batch that came last is the end. */
  finished: boolean;
  eor: number | undefined;
  reads: number;
  readBytes: number;
}

/** Makes a stream. What it yields counts as sent. */
export async function* streamBins(job: StreamJob, state: StreamState): AsyncGenerator<Uint8Array, undefined> {
  const { request, running, model, load } = job;
  const most = Math.min(job.most, request.len ?? Number.POSITIVE_INFINITY);
  const writer = new ResponseWriter(model, {
    most,
    align: request.align === true,
    remember: job.channel !== undefined,
  });
  const turns = new Turns(job.host);
  const count = (): void => {
    state.reads = writer.reads;
    state.readBytes = writer.readBytes;
  };
  if (!running.preempted && !running.stopped) {
    for await (const _ of deliverAll(job, writer)) {
      const batch = await writer.flush(load.signal);
      count();
      yield batch;
      // where all blocks are in memory, nothing else waits
      if (turns.isDue) await turns.pause();
      if (running.preempted || running.stopped) break;
    }
  }
  const rest = await writer.finish(() => {
    state.eor = reasonOf(job, writer);
    return state.eor;
  }, load.signal);
  count();
  state.finished = true;
  yield rest;
  return undefined;
}

/** Adds everything in order, and yields where a batch is due. */
async function* deliverAll(job: StreamJob, writer: ResponseWriter): AsyncGenerator<void> {
  const { request, answer } = job;
  const sent = new Map<number, number>();
  yield* deliverMetadata([{ id: 0, length: Number.POSITIVE_INFINITY }], job, writer, sent);
  // what every view-window implies (C.5.1)
  if (!request.metareq?.only)
    yield* deliverMetadata(impliedMetadata(job.target.metadata, answer.codestreams), job, writer, sent);
  const metadata = request.metareq ? selectMetadata(job.target.metadata, request.metareq, answer.codestreams) : [];
  yield* deliverMetadata(
    metadata.filter(({ priority }) => priority),
    job,
    writer,
    sent,
  );
  if (!request.metareq?.only) yield* deliverImages(job, writer);
  yield* deliverMetadata(
    metadata.filter(({ priority }) => !priority),
    job,
    writer,
    sent,
  );
}

/** Adds the headers and data of all codestreams. */
async function* deliverImages(job: StreamJob, writer: ResponseWriter): AsyncGenerator<void> {
  const { answer, form, model, wanted, load, rememberBins: remember, compatibility } = job;
  const { tileHeaders = 'standard' } = compatibility;
  const tools: DeliveryTools = {
    writer,
    model,
    wanted,
    extended: form.extended,
    load,
    remember,
    tileHeaders,
    shared: job.channel !== undefined,
  };
  const windows = new Map(answer.windows.map((window) => [window.codestream.number, window]));
  const pace = paceOf(job.request, job.target.file, job.host, job.running, load.signal);
  for (const [k, number] of answer.codestreams.entries()) {
    if (pace && k > 0) {
      yield; // what came before is not held back
      await pace(k);
      throwIfAborted(load.signal);
      if (job.running.preempted || job.running.stopped) return;
    }
    const codestream = await job.target.codestream(number);
    if (codestream === undefined) continue;
    addMainHeader(codestream, job, writer);
    const window = windows.get(number);
    if (window && !writer.full) yield* form.kind === 'jpp' ? deliverWindow(window, tools) : deliverTiles(window, tools);
    if (writer.full) return;
    if (writer.isDue) yield;
  }
}

/** Metadata-bins: all of bin 0, for it says what everything else is, or as much of others as is asked for (C.5.2). */
async function* deliverMetadata(
  wanted: readonly Pick<WantedBin, 'id' | 'length'>[],
  { target, model, wanted: filter }: StreamJob,
  writer: ResponseWriter,
  sent: Map<number, number>,
): AsyncGenerator<void> {
  const { bins } = target.metadata;
  for (const { id, length } of wanted) {
    const bin = bins[id];
    if (bin === undefined || (filter && !filter(0, BIN_CLASS.metadata, id))) continue;
    // what is queued is not in the model yet
    const known = model.held(0, BIN_CLASS.metadata, id);
    const held = { whole: known.whole || sent.get(id) === bin.length, bytes: Math.max(known.bytes, sent.get(id) ?? 0) };
    const to = Math.min(bin.length, length);
    const ends = to === bin.length;
    if (held.whole || (held.bytes >= to && !ends)) continue;
    const contents = { kind: 'pieces', source: target.source, pieces: bin.pieces } as const;
    sent.set(id, to);
    for (let from = Math.min(held.bytes, to), first = true; first || from < to; first = false) {
      from = writer.add(BIN_CLASS.metadata, 0, id, from, to, ends, contents);
      if (writer.full) return;
      if (writer.isDue) yield;
    }
  }
}

function addMainHeader(
  codestream: ServedCodestream,
  { form, model, wanted, compatibility }: StreamJob,
  writer: ResponseWriter,
) {
  const { number, header, plainHeader, storedHeader } = codestream;
  const held = model.held(number, BIN_CLASS.mainHeader, 0);
  if (held.whole || (wanted && !wanted(number, BIN_CLASS.mainHeader, 0))) return;
  const jpp = compatibility.mainHeaders === 'plain' ? plainHeader : header;
  const bytes = form.kind === 'jpt' ? storedHeader : jpp;
  for (let from = Math.min(held.bytes, bytes.length), first = true; first || from < bytes.length; first = false) {
    from = writer.add(BIN_CLASS.mainHeader, number, 0, from, bytes.length, true, { kind: 'bytes', bytes });
    if (writer.full) return;
  }
}

/** Why a response ended (Table D.2). */
function reasonOf(
  { running, request, answer, target, model, wanted, most }: StreamJob,
  writer: ResponseWriter,
): number {
  if (running.stopped) return EOR_REASON.sessionLimit;
  if (running.preempted) return EOR_REASON.windowChange;
  if (writer.stopped) return EOR_REASON.responseLimit;
  if (writer.full)
    return request.len !== undefined && request.len <= most ? EOR_REASON.byteLimit : EOR_REASON.responseLimit;
  if (answer.qualityLimited) return EOR_REASON.qualityLimit;
  const metadata = target.metadata.bins.every(({ id }) => model.held(0, BIN_CLASS.metadata, id).whole);
  return answer.isEverything && wanted === undefined && metadata ? EOR_REASON.imageDone : EOR_REASON.windowDone;
}
