import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PacketBitWriter } from '../../../src/codec/bits/packet-bit-writer.ts';
import { type Cod, PROGRESSIONS } from '../../../src/codec/codestream/cod.ts';
import type { MainHeader } from '../../../src/codec/codestream/main-header.ts';
import { numXTiles, numYTiles } from '../../../src/codec/codestream/siz.ts';
import { DiagnosticLog, Jpeg2000Error } from '../../../src/codec/errors.ts';
import { numPrecinctsOf, precinctGeometry } from '../../../src/codec/geometry/tile-component.ts';
import type { TileGeometry } from '../../../src/codec/geometry/tile.ts';
import { DEFAULT_LIMITS } from '../../../src/codec/limits.ts';
import { CodestreamSource } from '../../../src/codec/packets/codestream-source.ts';
import { type Arrangement, layOutTile, writeCodestream } from '../../../src/codec/packets/codestream-writer.ts';
import { BytesSource, readNow } from '../../../src/codec/source.ts';
import { NO_VALUE, PrecinctWriter } from '../../../src/codec/tier2/precinct-writer.ts';
import type { PacketView } from '../../../src/codec/tier2/read-blocks.ts';
import { codingStyles, mainHeaderOf, sizes, tileOf } from '../../arbitraries/canvas.ts';
import { hex, join } from '../../support/codestream.ts';
import { type Random, randomFrom } from '../../support/random.ts';

const EPH = hex('FF92');
const NOTHING = hex('');

const arrangements: fc.Arbitrary<Arrangement> = fc
  .record({
    tileParts: fc.constantFrom('none' as const, 'resolution' as const, 'layer' as const, 'component' as const),
    plt: fc.boolean(),
    plm: fc.boolean(),
    packed: fc.constantFrom('none', 'ppm', 'ppt'),
    tlm: fc.boolean(),
  })
  .map(({ packed, ...a }) => ({ ...a, ppm: packed === 'ppm', ppt: packed === 'ppt' }));

const cases = fc.record({
  siz: sizes({ offset: 40, size: 70, tile: 60, sampling: 3, components: 3 }),
  styles: fc.array(codingStyles(3, 6), { minLength: 3, maxLength: 3 }),
  progression: fc.constantFrom(...PROGRESSIONS),
  numLayers: fc.integer({ min: 1, max: 4 }),
  sop: fc.boolean(),
  eph: fc.boolean(),
  arrangement: arrangements,
  seed: fc.nat(),
});

/** A packet, and how it is handed to the writer. */
interface MadePacket {
  readonly header: Uint8Array;
  readonly body: Uint8Array;
  readonly given: PacketView;
}

/** Random packets for every precinct of a tile, by component, resolution level and precinct. */
function randomPackets(random: Random, { header: tileHeader, components }: TileGeometry): MadePacket[][][][] {
  const { numLayers } = tileHeader.cod;
  return components.map(({ geometry }) =>
    geometry.resolutions.map((resolution) =>
      Array.from({ length: numPrecinctsOf(resolution) }, (_, index) => {
        const precinct = precinctGeometry(resolution, index);
        const n = precinct.numBlocks;
        const zeroBitPlanes = Uint8Array.from({ length: n }, () => (random.chance(0.2) ? NO_VALUE : random.int(0, 9)));
        const writer = new PrecinctWriter(precinct, zeroBitPlanes);
        return Array.from({ length: numLayers }, (): MadePacket => {
          const lengths: number[] = [];
          const starts = [0];
          for (const planes of zeroBitPlanes) {
            if (planes !== NO_VALUE && random.chance(0.6)) lengths.push(random.int(0, random.pick([3, 40, 300])));
            starts.push(lengths.length);
          }
          const bits = new PacketBitWriter();
          const pieceStart = Int32Array.from(starts);
          const piecePasses = new Int32Array(lengths.length).fill(random.int(1, 7));
          writer.writeHeader(bits, { pieceStart, piecePasses, pieceLengths: Int32Array.from(lengths) });
          const body = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0)).fill(random.int(0, 255));
          const header = bits.take();
          return { header, body, given: random.chance(0.5) ? { header, body } : { body: join(header, body) } };
        });
      }),
    ),
  );
}

test('packets of any picture are found again where any arrangement has put them', () => {
  let written = 0;
  fc.assert(
    fc.property(cases, ({ siz, styles, progression, numLayers, sop, eph, arrangement, seed }) => {
      const random = randomFrom(seed);
      const base = mainHeaderOf(siz, styles.slice(0, siz.components.length), progression, numLayers);
      const cod: Cod = { ...base.cod, sop, eph };
      const main: MainHeader = { ...base, cod };
      const numTiles = numXTiles(siz) * numYTiles(siz);
      fc.pre(numTiles <= 12);
      const tiles = Array.from({ length: numTiles }, (_, t) => tileOf(main, t));
      const packets = tiles.map((tile) => randomPackets(random, tile));
      let bytes: Uint8Array;
      try {
        const parts = tiles.map((tile, t) =>
          layOutTile(
            tile,
            main,
            (key) => packets[t]![key.component]![key.resolution]![key.precinct]!.map(({ given }) => given),
            arrangement,
          ),
        );
        bytes = join(...writeCodestream(main, parts, arrangement));
      } catch (error) {
        if (!(error instanceof Jpeg2000Error)) throw error;
        expect(error.message).toMatch(/there can be 255/);
        return;
      }
      written++;
      const log = new DiagnosticLog(true);
      const place = { offset: 0, length: bytes.length };
      const source = readNow(CodestreamSource.open(new BytesSource(bytes), place, DEFAULT_LIMITS, log), bytes);
      const plan = tiles.map(({ tile, components }) => ({
        tile,
        layers: numLayers,
        components: components.map(({ component, geometry }) => ({
          component,
          resolutions: geometry.resolutions.map((r) => ({
            x0: 0,
            y0: 0,
            x1: r.numPrecinctsWide,
            y1: r.numPrecinctsHigh,
          })),
        })),
      }));
      const snapshot = source.loadSync(plan);
      const ends = source.packetEndsSync(plan);
      const packed = arrangement.ppm || arrangement.ppt;
      expect(snapshot.diagnostics).toEqual([]);
      packets.forEach((components, tile) => {
        components.forEach((resolutions, component) => {
          resolutions.forEach((precincts, resolution) => {
            precincts.forEach((own, precinct) => {
              const held = snapshot.get({ tile, component, resolution, precinct })!;
              expect(held.complete).toBe(true);
              expect(held.packets.length).toBe(own.length);
              const lengths = ends.get({ tile, component, resolution, precinct })!;
              expect(lengths.complete).toBe(true);
              expect(Array.from(lengths.headers)).toEqual(own.map(({ header }) => header.length));
              expect(Array.from(lengths.bodies)).toEqual(own.map(({ body }) => body.length));
              expect(Array.from(lengths.ephs)).toEqual(own.map(() => (eph ? 2 : 0)));
              own.forEach(({ header, body }, l) => {
                const found = held.packets[l]!;
                const expected = join(header, eph ? EPH : NOTHING, body);
                expect(Buffer.compare(join(found.header ?? NOTHING, found.body), expected)).toBe(0);
                expect(found.header !== undefined).toBe(packed);
              });
            });
          });
        });
      });
    }),
    { numRuns: 120 },
  );
  expect(written).toBeGreaterThan(60);
});
