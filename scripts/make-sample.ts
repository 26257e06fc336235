/**
 * Makes the sample set with this library's own encoder, from pictures that are nothing but arithmetic: `npm run sample`, or
 * with a word to make only the files whose names have it.
 */
import { writeFile } from 'node:fs/promises';
import { encode } from '../src/index.ts';
import { inRepository } from '../test/support/root.ts';
import { SAMPLES } from './samples/set.ts';

const wanted = process.argv[2] ?? '';
for (const { path, about, paint, options } of SAMPLES) {
  if (!path.includes(wanted)) continue;
  const image = paint();
  const { data, psnr } = await encode(image, options);
  await writeFile(inRepository(path), data);
  const quality = psnr === Number.POSITIVE_INFINITY ? 'lossless' : `${psnr.toFixed(1)} dB`;
  console.log(`${path}: ${about}; ${image.width} × ${image.height}, ${data.length} bytes, ${quality}`);
}
