/** JPIP headers of responses, as real servers send them and as we do. */
import { describe, expect, test } from 'vitest';
import type { JpipDiagnostic } from '../../../src/jpip/errors.ts';
import {
  formatResponseHeaders,
  type JpipResponseHeaders,
  parseResponseHeaders,
  RESPONSE_HEADER_NAMES,
} from '../../../src/jpip/request/response-headers.ts';
import { CAPTURE_SERVERS, captureHeader, capturesOf } from '../../support/captures.ts';
import { jpipFailureOf } from '../../support/jpip-failure.ts';
import { describeShared } from '../../support/shared.ts';

function parse(headers: Record<string, string>, problems?: JpipDiagnostic[]): JpipResponseHeaders {
  const lower = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return parseResponseHeaders((name) => lower.get(name.toLowerCase()) ?? null, problems);
}

describe('response headers', () => {
  test('are written in the case and order that peers expect', () => {
    const headers: JpipResponseHeaders = {
      cnew: { cid: 'a1', path: 'jpip', transport: 'http', auxport: 9, other: [{ name: 'x', value: 'y' }] },
      tid: 'T',
      fsiz: { width: 5, height: 6 },
      context: [
        { context: { kind: 'jpxl', ranges: [{ first: 0, last: 1 }] }, codestreams: [{ first: 0 }, { first: 2 }] },
      ],
      roi: { name: 'ship', fsiz: { width: 9, height: 9 }, rsiz: { width: 1, height: 2 }, roff: { x: 3, y: 4 } },
      quality: -1,
      align: true,
    };
    const written = formatResponseHeaders(headers);
    expect(written).toEqual({
      'JPIP-tid': 'T',
      'JPIP-cnew': 'cid=a1,transport=http,path=jpip,auxport=9,x=y',
      'JPIP-fsiz': '5,6',
      'JPIP-context': 'jpxl<0-1>=0,2',
      'JPIP-roi': 'roi=ship;fsiz=9,9;rsiz=1,2;roff=3,4',
      'JPIP-quality': '-1',
      'JPIP-align': 'yes',
    });
    expect(parse(written)).toEqual(headers);
  });

  test('have names that can be exposed to pages of other origins', () => {
    expect(RESPONSE_HEADER_NAMES).toContain('JPIP-cnew');
    expect(RESPONSE_HEADER_NAMES).toContain('JPIP-tid');
    expect(RESPONSE_HEADER_NAMES.length).toBe(25);
  });

  test('may have white space around them and parameters in any order', () => {
    expect(parse({ 'jpip-cnew': ' path=jpip , cid=7 ', 'JPIP-QID': ' 3 ' })).toEqual({
      cnew: { cid: '7', path: 'jpip' },
      qid: 3,
    });
  });

  test.each([
    ['JPIP-rsiz', '-4936,-4936', 'D.2.6'],
    ['JPIP-cnew', 'transport=http', 'D.2.3'],
    ['JPIP-cnew', 'cid=1,port=x', 'D.2.3'],
    ['JPIP-tid', '', 'D.2.2'],
    ['JPIP-context', 'jpxl<0>', 'D.2.13'],
    ['JPIP-roi', 'fsiz=1,1', 'D.2.14'],
  ])('that make no sense are left out and reported: %s: %s', (name, value, clause) => {
    const problems: JpipDiagnostic[] = [];
    expect(parse({ [name]: value, 'JPIP-len': '5' }, problems)).toEqual({ len: 5 });
    expect(problems).toMatchObject([{ code: 'response-header', clause: `15444-9 ${clause}` }]);
  });

  test.each<[string, JpipResponseHeaders]>([
    ['a new line', { tid: 'a\r\nSet-Cookie: b' }],
    ['a colon with a space', { tid: 'a: b' }],
    ['a letter that headers cannot carry', { tid: 'é' }],
    ['a comma in a channel parameter', { cnew: { cid: '1', path: 'a,b' } }],
    ['a channel parameter without a name', { cnew: { cid: '1', other: [{ name: '', value: 'b' }] } }],
  ])('cannot have %s', (_, headers) => {
    expect(jpipFailureOf(() => formatResponseHeaders(headers))).toMatchObject({ kind: 'usage', code: 'option-value' });
  });
});

describeShared('jpip-captures', 'headers of real servers', () => {
  test('are understood, but for a region of negative size', () => {
    const complaints: string[] = [];
    let channels = 0;
    for (const capture of CAPTURE_SERVERS.flatMap(capturesOf)) {
      const problems: JpipDiagnostic[] = [];
      const headers = parseResponseHeaders((name) => captureHeader(capture, name), problems);
      const names = Object.keys(headers).map((name) => `jpip-${name}`);
      const sent = (capture.responseHeaders ?? [])
        .map(([name]) => name.toLowerCase())
        .filter((name) => name.startsWith('jpip-'));
      expect([...names, ...problems.map(({ message }) => message.split(':')[0]!.toLowerCase())].sort()).toEqual(
        sent.sort(),
      );
      for (const { message } of problems) complaints.push(message);
      if (headers.cnew) {
        channels++;
        expect(headers.cnew.cid).toMatch(/^(\d+|[0-9a-f]{16}|JPH1)$/);
        expect(headers.cnew.transport).toMatch(/^http(-tcp)?$/);
        if (headers.cnew.transport === 'http-tcp') expect(headers.cnew.auxport).toBe(60_000);
        else if (capture.server !== 'openjpip') expect(headers.cnew.path).toBe('jpip');
      }
    }
    expect(channels).toBeGreaterThan(15);
    expect(complaints).toEqual([expect.stringContaining("found '-4936'")]);
  });
});
