/** Decode only a part of a file on disk, small: only the bytes that this needs are read. */
import { fileURLToPath } from 'node:url';
import { decode } from 'jp2kit';
import { fileSource } from 'jp2kit/node';

const source = await fileSource(fileURLToPath(new URL('../demo/samples/lake.jp2', import.meta.url)));
try {
  const moon = await decode(source, { region: { x: 200, y: 60, width: 80, height: 80 } });
  console.log(`the moon: ${moon.width} × ${moon.height} from ${moon.stats.bytesRead} of ${source.size} bytes`);

  const small = await decode(source, { reduce: 3 });
  console.log(`an eighth: ${small.width} × ${small.height} from ${small.stats.bytesRead} bytes`);

  const fitting = await decode(source, { maxSize: { width: 300, height: 300 } });
  console.log(`to fit 300 × 300: ${fitting.width} × ${fitting.height}`);
} finally {
  await source.close?.();
}
