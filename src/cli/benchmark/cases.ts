/** One comparison: an input that is decoded or encoded, by the library and by others. */
import { decode, type EncodeOptions, encode, type RawImage } from 'jp2kit';
import type { Pooled } from '../threads.ts';
import { withOther } from '../timing.ts';
import type { Wish } from '../window-options.ts';
import { compete, type Contestant, type Rounds, type Score } from './contest.ts';
import { codedOf, depthOf, type Input, samplesOf, shapeOf, store, writePnmFor } from './inputs.ts';
import { peerDecoders, peerEncoders } from './peers.ts';

/** What can be measured. */
export type Operation = 'decode' | 'encode';

/** What holds for all cases of a call. */
export interface Plan {
  readonly wish: Wish;
  readonly encode: EncodeOptions;
  readonly rounds: Rounds;
  readonly threads: number;
  readonly pooled: Pooled;
  readonly peers: boolean;
  /** Where files for and of other programs go. */
  readonly folder: string;
  readonly version: string;
}

/** What came out. */
export interface CaseResult {
  readonly input: string;
  readonly operation: Operation;
  readonly threads: number;
  /** Of the picture that was decoded or encoded. */
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly precision: number;
  /** Of the compressed file. */
  readonly bytes: number;
  readonly status: 'complete' | 'partial' | 'failed';
  /** The library first. */
  readonly scores: readonly Score[];
}

/** What the first run of the library says of the picture. */
type Facts = Partial<Pick<CaseResult, 'width' | 'height' | 'channels' | 'precision' | 'bytes' | 'status'>>;

/** Measures decoding. */
export async function measureDecode(
  input: Input,
  plan: Plan,
  signal: AbortSignal,
  onProgress: (fraction: number) => void,
): Promise<CaseResult> {
  const bytes = await codedOf(input, plan.encode);
  const { ht, width: full, height: fullHeight, ...shape } = await shapeOf(bytes);
  const { region, reduce } = plan.wish;
  // the size of a window is known when it has been decoded
  let facts: Facts = {
    ...shape,
    ...(region || reduce ? {} : { width: full, height: fullHeight }),
    bytes: bytes.length,
  };
  const ours: Contestant = {
    name: 'jp2kit',
    version: plan.version,
    run: async (aborted) => {
      const start = performance.now();
      const image = await decode(bytes, { ...plan.wish, ...plan.pooled, signal: aborted });
      const ms = performance.now() - start;
      const { width, height, channels, precision, status } = image;
      facts = { ...facts, width, height, channels, precision, status };
      return { ms, kind: 'call', stages: withOther(ms, image.stats.stages) };
    },
  };
  const peers = plan.peers
    ? await peerDecoders({
        input: input.file ?? (await store(plan.folder, 'coded.jp2', bytes)),
        output: `${plan.folder}/decoded`,
        channels: plan.wish.components?.length ?? shape.channels,
        ht,
        threads: plan.threads,
        wish: plan.wish,
      })
    : [];
  return finish(input, 'decode', plan, [ours, ...peers], () => facts, signal, onProgress);
}

/** Measures encoding. */
export async function measureEncode(
  input: Input,
  plan: Plan,
  signal: AbortSignal,
  onProgress: (fraction: number) => void,
): Promise<CaseResult> {
  const picture = await samplesOf(input);
  let facts: Facts = factsOf(picture);
  const ours: Contestant = {
    name: 'jp2kit',
    version: plan.version,
    run: async (aborted) => {
      const start = performance.now();
      const result = await encode(picture, { ...plan.encode, ...plan.pooled, signal: aborted });
      const ms = performance.now() - start;
      facts = { ...facts, bytes: result.bytes };
      return { ms, kind: 'call', stages: withOther(ms, result.stats?.stages) };
    },
  };
  const peers = plan.peers
    ? await peerEncoders({
        input: await writePnmFor(picture, plan.folder),
        output: `${plan.folder}/encoded`,
        options: plan.encode,
        depth: depthOf(picture),
        threads: plan.threads,
      })
    : [];
  return finish(input, 'encode', plan, [ours, ...peers], () => facts, signal, onProgress);
}

function factsOf({ width, height, planes, channels = 1, precision }: RawImage): Facts {
  const bits = precision ?? Math.max(...(planes ?? []).map((plane) => plane.precision ?? 0));
  return { width, height, channels: planes?.length ?? channels, precision: bits, status: 'complete' };
}

async function finish(
  { name: input }: Input,
  operation: Operation,
  { rounds, threads }: Plan,
  contestants: readonly Contestant[],
  facts: () => Facts,
  signal: AbortSignal,
  onProgress: (fraction: number) => void,
): Promise<CaseResult> {
  const scores = await compete(contestants, rounds, signal, onProgress);
  const { width = 0, height = 0, channels = 0, precision = 0, bytes = 0, status = 'failed' } = facts();
  const rated = scores.map((score) => {
    return score.ms && width > 0 ? { ...score, megapixels: (width * height) / 1000 / score.ms.median } : score;
  });
  const failed = scores[0].error !== undefined;
  return {
    ...{ input, operation, threads, width, height, channels, precision, bytes },
    status: failed ? 'failed' : status,
    scores: rated,
  };
}
