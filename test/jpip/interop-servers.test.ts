/** What real servers do, each mistake by itself and together: the client shows the same picture as from the file. */
import { describe, expect, test } from 'vitest';
import { decode } from '../../src/index.ts';
import type { FetchLike, JpipClientOptions } from '../../src/jpip-client.ts';
import { type Dialect, DialectServer } from '../support/dialect-server.ts';
import { jpipRejection, openIt, remoteFile } from '../support/jpip-client.ts';
import { capturesOf, captureFile, captureHeader, type Capture } from '../support/captures.ts';
import { expectSamePicture } from '../support/same-picture.ts';
import { describeShared } from '../support/shared.ts';

const plain = remoteFile({ width: 260, height: 190 });
const tiled = remoteFile({ width: 260, height: 190, tile: 100, channels: 3 });
const WINDOWS = [
  { reduce: 3 },
  { region: { x: 130, y: 70, width: 40, height: 50 } },
  { region: { x: 10, y: 100, width: 90, height: 60 }, reduce: 1 },
  { region: { x: 200, y: 0, width: 60, height: 190 }, layers: 2 },
  {},
];

/** Decodes windows one after another, all like the file's. */
async function tryWindows(file: Uint8Array, dialect: Dialect, options: Partial<JpipClientOptions> = {}) {
  const server = new DialectServer(file, dialect);
  const opened = await openIt('http://here/a?target=a.jp2', { fetch: server.fetch, ...options });
  for (const window of WINDOWS) {
    const found = await opened.image.decode(window);
    const expected = await decode(file, window);
    expectSamePicture({ ...found, warnings: [] }, { ...expected, warnings: [] });
  }
  const diagnostics = opened.events.flatMap((event) => (event.type === 'diagnostic' ? [event.diagnostic.code] : []));
  return { ...opened, server, diagnostics };
}

/** Different windows in the requests, the one that opens among them. */
function windowsAsked({ queries }: DialectServer): number {
  return new Set(queries.map((query) => /fsiz=.*rsiz=[^&]*/.exec(query)?.[0])).size;
}

describe.each([
  ['one tile', plain],
  ['tiles of three components', tiled],
])('of a picture of %s', (_, file) => {
  test('a wrong precinct at the end of a window, said to be whole and never sent again', async () => {
    const esa: Dialect = { stray: true, model: 'additive', sessions: 'always', tileHeaders: 'empty' };
    const { diagnostics, server } = await tryWindows(file, esa);
    expect(diagnostics).toContain('bin-damaged');
    expect(server.queries.filter((query) => query.includes('cnew=')).length).toBeGreaterThan(1);
  });

  test('a wrong precinct that is sent again when the server is told that it is not held', async () => {
    const { diagnostics, server } = await tryWindows(file, { stray: true, sessions: 'offered' });
    expect(diagnostics).toContain('bin-damaged');
    expect(server.queries.some((query) => /model=(.*,)?-P\d/.test(query))).toBe(true);
  });

  test('"window done" without the margin of the filters', async () => {
    const { diagnostics, server } = await tryWindows(file, { noMargin: true, sessions: 'offered' });
    expect(diagnostics).toEqual([]);
    expect(windowsAsked(server)).toBeGreaterThan(WINDOWS.length + 1);
    await tryWindows(file, { noMargin: true, sessions: 'never' });
  });

  test('"window done" without the low resolution levels', async () => {
    const { diagnostics, server } = await tryWindows(file, { noMargin: true, unscaled: true, sessions: 'offered' });
    expect(diagnostics).toEqual([]);
    expect(windowsAsked(server)).toBeGreaterThan(WINDOWS.length + 1);
    await tryWindows(file, { noMargin: true, unscaled: true, sessions: 'never' });
  });

  test.each([undefined, 'stateless'] as const)('OpenJPIP in all its ways, mode %s', async (mode) => {
    const openjpip: Dialect = {
      noMargin: true,
      unscaled: true,
      noStatelessEnd: true,
      firstCodestream: 3,
      tileHeaders: 'sot',
      ignoresLength: true,
      model: 'none',
      longestField: 127,
      sessions: 'offered',
      afraidOfTid: true,
      shyMetadata: true,
    };
    const { image, server } = await tryWindows(file, openjpip, mode ? { mode } : {});
    expect(image.info.container).toBe('jp2');
    expect(server.queries.some((query) => query.includes('cid=') && query.includes('tid='))).toBe(false);
  });

  test('esajpip in all its ways', async () => {
    const esa: Dialect = {
      noMargin: true,
      stray: true,
      model: 'additive',
      sessions: 'always',
      tileHeaders: 'empty',
      fragile: true,
      tid: 'images/a.jp2',
    };
    const { image, server } = await tryWindows(file, esa);
    expect(server.queries.every((query) => query.includes('len='))).toBe(true);
    // several windows at once still go one after the other
    await Promise.all(WINDOWS.map((window) => image.decode({ ...window, layers: 1 })));
  });

  test('PLT inside tile headers', async () => {
    await tryWindows(file, { tileHeaders: 'plt' });
  });

  test('rubbish after the end of a response, and then a broken connection', async () => {
    const { diagnostics } = await tryWindows(file, { rubbish: true, sessions: 'offered' });
    expect(diagnostics).toEqual([]);
  });
});

test('a server without stateless requests is an error where those are wanted', async () => {
  const server = new DialectServer(plain, { sessions: 'always' });
  const failure = await jpipRejection(openIt('http://here/a', { fetch: server.fetch, mode: 'stateless' }));
  expect(failure).toMatchObject({ kind: 'refused', code: 'response-status', status: 500 });
});

/** Answers the exchanges of a scenario one after another, whatever is asked. */
function replay(captures: readonly Capture[]): FetchLike {
  let next = 0;
  return async () => {
    const capture = captures[Math.min(next++, captures.length - 1)]!;
    return {
      status: capture.status!,
      headers: { get: (name) => captureHeader(capture, name) ?? null },
      arrayBuffer: async () => new Uint8Array(captureFile(capture)).buffer,
    };
  };
}

describeShared('jpip-captures', 'placeholder boxes as real servers send them', () => {
  test('of 52 bytes', async () => {
    const captures = capturesOf('esajpip').filter(({ scenario, step }) => scenario === 'rgb-window' && step === 0);
    const { image } = await openIt('http://here/rgb-rpcl.jp2', { fetch: replay(captures) });
    expect(image.info).toMatchObject({ container: 'jp2', width: 1000, height: 750 });
    expect(image.info.colour.space).toBe('srgb');
    expect(image.info.boxes.map(({ type }) => type)).toEqual(['jP  ', 'ftyp', 'jp2h', 'iptr', 'jp2c', 'cidx', 'fidx']);
  });

  test('of 28 bytes, with the boxes of the header in data-bins of their own', async () => {
    const captures = capturesOf('openjpip').filter(({ scenario, status }) => scenario === 'metareq' && status === 200);
    // the one that brings the main header, then the one that brings the file
    const answers = [captures[0]!, captures[2]!];
    const { image, events } = await openIt('http://here/rgb-xml.jp2', { fetch: replay(answers), mode: 'stateless' });
    expect(image.info).toMatchObject({ container: 'jp2', width: 1000, height: 750 });
    expect(image.info.boxes.map(({ type }) => type)).toEqual(['jP  ', 'ftyp', 'jp2h', 'jp2c', 'xml ']);
    expect(events.filter(({ type }) => type === 'diagnostic')).toEqual([]);
  });
});
