/**
 * The JPIP server under load, beside `opj_server` in the same run: `npm run bench:jpip -- [--seconds 8] [--rounds 3] [--only windows] [--update]`.
 *
 * An 8192 x 8192 picture made of photographs (RPCL, precincts of 256, six layers, tiles of 1024) is served by both from the same file:
 * ours by `nodeHandler` in one Node process, OpenJPEG's behind nginx, which is how it is run. `wrk` sends windows of 512 x 512 without
 * sessions, and sessions that zoom in and pan. Then, for ours alone: time to the first byte, memory of open sessions, and whether slow
 * clients slow a fast one.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, get } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { transcodePackets } from '../../src/codec/index.ts';
import { buildIndex, encodeSync, transcodeSync, writeIndexBoxes } from '../../src/index.ts';
import { createJpipEngine, nodeHandler } from '../../src/jpip-server.ts';
import { fileSource } from '../../src/node/index.ts';
import { hostExecutor } from '../../src/platform/host-executor.ts';
import { hugePicture } from '../../test/support/huge-picture.ts';
import { startOpjServer } from '../../test/support/opj-server.ts';
import { findTool } from '../../test/support/tools.ts';
import { RepeatedSource } from '../support/repeated-source.ts';
import { photographs } from '../support/streams.ts';
import { describeMachine, formatSample, markdownTable, summarise, updateDocument } from '../support/table.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
    sessions: { type: 'string', default: '10000' },
    /** Of `windows`, `sessions`, `first`, `huge`, `memory` and `slow` those wanted, with commas between; all of them unless told. */
    only: { type: 'string' },
    update: { type: 'boolean', default: false },
    /** For the process that serves. */
    serve: { type: 'string' },
  },
});

const SIZE = 8192;
const TILE = 1024;

if (values.serve) serve(values.serve);
else await run();

/** Serves one file, and tells how much memory that takes. */
function serve(file: string): void {
  const engine = createJpipEngine({
    resolve: async () => ({ source: await fileSource(file), index: readFileSync(`${file}.idx`), tid: 'bench' }),
    sessions: { most: 20_000 },
  });
  const handler = nodeHandler(engine);
  const server = createServer((request, response) => {
    if (request.url !== '/memory') return handler(request, response);
    globalThis.gc?.();
    const memory = process.memoryUsage();
    return response.end(JSON.stringify({ ...memory, ...engine.metrics() }));
  });
  server.listen(0, '127.0.0.1', () => console.log((server.address() as { port: number }).port));
}

async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'jp2kit-jpip-'));
  const children: ChildProcess[] = [];
  const text = [`${describeMachine()}; ${values.rounds} rounds of ${values.seconds} s each, taking turns.`];
  try {
    const file = join(folder, 'picture.jp2');
    const bytes = await makePicture();
    writeFileSync(file, bytes);
    writeFileSync(`${file}.idx`, await buildIndex(bytes));
    const ours = await startOurs(file, children);
    const theirs = await startOpjServer({ 'picture.jp2': await withIndexBoxes(bytes) });
    try {
      if (wanted('windows')) text.push(await compare('windows', ours.url, theirs.url, ['-t2', '-c8']));
      if (wanted('sessions')) text.push(await compare('sessions', ours.url, theirs.url, ['-t4', '-c4']));
      if (wanted('first')) text.push(await firstBytes(ours.url, theirs.url));
    } finally {
      await theirs.close();
    }
    if (wanted('huge')) text.push(await hugeTarget());
    if (wanted('slow')) text.push(await slowClients(ours.url));
    if (wanted('memory')) text.push(await sessionMemory(await startOurs(file, children)));
  } finally {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(text.join('\n\n'));
  if (values.update) updateDocument('jpip', text.join('\n\n'));
}

function wanted(what: string): boolean {
  return values.only === undefined || values.only.split(',').includes(what);
}

/** A picture of photographs, put together from tiles that were encoded once. */
async function makePicture(): Promise<Uint8Array> {
  const tile = encodeTile(6, { bpp: 2 });
  const pieces: Uint8Array[] = [];
  const sink = { write: async (piece: Uint8Array) => void pieces.push(piece.slice()) };
  const count = SIZE / TILE;
  await transcodePackets(hostExecutor, new RepeatedSource(tile, count, count, true), sink, { markers: { tlm: true } });
  return transcodeSync(Buffer.concat(pieces), { container: 'jp2' }).data;
}

/** One tile of photographs. */
function encodeTile(layers: number, rate: { readonly bpp: number }): Uint8Array {
  const data = photographs(TILE, TILE);
  return encodeSync(
    { width: TILE, height: TILE, channels: 3, data },
    {
      container: 'codestream',
      progression: 'RPCL',
      levels: 5,
      layers,
      rate,
      precincts: [{ width: 256, height: 256 }],
      tile: { width: TILE, height: TILE },
    },
  ).data;
}

async function withIndexBoxes(bytes: Uint8Array): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  await writeIndexBoxes(bytes, { write: async (piece: Uint8Array) => void pieces.push(piece.slice()) });
  return new Uint8Array(Buffer.concat(pieces));
}

