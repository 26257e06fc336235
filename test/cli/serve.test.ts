/** `jp2kit serve`, run as users run it and asked over HTTP. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeSync } from '../../src/index.ts';
import { MessageReader } from '../../src/jpip/wire/message-reader.ts';
import { fixture } from '../support/fixtures.ts';
import { requireCli, runCli } from './run-cli.ts';
import { startServe } from './start-serve.ts';

describe('jp2kit serve', () => {
  let folder: string;
  const at = (...parts: string[]): string => join(folder, ...parts);

  beforeAll(() => {
    requireCli();
    folder = mkdtempSync(join(tmpdir(), 'jp2kit-serve-'));
    mkdirSync(at('open', 'sub'), { recursive: true });
    writeFileSync(at('open', 'tiles.j2k'), fixture('tiles-offsets-53'));
    writeFileSync(at('open', 'sub', 'layers.j2k'), fixture('layers-lrcp-53'));
    writeFileSync(at('open', 'text.j2k'), 'not a picture');
    writeFileSync(at('secret.j2k'), fixture('layers-lrcp-53'));
    symlinkSync(at('secret.j2k'), at('open', 'out.j2k'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('serves what lies in a folder, says so, and ends when it is interrupted', async () => {
    const server = await startServe([at('open')]);
    expect(server.listening.targets.map(({ target }: { target: string }) => target)).toEqual([
      'sub/layers.j2k',
      'text.j2k',
      'tiles.j2k',
    ]);
    const response = await fetch(`${server.url}sub/layers.j2k?fsiz=9999,9999&type=jpp-stream`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/jpp-stream']);
    const reader = new MessageReader();
    const messages = reader.push(new Uint8Array(await response.arrayBuffer()));
    expect(messages.at(-1)).toMatchObject({ kind: 'eor', reason: 1 });
    expect(new Set(messages.map((message) => (message.kind === 'data' ? message.classId : -1)))).toContain(6);
    const run = await server.stop();
    expect(run.code).toBe(0);
    expect(run.events.map(({ event }) => event)).toEqual(['listening', 'response', 'stopped']);
    expect(run.events[1]).toMatchObject({ status: 200, method: 'GET', aborted: false });
  });

  test('nothing outside can be reached, and what is no picture is refused', async () => {
    const server = await startServe([at('open')]);
    const status = async (path: string): Promise<number> => (await fetch(`${server.url}${path}`)).status;
    expect(await status('?target=../secret.j2k&len=0')).toBe(404);
    expect(await status('..%2fsecret.j2k?len=0')).toBe(404);
    expect(await status(`?target=${encodeURIComponent(at('secret.j2k'))}&len=0`)).toBe(404);
    expect(await status('out.j2k?len=0')).toBe(404);
    expect(await status('nowhere.j2k?len=0')).toBe(404);
    expect(await status('text.j2k?len=0')).toBeGreaterThanOrEqual(400);
    expect(await status('tiles.j2k?fsiz=oh')).toBe(400);
    expect(await status('tiles.j2k?len=0')).toBe(200);
    await server.stop();
  });

  test('gives channels unless it is to be without, and answers at the path it was given', async () => {
    const query = 'tiles.j2k?cnew=http&fsiz=64,64&type=jpp-stream';
    const server = await startServe([at('open'), '--path', '/pictures/jpip', '--cors']);
    expect(server.url).toMatch(/\/pictures\/jpip\/$/);
    const response = await fetch(`${server.url}${query}`, { headers: { origin: 'http://page' } });
    expect(response.headers.get('jpip-cnew')).toMatch(/^cid=[^,]+,.*path=pictures\/jpip\/?tiles\.j2k/);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-expose-headers')).toContain('JPIP-cnew');
    expect((await fetch(new URL('/tiles.j2k?len=0', server.url))).status).toBe(404);
    await server.stop();

    const stateless = await startServe([at('open', 'tiles.j2k'), '--stateless', '--cors', 'http://one']);
    const other = await fetch(`${stateless.url}${query}`, { headers: { origin: 'http://two' } });
    expect([other.status, other.headers.get('jpip-cnew')]).toEqual([200, null]);
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
    await stateless.stop();
  });

  test('answers with whole pictures where that is asked, and not where it is switched off', async () => {
    const query = 'sub/layers.j2k?type=image/jp2';
    const server = await startServe([at('open')]);
    const picture = decodeSync(new Uint8Array(await (await fetch(`${server.url}${query}`)).arrayBuffer()));
    const whole = decodeSync(fixture('layers-lrcp-53'));
    expect([picture.width, picture.height]).toEqual([whole.width, whole.height]);
    expect(picture.data).toEqual(whole.data);
    await server.stop();
    const without = await startServe([at('open'), '--no-pictures']);
    expect((await fetch(`${without.url}${query}`)).status).toBe(415);
    await without.stop();
  });

  test('serves a file of another server as it were its own', async () => {
    const first = await startServe([at('open')]);
    // a JPIP server is no file server: a plain one stands in between
    const { createServer } = await import('node:http');
    const bytes = fixture('tiles-offsets-53');
    const plain = createServer((request, response) => {
      const [, from, to] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
      const part = bytes.subarray(Number(from), Number(to) + 1);
      response.writeHead(206, { 'Content-Range': `bytes ${from}-${Number(from) + part.length - 1}/${bytes.length}` });
      response.end(part);
    });
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const { port } = plain.address() as { port: number };
    const second = await startServe([`http://127.0.0.1:${port}/far/tiles.j2k`]);
    const query = 'tiles.j2k?fsiz=9999,9999&type=jpp-stream';
    const [a, b] = await Promise.all(
      [first, second].map(async ({ url }) => new Uint8Array(await (await fetch(`${url}${query}`)).arrayBuffer())),
    );
    expect(b).toEqual(a);
    await Promise.all([first.stop(), second.stop()]);
    plain.closeAllConnections();
    plain.close();
  });

  test('shows a browser what there is, and harms nobody with odd names', async () => {
    mkdirSync(at('odd'));
    writeFileSync(at('odd', '<b onclick=x>&"\'.j2k'), fixture('layers-lrcp-53'));
    const server = await startServe([at('open'), at('odd'), '--path', 'a/b']);
    const page = await fetch(server.url, { headers: { accept: 'text/html,*/*' } });
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const text = await page.text();
    expect(text).toContain('<code>sub/layers.j2k</code>');
    expect(text).not.toContain('<b onclick');
    for (const [, source] of text.matchAll(/<img [^>]*src="([^"]*)"/g)) {
      const address = source!.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code));
      if (address.includes('text.j2k')) continue;
      const picture = await fetch(new URL(address, server.url));
      expect([address, picture.status, picture.headers.get('content-type')]).toEqual([address, 200, 'image/png']);
    }
    expect((await fetch(server.url)).status).toBe(400);
    await server.stop();
    rmSync(at('odd'), { recursive: true });
  });

  test('keeps a log for people on standard error', async () => {
    const server = await startServe([at('open'), '--log']);
    await fetch(`${server.url}tiles.j2k?len=0`);
    const { stderr } = await server.stop();
    expect(stderr).toMatch(/^127\.0\.0\.1 - - \[[\dT:Z-]+\] "GET \/tiles\.j2k\?len=0 HTTP\/1\.1" 200 \d+ \d+ ms\n$/);
  });

  test('a response that nobody takes does not keep it from stopping', async () => {
    const server = await startServe([at('open')]);
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.write('GET /tiles.j2k?type=raw HTTP/1.1\r\nHost: x\r\n');
    const run = await server.stop();
    expect(run.code).toBe(0);
    socket.destroy();
  });

  test('clients that send their requests drop by drop are cut off, and keep nobody else waiting', async () => {
    const server = await startServe([at('open'), '--timeout', '0.5']);
    const { hostname, port } = new URL(server.url);
    const slow = Array.from({ length: 50 }, () => connect(Number(port), hostname));
    const closed = slow.map((socket) => {
      socket.on('error', () => {});
      socket.resume();
      return once(socket, 'close');
    });
    for (const socket of slow) socket.write('GET /tiles.j2k?len=0 HTTP/1.1\r\nX-Never: ');
    const drops = setInterval(() => {
      for (const socket of slow) if (!socket.destroyed) socket.write('x');
    }, 50);
    expect((await fetch(`${server.url}tiles.j2k?len=0`)).status).toBe(200);
    await Promise.all(closed);
    clearInterval(drops);
    expect((await fetch(`${server.url}tiles.j2k?len=0`)).status).toBe(200);
    await server.stop();
  });

  test.each([
    [['serve', '.', '--timeout', '0'], '--timeout takes numbers above 0'],
    [['serve'], 'no folders, files or URLs'],
    [['serve', '.', '--port', '70000'], 'up to 65535'],
    [['serve', '.', '--streaming', 'sometimes'], '--streaming takes auto, never, always'],
    [['serve', '.', '--dialect', 'klingon'], '--dialect takes openjpip, plain'],
    [['serve', '.', '--stateless', '--sessions', '5'], 'exclude each other'],
  ])('%j is a wrong call: %s', async (args, message) => {
    const run = await runCli(args);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain(message);
  });

  test('a place that is not there, and a port that is taken, end it with a message', async () => {
    const missing = await runCli(['serve', at('nowhere')]);
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('ENOENT')]);
    const server = await startServe([at('open')]);
    const { port } = new URL(server.url);
    const taken = await runCli(['serve', at('open'), '--port', port, '--json']);
    expect(taken.code).toBe(2);
    expect(JSON.parse(taken.stdout)).toMatchObject({ event: 'error', code: 'EADDRINUSE' });
    await server.stop();
  });
});
