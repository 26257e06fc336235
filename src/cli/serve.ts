/** `jp2kit serve`: pictures to whoever asks by JPIP. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type AccessLogEntry,
  createJpipEngine,
  formatAccessLog,
  type IndexStore,
  nodeHandler,
  pictureRenderer,
  type StreamingPolicy,
} from 'jp2kit/jpip/server';
import { type JpipTargets, jpipTargets, type ListedTarget } from 'jp2kit/node';
import { readPositive, readWhole, readWord } from './argument-values.ts';
import type { Command } from './command.ts';
import { CommandLineError, EXIT, type ExitCode } from './exit.ts';
import { JPEG2000_FILES } from './file-kinds.ts';
import { type OptionTable, parseCall } from './options.ts';
import { describeError, exitOfError } from './report-error.ts';
import { sendList, wantsList } from './serve-list.ts';
import { print, say } from './terminal.ts';

const STREAMING = ['auto', 'never', 'always'] as const satisfies readonly StreamingPolicy[];
const DIALECTS = ['openjpip', 'plain'] as const;

const OPTIONS = {
  port: {
    type: 'string',
    default: '8080',
    value: '<n>',
    about: 'where to listen (default 8080; 0 takes any free one)',
  },
  host: {
    type: 'string',
    default: '127.0.0.1',
    value: '<address>',
    about: 'at which address (default 127.0.0.1: this machine only; 0.0.0.0 for everybody)',
  },
  path: { type: 'string', default: '/', value: '<path>', about: 'where requests come, as /jpip (default: every path)' },
  stateless: { type: 'boolean', default: false, about: 'no sessions: every request stands for itself' },
  sessions: { type: 'string', value: '<n>', about: 'sessions at most (default 10000)' },
  cors: { type: 'string', value: '[<origin>]', about: 'let pages of other origins ask: * for all, or one origin' },
  streaming: {
    type: 'string',
    default: 'auto',
    value: '<s>',
    words: STREAMING,
    about: 'responses without a length: auto (to clients that can take it), never or always (default auto)',
  },
  dialect: {
    type: 'string',
    value: '<d>',
    words: DIALECTS,
    about:
      "for clients that need it: openjpip (tile headers as OpenJPEG's client wants them) or plain (main headers with essential segments only)",
  },
  pictures: {
    type: 'boolean',
    default: true,
    negative: 'only',
    about: 'do not answer type=image/png and image/jp2 with whole pictures of the window',
  },
  timeout: {
    type: 'string',
    default: '30',
    value: '<s>',
    about:
      'seconds that a client may take for its request; four times that without taking anything of a response (default 30)',
  },
  log: { type: 'boolean', default: false, about: 'a line on standard error for each response' },
  json: { type: 'boolean', default: false, about: 'a line of JSON on standard output for each event' },
} as const satisfies OptionTable;

/** `jp2kit serve`. */
export const SERVE: Command = {
  summary: 'serve pictures by JPIP',
  usage: ['<folders, files and URLs…> [options]'],
  about: `Serves pictures by JPIP (15444-9) over HTTP until it is interrupted. Targets are paths below the folders and names of
the files; nothing else can be reached. An index beside a file (name.idx, as jp2kit index makes) is used; for others one
is made in memory when it helps.`,
  options: OPTIONS,
  notes: 'A browser is shown what there is; /health says that it is well, /metrics counts for Prometheus.',
  exits: '0 interrupted, 1 wrong call, 2 cannot be served',
  files: JPEG2000_FILES,
  run: runServe,
};

/** How long connections may wait for the next request. */
const KEEP_ALIVE_MS = 75_000;
/** How long running responses have to end when the server stops. */
const GRACE_MS = 3000;
/** Bytes of indexes that are kept in memory. */
const INDEX_BYTES = 256 << 20;
/** Targets that are named at the start. */
const MOST_TOLD = 12;

type Values = ReturnType<typeof parseCall<typeof OPTIONS>>['values'];

