/**
 * Keeps the files of the viewer's page, so that it opens without its server too; the pictures are in a database. What the server sends goes
 * before what is kept.
 */

/** The part of a service worker's world that is used; the types of pages do not have it. */
interface ServiceWorkerWorld {
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
  addEventListener(
    type: 'install' | 'activate',
    listener: (event: { waitUntil(work: Promise<unknown>): void }) => void,
  ): void;
  addEventListener(
    type: 'fetch',
    listener: (event: { readonly request: Request; respondWith(answer: Promise<Response>): void }) => void,
  ): void;
}

const world = self as unknown as ServiceWorkerWorld;
const CACHE = 'jp2kit-viewer-page';
const FILES = ['viewer.html', 'viewer.css', 'viewer.js', 'viewer-worker.js', 'viewer.json'];

world.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(FILES))
      .then(() => world.skipWaiting()),
  );
});

world.addEventListener('activate', (event) => event.waitUntil(world.clients.claim()));

world.addEventListener('fetch', (event) => {
  const { request } = event;
  const name = new URL(request.url).pathname.split('/').pop()!;
  if (request.method === 'GET' && FILES.includes(name)) event.respondWith(fresh(request));
});

/** The file as the server has it now, or else as it was. */
async function fresh(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(request);
    if (response.ok) await cache.put(request, response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match(request, { ignoreSearch: true });
    if (kept) return kept;
    throw error;
  }
}
