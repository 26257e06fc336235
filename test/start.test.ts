/** What `npm start` does after building: it decodes the shipped sample, makes a large one, says so, and serves the pages and JPIP. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { decodeSync } from '../src/index.ts';
import { inRepository } from './support/root.ts';

let cache: string;
let child: ChildProcess | undefined;

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'jp2kit-start-'));
});
afterEach(() => {
  child?.kill();
  rmSync(cache, { recursive: true, force: true });
});

/** Starts it with a small "large" sample, and waits for the address. */
async function start(): Promise<{ address: string; output: () => string }> {
  const env = { ...process.env, PORT: '0', JP2KIT_SAMPLE_SIDE: '600', JP2KIT_SAMPLE_CACHE: cache };
  const started = spawn(process.execPath, [inRepository('demo', 'start.mjs')], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child = started;
  let output = '';
  const address = await new Promise<string>((resolve, reject) => {
    started.stdout.on('data', (text) => {
      output += text;
      const found = /Drop a JPEG 2000 file on the page at (http:\/\/127\.0\.0\.1:\d+\/)/.exec(output);
      if (found) resolve(found[1]!);
    });
    started.stderr.on('data', (text) => {
      output += text;
    });
    started.on('exit', (code) => reject(new Error(`ended with ${code}: ${output}`)));
  });
  return { address, output: () => output };
}

test('npm start decodes the sample and prints the address of the page', { timeout: 60_000 }, async () => {
  const { address, output } = await start();
  expect(output()).toContain('960 × 600');
  expect(output()).toContain('decoded: complete');
  const page = await fetch(address);
  expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
  expect(await page.text()).toContain('page.js');
  const part = await fetch(`${address}samples/lake.jp2`, { headers: { range: 'bytes=4-7' } });
  expect([part.status, await part.text()]).toEqual([206, 'jP  ']);
  expect((await fetch(`${address}../package.json`)).status).toBe(404);
  expect((await fetch(`${address}%2e%2e/start.mjs`)).status).toBe(404);
});

test('it makes the large sample once, offers it first, and serves it by JPIP', { timeout: 60_000 }, async () => {
  const first = await start();
  expect(first.output()).toMatch(/large sample: 600 × 600, [\d.]+ MB, painted and encoded/);
  expect(first.output()).toContain(`${first.address}viewer.html`);
  expect(await (await fetch(`${first.address}viewer.html`)).text()).toContain('viewer.js');
  const offers = await (await fetch(`${first.address}viewer.json`)).json();
  expect(offers[0]).toMatchObject({ name: 'country', title: 'Country', bytes: expect.any(Number) });
  expect(offers.map(({ name }: { name: string }) => name)).toContain('balloon');
  const large = new URL(offers[0].url, first.address);
  const stream = await fetch(`${large}?fsiz=100,100&len=3000&type=jpp-stream`);
  expect([stream.status, stream.headers.get('content-type')]).toEqual([200, 'image/jpp-stream']);
  expect((await stream.arrayBuffer()).byteLength).toBeGreaterThan(500);
  const picture = decodeSync(new Uint8Array(await (await fetch(`${large}?type=image/jp2`)).arrayBuffer()));
  expect([picture.width, picture.height, picture.channels]).toEqual([600, 600, 3]);
  const files = readdirSync(cache).sort();
  expect(files).toEqual([expect.stringMatching(/^country-600-\w{8}\.jp2$/), expect.stringMatching(/\.jp2\.idx$/)]);
  child!.kill();
  const again = await start();
  expect(again.output()).toContain('made before');
  expect(readdirSync(cache).sort()).toEqual(files);
});
