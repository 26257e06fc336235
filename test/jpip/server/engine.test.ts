import { beforeAll, describe, expect, test } from 'vitest';
import { Jpeg2000Error } from '../../../src/codec/errors.ts';
import { BytesSource } from '../../../src/codec/source.ts';
import { decode, encodeSync } from '../../../src/index.ts';
import { BIN_CLASS } from '../../../src/jpip/wire/message.ts';
import { MessageReader } from '../../../src/jpip/wire/message-reader.ts';
import type { DataPiece } from '../../../src/jpip/wire/message.ts';
import { createJpipEngine, type JpipEvent, pictureRenderer } from '../../../src/jpip-server.ts';
import { wavyPicture } from '../../support/encodes.ts';
import { ask, engineOver, StrictCache } from '../../support/jpip-server.ts';

/** 300 x 200, three components, three layers, precincts of 64, levels 3: a file of a few dozen kilobytes. */
let file: Uint8Array;
/** The same in tiles of 100 with tile-parts by resolution, a JP2. */
let tiled: Uint8Array;

beforeAll(() => {
  const { image } = wavyPicture(300, 200, 3, 8);
  const common = { levels: 3, layers: 3, precincts: [{ width: 64, height: 64 }], progression: 'RPCL' } as const;
  file = encodeSync(image, { ...common, container: 'codestream' }).data;
  tiled = encodeSync(image, { ...common, tile: { width: 100, height: 100 }, tileParts: 'resolution' }).data;
});

const WHOLE = 'fsiz=300,200&type=jpp-stream';

function cidOf(headers: Readonly<Record<string, string>>): string {
  return /cid=([^,]+)/.exec(headers['JPIP-cnew']!)![1]!;
}

function precincts(pieces: readonly DataPiece[]): number[] {
  return [...new Set(pieces.filter(({ classId }) => classId < 2).map(({ id }) => id))].sort((a, b) => a - b);
}

/** Begins a response and takes its first batch. */
async function begin(engine: ReturnType<typeof engineOver>, query: string, cache: StrictCache) {
  const response = await engine.handle({ method: 'GET', path: '/', query, headers: {} });
  const reader = new MessageReader();
  const iterator = response.body![Symbol.asyncIterator]();
  let eor: number | undefined;
  const take = async (): Promise<boolean> => {
    const { done, value } = await iterator.next();
    for (const message of done ? [] : reader.push(value)) {
      if (message.kind === 'eor') eor = message.reason;
      else cache.take(message);
    }
    return !done;
  };
  await take();
  return {
    headers: response.headers,
    take,
    stop: () => iterator.return!(),
    async finish() {
      while (await take());
      return eor;
    },
  };
}

describe('refusals', () => {
  test.each([
    ['target=x&fsiz=1', 400, /fsiz/],
    ['fsiz=10,10', 400, /no target/],
    ['target=y&fsiz=10,10', 404, /no target y/],
    ['cid=abc&fsiz=10,10', 404, /no such channel/],
    ['cclose=abc', 404, /no such channel/],
    ['target=x&cclose=*', 400, /needs a cid/],
    ['target=x&fsiz=10,10&type=image/gif', 415, /image\/gif/],
    ['target=x&fsiz=10,10&type=image/png', 415, /image\/png/],
    ['target=x&upload=jp2', 501, /uploads/],
    ['target=x&fsiz=10,10&comps=7', 400, /comps/],
    ['target=x&fsiz=10,10&stream=9', 400, /codestreams/],
    ['target=x&fsiz=10,10&pref=codeseq:interleaved/r', 501, /interleaved/],
    ['target=broken&fsiz=10,10', 500, /cannot be served/],
  ])('%s is answered with %i', async (query, status, text) => {
    const taken = await ask(engineOver({ x: file, broken: new Uint8Array(40) }), query);
    expect(taken.status).toBe(status);
    expect(Buffer.from(taken.bytes).toString()).toMatch(text);
    expect(taken.headers['Content-Type']).toBe('text/plain; charset=utf-8');
  });

  test('a text that comes back is plain ASCII, whatever the request held', async () => {
    const taken = await ask(engineOver({}), `target=${encodeURIComponent('<b>é\r\nX: y')}&fsiz=1,1`);
    expect(taken.status).toBe(404);
    expect(Buffer.from(taken.bytes).toString('latin1')).toMatch(/^[ -~]*\n$/);
  });

  test('other methods, requests that are too long, and those that are not allowed', async () => {
    const engine = engineOver({ x: file }, { limits: { requestBytes: 60 }, authorize: ({ target }) => target !== 'x' });
    const put = await engine.handle({ method: 'PUT', path: '/x', query: WHOLE, headers: {} });
    expect(put).toMatchObject({ status: 405, headers: { Allow: 'GET, HEAD, POST, OPTIONS' } });
    expect((await ask(engine, `target=x&fsiz=1,1&roi=${'a'.repeat(60)}`)).status).toBe(413);
    expect((await ask(engine, 'target=x&fsiz=1,1')).status).toBe(403);
    expect((await ask(engine, 'target=y&fsiz=1,1')).status).toBe(404);
  });

  test('what fails inside is told to the operator and not to strangers', async () => {
    const events: JpipEvent[] = [];
    const resolve = () => {
      throw new Error('the disk at /secret is on fire');
    };
    const taken = await ask(createJpipEngine({ resolve, onEvent: (event) => events.push(event) }), 'target=x&fsiz=1,1');
    expect(taken.status).toBe(500);
    expect(Buffer.from(taken.bytes).toString()).toBe('the server failed\n');
    expect(events.some((event) => event.type === 'error' && /fire/.test(String(event.error)))).toBe(true);
  });
});

