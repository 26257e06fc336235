/**
 * Flags of other encoders and what they are called here. People have them in their fingers and their scripts; a flag that means
 * something else here, or nothing, should be answered with the one that they look for.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ENCODE_FLAGS } from './encode-options.ts';
import { CommandLineError } from './exit.ts';

/** One thing to say, in three ways; the examples mean the same. A value is turned into ours by a function, where it differs. */
export interface Equivalent {
  readonly ours: string;
  readonly opj?: string;
  readonly kdu?: string;
  readonly fromOpj?: (value: string) => string;
  readonly fromKdu?: (value: string) => string;
}

/** `a,b` as `axb`, and with rows first, as Kakadu has them, as `bxa`. */
const size = (value: string): string => value.replace(/^(\d+),(\d+)$/, '$1x$2');
const swapped = (value: string): string => value.replace(/[{}\s]/g, '').replace(/^(\d+),(\d+)$/, '$2,$1');
const yes = (value: string, one: string, other: string): string => (/^(?:yes|1)$/i.test(value) ? one : other);

/** Bits of the mode switch of opj_compress. */
const MODES = ['bypass', 'reset', 'terminate', 'causal', 'predictable', 'segmentation'];
const KDU_MODES: Readonly<Record<string, string>> = {
  RESTART: 'terminate',
  ERTERM: 'predictable',
  SEGMARK: 'segmentation',
};

/** Everything that has an equivalent, in the order of the help. */
export const EQUIVALENTS: readonly Equivalent[] = [
  { ours: 'in.png', opj: '-i in.png', kdu: '-i in.png' },
  { ours: '--raw 64,48,3,8,u', opj: '-F 64,48,3,8,u' },
  {
    ours: '--ratio 20,10,lossless',
    opj: '-r 20,10,1',
    fromOpj: (value) => `--ratio ${value.replace(/(^|,)[01]$/, '$1lossless')}`,
  },
  {
    ours: '--bpp 0.25,0.5',
    kdu: '-rate 0.5,0.25',
    fromKdu: (value) => {
      const rates = value.split(',').filter((rate) => rate !== '-');
      rates.sort((a, b) => Number(a) - Number(b));
      return `--bpp ${[...rates, ...(rates.length < value.split(',').length ? ['lossless'] : [])].join(',')}`;
    },
  },
  {
    ours: '--psnr 30,40',
    opj: '-q 30,40',
    fromOpj: (value) => `--psnr ${value.replace(/(^|,)0$/, '$1lossless')}`,
  },
  { ours: '--layers 12', kdu: 'Clayers=12' },
  { ours: '--resolutions 6', opj: '-n 6' },
  { ours: '--levels 5', kdu: 'Clevels=5' },
  {
    ours: '--wavelet 9/7',
    opj: '-I',
    kdu: 'Creversible=no',
    fromKdu: (value) => `--wavelet ${yes(value, '5/3', '9/7')}`,
  },
  {
    ours: '--mct none',
    opj: '-mct 0',
    kdu: 'Cycc=no',
    fromOpj: (value) => `--mct ${value === '0' ? 'none' : 'auto'}`,
    fromKdu: (value) => `--mct ${yes(value, 'auto', 'none')}`,
  },
  {
    ours: '--code-block 64x32',
    opj: '-b 64,32',
    kdu: 'Cblk={32,64}',
    fromOpj: (value) => `--code-block ${size(value)}`,
    fromKdu: (value) => `--code-block ${size(swapped(value))}`,
  },
  {
    ours: '--precincts 256x128,64x64',
    opj: '-c [256,128],[64,64]',
    kdu: 'Cprecincts={128,256},{64,64}',
    fromOpj: (value) => `--precincts ${precincts(value, size)}`,
    fromKdu: (value) => `--precincts ${precincts(value, (one) => size(swapped(one)))}`,
  },
  {
    ours: '--style bypass,segmentation',
    opj: '-M 33',
    kdu: 'Cmodes=BYPASS|SEGMARK',
    fromOpj: (value) => {
      const modes = MODES.filter((_, bit) => (Number(value) >> bit) & 1);
      return modes.length > 0 ? `--style ${modes.join(',')}` : '';
    },
    fromKdu: (value) => `--style ${value.split('|').map(modeName).join(',')}`,
  },
  { ours: '--guard-bits 1', kdu: 'Qguard=1' },
  {
    ours: '--quantization derived',
    kdu: 'Qderived=yes',
    fromKdu: (value) => `--quantization ${yes(value, 'derived', 'expounded')}`,
  },
  { ours: '--progression RPCL', opj: '-p RPCL', kdu: 'Corder=RPCL' },
  {
    ours: '--poc 0-1:0-3:5:CPRL',
    opj: '-POC T1=0,0,5,1,3,CPRL',
    fromOpj: (value) =>
      `--poc ${value.replaceAll(/T\d+=(\d+),(\d+),(\d+),(\d+),(\d+),([A-Z]{4})/g, (_, rs, cs, l, re, ce, order) => {
        return `${rs}-${re}:${cs}-${ce}:${l}:${order}`;
      })}`,
  },
  {
    ours: '--tile 512x256',
    opj: '-t 512,256',
    kdu: 'Stiles={256,512}',
    fromOpj: (value) => `--tile ${size(value)}`,
    fromKdu: (value) => `--tile ${size(swapped(value))}`,
  },
  {
    ours: '--origin 15,30',
    opj: '-d 15,30',
    kdu: 'Sorigin={30,15}',
    fromKdu: (value) => `--origin ${swapped(value)}`,
  },
  {
    ours: '--tile-origin 5,10',
    opj: '-T 5,10',
    kdu: 'Stile_origin={10,5}',
    fromKdu: (value) => `--tile-origin ${swapped(value)}`,
  },
  {
    ours: '--tile-parts resolution',
    opj: '-TP R',
    kdu: 'ORGtparts=R',
    fromOpj: tileParts,
    fromKdu: tileParts,
  },
  { ours: '--sop', opj: '-SOP', kdu: 'Cuse_sop=yes', fromKdu: marker('sop') },
  { ours: '--eph', opj: '-EPH', kdu: 'Cuse_eph=yes', fromKdu: marker('eph') },
  { ours: '--plt', opj: '-PLT', kdu: 'ORGgen_plt=yes', fromKdu: marker('plt') },
  { ours: '--tlm', opj: '-TLM', kdu: 'ORGgen_tlm=1', fromKdu: marker('tlm') },
  {
    ours: '--profile cinema2k --frame-rate 24',
    opj: '-cinema2K 24',
    fromOpj: (value) => `--profile cinema2k --frame-rate ${value}`,
  },
  {
    ours: '--profile cinema4k',
    opj: '-cinema4K',
    kdu: 'Sprofile=CINEMA4K',
    fromKdu: (value) => `--profile ${value.toLowerCase()}`,
  },
  { ours: '--profile imf', opj: '-IMF 2K', fromOpj: () => '--profile imf' },
  { ours: '--comment text', opj: '-C text', kdu: '-com text' },
];

