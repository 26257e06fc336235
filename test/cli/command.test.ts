/** Every command says of itself what it takes: its help, its parser and its completions come from one table. */
import { describe, expect, test } from 'vitest';
import { briefly, helpOf } from '../../src/cli/command.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { flagsOf, type OptionTable, parseCall, withoutAliases } from '../../src/cli/options.ts';

describe.each(Object.entries(COMMANDS))('%s', (name, command) => {
  const options = Object.entries(command.options);
  const help = helpOf(name, command);

  test('has a help with every option, its words and its other spellings, in lines that fit', () => {
    for (const [option, spec] of options) {
      for (const flag of flagsOf(option, spec)) expect(help).toMatch(new RegExp(`${flag}(?![\\w-])`));
      for (const word of [...(spec.words ?? []), ...(spec.aliases ?? [])]) expect(help).toContain(word);
      if (spec.short) expect(help).toContain(`  -${spec.short}, --${option}`);
    }
    for (const line of help.split('\n')) expect(line.length, line).toBeLessThanOrEqual(122);
    expect(help).toMatch(/^usage: jp2kit /);
    expect(help).toMatch(/\nexit codes: 0 /);
  });

  test('parses every option as its table says', () => {
    for (const [option, spec] of options) {
      const args = spec.type === 'boolean' ? flagsOf(option, spec).slice(0, 1) : [`--${option}`, 'x'];
      const { values } = parseCall(args, command.options);
      const expected = spec.type === 'boolean' ? spec.negative !== 'only' : spec.multiple ? ['x'] : 'x';
      expect(values[option]).toEqual(expected);
      for (const alias of spec.aliases ?? []) {
        expect(parseCall([`--${alias}=x`], command.options).values[option]).toEqual(expected);
      }
    }
  });

  test('has headings and defaults that belong to something, and no name twice', () => {
    const names = options.flatMap(([option, { aliases = [] }]) => [option, ...aliases]);
    expect(new Set(names).size).toBe(names.length);
    for (const option of Object.keys(command.headings ?? {})) expect(command.options).toHaveProperty(option);
    for (const [option, spec] of options) {
      if (spec.words && typeof spec.default === 'string') expect(spec.words).toContain(spec.default);
      expect(briefly(spec.about).length, option).toBeGreaterThan(3);
    }
  });
});

const TABLE = {
  'long-name': { type: 'string', about: 'a text: with more; to say', value: 'n', aliases: ['other'] },
  on: { type: 'boolean', default: true, about: 'not that', negative: 'only' },
  both: { type: 'boolean', about: 'this (perhaps), or that.', negative: 'also' },
} as const satisfies OptionTable;

test('aliases are replaced, with and without a value, and nothing else is', () => {
  const args = ['--other', '--other=5', '--others', 'other', '-o'];
  expect(withoutAliases(args, TABLE)).toEqual(['--long-name', '--long-name=5', '--others', 'other', '-o']);
});

test('switches are turned off where the table says so', () => {
  expect(parseCall(['--no-on', '--no-both'], TABLE).values).toEqual({ on: false, both: false });
  expect(() => parseCall(['--no-x'], { x: { type: 'boolean', about: 'x' } })).toThrow(/no-x/);
});

test('the first clause is what shells show', () => {
  expect(briefly(TABLE['long-name'].about)).toBe('a text');
  expect(briefly(TABLE.both.about)).toBe('this');
  expect(briefly('sizes as 0.25, or name.j2k')).toBe('sizes as 0.25, or name.j2k');
});