describe('a window without a session', () => {
  test('metadata-bin 0 comes first, then headers, then data, and the end says that the window is done', async () => {
    const taken = await ask(engineOver({ x: tiled }), 'target=x&fsiz=150,100&type=jpp-stream');
    const order = taken.pieces.map(({ classId }) => classId);
    expect(order[0]).toBe(BIN_CLASS.metadata);
    expect(order[1]).toBe(BIN_CLASS.mainHeader);
    expect(order.indexOf(BIN_CLASS.precinct)).toBeGreaterThan(order.lastIndexOf(BIN_CLASS.tileHeader));
    expect(taken.eor).toBe(2);
    expect(taken.headers).toMatchObject({ 'Content-Type': 'image/jpp-stream', 'Cache-Control': 'no-cache' });
    expect(taken.headers['JPIP-tid']).toMatch(/^[0-9a-f-]+$/);
  });

  test('all of the picture ends with "image done", and the path can name the target', async () => {
    const taken = await ask(engineOver({ 'a b.jp2': tiled }), WHOLE, { path: '//a%20b.jp2' });
    expect(taken).toMatchObject({ status: 200, eor: 1 });
  });

  test('without a view-window only metadata-bin 0 and the main header are sent', async () => {
    const taken = await ask(engineOver({ x: file }), 'target=x&type=jpp-stream');
    expect(taken.pieces.map(({ classId }) => classId)).toEqual([BIN_CLASS.metadata, BIN_CLASS.mainHeader]);
  });

  test('a window beside the picture holds no data, and the client is told its size', async () => {
    const taken = await ask(engineOver({ x: file }), 'target=x&fsiz=300,200&roff=400,0&rsiz=10,10');
    expect(taken.headers).toMatchObject({ 'JPIP-roff': '300,0', 'JPIP-rsiz': '0,10' });
    expect(precincts(taken.pieces)).toEqual([]);
    expect(taken.eor).toBe(2);
  });

  test('len is kept to the byte, len=0 gives only the end', async () => {
    const engine = engineOver({ x: file });
    for (const len of [0, 1, 7, 100, 101, 102, 5000, 20001]) {
      const taken = await ask(engine, `target=x&${WHOLE}&len=${len}`);
      expect(taken.messageBytes).toBeLessThanOrEqual(len);
      expect(taken.messageBytes).toBeGreaterThan(len - 8);
      expect(taken.eor).toBe(4);
    }
    expect((await ask(engine, `target=x&${WHOLE}&len=0`)).bytes).toEqual(Uint8Array.of(0, 4, 0));
  });

  test('with align=yes a response ends with a whole packet', async () => {
    const engine = engineOver({ x: file });
    const whole = await ask(engine, `target=x&${WHOLE}`);
    const ends = new Set(whole.pieces.map(({ classId, id, offset, length }) => `${classId} ${id} ${offset + length}`));
    for (const len of [300, 1000, 2222, 9999]) {
      const { pieces } = await ask(engine, `target=x&${WHOLE}&len=${len}&align=yes`);
      for (const p of pieces) expect(ends).toContain(`${p.classId} ${p.id} ${p.offset + p.length}`);
    }
    // who has no room for a packet gets on all the same
    const cache = new StrictCache();
    const cid = cidOf((await ask(engine, 'target=x&cnew=http', { cache })).headers);
    let rounds = 0;
    for (let eor = 4; eor === 4; rounds++) {
      const taken = await ask(engine, `cid=${cid}&fsiz=38,25&len=60&align=yes`, { cache });
      expect(taken.messageBytes).toBeLessThanOrEqual(60);
      eor = taken.eor!;
    }
    expect(rounds).toBeGreaterThan(5);
    const preferred = await ask(engine, `target=x&fsiz=38,25&pref=fullwindow/r,color-ict:1`);
    expect(preferred.status).toBe(200);
  });

  test('layers and quality bound the layers, and say so', async () => {
    const engine = engineOver({ x: file });
    const all = await ask(engine, `target=x&${WHOLE}`);
    const one = await ask(engine, `target=x&${WHOLE}&layers=1`);
    const third = await ask(engine, `target=x&${WHOLE}&quality=33`);
    expect(one.bytes.length).toBeLessThan(all.bytes.length);
    expect(third.pieces).toEqual(one.pieces);
    expect(third).toMatchObject({ eor: 5, headers: { 'JPIP-quality': '33' } });
    expect(one.eor).toBe(2);
    // a share of the layers is rounded up
    const two = await ask(engine, `target=x&${WHOLE}&layers=2`);
    expect((await ask(engine, `target=x&${WHOLE}&quality=34`)).pieces).toEqual(two.pieces);
    const many = await ask(engine, `target=x&${WHOLE}&layers=9`);
    expect(many.headers['JPIP-layers']).toBe('3');
  });

  test('one component of a transformed picture brings the other two, and the client is told', async () => {
    const taken = await ask(engineOver({ x: file }), `target=x&${WHOLE}&comps=1`);
    expect(taken.headers['JPIP-comps']).toBe('0-2');
    expect(taken.eor).toBe(1);
  });

  test('extended precinct messages tell whole layers', async () => {
    const { pieces } = await ask(engineOver({ x: file }), 'target=x&fsiz=300,200&type=jpp-stream;ptype=ext');
    const data = pieces.filter(({ classId }) => classId < 2);
    expect(data.every(({ classId }) => classId === BIN_CLASS.extendedPrecinct)).toBe(true);
    const layers = new Map<number, number>();
    for (const { id, aux } of data) {
      expect(aux!).toBeGreaterThan(layers.get(id) ?? 0);
      layers.set(id, aux!);
    }
    expect(new Set(layers.values())).toEqual(new Set([3]));
  });

  test('an extended message that is cut is a plain one', async () => {
    const engine = engineOver({ x: file });
    const whole = await ask(engine, 'target=x&fsiz=300,200&type=jpp-stream;ptype=ext');
    const ends = new Map(whole.pieces.map((p) => [`${p.id} ${p.offset + p.length}`, p.aux]));
    let cuts = 0;
    for (const len of [900, 2000, 3333, 5001, 7777]) {
      const { pieces } = await ask(engine, `target=x&fsiz=300,200&type=jpp-stream;ptype=ext&len=${len}`);
      for (const { classId, id, offset, length, aux } of pieces.filter((p) => p.classId < 2)) {
        expect(classId & 1).toBe(ends.has(`${id} ${offset + length}`) ? 1 : 0);
        if (classId & 1) expect(aux).toBe(ends.get(`${id} ${offset + length}`));
        else cuts++;
      }
    }
    expect(cuts).toBeGreaterThan(2);
  });

  test('some components are not all of a picture', async () => {
    const plain = encodeSync(wavyPicture(64, 64, 3, 8).image, { mct: 'none', levels: 1 }).data;
    expect((await ask(engineOver({ plain }), 'target=plain&fsiz=64,64&comps=0-1')).eor).toBe(2);
    expect((await ask(engineOver({ plain }), 'target=plain&fsiz=64,64&comps=0-2')).eor).toBe(1);
  });

  test('a POST says the same as a GET', async () => {
    const engine = engineOver({ x: file });
    const get = await ask(engine, `target=x&${WHOLE}&layers=1`);
    const post = await ask(engine, '', { body: `target=x&${WHOLE}&layers=1` });
    expect(post.bytes).toEqual(get.bytes);
  });
});

