/**
 * Completion in real shells: the scripts are loaded, and the shells are asked what they would offer. What has to be offered is read from
 * the tables that the commands parse their calls with.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { completionScript } from '../../src/cli/completions/index.ts';
import type { Shell } from '../../src/cli/completions/grammar.ts';
import { flagsOf } from '../../src/cli/options.ts';
import { describeTools } from '../support/shared.ts';
import { runTool } from '../support/tools.ts';
import { requireCli, runCli } from './run-cli.ts';

/** What a shell offers at the end of each line. */
type Ask = (lines: readonly string[]) => Promise<string[][]>;

let folder: string;

/** Drivers: a shell that loads a script, and prints what it would offer. Each line of the answer ends with a line of its own. */
const DRIVERS: Readonly<Record<Shell, (script: string, lines: readonly string[]) => string>> = {
  bash: (script, lines) => `source ${script}
ask() {
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
  _jp2kit jp2kit "\${@: -1}" "\${@: -2:1}"
  printf '%s\\n' "\${COMPREPLY[@]}" END
}
${lines
  .map(
    (line) =>
      // as readline has it, an equals sign is a word of its own
      `ask ${line
        .split(' ')
        .flatMap((word) =>
          word.startsWith('--') ? word.split(/(=)/).filter((part, k) => k < 2 || part !== '') : [word],
        )
        .map((word) => `'${word}'`)
        .join(' ')}`,
  )
  .join('\n')}
`,
  // a terminal of its own, in which what is added to the choices is written down as well
  zsh: (script, lines) => `zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "bindkey '^I' list-choices '^G' kill-whole-line; autoload -Uz compinit; compinit -u -D; source ${script}; source ${script}.capture"
ask() {
  local out= part
  : >${script}.hits
  zpty -w -n z "$1"$'\\t\\a'"print -r EN''D"$'\\n'
  while [[ $out != *END* ]] && zpty -r z part; do out+=$part; done
  cat ${script}.hits
  print END
}
ask '' >/dev/null
${lines.map((line) => `ask '${line}'`).join('\n')}
`,
  fish: (script, lines) => `source ${script}
${lines.map((line) => `complete -C'${line}' | string replace -r '\\t.*' ''; echo END`).join('\n')}
`,
};

/** Writes down what zsh's completion adds, but for calls that only look something up. */
function captureFor(script: string): string {
  return `compadd() {
  local -a hits
  if [[ \${@[1,(i)(-|--)]} != *-[OAD]\\ * ]]; then
    builtin compadd -A hits "$@"
    print -rl -- $hits >>${script}.hits
  fi
  builtin compadd "$@"
}
`;
}

function asking(shell: Shell): Ask {
  return async (lines) => {
    const script = join(folder, `completion.${shell}`);
    const driver = join(folder, `drive.${shell}`);
    writeFileSync(script, completionScript(shell, COMMANDS));
    writeFileSync(`${script}.capture`, captureFor(script));
    writeFileSync(driver, `cd ${folder}/files\n${DRIVERS[shell](script, lines)}`);
    const { ok, output } = await runTool(shell, shell === 'zsh' ? ['-f', driver] : [driver]);
    expect(ok, output).toBe(true);
    const answers = output.split(/^END$/m).slice(0, lines.length);
    return answers.map((answer) => [...new Set(answer.split('\n').filter((word) => word !== ''))]);
  };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'jp2kit-completions-'));
  mkdirSync(join(folder, 'files', 'folder.d'), { recursive: true });
  for (const name of ['a.jp2', 'B.JP2', 'with space.j2k', 'w[ei]rd.jp2', 'c.png', 'd.idx', 'e.txt', 'noextension']) {
    writeFileSync(join(folder, 'files', name), '');
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(['bash', 'zsh', 'fish'] as const)('%s', (shell) => {
  describeTools([shell], 'completes', () => {
    const ask = asking(shell);

    test('every command', async () => {
      const [words] = await ask(['jp2kit ']);
      expect(words).toEqual(expect.arrayContaining([...Object.keys(COMMANDS), 'help', 'version']));
    });

    test('every option of every command', async () => {
      const names = Object.keys(COMMANDS);
      const answers = await ask(names.map((name) => `jp2kit ${name} --`));
      for (const [k, name] of names.entries()) {
        const { options } = COMMANDS[name]!;
        const flags = Object.entries(options).flatMap(([option, spec]) => flagsOf(option, spec));
        expect([...answers[k]!].sort(), name).toEqual([...flags, '--help'].sort());
      }
    });

    test('the words of every option that has some', async () => {
      const cases = Object.entries(COMMANDS).flatMap(([name, { options }]) =>
        Object.entries(options).flatMap(([option, spec]) =>
          spec.words ? [{ line: `jp2kit ${name} --${option} `, words: spec.words }] : [],
        ),
      );
      expect(cases.length).toBeGreaterThan(10);
      const answers = await ask(cases.map(({ line }) => line));
      for (const [k, { line, words }] of cases.entries()) {
        expect([...answers[k]!].sort(), line).toEqual([...words].sort());
      }
    });

    test('what the first argument has to be', async () => {
      const [jpx, help, shells] = await ask(['jp2kit jpx ', 'jp2kit help co', 'jp2kit completions ']);
      expect(jpx!.sort()).toEqual(['extract', 'join']);
      expect(help!.sort()).toEqual(['compare', 'completions']);
      expect(shells!.sort()).toEqual(['bash', 'fish', 'zsh']);
    });

    test('files by their extensions, and folders', async () => {
      const pictures = ['B.JP2', 'a.jp2', 'folder.d', 'w[ei]rd.jp2', 'with space.j2k'];
      // zsh escapes on its own
      const bare = (words: string[] | undefined) =>
        words!.map((word) => word.replace(/\/$/, '').replace(/\\(.)/g, '$1')).sort();
      const lines = [
        'jp2kit decode ',
        'jp2kit jpx join ',
        'jp2kit encode ',
        'jp2kit fetch --cache ',
        'jp2kit decode -o ',
      ];
      const [decode, join, encode, cache, output] = await ask([...lines, 'jp2kit decode --index ']);
      expect(bare(decode)).toEqual(pictures);
      expect(bare(join)).toEqual(pictures);
      expect(bare(encode)).toEqual(['c.png', 'folder.d']);
      expect(bare(cache)).toEqual(['folder.d']);
      expect(bare(output)).toEqual([...pictures, 'c.png', 'd.idx', 'e.txt', 'noextension'].sort());
    });

    test('words behind an equals sign, and lists behind commas', async () => {
      const [format, style] = await ask(['jp2kit decode --format=pn', 'jp2kit encode --style bypass,seg']);
      expect(format!.map((word) => word.replace('--format=', '')).sort()).toEqual(['png', 'pnm']);
      expect(style!.map((word) => word.replace('bypass,', ''))).toEqual(['segmentation']);
    });
  });
});

describe('jp2kit completions', () => {
  beforeAll(requireCli);

  test('prints a script', async () => {
    const run = await runCli(['completions', 'bash']);
    expect(run).toMatchObject({ code: 0, stderr: '', stdout: completionScript('bash', COMMANDS) });
  });

  test.each([[[]], [['tcsh']], [['bash', 'zsh']]])('takes one shell that it knows: %j', async (args) => {
    const run = await runCli(['completions', ...args]);
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toContain('bash, zsh, fish');
  });
});
