import { expect, test } from 'vitest';
import { joinBytes } from '../../../src/codec/bits/join-bytes.ts';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import { DEFAULT_LIMITS } from '../../../src/codec/limits.ts';
import { CodestreamSource } from '../../../src/codec/packets/codestream-source.ts';
import { BytesSource, readNow } from '../../../src/codec/source.ts';
import { decode, encodeSync, type EncodeOptions, type Progression, type RawComponent } from '../../../src/index.ts';
import { binName, numTilesOf, splitPrecinctId } from '../../../src/jpip/bins/bin-id.ts';
import { framesOf, resolveWindow } from '../../../src/jpip/view/view-window.ts';
import { type Random, randomFrom } from '../../support/random.ts';
import { ask, engineOver, regionOf, StrictCache } from '../../support/jpip-server.ts';

/** A picture of any shape, coded in any way. */
function randomFile(random: Random): Uint8Array {
  const large = random.chance(0.15);
  const [width, height] = large
    ? [random.int(200, 420), random.int(200, 420)]
    : [random.int(1, 130), random.int(1, 130)];
  const origin = random.chance(0.4) ? { x: random.int(0, 40), y: random.int(0, 40) } : { x: 0, y: 0 };
  const count = random.pick([1, 1, 2, 3, 3, 4]);
  const subsampled = random.chance(0.3);
  const planes = Array.from({ length: count }, (_, c): RawComponent => {
    const [dx, dy] = subsampled && c > 0 ? [random.int(1, 3), random.int(1, 2)] : [1, 1];
    const w = Math.ceil((origin.x + width) / dx) - Math.ceil(origin.x / dx);
    const h = Math.ceil((origin.y + height) / dy) - Math.ceil(origin.y / dy);
    const data = Uint8Array.from({ length: w * h }, (_, k) => 128 + 60 * Math.sin(k / 7 + c) + random.int(-20, 20));
    return { data, dx, dy };
  });
  if (planes.some(({ data }) => data.length === 0)) return randomFile(random);
  const tiled = random.chance(0.5);
  const packed = random.pick([{}, {}, { ppm: true }, { ppt: true }]);
  const layers = random.int(1, 4);
  const options: EncodeOptions = {
    container: random.pick(['codestream', 'jp2'] as const),
    origin,
    levels: random.int(0, 4),
    progression: random.pick(['LRCP', 'RLCP', 'RPCL', 'PCRL', 'CPRL'] satisfies Progression[]),
    layers,
    mct: subsampled || count < 3 ? 'none' : 'auto',
    codeBlock: random.pick([
      { width: 4, height: 4 },
      { width: 16, height: 8 },
      { width: 64, height: 64 },
    ]),
    markers: {
      tlm: random.chance(0.3),
      plt: random.chance(0.3),
      sop: random.chance(0.3),
      eph: random.chance(0.3),
      ...packed,
    },
    tileParts: random.pick(['none', 'none', 'resolution', 'layer'] as const),
    ...(random.chance(0.7) ? { precincts: precinctsOf(random) } : {}),
    ...(random.chance(0.3) ? { rate: { bpp: 2 } } : {}),
    ...(tiled ? { tile: { width: random.int(20, 90), height: random.int(20, 90) } } : {}),
    ...(tiled ? { tileOrigin: { x: random.int(0, origin.x), y: random.int(0, origin.y) } } : {}),
  };
  try {
    return encodeSync({ width, height, planes }, options).data;
  } catch (error) {
    // not every combination can be: tiles that begin before the image must reach into it
    if ((error as Error).name === 'Jpeg2000Error') return randomFile(random);
    throw error;
  }
}

function precinctsOf(random: Random): { width: number; height: number }[] {
  return Array.from({ length: random.int(1, 3) }, () => ({
    width: 2 ** random.int(3, 6),
    height: 2 ** random.int(3, 6),
  }));
}

/** What a codestream's bins hold, worked out from the file. */
async function truthOf(bytes: Uint8Array) {
  const at = Math.max(0, indexOfSoc(bytes));
  const source = readNow(
    CodestreamSource.open(new BytesSource(bytes), { offset: at }, DEFAULT_LIMITS, new DiagnosticLog()),
    bytes,
  );
  const bins = new Map<string, Uint8Array>();
  for (let t = 0; t < numTilesOf(source.main); t++) {
    const packets = readNow(source.findPackets(t, true), bytes);
    if (packets === undefined) continue;
    const components = packets.tile.components.map(({ component, geometry }) => ({
      component,
      resolutions: geometry.resolutions.map((r) => ({ x0: 0, y0: 0, x1: r.numPrecinctsWide, y1: r.numPrecinctsHigh })),
    }));
    const snapshot = source.loadSync([{ tile: t, components, layers: packets.tile.header.cod.numLayers }]);
    for (const { component, resolutions } of components) {
      let s = 0;
      for (const [resolution, rect] of resolutions.entries()) {
        for (let precinct = 0; precinct < rect.x1 * rect.y1; precinct++, s++) {
          const pieces: Uint8Array[] = [];
          for (let layer = 0; layer < packets.tile.header.cod.numLayers; layer++) {
            const { header, body } = snapshot.packet({ tile: t, component, resolution, precinct }, layer)!;
            if (header) pieces.push(header);
            pieces.push(body);
          }
          const id = t + (component + s * source.main.siz.components.length) * numTilesOf(source.main);
          expect(splitPrecinctId(source.main, id)).toEqual({ tile: t, component, s });
          bins.set(binName({ codestream: 0, classId: 0, id }), joinBytes(pieces));
        }
      }
    }
  }
  return { main: source.main, bins };
}

