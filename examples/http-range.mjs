/** Read a picture over HTTP with range requests: a thumbnail and a detail cost a fraction of the file. */
import { fileURLToPath } from 'node:url';
import { httpSource, open } from 'jp2kit';
import { serve } from '../demo/server.mjs';

const { url, close } = await serve(fileURLToPath(new URL('../demo/samples', import.meta.url)));
const picture = await open(httpSource(`${url}lake.jp2`, { blockBytes: 2048 }));
const thumbnail = await picture.decode({ reduce: 4 });
console.log(`thumbnail ${thumbnail.width} × ${thumbnail.height}: ${thumbnail.stats.bytesRead} bytes`);
const detail = await picture.decode({ region: { x: 190, y: 50, width: 128, height: 128 } });
console.log(`detail ${detail.width} × ${detail.height}: ${detail.stats.bytesRead} bytes`);
await picture.close();
close();
