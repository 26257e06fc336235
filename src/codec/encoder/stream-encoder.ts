/**
 * Encoding while samples come in: tile by tile or row by row, to a sink that takes the file from its beginning.
 *
 * A tile is coded as soon as it is there. Where nothing has to be shared out between tiles it is written at once. Where the whole
 * file has a size, there are two ways: with a spill store the coded tiles wait there and the size is shared out over the whole
 * picture when the last has come; without, each tile (or row of tiles) gets its share as it comes, by the slope that the tiles so far
 * would have needed for the size that is left.
 */
import { joinTileHeaders } from '../codestream/coding-parameters.ts';
import { numXTiles, numYTiles } from '../codestream/siz.ts';
import { usage } from '../errors.ts';
import { Deadline, type Executor, runWork, type WaitingWork } from '../executor.ts';
import { lengthOf } from '../geometry/axis.ts';
import { tileGeometry, type TileGeometry } from '../geometry/tile.ts';
import type { SampleArray } from '../image.ts';
import { throwIfAborted } from '../source.ts';
import type { EncodingCoder } from './block-jobs.ts';
import { checkOutputs } from './call-shapes.ts';
import type { CodedTile } from './coded-tile.ts';
import { slopeOf } from './convex-hull.ts';
import { AFTER_TILES, FileOutput } from './file-output.ts';
import { allocateLayers, budgetOf, pointsOf, targetOf } from './layers.ts';
import type { EncodeOptions, EncodeSummary, LayerSummary } from './options.ts';
import { overheadOf, tilePartBytes, tilePartsOf } from './overhead.ts';
import { checkHeader } from './picture-shapes.ts';
import { type EncodePlan, planEncode } from './plan.ts';
import { pooledBlocksFor } from './pooled-blocks.ts';
import { decibels } from './quality.ts';
import type { LayerTarget, RateControl } from './rate-control.ts';
import { checkRegion } from './region-masks.ts';
import { checkedRows, RowBuffer } from './row-buffer.ts';
import { isQuantized } from './rates.ts';
import { RunningSlope } from './running-slope.ts';
import { checkedComponent, checkedCount, type ComponentSamples, isSamples, type PictureFormat } from './samples.ts';
import { type ByteSink, guarded, type SpillStore } from '../sink.ts';
import { StageClock } from './stage-clock.ts';
import { TileEncoder } from './tile-encoder.ts';

/** A picture of which only the format is known yet. */
export interface ImageHeader {
  readonly width: number;
  readonly height: number;
  /** Number of components when they are all alike. Default 1. */
  readonly channels?: number;
  /** Bits a sample, 1 to 26. Default 8. */
  readonly precision?: number;
  /** Default false. */
  readonly signed?: boolean;
  /** The components one by one, where they differ; what is left out is as above. */
  readonly components?: readonly {
    readonly precision?: number;
    readonly signed?: boolean;
    readonly dx?: number;
    readonly dy?: number;
  }[];
}

/** Options of {@link StreamEncoder}. */
export interface StreamOptions extends Omit<EncodeOptions, 'verify'> {
  readonly sink: ByteSink;
  /** Where coded tiles wait, so that a size or a quality can be shared out over the whole picture. */
  readonly spill?: SpillStore;
}

/**
 * Nobody decodes a stream to see what became of it, and sums over subbands take the filters for orthogonal, which makes the estimate
 * of photographs 0.1 to 0.3 dB too good. A PSNR is therefore aimed at from above.
 */
const PSNR_MARGIN = 10 ** (-0.3 / 10);

/** How far below the slope of the tiles before coding goes on. */
const STOP_MARGIN = 4;

/** A tile that waits in the spill store. */
interface WaitingTile {
  readonly coded: CodedTile;
  readonly offset: number;
  readonly length: number;
}

/** Layers of what has been written, summed up. */
interface WrittenLayer {
  bytes: number;
  slope: number;
}

