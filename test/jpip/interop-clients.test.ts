/** One strict client for each kind of JPIP client that is out there: it takes what that program takes, and nothing else. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { bytesSource } from '../../src/index.ts';
import type { JpipEngineOptions } from '../../src/jpip/server/engine.ts';
import { nodeHandler } from '../../src/jpip/transport/node-handler.ts';
import type { HandlerOptions } from '../../src/jpip/transport/service.ts';
import { BIN_CLASS, EOR_REASON, type ReadMessage } from '../../src/jpip/wire/message.ts';
import { MessageReader } from '../../src/jpip/wire/message-reader.ts';
import { createJpipEngine } from '../../src/jpip-server.ts';
import { box, FTYP_JP2, hex, join, SIGNATURE } from '../codec/fileformat/box-bytes.ts';
import { inRepository } from '../support/root.ts';

const fixture = (name: string): Uint8Array => readFileSync(inRepository('test/fixtures', name));
const IHDR = box('ihdr', hex('00000030 00000040 0003 07 07 00 00'));
const HEADER = box('jp2h', join(IHDR, box('colr', hex('01 00 00 00000010'))));
const LAYERS = fixture('layers-lrcp-53.j2k');

/** The pictures of the server: a movie of three frames, a file with boxes, bare codestreams. */
const PICTURES: Readonly<Record<string, Uint8Array>> = {
  'movie.jpx': join(
    SIGNATURE,
    FTYP_JP2,
    HEADER,
    ...[0, 1, 2].map(() => box('jp2c', LAYERS)),
    box('xml ', hex('3c612f3e')),
  ),
  'layers.j2k': LAYERS,
  'tiles.j2k': fixture('tiles-offsets-53.j2k'),
  'plt.j2k': fixture('precincts-rpcl-plt-tlm-53.j2k'),
};

const running: (Server | Socket)[] = [];

afterEach(() => {
  for (const one of running.splice(0)) {
    if ('destroy' in one) one.destroy();
    else {
      one.closeAllConnections();
      one.close();
    }
  }
});

/** A server on a port of its own. */
async function serve(engine: Partial<JpipEngineOptions> = {}, handler: HandlerOptions = {}): Promise<number> {
  const resolve = (name: string) => (PICTURES[name] ? { source: bytesSource(PICTURES[name]), tid: name } : null);
  const server = createServer(nodeHandler(createJpipEngine({ resolve, ...engine }), { cors: true, ...handler }));
  running.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}

/** A response as strict clients see it: lines cut at `: `, names as they were sent. */
interface RawResponse {
  readonly statusLine: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
  readonly messages: readonly ReadMessage[];
}

