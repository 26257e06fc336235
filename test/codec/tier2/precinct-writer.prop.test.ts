import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PacketBitReader } from '../../../src/codec/bits/packet-bit-reader.ts';
import { PacketBitWriter } from '../../../src/codec/bits/packet-bit-writer.ts';
import { readNumPasses } from '../../../src/codec/tier2/header-follower.ts';
import {
  NO_VALUE,
  type PacketContents,
  PrecinctWriter,
  writeNumPasses,
} from '../../../src/codec/tier2/precinct-writer.ts';
import { type PacketView, readBlocks } from '../../../src/codec/tier2/read-blocks.ts';
import { writePackets } from '../../../src/codec/tier2/write-packets.ts';
import { geometryOf, packetPlans } from '../../arbitraries/packet-plans.ts';
import { type BandPlan, type BlockPlan, writePacketHeaders } from '../../reference/packet-writer.ts';
import { hex, join } from '../../support/codestream.ts';

/** The plan with no missing bit-planes for code-blocks that no packet includes: they have none. */
function neverIncluded(bands: readonly BandPlan[]): BandPlan[] {
  const block = (b: BlockPlan): BlockPlan =>
    b.contributions.some((c) => c !== undefined) ? b : { ...b, zeroBitPlanes: NO_VALUE };
  return bands.map((band) => ({ ...band, blocks: band.blocks.map(block) }));
}

function contentsOf(bands: readonly BandPlan[], layer: number): PacketContents {
  const blocks = bands.flatMap((band) => band.blocks);
  const pieces = blocks.map((block) => block.contributions[layer]?.segments ?? []);
  const starts = [0];
  for (const own of pieces) starts.push(starts.at(-1)! + own.length);
  return {
    pieceStart: Int32Array.from(starts),
    piecePasses: Int32Array.from(pieces.flat().map(({ passes }) => passes)),
    pieceLengths: Int32Array.from(pieces.flat().map(({ length }) => length)),
  };
}

/** A deep comparison without its cost. */
function sameBytes(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((bytes, k) => Buffer.compare(bytes, b[k]!) === 0);
}

function writerOf(bands: readonly BandPlan[]): PrecinctWriter {
  const zeroBitPlanes = bands.flatMap((band) => band.blocks).map((block) => block.zeroBitPlanes);
  return new PrecinctWriter(geometryOf(bands), Uint8Array.from(zeroBitPlanes));
}

