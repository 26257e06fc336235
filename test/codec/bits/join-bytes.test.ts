import { expect, test } from 'vitest';
import { joinBytes, lengthOfAll } from '../../../src/codec/bits/join-bytes.ts';

const [a, b] = [Uint8Array.of(1, 2), Uint8Array.of(3)];

test('puts pieces together in order', () => {
  expect([...joinBytes([a, new Uint8Array(0), b])]).toEqual([1, 2, 3]);
  expect(joinBytes([])).toHaveLength(0);
  expect(lengthOfAll([a, b, a])).toBe(5);
});

test('gives a single piece back without a copy', () => {
  expect(joinBytes([a])).toBe(a);
});

test('fills memory that is given', () => {
  const room = new Uint8Array(2);
  expect(joinBytes([a], room)).toBe(room);
  expect([...room]).toEqual([1, 2]);
});
