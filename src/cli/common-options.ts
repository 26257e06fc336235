/** Options that several commands have. */
import type { OptionSpec } from './options.ts';

/** Where results go, with what stands behind that. */
export function outputOption(about: string) {
  return {
    type: 'string',
    short: 'o',
    value: '<path>',
    path: 'file',
    about: `output: ${about}`,
  } as const satisfies OptionSpec;
}

/** A report for programs. */
export const JSON_OPTION = {
  type: 'boolean',
  default: false,
  about: 'a report on standard output',
} as const satisfies OptionSpec;

/** No tolerance. */
export const STRICT_OPTION = {
  type: 'boolean',
  default: false,
  about: 'treat every violation of the standard as an error',
} as const satisfies OptionSpec;
