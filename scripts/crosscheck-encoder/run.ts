/**
 * The encoder against other decoders: `npm run crosscheck:encoder -- [--seed n] [--count n] [--only number] [--coder ht] [--keep folder]`.
 *
 * Encodes generated pictures over the whole matrix of options, checks what the options promise, and compares our decoder with
 * `opj_decompress` and `grk_decompress`. Exits with 1 on any difference.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DECK_SIZES } from './cases.ts';
import { checkNumber, describeCase, type Outcome, type Verdict } from './check.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '300' },
    only: { type: 'string' },
    coder: { type: 'string', default: 'classic' },
    keep: { type: 'string' },
  },
});
const seed = Number(values.seed);
const numbers = values.only ? [Number(values.only)] : Array.from({ length: Number(values.count) }, (_, k) => k);
const start = performance.now();
const verdicts: Verdict[] = [];
for (const [done, number] of numbers.entries()) {
  for (const verdict of await checkNumber(seed, number, values.coder === 'ht' ? 'ht' : 'classic')) {
    verdicts.push(verdict);
    if (verdict.outcome !== 'different') continue;
    say(`different ${describeCase(verdict.item)}\n    ${verdict.details.join('\n    ')}\n`);
    if (values.keep && verdict.file) {
      await mkdir(values.keep, { recursive: true });
      const extension = verdict.item.options.container?.replace('codestream', 'j2k');
      await writeFile(join(values.keep, `${verdict.item.id.replace(':', '-')}.${extension}`), verdict.file);
    }
  }
  if (process.stderr.isTTY)
    process.stderr.write(`\r${bar((done + 1) / numbers.length)} ${done + 1} of ${numbers.length}`);
}
say('');
const encoded = verdicts.filter((v) => v.outcome !== 'refused');
const count = (outcome: Outcome): number => verdicts.filter((v) => v.outcome === outcome).length;
table('outcome', [
  ['the same in all decoders', count('same')],
  ['the same but for a decoder that is known to be wrong', count('excluded')],
  ['different', count('different')],
  ['refused by the encoder, drawn anew', count('refused')],
]);
table('decoders left out', tally(verdicts.flatMap((v) => v.exclusions)));
table('refused', tally(verdicts.filter((v) => v.outcome === 'refused').map((v) => v.details[0]!.replace(/\d+/g, 'n'))));
table('promises checked', tally(encoded.flatMap((v) => v.promises)));
const { met, all } = pairs();
console.log(`seed ${seed}: ${encoded.length} encodes, ${met} of ${all} pairs of option values met`);
console.log(`${((performance.now() - start) / 1000).toFixed(0)} s`);
process.exitCode = count('different') > 0 || encoded.length < numbers.length ? 1 : 0;

/** How many pairs of values of two options were together in a case. */
function pairs(): { met: number; all: number } {
  const seen = new Set<string>();
  for (const { item } of encoded) {
    const cards = Object.entries(item.cards);
    cards.forEach(([name, value], k) => {
      for (const [other, its] of cards.slice(k + 1)) seen.add([`${name}=${value}`, `${other}=${its}`].sort().join('&'));
    });
  }
  let all = 0;
  DECK_SIZES.forEach(({ values: a }, k) => {
    for (const { values: b } of DECK_SIZES.slice(k + 1)) all += a * b;
  });
  return { met: seen.size, all };
}

function tally(list: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const one of list) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}

function table(title: string, rows: readonly (readonly [string, number])[]): void {
  if (rows.length === 0) return;
  console.log(`${title}\n${rows.map(([name, n]) => `  ${String(n).padStart(5)}  ${name}`).join('\n')}`);
}

function say(text: string): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  if (text !== '') process.stdout.write(text);
}

function bar(fraction: number): string {
  const filled = Math.round(30 * fraction);
  return `[${'#'.repeat(filled)}${'.'.repeat(30 - filled)}]`;
}