/** The table of the help. */
export function equivalentsTable(): string {
  const rows = [
    ['here', 'opj_compress', 'kdu_compress'],
    ...EQUIVALENTS.map((e) => [e.ours, e.opj ?? '', e.kdu ?? '']),
  ];
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column].length)) + 2);
  return rows.map(([a, b, c]) => `  ${a.padEnd(widths[0])}${b.padEnd(widths[1])}${c}`.trimEnd()).join('\n');
}

/** Complains of flags that other encoders have, and says what they are here: of all at once, so that nobody has to come back for each. */
export function refuseForeignFlags(args: readonly string[]): void {
  const { tokens } = parseArgs({
    args: [...args],
    options: ENCODE_FLAGS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const complaints = new Map<number, string>();
  for (const token of tokens) {
    const { index } = token;
    const word = args[index];
    const complaint =
      token.kind === 'option' && /^-[^-]/.test(word) && !/^-o/.test(word)
        ? foreignFlag(word, args[index + 1])
        : token.kind === 'positional'
          ? foreignParameter(word)
          : undefined;
    if (complaint !== undefined) complaints.set(index, complaint);
  }
  if (complaints.size > 0) throw new CommandLineError([...complaints.values()].join('\n'));
}

/** `-r 20`: a flag of one dash, with a value behind it perhaps. */
function foreignFlag(word: string, value: string | undefined): string | undefined {
  for (const { ours, opj, kdu, fromOpj, fromKdu } of EQUIVALENTS) {
    for (const [example, translate] of [[opj, fromOpj] as const, [kdu, fromKdu] as const]) {
      const [flag, model] = example?.split(' ') ?? [];
      if (flag !== word) continue;
      return model === undefined ? `${word} is ${ours} here` : described(word, ours, value, translate);
    }
  }
  const long = word.slice(1).toLowerCase();
  return Object.hasOwn(ENCODE_FLAGS, long) ? `${word} is --${long} here` : undefined;
}

/** Names as Kakadu's parameters have them, with a tile or component perhaps, and values that are no names of files. */
const PARAMETER =
  /^([CQS][a-z_]+|R(?:shift|levels|weight)|Porder|CRGoffset|ORG[a-z_]+)(?::\w+)*=(?!.*\.[a-z]\w*$)(.*)$/s;

/** `Clevels=5`: a parameter of Kakadu, and no file of that name. */
function foreignParameter(word: string): string | undefined {
  const match = PARAMETER.exec(word);
  if (!match || existsSync(word)) return undefined;
  const [, name, value] = match;
  const found = EQUIVALENTS.find(({ kdu }) => kdu?.startsWith(`${name}=`));
  if (!found || word.startsWith(`${name}:`)) {
    return `${name} is a parameter of kdu_compress and has no equivalent here; jp2kit help encode has a table of those that have`;
  }
  return described(name, found.ours, value, found.fromKdu);
}

function described(
  word: string,
  ours: string,
  value: string | undefined,
  translate: ((value: string) => string) | undefined,
): string {
  const [flag] = ours.split(' ');
  const isInput = !flag.startsWith('-');
  if (value === undefined)
    return isInput ? `${word} is not needed here: name the file alone` : `${word} is ${flag} here`;
  const here = translate ? translate(value) : isInput ? value : `${flag} ${value}`;
  if (isInput) return `${word} is not needed here: ${here}`;
  return here === '' ? `${word} is not needed here` : `${word} is ${flag} here: ${here}`;
}

/** Precincts in brackets or braces, each turned by a function. */
function precincts(value: string, turn: (one: string) => string): string {
  const parts = value.match(/[[{][^\]}]*[\]}]/g) ?? [value];
  return parts.map((part) => turn(part.replace(/[[\]{}]/g, ''))).join(',');
}

function modeName(name: string): string {
  return KDU_MODES[name.toUpperCase()] ?? name.toLowerCase();
}

function tileParts(value: string): string {
  const words: Readonly<Record<string, string>> = { R: 'resolution', L: 'layer', C: 'component' };
  return `--tile-parts ${words[value.toUpperCase()] ?? 'none'}`;
}

/** A marker that is written, or that is asked not to be, which it is not anyway. */
function marker(name: string): (value: string) => string {
  return (value) => (/^(?:no|0)$/i.test(value) ? '' : `--${name}`);
}
