/** Parse a file once, then decode many windows of it, as a viewer does. */
import { readFile } from 'node:fs/promises';
import { bytesSource, open } from 'jp2kit';

const bytes = await readFile(new URL('../demo/samples/relief.jp2', import.meta.url));
const picture = await open(bytesSource(bytes));
const { width, height } = picture.info;
for (let y = 0; y < height; y += 96) {
  for (let x = 0; x < width; x += 128) {
    const tile = await picture.decode({ region: { x, y, width: 128, height: 96 } });
    let sum = 0;
    for (const sample of tile.data) sum += sample;
    const mean = Math.round(sum / tile.data.length);
    console.log(`${tile.width} × ${tile.height} at ${x}, ${y}: mean height ${mean}`);
  }
}
await picture.close();
