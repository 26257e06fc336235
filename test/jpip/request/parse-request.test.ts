/** Requests from their text: every field, repetition, encoding, and what is refused. */
import { describe, expect, test } from 'vitest';
import { formatRequest } from '../../../src/jpip/request/format-request.ts';
import type { JpipRequest } from '../../../src/jpip/request/fields.ts';
import { parseRequest } from '../../../src/jpip/request/parse-request.ts';
import { CAPTURE_SERVERS, capturesOf } from '../../support/captures.ts';
import { jpipFailureOf } from '../../support/jpip-failure.ts';
import { describeShared } from '../../support/shared.ts';

const parse = (query: string): JpipRequest => parseRequest(query).request;

/** Text of a field, what it means; the text comes back where no third one says otherwise. */
const FIELDS: readonly [string, JpipRequest, string?][] = [
  ['target=images/a.jp2', { target: 'images/a.jp2' }],
  ['target=a%20b%26c%3Dd%2B%C3%A9.jp2', { target: 'a b&c=d+é.jp2' }, 'target=a%20b%26c=d%2B%C3%A9.jp2'],
  ['target=a+b.jp2', { target: 'a+b.jp2' }, 'target=a%2Bb.jp2'],
  ['subtarget=100-199', { subtarget: { first: 100, last: 199 } }],
  ['subtarget=100-', { subtarget: { first: 100 } }],
  ['subtarget=7', { subtarget: { first: 7, last: 7 } }, 'subtarget=7-7'],
  ['tid=0', { tid: '0' }],
  ['cid=JPH1', { cid: 'JPH1' }],
  ['cnew=http-tcp,http', { cnew: ['http-tcp', 'http'] }],
  ['cclose=*', { cclose: '*' }],
  ['cclose=a,b', { cclose: ['a', 'b'] }],
  ['qid=42', { qid: 42 }],
  ['fsiz=256,128', { fsiz: { width: 256, height: 128 } }],
  ['fsiz=256,128,round-up', { fsiz: { width: 256, height: 128, round: 'round-up' } }],
  ['fsiz=256,128,closest', { fsiz: { width: 256, height: 128, round: 'closest' } }],
  ['roff=3,4', { roff: { x: 3, y: 4 } }],
  ['rsiz=5,6', { rsiz: { width: 5, height: 6 } }],
  ['fvsiz=1,2,3,round-down', { fvsiz: { sizes: [1, 2, 3], round: 'round-down' } }],
  ['rvoff=1,2,3', { rvoff: [1, 2, 3] }],
  ['rvsiz=1,2,3', { rvsiz: [1, 2, 3] }],
  ['comps=0,2-4,7-', { comps: [{ first: 0 }, { first: 2, last: 4 }, { first: 7, open: true }] }],
  ['stream=0-9:3,12', { stream: [{ first: 0, last: 9, step: 3 }, { first: 12 }] }],
  ['context=jpxl%3C0-3%3E', { context: [{ kind: 'jpxl', ranges: [{ first: 0, last: 3 }] }] }],
  ['context=jpxl<0-3>', { context: [{ kind: 'jpxl', ranges: [{ first: 0, last: 3 }] }] }, 'context=jpxl%3C0-3%3E'],
  [
    'context=jpxl%3C0-:2%3E[s0i1],mj2t%3C1%2Bnow%3E[track]',
    {
      context: [
        { kind: 'jpxl', ranges: [{ first: 0, open: true, step: 2 }], geometry: 's0i1' },
        { kind: 'mj2t', ranges: [{ first: 1 }], now: true, geometry: 'track' },
      ],
    },
  ],
  [
    'context=mj2t<1+now>',
    { context: [{ kind: 'mj2t', ranges: [{ first: 1 }], now: true }] },
    'context=mj2t%3C1%2Bnow%3E',
  ],
  [
    'context=mj2t<1%20now>',
    { context: [{ kind: 'mj2t', ranges: [{ first: 1 }], now: true }] },
    'context=mj2t%3C1%2Bnow%3E',
  ],
  ['context=jpmp%3Cx,y%3E', { context: [{ kind: 'jpmp<x,y>', ranges: [] }] }],
  [
    'context=a%3Eb,jpxl%3C0%3E',
    {
      context: [
        { kind: 'a>b', ranges: [] },
        { kind: 'jpxl', ranges: [{ first: 0 }] },
      ],
    },
  ],
  // a geometry that no response header could carry is of no known form
  ['context=jpxl%3C0%3E[%C3%A9]', { context: [{ kind: 'jpxl<0>[é]', ranges: [] }] }],
  ['srate=29.97', { srate: 29.97 }],
  ['srate=.5', { srate: 0.5 }, 'srate=0.5'],
  ['roi=dynamic', { roi: 'dynamic' }],
  ['layers=3', { layers: 3 }],
  ['mctres=1', { mctres: 1 }],
  [
    'metareq=[xml_;uuid:100/wg!;asoc:r]R4D2,[*]!!',
    {
      metareq: {
        requests: [
          {
            boxes: [
              { type: 'xml ' },
              { type: 'uuid', limit: 100, relevance: 'wg', priority: true },
              { type: 'asoc', limit: 'headers' },
            ],
            root: 4,
            depth: 2,
          },
          { boxes: [{ type: '*' }] },
        ],
        only: true,
      },
    },
  ],
  [
    'metareq=[iptr][fidx]D1',
    { metareq: { requests: [{ boxes: [{ type: 'iptr' }] }, { boxes: [{ type: 'fidx' }], depth: 1 }] } },
    'metareq=[iptr],[fidx]D1',
  ],
  ['metareq=[a]b;;:/!]]', { metareq: { requests: [{ boxes: [{ type: 'a]b;' }, { type: ':/!]' }] }] } }, undefined],
  ['len=0', { len: 0 }],
  ['quality=75', { quality: 75 }],
  ['quality=-1', { quality: -1 }],
  ['align=yes&wait=no', { align: true, wait: false }],
  [
    'type=jpp-stream;ptype=ext,jpt-stream,image/png',
    {
      type: [
        { name: 'jpp-stream', parameters: [{ name: 'ptype', value: 'ext' }] },
        { name: 'jpt-stream' },
        { name: 'image/png' },
      ],
    },
  ],
  ['drate=1.5', { drate: 1.5 }],
  [
    'sendto=host:6000&abandon=0:1-2&barrier=5&twait=9',
    { sendto: 'host:6000', abandon: '0:1-2', barrier: '5', twait: '9' },
  ],
  ['need=Hm', { need: [{ bins: { kind: 'explicit', bin: 'main-header' } }] }],
  ['tpneed=4.0-5.2', { tpneed: [{ first: { tile: 4, part: 0 }, last: { tile: 5, part: 2 } }] }],
  ['mset=0-3', { mset: [{ first: 0, last: 3 }] }],
  ['upload=image/jp2', { upload: 'image/jp2' }],
  ['cap=a,b', { cap: ['a', 'b'] }],
  [
    'pref=fullwindow/r,mbw:1M,meta:orig;incr',
    { pref: [{ text: 'fullwindow', required: true }, { text: 'mbw:1M' }, { text: 'meta:orig;incr' }] },
  ],
  ['pref=new/r/r', { pref: [{ text: 'new/r', required: true }] }],
  ['csf=density:1,2', { csf: 'density:1,2' }],
  ['handled=x', { handled: 'x' }],
];

