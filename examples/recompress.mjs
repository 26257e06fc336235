/** Decode a file and encode its picture otherwise: the same samples, other tiles, order and size. */
import { readFile } from 'node:fs/promises';
import { decode, encode, inspect } from 'jp2kit';

const original = await readFile(new URL('../demo/samples/relief.jp2', import.meta.url));
// as stored: no palette applied, no colours converted; what the samples mean is up to `colour` of the encode, here by default grey
const image = await decode(original, { colour: 'native' });

const arranged = await encode(image, { progression: 'RPCL', precincts: [{ width: 64, height: 64 }], verify: true });
const info = await inspect(arranged.data);
console.log(`without loss: ${original.length} bytes before, ${arranged.bytes} in one tile, ${info.progression}`);
const again = await decode(arranged.data, { colour: 'native' });
console.log(`the same samples: ${again.data.every((value, i) => value === image.data[i])}`);

const smaller = await encode(image, { rate: { ratio: 8 } });
console.log(`eight times smaller than the samples: ${smaller.bytes} bytes, about ${smaller.psnr.toFixed(1)} dB`);
