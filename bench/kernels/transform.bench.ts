/**
 * Analysis and loading, synthesis, dequantisation, component transforms and level shift: `node scripts/run-ts.mjs
 * bench/kernels/transform.bench.ts`. Each row works on 2048 × 2048 samples of one component, or of three.
 */
import { Bench } from 'tinybench';
import { inverseIct, inverseRct } from '../../src/codec/transform/component-transform.ts';
import { type AnalysisStep, analyse53, analyse97 } from '../../src/codec/transform/dwt.ts';
import { rowStorer } from '../../src/codec/transform/level-shift.ts';
import { loadIctRow, loadRctRow } from '../../src/codec/transform/load-colour.ts';
import { dequantiseIrreversible, dequantiseReversible } from '../../src/codec/transform/quantization.ts';
import type { RowSource } from '../../src/codec/transform/rows.ts';
import { type AxisStep, Synthesis53, Synthesis97, SynthesisRows } from '../../src/codec/transform/synthesis.ts';
import { describeMachine, formatSample, markdownTable, summarise } from '../support/table.ts';

const SIZE = 2048;
const LEVELS = 5;
const N = SIZE * SIZE;

const ints = [0, 1, 2].map(() => Int32Array.from({ length: N }, (_, k) => (Math.imul(k, 2654435761) >> 20) & 255));
const floats = ints.map((plane) => Float32Array.from(plane));
const bytes = new Uint8Array(3 * N);

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

/** A subband of so many columns, row after row of a plane. */
class PlaneRows<Samples> implements RowSource<Samples> {
  readonly line: Samples;
  at: number;
  readonly isZero = false;
  private readonly width: number;

  constructor(plane: Samples, width: number) {
    this.line = plane;
    this.width = width;
    this.at = -width;
  }

  advance(): void {
    this.at += this.width;
  }
}

const shared = new SynthesisRows();

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

/** All levels, each drawing its rows from the one below. */
function synthesise<Samples>(
  plane: Samples,
  levelOf: (
    step: AxisStep,
    low: RowSource<Samples>,
    band: () => RowSource<Samples>,
  ) => RowSource<Samples> & { release(): void },
): void {
  let rows: RowSource<Samples> = new PlaneRows(plane, SIZE >> LEVELS);
  const levels = [];
  for (let r = 1; r <= LEVELS; r++) {
    const step = stepsOf(r);
    const level = levelOf(step, rows, () => new PlaneRows(plane, step.numHigh));
    levels.push(level);
    rows = level;
  }
  for (let y = 0; y < SIZE; y++) rows.advance();
  for (const level of levels) level.release();
}

bench.add(
  `5/3 synthesis, ${LEVELS} levels`,
  () =>
    synthesise<Int32Array>(ints[0]!, (step, low, band) => {
      return new Synthesis53(step, step, { low, hl: band(), lh: band(), hh: band() }, shared);
    }),
  options,
);
bench.add(
  `9/7 synthesis, ${LEVELS} levels`,
  () =>
    synthesise<Float32Array>(floats[0]!, (step, low, band) => {
      return new Synthesis97(step, step, { low, hl: band(), lh: band(), hh: band() }, shared);
    }),
  options,
);
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
  const [a, b, c] = ints as [Int32Array, Int32Array, Int32Array];
  for (let y = 0, at = 0; y < SIZE; y++, at += 3 * SIZE) {
    loadRctRow(bytes, at, bytes, at + 1, bytes, at + 2, 3, a, b, c, y * SIZE, SIZE);
  }
});
bench.add('load interleaved bytes, ICT', () => {
  const [a, b, c] = floats as [Float32Array, Float32Array, Float32Array];
  for (let y = 0, at = 0; y < SIZE; y++, at += 3 * SIZE) {
    loadIctRow(bytes, at, bytes, at + 1, bytes, at + 2, 3, a, b, c, y * SIZE, SIZE);
  }
});
bench.add('dequantise, reversible', () => {
  for (let at = 0; at < N; at += 4096) dequantiseReversible(ints[1]!, at, 64, 64, 64, 0.5);
});
bench.add('dequantise, irreversible', () => {
  for (let at = 0; at < N; at += 4096) {
    dequantiseIrreversible(ints[1]!, floats[0]!, at, 64, 64, 64, 0.37, 0.5);
  }
});
bench.add('RCT, three components', () => inverseRct(ints[0]!, ints[1]!, ints[2]!, 0, N), options);
bench.add('ICT, three components', () => inverseIct(floats[0]!, floats[1]!, floats[2]!, 0, N), options);
bench.add(
  'store integers as interleaved bytes, three components',
  () => {
    const { store, shift, least, most } = rowStorer(true, bytes, 8, false);
    for (let c = 0; c < 3; c++) store(ints[c] as never, 0, N, bytes as never, c, 3, shift, least, most);
  },
  options,
);
bench.add(
  'store floats as interleaved bytes, three components',
  () => {
    const { store, shift, least, most } = rowStorer(false, bytes, 8, false);
    for (let c = 0; c < 3; c++) store(floats[c] as never, 0, N, bytes as never, c, 3, shift, least, most);
  },
  options,
);
await bench.run();
const rows = bench.tasks.map((task) => [task.name, formatSample(summarise(samplesOf(task)), 1)]);
console.log(`${describeMachine()}\n`);
console.log(markdownTable([[`${SIZE} × ${SIZE} samples`, 'ms, median (quartiles)'], ...rows]));

function samplesOf(task: Bench['tasks'][number]): readonly number[] {
  if (!('latency' in task.result) || !task.result.latency.samples) throw new Error(`${task.name} gave no samples`);
  return task.result.latency.samples;
}