describe('a field', () => {
  test.each(FIELDS)('%s', (query, request, written = query) => {
    expect(parse(query)).toEqual(request);
    expect(formatRequest(request)).toBe(written);
  });
});

describe('a request', () => {
  test('is all its fields, whatever stands between them', () => {
    expect(parse('&target=a&&len=5&')).toEqual({ target: 'a', len: 5 });
    expect(parse('')).toEqual({});
  });

  test('goes on in the body of a POST, which may end with a line', () => {
    const { request, problems } = parseRequest('target=a&model=Hm&len=5', 'len=9&model=P1,-P2&qid=1\r\n');
    expect(request).toEqual({
      target: 'a',
      len: 9,
      qid: 1,
      model: [
        { bins: { kind: 'explicit', bin: 'main-header' } },
        { bins: { kind: 'explicit', bin: 'precinct', ids: { first: 1 } } },
        { bins: { kind: 'explicit', bin: 'precinct', ids: { first: 2 } }, subtractive: true },
      ],
    });
    expect(problems).toEqual([{ code: 'request-field', message: 'len stands twice; the last one counts', offset: 23 }]);
  });

  test('keeps fields that are not known, and reports them', () => {
    const { request, problems } = parseRequest('x-a=1%26&toString=2&len=3&flag&Target=t');
    expect(request).toEqual({
      len: 3,
      unknown: [
        { name: 'x-a', value: '1&' },
        { name: 'toString', value: '2' },
        { name: 'flag', value: '' },
        { name: 'Target', value: 't' },
      ],
    });
    expect(problems.map(({ code, offset }) => [code, offset])).toEqual([
      ['request-field', 0],
      ['request-field', 9],
      ['request-field', 26],
      ['request-field', 31],
    ]);
    expect(formatRequest(request)).toBe('len=3&x-a=1%26&toString=2&flag&Target=t');
  });

  test('cannot reach what every object has', () => {
    expect(parse('__proto__=1&constructor=2').unknown?.map(({ name }) => name)).toEqual(['__proto__', 'constructor']);
  });
});

