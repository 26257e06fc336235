/** Look at parts of a picture on a JPIP server: only what is looked at comes over the network, and what has come stays. */
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { memoryStore, openJpip } from 'jp2kit/jpip/client';
import { createJpipEngine, nodeHandler } from 'jp2kit/jpip/server';
import { jpipTargets } from 'jp2kit/node';

// a server to ask; any other will do as well
const targets = await jpipTargets([fileURLToPath(new URL('../demo/samples', import.meta.url))]);
const engine = createJpipEngine({ resolve: targets.resolve });
const server = createServer(nodeHandler(engine));
await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
const url = `jpip://127.0.0.1:${port}/highlands.jp2`;

const cache = memoryStore(); // fileStore(folder) of jp2kit/node and indexedDbStore(name) of jp2kit/browser last longer
const image = await openJpip(url, { cache });
const { width, height, layers } = image.info;
console.log(`${width} × ${height} in ${layers} layers; so far ${image.bytesReceived} bytes`);

// the same methods as a picture from a file has
const overview = await image.decode({ maxSize: { width: 160, height: 160 } });
console.log(`overview ${overview.width} × ${overview.height}: ${image.bytesReceived} bytes`);

// a view gets better while data come
const region = { x: 1000, y: 700, width: 256, height: 256 };
let pictures = 0;
for await (const picture of image.view({ region }, { minIntervalMs: 0 })) {
  pictures++;
  if (picture.final) console.log(`view ${picture.width} × ${picture.height}: ${pictures} pictures, the last complete`);
}
const held = image.held({ region }).filter(({ complete }) => complete);
console.log(`${held.length} precincts are here in full, ${image.cache.bytes} bytes in all`);

// what is held is a codestream of its own, in which nothing but the rest is missing
console.log(`as a codestream: ${(await image.toCodestream()).length} bytes`);
await image.close();

// without the server
server.close();
server.closeAllConnections();
await engine.close();
const offline = await openJpip(url, { cache, offline: true });
const again = await offline.decode({ region, offline: true });
console.log(`offline: ${again.width} × ${again.height}, ${again.status}, ${offline.requests} requests`);
