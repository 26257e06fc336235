import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { inRepository } from '../support/root.ts';
import { describeTools } from '../support/shared.ts';

/** What the page gets of the library. */
type Library = typeof import('../../src/browser/index.ts');

describeTools(['chromium'], 'a store in a database of the browser', () => {
  let browser: Browser;
  let server: Server;
  let page: Page;

  beforeAll(async () => {
    const bundle = await build({
      entryPoints: [inRepository('src/browser/index.ts')],
      bundle: true,
      write: false,
      format: 'iife',
      globalName: 'library',
    });
    const script = bundle.outputFiles[0]!.text;
    server = createServer((request, response) => {
      const isScript = request.url === '/library.js';
      response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
      response.end(isScript ? script : '<!doctype html><title>store</title><script src="/library.js"></script>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    browser = await launchBrowser();
    page = await (await browser.newContext()).newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  });

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  test('has again what was held before the page was loaded anew', async () => {
    await page.evaluate(async () => {
      const { indexedDbStore } = (globalThis as unknown as { library: Library }).library;
      const store = indexedDbStore('bins');
      for (const target of ['a', 'aa']) {
        const cache = await store.open(target);
        cache.tid = `id of ${target}`;
        const piece = { codestream: 0, classId: 0, id: 2 ** 40, offset: 0, length: 3, last: true };
        cache.add(piece, Uint8Array.of(1, 2, 3));
        cache.add({ ...piece, id: 5, last: false }, Uint8Array.of(4, 5, 6));
        await cache.flush();
        cache.add({ ...piece, id: 5, offset: 3, length: 1 }, Uint8Array.of(7));
      }
      await store.close();
    });
    await page.reload();
    const held = await page.evaluate(async () => {
      const { indexedDbStore } = (globalThis as unknown as { library: Library }).library;
      const cache = await indexedDbStore('bins').open('a');
      const keys = [5, 2 ** 40].map((id) => ({ codestream: 0, classId: 0, id }));
      const extents = keys.map((key) => cache.extentOf(key).length);
      await cache.bring(keys);
      return { tid: cache.tid, extents, bytes: keys.map((key) => [...cache.get(key)!.prefix()]) };
    });
    expect(held).toEqual({
      tid: 'id of a',
      extents: [4, 3],
      bytes: [
        [4, 5, 6, 7],
        [1, 2, 3],
      ],
    });
  });

  test('forgets a target that was replaced, and only that', async () => {
    const held = await page.evaluate(async () => {
      const { indexedDbStore } = (globalThis as unknown as { library: Library }).library;
      const store = indexedDbStore('bins');
      const replaced = await store.open('a');
      await replaced.clear('another');
      replaced.add({ codestream: 0, classId: 0, id: 1, offset: 0, length: 1, last: true }, Uint8Array.of(9));
      const dropping = await store.open('aa');
      dropping.drop({ codestream: 0, classId: 0, id: 5 });
      await store.close();
      const again = indexedDbStore('bins');
      const caches = [await again.open('a'), await again.open('aa')];
      return caches.map((cache) => ({ tid: cache.tid, ids: [...cache.extents()].map(({ id }) => id) }));
    });
    expect(held).toEqual([
      { tid: 'another', ids: [1] },
      { tid: 'id of aa', ids: [2 ** 40] },
    ]);
  });
});
