/** Put many pictures into one JPX file, link to others instead, say something about each, and edit boxes afterwards. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createJpx, encode, openJpx, readBoxes, setBoxes } from 'jp2kit';
import { fileSink, fileSource, folderResolver } from 'jp2kit/node';

const folder = await mkdtemp(join(tmpdir(), 'jp2kit-example-'));
await mkdir(join(folder, 'frames'));
const frames = [];
for (let n = 0; n < 4; n++) {
  const name = `frames/${n}.jp2`;
  const data = new Uint8Array(64 * 64 * 3).map((_, i) => (i + 32 * n) & 255);
  await writeFile(join(folder, name), (await encode({ width: 64, height: 64, channels: 3, data })).data);
  // a function instead of bytes: so a movie of thousands of files needs few of them open
  const input = () => fileSource(join(folder, name));
  frames.push({ input, url: name, label: `frame ${n}`, xml: [`<taken at="${n}"/>`] });
}

const { data: movie } = await createJpx(frames, { composition: { framesPerSecond: 2 } });
const { bytes } = await createJpx(frames, { mode: 'linked', sink: await fileSink(join(folder, 'linked.jpx')) });
console.log(`embedded ${movie.length} bytes, linked ${bytes} bytes`);

// linked files are opened by whom you say, and by nobody else; this one stays below its folder
const jpx = await openJpx(await fileSource(join(folder, 'linked.jpx')), { resolve: folderResolver(folder) });
const third = await (await jpx.layer(2)).decode({ reduce: 1 });
const [label, about] = jpx.metadataAbout({ layer: 2 });
const xml = about.children?.find(({ box }) => box.type === 'xml ') ?? about;
console.log(`${label.label}: ${third.width} × ${third.height}, ${await jpx.text(xml)}`);
await jpx.close();

// any box can be added, taken away or moved; codestreams are copied, and offsets into the file put right
const note = { type: 'xml ', content: new TextEncoder().encode('<movie title="example"/>') };
const { data: noted } = await setBoxes(movie, (boxes) => [...boxes, note]);
const types = (await readBoxes(noted)).boxes.map((box) => box.type.trim());
console.log(types.join(' '));
await rm(folder, { recursive: true });
