/** Keeps beside a picture where its packets are, and reads a window with it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildIndexTo, encode, Jpeg2000Error, open, writeIndexBoxes } from 'jp2kit';
import { fileSink, fileSource } from 'jp2kit/node';

const folder = await mkdtemp(join(tmpdir(), 'jp2kit-index-'));
const map = join(folder, 'map.jp2');
const idx = join(folder, 'map.idx');
const data = Uint8Array.from({ length: 1024 * 1024 }, (_, k) => ((k % 1024) ^ (k >> 10)) & 255);
const { data: bytes } = await encode(
  { width: 1024, height: 1024, channels: 1, data },
  { precincts: [{ width: 64, height: 64 }], rate: [{ bpp: 1 }, { lossless: true }] },
);
await writeFile(map, bytes);

// made once, tile by tile, from a file of any size
const summary = await buildIndexTo(await fileSource(map), await fileSink(idx));
console.log(`${summary.packets} packets in an index of ${summary.bytes} bytes`);

// in memory or behind httpSource: with an index only the packets of the window are read
const image = await open(await fileSource(map), { index: await fileSource(idx) });
const { stats } = await image.decode({ region: { x: 300, y: 300, width: 100, height: 100 } });
console.log(`a window took ${stats.bytesRead} of ${bytes.length} bytes, in ${stats.requests} reads`);

// an index of another file is refused
await open(bytes.subarray(0, -1), { index: await fileSource(idx) }).catch((error) => {
  if (!(error instanceof Jpeg2000Error) || error.code !== 'index-mismatch') throw error;
  console.log(error.message);
});

// the same for JPIP servers that need it inside the file
const indexed = await writeIndexBoxes(bytes, await fileSink(join(folder, 'map-jpip.jp2')));
console.log(`${indexed.bytes - bytes.length} bytes of index boxes`);
await rm(folder, { recursive: true });
