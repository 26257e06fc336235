/** A small static server for the demo pages, with ranges, so that a page can also read pictures piece by piece. */
import { open, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.jp2': 'image/jp2',
};
const POLICY =
  "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * Serves a folder on this machine only; `port` 0 takes any free one. A middleware is asked first. Resolves to the address and a way to
 * stop.
 */
export function serve(folder, port = 0, middleware = (_request, _response, next) => next()) {
  const server = createServer((request, response) => {
    middleware(request, response, () => {
      answer(folder, request, response).catch(() => {
        if (!response.headersSent) response.writeHead(500);
        response.end();
      });
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      resolve({ url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() });
    });
  });
}

async function answer(folder, request, response) {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return;
  }
  const path = fileOf(folder, request.url);
  const info = path && (await stat(path).catch(() => undefined));
  if (!info?.isFile()) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('not found');
    return;
  }
  const range = rangeOf(request.headers.range, info.size);
  if (range === null) {
    response.writeHead(416, { 'content-range': `bytes */${info.size}` }).end();
    return;
  }
  const [from, to] = range ?? [0, info.size];
  const headers = {
    'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
    'content-length': to - from,
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    'accept-ranges': 'bytes',
    'cache-control': 'no-store',
  };
  if (range) headers['content-range'] = `bytes ${from}-${to - 1}/${info.size}`;
  response.writeHead(range ? 206 : 200, headers);
  if (request.method === 'HEAD' || to === from) {
    response.end();
    return;
  }
  const file = await open(path);
  file.createReadStream({ start: from, end: to - 1 }).pipe(response);
}

/** The file behind a request, or nothing when it points outside the folder. */
function fileOf(folder, url) {
  let path;
  try {
    path = decodeURIComponent(new URL(url, 'http://localhost').pathname);
  } catch {
    return undefined;
  }
  const file = normalize(join(folder, path.endsWith('/') ? `${path}index.html` : path));
  return file.startsWith(normalize(folder) + sep) ? file : undefined;
}

/** `[from, to)` of a single byte range; undefined without one, null when it cannot be met. */
function rangeOf(header, size) {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  if (match[1] === '') return [Math.max(0, size - Number(match[2])), size];
  const from = Number(match[1]);
  const to = match[2] === '' ? size : Math.min(size, Number(match[2]) + 1);
  return from < to ? [from, to] : null;
}