describe('what makes no sense', () => {
  test.each([
    ['fsiz=256', 'C.4.2'],
    ['fsiz=256,', 'C.4.2'],
    ['fsiz=1,2,3', 'C.4.2'],
    ['fsiz=1,2,sideways', 'C.4.2'],
    ['roff=-1,0', 'C.4.3'],
    ['rsiz=1.5,2', 'C.4.4'],
    ['rsiz=9007199254740992,1', 'C.4.4'],
    ['comps=3-1', 'C.4.8'],
    ['comps=1:2', 'C.4.8'],
    ['comps=', 'C.4.8'],
    ['comps=1,,2', 'C.4.8'],
    ['stream=0-:0', 'C.4.9'],
    ['srate=1e3', 'C.4.11'],
    ['srate=.', 'C.4.11'],
    ['layers=all', 'C.4.13'],
    ['metareq=xml_', 'C.5.2'],
    ['metareq=[]', 'C.5.2'],
    ['metareq=[xml]', 'C.5.2'],
    ['metareq=[xml_', 'C.5.2'],
    ['metareq=[xml_:x]', 'C.5.2'],
    ['metareq=[xml_]x', 'C.5.2'],
    ['metareq=[xml_],', 'C.5.2'],
    ['metareq=!!', 'C.5.2'],
    ['len=-1', 'C.6.1'],
    ['quality=101', 'C.6.2'],
    ['align=maybe', 'C.7.1'],
    ['type=', 'C.7.3'],
    ['type=raw;', 'C.7.3'],
    ['model=', 'C.8.1'],
    ['model=[0]', 'C.8.1'],
    ['model=Hm,[0]', 'C.8.1'],
    ['model=H', 'C.8.1'],
    ['model=Hm3', 'C.8.1'],
    ['model=Hm:', 'C.8.1'],
    ['model=t0t1', 'C.8.1'],
    ['model=t0:120', 'C.8.1'],
    ['model=X9', 'C.8.1'],
    ['tpmodel=4', 'C.8.3'],
    ['need=-P1', 'C.8.4'],
    ['tpneed=-1.0', 'C.8.5'],
    ['target=', 'C.2.2'],
    [`tid=${'x'.repeat(256)}`, 'C.2.4'],
    ['cid=a,b', 'C.3.2'],
    ['pref=/r', 'C.10.2'],
  ])('is refused with its clause: %s', (query, clause) => {
    expect(jpipFailureOf(() => parse(`len=7&${query}`))).toEqual({
      kind: 'malformed',
      code: 'request-field',
      status: 400,
      offset: 6,
      clause: `15444-9 ${clause}`,
    });
  });

  test.each([
    ['target=a%2', 8],
    ['target=%zz', 7],
    ['target=ab%C3%28', 9],
    ['le%n=3', 2],
  ])('in percent-encoding is refused with its place: %s', (query, offset) => {
    expect(jpipFailureOf(() => parse(query))).toMatchObject({ code: 'request-syntax', status: 400, offset });
  });
});

describe('limits', () => {
  test('bound the characters of query and body together', () => {
    const limits = { requestBytes: 20 };
    expect(parseRequest('target=abc', 'len=123456', { limits }).request).toEqual({ target: 'abc', len: 123456 });
    const failure = jpipFailureOf(() => parseRequest('target=abc', 'len=1234567', { limits }));
    expect(failure).toMatchObject({ kind: 'limit', code: 'limit-request', status: 413 });
  });

  test('bound the statements of all cache fields together', () => {
    const limits = { modelStatements: 4 };
    expect(parseRequest('model=Hm,H0&need=P1', 'model=P2', { limits }).request.model?.length).toBe(3);
    for (const [query, body] of [
      ['model=Hm,H0,P1,P2,P3', ''],
      ['model=Hm,H0&need=P1,P2,P3', ''],
      ['model=Hm,H0&tpmodel=1.0,2.0', 'model=P3'],
    ] as const) {
      expect(jpipFailureOf(() => parseRequest(query, body, { limits }))).toMatchObject({
        code: 'limit-request',
        status: 413,
      });
    }
  });

  test('bound the fields', () => {
    expect(jpipFailureOf(() => parse('a&'.repeat(2000)))).toMatchObject({ code: 'limit-request' });
  });
});

