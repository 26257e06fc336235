/** Packet headers of high-throughput code-blocks (15444-15 B.3), bit by bit: a precinct of one code-block, over several layers. */
import { describe, expect, test } from 'vitest';
import { PacketBitReader } from '../../../src/codec/bits/packet-bit-reader.ts';
import {
  PrecinctReader,
  RECORD_LENGTH,
  RECORD_NEXT,
  RECORD_PACKET,
  RECORD_PASSES,
  RECORD_SEGMENT,
  RECORD_SIZE,
} from '../../../src/codec/tier2/packet-header.ts';
import type { PrecinctGeometry } from '../../../src/codec/geometry/tile-component.ts';
import { BitWriter, writeNumPasses } from '../../reference/packet-writer.ts';
import { failureOf } from '../../support/failure.ts';

const HT = 0x40;
const MIXED = 0xc0;

const ONE_BLOCK = { bands: [{ numBlocksWide: 1, numBlocksHigh: 1 }], numBlocks: 1 } as unknown as PrecinctGeometry;

/** What one packet says: passes, how much Lblock grows, and lengths as value and number of bits. */
interface Said {
  readonly passes: number;
  readonly grow?: number;
  readonly lengths: readonly (readonly [value: number, bits: number])[];
}

/** Reads packets in which the code-block is included from the first one on. */
function read(style: number, packets: readonly Said[]) {
  const reader = new PrecinctReader(ONE_BLOCK, style);
  packets.forEach(({ passes, grow = 0, lengths }, k) => {
    const bits = new BitWriter();
    bits.bit(1); // the packet is not empty
    bits.bit(1); // included: the root of the tag tree, then one bit a packet
    if (k === 0) bits.bits(0b001, 3); // two missing bit-planes
    writeNumPasses(bits, passes);
    for (let n = 0; n < grow; n++) bits.bit(1);
    bits.bit(0);
    for (const [value, width] of lengths) bits.bits(value, width);
    const header = bits.finish();
    const source = new PacketBitReader(header);
    reader.readHeader(source);
    expect([source.overrun, source.position]).toEqual([false, header.length]);
  });
  const records: number[][] = [];
  for (let k = reader.first[0]!; k >= 0; k = reader.records[k * RECORD_SIZE + RECORD_NEXT]!) {
    const field = (f: number) => reader.records[k * RECORD_SIZE + f]!;
    records.push([RECORD_PACKET, RECORD_SEGMENT, RECORD_PASSES, RECORD_LENGTH].map(field));
  }
  return { records, classic: reader.classicBlocks?.[0] === 1, zeroBitPlanes: reader.zeroBitPlanes[0] };
}

describe('code-blocks that are all high-throughput coded', () => {
  test('a cleanup pass has Lblock bits', () => {
    const { records, zeroBitPlanes } = read(HT, [{ passes: 1, lengths: [[7, 3]] }]);
    expect(records).toEqual([[0, 0, 1, 7]]);
    expect(zeroBitPlanes).toBe(2);
  });

  test.each([
    [2, 3],
    [3, 4],
  ])('%i passes in one packet: the refinement has a length of %i bits', (passes, width) => {
    const lengths = [[6, 3] as const, [5, width] as const];
    expect(read(HT, [{ passes, lengths }]).records).toEqual([
      [0, 0, 1, 6],
      [0, 1, passes - 1, 5],
    ]);
  });

  test('placeholder passes add to the bits of the first length: floor(log2(P + 1)) of them', () => {
    // nine passes are six placeholders, a cleanup pass and two that refine it
    const said: Said = {
      passes: 9,
      grow: 2,
      lengths: [
        [100, 5 + 2],
        [33, 5 + 1],
      ],
    };
    expect(read(HT, [said]).records).toEqual([
      [0, 0, 7, 100],
      [0, 1, 2, 33],
    ]);
  });

  test('placeholders alone come over several layers, with lengths of 0 as of a Part 1 code-block', () => {
    const { records } = read(HT, [
      { passes: 3, lengths: [[0, 3 + 1]] },
      { passes: 1, lengths: [[0, 3]] },
      // pass 5 is no cleanup pass: two placeholders more, then the one that is
      { passes: 3, grow: 1, lengths: [[9, 4 + 1]] },
      { passes: 1, lengths: [[10, 4]] },
      { passes: 1, lengths: [[11, 4]] },
    ]);
    expect(records.filter(([, , , length]) => length! > 0)).toEqual([
      [2, 0, 3, 9],
      [3, 1, 1, 10],
      [4, 1, 1, 11],
    ]);
    expect(records.reduce((sum, [, , passes]) => sum + passes!, 0)).toBe(9);
  });

  test('refinement in a later layer has Lblock bits, and one more for two passes', () => {
    const { records } = read(HT, [
      { passes: 1, lengths: [[5, 3]] },
      { passes: 2, grow: 1, lengths: [[20, 4 + 1]] },
    ]);
    expect(records).toEqual([
      [0, 0, 1, 5],
      [1, 1, 2, 20],
    ]);
  });

  test('bytes before a cleanup pass are malformed', () => {
    const said: Said = { passes: 3, lengths: [[1, 4]] };
    expect(failureOf(() => read(HT, [said]))).toMatchObject({ kind: 'malformed', code: 'packet-header' });
  });

  test.each([
    [
      'in the packet after the first set',
      [
        { passes: 3, lengths: [[5, 3] as const, [4, 4] as const] },
        { passes: 1, lengths: [[5, 3] as const] },
      ],
    ],
    [
      'in the packet that ends it',
      [
        { passes: 1, lengths: [[5, 3] as const] },
        { passes: 3, lengths: [[4, 4] as const, [5, 3] as const] },
      ],
    ],
  ])('a second set %s is not supported, and said so', (_, packets) => {
    expect(failureOf(() => read(HT, packets))).toMatchObject({ kind: 'unsupported', code: 'capability' });
  });
});

