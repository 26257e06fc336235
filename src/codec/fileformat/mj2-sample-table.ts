/**
 * Where the samples of a track lie and when they are shown: `stts`, `stsc`, `stsz`, `stco`, `co64` (15444-12 8.6.1, 8.7.3 to 8.7.5).
 *
 * Samples stand in *chunks*, runs without a gap. Sample n is found by way of its chunk: `stsc` says in runs how many samples a chunk
 * has, `stco` where it begins, and the sizes of its earlier samples say the rest. All counts in these boxes are checked against the
 * bytes that are there before anything is made of them, so that a count of 2^32 costs nothing.
 */
import type { ByteWriter } from '../bits/byte-writer.ts';
import { type DiagnosticLog, malformed } from '../errors.ts';
import { type BoxContent, fieldsOf } from './box.ts';
import { readFull, readU64, writeFullBox } from './mj2-boxes.ts';

/** Where one sample lies. */
export interface SamplePlace {
  readonly offset: number;
  readonly length: number;
  /** Index of its sample entry, from 0. */
  readonly description: number;
}

/** When one sample is shown, in units of the media header. */
export interface SampleTime {
  readonly start: number;
  readonly duration: number;
}

/** Runs of samples of one duration: run k holds samples `first[k] .. first[k + 1]` and begins at `start[k]`. */
interface TimeRuns {
  readonly first: Float64Array;
  readonly start: Float64Array;
  readonly delta: Uint32Array;
}

/** Runs of chunks alike. */
interface ChunkRuns {
  /** The run's first chunk, from 0, and its first sample. */
  readonly chunk: Float64Array;
  readonly sample: Float64Array;
  readonly perChunk: Uint32Array;
  readonly description: Uint32Array;
}

/** The boxes of a sample table, as they were found. */
export interface SampleTableBoxes {
  readonly stts: BoxContent | undefined;
  readonly stsc: BoxContent | undefined;
  readonly stsz: BoxContent | undefined;
  /** `stco` or `co64`. */
  readonly stco: BoxContent | undefined;
}

/** The samples of a track. */
export class SampleTable {
  /** Number of samples that have a place and a size. */
  readonly count: number;
  private readonly times: TimeRuns;
  private readonly chunks: ChunkRuns;
  private readonly offsets: Float64Array;
  /** Sum of the sizes of all samples before each; or one size for all. */
  private readonly ends: Float64Array | number;

  constructor(count: number, times: TimeRuns, chunks: ChunkRuns, offsets: Float64Array, ends: Float64Array | number) {
    this.count = count;
    this.times = times;
    this.chunks = chunks;
    this.offsets = offsets;
    this.ends = ends;
  }

  /** Where sample n lies, 0 <= n < count. */
  placeOf(n: number): SamplePlace {
    const { chunk, sample, perChunk, description } = this.chunks;
    const run = lastNotAbove(sample, n);
    const inRun = Math.floor((n - sample[run]) / perChunk[run]);
    const first = sample[run] + inRun * perChunk[run];
    const before = typeof this.ends === 'number' ? (n - first) * this.ends : this.ends[n] - this.ends[first];
    const length = typeof this.ends === 'number' ? this.ends : this.ends[n + 1] - this.ends[n];
    return { offset: this.offsets[chunk[run] + inRun] + before, length, description: description[run] };
  }

  /** When sample n is shown. Beyond the end of `stts` the last duration goes on. */
  timeOf(n: number): SampleTime {
    const { first, start, delta } = this.times;
    if (delta.length === 0) return { start: 0, duration: 0 };
    const run = Math.min(lastNotAbove(first, n), delta.length - 1);
    return { start: start[run] + (n - first[run]) * delta[run], duration: delta[run] };
  }

  /** The sample that is shown at a time in units of the media header: the last one that begins at or before it. */
  sampleAt(time: number): number {
    const { first, start, delta } = this.times;
    if (this.count === 0 || delta.length === 0 || !(time > 0)) return 0;
    const run = Math.min(lastNotAbove(start, time), delta.length - 1);
    const inRun = delta[run] === 0 ? first[run + 1] - first[run] - 1 : Math.floor((time - start[run]) / delta[run]);
    return Math.min(this.count - 1, first[run] + inRun);
  }
}