describe('what the client says it holds', () => {
  test('whole bins, beginnings and layers are not sent again', async () => {
    const engine = engineOver({ x: file });
    const all = await ask(engine, `target=x&${WHOLE}`);
    const [a, b, c] = precincts(all.pieces) as [number, number, number];
    const taken = await ask(engine, `target=x&${WHOLE}&model=Hm,H0,M0,P${a},P${b}:10,P${c}:L1`);
    expect(taken.pieces.some(({ classId }) => classId > 1)).toBe(false);
    expect(precincts(taken.pieces)).not.toContain(a);
    expect(taken.pieces.find(({ id }) => id === b)!.offset).toBe(10);
    const firstLayer = all.pieces.find(({ id, classId }) => id === c && classId === 0)!;
    expect(taken.pieces.find(({ id }) => id === c)!.offset).toBe(firstLayer.offset + firstLayer.length);
  });

  test('all precincts, or those of a resolution level, at once', async () => {
    const engine = engineOver({ x: file });
    const none = await ask(engine, `target=x&${WHOLE}&model=P*`);
    expect(precincts(none.pieces)).toEqual([]);
    expect(none.eor).toBe(1);
    const coarse = await ask(engine, 'target=x&fsiz=38,25&type=jpp-stream');
    const rest = await ask(engine, `target=x&${WHOLE}&model=r0`);
    expect(precincts(rest.pieces)).not.toEqual(expect.arrayContaining(precincts(coarse.pieces)));
    const all = await ask(engine, `target=x&${WHOLE}`);
    expect([...precincts(rest.pieces), ...precincts(coarse.pieces)].sort((a, b) => a - b)).toEqual(
      precincts(all.pieces),
    );
    const component = await ask(engine, `target=x&${WHOLE}&model=c0-1r*`);
    expect(precincts(component.pieces)).toEqual(precincts(all.pieces).filter((id) => id % 3 === 2));
  });

  test('tiles of a range are a rectangle', async () => {
    const engine = engineOver({ x: tiled });
    const all = await ask(engine, `target=x&${WHOLE}`);
    const rest = await ask(engine, `target=x&${WHOLE}&model=t0-4`);
    // tiles 0, 1, 3 and 4 of 3 x 2
    expect(precincts(rest.pieces)).toEqual(precincts(all.pieces).filter((id) => [2, 5].includes(id % 6)));
  });

  test('a tile-part model and need for tile data-bins', async () => {
    const engine = engineOver({ x: tiled });
    const all = await ask(engine, 'target=x&fsiz=300,200&type=jpt-stream;ttype=ext');
    const tile4 = all.pieces.filter(({ classId, id }) => classId === BIN_CLASS.extendedTile && id === 4);
    expect(tile4.map(({ aux }) => aux)).toEqual([4, 3, 2, 1]);
    const rest = await ask(engine, 'target=x&fsiz=300,200&type=jpt-stream&tpmodel=4.0-4.1');
    expect(rest.pieces.find(({ classId, id }) => classId === BIN_CLASS.tile && id === 4)!.offset).toBe(
      tile4[2]!.offset,
    );
    // a tile-part is worth nothing without those before it
    const later = await ask(engine, 'target=x&fsiz=300,200&type=jpt-stream&tpmodel=4.2-4.3');
    expect(later.pieces.find(({ classId, id }) => classId === BIN_CLASS.tile && id === 4)!.offset).toBe(0);
    const joined = await ask(engine, 'target=x&fsiz=300,200&type=jpt-stream&tpmodel=4.0,4.1-4.3');
    expect(joined.pieces.some(({ classId, id }) => classId === BIN_CLASS.tile && id === 4)).toBe(false);
    const back = await ask(engine, 'target=x&fsiz=300,200&type=jpt-stream&tpmodel=4.0-4.3,-4.2');
    expect(back.pieces.find(({ classId, id }) => classId === BIN_CLASS.tile && id === 4)!.offset).toBe(
      tile4[2]!.offset,
    );
    const needed = await ask(engine, 'target=x&fsiz=300,200&type=jpt-stream&tpneed=4.0&need=Hm');
    expect([...new Set(needed.pieces.map(({ classId, id }) => `${classId} ${id}`))]).toEqual(['6 0', '4 4']);
  });

  test('of tile data-bins only the tile-parts that a window needs are sent', async () => {
    const engine = engineOver({ x: tiled });
    const cache = new StrictCache();
    const first = await ask(engine, 'target=x&cnew=http&fsiz=75,50&type=jpt-stream', { cache });
    const tiles = first.pieces.filter(({ classId }) => classId === BIN_CLASS.tile);
    // tile-parts by resolution: two of four for a quarter of the size
    expect(tiles.filter(({ id }) => id === 2)).toHaveLength(2);
    expect(tiles.some(({ last }) => last)).toBe(false);
    const local = await decode(tiled, { reduce: 2, layout: 'planar', colour: 'native' });
    expect((await cache.decode({ reduce: 2 })).data).toEqual(local.data);
    const rest = await ask(engine, `cid=${cidOf(first.headers)}&fsiz=300,200`, { cache });
    expect(rest.eor).toBe(1);
    expect((await cache.decode()).data).toEqual((await decode(tiled, { layout: 'planar', colour: 'native' })).data);
  });

  test('need restricts the response to what it names', async () => {
    const engine = engineOver({ x: file });
    const all = await ask(engine, `target=x&${WHOLE}`);
    const [a, b] = precincts(all.pieces) as [number, number];
    const taken = await ask(engine, `target=x&${WHOLE}&need=P${a},P${b},H0`);
    expect([...new Set(taken.pieces.map(({ classId, id }) => `${classId} ${id}`))]).toEqual([
      '2 0',
      `0 ${a}`,
      `0 ${b}`,
    ]);
  });

  test('is refused when it names too much, however many statements it takes', async () => {
    const engine = engineOver({ x: tiled }, { limits: { windowBins: 1000 } });
    for (const model of [
      'P0-150:1',
      Array.from({ length: 60 }, () => 'P0-20').join(','),
      Array.from({ length: 5 }, () => 't0-5r0p0').join(','),
      `P0-80,${Array.from({ length: 20 }, (_, k) => `-P*:${40 - k}`).join(',')}`,
      Array.from({ length: 501 }, () => '[0-]Hm').join(','),
    ]) {
      const taken = await ask(engine, '', { body: `target=x&fsiz=38,25&model=${model}` });
      expect(taken.status, model.slice(0, 30)).toBe(413);
    }
    expect((await ask(engine, 'target=x&fsiz=38,25&model=P0-60,t0-2r0p0')).status).toBe(200);
  });

  test('says nothing of bins that the picture cannot have', async () => {
    const engine = engineOver({ x: tiled }, { limits: { windowBins: 1000 } });
    for (const model of ['P1000000-9000000:1', 'H6-9000000', 'T6-9000000:2', 'M9-9000000:3', 'P100000-']) {
      const taken = await ask(engine, `target=x&fsiz=38,25&model=${model}`);
      expect(taken.status, model).toBe(200);
      expect(precincts(taken.pieces).length).toBeGreaterThan(0);
    }
    // an open end is that of the picture
    const taken = await ask(engineOver({ x: tiled }), 'target=x&fsiz=38,25&model=P0-,H0-,M0-');
    expect(taken.pieces.map(({ classId }) => classId)).toEqual([BIN_CLASS.mainHeader]);
  });

  test('is not believed when it speaks of other contents', async () => {
    const engine = engineOver({ x: file });
    const all = await ask(engine, `target=x&${WHOLE}&tid=0`);
    const tid = all.headers['JPIP-tid']!;
    const other = await ask(engine, `target=x&${WHOLE}&tid=another&model=P*`);
    expect(other.headers['JPIP-tid']).toBe(tid);
    expect(precincts(other.pieces)).toEqual(precincts(all.pieces));
    const same = await ask(engine, `target=x&${WHOLE}&tid=${tid}&model=P*`);
    expect(same.headers['JPIP-tid']).toBe(undefined);
    expect(precincts(same.pieces)).toEqual([]);
  });
});

