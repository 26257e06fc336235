import { describe, expect, test } from 'vitest';
import { parseAddress } from '../../../src/jpip/client/address.ts';

describe('an address', () => {
  test.each([
    ['https://example.org/a/b.jp2', 'https://example.org', 'https://example.org/a/b.jp2', {}],
    ['jpip://example.org:8080/b.jp2', 'http://example.org:8080', 'http://example.org:8080/b.jp2', {}],
    ['JPIPS://example.org', 'https://example.org', 'https://example.org', {}],
    ['/jpip?target=a%20b.jp2#part', '', '/jpip', { target: 'a b.jp2' }],
    [
      'http://h/?target=a&subtarget=10-20',
      'http://h',
      'http://h/',
      { target: 'a', subtarget: { first: 10, last: 20 } },
    ],
  ])('%s names its target', (url, origin, base, target) => {
    expect(parseAddress(url)).toMatchObject({ origin, base, target });
  });

  test('is the same name in stores, whatever else it says', () => {
    const { name, extra } = parseAddress('http://h/jpip?token=x&target=a.jp2&fsiz=10,10');
    expect(name).toBe('http://h/jpip?target=a.jp2');
    expect(extra).toEqual({ unknown: [{ name: 'token', value: 'x' }] });
  });

  test.each(['', 'ftp://h/a', 'file:///a.jp2', 'http://'])('is refused as %j', (url) => {
    expect(() => parseAddress(url)).toThrow(expect.objectContaining({ kind: 'usage', code: 'option-value' }));
  });
});
