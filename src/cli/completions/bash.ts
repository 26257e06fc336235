/** Completion for bash, 3.2 as macOS has it included. */
import { type Offer, type Offers, quoted, type Values } from './grammar.ts';

/** The script. */
export function bashScript(offers: readonly Offers[]): string {
  const names = offers.map(({ name }) => name);
  return `# Completion of jp2kit for bash. Once: source <(jp2kit completions bash)
# For good: jp2kit completions bash > ~/.local/share/bash-completion/completions/jp2kit

# Words that begin with what is typed.
_jp2kit_words() {
  local word
  COMPREPLY=()
  while IFS= read -r word; do
    COMPREPLY+=("$word")
  done < <(compgen -W "$1" -- "$cur")
}

# The same for lists: what stands before the last comma stays.
_jp2kit_list() {
  local before= word
  [[ $cur == *,* ]] && before=\${cur%,*},
  COMPREPLY=()
  while IFS= read -r word; do
    COMPREPLY+=("$before$word")
  done < <(compgen -W "$1" -- "\${cur##*,}")
  type compopt &>/dev/null && compopt -o nospace
}

# Folders, and files with one of the extensions; all files without any.
_jp2kit_files() {
  local entry extension
  COMPREPLY=()
  type compopt &>/dev/null && compopt -o filenames
  while IFS= read -r entry; do
    if [[ $# -eq 0 || -d \${entry/#\\~/$HOME} ]]; then
      COMPREPLY+=("$entry")
      continue
    fi
    extension=$(printf %s "\${entry##*.}" | tr '[:upper:]' '[:lower:]')
    [[ " $* " == *" $extension "* ]] && COMPREPLY+=("$entry")
  done < <(compgen -f -- "$cur")
}

_jp2kit_folders() {
  local entry
  COMPREPLY=()
  type compopt &>/dev/null && compopt -o filenames
  while IFS= read -r entry; do COMPREPLY+=("$entry"); done < <(compgen -d -- "$cur")
}

_jp2kit() {
  local cur=\${COMP_WORDS[COMP_CWORD]} option=\${COMP_WORDS[COMP_CWORD - 1]} command=\${COMP_WORDS[1]}
  COMPREPLY=()
  # --option=value comes in three words
  if [[ $cur == = ]]; then
    cur=
  elif [[ $option == = && COMP_CWORD -gt 2 ]]; then
    option=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  if [[ COMP_CWORD -eq 1 ]]; then
    _jp2kit_words ${quoted(names.join(' '))}
    return
  fi
  case $command in
${offers.map(branch).join('\n')}
  esac
}

complete -F _jp2kit jp2kit
`;
}

function branch({ name, verbs, options, operands }: Offers): string {
  const words = Object.keys(verbs);
  const cases = options.flatMap(valueCase);
  return `    ${name})
${cases.length > 0 ? `      case $option in\n${cases.join('\n')}\n      esac\n` : ''}${
  options.length > 0
    ? `      if [[ $cur == -* ]]; then\n        _jp2kit_words ${quoted(options.map(({ flag }) => flag).join(' '))}\n        return\n      fi\n`
    : ''
}${
  words.length > 0
    ? `      if [[ COMP_CWORD -eq 2 ]]; then\n        _jp2kit_words ${quoted(words.join(' '))}\n        return\n      fi\n`
    : ''
}      ${completionOf(operands)}
      ;;`;
}

function valueCase({ short, flag, value }: Offer): string[] {
  if (value.kind === 'none') return [];
  return [`        ${short ? `${short} | ` : ''}${flag}) ${completionOf(value)}; return ;;`];
}

function completionOf(values: Values): string {
  if (values.kind === 'words') {
    return `${values.list ? '_jp2kit_list' : '_jp2kit_words'} ${quoted(values.words.join(' '))}`;
  }
  if (values.kind !== 'path') return ':';
  if (values.path === 'folder') return '_jp2kit_folders';
  return values.path === 'file' ? '_jp2kit_files' : `_jp2kit_files ${values.path.join(' ')}`;
}