describe('sessions', () => {
  test('nothing comes twice; a window that is held gives the end alone', async () => {
    const engine = engineOver({ x: file });
    const cache = new StrictCache();
    const first = await ask(engine, `target=x&cnew=http-tcp,http&${WHOLE}&len=9000&qid=1`, { cache });
    expect(first.headers['JPIP-cnew']).toMatch(/^cid=[0-9a-f]{24},/);
    expect(first.headers).toMatchObject({ 'JPIP-qid': '1' });
    const cid = cidOf(first.headers);
    let rounds = 0;
    let eor: number | undefined;
    for (; eor !== 1 && rounds < 50; rounds++) {
      ({ eor } = await ask(engine, `cid=${cid}&${WHOLE}&len=9000`, { cache }));
    }
    expect(rounds).toBeGreaterThan(3);
    expect((await ask(engine, `cid=${cid}&${WHOLE}`)).bytes).toEqual(Uint8Array.of(0, 1, 0));
    expect((await ask(engine, `cid=${cid}&fsiz=75,50`)).bytes).toEqual(Uint8Array.of(0, 2, 0));
  });

  test('what is given back comes again', async () => {
    const engine = engineOver({ x: file });
    const first = await ask(engine, `target=x&cnew=http&${WHOLE}`);
    const cid = cidOf(first.headers);
    const [a] = precincts(first.pieces);
    const again = await ask(engine, `cid=${cid}&${WHOLE}&model=-P${a}`);
    expect(precincts(again.pieces)).toEqual([a]);
    const cut = await ask(engine, `cid=${cid}&${WHOLE}&model=-P${a}:5`);
    expect(cut.pieces.map(({ id, offset }) => [id, offset])[0]).toEqual([a, 5]);
  });

  test('are not granted where only other transports are offered, or there are none', async () => {
    const without = await ask(engineOver({ x: file }), `target=x&cnew=http-tcp&${WHOLE}`);
    expect(without.headers['JPIP-cnew']).toBe(undefined);
    expect(without.eor).toBe(1);
    const none = engineOver({ x: file }, { sessions: false });
    expect((await ask(none, `target=x&cnew=http&${WHOLE}`)).headers['JPIP-cnew']).toBe(undefined);
    expect((await ask(none, `cid=1&${WHOLE}`)).status).toBe(404);
  });

  test('channels of one session share what is held', async () => {
    const engine = engineOver({ x: file, y: tiled });
    const first = cidOf((await ask(engine, `target=x&cnew=http&${WHOLE}`)).headers);
    const beside = await ask(engine, `cid=${first}&cnew=http&${WHOLE}`);
    expect(beside.bytes).toEqual(Uint8Array.of(0, 1, 0));
    const second = cidOf(beside.headers);
    expect(second).not.toBe(first);
    // another target on the same channel has its own model
    expect((await ask(engine, `cid=${second}&target=y&${WHOLE}`)).bytes.length).toBeGreaterThan(1000);
    expect((await ask(engine, `cid=${first}&target=y&${WHOLE}`)).bytes).toEqual(Uint8Array.of(0, 1, 0));
    expect(engine.metrics()).toMatchObject({ sessions: 1, channels: 2 });
    expect((await ask(engine, `cid=${first}&cclose=*&${WHOLE}`)).eor).toBe(1);
    expect(engine.metrics()).toMatchObject({ sessions: 0, channels: 0 });
    expect((await ask(engine, `cid=${second}&${WHOLE}`)).status).toBe(404);
  });

  test('end after a while without use, and the oldest when there are too many', async () => {
    let now = 0;
    const closed: string[] = [];
    const onEvent = (event: JpipEvent) => event.type === 'session-close' && closed.push(event.cid);
    const engine = engineOver({ x: file }, { sessions: { most: 2, idleMs: 1000 }, onEvent }, { now: () => now });
    const open = async () => cidOf((await ask(engine, `target=x&cnew=http&${WHOLE}&len=10`)).headers);
    const [a, b] = [await open(), await open()];
    now = 600;
    expect((await ask(engine, `cid=${a}&${WHOLE}&len=10`)).status).toBe(200);
    const c = await open();
    expect(closed).toEqual([b]);
    now = 1700;
    expect((await ask(engine, `cid=${a}&${WHOLE}&len=10`)).status).toBe(404);
    expect((await ask(engine, `cid=${c}&${WHOLE}&len=10`)).status).toBe(404);
    expect(closed).toEqual([b, a, c]);
  });
});

