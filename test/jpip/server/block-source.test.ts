import { describe, expect, test } from 'vitest';
import { BlockBudget, BlockSource, partOfSource } from '../../../src/jpip/server/block-source.ts';

const BLOCK = 65536;
const bytes = Uint8Array.from({ length: 10 * BLOCK + 100 }, (_, k) => (k * 7919) >> 5);

/** A block source, and the ranges that were read from what is behind it. */
function blocks(mostBlocks: number) {
  const read: { offset: number; length: number }[] = [];
  const budget = new BlockBudget(mostBlocks * BLOCK);
  const inner = {
    size: bytes.length,
    read: async (range: { offset: number; length: number }) => {
      read.push(range);
      await new Promise((resolve) => setImmediate(resolve));
      return bytes.slice(range.offset, range.offset + range.length);
    },
  };
  return { source: new BlockSource(inner, budget), read, budget, inner };
}

describe('a block source', () => {
  test('gives any ranges as they are, across blocks and at the end', async () => {
    const { source } = blocks(4);
    const ranges = [
      { offset: 10, length: 20 },
      { offset: BLOCK - 5, length: 10 },
      { offset: 3 * BLOCK - 1, length: 2 * BLOCK + 2 },
      { offset: bytes.length - 50, length: 500 },
      { offset: bytes.length + 5, length: 5 },
      { offset: 7, length: 0 },
    ];
    const expected = ranges.map(({ offset, length }) => bytes.slice(offset, offset + length));
    expect(await source.readMany(ranges)).toEqual(expected);
    for (const [k, range] of ranges.entries()) expect(await source.read(range)).toEqual(expected[k]);
    const buffer = new Uint8Array(BLOCK);
    await source.readInto(buffer, [
      { at: 3, offset: BLOCK - 100, length: 300 },
      { at: 400, offset: 9 * BLOCK, length: 20 },
    ]);
    expect(buffer.subarray(3, 303)).toEqual(bytes.subarray(BLOCK - 100, BLOCK + 200));
    expect(buffer.subarray(400, 420)).toEqual(bytes.subarray(9 * BLOCK, 9 * BLOCK + 20));
  });

  test('reads neighbouring blocks at once, in the order of the file, and keeps them', async () => {
    const { source, read, budget } = blocks(8);
    const ranges = [4, 0, 1, 5].map((block) => ({ offset: block * BLOCK, length: 10 }));
    const account = await source.readInto(
      new Uint8Array(100),
      ranges.map((range, k) => ({ ...range, at: 10 * k })),
    );
    expect(read).toEqual([
      { offset: 0, length: 2 * BLOCK },
      { offset: 4 * BLOCK, length: 2 * BLOCK },
    ]);
    expect(account).toEqual({ reads: 2, readBytes: 4 * BLOCK });
    await source.readMany(ranges);
    expect(read).toHaveLength(2);
    expect(budget).toMatchObject({ reads: 2, readBytes: 4 * BLOCK });
  });

  test('shares a read that is under way', async () => {
    const { source, read } = blocks(8);
    const both = await Promise.all([source.read({ offset: 5, length: 5 }), source.read({ offset: 7, length: 9 })]);
    expect(both).toEqual([bytes.slice(5, 10), bytes.slice(7, 16)]);
    expect(read).toHaveLength(1);
  });

  test('lets go of the blocks that were not used for longest, and never holds more than it may', async () => {
    const { source, read } = blocks(2);
    const touch = (block: number) => source.read({ offset: block * BLOCK, length: 1 });
    for (const block of [0, 1, 0, 2, 0]) await touch(block);
    // 1 was let go for 2, since 0 had been used after it
    expect(read.map(({ offset }) => offset / BLOCK)).toEqual([0, 1, 2]);
    await touch(1);
    expect(read).toHaveLength(4);
    for (let round = 0; round < 5; round++) for (let block = 3; block < 9; block++) await touch(block);
    expect(read).toHaveLength(4 + 30);
  });

  test('gives its blocks back when it is closed', async () => {
    const { source, budget, inner } = blocks(2);
    await source.read({ offset: 0, length: 2 * BLOCK });
    await source.close();
    const other = new BlockSource(inner, budget);
    for (const block of [0, 1, 0, 1]) await other.read({ offset: block * BLOCK, length: 1 });
    expect(budget.reads).toBe(3);
  });

  test('a failed read fails for all who wait, and is tried again', async () => {
    const { source, inner } = blocks(2);
    const { read } = inner;
    inner.read = async () => {
      throw new Error('no disk');
    };
    const all = await Promise.allSettled([
      source.read({ offset: 0, length: 1 }),
      source.read({ offset: 1, length: 1 }),
    ]);
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    inner.read = read;
    expect(await source.read({ offset: 0, length: 3 })).toEqual(bytes.slice(0, 3));
  });

  test('a file that is shorter than it was is an error where bytes are missing', async () => {
    const { source, inner } = blocks(2);
    inner.read = async ({ offset, length }) => bytes.slice(offset, Math.min(offset + length, 1000));
    const gap = { at: 0, offset: 900, length: 200 };
    await expect(source.readInto(new Uint8Array(200), [gap])).rejects.toMatchObject({ code: 'target-changed' });
  });
});

test('a part of a source is a source of its own', async () => {
  const { source } = blocks(4);
  const part = partOfSource(source, BLOCK - 10, 100);
  expect(part.size).toBe(100);
  expect(await part.read({ offset: 5, length: 10 })).toEqual(bytes.slice(BLOCK - 5, BLOCK + 5));
  expect(await part.read({ offset: 95, length: 10 })).toEqual(bytes.slice(BLOCK + 85, BLOCK + 90));
  expect(await part.readMany!([{ offset: 100, length: 5 }])).toEqual([new Uint8Array(0)]);
  expect(partOfSource(source, bytes.length - 5, 100).size).toBe(5);
});