/** Encodes a picture piece by piece. Calls may be made without waiting for the one before; they are carried out in order. */
export class StreamEncoder {
  private readonly plan: EncodePlan;
  private readonly options: StreamOptions;
  private readonly executor: Executor;
  private readonly deadline: Deadline;
  private readonly start: number;
  private readonly out: FileOutput;
  private readonly encoder: TileEncoder;
  private readonly clock: StageClock;
  private readonly rows: RowBuffer;
  private readonly done: Uint8Array;
  private readonly waiting: WaitingTile[] = [];
  private readonly running: RunningSlope | undefined;
  private readonly layers: WrittenLayer[];
  private spilled = 0;
  private tilesDone = 0;
  private codeBlocks = 0;
  private leastOfTile: number | undefined;
  private distortion = 0;
  /** While it is `finishing` an abort comes too late. */
  private state: 'open' | 'finishing' | 'finished' | 'failed' = 'open';
  private failure: unknown;
  private queue: Promise<unknown> = Promise.resolve();

  constructor(header: ImageHeader, options: StreamOptions, coders: readonly EncodingCoder[], executor: Executor) {
    this.executor = executor;
    this.start = executor.now();
    this.clock = new StageClock(executor);
    checkOutputs(options);
    const plan = planEncode(formatOfHeader(header), options);
    if (plan.arrangement.plm || plan.arrangement.ppm) {
      throw usage(
        'option-value',
        'PLM and PPM stand before the first packet; they need the whole picture in memory (encode)',
      );
    }
    this.plan = plan;
    this.out = new FileOutput(plan, options.sink);
    // with what a profile prescribes
    this.options = { ...options, ...plan.options };
    this.deadline = new Deadline(executor, plan.limits.time);
    const { siz, cod } = plan.main;
    if (options.roi) checkRegion(options.roi, siz);
    const coder = coders.find((one) => one.handles(cod.style.codeBlockStyle, options.htRefinement));
    if (coder === undefined) throw usage('option-value', `no coder for code-block style ${cod.style.codeBlockStyle}`);
    const pooled = pooledBlocksFor(options, coder.name, siz);
    this.encoder = new TileEncoder(this.plan, options.roi, coder.createEncoder(), this.clock, pooled);
    this.rows = new RowBuffer(siz);
    this.done = new Uint8Array(plan.numTiles);
    this.layers = plan.rates.map(() => ({ bytes: 0, slope: 0 }));
    const budget = budgetOf(this.plan, plan.rates[plan.rates.length - 1]);
    if (budget !== undefined && !options.spill) this.running = new RunningSlope(budget, pointsOf(this.plan));
  }

  /**
   * Encodes one tile, one array a component: row major, of the size of the tile-component (15444-1 B-12).
   *
   * @throws {Jpeg2000Error} `usage` for a tile that does not exist or has come before, arrays of the wrong size, samples out of range.
   */
  writeTile(column: number, row: number, planes: readonly SampleArray[]): Promise<void> {
    return this.enqueue(async () => {
      const { siz } = this.plan.main;
      const columns = numXTiles(siz);
      if (
        !(
          Number.isInteger(column) &&
          column >= 0 &&
          column < columns &&
          Number.isInteger(row) &&
          row >= 0 &&
          row < numYTiles(siz)
        )
      ) {
        throw usage('option-value', `tile (${column}, ${row}) of ${columns} x ${numYTiles(siz)}`);
      }
      const tile = this.tile(row * columns + column);
      if (planes?.length !== siz.components.length || !planes.every(isSamples)) {
        throw usage('buffer-size', `a tile has ${siz.components.length} components, each in a typed array`);
      }
      const samples = tile.components.map(({ geometry, component, xrsiz, yrsiz }): ComponentSamples => {
        const width = lengthOf(geometry.x);
        const height = lengthOf(geometry.y);
        const data = planes[component];
        if (data.length !== width * height) {
          throw usage(
            'buffer-size',
            `component ${component} of the tile is ${width} x ${height}, but has ${data.length} samples`,
          );
        }
        const x0 = geometry.x.lo - Math.ceil(siz.xosiz / xrsiz);
        const y0 = geometry.y.lo - Math.ceil(siz.yosiz / yrsiz);
        return { data, offset: -y0 * width - x0, strideX: 1, strideY: width };
      });
      await this.place([await this.encode(tile, (c) => samples[c])]);
    });
  }

