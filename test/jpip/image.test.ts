/** The handle of a remote picture does what the handle of a file does, and shows what comes while it comes. */
import { describe, expect, test } from 'vitest';
import { decode, decodeTiles, encodeSync, inspect, type RasterImage } from '../../src/index.ts';
import { type JpipViewImage, memoryStore } from '../../src/jpip-client.ts';
import { psnrOf, wavyPicture } from '../support/encodes.ts';
import { jpipRejection, openIt, remoteFile, TestServer } from '../support/jpip-client.ts';
import { decodeWithOpenJpeg } from '../support/openjpeg.ts';
import { expectSamePicture } from '../support/same-picture.ts';
import { describeTools } from '../support/shared.ts';

const file = remoteFile({ width: 300, height: 220, channels: 3 });
const tiledFile = remoteFile({ width: 300, height: 220, tile: 128 });
const region = { x: 100, y: 40, width: 120, height: 130 };

function expectSame(found: RasterImage, expected: RasterImage): void {
  expectSamePicture({ ...found, warnings: [] }, { ...expected, warnings: [] });
}

async function openFile(bytes = file, options = {}) {
  const server = new TestServer({ 'a.jp2': bytes });
  return { server, ...(await openIt('http://here/a.jp2', { fetch: server.fetch, ...options })) };
}

/** Lets requests through one by one. */
class Gate {
  private left = Number.POSITIVE_INFINITY;
  private readonly waiting: (() => void)[] = [];

  readonly onRequest = async (): Promise<void> => {
    if (this.left > 0) this.left--;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
  };

  /** Waits until so many requests wait here. */
  async full(count = 1): Promise<void> {
    while (this.waiting.length < count) await new Promise((resolve) => setImmediate(resolve));
  }

  /** From now on only so many pass. */
  allow(count: number): void {
    this.left = count;
    while (this.left > 0 && this.waiting.length > 0) {
      this.left--;
      this.waiting.shift()!();
    }
  }
}

