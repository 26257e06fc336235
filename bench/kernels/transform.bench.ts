/**
 * Analysis and loading, synthesis, dequantisation, component transforms and level shift: `node scripts/run-ts.mjs
 * bench/kernels/transform.bench.ts`. Each row works on 2048 × 2048 samples of one component, or of three.
 */
import { Bench } from 'tinybench';
import type { AxisStep } from '../../src/codec/synthesis-shape.ts';
import { type AnalysisStep, analyse53, analyse97 } from '../../src/codec/transform/dwt.ts';
import { rowStorer } from '../../src/codec/transform/level-shift.ts';
import { loadIctRow, loadRctRow } from '../../src/codec/transform/load-colour.ts';
import { dequantiseIrreversible, dequantiseReversible } from '../../src/codec/transform/quantization.ts';
import { BandRows, RowMemory, type RowSource } from '../../src/codec/transform/rows.ts';
import { ROWS_HELD_53, ROWS_HELD_97, Synthesis53, Synthesis97 } from '../../src/codec/transform/synthesis.ts';
import { transformedStorer } from '../../src/codec/transform/transformed-store.ts';
import { describeMachine, formatSample, markdownTable, summarise } from '../support/table.ts';

const SIZE = 2048;
const LEVELS = 5;
const N = SIZE * SIZE;

const ints = [0, 1, 2].map(() => Int32Array.from({ length: N }, (_, k) => (Math.imul(k, 2654435761) >> 20) & 255));
const floats = ints.map((plane) => Float32Array.from(plane));
const bytes = new Uint8Array(3 * N);
const intPlanes = new Int32Array(3 * N);
const floatPlanes = new Float32Array(3 * N);

/** Values stay bounded from run to run, because each begins with fresh coefficients. */
function refill(): void {
  for (let c = 0; c < 3; c++) {
    for (let k = 0; k < N; k++) ints[c]![k] = floats[c]![k] = k & 63;
  }
}

function stepsOf(level: number): AxisStep {
  const n = SIZE >> (LEVELS - level);
  return { numLow: n / 2, numHigh: n / 2, parity: 0, skip: 0, count: n };
}

/** A subband of so many columns, row after row of a plane of coefficients. */
class PlaneBand {
  readonly coefficients = ints[1]!;
  readonly scale = 0.37 / 2;
  at: number;
  private readonly width: number;

  constructor(width: number) {
    this.width = width;
    this.at = -width;
  }

  next(): boolean {
    this.at += this.width;
    return true;
  }

  load(memory: Int32Array | Float64Array, to: number): void {
    const { at, width } = this;
    if (memory instanceof Int32Array) dequantiseReversible(ints[1]!, at, memory, to, width, 0.5);
    else dequantiseIrreversible(ints[1]!, at, memory, to, width, 0.37, 0.5);
  }
}

/** Rows that are there at a time; the smallest level has a multiple of them. */
const ROWS = 8;
const intScratch = new Int32Array(SIZE);
const floatScratch = new Float32Array(SIZE);
const ANALYSIS = Array.from({ length: LEVELS }, (_, level): AnalysisStep => {
  const n = SIZE >> level;
  return { at: 0, stride: SIZE << level, width: n, height: n, parityX: 0, parityY: 0 };
});

const bench = new Bench({ time: 0, retainSamples: true, iterations: 9, warmupTime: 0, warmupIterations: 3 });
const options = { beforeEach: refill };

const memory53 = new RowMemory(new Int32Array(2 * SIZE * ROWS_HELD_53));
const memory97 = new RowMemory(new Float64Array(2 * SIZE * ROWS_HELD_97));

/** All levels, each drawing its rows from the one below. */
function synthesise<Samples extends Int32Array | Float64Array>(
  memory: RowMemory<Samples>,
  levelOf: (step: AxisStep, low: RowSource, width: number) => RowSource,
): void {
  memory.clear();
  let rows: RowSource = new BandRows(new PlaneBand(SIZE >> LEVELS), SIZE >> LEVELS, memory);
  for (let r = 1; r <= LEVELS; r++) rows = levelOf(stepsOf(r), rows, stepsOf(r).numHigh);
  for (let y = 0; y < SIZE; y++) rows.advance();
}

