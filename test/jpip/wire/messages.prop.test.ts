/** Written messages are read back, however the bytes are cut, and rubbish ends in a typed error. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joinBytes } from '../../../src/codec/bits/join-bytes.ts';
import { JpipError } from '../../../src/jpip/errors.ts';
import type { DataPiece, MessageHeader, ReadMessage } from '../../../src/jpip/wire/message.ts';
import { MessageReader } from '../../../src/jpip/wire/message-reader.ts';
import { MessageWriter } from '../../../src/jpip/wire/message-writer.ts';
import { readVbas, vbasLength, writeVbas } from '../../../src/jpip/wire/vbas.ts';
import { inPieces, jpipMessage, vbasNumber } from '../../arbitraries/jpip-messages.ts';

/** Pieces of messages put together again; each must continue the one before. */
function wholeMessages(found: readonly ReadMessage[]): { header: MessageHeader; body: Uint8Array }[] {
  const whole: { header: MessageHeader; body: Uint8Array }[] = [];
  let open: DataPiece[] = [];
  for (const piece of found) {
    if (piece.kind === 'eor') continue;
    const before = open.at(-1);
    if (before) {
      const { classId, codestream, id } = piece;
      expect({ classId, codestream, id, offset: piece.offset }).toEqual({
        classId: before.classId,
        codestream: before.codestream,
        id: before.id,
        offset: before.offset + before.length,
      });
      expect(before.last).toBe(false);
    }
    expect(piece.length).toBe(piece.body.length);
    open.push(piece);
    if (!piece.endsMessage) continue;
    const { kind, endsMessage, body, ...header } = piece;
    const all = joinBytes(open.map((part) => part.body));
    whole.push({ header: { ...header, offset: open[0]!.offset, length: all.length }, body: all });
    open = [];
  }
  expect(open).toEqual([]);
  return whole;
}

test('a number that is written is read back, in the length that was told', () => {
  fc.assert(
    fc.property(vbasNumber(), fc.nat(3), (n, at) => {
      const out = new Uint8Array(at + vbasLength(n));
      expect(writeVbas(out, at, n)).toBe(out.length);
      expect(readVbas(out, at)).toEqual({ value: n, next: out.length });
    }),
  );
});

test('messages come back in any pieces', () => {
  fc.assert(
    fc.property(
      fc.array(jpipMessage, { maxLength: 12 }),
      fc.boolean(),
      fc.option(fc.tuple(fc.nat(255), fc.uint8Array({ maxLength: 20 }))),
      fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 5 }),
      fc.uint8Array({ maxLength: 8 }),
      (messages, explicitFirst, end, sizes, rubbish) => {
        const writer = new MessageWriter({ explicitFirst });
        const parts = messages.flatMap(({ header, body }) => {
          const told = writer.headerLength(header);
          const bytes = writer.header(header);
          expect(bytes.length).toBe(told);
          return [bytes, body];
        });
        if (end) parts.push(writer.eor(end[0], end[1]), rubbish);
        const reader = new MessageReader();
        const found = inPieces(joinBytes(parts), sizes).flatMap((piece) => reader.push(piece));
        reader.end();
        expect(wholeMessages(found)).toEqual(messages);
        expect(reader.messages).toBe(messages.length);
        expect(found.filter((one) => one.kind === 'eor')).toEqual(
          end ? [{ kind: 'eor', reason: end[0], body: end[1] }] : [],
        );
        expect(reader.ended).toBe(end !== null);
      },
    ),
  );
});

test('any bytes end in messages or in one error, the same for every way to cut them', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 80 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
      (bytes, sizes) => {
        const outcome = (pieces: readonly Uint8Array[]) => {
          const reader = new MessageReader({ maxMessageBytes: 50 });
          const taken: number[] = [];
          let failure: string | undefined;
          try {
            for (const piece of pieces) for (const one of reader.push(piece)) taken.push(...one.body);
            reader.end();
          } catch (error) {
            if (!(error instanceof JpipError)) throw error;
            failure = `${error.code} ${error.offset}`;
          }
          return { taken, failure, messages: reader.messages, position: reader.position };
        };
        expect(outcome(inPieces(bytes, sizes))).toEqual(outcome([bytes]));
      },
    ),
  );
});