describe('sessions that are in use', () => {
  test('do not end while a response runs, however long it takes', async () => {
    let now = 0;
    const engine = engineOver({ x: file }, { sessions: { most: 2, idleMs: 1000 } }, { now: () => now });
    const open = async () => cidOf((await ask(engine, 'target=x&cnew=http&len=0')).headers);
    const slow = await open();
    const running = await begin(engine, `cid=${slow}&${WHOLE}`, new StrictCache());
    now = 5000;
    for (let k = 0; k < 5; k++) await open();
    expect(await running.finish()).toBe(1);
    expect((await ask(engine, `cid=${slow}&${WHOLE}`)).status).toBe(200);
  });

  test('are not pushed out by a flood of new ones', async () => {
    const engine = engineOver({ x: file }, { sessions: { most: 3 } });
    const open = async () => cidOf((await ask(engine, `target=x&cnew=http&${WHOLE}&len=10`)).headers);
    const used = await open();
    await ask(engine, `cid=${used}&${WHOLE}&len=10`);
    for (let k = 0; k < 10; k++) await open();
    expect((await ask(engine, `cid=${used}&${WHOLE}&len=10`)).status).toBe(200);
    expect(engine.metrics().sessions).toBe(3);
  });

  test('end with "session limit" where they must', async () => {
    const engine = engineOver({ x: file });
    const a = cidOf((await ask(engine, 'target=x&cnew=http')).headers);
    const b = cidOf((await ask(engine, `cid=${a}&cnew=http`)).headers);
    const running = await begin(engine, `cid=${a}&${WHOLE}`, new StrictCache());
    await ask(engine, `cid=${b}&cclose=*`);
    expect(await running.finish()).toBe(6);
  });

  test('keep the part of a file that they were opened for', async () => {
    const both = new Uint8Array([...file, ...tiled]);
    const engine = engineOver({ both, tiled });
    const part = `subtarget=${file.length}-${both.length - 1}`;
    const cache = new StrictCache();
    const first = await ask(engine, `target=both&${part}&cnew=http&fsiz=38,25`, { cache });
    const rest = await ask(engine, `cid=${cidOf(first.headers)}&${WHOLE}`, { cache });
    expect(rest.eor).toBe(1);
    expect((await cache.decode()).data).toEqual((await decode(tiled, { layout: 'planar', colour: 'native' })).data);
  });

  test('are closed with a whole picture and a raw file too', async () => {
    const engine = engineOver({ x: file }, { renderer: pictureRenderer() });
    for (const type of ['raw', 'image/png']) {
      const cid = cidOf((await ask(engine, 'target=x&cnew=http')).headers);
      expect((await ask(engine, `cid=${cid}&cclose=${cid}&target=x&type=${type}`)).status).toBe(200);
      expect(engine.metrics().channels).toBe(0);
    }
  });

  test('have so many channels and no more', async () => {
    const engine = engineOver({ x: file }, { sessions: { channels: 2 } });
    const a = cidOf((await ask(engine, 'target=x&cnew=http')).headers);
    expect((await ask(engine, `cid=${a}&cnew=http`)).headers['JPIP-cnew']).toMatch(/^cid=/);
    const third = await ask(engine, `cid=${a}&cnew=http&fsiz=38,25`);
    expect(third).toMatchObject({ status: 200, eor: 2 });
    expect(third.headers['JPIP-cnew']).toBe(undefined);
  });

  test('can have any path', async () => {
    const engine = engineOver({ 'my,map: 1.jp2': file });
    const first = await ask(engine, 'cnew=http&fsiz=38,25', { path: '/my,map:%201.jp2' });
    expect(first.status).toBe(200);
    expect(first.headers['JPIP-cnew']).toMatch(/,path=my%2Cmap%3A%201\.jp2(,|$)/);
    expect((await ask(engine, `cid=${cidOf(first.headers)}&fsiz=38,25`)).status).toBe(200);
  });

  test('are not changed by HEAD', async () => {
    const engine = engineOver({ x: file });
    const cache = new StrictCache();
    const cid = cidOf((await ask(engine, 'target=x&cnew=http', { cache })).headers);
    const running = await begin(engine, `cid=${cid}&${WHOLE}&len=20000`, cache);
    const query = `cid=${cid}&cnew=http&cclose=*&model=P*&${WHOLE}`;
    const head = await engine.handle({ method: 'HEAD', path: '/', query, headers: {} });
    expect(head).toMatchObject({ status: 200, headers: { 'Content-Type': 'image/jpp-stream' } });
    await head.body![Symbol.asyncIterator]().return!();
    expect(await running.finish()).toBe(4);
    expect((await ask(engine, `cid=${cid}&${WHOLE}`, { cache })).eor).toBe(1);
    expect(engine.metrics()).toMatchObject({ sessions: 1, channels: 1 });
  });
});

