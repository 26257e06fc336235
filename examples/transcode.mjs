/** Put packets into another order, cut a file down, add quality layers: without decoding, and without loss. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode, inspect, transcode, transcodeTo } from 'jp2kit';
import { fileSink, fileSource } from 'jp2kit/node';

const path = new URL('../demo/samples/relief.jp2', import.meta.url);
const original = await readFile(path);

// by resolution, with lists of packets and tile-parts: a remote reader finds a window with a few requests
const remote = await transcode(original, { progression: 'RPCL', markers: { plt: true, tlm: true } });
const { progression, markers } = await inspect(remote.data);
console.log(`${remote.packets} packets in ${remote.bytes} bytes, ${progression}, TLM ${markers.tlm}`);

const before = await decode(original);
const after = await decode(remote.data);
console.log(`the same samples: ${after.data.every((value, i) => value === before.data[i])}`);

// the lowest resolutions alone: a thumbnail that costs nothing to make
const small = await transcode(original, { reduce: 2 });
const { width, height } = await inspect(small.data);
console.log(`two resolution levels less: ${width} x ${height} in ${small.bytes} bytes`);

// from file to file, for files larger than memory
const folder = await mkdtemp(join(tmpdir(), 'jp2kit-'));
const source = await fileSource(path);
const summary = await transcodeTo(source, await fileSink(join(folder, 'map.j2k')), { container: 'codestream' });
console.log(`${summary.bytesIn} bytes in, ${summary.bytes} out, ${summary.tileParts} tile-parts, ${summary.status}`);
await source.close?.();
await rm(folder, { recursive: true });
