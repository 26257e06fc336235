import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import { boxesIn, readBoxHeader, readContent } from '../../../src/codec/fileformat/box.ts';
import { ReadWindow } from '../../../src/codec/read-window.ts';
import { readNow } from '../../../src/codec/source.ts';
import { box, hex, join, type LengthForm } from './box-bytes.ts';

function headerOf(bytes: Uint8Array, offset = 0) {
  return readNow(readBoxHeader(new ReadWindow(4096), offset), bytes);
}

describe('a box header (15444-1 I.4)', () => {
  test('has a length and a type', () => {
    const lbox = '0000000A'; // 10 bytes
    const tbox = '786D6C20'; // 'xml '
    const bytes = hex(`${lbox} ${tbox} 3C3E`);
    expect(headerOf(bytes)).toEqual({ type: 'xml ', offset: 0, headerLength: 8, length: 10 });
  });

  test('has an XLBox when LBox is 1, also beyond 32 bits', () => {
    expect(headerOf(hex('00000001 6A703263 00000010 00000005'))).toEqual({
      type: 'jp2c',
      offset: 0,
      headerLength: 16,
      length: 2 ** 36 + 5,
    });
  });

  test('has an open end when LBox is 0', () => {
    expect(headerOf(hex('00000000 6A703263'))).toEqual({ type: 'jp2c', offset: 0, headerLength: 8, length: undefined });
  });

  test('is not there at the end of the file', () => {
    expect(headerOf(hex(''))).toBeUndefined();
  });

  test.each([
    ['a header cut short', '0000000A 786D'],
    ['a length shorter than the header', '00000007 786D6C20'],
    ['an XLBox cut short', '00000001 786D6C20 00000000'],
    ['an XLBox shorter than the header', '00000001 786D6C20 00000000 0000000F'],
    ['an XLBox no number can hold', '00000001 786D6C20 FFFFFFFF FFFFFFFF'],
  ])('with %s is malformed', (_, bytes) => {
    expect(() => headerOf(hex(bytes))).toThrow(
      expect.objectContaining({ kind: 'malformed', code: 'box-length', offset: 0 }),
    );
  });
});

describe('contents of a box', () => {
  test('are asked for in steps where the size of the input is unknown', () => {
    const reading = readContent(8, 2 ** 40, undefined);
    let asked = 0;
    let step = reading.next();
    let left = 3 << 20;
    while (!step.done) {
      const [range] = step.value;
      asked = Math.max(asked, range.length);
      const given = Math.min(range.length, left);
      left -= given;
      step = reading.next([new Uint8Array(given)]);
    }
    expect(step.value.length).toBe(3 << 20);
    expect(asked).toBeLessThanOrEqual(4 << 20);
  });

  test('end where the input ends', () => {
    expect(readNow(readContent(2, 100, 5), hex('0102030405'))).toEqual(hex('030405'));
    expect(readNow(readContent(9, 100, 5), hex('0102030405'))).toEqual(hex(''));
  });
});

describe('boxes in a superbox', () => {
  test('come in order, with offsets in the file', () => {
    const log = new DiagnosticLog();
    const content = join(box('ihdr', hex('01')), box('colr', hex('0203'), 'long'), box('cdef', hex('04'), 'open'));
    const boxes = [...boxesIn(content, 100, log)];
    expect(boxes.map((b) => [b.type, b.offset, b.length])).toEqual([
      ['ihdr', 100, 9],
      ['colr', 109, 18],
      ['cdef', 127, 9],
    ]);
    expect(boxes[1].content).toEqual(hex('0203'));
    // LBox = 0 is for the last box of a file only, and this one is inside another.
    expect(log.list.map((d) => d.code)).toEqual(['box-length']);
  });

  test('are cut at its end when they claim more', () => {
    const log = new DiagnosticLog();
    const [only] = boxesIn(hex('000000FF 786D6C20 AABB'), 0, log);
    expect(only.content).toEqual(hex('AABB'));
    expect(log.list).toMatchObject([{ code: 'box-length', offset: 0, clause: '15444-1 I.4' }]);
  });

  test('of nonsense end the walk', () => {
    const log = new DiagnosticLog();
    expect([...boxesIn(hex('00000003 786D6C20 AABB'), 0, log)]).toEqual([]);
    expect(log.list).toHaveLength(1);
  });

  test('read back as they were written, whatever their lengths say', () => {
    const form = fc.constantFrom<LengthForm>('short', 'long');
    const spec = fc.record({ type: fc.string({ minLength: 4, maxLength: 4 }), form, data: fc.uint8Array() });
    fc.assert(
      fc.property(fc.array(spec), (specs) => {
        const log = new DiagnosticLog();
        const content = join(...specs.map((s) => box(s.type, s.data, s.form)));
        const boxes = [...boxesIn(content, 0, log)];
        expect(boxes.map((b) => b.type)).toEqual(specs.map((s) => s.type));
        expect(boxes.map((b) => Array.from(b.content))).toEqual(specs.map((s) => Array.from(s.data)));
        expect(log.list).toEqual([]);
      }),
    );
  });
});