  /**
   * Takes further rows of the picture, from the top: one array a component, or a single one with all components interleaved. Each
   * holds whole rows of its component; how many is free, as long as no component gets a row of tiles ahead of another. A row of tiles is
   * encoded when its rows are there.
   *
   * @throws {Jpeg2000Error} `usage` for parts of rows, more rows than the picture has, components out of step, samples out of range.
   */
  writeRows(rows: SampleArray | readonly SampleArray[]): Promise<void> {
    return this.enqueue(async () => {
      const { siz } = this.plan.main;
      const list = checkedRows(rows, siz);
      const interleaved = list.length < siz.components.length;
      const step = interleaved ? siz.components.length : 1;
      const numRows = siz.components.map((_, c) => {
        const samples = list[interleaved ? 0 : c].length;
        const rowLength = this.rows.widthOf(c) * step;
        if (samples % rowLength === 0) return samples / rowLength;
        throw usage('buffer-size', `${samples} samples are not whole rows of ${rowLength}`);
      });
      const taken = numRows.map(() => 0);
      for (;;) {
        siz.components.forEach((_, c) => {
          const start = taken[c] * this.rows.widthOf(c) * step + (interleaved ? c : 0);
          taken[c] += this.rows.put(c, list[interleaved ? 0 : c], start, step, numRows[c] - taken[c]);
        });
        if (!this.rows.isFull || this.rows.row >= numYTiles(siz)) break;
        await this.encodeRow();
        this.rows.begin(this.rows.row + 1);
        if (this.rows.row === numYTiles(siz)) break;
      }
      const ahead = taken.findIndex((count, c) => count < numRows[c]);
      if (ahead < 0) return;
      if (this.rows.row === numYTiles(siz)) throw usage('buffer-size', 'more rows than the picture has');
      throw usage(
        'buffer-size',
        `component ${ahead} is a row of tiles ahead of others; components have to come in step`,
      );
    });
  }

  /**
   * Writes what is left and closes the sink.
   *
   * @throws {Jpeg2000Error} `usage` when tiles are missing.
   */
  finish(): Promise<EncodeSummary> {
    return this.enqueue(async () => {
      const missing = this.done.indexOf(0);
      if (missing >= 0) {
        throw usage(
          'option-value',
          `${this.plan.numTiles - this.tilesDone} tiles are missing, the first is tile ${missing}`,
        );
      }
      if (this.waiting.length > 0) await this.writeWaiting();
      this.checkNotAborted();
      this.state = 'finishing';
      await this.out.finish();
      await this.options.spill?.close?.();
      this.state = 'finished';
      return this.summary();
    });
  }

  /** Gives up: the sink's `abort` is called, and every further call fails. Once `finish` closes the file it is too late. */
  async abort(reason: unknown = usage('closed', 'the encoder was aborted')): Promise<void> {
    if (this.state !== 'open') {
      await this.queue;
      return;
    }
    this.fail(reason);
    await this.queue;
    await this.giveUp(reason);
  }

  private enqueue<T>(call: () => Promise<T>): Promise<T> {
    const result = this.queue.then(async () => {
      if (this.state === 'failed') throw this.failure;
      if (this.state === 'finished') throw usage('closed', 'the encoder has finished');
      try {
        throwIfAborted(this.options.signal);
        return await call();
      } catch (error) {
        if (this.state === 'open' || this.state === 'finishing') {
          this.fail(error);
          await this.giveUp(error);
        }
        throw error;
      }
    });
    this.queue = result.catch(() => {});
    return result;
  }

  private fail(reason: unknown): void {
    this.state = 'failed';
    this.failure = reason;
  }

  private async giveUp(reason: unknown): Promise<void> {
    await this.out.abort(reason);
    await Promise.resolve(this.options.spill?.close?.()).catch(() => {});
  }

  private run<T>(work: WaitingWork<T>): Promise<T> {
    return runWork(work, this.executor, this.deadline, () => {
      this.checkNotAborted();
    });
  }

  private checkNotAborted(): void {
    throwIfAborted(this.options.signal);
    if (this.state === 'failed') throw this.failure;
  }

