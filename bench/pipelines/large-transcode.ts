/**
 * A codestream larger than memory should hold, put into another order, beside `cp` and a copy through Node's streams in the same run:
 * `npm run bench:transcode -- [--gigabytes 2] [--rounds 3] [--progression RPCL] [--update]`.
 *
 * The codestream is a small encoded picture repeated, as one tile and then as many, in LRCP with three layers, without PLT and TLM.
 * Each transcode runs in a process of its own, whose peak memory is printed. With `--update` the table goes into docs/performance.md.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { transcodePackets } from '../../src/codec/index.ts';
import { buildIndexTo, decodeSync, encodeSync, type TranscodeOptions, transcodeTo } from '../../src/index.ts';
import { fileSink, fileSource } from '../../src/node/index.ts';
import { hostExecutor } from '../../src/platform/host-executor.ts';
import { peakMemory } from '../../test/support/peak-memory.ts';
import { RepeatedSource } from '../support/repeated-source.ts';
import { describeMachine, formatSample, markdownTable, summarise, updateDocument } from '../support/table.ts';

const { values } = parseArgs({
  options: {
    gigabytes: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
    progression: { type: 'string', default: 'RPCL' },
    update: { type: 'boolean', default: false },
    /** For the processes that this one starts. */
    child: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
  },
});

const SIDE = 2048;
const GIGA = 2 ** 30;

if (values.child === 'transcode') {
  const source = await fileSource(values.from!);
  const start = performance.now();
  const progression = values.progression as NonNullable<TranscodeOptions['progression']>;
  const summary = await transcodeTo(source, await fileSink(values.to!), {
    progression,
    markers: { plt: true, tlm: true },
  });
  const seconds = (performance.now() - start) / 1000;
  await source.close?.();
  const { packets, bytes, tileParts, status } = summary;
  console.log(JSON.stringify({ seconds, peak: peakMemory(), packets, bytes, tileParts, status }));
} else if (values.child === 'copy') {
  // what a program in this language needs to copy a file, in pieces as large as the transcoder's
  const start = performance.now();
  const highWaterMark = 1 << 22;
  await pipeline(createReadStream(values.from!, { highWaterMark }), createWriteStream(values.to!, { highWaterMark }));
  console.log(JSON.stringify({ seconds: (performance.now() - start) / 1000, peak: peakMemory() }));
} else if (values.child === 'index') {
  const source = await fileSource(values.from!);
  const start = performance.now();
  await buildIndexTo(source, await fileSink(values.to!));
  console.log(JSON.stringify({ seconds: (performance.now() - start) / 1000, peak: peakMemory() }));
} else {
  await run();
}

async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'jp2kit-transcode-'));
  const rows = [
    [
      'codestream',
      'cp, MB/s',
      'transcode, MB/s',
      'times as long as cp',
      'peak memory, MB',
      'index, s',
      'of decoding, %',
    ],
  ];
  try {
    const small = encodeSync(noisyPicture(), {
      container: 'codestream',
      levels: 3,
      layers: 3,
      precincts: [{ width: 256, height: 256 }],
      tile: { width: SIDE, height: SIDE },
    }).data;
    decodeSync(small); // to warm up
    const decodeStart = performance.now();
    decodeSync(small);
    const decodeSeconds = (performance.now() - decodeStart) / 1000;
    const across = Math.ceil(Math.sqrt((Number(values.gigabytes) * GIGA) / small.length));
    for (const tiled of [false, true]) {
      const input = join(folder, 'in.j2k');
      await transcodePackets(hostExecutor, new RepeatedSource(small, across, across, tiled), await fileSink(input), {});
      const { size } = statSync(input);
      const copies: number[] = [];
      const streams: number[] = [];
      const transcodes: number[] = [];
      let peak = 0;
      let packets = 0;
      for (let round = 0; round < Number(values.rounds); round++) {
        const [output, copy] = [join(folder, 'out.j2k'), join(folder, 'copy.j2k')];
        const start = performance.now();
        execFileSync('cp', [input, copy]);
        copies.push((performance.now() - start) / 1000);
        rmSync(copy);
        streams.push(child('copy', input, copy).seconds);
        rmSync(copy);
        const report = child('transcode', input, output);
        if (report.status !== 'complete') throw new Error(`the transcode is ${report.status}`);
        transcodes.push(report.seconds);
        peak = Math.max(peak, report.peak);
        ({ packets } = report);
        rmSync(output);
      }
      const index = child('index', input, join(folder, 'out.idx'));
      const megabytes = size / 1e6;
      const ratios = transcodes.map((seconds, k) => seconds / streams[k]!);
      const kind = tiled ? `${across * across} tiles` : 'one tile';
      rows.push([
        `${(size / GIGA).toFixed(2)} GiB, ${kind}, ${packets} packets`,
        formatSample(summarise(copies.map((seconds) => megabytes / seconds))),
        formatSample(summarise(streams.map((seconds) => megabytes / seconds))),
        formatSample(summarise(transcodes.map((seconds) => megabytes / seconds))),
        formatSample(summarise(ratios), 1),
        (peak / 2 ** 20).toFixed(0),
        index.seconds.toFixed(1),
        ((100 * index.seconds) / (decodeSeconds * across * across)).toFixed(2),
      ]);
      rmSync(input);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const text = `${describeMachine()}; ${values.rounds} rounds.\n\n${markdownTable(rows)}`;
  console.log(text);
  if (values.update) updateDocument('transcode', text);
}

interface ChildReport {
  readonly seconds: number;
  readonly peak: number;
  readonly packets: number;
  readonly status: string;
}

function child(what: string, from: string, to: string): ChildReport {
  const own = process.argv[1]!;
  const args = [...process.execArgv, own, ...ownScript(), '--child', what, '--from', from, '--to', to];
  const { stdout, stderr, status } = spawnSync(process.execPath, [...args, '--progression', values.progression], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** The runner of TypeScript files takes the name of the script as its first argument. */
function ownScript(): string[] {
  return process.argv[1]!.endsWith('run-ts.mjs') ? [process.argv[2]!] : [];
}

/** Waves and noise: a lossless result takes about five bits a sample. */
function noisyPicture(): { width: number; height: number; channels: number; data: Uint8Array } {
  const data = new Uint8Array(SIDE * SIDE * 3);
  let state = 1;
  for (let k = 0; k < data.length; k++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const pixel = Math.floor(k / 3);
    const wave = Math.sin((pixel % SIDE) / 40) + Math.cos(Math.floor(pixel / SIDE) / 55 + (k % 3));
    data[k] = 128 + 40 * wave + (state >>> 28);
  }
  return { width: SIDE, height: SIDE, channels: 3, data };
}
