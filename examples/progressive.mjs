/** Show a picture that is still arriving: every yield is the whole picture, better than the one before. */
import { createReadStream } from 'node:fs';
import { decodeProgressive } from 'jp2kit';

const stream = createReadStream(new URL('../demo/samples/lake.jp2', import.meta.url), { highWaterMark: 6000 });
for await (const image of decodeProgressive(stream)) {
  const { width, height, resolution, layer, final } = image;
  console.log(`${width} × ${height}: resolution ${resolution}, layer ${layer}${final ? ', final' : ''}`);
}
