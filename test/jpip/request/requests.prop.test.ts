/** What is written is read back, for requests and for response headers, and any text ends in a request or a typed error. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JpipError } from '../../../src/jpip/errors.ts';
import { formatModel, parseModel } from '../../../src/jpip/request/model-field.ts';
import { formatRequest } from '../../../src/jpip/request/format-request.ts';
import { parseRequest } from '../../../src/jpip/request/parse-request.ts';
import { percentDecode, percentEncode } from '../../../src/jpip/request/percent.ts';
import { formatResponseHeaders, parseResponseHeaders } from '../../../src/jpip/request/response-headers.ts';
import { jpipRequest, jpipResponseHeaders, modelStatements, text } from '../../arbitraries/jpip-requests.ts';

test('a request comes back from its text, in a query, in a body and over both', () => {
  fc.assert(
    fc.property(jpipRequest, fc.nat(), (request, cut) => {
      const written = formatRequest(request);
      expect(written).toMatch(/^[\x21-\x7e]*$/);
      expect(parseRequest(written).request).toEqual(request);
      expect(parseRequest('', `${written}\r\n`).request).toEqual(request);
      const fields = written.split('&');
      const at = cut % (fields.length + 1);
      expect(parseRequest(fields.slice(0, at).join('&'), fields.slice(at).join('&')).request).toEqual(request);
    }),
    { numRuns: 300 },
  );
});

test('a request survives a decoder of forms and the encoder of browsers', () => {
  fc.assert(
    fc.property(jpipRequest, (request) => {
      const written = formatRequest(request);
      expect(parseRequest(new URL(`http://localhost/?${written}`).search.slice(1)).request).toEqual(request);
    }),
  );
});

test('text survives percent-encoding', () => {
  fc.assert(
    fc.property(text, (one) => {
      expect(percentDecode(percentEncode(one))).toBe(one);
      expect(decodeURIComponent(percentEncode(one))).toBe(one);
      expect(new URLSearchParams(`x=${percentEncode(one)}`).get('x')).toBe(one);
    }),
  );
});

test('statements of the cache model come back', () => {
  fc.assert(
    fc.property(modelStatements(true), (statements) => {
      expect(parseModel(formatModel(statements))).toEqual(statements);
    }),
  );
});

test('response headers come back', () => {
  fc.assert(
    fc.property(jpipResponseHeaders, (headers) => {
      const written = formatResponseHeaders(headers);
      for (const value of Object.values(written)) expect(value).not.toContain(': ');
      const lower = new Map(Object.entries(written).map(([name, value]) => [name.toLowerCase(), value]));
      expect(parseResponseHeaders((name) => lower.get(name.toLowerCase()))).toEqual(headers);
    }),
  );
});

test('any text is a request or a typed error, and what is understood is understood again', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'target',
      'fsiz',
      'model',
      'need',
      'metareq',
      'context',
      'comps',
      'type',
      'pref',
      'len',
      'tpmodel',
      'cclose',
    ),
    fc.constantFrom('=', '&', ',', ';', '[', ']', '<', '>', ':', '-', '*', '!', '/', '%41', '%', '+', ' '),
    fc.constantFrom('Hm', 'P', 'H3', 't0', 'L2', 'jpxl', 'xml_', 'R0', 'D1', '1', '0-', '7-9', 'closest', 'yes', '/r'),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      let request: ReturnType<typeof parseRequest>['request'];
      try {
        ({ request } = parseRequest(pieces.join('')));
      } catch (error) {
        expect(error).toBeInstanceOf(JpipError);
        expect((error as JpipError).status).toBe(400);
        return;
      }
      expect(parseRequest(formatRequest(request)).request).toEqual(request);
    }),
    { numRuns: 2000 },
  );
});
