/** The engine behind real servers: `node:http` byte for byte, and `node:http2`. */
import { createServer, type Server } from 'node:http';
import { connect as connect2, createServer as createServer2, type Http2Server } from 'node:http2';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import type { AccessLogEntry } from '../../../src/jpip/transport/access-log.ts';
import { type NodeHandler, nodeHandler } from '../../../src/jpip/transport/node-handler.ts';
import type { HandlerOptions } from '../../../src/jpip/transport/service.ts';
import { eventually } from '../../support/eventually.ts';
import { bytesOf, FakeEngine } from '../../support/fake-engine.ts';

const running: (Server | Http2Server | Socket)[] = [];

afterEach(() => {
  for (const one of running.splice(0)) {
    if ('destroy' in one) one.destroy();
    else {
      if ('closeAllConnections' in one) one.closeAllConnections();
      one.close();
    }
  }
});

/** A server around an engine. */
async function serve(options: HandlerOptions = {}) {
  const engine = new FakeEngine();
  const log: AccessLogEntry[] = [];
  const handler = nodeHandler(engine, { accessLog: (entry) => log.push(entry), ...options });
  const server = createServer(handler);
  running.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { engine, log, handler, server, port };
}

/** What a server says to bytes on a connection, until it closes it. */
async function talk(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  running.push(socket);
  socket.write(request);
  let answer = '';
  socket.on('data', (bytes) => {
    answer += bytes.toString('latin1');
  });
  await once(socket, 'close');
  return answer;
}

