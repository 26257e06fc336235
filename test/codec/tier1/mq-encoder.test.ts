import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MqDecoder } from '../../../src/codec/tier1/mq-decoder.ts';
import { MqEncoder } from '../../../src/codec/tier1/mq-encoder.ts';
import { Contexts, MqEncoder as SlowMqEncoder } from '../../reference/mq.ts';

/** The test sequence of 14492 H.2, which 15444-1 Annex J.1 refers to: one context, initially in state 0. */
const PLAIN = bytes('00 02 00 51 00 00 00 C0 03 52 87 2A AA AA AA AA 82 C0 20 00 FC D7 9E F6 BF 7F ED 90 4F 46 A3 BF');
const CODED = bytes('84 C7 3B FC E1 A1 43 04 02 20 00 00 41 0D BB 86 F4 31 7F FF 88 FF 37 47 1A DB 6A DF FF AC');

test('the published sequence is encoded to the published bytes', () => {
  const encoder = new MqEncoder(1);
  for (const bit of bits(PLAIN)) encoder.encode(0, bit);
  expect([...encoder.flush(), 0xff, 0xac]).toEqual([...CODED]); // the marker stands behind the segment
});

test('any decisions give the bytes of the reference, and decode again', () => {
  const decisions = fc.array(fc.tuple(fc.integer({ min: 0, max: 18 }), fc.constantFrom(0, 0, 0, 1)), {
    maxLength: 2000,
  });
  fc.assert(
    fc.property(fc.array(decisions, { minLength: 1, maxLength: 3 }), (segments) => {
      const [encoder, decoder, contexts] = [new MqEncoder(19), new MqDecoder(19), new Contexts()];
      for (const coder of [encoder, decoder]) {
        coder.setContext(0, 4);
        coder.setContext(17, 3);
        coder.setContext(18, 46);
      }
      for (const segment of segments) {
        const slow = new SlowMqEncoder(contexts);
        encoder.start();
        for (const [context, decision] of segment) {
          encoder.encode(context, decision as 0 | 1);
          slow.encode(context, decision);
        }
        const coded = encoder.flush();
        expect([...coded]).toEqual(slow.flush());
        decoder.start(coded);
        expect(segment.map(([context]) => decoder.decode(context))).toEqual(segment.map(([, decision]) => decision));
      }
    }),
    { numRuns: 60 },
  );
});

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.split(' ').map((byte) => Number.parseInt(byte, 16)));
}

function bits(of: Uint8Array): (0 | 1)[] {
  return [...of].flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((k) => ((byte >> k) & 1) as 0 | 1));
}