describe('a long request', () => {
  const LONG = 1 << 20;
  const limits = { requestBytes: 2 * LONG, modelStatements: 2 * LONG };

  test.each([
    ['srate=', '1', 'x'],
    ['comps=', '1', 'x'],
    ['model=t', '1', 'x'],
    ['model=', 't1', 'x'],
    ['model=', '[', 'x'],
    ['metareq=', '[', 'x'],
    ['metareq=', '[a', 'x'],
    ['target=', '%41', '%'],
    ['len=', '0', 'x'],
  ])('of %s%s… is refused in no time', (start, piece, end) => {
    const query = start + piece.repeat(LONG / piece.length) + end;
    expect(jpipFailureOf(() => parseRequest(query, '', { limits })).status).toBe(400);
  });

  test('with a context that nobody knows is kept', () => {
    const { request } = parseRequest(`context=jpxl<${'1-'.repeat(LONG / 2)}`, '', { limits });
    expect(request.context?.[0]?.ranges).toEqual([]);
  });

  test('of line ends is taken as it is', () => {
    const { request } = parseRequest('', `x=${'\n'.repeat(LONG - 10)}y\n\n`);
    expect(request.unknown?.[0]?.value.length).toBe(LONG - 9);
  });

  test('has lists of a length that one can go through for every codestream', () => {
    const list = (n: number) => Array.from({ length: n }, (_, k) => k).join(',');
    expect(parse(`stream=${list(1000)}`).stream?.length).toBe(1000);
    for (const query of [
      `stream=${list(1001)}`,
      `model=[${list(1001).replaceAll(',', ';')}],Hm`,
      `cclose=${list(1001)}`,
    ]) {
      expect(jpipFailureOf(() => parse(query))).toMatchObject({
        kind: 'limit',
        code: 'limit-request',
        status: 413,
        offset: 0,
      });
    }
  });

  test('has as many statements of the cache model as it likes', () => {
    const text = Array.from({ length: 90_000 }, (_, k) => `P${k}`).join(',');
    expect(parse(`model=${text}`).model?.length).toBe(90_000);
  });
});

describe('what cannot be written', () => {
  test.each<[string, JpipRequest]>([
    ['half a layer', { layers: 0.5 }],
    ['a target without a name', { target: '' }],
    ['a transport with a comma', { cnew: ['http,tcp'] }],
    ['a range that ends before it begins', { comps: [{ first: 3, last: 1 }] }],
    ['a box type with an underscore', { metareq: { requests: [{ boxes: [{ type: 'a_bc' }] }] } }],
    ['a need that takes away', { need: [{ subtractive: true, bins: { kind: 'explicit', bin: 'main-header' } }] }],
    ['a precinct without a number', { model: [{ bins: { kind: 'explicit', bin: 'precinct' } }] }],
    ['an implicit descriptor of nothing', { model: [{ bins: { kind: 'implicit', layers: 1 } }] }],
    ['a known field among others', { unknown: [{ name: 'target', value: 'b' }] }],
    ['half a surrogate pair', { target: '\ud800' }],
    ['a preference that ends like a requirement', { pref: [{ text: 'concise/r' }] }],
    ['a channel named like all of them', { cclose: ['*'] }],
    ['no rate', { drate: Number.NaN }],
  ])('is refused: %s', (_, request) => {
    expect(jpipFailureOf(() => formatRequest(request))).toMatchObject({ kind: 'usage', code: 'option-value' });
  });

  test('but an empty list is only left out', () => expect(formatRequest({ comps: [], len: 1 })).toBe('len=1'));
});

describeShared('jpip-captures', 'queries that real servers answered', () => {
  const all = CAPTURE_SERVERS.flatMap(capturesOf);

  test('are understood, all but those that were wrong', () => {
    const refused: string[] = [];
    for (const { query } of all) {
      try {
        const { request, problems } = parseRequest(query);
        expect(problems).toEqual([]);
        expect(parse(formatRequest(request))).toEqual(request);
        expect(decodeURIComponent(formatRequest(request)).split('&').sort()).toEqual(
          decodeURIComponent(query).split('&').sort(),
        );
      } catch (error) {
        refused.push(`${query}: ${jpipFailureOf(() => parse(query)).code}`);
        if (!query.includes('fsiz=256&')) throw error;
      }
    }
    expect(refused).toEqual(['fsiz=256&type=jpp-stream: request-field']);
  });
});
