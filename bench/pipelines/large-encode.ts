/**
 * A picture larger than memory should hold, encoded row by row: `npm run bench:large -- [--side 30000] [--channels 1] [--tile 1024]
 * [--bpp 1]`. Prints time, size and the peak memory of the process. With a rate it goes through a spill file.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createEncoder, open } from '../../src/index.ts';
import { fileSink, fileSource, spillFile } from '../../src/node/index.ts';
import { peakMemory } from '../../test/support/peak-memory.ts';
import { describeMachine } from '../support/table.ts';

const { values } = parseArgs({
  options: {
    side: { type: 'string', default: '30000' },
    channels: { type: 'string', default: '1' },
    tile: { type: 'string', default: '1024' },
    bpp: { type: 'string' },
  },
});
const side = Number(values.side);
const channels = Number(values.channels);
const tile = Number(values.tile);
const folder = mkdtempSync(join(tmpdir(), 'jp2kit-large-'));
try {
  const path = join(folder, 'large.jp2');
  const start = performance.now();
  const encoder = createEncoder(
    { width: side, height: side, channels },
    {
      tile: { width: tile, height: tile },
      markers: { tlm: true, plt: true },
      sink: await fileSink(path),
      ...(values.bpp ? { rate: { bpp: Number(values.bpp) }, spill: await spillFile(folder) } : {}),
      onProgress: ({ stage, tilesDone, tiles }) => {
        if (process.stderr.isTTY) process.stderr.write(`\r${stage} ${tilesDone}/${tiles} `);
      },
    },
  );
  const rows = new Uint8Array(64 * side * channels);
  for (let y = 0; y < side; y += 64) {
    const count = Math.min(64, side - y);
    for (let k = 0; k < count; k++) paintRow(y + k, rows.subarray(k * side * channels, (k + 1) * side * channels));
    await encoder.writeRows(rows.subarray(0, count * side * channels));
  }
  const { bytes, bpp, psnr, rateControl } = await encoder.finish();
  const seconds = (performance.now() - start) / 1000;
  const peak = peakMemory() / 2 ** 20;
  const raw = side * side * channels;
  console.log(describeMachine());
  console.log(
    `${side} x ${side} x ${channels}, tiles of ${tile}: ${seconds.toFixed(0)} s, ${(raw / seconds / 1e6).toFixed(1)} Msamples/s`,
  );
  console.log(
    `${bytes} bytes (on disk ${statSync(path).size}), ${bpp.toFixed(3)} bpp, estimated ${psnr.toFixed(2)} dB, ${rateControl}`,
  );
  console.log(
    `peak memory ${peak.toFixed(0)} MB; a row of tiles has ${((side * tile * channels) / 2 ** 20).toFixed(0)} MB, the picture ${(raw / 2 ** 20).toFixed(0)} MB`,
  );
  await check(path);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Reads a window from the middle back; without a rate it has to be what was painted. */
async function check(path: string): Promise<void> {
  const source = await fileSource(path);
  const image = await open(source);
  const at = Math.floor(side / 2);
  const { data } = await image.decode({ region: { x: at, y: at, width: 64, height: 64 }, strict: true });
  const row = new Uint8Array(side * channels);
  let largest = 0;
  for (let y = 0; y < 64; y++) {
    paintRow(at + y, row);
    for (let k = 0; k < 64 * channels; k++) {
      largest = Math.max(largest, Math.abs(row[at * channels + k]! - data[y * 64 * channels + k]!));
    }
  }
  console.log(`a window from the middle differs by at most ${largest}`);
  await image.close();
}

/** Smooth waves, edges and some noise: nothing of it repeats at the size of a tile. */
function paintRow(y: number, row: Uint8Array): void {
  const count = row.length / channels;
  for (let x = 0; x < count; x++) {
    const wave = 40 * Math.sin(x / 97) * Math.cos(y / 131) + 30 * Math.sin((x + y) / 523);
    const edge = ((x >> 7) ^ (y >> 7)) & 3 ? 12 : 0;
    const noise = (Math.imul((x * 73856093) ^ (y * 19349663), 2654435761) >>> 28) - 8;
    const value = 128 + wave + edge + noise;
    for (let c = 0; c < channels; c++) row[x * channels + c] = value + 5 * c;
  }
}
