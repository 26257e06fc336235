import { describe, expect, test } from 'vitest';
import { corsHeaders, preflightHeaders } from '../../../src/jpip/transport/cors.ts';

describe('CORS', () => {
  const allowed = (cors: Parameters<typeof corsHeaders>[0], origin?: string): string | undefined =>
    corsHeaders(cors, origin)['Access-Control-Allow-Origin'];

  test('everybody may ask unless somebody is named', () => {
    expect(allowed({}, 'http://a')).toBe('*');
    expect(allowed({}, undefined)).toBe('*');
    expect(allowed({ origin: 'http://a' }, 'http://a')).toBe('http://a');
    expect(allowed({ origin: 'http://a' }, 'http://b')).toBeUndefined();
    expect(allowed({ origin: ['http://a', 'http://b'] }, 'http://b')).toBe('http://b');
    expect(allowed({ origin: (origin) => origin.endsWith('.org') }, 'https://x.org')).toBe('https://x.org');
    expect(allowed({ origin: (origin) => origin.endsWith('.org') }, 'https://x.com')).toBeUndefined();
    expect(allowed(undefined, 'http://a')).toBeUndefined();
  });

  test('with credentials the origin is named, and caches know that it matters', () => {
    const headers = corsHeaders({ credentials: true }, 'http://a');
    expect(headers).toMatchObject({
      'Access-Control-Allow-Origin': 'http://a',
      'Access-Control-Allow-Credentials': 'true',
      Vary: 'Origin',
    });
    expect(corsHeaders({ origin: 'http://a' }, 'http://b')).toEqual({ Vary: 'Origin' });
    expect(corsHeaders({}, 'http://a').Vary).toBeUndefined();
  });

  test('a preflight repeats names of headers and nothing else', () => {
    const headers = preflightHeaders({}, 'X-Key, bad name, , x\r\nSet-Cookie: a');
    expect(headers['Access-Control-Allow-Headers']).toBe('X-Key');
  });
});
