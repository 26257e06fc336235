/**
 * From nothing to a picture: `npm run bench:startup -- [--rounds 15] [--update]`. Each run is a fresh process that loads the built
 * library and decodes a small picture. What is measured inside ends with the first decode and begins before the library is loaded; the whole process is
 * measured from outside, beside one that does nothing.
 */
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';
import { encodeSync } from '../../src/index.ts';
import { inRepository } from '../../test/support/root.ts';
import { cached, photographs } from '../support/streams.ts';
import { describeMachine, formatSample, markdownTable, summarise, updateDocument } from '../support/table.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '15' }, update: { type: 'boolean', default: false } },
});
const rounds = Number(values.rounds);
const SIDE = 256;

const picture = { width: SIDE, height: SIDE, channels: 3, data: photographs(SIDE, SIDE) };
const lossless = await cached('startup-lossless.jp2', () => encodeSync(picture).data);
const lossy = await cached('startup-1bpp.jp2', () => encodeSync(picture, { rate: { bpp: 1 } }).data);

/** A program that loads an entry of the built library and decodes twice. */
function programOf(entry: string, format: 'import' | 'require'): string {
  const path = inRepository('dist', `${entry}.${format === 'import' ? 'js' : 'cjs'}`);
  const call =
    entry === 'decode-core' ? 'library.decodeSync(bytes, { coders: [library.classic] })' : 'library.decodeSync(bytes)';
  const [reading, loading] =
    format === 'import'
      ? ["import { readFileSync } from 'node:fs';", `await import(${JSON.stringify(pathToFileURL(path).href)})`]
      : ["const { readFileSync } = require('node:fs');", `require(${JSON.stringify(path)})`];
  return `
  ${reading}
  const bytes = readFileSync(process.argv[1]);
  const start = performance.now();
  const library = ${loading};
  const loaded = performance.now();
  const { width } = ${call};
  const decoded = performance.now();
  ${call};
  const again = performance.now();
  console.log(JSON.stringify({ width, load: loaded - start, first: decoded - loaded, second: again - decoded }));`;
}

interface Way {
  readonly what: string;
  readonly args: readonly string[];
}
const ways: Way[] = (['index', 'decode-core'] as const).flatMap((entry) =>
  (['import', 'require'] as const).flatMap((format) => {
    const start = [`--input-type=${format === 'import' ? 'module' : 'commonjs'}`, '-e', programOf(entry, format)];
    const name = entry === 'index' ? format : `${format} of \`${entry}\``;
    return [
      { what: `${name}, RGB lossless`, args: [...start, lossless] },
      { what: `${name}, RGB 1 bit a pixel`, args: [...start, lossy] },
    ];
  }),
);
const NOTHING = ['--input-type=module', '-e', ''];

interface Report {
  readonly width: number;
  readonly load: number;
  readonly first: number;
  readonly second: number;
}
const reports = ways.map(() => [] as (Report & { readonly whole: number })[]);
const nothing: number[] = [];
for (let round = -1; round < rounds; round++) {
  const empty = timeOf(NOTHING).ms;
  if (round >= 0) nothing.push(empty);
  ways.forEach(({ args }, k) => {
    const { ms, output } = timeOf(args);
    const report: Report = JSON.parse(output);
    if (report.width !== SIDE) throw new Error(`decoded ${output}`);
    if (round >= 0) reports[k]!.push({ ...report, whole: ms });
  });
}

function timeOf(args: readonly string[]): { ms: number; output: string } {
  const start = performance.now();
  const output = execFileSync(process.execPath, [...args], { encoding: 'utf8' });
  return { ms: performance.now() - start, output };
}

const rows = ways.map(({ what }, k) => {
  const column = (of: (report: Report & { whole: number }) => number): string =>
    formatSample(summarise(reports[k]!.map(of)), 1);
  return [
    what,
    column(({ load, first }) => load + first),
    (summarise(reports[k]!.map(({ load, first }) => load + first)).median / summarise(nothing).median).toFixed(2),
    column(({ load }) => load),
    column(({ first }) => first),
    column(({ second }) => second),
    column(({ whole }) => whole),
  ];
});
rows.push(['a process that does nothing', '', '', '', '', '', formatSample(summarise(nothing), 1)]);
const head = [
  'fresh process',
  'load and first decode, ms',
  'of an empty process',
  'load',
  'first decode',
  'second decode',
  'whole process, ms',
];
const text = `${describeMachine()}; ${rounds} processes each, taking turns.\n\n${markdownTable([head, ...rows])}`;
console.log(text);
if (values.update) updateDocument('startup', text);