describe('memory of sessions', () => {
  test('is bounded for all of them together: who was not here for long is sent things again', async () => {
    const engine = engineOver({ x: file }, { sessions: { allModelWords: 2000 } });
    const a = cidOf((await ask(engine, `target=x&cnew=http&${WHOLE}`)).headers);
    expect((await ask(engine, `cid=${a}&${WHOLE}`)).eor).toBe(1);
    for (let k = 0; k < 20; k++) await ask(engine, `target=x&cnew=http&${WHOLE}`);
    const cache = new StrictCache();
    const again = await ask(engine, `cid=${a}&${WHOLE}`, { cache });
    expect(precincts(again.pieces).length).toBeGreaterThan(20);
    expect((await ask(engine, `cid=${a}&${WHOLE}`, { cache })).bytes).toEqual(Uint8Array.of(0, 1, 0));
    expect(engine.metrics().sessions).toBe(21);
  });

  test('is bounded for one, also where statements fill it', async () => {
    const engine = engineOver({ x: file }, { sessions: { modelWords: 500 } });
    const all = await ask(engine, `target=x&${WHOLE}`);
    const model = precincts(all.pieces).map((id) => `P${id}:1`);
    const cid = cidOf((await ask(engine, 'target=x&cnew=http')).headers);
    await ask(engine, `cid=${cid}&fsiz=38,25&model=${model.join(',')}`);
    const rest = await ask(engine, `cid=${cid}&${WHOLE}`);
    expect(rest.pieces.filter(({ classId, offset }) => classId === 0 && offset === 1)).toEqual([]);
  });
});

