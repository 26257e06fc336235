/** Encode a picture that comes in rows and never is in memory as a whole, straight into a file of a given size. */
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEncoder, decode } from 'jp2kit';
import { fileSink, fileSource, spillFile } from 'jp2kit/node';

const [width, height] = [2048, 1024];
const file = join(tmpdir(), `waves-${process.pid}.jp2`);
const encoder = createEncoder(
  { width, height, channels: 1, precision: 12 },
  {
    sink: await fileSink(file), // a temporary file until everything is written
    spill: await spillFile(), // where coded tiles wait until the size can be shared out over all of them
    tile: { width: 512, height: 256 },
    rate: { bpp: 1 },
    markers: { tlm: true },
  },
);
for (let y = 0; y < height; y += 64) {
  const rows = new Uint16Array(width * 64);
  rows.forEach((_, i) => {
    const [u, v] = [i % width, y + Math.floor(i / width)];
    const grain = (u * 7919 + v * 104729 + u * v * 31) % 251;
    rows[i] = 2048 + 1200 * Math.sin(u / 40) * Math.cos(v / 30) + grain;
  });
  await encoder.writeRows(rows);
}
const { bytes, bpp, rateControl } = await encoder.finish();
console.log(`${width} × ${height} in ${bytes} bytes: ${bpp.toFixed(3)} bits a sample, shared out: ${rateControl}`);

const source = await fileSource(file);
const corner = await decode(source, { region: { x: 1900, y: 900, width: 100, height: 100 } });
console.log(`a corner of ${corner.width} × ${corner.height} takes ${corner.stats.bytesRead} bytes to read`);
await source.close?.();
await rm(file);
