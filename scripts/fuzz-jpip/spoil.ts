/** Requests, headers and responses that are nearly right. Each case is determined by its seed and number. */
import { MessageWriter } from '../../src/jpip/wire/message-writer.ts';
import type { Random } from '../../test/support/random.ts';

/** Good queries, from which bad ones are made; together they have every field. */
const QUERIES: readonly string[] = [
  'target=no-levels-53.j2k&fsiz=23,19&roff=0,0&rsiz=10,10&type=jpp-stream',
  'target=layers-lrcp-53.j2k&fsiz=64,48,closest&comps=0-1&layers=2&type=jpp-stream;ptype=ext&len=500',
  'target=metadata.jp2&metareq=[xml_:100/wg!;*:r]R0D2,[uuid]!!&tid=0&type=jpp-stream',
  'target=tiles-offsets-53.j2k&type=jpt-stream;ttype=ext&fsiz=61,47&roff=10,10&rsiz=20,20&align=yes',
  'target=tiles-offsets-53.j2k&fsiz=61,47&model=Hm,H0-3,P0:20,P1-9:L2,t0c1r*p0-1:L1,-P3,M0,T*&type=jpp-stream',
  'target=layers-lrcp-53.j2k&need=Hm,H*,r0-1,P3&fsiz=64,48,round-up&type=jpp-stream&quality=50&wait=no&qid=3',
  'target=layers-lrcp-53.j2k&cnew=http-tcp,http&fsiz=64,48&stream=0-3:2,7-&context=jpxl<0-3>[s0i1],mj2t<1+now>[track]',
  'cid=c0&fsiz=64,48&tpmodel=0.0,-1.0-2.1&tpneed=0.0&mset=0-3&drate=2.5&srate=.5&roi=dynamic',
  'cid=c0&cclose=*&subtarget=0-100&pref=fullwindow/r,mbw:1M&cap=a,b&csf=x&handled=y&upload=image/jp2',
  'fvsiz=1,2,3,round-up&rvoff=0,0,0&rvsiz=1,1,1&mctres=1&sendto=h:1&abandon=1&barrier=2&twait=3&target=%E4%BD%A0%2B',
];

/** Pieces that stand in requests, or should not. */
const PIECES: readonly string[] = [
  ...[
    'target',
    'fsiz',
    'roff',
    'rsiz',
    'comps',
    'stream',
    'context',
    'layers',
    'metareq',
    'len',
    'type',
    'model',
    'need',
    'tpmodel',
  ],
  ...[
    '=',
    '&',
    ',',
    ';',
    ':',
    '-',
    '*',
    '!',
    '!!',
    '/',
    '+',
    '.',
    '[',
    ']',
    '<',
    '>',
    '%',
    '%00',
    '%ff',
    '%C3%A9',
    ' ',
    '\0',
    '\ud800',
  ],
  ...[
    '0',
    '1',
    '4294967295',
    '9007199254740991',
    '99999999999999999999',
    '-1',
    '1e9',
    '0x10',
    'L2',
    'Hm',
    'P0',
    'H*',
    't0',
    'r1',
    'D0',
    'R1',
  ],
  ...[
    'xml_',
    'jpxl',
    'now',
    'yes',
    'no',
    'closest',
    'round-up',
    'jpp-stream',
    '/r',
    '..',
    'no-levels-53.j2k',
    '__proto__',
    'toString',
  ],
];

/** A query that is nearly right, or hardly. */
export function spoiltQuery(random: Random): string {
  let text = random.chance(0.1) ? '' : random.pick(QUERIES);
  if (random.chance(0.3)) text = mix(text, random.pick(QUERIES), random);
  for (let k = random.int(0, 4); k > 0; k--) text = spoilText(text, random);
  return text;
}

/** A header's value that is nearly right. */
export function spoiltHeader(random: Random): string {
  const good = [
    'cid=c0,transport=http,path=jpip,auxport=9',
    '1,2',
    '0-3,5',
    'jpxl<0-1>=0,2;mj2t<1>=3',
    'roi=a;fsiz=1,2;roff=3,4',
    '7',
    'yes',
  ];
  let text = random.pick(good);
  for (let k = random.int(0, 3); k > 0; k--) text = spoilText(text, random);
  return text;
}

/** A response that is nearly right. */
export function spoiltResponse(random: Random): Uint8Array {
  const writer = new MessageWriter({ explicitFirst: random.chance(0.5) });
  const parts: Uint8Array[] = [];
  for (let k = random.int(0, 8); k > 0; k--) {
    const classId = random.pick([0, 0, 0, 1, 2, 4, 5, 6, 8, 13]);
    const body = Uint8Array.from({ length: random.int(0, 40) }, () => random.int(0, 255));
    const codestream = random.pick([0, 0, 1, 300]);
    const id = random.pick([0, 1, 15, 16, 5000, 2 ** 40]);
    const offset = random.pick([0, 0, 100, 2 ** 33]);
    const header = { classId, codestream, id, offset, length: body.length, last: random.chance(0.3) };
    parts.push(writer.header(classId % 2 === 1 ? { ...header, aux: random.int(0, 300) } : header), body);
  }
  if (random.chance(0.5)) parts.push(writer.eor(random.int(0, 255), new Uint8Array(random.int(0, 5))));
  return spoilBytes(Buffer.concat(parts), random);
}

/** Bytes with some of them changed, put in, taken out, or the end cut off. */
export function spoilBytes(bytes: Uint8Array, random: Random): Uint8Array {
  let spoilt = [...bytes];
  for (let k = random.int(0, 3); k > 0; k--) {
    const at = random.int(0, spoilt.length);
    const kind = random.int(0, 4);
    if (kind === 0)
      spoilt[Math.min(at, Math.max(0, spoilt.length - 1))] = random.pick([
        0,
        0x1f,
        0x7f,
        0x80,
        0xff,
        random.int(0, 255),
      ]);
    else if (kind === 1)
      spoilt.splice(
        at,
        0,
        ...Array.from({ length: random.int(1, 12) }, () => random.pick([0x80, 0xff, random.int(0, 255)])),
      );
    else if (kind === 2) spoilt.splice(at, random.int(1, 6));
    else if (kind === 3) spoilt = spoilt.slice(0, at);
    else spoilt.push(...spoilt.slice(at, at + 20));
  }
  return Uint8Array.from(spoilt);
}

function spoilText(text: string, random: Random): string {
  const at = random.int(0, text.length);
  const to = Math.min(text.length, at + random.int(0, 6));
  const piece = random.chance(0.1) ? String.fromCharCode(random.int(0, 0x2fff)) : random.pick(PIECES);
  switch (random.int(0, 4)) {
    case 0:
      return text.slice(0, at) + text.slice(to);
    case 1:
      return text.slice(0, at) + piece + text.slice(at);
    case 2:
      return text.slice(0, at) + piece + text.slice(to);
    case 3:
      return text + text.slice(at, to);
    default:
      return text.slice(0, at) + piece.repeat(random.pick([1, 2, 50])) + text.slice(to);
  }
}

/** Fields of one and of the other. */
function mix(a: string, b: string, random: Random): string {
  return [...a.split('&'), ...b.split('&')].filter(() => random.chance(0.5)).join('&');
}