describe('requests of one channel', () => {
  test('a newer one takes the place of the one that runs', async () => {
    const engine = engineOver({ x: file });
    const cache = new StrictCache();
    const cid = cidOf((await ask(engine, 'target=x&cnew=http', { cache })).headers);
    const running = await begin(engine, `cid=${cid}&${WHOLE}`, cache);
    const newer = await ask(engine, `cid=${cid}&fsiz=300,200&roff=200,100&rsiz=100,100`, { cache });
    expect(newer.eor).toBe(2);
    expect(await running.finish()).toBe(3);
    expect((await ask(engine, `cid=${cid}&${WHOLE}`, { cache })).eor).toBe(1);
  });

  test('one that waits comes after it', async () => {
    const engine = engineOver({ x: file }, { limits: { queuedRequests: 1 } });
    const cache = new StrictCache();
    const cid = cidOf((await ask(engine, 'target=x&cnew=http', { cache })).headers);
    const running = await begin(engine, `cid=${cid}&${WHOLE}`, cache);
    const order: string[] = [];
    const waiting = ask(engine, `cid=${cid}&${WHOLE}&wait=yes`).then((taken) => {
      order.push('second');
      return taken;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect((await ask(engine, `cid=${cid}&${WHOLE}&wait=yes`)).status).toBe(503);
    expect(await running.finish()).toBe(1);
    order.push('first');
    expect((await waiting).bytes).toEqual(Uint8Array.of(0, 1, 0));
    expect(order).toEqual(['first', 'second']);
  });

  test('a newer one takes the place of all of them, also of one that waits', async () => {
    const engine = engineOver({ x: file });
    const cache = new StrictCache();
    const cid = cidOf((await ask(engine, 'target=x&cnew=http', { cache })).headers);
    const running = await begin(engine, `cid=${cid}&${WHOLE}`, cache);
    const waiting = ask(engine, `cid=${cid}&${WHOLE}&wait=yes`, { cache });
    await new Promise((resolve) => setImmediate(resolve));
    expect((await ask(engine, `cid=${cid}&fsiz=75,50`, { cache })).eor).toBe(2);
    expect(await running.finish()).toBe(3);
    expect((await waiting).bytes).toEqual(Uint8Array.of(0, 3, 0));
  });

  test('one that comes too late by its number gets nothing', async () => {
    const engine = engineOver({ x: file });
    const cid = cidOf((await ask(engine, 'target=x&cnew=http&qid=1')).headers);
    expect((await ask(engine, `cid=${cid}&fsiz=75,50&qid=3`)).eor).toBe(2);
    const late = await ask(engine, `cid=${cid}&${WHOLE}&qid=2`);
    expect(late).toMatchObject({ bytes: Uint8Array.of(0, 3, 0), headers: { 'JPIP-qid': '2' } });
    expect((await ask(engine, `cid=${cid}&fsiz=75,50&qid=3`)).bytes).toEqual(Uint8Array.of(0, 2, 0));
  });

  test('of two channels at the same time send nothing twice', async () => {
    const engine = engineOver({ x: file });
    const cache = new StrictCache();
    const first = cidOf((await ask(engine, 'target=x&cnew=http', { cache })).headers);
    const second = cidOf((await ask(engine, `cid=${first}&cnew=http`, { cache })).headers);
    const [a, b] = await Promise.all([
      begin(engine, `cid=${first}&${WHOLE}`, cache),
      begin(engine, `cid=${second}&${WHOLE}`, cache),
    ]);
    for (let more = true; more; ) {
      const [moreOfA, moreOfB] = await Promise.all([a.take(), b.take()]);
      more = moreOfA || moreOfB;
    }
    expect((await cache.decode()).status).toBe('complete');
  });

  test('what could not be read, or nobody waited for, is sent the next time', async () => {
    let broken = false;
    const source = {
      size: file.length,
      read: async ({ offset, length }: { offset: number; length: number }) => {
        if (broken) throw new Error('the disk is gone');
        return file.slice(offset, offset + length);
      },
    };
    const failures: unknown[] = [];
    const onEvent = (event: JpipEvent): void => {
      if (event.type === 'error') failures.push(event.error);
    };
    // blocks of the file are not kept, so that every batch reads
    const engine = createJpipEngine({ resolve: () => ({ source, tid: 'x' }), limits: { cacheBytes: 1 }, onEvent });
    const cache = new StrictCache();
    const cid = cidOf((await ask(engine, 'target=x&cnew=http', { cache })).headers);
    const running = await begin(engine, `cid=${cid}&${WHOLE}`, cache);
    broken = true;
    await expect(running.take()).rejects.toThrow();
    broken = false;
    // what had come before the failure may be lost as well, so all of it comes again
    const anew = new StrictCache();
    expect((await ask(engine, `cid=${cid}&${WHOLE}&len=3000`, { cache: anew })).pieces[0]!.offset).toBe(0);
    const signal = { aborted: false, reason: new Error('gone') };
    const query = `cid=${cid}&${WHOLE}`;
    const cut = await engine.handle({ method: 'GET', path: '/', query, headers: {} }, { signal });
    const iterator = cut.body![Symbol.asyncIterator]();
    const reader = new MessageReader();
    for (const message of reader.push((await iterator.next()).value)) if (message.kind === 'data') anew.take(message);
    signal.aborted = true;
    await expect(iterator.next()).rejects.toThrow('gone');
    // the file failed once; that the client went away is no failure
    expect(failures).toHaveLength(1);
    expect(engine.metrics().errors).toBe(1);
    expect((await ask(engine, query, { cache: anew })).eor).toBe(1);
    expect((await anew.decode()).status).toBe('complete');
  });

  test('one that is broken off has sent what was taken of it', async () => {
    const engine = engineOver({ x: file });
    const cache = new StrictCache();
    const cid = cidOf((await ask(engine, 'target=x&cnew=http', { cache })).headers);
    const running = await begin(engine, `cid=${cid}&${WHOLE}`, cache);
    await running.stop();
    expect(engine.metrics().runningResponses).toBe(0);
    expect((await ask(engine, `cid=${cid}&${WHOLE}&wait=yes`, { cache })).eor).toBe(1);
  });

  test('a server that stops ends them with "session limit"', async () => {
    const engine = engineOver({ x: file });
    const running = await begin(engine, `target=x&${WHOLE}`, new StrictCache());
    await engine.close();
    expect(await running.finish()).toBe(6);
    expect((await ask(engine, `target=x&${WHOLE}`)).status).toBe(503);
  });
});

describe('targets', () => {
  test('that change close their channels, and are served anew', async () => {
    let current = file;
    let version = 1;
    let now = 0;
    const engine = createJpipEngine(
      {
        resolve: () => {
          const mine = version;
          return { source: new BytesSource(current), tid: `v${mine}`, isCurrent: () => mine === version };
        },
      },
      { now: () => now },
    );
    const first = await ask(engine, `target=x&cnew=http&${WHOLE}`);
    expect(first.headers['JPIP-tid']).toBe('v1');
    const running = await begin(engine, `cid=${cidOf(first.headers)}&${WHOLE}&model=-P*`, new StrictCache());
    [current, version, now] = [tiled, 2, 5000];
    const gone = await ask(engine, `cid=${cidOf(first.headers)}&${WHOLE}`);
    expect(gone.status).toBe(404);
    expect(Buffer.from(gone.bytes).toString()).toMatch(/has changed/);
    expect(gone.headers['JPIP-tid']).toBe('v2');
    expect(await running.finish()).toBe(6);
    const anew = await ask(engine, `target=x&${WHOLE}&tid=v1&model=P*`);
    expect(anew.headers['JPIP-tid']).toBe('v2');
    expect(precincts(anew.pieces).length).toBeGreaterThan(20);
  });

  test('that open slowly hold nobody else up', async () => {
    let open = (): void => {};
    const slow = new Promise<void>((resolve) => {
      open = resolve;
    });
    const resolve = async (name: string) => {
      if (name === 'slow') await slow;
      return { source: new BytesSource(file) };
    };
    for (const openTargets of [2, 0]) {
      const engine = createJpipEngine({ resolve, limits: { openTargets } });
      const waiting = ask(engine, 'target=slow&fsiz=10,10');
      for (const name of ['b', 'c', 'd']) expect((await ask(engine, `target=${name}&fsiz=10,10`)).status).toBe(200);
      open();
      expect((await waiting).status).toBe(200);
    }
  });

  test('that a read finds replaced are opened anew', async () => {
    let current = file;
    const resolve = () => {
      const mine = current;
      const read = async ({ offset, length }: { offset: number; length: number }) => {
        if (mine !== current) throw new Jpeg2000Error('malformed', 'source-changed', 'the file changed');
        return mine.slice(offset, offset + length);
      };
      return { source: { size: mine.length, read } };
    };
    const engine = createJpipEngine({ resolve, limits: { cacheBytes: 1 } });
    const before = await ask(engine, 'target=x&fsiz=38,25');
    current = tiled;
    expect((await ask(engine, 'target=x&fsiz=38,25')).status).toBe(500);
    const after = await ask(engine, 'target=x&fsiz=38,25');
    expect(after.status).toBe(200);
    expect(after.headers['JPIP-tid']).not.toBe(before.headers['JPIP-tid']);
  });

  test('without an identifier are told apart by their beginning, middle and end', async () => {
    const tids = new Set<string>();
    for (const at of [-1, 0, 50_000, 99_999]) {
      const bytes = new Uint8Array(100_000);
      bytes.set(file.subarray(0, 30_000));
      if (at >= 0) bytes[at === 0 ? 10_000 : at] ^= 1;
      tids.add((await ask(engineOver({ x: bytes }), 'target=x')).headers['JPIP-tid']!);
    }
    expect(tids.size).toBe(4);
  });

  test('are closed when many others have been opened, but not while they are read', async () => {
    const closed: string[] = [];
    const resolve = (name: string) => {
      const source = new BytesSource(file);
      return { source: { size: source.size, read: source.read.bind(source), close: () => void closed.push(name) } };
    };
    const engine = createJpipEngine({ resolve, limits: { openTargets: 2 } });
    const response = await engine.handle({ method: 'GET', path: '/a', query: WHOLE, headers: {} });
    for (const name of ['b', 'c', 'd']) await ask(engine, `target=${name}&fsiz=10,10`);
    expect(closed).toEqual(['b']);
    for await (const _ of response.body!);
    expect(closed).toEqual(['b', 'a']);
  });

  test('raw is the file as it is, also a part of one', async () => {
    const engine = engineOver({ x: tiled, both: new Uint8Array([...file, ...tiled]) });
    expect((await ask(engine, 'target=x&type=raw')).bytes).toEqual(tiled);
    const part = `subtarget=${file.length}-${file.length + tiled.length - 1}`;
    expect((await ask(engine, `target=both&${part}&type=raw`)).bytes).toEqual(tiled);
    const windows = await Promise.all([`target=x`, `target=both&${part}`].map((t) => ask(engine, `${t}&fsiz=150,100`)));
    expect(windows[1]!.pieces).toEqual(windows[0]!.pieces);
    // a name that looks like the place of a part is another name, and a part that is no file is the client's mistake
    expect((await ask(engine, `target=both%0A${part.slice(10)}&fsiz=150,100`)).status).toBe(404);
    expect((await ask(engine, 'target=both&subtarget=5-100&fsiz=150,100')).status).toBe(400);
  });

  test('that become shorter while they are sent end in an error and not in a shorter body', async () => {
    let length = tiled.length;
    const events: JpipEvent[] = [];
    const read = async (range: { offset: number; length: number }) =>
      tiled.slice(range.offset, Math.min(length, range.offset + range.length));
    const resolve = () => ({ source: { size: tiled.length, read }, tid: 'x' });
    const engine = createJpipEngine({ resolve, limits: { cacheBytes: 1 }, onEvent: (event) => events.push(event) });
    const response = await engine.handle({ method: 'GET', path: '/x', query: 'type=raw', headers: {} });
    expect(response.length).toBe(tiled.length);
    length = 5000;
    const iterator = response.body![Symbol.asyncIterator]();
    await expect(iterator.next()).rejects.toMatchObject({ code: 'target-changed' });
    expect(events.some(({ type }) => type === 'error')).toBe(true);
    expect(engine.metrics()).toMatchObject({ errors: 1 });
  });

  test('with large parts are sent in pieces, also with align=yes', async () => {
    const uuid = { id: '00112233-4455-6677-8899-aabbccddeeff', data: new Uint8Array(900_000) };
    const { image } = wavyPicture(20, 20, 1, 8);
    const big = encodeSync(image, { levels: 1, metadata: { uuid: [uuid] } }).data;
    const engine = engineOver({ big });
    const query = 'target=big&metareq=[uuid]!!&align=yes';
    const response = await engine.handle({ method: 'GET', path: '/', query, headers: {} });
    let most = 0;
    for await (const piece of response.body!) most = Math.max(most, piece.length);
    expect(most).toBeLessThan(600_000);
    const all = await ask(engine, query);
    expect(all.bytes.length).toBeGreaterThan(900_000);
    // of a box that was asked for in part, that part comes once
    const cid = cidOf((await ask(engine, 'target=big&cnew=http')).headers);
    const part = await ask(engine, `cid=${cid}&metareq=[uuid:100]!!`);
    expect(part.pieces.map(({ offset, length }) => [offset, length])).toEqual([[0, 100]]);
    expect((await ask(engine, `cid=${cid}&metareq=[uuid:100]!!`)).pieces).toEqual([]);
    const more = await ask(engine, `cid=${cid}&metareq=[uuid:150]!!`);
    expect(more.pieces.map(({ offset, length }) => [offset, length])).toEqual([[100, 50]]);
    // what must not be cut comes whole or not at all
    expect((await ask(engine, `${query}&len=800000`)).bytes.length).toBeLessThan(5000);
  });

  test('of running responses count together', async () => {
    const engine = engineOver({ x: file }, { limits: { runningBins: 250 } });
    const slow = await engine.handle({ method: 'GET', path: '/x', query: WHOLE, headers: {} });
    const iterator = slow.body![Symbol.asyncIterator]();
    await iterator.next();
    expect((await ask(engine, `target=x&${WHOLE}`)).status).toBe(200);
    const another = await engine.handle({ method: 'GET', path: '/x', query: WHOLE, headers: {} });
    await another.body![Symbol.asyncIterator]().next();
    expect((await ask(engine, `target=x&${WHOLE}`)).status).toBe(503);
    await iterator.return!();
    expect((await ask(engine, `target=x&${WHOLE}`)).status).toBe(200);
  });

  test('limits of a response and of its bins hold', async () => {
    const small = engineOver({ x: file }, { limits: { responseBytes: 500 } });
    expect(await ask(small, `target=x&${WHOLE}`)).toMatchObject({ status: 200, eor: 7 });
    expect((await ask(small, `target=x&${WHOLE}&len=400`)).eor).toBe(4);
    expect((await ask(small, `target=x&${WHOLE}&len=900`)).headers['JPIP-len']).toBe('500');
    const few = engineOver({ x: file }, { limits: { windowBins: 10 } });
    expect((await ask(few, `target=x&${WHOLE}`)).status).toBe(413);
    expect((await ask(few, 'target=x&fsiz=38,25')).status).toBe(200);
  });

  test('tile headers in the dialect of OpenJPEG, plain main headers', async () => {
    const compatibility = { tileHeaders: 'openjpip', mainHeaders: 'plain' } as const;
    const taken = await ask(engineOver({ x: tiled }, { compatibility }), 'target=x&fsiz=38,25');
    const [first] = taken.pieces.filter(({ classId }) => classId === BIN_CLASS.tileHeader);
    expect([...first!.body]).toEqual([0, 10, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0x93]);
  });
});
