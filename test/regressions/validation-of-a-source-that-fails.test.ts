import { describe, expect, test } from 'vitest';
import { Jpeg2000Error, type RandomAccessSource, validate } from '../../src/index.ts';
import { fixture } from '../support/fixtures.ts';

/** A source that gives way at a read. */
function failingAt(read: number, error: Error): RandomAccessSource {
  const bytes = fixture('tiles-offsets-53');
  let reads = 0;
  return {
    size: bytes.length,
    async read({ offset, length }) {
      if (++reads === read) throw error;
      return bytes.slice(offset, offset + length);
    },
  };
}

describe('a read that fails says nothing about the rules that a file keeps', () => {
  test.each([1, 2, 3])('so a validation rejects, at read %i', async (read) => {
    const broken = validate(failingAt(read, new Error('EISDIR: a folder')));
    await expect(broken).rejects.toMatchObject({ code: 'source-read', message: expect.stringContaining('a folder') });
    const changed = new Jpeg2000Error('malformed', 'source-changed', 'another file');
    await expect(validate(failingAt(read, changed))).rejects.toBe(changed);
  });
});
