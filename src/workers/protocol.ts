/**
 * What a pool and its workers say to each other.
 *
 * A worker that has started says `ready` with the build that it belongs to; one of another build is refused, since both sides must
 * agree on every number of a batch. Then the pool sends batches, at most two ahead, and the worker answers each of them once, in order.
 *
 * Shared memory is shared, everything else is copied by the platform, and nothing is moved: V8 makes all typed arrays of a thread slower once
 * one buffer of it has been moved away (a third in vertical filter steps, V8 11.3, 2026-12), and batches have to stay whole anyway,
 * because another worker has to do them again when this one dies.
 *
 * What arrives is checked by its receiver: a page may have other scripts that talk to a worker (development servers do), and those
 * messages are nobody's business here.
 */
import type {
  AnalysedBatch,
  AnalysisBatch,
  DecodeBatch,
  DecodedBatch,
  EncodeBatch,
  EncodedBatch,
  SynthesisBatch,
  SynthesisedBatch,
} from '../codec/block-pool.ts';

/** The build of pool and worker; a test keeps it equal to the package's version. */
export const BUILD = '0.1.0';

/** Messages that one worker holds: the batch that it works on, and the next, so that it never waits for the pool. */
export const MOST_OUTSTANDING = 2;

/** A batch, and what to do with it. */
export type Task =
  | { readonly kind: 'decode'; readonly batch: DecodeBatch }
  | { readonly kind: 'synthesise'; readonly batch: SynthesisBatch }
  | { readonly kind: 'analyse'; readonly batch: AnalysisBatch }
  | { readonly kind: 'encode'; readonly batch: EncodeBatch };

/** What comes out of a task. */
export type Outcome = DecodedBatch | SynthesisedBatch | AnalysedBatch | EncodedBatch;

/** From the pool to a worker. */
export type Request =
  | { readonly jp2kit: string; readonly kind: 'task'; readonly id: number; readonly task: Task }
  | { readonly jp2kit: string; readonly kind: 'cancel'; readonly id: number };

/** From a worker to the pool. */
export type Answer =
  /** The first message of a worker. */
  | { readonly jp2kit: string; readonly kind: 'ready' }
  | { readonly jp2kit: string; readonly kind: 'done'; readonly id: number; readonly outcome: Outcome }
  /** A batch that was cancelled before it began. */
  | { readonly jp2kit: string; readonly kind: 'dropped'; readonly id: number }
  /** A batch that a coder, or this worker, did not take. */
  | { readonly jp2kit: string; readonly kind: 'failed'; readonly id: number; readonly message: string }
  /** A message that could not be read at all. */
  | { readonly jp2kit: string; readonly kind: 'unreadable' };

const NONE = new Int32Array(0);

/** An outcome as it travels: the pool has what was written to shared memory, and to send that takes longer than to send other arrays. */
export function withoutShared(task: Task, outcome: Outcome): Outcome {
  if (task.kind === 'decode' && task.batch.out) return { ...(outcome as DecodedBatch), coefficients: NONE };
  if (task.kind !== 'synthesise') return outcome;
  const { samples } = outcome as SynthesisedBatch;
  return { samples: samples.map((array) => (isShared(array) ? array.slice(0, 0) : array)) };
}

/** The outcome with the memory that the task names. */
export function withShared(task: Task, outcome: Outcome): Outcome {
  if (task.kind === 'decode' && task.batch.out) return { ...(outcome as DecodedBatch), coefficients: task.batch.out };
  if (task.kind !== 'synthesise') return outcome;
  const own = task.batch.bands.flatMap(({ outputs }) => outputs.map(({ samples }) => samples));
  const { samples } = outcome as SynthesisedBatch;
  return { samples: samples.map((array, k) => (isShared(own[k]) ? own[k] : array)) };
}

/** True for memory that several threads can see. */
export function isShared({ buffer }: ArrayBufferView): boolean {
  return typeof SharedArrayBuffer === 'function' && buffer instanceof SharedArrayBuffer;
}

/** A request, or nothing where the message is not for us. */
export function readRequest(message: unknown): Request | undefined {
  const request = message as Request | null | undefined;
  if (request?.jp2kit !== BUILD) return undefined;
  return request;
}

/** An answer, or nothing where the message is not from one of our workers. */
export function readAnswer(message: unknown): Answer | undefined {
  const answer = message as Answer | null | undefined;
  return typeof answer?.jp2kit === 'string' ? answer : undefined;
}

/** Whether an outcome is what the task asked for; a worker that says something else is not to be trusted any more. */
export function answers(task: Task, outcome: Outcome): boolean {
  if (task.kind === 'decode') {
    const { coefficients, findings } = outcome as DecodedBatch;
    const hasAll = task.batch.out !== undefined || (isWords(coefficients) && coefficients.length >= task.batch.length);
    return hasAll && isWords(findings);
  }
  if (task.kind === 'synthesise') {
    const { samples } = outcome as SynthesisedBatch;
    const wanted = task.batch.bands.flatMap(({ outputs }) => outputs);
    return Array.isArray(samples) && samples.length === wanted.length && samples.every(ArrayBuffer.isView);
  }
  if (task.kind === 'analyse') return typeof (outcome as AnalysedBatch).inRange === 'boolean';
  const { params, data, passLengths, passDistortions, residuals } = outcome as EncodedBatch;
  const areFloats = passDistortions instanceof Float64Array && residuals instanceof Float64Array;
  const areThere = isWords(params) && isWords(passLengths) && data instanceof Uint8Array && areFloats;
  return areThere && residuals.length === task.batch.stopSlopes.length;
}

function isWords(array: unknown): array is Int32Array {
  return array instanceof Int32Array;
}
