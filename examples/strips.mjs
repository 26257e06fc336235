/** Turn a picture of any size into a PGM file, strip by strip, with the memory of one strip. */
import { mkdtemp, open as openFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeRows, inspect } from 'jp2kit';
import { fileSource } from 'jp2kit/node';

const folder = await mkdtemp(join(tmpdir(), 'jp2kit-example-'));
const source = await fileSource(new URL('../demo/samples/relief.jp2', import.meta.url).pathname);
const { width, height, components } = await inspect(source);
const path = join(folder, 'relief.pgm');
const file = await openFile(path, 'w');
try {
  await file.write(`P5\n${width} ${height}\n${2 ** components[0].precision - 1}\n`);
  let strips = 0;
  for await (const { data } of decodeRows(source, { colour: 'native', rows: 64 })) {
    // the next strip is decoded when this one is written
    if (data.BYTES_PER_ELEMENT === 1) await file.write(data);
    else await file.write(Buffer.from(data.buffer, data.byteOffset, data.byteLength).swap16());
    strips++;
  }
  console.log(`${strips} strips of ${width} x ${height} in a file of ${(await stat(path)).size} bytes`);
} finally {
  await file.close();
  await source.close?.();
  await rm(folder, { recursive: true });
}
