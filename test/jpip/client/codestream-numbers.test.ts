import { expect, test } from 'vitest';
import { CodestreamNumbers } from '../../../src/jpip/client/codestream-numbers.ts';

test('a server may call the codestream that was asked for by a number of its own', () => {
  const numbers = new CodestreamNumbers();
  expect(numbers.of(7, 0)).toBe(0);
  expect(numbers.of(7, 0)).toBe(0);
  // one other number, not any
  expect(numbers.of(8, 0)).toBeUndefined();
  expect(numbers.of(8, 1)).toBe(1);
  expect(numbers.of(7, 1)).toBeUndefined();
});

test('numbers of their own are numbers of the target', () => {
  const numbers = new CodestreamNumbers();
  expect(numbers.of(0, 0)).toBe(0);
  expect(numbers.of(3, 0)).toBeUndefined();
  expect(numbers.of(0, 1)).toBeUndefined();
  expect(numbers.of(1, 1)).toBe(1);
});

test('a new channel may be another count', () => {
  const numbers = new CodestreamNumbers();
  numbers.of(7, 0);
  numbers.of(1, 1);
  numbers.forget();
  expect(numbers.of(9, 0)).toBe(0);
  expect(numbers.of(9, 1)).toBeUndefined();
  expect(numbers.of(7, 1)).toBeUndefined();
});