async function runServe(args: string[]): Promise<ExitCode> {
  const { values, positionals: places } = parseCall(withCorsValue(args), OPTIONS);
  if (places.length === 0) throw new CommandLineError('no folders, files or URLs');
  const port = readWhole(values.port, 'port');
  if (port > 65535) throw new CommandLineError('--port takes a number up to 65535');
  const options = engineOptions(values);
  const patience = 1000 * readPositive(values.timeout, 'timeout');
  const streaming = readWord(values.streaming, 'streaming', STREAMING);
  let targets: JpipTargets;
  let listed: ListedTarget[];
  try {
    targets = await jpipTargets(places);
    listed = await targets.list();
  } catch (error) {
    return fail(error, values.json);
  }
  const tell = (event: object): void => {
    if (values.json) print(JSON.stringify(event));
  };
  const engine = createJpipEngine({
    ...options,
    resolve: targets.resolve,
    indexes: memoryIndexes(INDEX_BYTES),
    ...(values.pictures ? { renderer: pictureRenderer() } : {}),
    onEvent: (event) => {
      if (event.type === 'error')
        say(`jp2kit serve: ${event.error instanceof Error ? event.error.message : event.error}`);
    },
  });
  const handler = nodeHandler(engine, {
    basePath: values.path,
    streaming,
    ...(values.cors === undefined ? {} : { cors: values.cors === '*' ? true : { origin: values.cors } }),
    accessLog: (entry: AccessLogEntry) => {
      if (values.log) say(formatAccessLog(entry));
      tell({ event: 'response', ...entry });
    },
  });
  const base = `/${values.path
    .split('/')
    .filter(Boolean)
    .map((segment) => `${segment}/`)
    .join('')}`;
  const server = createServer(timeouts(patience), (request, response) => {
    if (!wantsList(request, base)) {
      handler(request, response);
      return;
    }
    targets.list().then(
      (current) => sendList(response, base, current, values.pictures),
      () => response.writeHead(500).end(),
    );
  });
  // also a client that does not take its response lets go in the end
  server.setTimeout(4 * patience);
  try {
    await listen(server, port, values.host);
  } catch (error) {
    return fail(error, values.json);
  }
  const address = addressOf(server, base);
  tell({ event: 'listening', url: `http://${address}`, targets: listed });
  if (!values.json) announce(address, listed);
  await interrupted();
  await stop(server, [() => engine.close(), () => handler.close()]);
  tell({ event: 'stopped' });
  return EXIT.ok;
}

/** `--cors` without a value means everybody. */
function withCorsValue(args: readonly string[]): string[] {
  return args.map((arg, k) => {
    const next = args[k + 1];
    const isOrigin = next !== undefined && (next === '*' || /^https?:\/\/[^/]+$/.test(next));
    return arg === '--cors' && !isOrigin ? '--cors=*' : arg;
  });
}

/** Clients that send their requests drop by drop are cut off (Node looks for them now and then). */
function timeouts(ms: number) {
  return {
    requestTimeout: ms,
    headersTimeout: ms,
    connectionsCheckingInterval: Math.min(5000, ms / 4),
    keepAliveTimeout: KEEP_ALIVE_MS,
  };
}

function engineOptions({ stateless, sessions, dialect }: Values) {
  if (stateless && sessions !== undefined) throw new CommandLineError('--stateless and --sessions exclude each other');
  const most = sessions === undefined ? undefined : readWhole(sessions, 'sessions');
  const word = dialect === undefined ? undefined : readWord(dialect, 'dialect', DIALECTS);
  return {
    ...(stateless ? { sessions: false as const } : {}),
    ...(most === undefined ? {} : { sessions: { most } }),
    ...(word === 'openjpip' ? { compatibility: { tileHeaders: 'openjpip' as const } } : {}),
    ...(word === 'plain' ? { compatibility: { mainHeaders: 'plain' as const } } : {}),
  };
}

/** Indexes of files that came without one, the one used longest ago forgotten first. */
function memoryIndexes(most: number): IndexStore {
  const indexes = new Map<string, Uint8Array>();
  let bytes = 0;
  return {
    async open(tid) {
      const index = indexes.get(tid);
      if (!index) return undefined;
      indexes.delete(tid);
      indexes.set(tid, index);
      return index;
    },
    async put(tid, index) {
      bytes += index.length - (indexes.get(tid)?.length ?? 0);
      indexes.delete(tid);
      indexes.set(tid, index);
      for (const [oldest, { length }] of indexes) {
        if (bytes <= most) break;
        indexes.delete(oldest);
        bytes -= length;
      }
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

function addressOf(server: Server, base: string): string {
  const { address, family, port } = server.address() as AddressInfo;
  const everywhere = address === '0.0.0.0' || address === '::';
  const host = everywhere ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
  return `${host}:${port}${base}`;
}

function announce(base: string, targets: readonly ListedTarget[]): void {
  for (const { target, bytes } of targets.slice(0, MOST_TOLD)) {
    const path = target.split('/').map(encodeURIComponent).join('/');
    print(`jpip://${base}${path}${bytes === undefined ? '' : `  (${bytes} bytes)`}`);
  }
  if (targets.length > MOST_TOLD) print(`and ${targets.length - MOST_TOLD} more`);
  say(`serving at http://${base} (Ctrl-C ends it)`);
}

/** Waits for somebody to interrupt; a second time ends the process at once. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    const onSignal = (): void => {
      process.once('SIGINT', () => process.exit(EXIT.badInput));
      resolve();
    };
    process.once('SIGINT', onSignal);
    process.once('SIGTERM', onSignal);
  });
}

/** Takes no more connections, lets responses end for a while, and then cuts them. */
async function stop(server: Server, parts: readonly (() => Promise<void>)[]): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  const cut = setTimeout(() => server.closeAllConnections(), GRACE_MS);
  await Promise.all([closed, ...parts.map((part) => part())]);
  clearTimeout(cut);
}

function fail(error: unknown, json: boolean): ExitCode {
  const reported = describeError(error);
  if (json) print(JSON.stringify({ event: 'error', ...reported }));
  else say(`jp2kit serve: ${reported.message}`);
  return exitOfError(reported);
}
