/** Serve pictures by JPIP: an engine behind Node's HTTP server, and the same engine as a function from Request to Response. */
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { createJpipEngine, fetchHandler, formatAccessLog, nodeHandler, pictureRenderer } from 'jp2kit/jpip/server';
import { jpipTargets } from 'jp2kit/node';

// names below this folder, and nothing else
const targets = await jpipTargets([fileURLToPath(new URL('../demo/samples', import.meta.url))]);
const engine = createJpipEngine({ resolve: targets.resolve, renderer: pictureRenderer() });

// with Express: app.use('/jpip', nodeHandler(engine)); with Fastify: fastify.register(fastifyJpip(engine), { prefix: '/jpip' })
const handler = nodeHandler(engine, {
  basePath: '/jpip',
  cors: true,
  accessLog: (entry) => console.log(formatAccessLog({ ...entry, time: 0, ms: 0 })),
});
const server = createServer(handler);
server.requestTimeout = 30_000; // how long a client may take to ask
await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
const base = `http://127.0.0.1:${port}/jpip`;

// a client asks for a window: what it needs comes as data-bins
const stream = await fetch(`${base}/lake.jp2?fsiz=480,300&roff=100,50&rsiz=200,100&type=jpp-stream`);
console.log(`${stream.headers.get('content-type')}: ${(await stream.arrayBuffer()).byteLength} bytes`);

// a page without a client asks for the same window as a picture
const picture = await fetch(`${base}/lake.jp2?fsiz=480,300&roff=100,50&rsiz=200,100&type=image/png`);
console.log(`${picture.headers.get('content-type')}: ${(await picture.arrayBuffer()).byteLength} bytes`);
const metrics = await (await fetch(`${base}/metrics`)).text();
console.log(metrics.split('\n').find((line) => line.startsWith('jpip_engine_bytes_sent')));

// Deno, Bun, Workers, Hono: export default { fetch: fetchHandler(engine) }
const respond = fetchHandler(engine);
const response = await respond(new Request('http://any.where/balloon.jp2?fsiz=75,100&type=jpp-stream'));
console.log(`as a function: ${response.status}, ${response.headers.get('content-length')} bytes`);

// to stop: what runs may end, what comes is refused
server.close();
await Promise.all([engine.close(), handler.close()]);
server.closeAllConnections();
