/** Completion for fish. */
import type { Offer, Offers, Values } from './grammar.ts';

/** The script. */
export function fishScript(offers: readonly Offers[]): string {
  return `# Completion of jp2kit for fish. Once: jp2kit completions fish | source
# For good: jp2kit completions fish > ~/.config/fish/completions/jp2kit.fish

# Whether the command is the one that is named; none is named before one is typed.
function __jp2kit_command
    set -l words (commandline -opc)
    test (count $words) -gt 1; or set words[2] ''
    test "$words[2]" = "$argv[1]"
end

# Whether a command's first argument is still to come.
function __jp2kit_verb
    __jp2kit_command $argv[1]; and test (count (commandline -opc)) -eq 2
end

# Whether it has been named.
function __jp2kit_operand
    __jp2kit_command $argv[1]; and test (count (commandline -opc)) -gt 2
end

# What has been typed of a path, without the option that it belongs to.
function __jp2kit_typed
    commandline -ct | string replace -r '^--[a-z-]+=' ''
end

# Folders, and files with one of the extensions.
function __jp2kit_files
    __fish_complete_path (__jp2kit_typed) | string match -ri "^[^\\t]*(?:/|\\.(?:"(string join '|' $argv)"))(?:\\t.*)?\\$"
end

complete -c jp2kit -f
${offers.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ name, summary, verbs, options, operands }: Offers): string[] {
  const words = Object.entries(verbs);
  const action = actionOf(operands);
  const base = `complete -c jp2kit -n ${quote(`__jp2kit_command ${name}`)}`;
  const operandBase = words.length > 0 ? `complete -c jp2kit -n ${quote(`__jp2kit_operand ${name}`)}` : base;
  return [
    `complete -c jp2kit -n "__jp2kit_command ''" -a ${quote(name)} -d ${quote(summary)}`,
    ...words.map(
      ([verb, about]) => `complete -c jp2kit -n ${quote(`__jp2kit_verb ${name}`)} -a ${quote(verb)} -d ${quote(about)}`,
    ),
    ...options.map((offer) => `${base} ${optionOf(offer)}`),
    ...(action === '' ? [] : [`${operandBase} ${action}`]),
  ];
}

function optionOf({ short, flag, about, value }: Offer): string {
  const names = `${short ? `-s ${short.slice(1)} ` : ''}-l ${flag.slice(2)}`;
  const action = actionOf(value);
  const takes = value.kind === 'none' ? '' : ` ${value.kind === 'path' && value.path === 'file' ? '-r' : '-x'}`;
  return `${names}${takes}${action === '' ? '' : ` ${action}`} -d ${quote(about)}`;
}

function actionOf(values: Values): string {
  if (values.kind === 'words') {
    const words = values.words.join(' ');
    return `-a ${quote(values.list ? `(__fish_append , ${words})` : words)}`;
  }
  if (values.kind !== 'path') return '';
  if (values.path === 'file') return '-F';
  if (values.path === 'folder') return `-a ${quote('(__fish_complete_directories (__jp2kit_typed))')}`;
  return `-a ${quote(`(__jp2kit_files ${values.path.join(' ')})`)}`;
}

/** Text in single quotes, in which only they and backslashes have to be escaped. */
function quote(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}