describe('a remote picture', () => {
  test('tells what its headers say', async () => {
    const { image } = await openFile();
    const { boxes, codestream, segments, comments, markers, ...rest } = await inspect(file);
    expect(image.info).toMatchObject(rest);
    expect(image.info.boxes.map(({ type }) => type)).toEqual(boxes.map(({ type }) => type));
    expect(image.requests).toBe(1);
  });

  test.each([
    {},
    { reduce: 2 },
    { region },
    { region, reduce: 1, layers: 2 },
    { components: [1] },
    { maxSize: { width: 100, height: 100 } },
    { layout: 'planar', colour: 'native' },
  ] as const)('decodes with %j as the file does', async (options) => {
    const { image, server } = await openFile();
    expectSame(await image.decode(options), await decode(file, options));
    expect(server.repeated).toBe(0);
    const { length } = server.queries;
    const { stats } = await image.decode(options);
    expect(server.queries.length).toBe(length);
    expect(stats).toMatchObject({ bytesRead: 0, requests: 0 });
  });

  test('fetches what a window needs and no more', async () => {
    const { image, server } = await openFile();
    const small = { region: { x: 130, y: 100, width: 16, height: 16 } };
    const { stats } = await image.decode(small);
    expect(stats.requests).toBe(1);
    expect(stats.bytesRead).toBeLessThan(file.length / 4);
    expect(server.sent).toBeLessThan(file.length / 2);
  });

  test('decodes tile by tile', async () => {
    const { image } = await openFile(tiledFile);
    const expected = [];
    for await (const tile of decodeTiles(tiledFile, { reduce: 1, region })) expected.push(tile);
    let k = 0;
    for await (const tile of image.decodeTiles({ reduce: 1, region })) {
      expect(tile.rect).toEqual(expected[k]!.rect);
      expectSame(tile, expected[k++]!);
    }
    expect(k).toBe(expected.length);
  });

  test('of tile data-bins decodes the same', async () => {
    const { image, server } = await openFile(tiledFile, { type: 'jpt' });
    expectSame(await image.decode({ region }), await decode(tiledFile, { region }));
    expectSame(await image.decode(), await decode(tiledFile));
    expect(server.repeated).toBe(0);
    expect(server.queries[0]).toContain('type=jpt-stream');
  });

  test('takes many windows at once', async () => {
    const { image, server } = await openFile();
    const windows = Array.from({ length: 9 }, (_, k) => ({
      region: { x: 90 * (k % 3), y: 60 * Math.floor(k / 3), width: 80, height: 70 },
    }));
    const found = await Promise.all(windows.map((window) => image.decode(window)));
    for (const [k, window] of windows.entries()) expectSame(found[k]!, await decode(file, window));
    expect(server.repeated).toBe(0);
  });

  test('shares what it holds with others of one store', async () => {
    const cache = memoryStore();
    const { image, server } = await openFile(file, { cache });
    await image.decode({ region });
    const before = server.sent;
    const other = await openIt('http://here/a.jp2', { fetch: server.fetch, cache });
    expectSame(await other.image.decode({ region }), await decode(file, { region }));
    expect(server.sent).toBe(before);
    expectSame(await other.image.decode(), await decode(file));
    expect(server.sent - before).toBe(image.cache.bytes - before);
  });

  test('leaves to a store no more than one target may have, of all that nobody has open', async () => {
    const cacheBytes = 60_000;
    const cache = memoryStore({ cacheBytes });
    const small = remoteFile();
    const names = Array.from({ length: 12 }, (_, k) => `${k}.jp2`);
    const server = new TestServer(Object.fromEntries(names.map((name) => [name, small])));
    const kept = await openIt('http://here/0.jp2', { fetch: server.fetch, cache });
    await kept.image.decode({ reduce: 1 });
    const held = kept.image.cache.bytes;
    for (const name of names.slice(1)) {
      const { image } = await openIt(`http://here/${name}`, { fetch: server.fetch, cache });
      await image.decode({ reduce: 1 });
      await image.close();
    }
    const bytes = await Promise.all(names.map(async (name) => (await cache.open(`http://here/${name}`)).bytes));
    expect(bytes[0]).toBe(held);
    const free = bytes.slice(1);
    expect(free.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(cacheBytes);
    // those that were opened last are there
    expect(free.at(-1)).toBe(held);
    expect(free[0]).toBe(0);
    expect(free).toEqual(free.toSorted((a, b) => a - b));
  });

  test('that is not opened holds nothing in a store', async () => {
    const cache = memoryStore({ cacheBytes: 0 });
    const server = new TestServer({ 'a.jp2': file });
    const before = await cache.open('http://here/a.jp2');
    await jpipRejection(openIt('http://here/a.jp2', { fetch: server.fetch, cache, maxLatencyMs: 0 }));
    expect(before.isFree).toBe(true);
    const { image } = await openIt('http://here/a.jp2', { fetch: server.fetch, cache });
    expect(image.cache.isFree).toBe(false);
    await image.close();
    await image.close();
    expect(image.cache.isFree).toBe(true);
  });

  test('of a file that was cut is what there is of it, and is not asked for again and again', async () => {
    const cut = file.slice(0, Math.floor(file.length * 0.6));
    const { image, server } = await openFile(cut);
    const found = await image.decode();
    expect(found.status).toBe('partial');
    const expected = await decode(file);
    expect(psnrOf(found.data, expected.data, 8)).toBeGreaterThan(10);
    const { length } = server.queries;
    expect(length).toBeLessThan(12);
    expect((await image.decode()).status).toBe('partial');
    expect(server.queries.length).toBe(length);
  });

  test('says no more once it is closed', async () => {
    const { image, server } = await openFile();
    await image.close();
    expect(server.queries.at(-1)).toMatch(/cclose=/);
    expect(await jpipRejection(image.decode())).toMatchObject({ kind: 'usage', code: 'closed' });
    await image.close();
  });

  test('has the verbs that other clients have', async () => {
    const { image } = await openFile(file);
    expect(await image.createSession()).toMatch(/\w+/);
    expectSame(await image.requestImage({ reduce: 3 }), await decode(file, { reduce: 3 }));
    expectSame(await image.requestRegion(region), await decode(file, { region }));
    expectSame(await image.requestResolutionLevel(1), await decode(file, { reduce: 2 }));
    expectSame(await image.requestComponents([0, 2]), await decode(file, { components: [0, 2] }));
    const metadata = await image.requestMetadata();
    expect(metadata).toEqual((await inspect(file)).metadata);
    let layers = 0;
    for await (const picture of image.requestProgressiveQuality({ region })) {
      expect(picture.layers).toBe(++layers);
      expect(picture.final).toBe(layers === 3);
      const { final, ...found } = picture;
      expectSame(found, await decode(file, { region, layers }));
    }
    expect(layers).toBe(3);
  });

  test.each([
    [{ cacheBytes: -1 }],
    [{ maxLatencyMs: 0 }],
    [{ maxResponseBytes: Number.NaN }],
    [{ maxResponseBytes: 5 }],
  ])('is not opened with %j', async (options) => {
    expect(await jpipRejection(openFile(file, options))).toMatchObject({ kind: 'usage', code: 'option-value' });
  });

  test('comes through responses as short as they may be', async () => {
    const { image } = await openFile(file, { maxResponseBytes: 100 });
    const little = { region: { x: 100, y: 40, width: 10, height: 10 }, reduce: 2 };
    expectSame(await image.decode(little), await decode(file, little));
  });

  test('refuses what is not there as that of a file does', async () => {
    const { image } = await openFile();
    for (const components of [[3], [0, 7], []]) {
      const failure = expect.objectContaining({ name: 'Jpeg2000Error', kind: 'usage', code: 'component-missing' });
      await expect(image.decode({ components })).rejects.toEqual(failure);
      await expect(decode(file, { components })).rejects.toEqual(failure);
    }
    for (const mode of ['auto', 'stateless'] as const) {
      const opened = await openFile(file, { mode });
      const failure = await jpipRejection(opened.image.decode({ codestream: 3 }));
      expect(failure).toMatchObject({ kind: 'usage', code: 'option-value' });
      expectSame(await opened.image.decode({ region }), await decode(file, { region }));
    }
  });

  test('is not opened at an address of another kind', async () => {
    const failure = await jpipRejection(openIt('ftp://here/a.jp2', { fetch: () => Promise.reject(new Error()) }));
    expect(failure).toMatchObject({ kind: 'usage', code: 'option-value' });
  });

  test('that is not there is an error with its status', async () => {
    const server = new TestServer({});
    const failure = await jpipRejection(openIt('http://here/a.jp2', { fetch: server.fetch }));
    expect(failure).toMatchObject({ kind: 'refused', code: 'response-status', status: 404 });
    expect(server.queries).toHaveLength(1);
  });
});

describe('a view', () => {
  test('sharpens until it is as the file', async () => {
    const { image, server } = await openFile(file, { maxResponseBytes: 6000 });
    const gate = new Gate();
    server.road = gate;
    gate.allow(1);
    const expected = await decode(file, { region });
    const quality: number[] = [];
    let last: JpipViewImage | undefined;
    for await (const picture of image.view({ region }, { minIntervalMs: 0 })) {
      quality.push(psnrOf(picture.data, expected.data, 8));
      expect(last?.final).not.toBe(true);
      last = picture;
      gate.allow(1);
    }
    expect(quality.length).toBeGreaterThan(3);
    for (let k = 1; k < quality.length; k++) expect(quality[k]!).toBeGreaterThanOrEqual(quality[k - 1]! - 0.5);
    const { final, ...picture } = last!;
    expect(final).toBe(true);
    expectSame(picture, expected);
    expect(server.repeated).toBe(0);
  });

  test('of what is held is there at once, and final', async () => {
    const { image } = await openFile();
    await image.decode({ region, reduce: 1 });
    const pictures: JpipViewImage[] = [];
    for await (const picture of image.view({ region, reduce: 1 })) pictures.push(picture);
    expect(pictures.map(({ final }) => final)).toEqual([true]);
  });

  test('ends when another one begins, which gets its answer without the rest of the first', async () => {
    const { image, server } = await openFile(file, { maxResponseBytes: 4000 });
    const gate = new Gate();
    server.road = gate;
    gate.allow(1);
    let first = 0;
    const finals: boolean[] = [];
    const other = { x: 0, y: 0, width: 60, height: 60 };
    let second: Promise<JpipViewImage | undefined> | undefined;
    const showOther = async (): Promise<JpipViewImage | undefined> => {
      let picture: JpipViewImage | undefined;
      for await (picture of image.view({ region: other }, { minIntervalMs: 0 }));
      return picture;
    };
    for await (const picture of image.view({}, { minIntervalMs: 0 })) {
      finals.push(picture.final);
      if (++first === 2) {
        await gate.full();
        second = showOther();
        // a request of the first view is under way, and the second does not wait for it
        await gate.full(2);
      }
      gate.allow(first < 2 ? 1 : Number.POSITIVE_INFINITY);
    }
    expect(finals).not.toContain(true);
    const { final, ...picture } = (await second)!;
    expect(final).toBe(true);
    expectSame(picture, await decode(file, { region: other }));
    expect(server.sent).toBeLessThan(file.length / 2);
    expect(server.queries.some((query) => query.includes('wait=no'))).toBe(true);
    // nothing of the first is lost or comes twice
    expectSame(await image.decode(), await decode(file));
    expect(server.repeated).toBe(0);
  });

  test('that is left stops asking', async () => {
    const { image, server } = await openFile(file, { maxResponseBytes: 3000 });
    for await (const picture of image.view({}, { minIntervalMs: 0 })) if (!picture.final) break;
    const { length } = server.queries;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(server.queries.length).toBeLessThanOrEqual(length + 1);
    expectSame(await image.decode(), await decode(file));
  });

  test('by the size of its frame is of the resolution level that fits', async () => {
    const { image } = await openFile();
    for await (const { width, height } of image.view({ fsiz: { width: 160, height: 160 } })) {
      expect([width, height]).toEqual([150, 110]);
    }
    expect(await jpipRejection(image.view({ reduce: 9 }).next())).toMatchObject({ code: 'option-value' });
  });
});

describe('a request', () => {
  test('tells of all that comes, and why it ends', async () => {
    const { image, server } = await openFile(file, { maxResponseBytes: 5000 });
    const before = image.bytesReceived;
    let bytes = 0;
    const reasons: number[] = [];
    let complete = false;
    for await (const update of image.request({ reduce: 1 })) {
      bytes += update.bytes;
      if (update.eor) reasons.push(update.eor.reason);
      complete = update.complete;
    }
    expect(bytes).toBe(image.bytesReceived - before);
    expect(reasons.at(-1)).toBe(2);
    expect(new Set(reasons.slice(0, -1))).toEqual(new Set([4]));
    expect(complete).toBe(true);
    const { length } = server.queries;
    await image.decode({ reduce: 1 });
    expect(server.queries.length).toBe(length);
  });

  test('that is left or aborted stops', async () => {
    const { image } = await openFile(file, { maxResponseBytes: 3000 });
    for await (const { bytes } of image.request({})) if (bytes > 0) break;
    const controller = new AbortController();
    const reason = new Error('enough');
    const work = async (): Promise<void> => {
      for await (const { eor } of image.request({}, { signal: controller.signal })) if (eor) controller.abort(reason);
    };
    await expect(work()).rejects.toBe(reason);
    expectSame(await image.decode(), await decode(file));
  });

  test('may be for boxes of the file too, also when its window is held', async () => {
    const xml = `<place>${'here '.repeat(400)}</place>`;
    const withXml = encodeSync(wavyPicture(60, 40, 1, 8).image, { container: 'jp2', metadata: { xml: [xml] } }).data;
    const { image } = await openFile(withXml);
    await image.decode();
    expect(image.info.metadata.xml).toEqual([]);
    for await (const _ of image.request({ metareq: '[xml_]' }));
    expect(image.info.metadata.xml).toEqual([xml]);
  });

  test('shows precinct by precinct what is held', async () => {
    const { image } = await openFile();
    await image.decode({ region, reduce: 1 });
    const held = image.held({ region, reduce: 1 });
    expect(held.length).toBeGreaterThan(10);
    expect(held.every(({ bytes, complete }) => bytes > 0 && complete)).toBe(true);
    const all = image.held();
    const touches = ({ region: { x, y, width, height } }: (typeof all)[number]): boolean =>
      x < region.x + region.width && x + width > region.x && y < region.y + region.height && y + height > region.y;
    expect(all.filter(({ bytes }) => bytes === 0).length).toBeGreaterThan(10);
    expect(
      all.filter((precinct) => precinct.resolution === 0 && touches(precinct)).every(({ bytes }) => bytes > 0),
    ).toBe(true);
  });
});

describeTools(['opj_decompress'], 'what is held', () => {
  test('is a codestream that another decoder reads, after any requests', async () => {
    const { image } = await openFile(tiledFile, { maxResponseBytes: 2500 });
    for (const window of [
      { reduce: 2 },
      { region, layers: 1 },
      { region: { x: 0, y: 0, width: 30, height: 200 } },
      {},
    ]) {
      await image.decode(window);
      const [plane] = await decodeWithOpenJpeg(await image.toCodestream());
      const own = await image.decode({ offline: true, colour: 'native', layout: 'planar' });
      expect(Buffer.compare(Buffer.from(Uint8Array.from(plane!.data)), Buffer.from(own.data as Uint8Array))).toBe(0);
    }
  });
});
