import { expect, test } from 'vitest';
import { MqDecoder } from '../../../src/codec/tier1/mq-decoder.ts';
import { Contexts, MqEncoder, SlowMqDecoder } from '../../reference/mq.ts';

/** The test sequence of 14492 H.2, which 15444-1 Annex J.1 refers to: one context, initially in state 0. */
const PLAIN = bytes('00 02 00 51 00 00 00 C0 03 52 87 2A AA AA AA AA 82 C0 20 00 FC D7 9E F6 BF 7F ED 90 4F 46 A3 BF');
const CODED = bytes('84 C7 3B FC E1 A1 43 04 02 20 00 00 41 0D BB 86 F4 31 7F FF 88 FF 37 47 1A DB 6A DF FF AC');

test('the published sequence decodes to its plain text', () => {
  const decoder = new MqDecoder(1);
  decoder.start(CODED);
  expect(bits(PLAIN).map(() => decoder.decode(0))).toEqual(bits(PLAIN));
});

test('the reference coder of the tests passes the published sequence both ways', () => {
  const decoder = new SlowMqDecoder(new Contexts(), CODED);
  expect(bits(PLAIN).map(() => decoder.decode(1))).toEqual(bits(PLAIN));
  const encoder = new MqEncoder(new Contexts());
  for (const bit of bits(PLAIN)) encoder.encode(1, bit);
  expect([...encoder.flush(), 0xff, 0xac]).toEqual([...CODED]); // the marker stands behind the segment
});

test('an empty segment reads as ones for ever, like the reference', () => {
  const decoder = new MqDecoder(19);
  decoder.start(new Uint8Array(0));
  const slow = new SlowMqDecoder(new Contexts(), []);
  for (let i = 0; i < 2000; i++) expect(decoder.decode(1 + (i % 8))).toBe(slow.decode(1 + (i % 8)));
});

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.split(' ').map((byte) => Number.parseInt(byte, 16)));
}

function bits(of: Uint8Array): number[] {
  return [...of].flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((k) => (byte >> k) & 1));
}