  private tile(t: number): TileGeometry {
    if (this.done[t] === 1) throw usage('option-value', `tile ${t} has been written before`);
    const { main } = this.plan;
    return tileGeometry(main, joinTileHeaders(main, t, []));
  }

  private async encode(tile: TileGeometry, samplesOf: (c: number) => ComponentSamples): Promise<CodedTile> {
    // what a size leaves out is known before it is coded, but for the first tiles; with a spill store it is not known until the end
    const stop = this.running && this.running.slopeCode > 0 ? slopeOf(this.running.slopeCode) / STOP_MARGIN : 0;
    this.clock.skip();
    const coded = await this.run(this.encoder.encode(tile, samplesOf, stop));
    this.done[tile.tile] = 1;
    this.tilesDone++;
    this.codeBlocks += coded.numBlocks;
    const { numTiles } = this.plan;
    this.options.onProgress?.({
      stage: 'code',
      tilesDone: this.tilesDone,
      tiles: numTiles,
      fraction: this.tilesDone / numTiles,
    });
    return coded;
  }

  private async encodeRow(): Promise<void> {
    const columns = numXTiles(this.plan.main.siz);
    const coded: CodedTile[] = [];
    for (let column = 0; column < columns; column++) {
      const tile = this.tile(this.rows.row * columns + column);
      coded.push(await this.encode(tile, (c) => this.rows.samples(c)));
    }
    await this.place(coded);
  }

  /** Writes coded tiles, or lets them wait. */
  private async place(tiles: readonly CodedTile[]): Promise<void> {
    const { spill } = this.options;
    if (spill && this.sharesOut) {
      for (const coded of tiles) {
        const bytes = coded.data!;
        await guarded(() => spill.append(bytes));
        this.waiting.push({ coded, offset: this.spilled, length: bytes.length });
        this.spilled += bytes.length;
        coded.data = undefined;
      }
      return;
    }
    await this.out.begin();
    const { plan } = this;
    const { main, arrangement } = plan;
    const share = tiles.reduce((sum, { geometry }) => sum + areaOf(geometry), 0) / pointsOf(plan);
    let parts = 0;
    for (const { geometry } of tiles) parts += tilePartsOf(main, arrangement, geometry);
    const overhead = overheadOf(main, arrangement, tilePartBytes(arrangement, parts));
    const last = plan.rates[plan.rates.length - 1];
    let targets = plan.rates.map((rate): LayerTarget => targetOf(plan, rate, share, PSNR_MARGIN));
    if (this.running) {
      const left = this.running.budget - this.out.length - AFTER_TILES - this.leastOfOthers();
      const target = this.running.next(tiles, share * pointsOf(plan), left, overhead, this.tilesDone === plan.numTiles);
      const whole = budgetOf(plan, last)!;
      targets = plan.rates.map((rate, l): LayerTarget => {
        const bytes = budgetOf(plan, rate);
        if (l === plan.rates.length - 1) return target;
        // lower layers keep their proportion to the last
        return bytes === undefined ? targets[l] : { kind: 'bytes', bytes: (target.bytes * bytes) / whole, least: true };
      });
    } else {
      targets = targets.map((target) => (target.kind === 'bytes' ? { ...target, least: true } : target));
    }
    this.clock.skip();
    const control = await this.run(allocateLayers(plan, tiles, overhead, targets));
    this.clock.lap('rate');
    this.count(control, overhead.fixed);
    for (const layered of control.layered(main.cod.eph)) {
      throwIfAborted(this.options.signal);
      await this.out.writeTile(layered);
    }
    this.clock.lap('write');
  }

  /** True where what one tile gets depends on the others. */
  private get sharesOut(): boolean {
    const { rates } = this.plan;
    return !rates.every(isQuantized);
  }

  /** What the tiles that have not come will take at the least: a header, and a byte for each packet. */
  private leastOfOthers(): number {
    const { main, numTiles } = this.plan;
    this.leastOfTile ??= this.leastBytes(tileGeometry(main, joinTileHeaders(main, 0, [])));
    return (numTiles - this.tilesDone) * this.leastOfTile;
  }

