/** Make a Motion JPEG 2000 file frame by frame, and look into it anywhere. */
import { createMovie, encode, openMovie } from 'jp2kit';

const [width, height] = [160, 96];
const movie = createMovie({ timescale: 25 }); // 25 frames a second; with `sink` frames go to a file as they come
for (let n = 0; n < 10; n++) {
  const data = new Uint8Array(width * height).map((_, i) => ((i % width) + 8 * n) & 255);
  const { data: frame } = await encode({ width, height, channels: 1, data }, { rate: { bpp: 2 } });
  await movie.add(frame, n === 9 ? { duration: 25 } : {}); // the last one stays for a second
}
const { data: file, frames, duration } = await movie.finish();
console.log(`${frames} frames, ${duration / 25} s, ${file.length} bytes`);

const {
  tracks: [track],
} = await openMovie(file); // or a file, a blob, a URL: only the tables are read
const n = track.frameAt(0.2);
const picture = await (await track.frame(n)).decode({ reduce: 1 });
console.log(`at 0.2 s: frame ${n}, ${picture.width} × ${picture.height}, ${picture.colour.space}`);