const get = (path: string, headers = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}Connection: close\r\n\r\n`;

describe('over HTTP/1.1', () => {
  test('an old client gets the status line and header names letter by letter, and a length', async () => {
    const { port, engine, log } = await serve();
    const answer = await talk(port, get('/jpip?target=a.jp2&len=5'));
    expect(answer.split('\r\n')[0]).toBe('HTTP/1.1 200 OK');
    expect(answer).toContain('\r\nJPIP-tid: x1\r\n');
    expect(answer).toContain('\r\nContent-Type: image/jpp-stream\r\n');
    expect(answer).toContain('\r\nContent-Length: 12\r\n');
    expect(answer).not.toContain('chunked');
    expect(answer.endsWith('\r\n\r\nfirst second')).toBe(true);
    expect(engine.requests[0]).toMatchObject({ method: 'GET', path: '/jpip', query: 'target=a.jp2&len=5' });
    expect(log).toMatchObject([
      { method: 'GET', url: '/jpip?target=a.jp2&len=5', status: 200, bytes: 12, aborted: false, httpVersion: '1.1' },
    ]);
  });

  test('keeps the connection for the next request', async () => {
    const { port } = await serve();
    const socket = connect(port, '127.0.0.1');
    running.push(socket);
    for (let k = 0; k < 3; k++) {
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      const [bytes] = await once(socket, 'data');
      expect(String(bytes)).toContain('200 OK');
    }
    expect(socket.destroyed).toBe(false);
  });

  test.each([
    ['TE: trailers\r\n', 'auto', true],
    ['TE: chunked\r\n', 'auto', true],
    ['Sec-Fetch-Mode: cors\r\n', 'auto', true],
    ['Origin: http://page\r\n', 'auto', true],
    ['', 'auto', false],
    ['', 'always', true],
    ['TE: trailers\r\n', 'never', false],
  ] as const)('with "%s" and streaming: %s, chunked is %s', async (headers, streaming, chunked) => {
    const { port } = await serve({ streaming });
    const answer = await talk(port, get('/', headers));
    expect(answer.includes('\r\nTransfer-Encoding: chunked\r\n')).toBe(chunked);
    expect(answer.includes('\r\nContent-Length: 12\r\n')).toBe(!chunked);
  });

  test('a client of HTTP/1.0 is never sent chunks', async () => {
    const { port } = await serve({ streaming: 'always' });
    const answer = await talk(port, 'GET / HTTP/1.0\r\n\r\n');
    expect(answer).not.toContain('chunked');
    expect(answer.endsWith('\r\n\r\nfirst second')).toBe(true);
  });

  test('a response larger than what is collected is streamed', async () => {
    const { port, engine } = await serve({ collectedBytes: 1000 });
    engine.pieces = () => Array.from({ length: 5 }, () => new Uint8Array(400).fill(65));
    const answer = await talk(port, get('/'));
    expect(answer).toContain('\r\nTransfer-Encoding: chunked\r\n');
    expect(answer.match(/A/g)!.length).toBeGreaterThanOrEqual(2000);
  });

  test('a length that the engine knows is passed on, and the body is not held back for it', async () => {
    const { port, engine } = await serve();
    engine.length = 12;
    const gate = resolvers();
    engine.pieces = async function* () {
      yield bytesOf('first ');
      await gate.promise;
      yield bytesOf('second');
    };
    const socket = connect(port, '127.0.0.1');
    running.push(socket);
    socket.write(get('/'));
    let answer = '';
    socket.on('data', (bytes) => {
      answer += bytes;
      if (answer.includes('first')) gate.resolve();
    });
    await once(socket, 'close');
    expect(answer).toContain('Content-Length: 12');
    expect(answer.endsWith('first second')).toBe(true);
  });

  test('requests that wait behind others of their connection end with it', async () => {
    const { port, engine, handler } = await serve({ streaming: 'always' });
    engine.pieces = () => Array.from({ length: 2000 }, () => new Uint8Array(20_000));
    const sockets = Array.from({ length: 5 }, () => connect(port, '127.0.0.1'));
    for (const socket of sockets) {
      running.push(socket);
      socket.pause();
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(3));
    }
    await eventually(() => engine.requests.length).toBe(15);
    for (const socket of sockets) socket.destroy();
    await handler.close();
    expect(engine.ended).toBe(15);
  });

  test('HEAD has the headers of GET and no body, and gives the body back', async () => {
    const { port, engine } = await serve();
    engine.length = 12;
    const answer = await talk(port, get('/').replace('GET', 'HEAD'));
    // how long the stream of a GET would be is not worked out for it
    expect(answer).not.toContain('Content-Length');
    expect(answer.endsWith('\r\n\r\n')).toBe(true);
    expect(engine.requests[0]!.method).toBe('HEAD');
    expect(engine.ended).toBe(1);
  });

  test('POST hands its body over', async () => {
    const { port, engine } = await serve();
    await talk(port, 'POST /jpip HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\nConnection: close\r\n\r\nfsiz=64,64&');
    expect(new TextDecoder().decode(engine.requests[0]!.body)).toBe('fsiz=64,64&');
  });

  test.each([
    ['says so', 'Content-Length: 5000\r\n\r\n'],
    ['does not say so', `Transfer-Encoding: chunked\r\n\r\nbb8\r\n${'x'.repeat(3000)}\r\n0\r\n\r\n`],
  ])('a body beyond the limit that %s is refused with 413, and the connection ends', async (_, rest) => {
    const { port, engine } = await serve({ requestBytes: 1000 });
    const answer = await talk(port, `POST / HTTP/1.1\r\nHost: x\r\n${rest}`);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('Connection: close');
    expect(engine.requests).toEqual([]);
  });

  test('other methods are refused with what is allowed', async () => {
    const { port } = await serve();
    const answer = await talk(port, get('/').replace('GET', 'DELETE'));
    expect(answer).toMatch(/^HTTP\/1\.1 405 Method Not Allowed\r\n/);
    expect(answer).toContain('Allow: GET, HEAD, POST, OPTIONS');
  });

  test('a fault of the engine is a 500 that tells nothing', async () => {
    const { port, log } = await serve();
    const answer = await talk(port, get('/?fail'));
    expect(answer).toMatch(/^HTTP\/1\.1 500 /);
    expect(answer).not.toContain('secret');
    expect(log).toMatchObject([{ status: 500, aborted: false }]);
  });

  test('a fault in the middle of a body cuts the connection, so that nobody takes it for whole', async () => {
    const { port, engine, log } = await serve({ streaming: 'always' });
    engine.pieces = async function* () {
      yield bytesOf('first ');
      // what was written has to leave first: a connection that is cut drops what it still has
      await new Promise((resolve) => setTimeout(resolve, 50));
      throw new Error('disk');
    };
    const answer = await talk(port, get('/'));
    expect(answer).toContain('first ');
    expect(answer.endsWith('0\r\n\r\n')).toBe(false);
    expect(log).toMatchObject([{ status: 200, bytes: 6, aborted: true }]);
  });

  test('a client that does not read holds up its own body and nothing else', async () => {
    const { port, engine, log } = await serve({ streaming: 'always' });
    engine.pieces = () => Array.from({ length: 2000 }, () => new Uint8Array(100_000));
    const socket = connect(port, '127.0.0.1');
    running.push(socket);
    socket.pause();
    socket.write(get('/'));
    await eventually(() => engine.taken).toBeGreaterThan(0);
    let before = -1;
    // the buffers of the system fill up first
    await expect
      .poll(
        () => {
          const same = engine.taken === before;
          before = engine.taken;
          return same;
        },
        { interval: 100, timeout: 10_000 },
      )
      .toBe(true);
    expect(engine.taken).toBeLessThan(1000);
    // it goes away: the engine is told, and its body ended
    socket.destroy();
    await eventually(() => engine.ended).toBe(1);
    expect(engine.signal!.aborted).toBe(true);
    expect(log).toMatchObject([{ aborted: true }]);
  });

  test('a hundred clients that do not read keep nobody else waiting', async () => {
    const { port, engine } = await serve({ streaming: 'always' });
    const piece = new Uint8Array(100_000);
    engine.pieces = function* () {
      for (;;) yield piece;
    };
    const slow = Array.from({ length: 100 }, () => {
      const socket = connect(port, '127.0.0.1');
      running.push(socket);
      socket.pause();
      socket.write(get('/'));
      return socket;
    });
    await eventually(() => engine.requests.length).toBe(100);
    engine.pieces = () => [bytesOf('first second')];
    expect(await talk(port, get('/'))).toContain('first second');
    expect(engine.ended).toBe(1);
    for (const socket of slow) socket.destroy();
    await eventually(() => engine.ended).toBe(101);
  });

  test('closing lets what runs end, refuses what comes, and then resolves', async () => {
    const { port, engine, handler } = await serve({ streaming: 'always' });
    const gate = resolvers();
    engine.pieces = async function* () {
      yield bytesOf('first ');
      await gate.promise;
      yield bytesOf('second');
    };
    const first = talk(port, get('/'));
    await eventually(() => engine.taken).toBe(1);
    let closed = false;
    const closing = handler.close().then(() => {
      closed = true;
    });
    const refused = await talk(port, get('/'));
    expect(refused).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
    expect(refused).toContain('Retry-After: 1');
    expect(closed).toBe(false);
    gate.resolve();
    expect(await first).toContain('second');
    await closing;
    expect(closed).toBe(true);
  });
});

describe('paths', () => {
  test.each(['/jpip', '//jpip', '/%6Apip', '/jpip/', '///jpip//'])('%s is below /jpip', async (path) => {
    const { port, engine } = await serve({ basePath: '/jpip' });
    expect(await talk(port, get(`${path}?target=a`))).toContain('200 OK');
    expect(engine.requests[0]).toMatchObject({ path: '/', query: 'target=a' });
  });

  test('what is below the base path stays percent-encoded', async () => {
    const { port, engine } = await serve({ basePath: 'a/b/' });
    await talk(port, get('/a/b/c%2Fd/e%20f.jp2?g'));
    expect(engine.requests[0]!.path).toBe('/c%2Fd/e%20f.jp2');
  });

  test('what lies elsewhere is not found', async () => {
    const { port, engine } = await serve({ basePath: '/jpip' });
    for (const path of ['/', '/jpipx', '/other/jpip', '/%']) {
      expect(await talk(port, get(path))).toMatch(/^HTTP\/1\.1 404 /);
    }
    expect(engine.requests).toEqual([]);
  });

  test('the engine is told what was taken off', async () => {
    const { port, engine } = await serve({ basePath: 'pictures//jpip/' });
    await talk(port, get('/pictures/jpip/lake.jp2?cnew=http'));
    expect(engine.requests[0]).toMatchObject({ base: '/pictures/jpip', path: '/lake.jp2' });
  });

  test('the absolute form of a request line is understood', async () => {
    const { port, engine } = await serve();
    await talk(port, get('http://host:80/a.jp2?len=1'));
    expect(engine.requests[0]).toMatchObject({ path: '/a.jp2', query: 'len=1' });
  });
});

describe('besides pictures', () => {
  test('says that it is well, unless somebody asks for a target of that path', async () => {
    const { port, engine } = await serve({ basePath: '/j' });
    expect(await talk(port, get('/j/health'))).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\r\n\r\nok\n$/s);
    expect(engine.requests).toEqual([]);
    await talk(port, get('/j/health?len=0'));
    expect(engine.requests).toHaveLength(1);
  });

  test('counts for Prometheus', async () => {
    const { port } = await serve();
    await talk(port, get('/a?x'));
    await talk(port, get('/a?fail'));
    const text = await talk(port, get('/metrics'));
    expect(text).toContain('Content-Type: text/plain; version=0.0.4');
    expect(text).toContain('\njpip_http_responses_total{status="200"} 1\n');
    expect(text).toContain('\njpip_http_responses_total{status="500"} 1\n');
    expect(text).toContain('\njpip_http_requests_active 1\n');
    expect(text).toContain('\njpip_http_response_seconds_bucket{le="+Inf"} 2\n');
    expect(text).toContain('\njpip_engine_sessions_open 3\n');
  });

  test('both can be left out', async () => {
    const { port, engine } = await serve({ healthPath: false, metricsPath: false });
    await talk(port, get('/health'));
    await talk(port, get('/metrics'));
    expect(engine.requests.map(({ path }) => path)).toEqual(['/health', '/metrics']);
  });

  test('a log that fails disturbs nobody', async () => {
    const { port } = await serve({
      accessLog: () => {
        throw new Error('disk full');
      },
    });
    expect(await talk(port, get('/'))).toContain('200 OK');
  });
});

describe('from pages of other origins', () => {
  test('the headers of JPIP are exposed', async () => {
    const { port } = await serve({ cors: true });
    const answer = await talk(port, get('/', 'Origin: http://page\r\n'));
    expect(answer).toContain('Access-Control-Allow-Origin: *\r\n');
    const exposed = /Access-Control-Expose-Headers: (.*)\r\n/.exec(answer)![1]!.split(', ');
    for (const name of ['JPIP-cnew', 'JPIP-tid', 'JPIP-fsiz', 'JPIP-roff', 'JPIP-type'])
      expect(exposed).toContain(name);
  });

  test('a preflight is answered without the engine', async () => {
    const { port, engine } = await serve({ cors: { maxAge: 60 } });
    const answer = await talk(
      port,
      get(
        '/',
        'Origin: http://p\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: x-key, content-type\r\n',
      ).replace('GET', 'OPTIONS'),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 204 No Content\r\n/);
    expect(answer).toContain('Access-Control-Allow-Methods: GET, HEAD, POST, OPTIONS\r\n');
    expect(answer).toContain('Access-Control-Allow-Headers: x-key, content-type\r\n');
    expect(answer).toContain('Access-Control-Max-Age: 60\r\n');
    expect(engine.requests).toEqual([]);
  });

  test('without the option nothing is said', async () => {
    const { port } = await serve();
    expect(await talk(port, get('/', 'Origin: http://page\r\n'))).not.toContain('Access-Control');
  });
});

describe('as a middleware', () => {
  test('lets others answer what is not below its path', async () => {
    const handler = nodeHandler(new FakeEngine(), { basePath: '/jpip' });
    const server = createServer((request, response) => handler(request, response, () => response.end('another')));
    expect(await ask(server, '/x')).toContain('another');
    expect(await ask(server, '/jpip/x')).toContain('first second');
  });

  test('knows the path that a router took away, and takes a body that was parsed before', async () => {
    const engine = new FakeEngine();
    const handler = nodeHandler(engine);
    const server = createServer((request, response) => {
      Object.assign(request, { baseUrl: '/mounted', url: '/', body: { fsiz: '64,64', model: 'Hm' } });
      handler(request, response);
    });
    await ask(server, '/mounted', 'POST');
    expect(engine.requests[0]).toMatchObject({ base: '/mounted', path: '/' });
    expect(new TextDecoder().decode(engine.requests[0]!.body)).toBe('fsiz=64%2C64&model=Hm');
  });

  async function ask(server: Server, path: string, method = 'GET'): Promise<string> {
    if (!server.listening) {
      running.push(server);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    }
    return talk((server.address() as AddressInfo).port, get(path).replace('GET', method));
  }
});

test('over HTTP/2 responses are streamed, and a client that resets ends the body', async () => {
  const engine = new FakeEngine();
  const handler: NodeHandler = nodeHandler(engine);
  const server = createServer2(handler);
  running.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = connect2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  try {
    const stream = client.request({ ':path': '/a.jp2?len=3' });
    const [headers] = await once(stream, 'response');
    expect(headers).toMatchObject({ ':status': 200, 'jpip-tid': 'x1' });
    expect(headers['content-length']).toBeUndefined();
    let body = '';
    for await (const bytes of stream) body += bytes;
    expect(body).toBe('first second');

    engine.pieces = () => Array.from({ length: 1000 }, () => new Uint8Array(100_000));
    const endless = client.request({ ':path': '/' });
    await once(endless, 'response');
    endless.close(8);
    await eventually(() => engine.ended).toBe(2);
    expect(engine.signal!.aborted).toBe(true);
  } finally {
    client.destroy();
  }
});

function resolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
