import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PacketBitReader } from '../../../src/codec/bits/packet-bit-reader.ts';
import {
  PrecinctReader,
  RECORD_LENGTH,
  RECORD_NEXT,
  RECORD_OFFSET,
  RECORD_PACKET,
  RECORD_PASSES,
  RECORD_SEGMENT,
  RECORD_SIZE,
} from '../../../src/codec/tier2/packet-header.ts';
import { HeaderFollower, readNumPasses } from '../../../src/codec/tier2/header-follower.ts';
import { TagTreeDecoder } from '../../../src/codec/tier2/tag-tree.ts';
import { geometryOf, packetPlans, styles } from '../../arbitraries/packet-plans.ts';
import { randomFrom } from '../../support/random.ts';
import {
  BitWriter,
  type BlockPlan,
  TagTreeWriter,
  writeNumPasses,
  writePacketHeaders,
} from '../../reference/packet-writer.ts';

describe('packet headers', () => {
  test('what the reference writer says is what the reader hears', () => {
    fc.assert(
      fc.property(packetPlans, ({ style, layers, bands }) => {
        const headers = writePacketHeaders(bands, layers);
        const reader = new PrecinctReader(geometryOf(bands), style);
        const skimmer = new PrecinctReader(geometryOf(bands), style, false);
        headers.forEach((header, l) => {
          const bits = new PacketBitReader(header);
          reader.readHeader(bits);
          expect(bits.overrun).toBe(false);
          expect(bits.position).toBe(header.length);
          const sum = bands
            .flatMap((b) => b.blocks)
            .flatMap((b) => b.contributions[l]?.segments ?? [])
            .reduce((total, segment) => total + segment.length, 0);
          expect(reader.bodyLength).toBe(sum);
          skimmer.readHeader(new PacketBitReader(header));
          expect(skimmer.bodyLength).toBe(sum);
        });
        const offsets = headers.map(() => 0);
        const blocks = bands.flatMap((b) => b.blocks);
        // bodies hold the contributions of a packet in the order of the blocks
        const expected = blocks.map((): number[][] => []);
        for (let l = 0; l < layers; l++) {
          blocks.forEach((block, n) => {
            for (const { passes, length } of block.contributions[l]?.segments ?? []) {
              expected[n]!.push([l, passes, offsets[l]!, length]);
              offsets[l]! += length;
            }
          });
        }
        blocks.forEach((block, n) => {
          const found: number[][] = [];
          const segments: number[] = [];
          for (let k = reader.first[n]!; k >= 0; k = reader.records[k * RECORD_SIZE + RECORD_NEXT]!) {
            const at = k * RECORD_SIZE;
            const field = (f: number) => reader.records[at + f]!;
            found.push([field(RECORD_PACKET), field(RECORD_PASSES), field(RECORD_OFFSET), field(RECORD_LENGTH)]);
            segments.push(field(RECORD_SEGMENT));
          }
          expect(found).toEqual(expected[n]);
          expect(segments).toEqual([...segments].sort((a, b) => a - b));
          if (found.length > 0) expect(reader.zeroBitPlanes[n]).toBe(block.zeroBitPlanes);
          expect(reader.numPasses[n]).toBe(found.reduce((sum, [, passes]) => sum + passes!, 0));
        });
      }),
      { numRuns: 200 },
    );
  });

  test('a header cut anywhere is noticed, and what was saved before goes on from there', () => {
    fc.assert(
      fc.property(packetPlans, fc.nat(), ({ style, layers, bands }, where) => {
        const headers = writePacketHeaders(bands, layers);
        const follower = new HeaderFollower(1);
        const state = follower.open(geometryOf(bands), style);
        for (const header of headers) {
          follower.save(state);
          const cut = new PacketBitReader(header, 0, where % header.length);
          try {
            follower.readHeader(cut, state);
          } catch (error) {
            // zeros that are made up may mean anything
            expect((error as { code?: string }).code).toMatch(/packet-header|packet-length/);
          }
          expect(cut.overrun).toBe(true);
          follower.restore(state);
          follower.readHeader(new PacketBitReader(header), state);
        }
        expect(follower.numPackets(state)).toBe(layers);
      }),
      { numRuns: 50 },
    );
  });

  test('precincts followed at once, in any order, do not know of each other', () => {
    fc.assert(
      fc.property(fc.array(packetPlans, { minLength: 2, maxLength: 6 }), fc.nat(), (plans, seed) => {
        const follower = new HeaderFollower(1);
        const random = randomFrom(seed);
        const open = plans.map(({ style, layers, bands }) => ({
          headers: writePacketHeaders(bands, layers),
          alone: new PrecinctReader(geometryOf(bands), style),
          geometry: geometryOf(bands),
          style,
          state: -1,
          next: 0,
        }));
        while (open.some(({ headers, next }) => next < headers.length)) {
          const one = random.pick(open.filter(({ headers, next }) => next < headers.length));
          // a state is begun late, where others may have ended
          if (one.next === 0) one.state = follower.open(one.geometry, one.style);
          const header = one.headers[one.next++]!;
          one.alone.readHeader(new PacketBitReader(header));
          expect(follower.readHeader(new PacketBitReader(header), one.state)).toBe(one.alone.bodyLength);
          if (one.next === one.headers.length) follower.close(one.state);
        }
      }),
      { numRuns: 50 },
    );
  });

  test.each(Array.from({ length: 164 }, (_, k) => k + 1))('%i passes read back (Table B.4)', (n) => {
    const bits = new BitWriter();
    writeNumPasses(bits, n);
    expect(readNumPasses(new PacketBitReader(bits.finish()))).toBe(n);
  });

  test('random bytes end in a typed error or an overrun, never in anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), styles, (bytes, style) => {
        const blocks = Array.from({ length: 12 }, (): BlockPlan => ({ zeroBitPlanes: 0, contributions: [] }));
        const reader = new PrecinctReader(geometryOf([{ width: 4, height: 3, blocks }]), style);
        const bits = new PacketBitReader(bytes);
        try {
          while (!bits.overrun) reader.readHeader(bits);
        } catch (error) {
          expect((error as { code?: string }).code).toMatch(/packet-header|packet-length/);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('tag trees', () => {
  test('every question is answered as the leaves have it, in any order of questions', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 81, maxLength: 81 }),
        fc.array(fc.tuple(fc.nat(80), fc.integer({ min: 1, max: 14 })), { maxLength: 60 }),
        (width, height, leaves, questions) => {
          const values = leaves.slice(0, width * height);
          const writer = new TagTreeWriter(width, height, values);
          const asked = questions.map(([n, t]) => [n % (width * height), t] as const);
          const bits = new BitWriter();
          for (const [n, t] of asked) writer.tell(bits, n % width, Math.floor(n / width), t);
          const reader = new PacketBitReader(bits.finish());
          const tree = new TagTreeDecoder(width, height);
          for (const [n, t] of asked) {
            const x = n % width;
            const y = Math.floor(n / width);
            expect(tree.isLess(reader, x, y, t)).toBe(values[n]! < t);
            if (values[n]! < t) expect(tree.valueOf(x, y)).toBe(values[n]);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
