import { expect, test } from 'vitest';
import { joinTileHeaders } from '../../../src/codec/codestream/coding-parameters.ts';
import { EncodedSource } from '../../../src/codec/encoder/encoded-source.ts';
import { allocateLayers } from '../../../src/codec/encoder/layers.ts';
import { overheadOf } from '../../../src/codec/encoder/overhead.ts';
import { planEncode } from '../../../src/codec/encoder/plan.ts';
import { formatOf, samplesOf } from '../../../src/codec/encoder/samples.ts';
import { INLINE_EXECUTOR } from '../../../src/codec/executor.ts';
import { StageClock } from '../../../src/codec/encoder/stage-clock.ts';
import { TileEncoder } from '../../../src/codec/encoder/tile-encoder.ts';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import { tileGeometry } from '../../../src/codec/geometry/tile.ts';
import { numPrecinctsOf } from '../../../src/codec/geometry/tile-component.ts';
import { DEFAULT_LIMITS } from '../../../src/codec/limits.ts';
import { CodestreamSource } from '../../../src/codec/packets/codestream-source.ts';
import { layOutTile, writeCodestream } from '../../../src/codec/packets/codestream-writer.ts';
import type { PrecinctLengths } from '../../../src/codec/packets/precinct-source.ts';
import { BytesSource, readNow } from '../../../src/codec/source.ts';
import { ClassicBlockEncoder } from '../../../src/codec/tier1/block-encoder.ts';
import type { EncodeOptions, RawImage } from '../../../src/index.ts';

/** Runs a generator that only pauses. */
function run<T>(work: Generator<unknown, T, unknown>): T {
  let step = work.next();
  while (!step.done) step = work.next();
  return step.value;
}

test('holds the packets that a reader finds in the codestream written from it', () => {
  const data = Uint8Array.from({ length: 90 * 70 * 3 }, (_, k) => (k % 90) + ((Math.imul(k, 2654435761) >>> 26) & 31));
  const image: RawImage = { width: 90, height: 70, channels: 3, data };
  const options: EncodeOptions = {
    tile: { width: 64, height: 64 },
    precincts: [{ width: 32, height: 32 }],
    levels: 2,
    layers: 3,
    progression: 'RPCL',
    markers: { sop: true, eph: true, plt: true },
  };
  const format = formatOf(image);
  const plan = planEncode(format, options);
  const samples = samplesOf(image, format, { x: 0, y: 0 });
  const encoder = new TileEncoder(plan, undefined, new ClassicBlockEncoder(), new StageClock(INLINE_EXECUTOR));
  const { main, arrangement } = plan;
  const tiles = Array.from({ length: plan.numTiles }, (_, t) =>
    run(encoder.encode(tileGeometry(main, joinTileHeaders(main, t, [])), (c) => samples[c]!, 0)),
  );
  const targets = [1500, 4000].map((bytes) => ({ kind: 'bytes', bytes }) as const);
  const control = run(
    allocateLayers(plan, tiles, overheadOf(main, arrangement, 200), [...targets, { kind: 'everything' }]),
  );
  const source = new EncodedSource(main, control.layered(main.cod.eph));
  const laidOut = tiles.map(({ geometry }) =>
    layOutTile(geometry, main, (key) => source.get(key)!.packets, arrangement),
  );
  const bytes = Uint8Array.from([...writeCodestream(main, laidOut, arrangement)].flatMap((piece) => [...piece]));

  const log = new DiagnosticLog(true);
  const reading = CodestreamSource.open(
    new BytesSource(bytes),
    { offset: 0, length: bytes.length },
    DEFAULT_LIMITS,
    log,
  );
  const read = readNow(reading, bytes);
  let packets = 0;
  for (const { geometry } of tiles) {
    const components = geometry.components.map(({ component, geometry: g }) => ({
      component,
      resolutions: g.resolutions.map((r) => ({ x0: 0, y0: 0, x1: r.numPrecinctsWide, y1: r.numPrecinctsHigh })),
    }));
    const plan = [{ tile: geometry.tile, components, layers: 3 }];
    const ends = read.packetEndsSync(plan);
    const snapshot = read.loadSync(plan);
    expect(source.tile(geometry.tile)!.cod).toEqual(snapshot.tile(geometry.tile)!.cod);
    for (const { component, geometry: g } of geometry.components) {
      for (const { r: resolution, ...level } of g.resolutions) {
        for (let precinct = 0; precinct < numPrecinctsOf({ r: resolution, ...level }); precinct++) {
          const key = { tile: geometry.tile, component, resolution, precinct };
          const ours = source.get(key)!;
          const theirs = snapshot.get(key)!;
          expect(ours.complete && theirs.complete).toBe(true);
          expect(theirs.packets.map(joined)).toEqual(ours.packets.map(joined));
          expect(plain(source.packetEndsSync().get(key)!)).toEqual(plain(ends.get(key)!));
          ours.packets.forEach((packet, layer) => {
            expect(source.packet(key, layer)).toBe(packet);
            expect(snapshot.packet(key, layer)).toEqual(packet);
          });
          packets += ours.packets.length;
        }
      }
    }
  }
  expect(packets).toBeGreaterThan(100);
  expect(source.packet({ tile: 99, component: 0, resolution: 0, precinct: 0 }, 0)).toBe(undefined);
  expect(source.packetEndsSync().get({ tile: 99, component: 0, resolution: 0, precinct: 0 })).toBe(undefined);
  expect(source.get({ tile: 99, component: 0, resolution: 0, precinct: 0 })).toBe(undefined);
});

/** Lengths in plain arrays, whatever lists they came in. */
function plain({ headers, bodies, ephs, complete }: PrecinctLengths): unknown {
  return { headers: Array.from(headers), bodies: Array.from(bodies), ephs: Array.from(ephs), complete };
}

/** Header and body of a packet, whether they stand apart or not. */
function joined({ header, body }: { readonly header?: Uint8Array; readonly body: Uint8Array }): number[] {
  return [...(header ?? []), ...body];
}
