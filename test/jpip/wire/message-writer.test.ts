/** The bytes of message headers: which form stands when, and where the identifier's bits go. */
import { describe, expect, test } from 'vitest';
import { BIN_CLASS, EOR_REASON, type MessageHeader } from '../../../src/jpip/wire/message.ts';
import { MessageWriter } from '../../../src/jpip/wire/message-writer.ts';
import { jpipFailureOf } from '../../support/jpip-failure.ts';

const message = (fields: Partial<MessageHeader>): MessageHeader => ({
  classId: BIN_CLASS.precinct,
  codestream: 0,
  id: 0,
  offset: 0,
  length: 0,
  last: false,
  ...fields,
});

describe('the form of a header', () => {
  test('names class and codestream in the first message', () => {
    expect([...new MessageWriter().header(message({ length: 5 }))]).toEqual([0x60, 0, 0, 0, 5]);
  });

  test('relies on class 0 and codestream 0 at the start where asked to', () => {
    const writer = new MessageWriter({ explicitFirst: false });
    expect([...writer.header(message({ length: 5 }))]).toEqual([0x20, 0, 5]);
  });

  test('names only what is new', () => {
    const writer = new MessageWriter();
    writer.header(message({ classId: BIN_CLASS.mainHeader }));
    expect([...writer.header(message({ classId: BIN_CLASS.mainHeader, offset: 1 }))]).toEqual([0x20, 1, 0]);
    expect([...writer.header(message({ classId: BIN_CLASS.tileHeader, last: true }))]).toEqual([0x50, 2, 0, 0]);
    expect([...writer.header(message({ classId: BIN_CLASS.tileHeader, codestream: 3 }))]).toEqual([0x60, 2, 3, 0, 0]);
    expect([...writer.header(message({ classId: BIN_CLASS.precinct, codestream: 3 }))]).toEqual([0x40, 0, 0, 0]);
  });

  test('spreads the identifier over four bits and then seven a byte', () => {
    const ids = [15, 16, 0x7ff, 0x800, Number.MAX_SAFE_INTEGER];
    const written = ids.map((id) => {
      const writer = new MessageWriter({ explicitFirst: false });
      return [...writer.header(message({ id, last: true }))].slice(0, -2);
    });
    expect(written).toEqual([
      [0x3f],
      [0xb0, 0x10],
      [0xbf, 0x7f],
      [0xb0, 0x90, 0x00],
      [0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    ]);
  });

  test('ends with Aux in extended classes', () => {
    const extended = message({ classId: BIN_CLASS.extendedPrecinct, length: 200, aux: 3 });
    expect([...new MessageWriter().header(extended)]).toEqual([0x60, 1, 0, 0, 0x81, 0x48, 3]);
  });

  test('has the length that was told before, which changes nothing', () => {
    const writer = new MessageWriter();
    const all = [
      message({ classId: BIN_CLASS.mainHeader, length: 100, last: true }),
      message({ id: 16, offset: 128, length: 16384 }),
      message({ classId: BIN_CLASS.extendedTile, codestream: 200, id: 70_000, aux: 128 }),
      message({ classId: BIN_CLASS.extendedTile, codestream: 200, id: 70_000, offset: 3, aux: 1 }),
    ];
    for (const one of all) {
      const length = writer.headerLength(one);
      expect(writer.headerLength(one)).toBe(length);
      expect(writer.header(one).length).toBe(length);
    }
  });

  test.each([
    ['a negative offset', { offset: -1 }],
    ['half a byte', { length: 0.5 }],
    ['an extended class without Aux', { classId: BIN_CLASS.extendedPrecinct }],
    ['a plain class with Aux', { aux: 1 }],
    ['an Aux that is no number', { classId: BIN_CLASS.extendedTile, aux: Number.NaN }],
  ])('refuses %s', (_, fields) => {
    const failure = jpipFailureOf(() => new MessageWriter().header(message(fields)));
    expect(failure).toMatchObject({ kind: 'usage', code: 'option-value' });
  });
});

describe('the end of a response', () => {
  test('is a zero byte, the reason and a length', () => {
    expect([...new MessageWriter().eor(EOR_REASON.windowDone)]).toEqual([0, 2, 0]);
    expect([...new MessageWriter().eor(EOR_REASON.unspecified)]).toEqual([0, 255, 0]);
  });

  test('can carry a body', () => {
    const end = new MessageWriter().eor(EOR_REASON.byteLimit, new Uint8Array(130).fill(7));
    expect([...end.subarray(0, 5)]).toEqual([0, 4, 0x81, 0x02, 7]);
    expect(end.length).toBe(134);
  });
});
