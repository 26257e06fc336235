/** Decode a whole file that is in memory, and do something with its samples. */
import { readFile } from 'node:fs/promises';
import { decode } from 'jp2kit';

const bytes = await readFile(new URL('../demo/samples/lake.jp2', import.meta.url));
const image = await decode(bytes);

let brightest = 0;
for (const sample of image.data) brightest = Math.max(brightest, sample);
console.log(`${image.width} × ${image.height}, ${image.channels} channels of ${image.precision} bits, ${image.status}`);
console.log(`${image.data.constructor.name} with ${image.data.length} samples, the largest is ${brightest}`);