  private leastBytes(tile: TileGeometry): number {
    const { main, arrangement } = this.plan;
    const parts = tilePartsOf(main, arrangement, tile);
    const { perPacket, lengthLists } = overheadOf(main, arrangement, 0);
    let packets = 0;
    for (const { geometry } of tile.components) {
      for (const level of geometry.resolutions) packets += level.numPrecinctsWide * level.numPrecinctsHigh;
    }
    return tilePartBytes(arrangement, parts) + packets * main.cod.numLayers * (1 + perPacket + lengthLists);
  }

  private async writeWaiting(): Promise<void> {
    const { plan, waiting } = this;
    const { main, arrangement } = plan;
    await this.out.begin();
    let parts = 0;
    for (const { coded } of waiting) parts += tilePartsOf(main, arrangement, coded.geometry);
    const fixed = this.out.length + AFTER_TILES + tilePartBytes(arrangement, parts);
    const targets = plan.rates.map((rate) => targetOf(plan, rate, 1, PSNR_MARGIN));
    const tiles = waiting.map(({ coded }) => coded);
    this.clock.skip();
    const control = await this.run(allocateLayers(plan, tiles, overheadOf(main, arrangement, fixed), targets));
    this.clock.lap('rate');
    this.count(control, 0);
    const layered = control.layered(main.cod.eph);
    for (let k = 0; k < layered.length; k++) {
      const { coded, offset, length } = waiting[k];
      coded.data = await guarded(() => this.options.spill!.read(offset, length));
      throwIfAborted(this.options.signal);
      await this.out.writeTile(layered[k]);
      coded.data = undefined;
      const tilesDone = k + 1;
      this.options.onProgress?.({
        stage: 'write',
        tilesDone,
        tiles: layered.length,
        fraction: tilesDone / layered.length,
      });
    }
    this.clock.lap('write');
  }

  private count(control: RateControl, fixed: number): void {
    control.cuts.forEach(({ bytes, slopeCode }, l) => {
      this.layers[l].bytes += bytes - fixed;
      this.layers[l].slope = slopeOf(slopeCode);
    });
    this.distortion += control.cuts[control.cuts.length - 1].distortion;
  }

  private summary(): EncodeSummary {
    const { plan, options } = this;
    const bytes = this.out.length;
    const last = plan.rates[plan.rates.length - 1];
    const estimate = options.weights === 'visual' ? Number.NaN : this.distortion;
    const psnr = 'lossless' in last ? Number.POSITIVE_INFINITY : decibels(plan.peakEnergy, plan.numSamples, estimate);
    const around = bytes - this.layers[this.layers.length - 1].bytes;
    return {
      bytes,
      bpp: (8 * bytes) / pointsOf(plan),
      ratio: plan.numSampleBits / 8 / bytes,
      psnr,
      psnrMeasured: false,
      rateControl: !this.sharesOut ? 'none' : options.spill ? 'global' : 'running',
      layers: this.layers.map((layer): LayerSummary => ({ bytes: layer.bytes + around, slope: layer.slope })),
      codeBlocks: this.codeBlocks,
      ms: this.executor.now() - this.start,
      stats: { stages: this.clock.stages },
    };
  }
}

function areaOf({ bounds }: TileGeometry): number {
  return (bounds.x1 - bounds.x0) * (bounds.y1 - bounds.y0);
}

function formatOfHeader(header: ImageHeader): PictureFormat {
  checkHeader(header);
  const { width, height, precision = 8, signed = false, channels = 1 } = header;
  if (!(Number.isInteger(width) && width >= 1 && Number.isInteger(height) && height >= 1)) {
    throw usage('option-value', `a picture of ${width} x ${height} has no samples`);
  }
  const count = checkedCount(header.components?.length ?? channels);
  const list: NonNullable<ImageHeader['components']> = header.components ?? Array.from({ length: count }, () => ({}));
  const components = list.map((c, k) =>
    checkedComponent(k, c.precision ?? precision, c.signed ?? signed, c.dx ?? 1, c.dy ?? 1),
  );
  return { width, height, components };
}
