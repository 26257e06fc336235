/**
 * `npm start`: decodes a shipped sample and says what it found, then serves the demo page and prints its address.
 *
 * PORT chooses the port; without it any free one is taken.
 */
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { decode, inspect } from 'jp2kit';
import { fileSource } from 'jp2kit/node';
import { serve } from './server.mjs';

const sample = fileURLToPath(new URL('./samples/lake.jp2', import.meta.url));
const source = await fileSource(sample);
const info = await inspect(source);
const image = await decode(source);
await source.close?.();

console.log(`demo/samples/lake.jp2: ${info.container}, ${source.size} bytes`);
console.log(
  `  ${info.width} × ${info.height}, ${info.components.length} components of ${info.components[0].precision} bits, ` +
    `${info.reversible ? 'reversible' : 'irreversible'}, ${info.levels + 1} resolutions, ${info.layers} quality layers`,
);
console.log(`  decoded: ${image.status}, ${image.stats.codeBlocks} code-blocks in ${Math.round(image.stats.ms)} ms`);
console.log(`  mean colour: ${meanColour(image).join(', ')}`);

const { url } = await serve(fileURLToPath(new URL('./dist', import.meta.url)), Number(process.env.PORT ?? 0));
console.log(`\nDrop a JPEG 2000 file on the page at ${url} (Ctrl-C ends it)`);

function meanColour({ data, channels }) {
  const sums = new Array(channels).fill(0);
  data.forEach((value, i) => {
    sums[i % channels] += value;
  });
  return sums.map((sum) => Math.round((sum * channels) / data.length));
}