interface Served {
  readonly url: string;
  readonly child: ChildProcess;
}

/** Our server in a process of its own, as this program's bundle. */
async function startOurs(file: string, children: ChildProcess[]): Promise<Served> {
  const child = spawn(process.execPath, ['--expose-gc', process.argv[1]!, '--serve', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const port = await new Promise<string>((done) => child.stdout!.once('data', (data) => done(String(data).trim())));
  return { url: `http://127.0.0.1:${port}/jpip`, child };
}

interface Load {
  readonly requests: number;
  readonly megabytes: number;
  readonly p50: number;
  readonly p99: number;
  readonly errors: number;
}

/** Both servers under the same load, taking turns. */
async function compare(script: string, ours: string, theirs: string, how: readonly string[]): Promise<string> {
  const loads: Record<'ours' | 'theirs', Load[]> = { ours: [], theirs: [] };
  for (let round = 0; round < Number(values.rounds); round++) {
    loads.ours.push(wrk(script, ours, how));
    loads.theirs.push(wrk(script, theirs, how));
  }
  const row = (name: string, list: readonly Load[]): string[] => [
    name,
    formatSample(summarise(list.map(({ requests }) => requests))),
    formatSample(summarise(list.map(({ megabytes }) => megabytes))),
    formatSample(summarise(list.map(({ p50 }) => p50)), 1),
    formatSample(summarise(list.map(({ p99 }) => p99)), 1),
    String(list.reduce((sum, { errors }) => sum + errors, 0)),
  ];
  const ratios = loads.ours.map(({ requests }, k) => requests / loads.theirs[k]!.requests);
  const bytes = loads.ours.map(({ megabytes }, k) => megabytes / loads.theirs[k]!.megabytes);
  const title =
    script === 'windows' ? 'windows without sessions, 8 connections' : 'sessions that zoom and pan, 4 connections';
  return [
    `**${title}**: ${formatSample(summarise(ratios), 2)} times the requests, ${formatSample(summarise(bytes), 2)} times the bytes`,
    markdownTable([
      ['server', 'requests/s', 'MB/s', 'p50, ms', 'p99, ms', 'errors'],
      row('jp2kit, one Node process', loads.ours),
      row('opj_server behind nginx', loads.theirs),
    ]),
  ].join('\n\n');
}

function wrk(script: string, url: string, how: readonly string[]): Load {
  const { origin, pathname } = new URL(url);
  const tool = findTool('wrk');
  if (tool === undefined) throw new Error('wrk is not installed');
  const lua = resolve(`bench/jpip/${script}.lua`);
  const env = { ...process.env, SIZE: String(SIZE), TARGET: 'picture.jp2', ROUTE: pathname };
  const out = execFileSync(tool, [...how, `-d${values.seconds}s`, '--latency', '-s', lua, origin], {
    env,
    encoding: 'utf8',
  });
  const number = (pattern: RegExp): number => Number(pattern.exec(out)?.[1] ?? 0);
  const ms = (name: string): number => {
    const [, value, unit] = new RegExp(`${name}\\s+([\\d.]+)(us|ms|s)`).exec(out) ?? [];
    return Number(value) * (unit === 's' ? 1000 : unit === 'us' ? 0.001 : 1);
  };
  const [, amount, unit] = /Transfer\/sec:\s+([\d.]+)(KB|MB|GB)/.exec(out) ?? [];
  const megabytes = Number(amount) * (unit === 'GB' ? 1024 : unit === 'KB' ? 1 / 1024 : 1);
  const errors = number(/Non-2xx or 3xx responses: (\d+)/) + number(/read (\d+)/) + number(/timeout (\d+)/);
  return { requests: number(/Requests\/sec:\s+([\d.]+)/), megabytes, p50: ms('50%'), p99: ms('99%'), errors };
}

const agent = new Agent({ keepAlive: true });

/** Milliseconds to the first byte of a body and to the last, and its bytes. */
function timeOf(
  url: string,
  query: string,
): Promise<{ first: number; all: number; bytes: number; cid: string | undefined }> {
  const start = performance.now();
  return new Promise((done, fail) => {
    get(`${url}?${query}`, { agent }, (response) => {
      let first = 0;
      let bytes = 0;
      response.on('data', (data: Buffer) => {
        first ||= performance.now() - start;
        bytes += data.length;
      });
      const cid = /cid=([^,]+)/.exec(String(response.headers['jpip-cnew'] ?? ''))?.[1];
      response.on('end', () => done({ first, all: performance.now() - start, bytes, cid }));
    }).on('error', fail);
  });
}

/** Windows one after the other: how soon something comes. */
async function firstBytes(ours: string, theirs: string): Promise<string> {
  const rows = [['server', 'first byte, ms', 'all, ms']];
  for (const [name, url] of [
    ['jp2kit', ours],
    ['opj_server', theirs],
  ] as const) {
    const times = [];
    for (let k = 0; k < 220; k++) {
      const x = (k * 977) % (SIZE - 512);
      const y = (k * 1489) % (SIZE - 512);
      times.push(
        await timeOf(url, `target=picture.jp2&fsiz=${SIZE},${SIZE}&roff=${x},${y}&rsiz=512,512&type=jpp-stream`),
      );
    }
    const warm = times.slice(20);
    rows.push([
      name,
      formatSample(summarise(warm.map(({ first }) => first)), 2),
      formatSample(summarise(warm.map(({ all }) => all)), 2),
    ]);
  }
  return `**one client, one window after the other**\n\n${markdownTable(rows)}`;
}

/** How soon a window of a picture of 100 352 x 100 352 comes that was never opened before, from its sidecar. */
async function hugeTarget(): Promise<string> {
  const tile = encodeTile(3, { bpp: 0.5 });
  const picture = hugePicture(tile, 98, 98);
  const index = await buildIndex(picture);
  const times: number[] = [];
  let reads = 0;
  for (let k = 0; k < 21; k++) {
    const engine = createJpipEngine({ resolve: () => ({ source: picture, index, tid: 'huge' }) });
    const start = performance.now();
    const query = `fsiz=100352,100352&roff=${k * 3000},${k * 4000}&rsiz=1024,1024`;
    const response = await engine.handle({ method: 'GET', path: '/x', query, headers: {} });
    const body = response.body![Symbol.asyncIterator]();
    await body.next();
    times.push(performance.now() - start);
    await body.return!();
    reads = engine.metrics().fileReads;
  }
  return (
    `**a picture of 100 352 x 100 352** (${(picture.size / 1e9).toFixed(2)} GB in ${98 * 98} tiles, index ${(index.length / 1e6).toFixed(1)} MB): ` +
    `opened and the first bytes of a window there after ${formatSample(summarise(times.slice(1)), 1)} ms, ${times[0]!.toFixed(1)} ms the first time, with ${reads} reads.`
  );
}

/** How long a heap gets to shrink after a load, in milliseconds. */
const SETTLE = 10_000;

/** How much a session costs that has seen the picture at three sizes. */
async function sessionMemory({ url }: Served): Promise<string> {
  const memory = async (): Promise<{ rss: number; heapUsed: number; arrayBuffers: number; sessions: number }> =>
    (await fetch(url.replace(/\/jpip$/, '/memory'))).json() as never;
  for (let k = 0; k < 100; k++) await timeOf(url, `target=picture.jp2&fsiz=512,512&type=jpp-stream`);
  const before = await memory();
  const count = Number(values.sessions);
  for (let k = 0; k < count; k++) {
    const x = (k * 977) % (SIZE - 512);
    const { cid } = await timeOf(url, `target=picture.jp2&cnew=http&fsiz=512,512&type=jpp-stream&len=40000`);
    await timeOf(url, `cid=${cid}&fsiz=2048,2048&roff=${x >> 2},100&rsiz=512,512&type=jpp-stream&len=40000`);
    await timeOf(url, `cid=${cid}&fsiz=${SIZE},${SIZE}&roff=${x},400&rsiz=512,512&type=jpp-stream&len=40000`);
  }
  const atOnce = await memory();
  await new Promise((done) => setTimeout(done, SETTLE));
  const after = await memory();
  const each = (after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers) / count;
  return (
    `**${after.sessions} open sessions** of three windows each: the process has ${(after.rss / 2 ** 20).toFixed(0)} MB, ` +
    `${(atOnce.rss / 2 ** 20).toFixed(0)} MB right after the last of their ${(3 * count).toLocaleString('en')} requests (the heap has grown for ` +
    `the load, and shrinks when it ends), ${(before.rss / 2 ** 20).toFixed(0)} MB before them; ${(each / 1024).toFixed(1)} KB a session.`
  );
}

/** A fast client alone, and beside a hundred that read a kilobyte now and then. */
async function slowClients(url: string): Promise<string> {
  const window = (k: number): string => {
    const x = (k * 977) % (SIZE - 512);
    return `target=picture.jp2&fsiz=${SIZE},${SIZE}&roff=${x},${x}&rsiz=512,512&type=jpp-stream`;
  };
  const measure = async (): Promise<number[]> => {
    const times: number[] = [];
    for (let k = 0; k < 300; k++) times.push((await timeOf(url, window(k))).all);
    return times.slice(50);
  };
  const alone = summarise(await measure());
  const { hostname, port, pathname } = new URL(url);
  const slow = Array.from({ length: 100 }, (_, k) => {
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    const query = `target=picture.jp2&fsiz=${SIZE},${SIZE}&rsiz=4096,4096&roff=${k * 40},0&type=jpp-stream`;
    socket.write(`GET ${pathname}?${query} HTTP/1.1\r\nHost: x\r\nTE: chunked\r\n\r\n`);
    socket.pause();
    const timer = setInterval(() => socket.read(1024), 100);
    return () => {
      clearInterval(timer);
      socket.destroy();
    };
  });
  await new Promise((done) => setTimeout(done, 2000));
  const beside = summarise(await measure());
  for (const stop of slow) stop();
  return (
    `**a fast client beside 100 slow ones**: ${formatSample(beside, 2)} ms a window, ` +
    `${formatSample(alone, 2)} ms alone.`
  );
}
