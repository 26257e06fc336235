/** Reading messages: inheritance, pieces, ends, and what is refused where. */
import { describe, expect, test } from 'vitest';
import { BIN_CLASS, type ReadMessage } from '../../../src/jpip/wire/message.ts';
import { MessageReader } from '../../../src/jpip/wire/message-reader.ts';
import { jpipFailureOf } from '../../support/jpip-failure.ts';

const bytes = (...numbers: number[]): Uint8Array => Uint8Array.from(numbers);
const headersOf = (found: readonly ReadMessage[]) =>
  found.map((one) =>
    one.kind === 'eor'
      ? `eor ${one.reason} ${one.body.length}`
      : `${one.classId}/${one.codestream}/${one.id} ${one.offset}+${one.length}${one.last ? ' last' : ''}` +
        `${one.aux === undefined ? '' : ` aux ${one.aux}`}${one.endsMessage ? '' : ' ...'}`,
  );

// main header of codestream 2, tile header of the same, two precinct pieces, an end
const RESPONSE = bytes(
  ...[0x70, 6, 2, 0, 3, 1, 2, 3], // Bin-ID with Class and CSn, last byte; offset 0, length 3
  ...[0x55, 2, 0, 0], // Class, last byte, identifier 5: empty and complete
  ...[0xc0, 0x10, 0, 9, 2, 4, 5], // Class, identifier 16 in two bytes; offset 9, length 2
  ...[0x21, 0x81, 0x00, 1, 6], // nothing but identifier 1, offset 128
  ...[0, 2, 0],
);

describe('messages', () => {
  test('inherit class and codestream from the one before', () => {
    const reader = new MessageReader();
    expect(headersOf(reader.push(RESPONSE))).toEqual([
      '6/2/0 0+3 last',
      '2/2/5 0+0 last',
      '0/2/16 9+2',
      '0/2/1 128+1',
      'eor 2 0',
    ]);
    expect(reader).toMatchObject({ messages: 4, position: RESPONSE.length, ended: true });
    reader.end();
  });

  test('start with class 0 and codestream 0', () => {
    expect(headersOf(new MessageReader().push(bytes(0x23, 0, 1, 9)))).toEqual(['0/0/3 0+1']);
    expect(headersOf(new MessageReader().push(bytes(0x43, 6, 0, 1, 9)))).toEqual(['6/0/3 0+1']);
  });

  test('come in pieces, of which only the end of the last is the end of the data-bin', () => {
    const reader = new MessageReader();
    const [first] = reader.push(RESPONSE.subarray(0, 7));
    expect(headersOf([first])).toEqual(['6/2/0 0+2 ...']);
    expect(reader).toMatchObject({ messages: 0, position: 7, ended: false });
    expect(headersOf(reader.push(RESPONSE.subarray(7, 9)))).toEqual(['6/2/0 2+1 last']);
    expect(reader).toMatchObject({ messages: 1, position: 9 });
  });

  test('say Aux where they end, for it counts what is whole there', () => {
    const reader = new MessageReader();
    const extended = bytes(0x70, BIN_CLASS.extendedPrecinct, 0, 0, 2, 7, 1, 2);
    expect(headersOf(reader.push(extended.subarray(0, 7)))).toEqual(['1/0/0 0+1 ...']);
    expect(headersOf(reader.push(extended.subarray(7)))).toEqual(['1/0/0 1+1 last aux 7']);
  });

  test('of classes that nobody knows are given as they are, odd ones with Aux', () => {
    const found = new MessageReader().push(bytes(0x60, 12, 0, 0, 1, 0xaa, 0x40, 13, 0, 1, 4, 0xbb, 0x20, 1, 0, 4));
    expect(headersOf(found)).toEqual(['12/0/0 0+1', '13/0/0 0+1 aux 4', '13/0/0 1+0 aux 4']);
  });

  test('have bodies that are views of what was pushed', () => {
    const [first] = new MessageReader().push(RESPONSE);
    expect(first?.body.buffer).toBe(RESPONSE.buffer);
    expect([...first!.body]).toEqual([1, 2, 3]);
  });
});

