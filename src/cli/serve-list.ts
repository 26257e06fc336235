/** The page that `jp2kit serve` shows to a browser: what there is to ask for, as small pictures that come by JPIP's own `type=image/png`. */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ListedTarget } from 'jp2kit/node';

const STYLE = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
ul { display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); gap: 1.5rem; padding: 0; list-style: none }
img { display: block; width: 100%; height: 11rem; object-fit: contain; background: #8882 }
code { overflow-wrap: anywhere }
small { opacity: .7 }`;
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');
const POLICY = `default-src 'none'; img-src 'self' data:; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
/** More are not shown. */
const MOST = 200;

/** Whether a request is that of a person who wants to see what is here. */
export function wantsList({ method, url, headers }: IncomingMessage, path: string): boolean {
  const wanted = `/${path.split('/').filter(Boolean).join('/')}`;
  const asked = (url ?? '').replace(/\/+$/, '') || '/';
  return method === 'GET' && asked === wanted && (headers.accept ?? '').includes('text/html');
}

/** Sends the page. `base` is where targets are asked for, with a slash at its end. */
export function sendList(
  response: ServerResponse,
  base: string,
  targets: readonly ListedTarget[],
  pictures: boolean,
): void {
  const items = targets.slice(0, MOST).map(({ target, bytes }) => {
    const address = `${base}${target.split('/').map(encodeURIComponent).join('/')}`;
    const picture = `<img loading="lazy" alt="" src="${escaped(`${address}?fsiz=320,320,round-up&type=image/png`)}">`;
    const size = bytes === undefined ? '' : ` <small>${bytes} bytes</small>`;
    return `<li>${pictures ? `<a href="${escaped(`${address}?type=image/png&fsiz=1600,1600`)}">${picture}</a>` : ''}<code>${escaped(target)}</code>${size}</li>`;
  });
  const more = targets.length > MOST ? `<p>and ${targets.length - MOST} more</p>` : '';
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Pictures by JPIP</title><link rel="icon" href="data:,"><style>${STYLE}</style>
<h1>Pictures by JPIP</h1><p>${targets.length} targets. A JPIP client asks for <code>jpip://…${escaped(base)}name</code>.</p>
<ul>${items.join('\n')}</ul>${more}</html>`;
  response.writeHead(200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': Buffer.byteLength(page),
    'Content-Security-Policy': POLICY,
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
  });
  response.end(page);
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