/** One connection, kept alive from request to request, read by a parser that forgives nothing. */
class StrictConnection {
  private readonly socket: Socket;
  private bytes = Buffer.alloc(0);
  private wake = (): void => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (piece) => {
      this.bytes = Buffer.concat([this.bytes, piece]);
      this.wake();
    });
    socket.on('close', () => this.wake());
  }

  static async open(port: number): Promise<StrictConnection> {
    const socket = connect(port, '127.0.0.1');
    running.push(socket);
    await once(socket, 'connect');
    return new StrictConnection(socket);
  }

  async get(target: string, extra = ''): Promise<RawResponse> {
    expect(this.socket.destroyed, 'the connection is kept').toBe(false);
    this.socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n${extra}\r\n`);
    const [statusLine = '', ...lines] = (await this.until('\r\n\r\n')).split('\r\n');
    const headers = new Map<string, string>();
    for (const line of lines) {
      const parts = line.split(': ');
      expect(parts, line).toHaveLength(2);
      headers.set(parts[0]!, parts[1]!);
    }
    expect(headers.has('Transfer-Encoding')).toBe(false);
    const body = await this.take(Number(headers.get('Content-Length')));
    const reader = new MessageReader();
    const messages = headers.get('Content-Type')?.startsWith('image/jp') ? reader.push(body) : [];
    return { statusLine, headers, body, messages };
  }

  private async until(mark: string): Promise<string> {
    for (;;) {
      const at = this.bytes.indexOf(mark);
      if (at >= 0) {
        const head = this.bytes.subarray(0, at).toString('latin1');
        this.bytes = this.bytes.subarray(at + mark.length);
        return head;
      }
      await this.more();
    }
  }

  private async take(length: number): Promise<Uint8Array> {
    expect(length, 'a Content-Length').toBeGreaterThanOrEqual(0);
    while (this.bytes.length < length) await this.more();
    const body = this.bytes.subarray(0, length);
    this.bytes = this.bytes.subarray(length);
    return body;
  }

  private more(): Promise<void> {
    if (this.socket.destroyed) throw new Error('the connection was closed');
    return new Promise((done) => {
      this.wake = done;
    });
  }
}

const classesOf = ({ messages }: RawResponse) =>
  new Set(messages.flatMap((one) => (one.kind === 'data' ? [one.classId] : [])));
const streamsOf = ({ messages }: RawResponse) =>
  new Set(messages.flatMap((one) => (one.kind === 'data' ? [one.codestream] : [])));
const endOf = ({ messages }: RawResponse) => messages.flatMap((one) => (one.kind === 'eor' ? [one.reason] : []));

describe('JHelioviewer', () => {
  test('has one connection, reads lines letter by letter, and finds its frames', async () => {
    const port = await serve();
    const connection = await StrictConnection.open(port);
    const opening = await connection.get('/movie.jpx?cnew=http&type=jpp-stream&tid=0&len=512');
    const cnew = opening.headers.get('JPIP-cnew')!;
    const [cid, ...parameters] = cnew.split(',');
    expect(cid).toMatch(/^cid=[A-Za-z0-9]+$/);
    const path = parameters.find((one) => one.startsWith('path='))!.slice(5);
    expect(path).not.toMatch(/^\//);
    const ask = (query: string) => connection.get(`/${path}?${cid}&${query}`);
    const answers = [
      opening,
      await ask('stream=0&metareq=[*]!!&len=2000000'),
      await ask('context=jpxl<0-2>&fsiz=16,12,closest&rsiz=16,12&roff=0,0&len=2000000'),
      await ask('stream=1&fsiz=64,48,closest&rsiz=32,24&roff=16,12&len=2000000'),
      await ask('stream=2&fsiz=64,48,closest&rsiz=64,48&roff=0,0&len=400'),
    ];
    for (const answer of answers) {
      expect(answer.statusLine).toBe('HTTP/1.1 200 OK');
      expect(answer.headers.get('Content-Type')).toBe('image/jpp-stream');
      expect(classesOf(answer)).not.toContain(BIN_CLASS.extendedPrecinct);
      expect(classesOf(answer)).not.toContain(BIN_CLASS.extendedTile);
      expect(endOf(answer)).toHaveLength(1);
    }
    expect([...classesOf(answers[1]!)].every((classId) => classId === BIN_CLASS.metadata)).toBe(true);
    expect([...streamsOf(answers[2]!)].sort()).toEqual([0, 1, 2]);
    expect([...streamsOf(answers[3]!)]).toEqual([1]);
    expect([...streamsOf(answers[4]!)]).toEqual([2]);
    expect(answers[4]!.body.length).toBeLessThanOrEqual(403);
    const closing = await ask('cclose=*&len=0');
    expect(closing.statusLine).toBe('HTTP/1.1 200 OK');
    expect(closing.body.length).toBe(0);
  });
});

describe('webjpip.js', () => {
  const page = 'Origin: https://example.org\r\n';

  test('sees the headers of its channel from a page of another origin', async () => {
    const connection = await StrictConnection.open(await serve());
    const { headers } = await connection.get('/layers.j2k?cnew=http&type=jpp-stream&tid=0', page);
    const exposed = headers.get('Access-Control-Expose-Headers')!.split(/, */);
    expect(exposed).toContain('JPIP-cnew');
    expect(exposed).toContain('JPIP-tid');
    expect(headers.get('Access-Control-Allow-Origin')).toMatch(/^(\*|https:\/\/example\.org)$/);
  });

  test('opens without a window, and gets a main header of the segments that it knows where that is asked for', async () => {
    const markersOf = async (port: number) => {
      const connection = await StrictConnection.open(port);
      const { messages } = await connection.get('/plt.j2k?type=jpp-stream', page);
      const header = messages.find((one) => one.kind === 'data' && one.classId === BIN_CLASS.mainHeader)!.body;
      const markers: string[] = [];
      for (let at = 2; at < header.length; at += 2 + header[at + 2]! * 256 + header[at + 3]!) {
        markers.push(Buffer.from(header.subarray(at, at + 2)).toString('hex'));
      }
      return markers;
    };
    const known = ['ff51', 'ff52', 'ff5c', 'ff64']; // SIZ, COD, QCD, COM
    const plain = await markersOf(await serve({ compatibility: { mainHeaders: 'plain' } }));
    expect(plain.filter((marker) => !known.includes(marker))).toEqual([]);
    expect(plain.slice(0, 3).sort()).toEqual(known.slice(0, 3));
  });
});

describe("OpenJPEG's viewer and decoder", () => {
  test('reads the identifier of its channel where JPIP-cnew begins', async () => {
    const connection = await StrictConnection.open(await serve());
    const { headers } = await connection.get('/?target=layers.j2k&cnew=http&type=jpp-stream&fsiz=16,12');
    expect(headers.get('JPIP-cnew')).toMatch(/^cid=[^,]+,transport=http/);
  });

  test('has nothing to inherit class and codestream from when a response begins', async () => {
    const connection = await StrictConnection.open(await serve());
    const opening = await connection.get('/?target=layers.j2k&cnew=http&type=jpp-stream&fsiz=8,6');
    const cid = /cid=([^,]+)/.exec(opening.headers.get('JPIP-cnew')!)![1];
    for (const query of ['fsiz=16,12', 'fsiz=64,48&len=300', 'fsiz=64,48&len=300']) {
      const { body } = await connection.get(`/?cid=${cid}&${query}&type=jpp-stream`);
      expect(body[0]! & 0x60, query).toBe(0x60);
    }
    const jpt = await connection.get('/?target=tiles.j2k&fsiz=61,47&type=jpt-stream');
    expect(jpt.body[0]! & 0x60).toBe(0x60);
    expect(jpt.headers.get('Content-Type')).toBe('image/jpt-stream');
  });

  test('gets tile headers in its dialect where that is asked for', async () => {
    const headerOf = async (port: number) => {
      const connection = await StrictConnection.open(port);
      const { messages } = await connection.get('/tiles.j2k?fsiz=61,47&type=jpp-stream');
      return messages.find((one) => one.kind === 'data' && one.classId === BIN_CLASS.tileHeader)!.body;
    };
    const dialect = Buffer.from(await headerOf(await serve({ compatibility: { tileHeaders: 'openjpip' } }))).toString(
      'hex',
    );
    expect(dialect).toMatch(/^000a0000/); // Lsot and Isot, without the marker of SOT
    expect(dialect).toMatch(/ff93$/); // SOD
    const standard = Buffer.from(await headerOf(await serve())).toString('hex');
    expect(standard).not.toMatch(/^000a|^ff90/);
  });
});

describe('freekv/jpip.js', () => {
  test('takes three bytes for a window that it has, and no more', async () => {
    const connection = await StrictConnection.open(await serve());
    const opening = await connection.get(
      '//jpip?target=movie.jpx&cnew=http&type=jpp-stream&stream=0&fsiz=64,48&len=100000',
    );
    expect(opening.statusLine).toBe('HTTP/1.1 200 OK');
    const cid = /cid=([^,]+)/.exec(opening.headers.get('JPIP-cnew')!)![1];
    const again = await connection.get(`//jpip?cid=${cid}&stream=0&fsiz=64,48&len=100000`);
    expect(again.body.length).toBe(3);
    expect([EOR_REASON.windowDone, EOR_REASON.imageDone]).toContain(endOf(again)[0]);
  });

  test('percent-encodes the brackets of contexts', async () => {
    const connection = await StrictConnection.open(await serve());
    const answer = await connection.get('//jpip?target=movie.jpx&context=jpxl%3C1-2%3E&fsiz=8,6&type=jpp-stream');
    expect(answer.statusLine).toBe('HTTP/1.1 200 OK');
    const images = answer.messages.flatMap((one) =>
      one.kind === 'data' && one.classId !== BIN_CLASS.metadata ? [one.codestream] : [],
    );
    expect([...new Set(images)].sort()).toEqual([1, 2]);
  });
});