describe('packet headers that are written (B.10)', () => {
  test('are those of the reference, bit by bit', () => {
    fc.assert(
      fc.property(packetPlans, ({ layers, bands: plans }) => {
        const bands = neverIncluded(plans);
        const writer = writerOf(bands);
        const bits = new PacketBitWriter();
        for (const [l, expected] of writePacketHeaders(bands, layers).entries()) {
          bits.reset();
          writer.writeHeader(bits, contentsOf(bands, l));
          expect(bits.take()).toEqual(expected);
        }
        expect(writer.numPackets).toBe(layers);
      }),
      { numRuns: 200 },
    );
  });

  test('do not change by trials that are taken back', () => {
    fc.assert(
      fc.property(
        packetPlans,
        fc.array(fc.nat(4), { minLength: 5, maxLength: 5 }),
        ({ layers, bands: plans }, tries) => {
          const bands = neverIncluded(plans);
          const writer = writerOf(bands);
          const bits = new PacketBitWriter();
          for (const [l, expected] of writePacketHeaders(bands, layers).entries()) {
            writer.mark();
            for (let t = 0; t < tries[l]!; t++) {
              // some later layers first, one after the other
              for (let k = 0; k <= t; k++)
                writer.writeHeader(new PacketBitWriter(), contentsOf(bands, (l + t) % layers));
              writer.rewind();
            }
            bits.reset();
            writer.writeHeader(bits, contentsOf(bands, l));
            expect(bits.take()).toEqual(expected);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  test('rewinding without a mark goes back to the beginning', () => {
    const bands = [{ width: 1, height: 1, blocks: [{ zeroBitPlanes: 2, contributions: [] }] }];
    const writer = writerOf(bands);
    const one = {
      pieceStart: Int32Array.of(0, 1),
      piecePasses: Int32Array.of(1),
      pieceLengths: Int32Array.of(9),
    };
    const bits = new PacketBitWriter();
    writer.writeHeader(bits, one);
    const first = bits.take();
    writer.rewind();
    bits.reset();
    writer.writeHeader(bits, one);
    expect(bits.take()).toEqual(first);
    // not empty, included, two planes missing, one pass, Lblock 4, length 9
    expect(first).toEqual(Uint8Array.of(0b1100_1010, 0b1001_0000));
  });

  test('of packets with nothing in them are one byte', () => {
    const bands = [{ width: 3, height: 2, blocks: new Array(6).fill({ zeroBitPlanes: NO_VALUE, contributions: [] }) }];
    const bits = new PacketBitWriter();
    writerOf(bands).writeHeader(bits, contentsOf(bands, 0));
    expect(bits.take()).toEqual(hex('00'));
    const nothing = new PrecinctWriter({ ...geometryOf([]), bands: [], numBlocks: 0 }, new Uint8Array(0));
    bits.reset();
    nothing.writeHeader(bits, contentsOf([], 0));
    expect(bits.take()).toEqual(hex('00'));
  });

  test('of packets before anything is included tell so while that costs nothing', () => {
    const block = { zeroBitPlanes: 0, contributions: [] };
    const writer = writerOf([
      { width: 1, height: 1, blocks: [block] },
      { width: 1, height: 1, blocks: [block] },
    ]);
    const headerOf = (pieces: number): Uint8Array => {
      const bits = new PacketBitWriter();
      const contents = {
        pieceStart: Int32Array.of(0, 0, pieces),
        piecePasses: Int32Array.of(1),
        pieceLengths: Int32Array.of(1),
      };
      writer.writeHeader(bits, contents);
      return bits.take();
    };
    // a 1 and one 0 for each tree, as often as there are empty packets
    for (let l = 0; l < 9; l++) expect(headerOf(0)).toEqual(Uint8Array.of(0b1000_0000));
    // not empty; the first not before layer 10; the second in layer 9; no plane missing, one pass, Lblock 3, length 1
    expect(headerOf(1)).toEqual(Uint8Array.of(0b1_0_1_1_0_0_00, 0b1_0000000));
    expect(headerOf(0)).toEqual(Uint8Array.of(0)); // now that one is included the others cost bits
  });

  test.each(Array.from({ length: 164 }, (_, k) => k + 1))('%i passes are read back (Table B.4)', (n) => {
    const bits = new PacketBitWriter();
    writeNumPasses(bits, n);
    bits.align();
    const reader = new PacketBitReader(bits.take());
    expect(readNumPasses(reader)).toBe(n);
    expect(reader.overrun).toBe(false);
  });
});

describe('packets that are written from code-blocks', () => {
  /** Packets of a plan as a source gives them: bodies are random enough, headers in line or apart. */
  function packetsOf(bands: readonly BandPlan[], layers: number, apart: boolean): PacketView[] {
    return writePacketHeaders(bands, layers).map((header, l) => {
      const length = contentsOf(bands, l).pieceLengths.reduce((sum, n) => sum + n, 0);
      const body = Uint8Array.from({ length }, (_, k) => (k * 31 + l * 7) & 255);
      return apart ? { header, body } : { body: join(header, body) };
    });
  }

  const small = packetPlans.map((plan) => ({
    ...plan,
    bands: plan.bands.map((band) => ({
      ...band,
      blocks: band.blocks.map((block) => ({
        ...block,
        contributions: block.contributions.map(
          (c) => c && { segments: c.segments.map((s) => ({ ...s, length: s.length % 300 })) },
        ),
      })),
    })),
  }));

  test('are the packets that the code-blocks were read from', () => {
    fc.assert(
      fc.property(small, fc.boolean(), fc.boolean(), ({ style, layers, bands: plans }, apart, eph) => {
        const bands = neverIncluded(plans);
        const packets = packetsOf(bands, layers, apart);
        const blocks = readBlocks(geometryOf(bands), style, { packets, complete: true }, layers);
        expect(blocks.error).toBeUndefined();
        const expected = packetsOf(bands, layers, true);
        const written = writePackets(blocks, layers, eph);
        expect(
          sameBytes(
            written.map(({ body }) => body),
            expected.map(({ body }) => body),
          ),
        ).toBe(true);
        const mark = eph ? hex('FF92') : hex('');
        expect(written.map(({ header }) => header)).toEqual(expected.map(({ header }) => join(header!, mark)));
      }),
      { numRuns: 60 },
    );
  });

  test('are fewer or more as layers are asked for', () => {
    fc.assert(
      fc.property(small, fc.integer({ min: 1, max: 8 }), ({ style, layers, bands: plans }, asked) => {
        const bands = neverIncluded(plans);
        const packets = packetsOf(bands, layers, true);
        const blocks = readBlocks(geometryOf(bands), style, { packets, complete: true }, layers);
        const written = writePackets(blocks, asked, false);
        expect(written).toHaveLength(asked);
        const again = readBlocks(geometryOf(bands), style, { packets: written, complete: true }, asked);
        expect(again.error).toBeUndefined();
        expect(sameBytes(again.bodies.slice(0, layers), blocks.bodies.slice(0, asked))).toBe(true);
        for (const { header, body } of written.slice(layers)) {
          expect(header).toEqual(hex('00'));
          expect(body).toHaveLength(0);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('of a packet that is cut short hold what is whole', () => {
    fc.assert(
      fc.property(small, fc.nat(), ({ style, layers, bands: plans }, where) => {
        const bands = neverIncluded(plans);
        const packets = packetsOf(bands, layers, true);
        const last = packets.at(-1)!;
        const kept = where % (last.body.length + 1);
        const tail = { header: last.header!, body: last.body.subarray(0, kept) };
        const held = { packets: packets.slice(0, -1), tail, complete: false };
        const written = writePackets(readBlocks(geometryOf(bands), style, held, layers), layers, false);
        const again = readBlocks(geometryOf(bands), style, { packets: written, complete: true }, layers);
        expect(again.error).toBeUndefined();
        const body = again.bodies.at(-1)!;
        expect(sameBytes([body], [last.body.subarray(0, body.length)])).toBe(true);
        const pieces = contentsOf(bands, layers - 1).pieceLengths;
        let whole = 0;
        for (const length of pieces) {
          if (whole + length > kept) break;
          whole += length;
        }
        expect(body.length).toBe(whole);
      }),
      { numRuns: 100 },
    );
  });
});
