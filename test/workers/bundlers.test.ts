/**
 * `jp2kit/workers` in pages as people build them: with Vite, webpack and esbuild, and without a bundler, under a strict content
 * security policy, with the isolation that shared memory needs and without.
 *
 * A page has the built package in its `node_modules`, as after an installation.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { build as esbuild } from 'esbuild';
import type { Browser } from 'playwright-core';
import { build as viteBuild } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import webpack from 'webpack';
import { launchBrowser } from '../support/browser.ts';
import { inRepository } from '../support/root.ts';
import { describeTools } from '../support/shared.ts';

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };
/** Nothing but scripts from here; workers go by the policy for scripts where there is none of their own. */
const POLICY = "default-src 'none'; script-src 'self'";

/** How a page is served, by the first part of its address. */
const MODES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  plain: { 'content-security-policy': POLICY },
  isolated: {
    'content-security-policy': POLICY,
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
  },
  forbidden: { 'content-security-policy': `${POLICY}; worker-src 'none'` },
};

/** Serves a folder in all modes. */
async function serve(folder: string): Promise<{ server: Server; url: string }> {
  const server = createServer(async (request, response) => {
    const [, mode, ...path] = new URL(request.url!, 'http://localhost').pathname.split('/');
    const bytes = await readFile(join(folder, ...path)).catch(() => undefined);
    const type = TYPES[extname(path.at(-1) ?? '')] ?? 'application/octet-stream';
    response.writeHead(bytes ? 200 : 404, { ...MODES[mode ?? ''], 'content-type': type }).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const page = (script: string): string =>
  `<!doctype html><html><head><meta charset="utf-8"></head><body><script type="module" src="${script}"></script></body></html>`;

/** Each makes `<out>/index.html` and what belongs to it, from `app.js` in `root`. */
const BUNDLERS: Readonly<Record<string, (root: string, out: string) => Promise<void>>> = {
  async vite(root, out) {
    writeFileSync(join(root, 'index.html'), page('./app.js'));
    await viteBuild({
      root,
      base: './',
      logLevel: 'silent',
      configFile: false,
      build: { outDir: out, emptyOutDir: true },
    });
  },

  async webpack(root, out) {
    await new Promise<void>((resolve, reject) => {
      webpack(
        {
          mode: 'production',
          context: root,
          entry: './app.js',
          output: { path: out, filename: 'app.js' },
          // most of the time, and nothing to do with workers; so with its hints on size
          optimization: { minimize: false },
          performance: false,
        },
        (error, stats) => {
          if (error || stats?.hasErrors()) reject(error ?? new Error(stats!.toString('errors-warnings')));
          else if (stats?.hasWarnings()) reject(new Error(stats.toString('errors-warnings')));
          else resolve();
        },
      );
    });
    writeFileSync(join(out, 'index.html'), page('./app.js'));
  },

  async esbuild(root, out) {
    await esbuild({
      entryPoints: { app: join(root, 'app.js'), worker: 'jp2kit/workers/worker' },
      absWorkingDir: root,
      bundle: true,
      minify: true,
      format: 'esm',
      outdir: out,
      logLevel: 'silent',
    });
    writeFileSync(join(out, 'index.html'), page('./app.js'));
  },

  async 'no bundler'(root, out) {
    cpSync(join(root, 'node_modules', 'jp2kit', 'dist'), join(out, 'jp2kit'), { recursive: true });
    const app = await readFile(join(root, 'app.js'), 'utf8');
    writeFileSync(
      join(out, 'app.js'),
      app.replace('"jp2kit"', '"./jp2kit/index.js"').replace('"jp2kit/workers"', '"./jp2kit/workers.js"'),
    );
    writeFileSync(join(out, 'index.html'), page('./app.js'));
  },
};

describeTools(['chromium'], 'a page with a pool', () => {
  let root: string;
  let web: { server: Server; url: string };
  let browser: Browser;

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'jp2kit-pages-'));
    const installed = join(root, 'node_modules', 'jp2kit');
    mkdirSync(join(installed, 'dist'), { recursive: true });
    cpSync(inRepository('package.json'), join(installed, 'package.json'));
    for (const name of readdirSync(inRepository('dist'))) {
      if (/\.c?js$/.test(name)) cpSync(inRepository('dist', name), join(installed, 'dist', name));
    }
    writeFileSync(join(root, 'package.json'), JSON.stringify({ name: 'page', private: true, type: 'module' }));
    await esbuild({
      entryPoints: [inRepository('test/support/pool-page.ts')],
      outfile: join(root, 'app.js'),
      format: 'esm',
      target: 'es2022',
    });
    web = await serve(join(root, 'out'));
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    web?.server.close();
    rmSync(root, { recursive: true, force: true });
  });

  async function open(mode: keyof typeof MODES, folder: string) {
    const tab = await browser.newPage();
    const complaints: string[] = [];
    tab.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    tab.on('pageerror', (error) => complaints.push(String(error)));
    await tab.goto(`${web.url}/${mode}/${folder}/index.html`);
    await tab.waitForSelector('body[data-result]', { state: 'attached', timeout: 30_000 });
    const result = await tab.evaluate(() => JSON.parse(document.body.dataset.result!));
    await tab.close();
    return { result, complaints };
  }

  test.each(Object.keys(BUNDLERS))('has workers when it is built by %s', { timeout: 60_000 }, async (name) => {
    const folder = name.replace(' ', '-');
    const out = join(root, 'out', folder);
    mkdirSync(out, { recursive: true });
    await BUNDLERS[name]!(root, out);
    for (const isIsolated of [true, false]) {
      const { result, complaints } = await open(isIsolated ? 'isolated' : 'plain', folder);
      expect(result).toMatchObject({
        isEqual: true,
        isLossless: true,
        isPictureEqual: true,
        sharesMemory: isIsolated,
        isIsolated,
        warnings: [],
        stats: { inline: false, workers: 2, died: 0, doneByWorkers: 8, doneInline: 0 },
        here: { inline: true, doneInline: 8 },
      });
      expect(result.ofPicture).toBeGreaterThan(3);
      expect(complaints).toEqual([]);
    }
  });

  test('does without workers where its policy forbids them', async () => {
    const { result } = await open('forbidden', 'no-bundler');
    expect(result).toMatchObject({
      isEqual: true,
      isLossless: true,
      isPictureEqual: true,
      stats: { inline: true, workers: 0, doneByWorkers: 0, doneInline: 8 },
    });
    expect(result.warnings.join('\n')).toMatch(/^worker-start: .*\ninline: /s);
  });
});
