import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bytesSource, openJpx } from '../../../src/index.ts';
import { createJpipEngine, type JpipEngine } from '../../../src/jpip-server.ts';
import { CAPTURE_SERVERS, type Capture, capturesOf } from '../../support/captures.ts';
import { ask, regionOf, StrictCache } from '../../support/jpip-server.ts';
import { describeShared, sharedPath } from '../../support/shared.ts';

/** Which file a capture's exchange is about. */
function targetOf(capture: Capture, known: Map<string, string>): string {
  const named = /(?:^|&)target=([^&]+)/.exec(capture.query)?.[1];
  if (named) return named;
  if (capture.expect) return capture.expect.source;
  const inPath = capture.path.slice(1);
  return /\.(jp2|jpx|j2c)$/.test(inPath) ? inPath : (known.get(`${capture.scenario} ${capture.connection}`) ?? inPath);
}

/** Width and height, or x and y, of a field of the request as the response changed it. */
function pairOf(name: string, query: string, headers: Readonly<Record<string, string>>): [number, number] | undefined {
  const text = headers[`JPIP-${name}`] ?? new RegExp(`(?:^|&)${name}=([^&]+)`).exec(query)?.[1];
  const [a, b] = text?.split(',').map(Number) ?? [];
  return a === undefined || b === undefined ? undefined : [a, b];
}

describeShared('jpip-captures', 'the requests that real servers were asked', () => {
  for (const server of CAPTURE_SERVERS) {
    const targets = new Map<string, string>();
    const engines = new Map<string, JpipEngine>();
    const channels = new Map<string, { cid: string; cache: StrictCache }>();
    for (const capture of capturesOf(server)) {
      const group = `${capture.scenario} ${capture.connection}`;
      const target = targetOf(capture, targets);
      targets.set(group, target);
      const { expect: oracle } = capture;
      if (oracle === undefined && !/fsiz|cnew/.test(capture.query)) continue;
      // answers to mistakes are tested elsewhere
      if (capture.status !== 200 || capture.scenario.includes('errors')) continue;
      if (capture.scenario === 'crash-cclose-star' && capture.step > 0) continue;
      test(`${server} ${capture.id}, ${capture.scenario} step ${capture.step}: nothing is missing inside the window`, async () => {
        const bytes = readFileSync(sharedPath('jpip-captures', 'sources', server, target));
        const folder = (name: string) =>
          bytesSource(readFileSync(sharedPath('jpip-captures', 'sources', server, name)));
        // these files name each other as file://./frame0.jp2
        const resolveReference = (url: string) => folder(url.slice(url.lastIndexOf('/') + 1));
        const engine =
          engines.get(group) ?? createJpipEngine({ resolve: (name) => ({ source: folder(name), resolveReference }) });
        engines.set(group, engine);
        let query = capture.query.replace(/http-tcp/, 'http').replace(/(^|&)model=[^&]*/, '');
        const channel = channels.get(group);
        const stateless = !/(^|&)(cid|cnew)=/.test(query);
        if (/(^|&)cid=/.test(query)) query = query.replace(/(^|&)(cid|cclose)=[^&]*/g, `$1$2=${channel!.cid}`);
        if (/(^|&)cnew=/.test(query)) channels.delete(group);
        let cache = stateless ? new StrictCache() : (channels.get(group)?.cache ?? new StrictCache());
        const all = query.replace(/(^|&)len=[^&]*/, '');
        const path = `/${target}`;
        const taken = await ask(engine, all.replace(/(^|&)target=[^&]*/, ''), { path, cache });
        expect(taken.status).toBe(200);
        if (taken.headers['JPIP-cnew']) {
          const cid = /cid=([^,]+)/.exec(taken.headers['JPIP-cnew'])![1]!;
          channels.set(group, { cid, cache });
        }
        expect([1, 2, 5]).toContain(taken.eor);
        const numbers = [...new Set(taken.pieces.filter((p) => p.classId !== 8).map((p) => p.codestream))];
        if (numbers.length === 0 || pairOf('fsiz', query, taken.headers) === undefined) return;
        cache = channels.get(group)?.cache ?? cache;
        const jpx = await openJpx(bytes, { resolve: resolveReference });
        const first = await jpx.codestream(numbers[0]!);
        const { info } = first;
        const [fx, fy] = pairOf('fsiz', query, taken.headers)!;
        const reduce = Array.from({ length: info.levels + 1 }, (_, d) => d).find(
          (d) => Math.ceil(info.width / 2 ** d) === fx && Math.ceil(info.height / 2 ** d) === fy,
        )!;
        const [x, y] = pairOf('roff', query, taken.headers) ?? [0, 0];
        const [w, h] = pairOf('rsiz', query, taken.headers) ?? [fx - x, fy - y];
        const layers = Number(/(?:^|&)layers=(\d+)/.exec(query)?.[1] ?? info.layers);
        const region = regionOf(reduce, [x, y, w, h], { x: 0, y: 0 });
        const options = { region, reduce, layers: Math.min(layers, info.layers) };
        const components = /(?:^|&)comps=0/.test(query) ? { components: [0] } : {};
        for (const number of numbers) {
          const got = await cache.decode({ ...options, ...components }, number);
          const source = await jpx.codestream(number);
          const local = await source.decode({ ...options, ...components, layout: 'planar', colour: 'native' });
          expect([got.width, got.height]).toEqual([w, h]);
          expect(got.data).toEqual(local.data);
        }
      });
    }
  }
});
