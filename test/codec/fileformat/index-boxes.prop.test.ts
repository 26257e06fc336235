import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteWriter } from '../../../src/codec/bits/byte-writer.ts';
import { DiagnosticLog, Jpeg2000Error } from '../../../src/codec/errors.ts';
import { type BoxContent, boxesIn } from '../../../src/codec/fileformat/box.ts';
import * as boxes from '../../../src/codec/fileformat/index-boxes.ts';
import { describeShared, sharedPath } from '../../support/shared.ts';

const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const u53 = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const type = fc.constantFrom('jp2c', 'cidx', 'mhix', 'xml ', 'faix');
const pointer = fc.record({ offset: u53, length: u53 });
const boxHead = fc.oneof(
  fc.record({ type, length: fc.integer({ min: 8, max: 0xffffffff }), long: fc.constant(false) }),
  fc.record({ type, length: u53, long: fc.constant(true) }),
);
const header = fc.record({
  length: u53,
  segments: fc.array(fc.record({ marker: u16, more: u16, offset: u53, length: u16 }), { maxLength: 5 }),
});
const fragments = fc
  .record({ wide: fc.boolean(), hasAux: fc.boolean(), numRows: fc.nat(4), numColumns: fc.nat(4) })
  .chain(({ wide, hasAux, numRows, numColumns }) => {
    const n = { minLength: numRows * numColumns, maxLength: numRows * numColumns };
    const numbers = fc.array(wide ? u53 : u32, n).map((list) => Float64Array.from(list));
    return fc
      .record({ offsets: numbers, lengths: numbers, aux: fc.array(u32, n).map((list) => Uint32Array.from(list)) })
      .map(({ offsets, lengths, aux }): boxes.FragmentArray => {
        return { wide, numRows, numColumns, offsets, lengths, ...(hasAux ? { aux } : {}) };
      });
  });
const codestream = fc.record({ dataReference: u16, container: u16, offset: u53, length: u53 });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const cidx = fc
  .record({
    codestream,
    header: maybe(header.filter(({ length }) => length > 0)),
    tileParts: maybe(fragments),
    tileHeaders: maybe(fc.array(header, { maxLength: 3 })),
    packets: maybe(fc.array(fragments, { maxLength: 3 })),
    packetHeaders: maybe(fc.array(fragments, { maxLength: 3 })),
  })
  .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)));
const proxy = fc.record({
  offset: u53,
  box: boxHead,
  indexes: fc.array(fc.record({ offset: u53, box: boxHead }), { maxLength: 3 }),
});
const fidx = fc.record({ proxies: fc.array(proxy, { maxLength: 3 }), parts: fc.array(pointer, { maxLength: 2 }) });

/** What was written, as the one box that it must be. */
function boxOf(write: (w: ByteWriter) => void): BoxContent {
  const w = new ByteWriter();
  write(w);
  const all = [...boxesIn(w.take(), 0, new DiagnosticLog(true))];
  expect(all).toHaveLength(1);
  return all[0]!;
}

type Kind<T> = readonly [
  string,
  fc.Arbitrary<T>,
  (w: ByteWriter, v: T) => void,
  (b: BoxContent, log: DiagnosticLog) => T,
];
const KINDS: readonly Kind<never>[] = [
  ['iptr', pointer, boxes.writeIptr, boxes.readIptr],
  ['fptr', pointer, boxes.writeFptr, boxes.readFptr],
  ['cptr', codestream, boxes.writeCptr, boxes.readCptr],
  ['manf', fc.array(boxHead, { maxLength: 5 }), boxes.writeManf, boxes.readManf],
  ['mhix', header, boxes.writeMhix, boxes.readMhix],
  ['faix', fragments, boxes.writeFaix, boxes.readFaix],
  ['tpix', fragments, boxes.writeTpix, boxes.readTpix],
  ['thix', fc.array(header, { maxLength: 3 }), boxes.writeThix, boxes.readThix],
  [
    'ppix',
    fc.array(fragments, { maxLength: 3 }),
    (w: ByteWriter, v: boxes.FragmentArray[]) => boxes.writePacketIndex(w, 'ppix', v),
    boxes.readPacketIndex,
  ],
  ['prxy', proxy, boxes.writePrxy, boxes.readPrxy],
  ['fidx', fidx, boxes.writeFidx, boxes.readFidx],
  ['cidx', cidx, boxes.writeCidx, boxes.readCidx],
] as unknown as readonly Kind<never>[];

describe.each(KINDS)('%s', (name, arbitrary, write, read) => {
  test('what is written is what is read', () => {
    fc.assert(
      fc.property(arbitrary, (value) => {
        const box = boxOf((w) => write(w, value));
        expect(box.type).toBe(name);
        expect(read(box, new DiagnosticLog(true))).toEqual(value);
      }),
    );
  });

  test('whatever its contents are, it is read or refused with a typed error', () => {
    fc.assert(
      fc.property(arbitrary, fc.nat(), fc.nat(), fc.nat(255), (value, cut, at, byte) => {
        const whole = boxOf((w) => write(w, value));
        const content = whole.content.slice(0, cut % 2 ? cut % (whole.content.length + 1) : undefined);
        if (content.length > 0) content[at % content.length] = byte;
        try {
          read({ ...whole, content }, new DiagnosticLog());
        } catch (error) {
          if (!(error instanceof Jpeg2000Error)) throw error;
        }
      }),
    );
  });
});

test('a manifest lists the boxes that follow it', () => {
  fc.assert(
    fc.property(cidx, (value) => {
      const box = boxOf((w) => boxes.writeCidx(w, value as unknown as boxes.CodestreamIndexBox));
      const [, manifest, ...rest] = [...boxesIn(box.content, 0, new DiagnosticLog(true))];
      expect(boxes.readManf(manifest!)).toEqual(rest.map((b) => ({ type: b.type, length: b.length, long: false })));
    }),
  );
});

test('a fragment array that says more than it holds is refused before memory is taken for it', () => {
  const w = new ByteWriter();
  w.u8(1);
  w.u64(2 ** 40);
  w.u64(2 ** 12);
  const box = { type: 'faix', offset: 0, headerLength: 8, length: w.length + 8, content: w.take() };
  expect(() => boxes.readFaix(box)).toThrow(/4096 rows of 1099511627776 fragments in 0 bytes/);
});

test('a box full of zeros, as some writers leave, is not there', () => {
  const box = { type: 'cidx', offset: 0, headerLength: 8, length: 108, content: new Uint8Array(100) };
  expect(boxes.readCidx(box, new DiagnosticLog(true))).toBeUndefined();
});

describeShared('jpip-captures', 'index boxes of OpenJPIP', () => {
  const folder = ['jpip-captures', 'sources', 'openjpip'];
  test.each(readdirSync(sharedPath(...folder)).filter((name) => name.endsWith('.jp2')))(
    '%s: what is read and written again is the same, byte for byte',
    (name) => {
      const bytes = new Uint8Array(readFileSync(sharedPath(...folder, name)));
      const log = new DiagnosticLog(true);
      const top = [...boxesIn(bytes, 0, log)];
      const of = (t: string): BoxContent => top.find((b) => b.type === t)!;
      const again = (t: string, write: (w: ByteWriter) => void) =>
        expect(boxOf(write).content).toEqual(new Uint8Array(of(t).content));
      again('iptr', (w) => boxes.writeIptr(w, boxes.readIptr(of('iptr'))));
      again('fidx', (w) => boxes.writeFidx(w, boxes.readFidx(of('fidx'), log)));
      again('cidx', (w) => boxes.writeCidx(w, boxes.readCidx(of('cidx'), log)!));
    },
  );
});
