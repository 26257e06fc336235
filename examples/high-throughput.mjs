/** High throughput (HTJ2K): the other block coder, which is faster, for files that are somewhat larger. */
import { readFile } from 'node:fs/promises';
import { decode, encode, inspect } from 'jp2kit';

const image = await decode(await readFile(new URL('../demo/samples/lake.jp2', import.meta.url)), { reduce: 1 });

for (const coder of /** @type {const} */ (['classic', 'ht'])) {
  const { bytes, ms, data } = await encode(image, { coder });
  const { container } = await inspect(data);
  console.log(`${coder}, without loss: ${bytes} bytes of ${container} in ${ms.toFixed(0)} ms`);
}

// a quality as JPEG has it: nothing is tried and nothing left out, so that it takes no longer than lossless
const good = await encode(image, { coder: 'ht', rate: { qfactor: 90 } });
console.log(`qfactor 90: ${good.bytes} bytes, about ${good.psnr.toFixed(2)} dB`);

// a size works too; refinement passes bring a little more quality to it
for (const htRefinement of [false, true]) {
  const sized = await encode(image, { coder: 'ht', rate: { bpp: 1 }, htRefinement });
  console.log(
    `1 bit a pixel${htRefinement ? ', refined' : ''}: ${sized.bytes} bytes, about ${sized.psnr.toFixed(2)} dB`,
  );
}

// decoding asks for nothing: a file says itself what it is
const thumbnail = await decode(good.data, { reduce: 2 });
console.log(`decoded ${thumbnail.width} x ${thumbnail.height}`);
