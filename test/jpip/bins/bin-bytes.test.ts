import { describe, expect, test } from 'vitest';
import { BinBytes } from '../../../src/jpip/bins/bin-bytes.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('the bytes of a data-bin', () => {
  test('of no length are complete once that is said', () => {
    const bin = new BinBytes();
    expect(bin.complete).toBe(false);
    expect(bin.add(0, bytes(), true)).toEqual({ fresh: 0 });
    expect(bin.complete).toBe(true);
    expect(bin.prefix()).toEqual(bytes());
  });

  test('keep a view as it was when more comes in', () => {
    const bin = new BinBytes();
    bin.add(0, new Uint8Array(2000).fill(1), false);
    const view = bin.prefix();
    bin.add(2000, new Uint8Array(500).fill(2), false);
    bin.add(2500, new Uint8Array(100).fill(3), true);
    expect(view).toEqual(new Uint8Array(2000).fill(1));
    expect(bin.prefix().length).toBe(2600);
  });

  test('are copied from what is handed in', () => {
    const bin = new BinBytes();
    const given = bytes(1, 2, 3);
    bin.add(0, given, false);
    given.fill(9);
    expect(bin.prefix()).toEqual(bytes(1, 2, 3));
  });

  test('have one end', () => {
    const bin = new BinBytes();
    bin.add(0, bytes(1, 2, 3), true);
    expect(bin.add(3, bytes(4), false).conflict).toBe('bytes 3 to 4 of a data-bin that ends at 3');
    expect(bin.add(0, bytes(1, 2), true).conflict).toBe('bytes 0 to 2 as the last of a data-bin that ends at 3');
    const other = new BinBytes();
    other.add(4, bytes(5, 6), false);
    expect(other.add(0, bytes(1, 2), true).conflict).toBe('an end at 2 of a data-bin of which 6 bytes are held');
    expect(other.length).toBeUndefined();
  });

  test('refuse a part where only the waiting bytes contradict it', () => {
    const bin = new BinBytes();
    bin.add(4, bytes(5, 6), false);
    expect(bin.add(3, bytes(4, 7), false).conflict).toBe('byte 4 is 7, and was 5');
    expect(bin.bytesHeld).toBe(2);
  });

  test('are not scattered behind ever more gaps', () => {
    const bin = new BinBytes();
    let refused = 0;
    for (let k = 1; k <= 1000; k++) if (bin.add(2 * k, bytes(1), false).conflict) refused++;
    expect(refused).toBe(1000 - 256);
    // what is behind a gap that is closed counts no more
    expect(bin.add(0, new Uint8Array(601).fill(1), false)).toEqual({ fresh: 601 - 256 });
  });

  test.each([1, -1])('may come behind a gap byte by byte, in steps of %i', (step) => {
    const count = 400_000;
    const bin = new BinBytes();
    for (let k = 0; k < count; k++) {
      const offset = 1 + (step > 0 ? k : count - 1 - k);
      bin.add(offset, Uint8Array.of(offset), false);
    }
    // backwards each byte stands alone, and only so many of those are kept
    const kept = step > 0 ? count : 256;
    expect(bin.bytesHeld).toBe(kept);
    bin.add(0, Uint8Array.of(0), false);
    expect(bin.held).toBe(step > 0 ? count + 1 : 1);
    expect(bin.prefix().every((byte, k) => byte === (k & 255))).toBe(true);
  });
});
