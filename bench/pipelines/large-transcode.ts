/**
 * A codestream larger than memory should hold, put into another order, beside `cp` in the same run:
 * `npm run bench:transcode -- [--gigabytes 2] [--rounds 3] [--tiled] [--progression RPCL]`.
 *
 * The codestream is a small encoded picture repeated, as one tile or (`--tiled`) as many, in LRCP with three layers, without PLT and
 * TLM. Each transcode runs in a process of its own, whose peak memory is printed.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { transcodePackets } from '../../src/codec/index.ts';
import { decodeSync, encodeSync, inspect, type TranscodeOptions, transcodeTo } from '../../src/index.ts';
import { fileSink, fileSource } from '../../src/node/index.ts';
import { hostExecutor } from '../../src/platform/host-executor.ts';
import { peakMemory } from '../../test/support/peak-memory.ts';
import { RepeatedSource } from '../support/repeated-source.ts';
import { describeMachine } from '../support/table.ts';

const { values } = parseArgs({
  options: {
    gigabytes: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
    tiled: { type: 'boolean', default: false },
    progression: { type: 'string', default: 'RPCL' },
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
} else if (values.child === 'index') {
  const source = await fileSource(values.from!);
  const start = performance.now();
  const { packets } = await inspect(source, { index: true });
  console.log(
    JSON.stringify({ seconds: (performance.now() - start) / 1000, packets: packets!.count, peak: peakMemory() }),
  );
} else {
  await run();
}

async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'jp2kit-transcode-'));
  try {
    console.log(describeMachine());
    const small = encodeSync(noisyPicture(), {
      container: 'codestream',
      levels: 3,
      layers: 3,
      precincts: [{ width: 256, height: 256 }],
      tile: { width: SIDE, height: SIDE },
    }).data;
    const decodeStart = performance.now();
    decodeSync(small);
    const decodeSeconds = (performance.now() - decodeStart) / 1000;
    const across = Math.ceil(Math.sqrt((Number(values.gigabytes) * GIGA) / small.length));
    const input = join(folder, 'in.j2k');
    const source = new RepeatedSource(small, across, across, values.tiled);
    await transcodePackets(hostExecutor, source, await fileSink(input), {});
    const { size } = statSync(input);
    const kind = values.tiled ? `${across * across} tiles` : 'one tile';
    console.log(`${SIDE * across} x ${SIDE * across} x 3, ${kind}, LRCP, 3 layers: ${(size / GIGA).toFixed(2)} GB`);
    const megabytes = size / 1e6;
    for (let round = 0; round < Number(values.rounds); round++) {
      const output = join(folder, 'out.j2k');
      const copyStart = performance.now();
      execFileSync('cp', [input, join(folder, 'copy.j2k')]);
      const copy = (performance.now() - copyStart) / 1000;
      rmSync(join(folder, 'copy.j2k'));
      const { seconds, peak, packets, status } = child('transcode', input, output);
      rmSync(output);
      console.log(
        `cp ${(megabytes / copy).toFixed(0)} MB/s, to ${values.progression} with TLM and PLT ${(megabytes / seconds).toFixed(0)} MB/s ` +
          `(${(seconds / copy).toFixed(2)} times as long), ${packets} packets, ${status}, peak memory ${(peak / 2 ** 20).toFixed(0)} MB`,
      );
    }
    const index = child('index', input, '');
    const decoding = decodeSeconds * across * across;
    console.log(
      `following all packet headers: ${index.seconds.toFixed(2)} s, ${((100 * index.seconds) / decoding).toFixed(2)} % of the ` +
        `${decoding.toFixed(0)} s that decoding takes at the speed of the small picture; peak memory ${(index.peak / 2 ** 20).toFixed(0)} MB`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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