describe('desktop viewers of the reference implementation', () => {
  test('get a length, metadata-bin 0 before anything else though it is empty, and their request numbers back', async () => {
    const connection = await StrictConnection.open(await serve());
    const { headers, messages, body } = await connection.get('/layers.j2k?fsiz=64,48&type=jpp-stream&qid=77');
    expect(Number(headers.get('Content-Length'))).toBe(body.length);
    expect(messages[0]).toMatchObject({ classId: BIN_CLASS.metadata, id: 0, length: 0, last: true });
    expect(headers.get('JPIP-qid')).toBe('77');
  });

  test('are granted a transport that they offered, or none', async () => {
    const connection = await StrictConnection.open(await serve());
    const offered = await connection.get('/layers.j2k?cnew=http-udp,http-tcp,http&type=jpp-stream&len=0');
    expect(offered.headers.get('JPIP-cnew')).toContain('transport=http,');
    const other = await connection.get('/layers.j2k?cnew=http-udp&fsiz=8,6&type=jpp-stream');
    expect(other.statusLine).toBe('HTTP/1.1 200 OK');
    expect(other.headers.has('JPIP-cnew')).toBe(false);
    expect(endOf(other)).toEqual([EOR_REASON.windowDone]);
  });

  test('are granted no channel where no state is kept', async () => {
    const connection = await StrictConnection.open(await serve({ sessions: false }));
    const { headers, messages } = await connection.get('/layers.j2k?cnew=http&fsiz=8,6&type=jpp-stream');
    expect(headers.has('JPIP-cnew')).toBe(false);
    expect(messages.length).toBeGreaterThan(3);
  });
});
