import { describe, expect, test } from 'vitest';
import {
  readBytes,
  readPoint,
  readPositive,
  readRect,
  readSize,
  readWhole,
  readWholes,
  readWord,
} from '../../src/cli/argument-values.ts';

describe('values of options', () => {
  test('are read', () => {
    expect(readWhole(' 12 ', 'x')).toBe(12);
    expect(readWholes('1,2, 3', 'x')).toEqual([1, 2, 3]);
    expect(readPositive('0.5', 'x')).toBe(0.5);
    expect(readPositive('.5', 'x')).toBe(0.5);
    expect(readPositive('1e-3', 'x')).toBe(0.001);
    expect(readSize('64x32', 'x')).toEqual({ width: 64, height: 32 });
    expect(readSize('64,32', 'x')).toEqual({ width: 64, height: 32 });
    expect(readSize('64', 'x')).toEqual({ width: 64, height: 64 });
    expect(readPoint('3,4', 'x')).toEqual({ x: 3, y: 4 });
    expect(readRect('1,2,3,4', 'x')).toEqual({ x: 1, y: 2, width: 3, height: 4 });
    expect(readWord('LAZY', 'x', ['bypass'], { lazy: 'bypass' })).toBe('bypass');
  });

  test.each([
    ['500', 500],
    ['50k', 50_000],
    ['50 kB', 50_000],
    ['1.5M', 1_500_000],
    ['2G', 2_000_000_000],
  ])('%s are bytes', (text, bytes) => {
    expect(readBytes(text, 'bytes')).toBe(bytes);
  });

  test.each<[string, () => unknown]>([
    ['a fraction where a whole number belongs', () => readWhole('1.5', 'x')],
    ['a negative number', () => readWhole('-1', 'x')],
    ['nothing', () => readWhole('', 'x')],
    ['too many numbers', () => readWholes('1,2,3', 'x', 2)],
    ['zero where more is needed', () => readPositive('0', 'x')],
    ['infinity', () => readPositive('1e999', 'x')],
    ['a word for a number', () => readPositive('ten', 'x')],
    ['a size of three sides', () => readSize('1x2x3', 'x')],
    ['bytes of a unit unknown', () => readBytes('5 miles', 'x')],
    ['an unknown word', () => readWord('red', 'x', ['blue'])],
  ])('are refused with their option: %s', (_, read) => {
    expect(read).toThrow('--x takes');
  });
});
