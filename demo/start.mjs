/**
 * `npm start`: decodes a shipped sample and says what it found, makes a large one the first time, then serves both demo pages and all
 * samples by JPIP, and prints the addresses.
 *
 * PORT chooses the port; without it any free one is taken. JP2KIT_SAMPLE_SIDE is the size of the large sample, 8192 points without it, and
 * JP2KIT_SAMPLE_CACHE the folder in which it is kept.
 */
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { decode, inspect } from 'jp2kit';
import { fileSource } from 'jp2kit/node';
import { jpipService } from './jpip.mjs';
import { CACHE, largeSample, progressBar } from './large-sample/make.mjs';
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

const places = [fileURLToPath(new URL('./samples', import.meta.url))];
const large = await makeLarge(Number(process.env.JP2KIT_SAMPLE_SIDE ?? 8192));
if (large) places.unshift(large);
const jpip = await jpipService(places);
const port = Number(process.env.PORT ?? 0);
const { url } = await serve(fileURLToPath(new URL('./dist', import.meta.url)), port, jpip.handler);
console.log(`\nLook at the large picture by JPIP: ${url}viewer.html`);
console.log(`Drop a JPEG 2000 file on the page at ${url} (Ctrl-C ends it)`);

/** The path of the large sample; without it there are still the small ones. */
async function makeLarge(side) {
  const bar = progressBar(`making a picture of ${side} × ${side}`);
  const start = performance.now();
  try {
    const folder = process.env.JP2KIT_SAMPLE_CACHE ?? CACHE;
    const { path, made, bytes } = await largeSample({ side, folder, onProgress: (fraction) => bar.update(fraction) });
    bar.clear();
    const seconds = Math.round((performance.now() - start) / 1000);
    const how = made ? `painted and encoded in ${seconds} s` : 'made before';
    console.log(`large sample: ${side} × ${side}, ${(bytes / 1e6).toFixed(1)} MB, ${how}`);
    return path;
  } catch (error) {
    bar.clear();
    console.error(`the large sample cannot be made: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}

function meanColour({ data, channels }) {
  const sums = new Array(channels).fill(0);
  data.forEach((value, i) => {
    sums[i % channels] += value;
  });
  return sums.map((sum) => Math.round((sum * channels) / data.length));
}