const bands = (width: number) => ({ hl: new PlaneBand(width), lh: new PlaneBand(width), hh: new PlaneBand(width) });
bench.add(`dequantise, 5/3 synthesis, ${LEVELS} levels`, () => {
  synthesise(memory53, (step, low, width) => new Synthesis53(step, step, { low, ...bands(width) }, memory53));
});
bench.add(`dequantise, 9/7 synthesis, ${LEVELS} levels`, () => {
  synthesise(memory97, (step, low, width) => new Synthesis97(step, step, { low, ...bands(width) }, memory97));
});
bench.add(
  `5/3 analysis, ${LEVELS} levels`,
  () => {
    for (const step of ANALYSIS) {
      for (let y = 0; y < step.height; y += ROWS) analyse53(ints[0]!, step, y, y + ROWS, intScratch);
    }
  },
  options,
);
bench.add(
  `9/7 analysis, ${LEVELS} levels`,
  () => {
    for (const step of ANALYSIS) {
      for (let y = 0; y < step.height; y += ROWS) analyse97(floats[0]!, step, y, y + ROWS, floatScratch);
    }
  },
  options,
);
bench.add('load interleaved bytes, RCT', () => {
  for (let y = 0, at = 0; y < SIZE; y++, at += 3 * SIZE) {
    loadRctRow(bytes, at, bytes, at + 1, bytes, at + 2, 3, intPlanes, y * SIZE, N + y * SIZE, 2 * N + y * SIZE, SIZE);
  }
});
bench.add('load interleaved bytes, ICT', () => {
  for (let y = 0, at = 0; y < SIZE; y++, at += 3 * SIZE) {
    loadIctRow(bytes, at, bytes, at + 1, bytes, at + 2, 3, floatPlanes, y * SIZE, N + y * SIZE, 2 * N + y * SIZE, SIZE);
  }
});
const intRows = new Int32Array(3 * SIZE);
const floatRows = new Float64Array(3 * SIZE);
bench.add('RCT and store as interleaved bytes', () => {
  const store = transformedStorer(true, bytes);
  for (let y = 0; y < SIZE; y++) {
    store(intRows as never, 0, SIZE, 2 * SIZE, SIZE, bytes as never, y * 3 * SIZE, 3, 128);
  }
});
bench.add('ICT and store as interleaved bytes', () => {
  const store = transformedStorer(false, bytes);
  for (let y = 0; y < SIZE; y++) {
    store(floatRows as never, 0, SIZE, 2 * SIZE, SIZE, bytes as never, y * 3 * SIZE, 3, 128);
  }
});
for (const fromIntegers of [true, false]) {
  bench.add(`store ${fromIntegers ? 'integers' : 'floats'} as interleaved bytes, three components`, () => {
    const { store, shift, least, most } = rowStorer(fromIntegers, bytes, 8, false);
    const rows = fromIntegers ? intRows : floatRows;
    for (let y = 0; y < SIZE; y++) {
      for (let c = 0; c < 3; c++) {
        store(rows as never, c * SIZE, SIZE, bytes as never, y * 3 * SIZE + c, 3, shift, least, most);
      }
    }
  });
}
await bench.run();
const rows = bench.tasks.map((task) => [task.name, formatSample(summarise(samplesOf(task)), 1)]);
console.log(`${describeMachine()}\n`);
console.log(markdownTable([[`${SIZE} × ${SIZE} samples`, 'ms, median (quartiles)'], ...rows]));

function samplesOf(task: Bench['tasks'][number]): readonly number[] {
  if (!('latency' in task.result) || !task.result.latency.samples) throw new Error(`${task.name} gave no samples`);
  return task.result.latency.samples;
}
