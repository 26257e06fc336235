/** Say how large or how good a file is to be, and put several qualities into one. */
import { readFile } from 'node:fs/promises';
import { decode, encode } from 'jp2kit';

const image = await decode(await readFile(new URL('../demo/samples/lake.jp2', import.meta.url)), { reduce: 1 });

// a decoded picture can be encoded as it is
const sized = await encode(image, { rate: { bytes: 8000 } });
console.log(`at most 8000 bytes: ${sized.bytes}, about ${sized.psnr.toFixed(2)} dB`);

const good = await encode(image, { rate: { psnr: 40 } });
console.log(`at least 40 dB: ${good.bytes} bytes, ${good.psnr.toFixed(2)} dB as measured`);

// a list makes quality layers; the last one may be lossless
const layered = await encode(image, { rate: [{ bpp: 0.25 }, { bpp: 1 }, { lossless: true }], progression: 'LRCP' });
for (const [k, layer] of layered.layers.entries()) {
  // whoever gets only so many bytes has the picture in that quality
  const part = await decode(layered.data.subarray(0, layer.bytes), { layers: k + 1 });
  console.log(`layer ${k + 1}: ${layer.bytes} bytes, ${psnr(part.data, image.data).toFixed(2)} dB`);
}

/**
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 */
function psnr(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (Number(a[i]) - Number(b[i])) ** 2;
  return 10 * Math.log10((255 ** 2 * a.length) / sum);
}
