/** Encode a picture that is in memory: a gradient, without loss and at a given size. */
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'jp2kit';

const [width, height, channels] = [640, 400, 3];
const data = new Uint8Array(width * height * channels);
for (let y = 0; y < height; y++) {
  for (let x = 0; x < width; x++) {
    data.set([(255 * x) / width, (255 * y) / height, 128 + 127 * Math.sin((x + y) / 20)], (y * width + x) * channels);
  }
}

const lossless = await encode({ width, height, channels, data });
console.log(`lossless: ${lossless.bytes} bytes, ${lossless.ratio.toFixed(1)} times smaller`);

const small = await encode({ width, height, channels, data }, { rate: { bpp: 0.5 } });
const file = join(tmpdir(), 'gradient.jp2');
await writeFile(file, small.data);
console.log(`${file}: ${small.bytes} bytes, about ${small.psnr.toFixed(1)} dB`);