describe('code-blocks of both kinds', () => {
  test.each([
    ['Lblock 3: classic', { passes: 1, lengths: [[5, 3]] }, true, [[0, 0, 1, 5]]],
    [
      'a larger Lblock, and a first bit of 0: high throughput',
      { passes: 1, grow: 1, lengths: [[5, 4]] },
      false,
      [[0, 0, 1, 5]],
    ],
    ['a larger Lblock, and a first bit of 1: classic', { passes: 1, grow: 1, lengths: [[8, 4]] }, true, [[0, 0, 1, 8]]],
    ['a length of 1: classic', { passes: 1, grow: 1, lengths: [[1, 4]] }, true, [[0, 0, 1, 1]]],
    ['classic, with the bits of all passes', { passes: 3, lengths: [[11, 4]] }, true, [[0, 0, 3, 11]]],
    ['classic, all of whose bits but the further ones are 0', { passes: 3, lengths: [[1, 4]] }, true, [[0, 0, 3, 1]]],
    [
      'classic, passes without a cleanup pass to look for',
      { passes: 164, grow: 3, lengths: [[8000, 13]] },
      true,
      [[0, 0, 164, 8000]],
    ],
    [
      'high throughput, with refinement',
      {
        passes: 3,
        grow: 1,
        lengths: [
          [7, 4],
          [9, 5],
        ],
      },
      false,
      [
        [0, 0, 1, 7],
        [0, 1, 2, 9],
      ],
    ],
    [
      'high throughput, with placeholders',
      {
        passes: 5,
        grow: 2,
        lengths: [
          [60, 7],
          [9, 5],
        ],
      },
      false,
      [
        [0, 0, 4, 60],
        [0, 1, 1, 9],
      ],
    ],
  ] as [string, Said, boolean, number[][]][])('%s', (_, said, classic, expected) => {
    const found = read(MIXED, [said]);
    expect(found.records).toEqual(expected);
    expect(found.classic).toBe(classic);
  });

  test('passes without bytes leave it open', () => {
    const ht = read(MIXED, [
      { passes: 3, lengths: [[0, 4]] },
      { passes: 1, grow: 2, lengths: [[9, 5]] },
    ]);
    expect(ht.classic).toBe(false);
    const classic = read(MIXED, [
      { passes: 3, lengths: [[0, 4]] },
      { passes: 1, grow: 2, lengths: [[17, 5]] },
      { passes: 4, lengths: [[99, 7]] },
    ]);
    expect(classic.classic).toBe(true);
    expect(classic.records.at(-1)).toEqual([2, 0, 4, 99]);
  });

  test('classic ones with bypass are not supported, and said so', () => {
    const said: Said = { passes: 14, lengths: [[9, 6]] };
    expect(failureOf(() => read(MIXED | 1, [said]))).toMatchObject({ kind: 'unsupported', code: 'capability' });
  });
});