/**
 * Joins the boxes of a sample table.
 *
 * @throws {Jpeg2000Error} `sample-table` when a box is missing or contradicts itself.
 */
export function readSampleTable(boxes: SampleTableBoxes, log: DiagnosticLog): SampleTable {
  const offsets = readChunkOffsets(required(boxes.stco, 'stco'), log);
  const chunks = readSampleToChunk(required(boxes.stsc, 'stsc'), offsets.length, log);
  const sizes = readSampleSizes(required(boxes.stsz, 'stsz'), log);
  const times = readTimeToSample(required(boxes.stts, 'stts'), log);
  const placed = chunks.total;
  if (sizes.count !== placed) {
    log.add('sample-table', `${sizes.count} samples have a size, ${placed} a chunk; the fewer count`, {
      offset: boxes.stsz!.offset,
      clause: '15444-12 8.7.4',
    });
  }
  const count = Math.min(sizes.count, placed);
  const timed = times.first[times.first.length - 1];
  if (timed < count) {
    log.add('sample-table', `${timed} of ${count} samples have a time; the last duration goes on`, {
      offset: boxes.stts!.offset,
      clause: '15444-12 8.6.1.2',
    });
  }
  return new SampleTable(count, times, chunks.runs, offsets, sizes.ends);
}

function required(box: BoxContent | undefined, type: string): BoxContent {
  if (box === undefined) {
    throw malformed('sample-table', `the sample table has no '${type}' box`, { clause: '15444-12 8.5' });
  }
  return box;
}

/** How many entries a box really has room for, with a finding where it says more. */
function honestCount(box: BoxContent, said: number, room: number, entryBytes: number, log: DiagnosticLog): number {
  const held = Math.floor(room / entryBytes);
  if (said <= held) return said;
  log.add('sample-table', `'${box.type}' says ${said} entries and holds ${held}`, { offset: box.offset });
  return held;
}

function readChunkOffsets(box: BoxContent, log: DiagnosticLog): Float64Array {
  const fields = fieldsOf(box, '15444-12 8.7.5');
  readFull(fields);
  const wide = box.type === 'co64';
  const count = honestCount(box, fields.u32(), fields.remaining, wide ? 8 : 4, log);
  const offsets = new Float64Array(count);
  for (let k = 0; k < count; k++) offsets[k] = wide ? readU64(fields) : fields.u32();
  return offsets;
}

/** Runs of chunks alike; a run goes on to the next one's first chunk, the last to the end. */
function readSampleToChunk(box: BoxContent, numChunks: number, log: DiagnosticLog): { runs: ChunkRuns; total: number } {
  const fields = fieldsOf(box, '15444-12 8.7.4');
  readFull(fields);
  const count = honestCount(box, fields.u32(), fields.remaining, 12, log);
  const runs = {
    chunk: new Float64Array(count),
    sample: new Float64Array(count),
    perChunk: new Uint32Array(count),
    description: new Uint32Array(count),
  };
  let used = 0;
  let total = 0;
  for (let k = 0; k < count; k++) {
    const chunk = fields.u32() - 1;
    const perChunk = fields.u32();
    const description = fields.u32() - 1;
    if (used > 0) total += (Math.min(chunk, numChunks) - runs.chunk[used - 1]) * runs.perChunk[used - 1];
    if (used === 0 ? chunk !== 0 : chunk <= runs.chunk[used - 1]) {
      throw malformed('sample-table', `run ${k} of 'stsc' begins with chunk ${chunk + 1}, which is out of order`, {
        offset: box.offset,
        clause: '15444-12 8.7.4',
      });
    }
    if (chunk >= numChunks) {
      log.add('sample-table', `'stsc' speaks of chunk ${chunk + 1} of ${numChunks}`, { offset: box.offset });
      return { runs: cutRuns(runs, used), total };
    }
    // a chunk without samples would be its next one's double in every search
    if (perChunk === 0) throw malformed('sample-table', 'a chunk without samples', { offset: box.offset });
    runs.chunk[used] = chunk;
    runs.sample[used] = total;
    runs.perChunk[used] = perChunk;
    runs.description[used] = Math.max(0, description);
    used++;
  }
  if (used > 0) total += (numChunks - runs.chunk[used - 1]) * runs.perChunk[used - 1];
  return { runs: cutRuns(runs, used), total };
}