/** SOC and SIZ. */
function indexOfSoc(bytes: Uint8Array): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(Buffer.from([0xff, 0x4f, 0xff, 0x51]));
}

/** What is held, as a cache model field. */
function modelOf({ cache }: StrictCache): string {
  const letters: Readonly<Record<number, string>> = { 0: 'P', 2: 'H', 6: 'H', 8: 'M' };
  return [...cache.bins()]
    .map((bin) => {
      const name = bin.classId === 6 ? 'Hm' : `${letters[bin.classId]}${bin.id}`;
      const { length, complete } = cache.extentOf(bin);
      return complete ? name : `${name}:${length}`;
    })
    .join(',');
}

test.each(Array.from({ length: 80 }, (_, k) => k + 40))('deliveries of picture %i', async (seed) => {
  const random = randomFrom(seed);
  const file = randomFile(random);
  const { main, bins } = await truthOf(file);
  const { siz } = main;
  const engine = engineOver({ x: file });
  const session = random.chance(0.6);
  const strict = new StrictCache();
  let cid: string | undefined;
  const levels = main.cod.style.numDecompositionLevels;
  for (let step = 0; step < 6; step++) {
    const frame = random.pick(framesOf(siz, levels));
    const width = random.chance(0.6) ? frame.width : random.int(1, 2 * siz.xsiz);
    const height = random.chance(0.6) ? frame.height : random.int(1, 2 * siz.ysiz);
    const round = random.pick([undefined, 'round-up', 'round-down', 'closest'] as const);
    const fsiz = { width, height, ...(round ? { round } : {}) };
    const roff = random.chance(0.7) ? { x: random.int(0, width), y: random.int(0, height) } : undefined;
    const rsiz = random.chance(0.7) ? { width: random.int(1, width), height: random.int(1, height) } : undefined;
    const layers = random.chance(0.3) ? random.int(1, main.cod.numLayers) : undefined;
    const len = random.chance(0.5) ? random.int(0, random.pick([40, 300, 5000, 60000])) : undefined;
    const fields = [
      `fsiz=${width},${height}${round ? `,${round}` : ''}`,
      ...(roff ? [`roff=${roff.x},${roff.y}`] : []),
      ...(rsiz ? [`rsiz=${rsiz.width},${rsiz.height}`] : []),
      ...(layers === undefined ? [] : [`layers=${layers}`]),
      ...(len === undefined ? [] : [`len=${len}`]),
      ...(random.chance(0.2) ? ['align=yes'] : []),
      ...(random.chance(0.2) ? ['type=jpp-stream;ptype=ext'] : ['type=jpp-stream']),
    ];
    if (session) fields.push(cid ? `cid=${cid}` : 'target=x&cnew=http');
    else fields.push('target=x', `model=${modelOf(strict)}`);
    const taken = await ask(engine, fields.filter((field) => field !== 'model=').join('&'), { cache: strict });
    expect(taken.status, Buffer.from(taken.bytes).toString()).toBe(200);
    cid ??= /cid=([^,]+)/.exec(taken.headers['JPIP-cnew'] ?? '')?.[1];
    if (len !== undefined) expect(taken.messageBytes).toBeLessThanOrEqual(len);
    for (const bin of strict.cache.bins()) {
      if (bin.classId !== 0) continue;
      const { length, complete } = strict.cache.extentOf(bin);
      const truth = bins.get(binName(bin))!;
      expect(strict.cache.get(bin)!.prefix()).toEqual(truth.subarray(0, length));
      expect(complete).toBe(complete && length === truth.length);
    }
    if (taken.eor !== 1 && taken.eor !== 2) {
      expect(taken.eor).toBe(4);
      continue;
    }
    const { frame: served, bounds } = resolveWindow(siz, levels, {
      fsiz,
      ...(roff ? { roff } : {}),
      ...(rsiz ? { rsiz } : {}),
    })!;
    if (bounds.x1 <= bounds.x0 || bounds.y1 <= bounds.y0) continue;
    const scale = 2 ** served.reduce;
    const [x0, y0] = [Math.ceil(siz.xosiz / scale), Math.ceil(siz.yosiz / scale)];
    const window = [bounds.x0 - x0, bounds.y0 - y0, bounds.x1 - bounds.x0, bounds.y1 - bounds.y0] as const;
    const region = regionOf(served.reduce, window, { x: siz.xosiz, y: siz.yosiz });
    const options = { region, reduce: served.reduce, ...(layers === undefined ? {} : { layers }) };
    const got = await strict.decode(options);
    const local = await decode(file, { ...options, layout: 'planar', colour: 'native' });
    expect(got.status).toBe('complete');
    expect(got.data).toEqual(local.data);
  }
});
