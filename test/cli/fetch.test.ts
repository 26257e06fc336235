/** `jp2kit fetch` and `jp2kit info` of addresses, against `jp2kit serve`. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeSync } from '../../src/index.ts';
import { fixture } from '../support/fixtures.ts';
import { inRepository } from '../support/root.ts';
import { requireCli, runCli } from './run-cli.ts';
import { type RunningServe, startServe } from './start-serve.ts';

const jp2kit = (...args: string[]) => runCli(args);

describe('jp2kit fetch', () => {
  let folder: string;
  let server: RunningServe;
  let url: string;
  const at = (...parts: string[]): string => join(folder, ...parts);

  beforeAll(async () => {
    requireCli();
    folder = mkdtempSync(join(tmpdir(), 'jp2kit-fetch-'));
    writeFileSync(at('tiles.j2k'), fixture('tiles-offsets-53'));
    writeFileSync(at('metadata.jp2'), readFileSync(inRepository('test', 'fixtures', 'metadata.jp2')));
    writeFileSync(at('highlands.jp2'), readFileSync(inRepository('demo', 'samples', 'highlands.jp2')));
    server = await startServe([folder]);
    url = server.url.replace(/^http/, 'jpip');
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('brings in a window, the very picture that a local decode gives, and less than the file', async () => {
    const window = ['--region', '700,500,300,200', '--layers', '2'];
    const run = await jp2kit('fetch', `${url}highlands.jp2`, '-o', at('a.png'), ...window);
    expect(run).toMatchObject({ code: 0, stdout: '' });
    const [, bytes] = /a\.png: 300 × 200, 3 × 8 bits, (\d+) bytes in \d+ requests\n$/.exec(run.stderr)!;
    expect(Number(bytes)).toBeLessThan(readFileSync(at('highlands.jp2')).length / 2);
    expect((await jp2kit('decode', at('highlands.jp2'), '-o', at('b.png'), ...window)).code).toBe(0);
    expect(readFileSync(at('a.png'))).toEqual(readFileSync(at('b.png')));
  });

  test('does the same without a session, and of tiles', async () => {
    expect((await jp2kit('decode', at('tiles.j2k'), '-o', at('b.pgx'), '--reduce', '1')).code).toBe(0);
    const expected = readFileSync(at('b.pgx').replace('.pgx', '_0.pgx'));
    for (const option of ['--stateless', '--type=jpt']) {
      const run = await jp2kit('fetch', `${url}?target=tiles.j2k`, '-o', at('c.pgx'), '--reduce', '1', option);
      expect(run.code, run.stderr).toBe(0);
      expect(readFileSync(at('c_0.pgx'))).toEqual(expected);
    }
  });

  test('keeps what was received as a codestream', async () => {
    const run = await jp2kit('fetch', `${url}tiles.j2k`, '-o', at('kept.j2k'), '--json');
    expect(JSON.parse(run.stdout)).toMatchObject([{ status: 'complete', outputs: [at('kept.j2k')] }]);
    const kept = decodeSync(new Uint8Array(readFileSync(at('kept.j2k'))), { strict: true });
    expect(kept.data).toEqual(decodeSync(fixture('tiles-offsets-53')).data);
  });

  test('begins with what is in the cache, and needs no server for that', async () => {
    const other = await startServe([folder]);
    const args = ['fetch', `${other.url}highlands.jp2`, '--cache', at('cache'), '--reduce', '2', '--json'];
    const first = JSON.parse((await jp2kit(...args, '-o', at('d.png'))).stdout)[0];
    const again = JSON.parse((await jp2kit(...args, '-o', at('e.png'))).stdout)[0];
    expect(again.bytes).toBeLessThan(first.bytes / 4);
    await other.stop();
    const offline = await jp2kit(...args, '-o', at('f.png'), '--offline');
    expect(offline.code).toBe(0);
    expect(JSON.parse(offline.stdout)).toMatchObject([{ status: 'complete', bytes: 0, requests: 0 }]);
    expect(readFileSync(at('f.png'))).toEqual(readFileSync(at('d.png')));
    const more = await jp2kit(
      'fetch',
      `${other.url}highlands.jp2`,
      '--cache',
      at('cache'),
      '--offline',
      '-o',
      at('g.png'),
    );
    expect(more.code).toBe(3);
    expect(more.stderr).toContain('parts missing');
  });

  test('several go into a folder, and one that is not there fails alone', async () => {
    const run = await jp2kit(
      'fetch',
      `${url}tiles.j2k`,
      `${url}nothing.jp2`,
      '-o',
      `${at('many')}/`,
      '--format',
      'pam',
    );
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('nothing.jp2: the server answered 404');
    expect(readFileSync(at('many', 'tiles.pam')).subarray(0, 2).toString()).toBe('P7');
  });

  test('no server is said so', async () => {
    const run = await jp2kit('fetch', 'jpip://127.0.0.1:1/x.jp2', '-o', at('x.png'));
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(/no answer from the server: .*(?:ECONNREFUSED|bad port)/);
  });

  test.each([
    [['fetch', '-o', 'x.png'], 'no URLs'],
    [['fetch', 'jpip://h/a.jp2'], 'say where to write'],
    [['fetch', 'jpip://h/a.jp2', '-o', 'x.gif'], 'no format "gif"'],
    [['fetch', 'jpip://h/a.jp2', 'jpip://h/b.jp2', '-o', 'x.png'], 'several URLs need a folder'],
    [['fetch', 'jpip://h/a.jp2', '-o', 'x.png', '--region', '1,2,3'], '--region takes 4 whole numbers'],
    [['fetch', 'jpip://h/a.jp2', '-o', 'x.png', '--offline'], '--offline needs --cache'],
    [['fetch', 'a.jp2', '-o', 'x.png'], '"a.jp2" is no URL'],
    [['info', 'jpip://h/a.jp2', '--packets'], 'need the file itself'],
  ])('%j is a wrong call: %s', async (args, message) => {
    const run = await jp2kit(...args);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain(message);
  });

  test('info describes a picture on a server, with its metadata, from little of it', async () => {
    const run = await jp2kit('info', `${url}metadata.jp2`, `${url}highlands.jp2`, '--json');
    expect(run.code).toBe(0);
    const [remote, large] = JSON.parse(run.stdout);
    const local = JSON.parse((await jp2kit('info', at('metadata.jp2'), '--json')).stdout);
    expect(remote).toMatchObject({
      protocol: 'jpip',
      width: local.width,
      metadata: local.metadata,
      comments: local.comments,
    });
    expect(large.received).toBeLessThan(60_000);
    const text = await jp2kit('info', `${url}highlands.jp2`);
    expect(text.stdout).toMatch(/highlands\.jp2: jp2, \d+ bytes received in \d+ requests\n/);
    expect(text.stdout).toContain('2560 × 1920');
  });

  test('info reads a file by ranges where its server speaks no JPIP', async () => {
    const bytes = readFileSync(at('metadata.jp2'));
    const plain = createServer((request, response) => {
      const [, from, to] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
      if (from === undefined) {
        response.writeHead(200, { 'Content-Type': 'image/jp2' }).end(bytes);
        return;
      }
      const part = bytes.subarray(Number(from), Number(to) + 1);
      const range = `bytes ${from}-${Number(from) + part.length - 1}/${bytes.length}`;
      response.writeHead(206, { 'Content-Range': range, 'Content-Type': 'image/jp2' }).end(part);
    });
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(plain.address() as AddressInfo).port}/metadata.jp2`;
    const report = JSON.parse((await jp2kit('info', address, '--json')).stdout);
    const local = JSON.parse((await jp2kit('info', at('metadata.jp2'), '--json')).stdout);
    expect(report).toMatchObject({ protocol: 'ranges', bytes: bytes.length, metadata: local.metadata });
    plain.closeAllConnections();
    plain.close();
  });
});
