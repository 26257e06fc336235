/** Every response that was captured from a real server parses as another reader found it. */
import { describe, expect, test } from 'vitest';
import { BIN_CLASS, type MessageHeader } from '../../src/jpip/wire/message.ts';
import { MessageReader } from '../../src/jpip/wire/message-reader.ts';
import { MessageWriter } from '../../src/jpip/wire/message-writer.ts';
import { inPieces } from '../arbitraries/jpip-messages.ts';
import { CAPTURE_SERVERS, type Capture, type CapturedClass, captureFile, capturesOf } from '../support/captures.ts';
import { describeShared } from '../support/shared.ts';

/** The names of the records; extended classes are counted apart. */
const CLASS_NAMES: Readonly<Record<number, string>> = {
  [BIN_CLASS.precinct]: 'precinct',
  [BIN_CLASS.extendedPrecinct]: 'ext-precinct',
  [BIN_CLASS.tileHeader]: 'tile-header',
  [BIN_CLASS.tile]: 'tile',
  [BIN_CLASS.extendedTile]: 'ext-tile',
  [BIN_CLASS.mainHeader]: 'main-header',
  [BIN_CLASS.metadata]: 'metadata',
};

/** A response as whole messages; bodies by their lengths only. */
function readAll(pieces: readonly Uint8Array[]) {
  const reader = new MessageReader();
  const headers: MessageHeader[] = [];
  let taken = 0;
  let eor: { code: number; bodyLength: number } | null = null;
  for (const piece of pieces) {
    for (const one of reader.push(piece)) {
      if (one.kind === 'eor') {
        eor = { code: one.reason, bodyLength: one.body.length };
        continue;
      }
      taken += one.length;
      if (!one.endsMessage) continue;
      const { kind, body, endsMessage, ...header } = one;
      headers.push({ ...header, offset: one.offset + one.length - taken, length: taken });
      taken = 0;
    }
  }
  reader.end();
  return { reader, headers, eor };
}

function countsOf(headers: readonly MessageHeader[]): Record<string, CapturedClass> {
  const counts: Record<string, CapturedClass> = {};
  for (const { classId, length, last } of headers) {
    const name = CLASS_NAMES[classId] ?? `class ${classId}`;
    const { messages, bytes, complete } = counts[name] ?? { messages: 0, bytes: 0, complete: 0 };
    counts[name] = { messages: messages + 1, bytes: bytes + length, complete: complete + (last ? 1 : 0) };
  }
  return counts;
}

const nameOf = (capture: Capture) => `${capture.id} ${capture.scenario}: ${capture.query}`;

describeShared('jpip-captures', 'captured responses', () => {
  describe.each(CAPTURE_SERVERS)('of %s', (server) => {
    const all = capturesOf(server);
    const streams = all.filter((capture) => capture.parse !== undefined);

    test('are there', () => expect(streams.length).toBeGreaterThan(15));

    test.each(streams.map((capture) => [nameOf(capture), capture] as const))('%s', (_, capture) => {
      const bytes = captureFile(capture);
      const whole = readAll([bytes]);
      expect(whole.eor).toEqual(
        capture.eor === null ? null : { code: capture.eor?.code, bodyLength: capture.eor?.bodyLength },
      );
      expect(whole.headers.length).toBe(capture.parse?.messages);
      expect(whole.reader.messages).toBe(capture.parse?.messages);
      expect(countsOf(whole.headers)).toEqual(capture.parse?.byClass);
      expect([...new Set(whole.headers.map((header) => header.codestream))]).toEqual(capture.parse?.codestreams);
      const first = whole.headers.slice(0, 6).map(({ classId, id, codestream, offset, length, last, aux }) => ({
        cls: classId,
        id,
        csn: codestream,
        off: offset,
        len: length,
        last,
        ...(aux === undefined ? {} : { aux }),
      }));
      const recorded = (capture.first ?? []).flatMap((one) => {
        if ('eor' in one) return [];
        const { bb, ...header } = one;
        return [header];
      });
      expect(first.slice(0, recorded.length)).toEqual(recorded);
      expect(recorded.length).toBe(Math.min(whole.headers.length, 6));
      const inThrees = readAll(inPieces(bytes, [3, 1, 700]));
      expect(inThrees.headers).toEqual(whole.headers);
      expect(inThrees.eor).toEqual(whole.eor);
    });

    test('begin with headers that our writer writes in the same bytes', () => {
      for (const capture of streams) {
        const bytes = captureFile(capture);
        const { headers } = readAll([bytes]);
        // the first one may rely on codestream 0; from then on there is only one shortest way
        const [opening, ...others] = headers;
        if (opening === undefined) continue;
        const explicitFirst = (bytes[0]! & 0x60) === 0x60;
        const writer = new MessageWriter({ explicitFirst });
        let at = 0;
        for (const header of [opening, ...others]) {
          const written = writer.header(header);
          expect([...bytes.subarray(at, at + written.length)], nameOf(capture)).toEqual([...written]);
          at += written.length + header.length;
        }
      }
    });
  });

  test('over http-tcp lie in frames, and what follows their end is not looked at', () => {
    const capture = capturesOf('openjpip').find((one) => one.aux !== undefined)!;
    const raw = captureFile(capture, capture.aux!.rawFile);
    const payloads: Uint8Array[] = [];
    for (let at = 0; at < raw.length; ) {
      const length = raw[at]! * 256 + raw[at + 1]!; // counts the eight bytes of the frame's header too
      payloads.push(raw.subarray(at + 8, at + length));
      at += length;
    }
    const bytes = captureFile(capture);
    expect(Buffer.concat(payloads).equals(bytes)).toBe(true);
    // what this server was seen to send next is no message
    const { reader, headers } = readAll([...payloads, Uint8Array.of(0x13, 0x88, 0xff, 0xff, 0xff)]);
    expect(headers.length).toBe(capture.parse?.messages);
    expect(reader.ended).toBe(true);
    expect(reader.position).toBe(bytes.length);
  });
});