describe('the end of a response', () => {
  test('is the last thing that counts', () => {
    const reader = new MessageReader();
    expect(headersOf(reader.push(bytes(0, 4, 2, 8, 9, 0x1f, 0xff, 0xff)))).toEqual(['eor 4 2']);
    expect(reader.position).toBe(5);
    expect(reader.push(bytes(0x1f, 1, 2))).toEqual([]);
    reader.end();
  });

  test('gathers its body from pieces', () => {
    const reader = new MessageReader();
    expect([bytes(0), bytes(255, 3, 1), bytes(2)].map((piece) => reader.push(piece))).toEqual([[], [], []]);
    expect(reader.push(bytes(3, 0x1f))).toEqual([{ kind: 'eor', reason: 255, body: bytes(1, 2, 3) }]);
  });

  test('has no place in a data-bin, so no data-bin is too long for it', () => {
    const far = bytes(0x20, 0x8f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7e, 1, 9);
    expect(headersOf(new MessageReader().push(Buffer.concat([far, bytes(0, 2, 2, 5, 6)])))).toEqual([
      `0/0/0 ${Number.MAX_SAFE_INTEGER - 1}+1`,
      'eor 2 2',
    ]);
  });

  test('may be missing', () => {
    const reader = new MessageReader();
    reader.push(RESPONSE.subarray(0, RESPONSE.length - 3));
    reader.end();
    expect(reader.ended).toBe(false);
    new MessageReader().end();
  });

  test.each([1, 5, 6, 7, 10, RESPONSE.length - 2, RESPONSE.length - 1])(
    'may not come inside a message (byte %d)',
    (cut) => {
      const reader = new MessageReader();
      reader.push(RESPONSE.subarray(0, cut));
      const expected = { kind: 'malformed', code: 'response-cut', offset: cut };
      expect(jpipFailureOf(() => reader.end())).toMatchObject(expected);
      expect(jpipFailureOf(() => reader.push(RESPONSE))).toMatchObject(expected);
    },
  );
});

describe('a violation', () => {
  test.each([
    ['an identifier padded to eleven bytes', bytes(0xa0, ...new Array(9).fill(0x80), 0x01), 'message-header', 10],
    ['the forbidden indicator', bytes(0x1f), 'message-header', 0],
    ['a number without end', bytes(0x60, 0, ...new Array(12).fill(0x80)), 'message-header', 12],
    ['an identifier beyond 2^53', bytes(0xbf, ...new Array(7).fill(0xff), 0x7f), 'message-header', 8],
    ['a data-bin beyond 2^53', bytes(0x20, 0x8f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 1), 'message-length', 9],
  ])('is told with its place: %s', (_, input, code, offset) => {
    expect(jpipFailureOf(() => new MessageReader().push(input))).toMatchObject({ kind: 'malformed', code, offset });
  });

  test('is told after what was good before it', () => {
    const reader = new MessageReader();
    expect(headersOf(reader.push(bytes(0x20, 0, 1, 9, 0x1f)))).toEqual(['0/0/0 0+1']);
    const expected = { code: 'message-header', offset: 4 };
    expect(jpipFailureOf(() => reader.push(bytes(0)))).toMatchObject(expected);
    expect(jpipFailureOf(() => reader.end())).toMatchObject(expected);
    expect(reader).toMatchObject({ messages: 1, position: 4 });
  });

  test('of the limit comes before the body is taken', () => {
    const reader = new MessageReader({ maxMessageBytes: 100 });
    expect(headersOf(reader.push(bytes(0x20, 0, 100, ...new Array(100).fill(0))))).toEqual(['0/0/0 0+100']);
    expect(jpipFailureOf(() => reader.push(bytes(0x20, 0, 101)))).toMatchObject({
      kind: 'limit',
      code: 'limit-message',
      offset: 105,
    });
    const end = new MessageReader({ maxMessageBytes: 100 });
    expect(jpipFailureOf(() => end.push(bytes(0, 2, 101)))).toMatchObject({ code: 'limit-message' });
  });
});
