/** Completion for zsh, by its `_arguments`. */
import { type Offer, type Offers, quoted, type Values } from './grammar.ts';

/** The script. */
export function zshScript(offers: readonly Offers[]): string {
  return `#compdef jp2kit
# Completion of jp2kit for zsh. Once: source <(jp2kit completions zsh)
# For good: jp2kit completions zsh > a file _jp2kit in a folder of $fpath

_jp2kit() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  _arguments -C '1: :->command' '*:: :->rest' && return
  case $state in
    command)
      local -a commands=(
${offers.map(({ name, summary }) => `        ${quoted(`${name}:${summary}`)}`).join('\n')}
      )
      _describe -t commands command commands
      ;;
    rest)
      case $words[1] in
${offers.map(branch).join('\n')}
      esac
      ;;
  esac
}

if [[ $funcstack[1] == _jp2kit ]]; then
  _jp2kit "$@"
else
  compdef _jp2kit jp2kit
fi
`;
}

function branch({ name, verbs, options, operands }: Offers): string {
  const words = Object.entries(verbs).map(([verb, about]) => `${verb}\\:${quoted(about.replaceAll(':', '\\:'))}`);
  const action = actionOf(operands);
  const specs = [
    ...options.flatMap(specsOf),
    ...(words.length > 0 ? [quoted(`1:what:((${words.join(' ')}))`)] : []),
    ...(action === '' ? [] : [quoted(`*:${operands.kind === 'path' ? 'file' : 'argument'}:${action}`)]),
  ];
  const call = specs.length > 0 ? `_arguments \\\n${specs.map((spec) => `            ${spec}`).join(' \\\n')}` : ':';
  return `        ${name})\n          ${call}\n          ;;`;
}

/** An option may be named once, in either of its spellings, or any number of times. */
function specsOf({ short, flag, about, placeholder, multiple, value }: Offer): string[] {
  const valued = value.kind === 'none' ? '' : `:${plain(placeholder) || 'value'}:${actionOf(value) || ' '}`;
  const explained = `[${about.replace(/[[\]\\]/g, '\\$&')}]${valued}`;
  const spellings = [
    ...(short ? [value.kind === 'none' ? short : `${short}+`] : []),
    value.kind === 'none' ? flag : `${flag}=`,
  ];
  const others = multiple ? '*' : `(${[short, flag].filter(Boolean).join(' ')})`;
  return spellings.map((spelling) => quoted(`${others}${spelling}${explained}`));
}

function actionOf(values: Values): string {
  if (values.kind === 'words') {
    return values.list ? `_values -s , word ${values.words.join(' ')}` : `(${values.words.join(' ')})`;
  }
  if (values.kind !== 'path') return '';
  if (values.path === 'folder') return '_files -/';
  return values.path === 'file' ? '_files' : `_files -g "(#i)*.(${values.path.join('|')})"`;
}

function plain(text: string): string {
  return text.replaceAll(':', '\\:');
}
