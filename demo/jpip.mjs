/** The JPIP side of the demo: an engine over some folders and files, and the list of pictures that the viewer offers. */
import { createJpipEngine, nodeHandler, pictureRenderer } from 'jp2kit/jpip/server';
import { jpipTargets } from 'jp2kit/node';

const BASE = '/jpip';
/** The order in which pictures are offered. Others come behind. */
const TITLES = [
  ['country', 'Country'],
  ['highlands', 'Highlands'],
  ['lake', 'Lake'],
  ['lake-420', 'Lake, 4:2:0'],
  ['balloon', 'Balloon'],
  ['land', 'Land map'],
  ['relief', 'Relief, 16 bits'],
];

/**
 * A middleware that answers requests below `/jpip`, and `/viewer.json`; everything else goes on.
 *
 * @param {readonly string[]} places folders and files that may be served
 */
export async function jpipService(places) {
  const targets = await jpipTargets(places);
  const engine = createJpipEngine({ resolve: targets.resolve, renderer: pictureRenderer() });
  const answer = nodeHandler(engine, { basePath: BASE });
  return {
    /** @type {(request: any, response: any, next: () => void) => void} */
    handler(request, response, next) {
      if (request.method === 'GET' && request.url === '/viewer.json') {
        sendOffers(targets, response).catch(() => response.destroy());
      } else answer(request, response, next);
    },
    async close() {
      await engine.close();
      await answer.close();
    },
  };
}

async function sendOffers(targets, response) {
  const offers = (await targets.list()).map(({ target, bytes }) => {
    const name = target.replace(/\.[^.]*$/, '').replace(/^(country)-.*$/, '$1');
    const title = TITLES.find(([known]) => known === name)?.[1] ?? name;
    return { name, title, url: `${BASE}/${target.split('/').map(encodeURIComponent).join('/')}`, bytes };
  });
  const place = ({ name }) => TITLES.findIndex(([known]) => known === name) >>> 0;
  const body = JSON.stringify(offers.sort((a, b) => place(a) - place(b)));
  response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(body);
}
