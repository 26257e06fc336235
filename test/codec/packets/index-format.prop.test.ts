import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteWriter } from '../../../src/codec/bits/byte-writer.ts';
import { Jpeg2000Error } from '../../../src/codec/errors.ts';
import {
  type IndexHead,
  type IndexPage,
  type IndexRecord,
  readIndexEntry,
  readIndexHead,
  readIndexPage,
  readIndexRecord,
  Varints,
  writeIndexEntry,
  writeIndexHead,
  writeIndexPage,
  writeIndexRecord,
  writeSigned,
  writeVarint,
} from '../../../src/codec/packets/index-format.ts';

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const u53 = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const DATA = 2 ** 44;

function written(write: (w: ByteWriter) => void): Uint8Array {
  const w = new ByteWriter(1);
  write(w);
  return w.take();
}

test('numbers of any size, with and without a sign, are read back', () => {
  fc.assert(
    fc.property(fc.array(u53), fc.array(fc.integer({ min: -(2 ** 51), max: 2 ** 51 })), (numbers, signed) => {
      const bytes = written((w) => {
        for (const n of numbers) writeVarint(w, n);
        for (const n of signed) writeSigned(w, n);
      });
      const r = new Varints(bytes);
      expect(numbers.map(() => r.next())).toEqual(numbers);
      for (const n of signed) expect(r.signed() === n).toBe(true);
      expect(r.left).toBe(0);
    }),
  );
});

test('head and directory entries are read back, and no bit of them can change unseen', () => {
  const heads: fc.Arbitrary<IndexHead> = fc.record({
    sourceSize: u53,
    codestreamOffset: u53,
    hashedBytes: u32,
    hash: fc.tuple(u32, u32),
    numTiles: u32,
    numComponents: u32,
    pagePackets: fc.integer({ min: 1, max: 65536 }),
    length: u53,
  });
  const entries = fc.record({ offset: u53, length: u32, crc: u32 });
  fc.assert(
    fc.property(heads, entries, fc.nat(65534), fc.nat(), (head, entry, tile, bit) => {
      const headBytes = written((w) => writeIndexHead(w, head));
      expect(readIndexHead(headBytes)).toEqual(head);
      const entryBytes = written((w) => writeIndexEntry(w, tile, entry));
      expect(readIndexEntry(entryBytes, tile)).toEqual(entry);
      expect(() => readIndexEntry(entryBytes, tile + 1)).toThrow(/entry of tile/);
      headBytes[(bit >> 3) % headBytes.length]! ^= 1 << (bit & 7);
      entryBytes[(bit >> 3) % entryBytes.length]! ^= 1 << (bit & 7);
      expect(() => readIndexHead(headBytes)).toThrow(Jpeg2000Error);
      expect(() => readIndexEntry(entryBytes, tile)).toThrow(Jpeg2000Error);
    }),
  );
});

const runs = fc.array(fc.record({ offset: fc.nat(), length: fc.nat() }), { maxLength: 5 });
const records: fc.Arbitrary<IndexRecord> = fc.record({
  runs,
  headerRuns: runs,
  segments: fc.uint8Array({ maxLength: 20 }),
  pages: u53,
  components: fc.array(
    fc.array(fc.record({ numPrecincts: fc.nat(), pageLengths: fc.array(fc.nat(), { maxLength: 4 }) }), {
      maxLength: 4,
    }),
    { maxLength: 3 },
  ),
});

test('records are read back; with other bytes they are something else or a typed error', () => {
  fc.assert(
    fc.property(records, fc.nat(), fc.nat(255), (record, at, byte) => {
      const bytes = written((w) => writeIndexRecord(w, record));
      expect(readIndexRecord(bytes)).toEqual(record);
      bytes[at % bytes.length] = byte;
      try {
        readIndexRecord(bytes);
      } catch (error) {
        expect(error).toMatchObject({ code: 'index-damaged' });
      }
    }),
  );
});

/** Pages whose packets follow each other in one of two orders, or lie anywhere. */
const pages = fc
  .record({
    counts: fc.array(fc.nat(4), { minLength: 1, maxLength: 6 }),
    packed: fc.boolean(),
    eph: fc.constantFrom('none', 'all', 'some'),
    order: fc.constantFrom('precincts', 'layers', 'any'),
    numbers: fc.array(fc.tuple(fc.integer({ min: 1, max: 300 }), fc.nat(70000), fc.nat(2 ** 40), fc.nat(1)), {
      minLength: 24,
      maxLength: 24,
    }),
  })
  .map(({ counts, packed, eph, order, numbers }): IndexPage => {
    const first = Uint32Array.from([0, ...counts.map((_, p) => counts.slice(0, p + 1).reduce((a, b) => a + b, 0))]);
    const n = first[counts.length]!;
    const header = Uint32Array.from({ length: n }, (_, k) => numbers[k]![0]);
    const body = Uint32Array.from({ length: n }, (_, k) => numbers[k]![1]);
    const ephs = Uint8Array.from({ length: n }, (_, k) =>
      eph === 'all' || (eph === 'some' && numbers[k]![3] === 1) ? 2 : 0,
    );
    const visits = Array.from({ length: n }, (_, k) => k);
    const layerOf = (k: number): number => k - first.findLast((f) => f <= k)!;
    if (order === 'layers') visits.sort((a, b) => layerOf(a) - layerOf(b) || a - b);
    const start = new Float64Array(n);
    const headerStart = new Float64Array(packed ? n : 0);
    let at = 17;
    let headerAt = 0;
    for (const k of visits) {
      start[k] = order === 'any' ? numbers[k]![2] : at;
      at += body[k]! + (packed ? 0 : header[k]! + ephs[k]!);
      if (packed) headerStart[k] = order === 'any' ? numbers[k]![2] : headerAt;
      headerAt += header[k]! + ephs[k]!;
    }
    return { first, start, header, eph: ephs, body, headerStart };
  });

test('pages are read back, whatever the order of their packets', () => {
  fc.assert(
    fc.property(pages, fc.nat(), (page, bit) => {
      const packed = page.headerStart.length > 0;
      const bytes = writeIndexPage(page, 4);
      const read = (from: Uint8Array): IndexPage =>
        readIndexPage(from, page.first.length - 1, 4, DATA, packed ? DATA : 0);
      expect(read(bytes)).toEqual(page);
      bytes[(bit >> 3) % bytes.length]! ^= 1 << (bit & 7);
      expect(() => read(bytes)).toThrow(/a page/);
    }),
  );
});

test('a packet that lies outside of its tile makes a page damaged', () => {
  const page: IndexPage = {
    first: Uint32Array.of(0, 1),
    start: Float64Array.of(100),
    header: Uint32Array.of(5),
    eph: Uint8Array.of(0),
    body: Uint32Array.of(20),
    headerStart: new Float64Array(0),
  };
  const bytes = writeIndexPage(page, 1);
  expect(readIndexPage(bytes, 1, 1, 125, 0)).toEqual(page);
  expect(() => readIndexPage(bytes, 1, 1, 124, 0)).toThrow(/outside of its tile/);
});
