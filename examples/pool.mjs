/** Encode on all processors: a pool of workers that several calls share. */
import { encode } from 'jp2kit';
import { createPool } from 'jp2kit/workers';

const [width, height, channels] = [1024, 768, 3];
const data = Uint8Array.from({ length: width * height * channels }, (_, i) => {
  const [x, y] = [Math.floor(i / channels) % width, Math.floor(i / channels / width)];
  return 128 + 60 * Math.sin(x / 40 + (i % channels)) + 50 * Math.cos((x + 2 * y) / 90) + ((x * y) % 13);
});
const image = { width, height, channels, data };

const pool = createPool({ onWarning: ({ code, message }) => console.log(`${code}: ${message}`) });
// both at the same time; batches of code-blocks of either go to whichever worker is free
const [whole, small] = await Promise.all([encode(image, { pool }), encode(image, { pool, rate: { bpp: 0.5 } })]);
console.log(`lossless: ${whole.bytes} bytes; at half a bit a pixel: ${small.bytes} bytes`);

const alone = await encode(image);
const isSame = Buffer.compare(alone.data, whole.data) === 0;
console.log(`without the pool the file is ${isSame ? 'the same' : 'another'}`);

const { workers, doneByWorkers, doneInline } = pool.stats;
console.log(`${workers} workers did ${doneByWorkers} batches, this thread ${doneInline}`);
await pool.close();