function cutRuns(runs: ChunkRuns, used: number): ChunkRuns {
  return {
    chunk: runs.chunk.subarray(0, used),
    sample: runs.sample.subarray(0, used),
    perChunk: runs.perChunk.subarray(0, used),
    description: runs.description.subarray(0, used),
  };
}

/** One size for all, or the sums of sizes, so that a place in a chunk of any length is one subtraction. */
function readSampleSizes(box: BoxContent, log: DiagnosticLog): { count: number; ends: Float64Array | number } {
  const fields = fieldsOf(box, '15444-12 8.7.3');
  readFull(fields);
  const uniform = fields.u32();
  const said = fields.u32();
  if (uniform !== 0) return { count: said, ends: uniform };
  const count = honestCount(box, said, fields.remaining, 4, log);
  const ends = new Float64Array(count + 1);
  for (let k = 0; k < count; k++) ends[k + 1] = ends[k] + fields.u32();
  return { count, ends };
}

function readTimeToSample(box: BoxContent, log: DiagnosticLog): TimeRuns {
  const fields = fieldsOf(box, '15444-12 8.6.1.2');
  readFull(fields);
  const count = honestCount(box, fields.u32(), fields.remaining, 8, log);
  const first = new Float64Array(count + 1);
  const start = new Float64Array(count + 1);
  const delta = new Uint32Array(count);
  for (let k = 0; k < count; k++) {
    const samples = fields.u32();
    delta[k] = fields.u32();
    first[k + 1] = first[k] + samples;
    start[k + 1] = start[k] + samples * delta[k];
  }
  return { first, start, delta };
}

/** Index of the last entry of a rising list that is not above a value; 0 where all are. */
function lastNotAbove(list: Float64Array, value: number): number {
  let lo = 0;
  let hi = list.length;
  while (lo < hi) {
    const middle = (lo + hi) >> 1;
    if (list[middle] <= value) lo = middle + 1;
    else hi = middle;
  }
  return Math.max(0, lo - 1);
}

/** What a track written here says of its samples: one in each chunk, all of one sample entry. */
export interface SampleList {
  /** Where each sample begins in the file. */
  readonly offsets: readonly number[];
  readonly sizes: readonly number[];
  /** In units of the media header. */
  readonly durations: readonly number[];
}

/** The boxes of a sample table but for the sample entries. All samples are sync samples, so there is no `stss`. */
export function writeSampleTable(w: ByteWriter, { offsets, sizes, durations }: SampleList): void {
  const runs: { count: number; delta: number }[] = [];
  for (const delta of durations) {
    const last = runs[runs.length - 1];
    if (last?.delta === delta) last.count++;
    else runs.push({ count: 1, delta });
  }
  writeFullBox(w, 'stts', 0, 0, () => {
    w.u32(runs.length);
    for (const { count, delta } of runs) {
      w.u32(count);
      w.u32(delta);
    }
  });
  writeFullBox(w, 'stsc', 0, 0, () => {
    w.u32(sizes.length === 0 ? 0 : 1);
    for (const number of sizes.length === 0 ? [] : [1, 1, 1]) w.u32(number);
  });
  const uniform = sizes.length > 1 && sizes.every((size) => size === sizes[0]);
  writeFullBox(w, 'stsz', 0, 0, () => {
    w.u32(uniform ? sizes[0] : 0);
    w.u32(sizes.length);
    for (const size of uniform ? [] : sizes) w.u32(size);
  });
  const wide = offsets.some((offset) => offset >= 2 ** 32);
  writeFullBox(w, wide ? 'co64' : 'stco', 0, 0, () => {
    w.u32(offsets.length);
    for (const offset of offsets) {
      if (wide) w.u64(offset);
      else w.u32(offset);
    }
  });
}
