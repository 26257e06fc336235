/** `jp2kit validate`: what is wrong with files, by the rules of the standard and of profiles. */
import { type Finding, validate, type ValidateProfile, type ValidationReport } from 'jp2kit';
import { fileSource } from 'jp2kit/node';
import { readWord } from './argument-values.ts';
import type { Command } from './command.ts';
import { JSON_OPTION } from './common-options.ts';
import { CommandLineError, EXIT, type ExitCode, worse } from './exit.ts';
import { JPEG2000_FILES } from './file-kinds.ts';
import { type OptionTable, parseCall } from './options.ts';
import { describeError, exitOfError, forEachFile } from './report-error.ts';
import { ProgressBar, print, say, toJson } from './terminal.ts';

const PROFILES = [
  'profile-0',
  'profile-1',
  'cinema2k',
  'cinema4k',
  'broadcast',
  'imf',
  'dicom-j2k',
  'dicom-htj2k',
  'dicom-htj2k-rpcl',
  'jpip',
  'archive',
] as const satisfies readonly ValidateProfile[];

const OPTIONS = {
  profile: {
    type: 'string',
    value: '<p>',
    words: PROFILES,
    about: 'a profile to hold codestreams against (default: the one that a codestream claims)',
  },
  quiet: {
    type: 'boolean',
    default: false,
    about: 'say nothing of notes, and one line only of files without findings',
  },
  json: { ...JSON_OPTION, about: 'everything as JSON' },
} as const satisfies OptionTable;

/** `jp2kit validate`. */
export const VALIDATE: Command = {
  summary: 'check files against the rules of the standard',
  usage: ['<files…> [options]'],
  about: 'Checks boxes, marker segments, tile-parts and every packet header against the standard, without decoding.',
  options: OPTIONS,
  notes: 'Files may be larger than memory.',
  exits: '0 all valid, 1 wrong call, 2 a file breaks a rule or cannot be read',
  files: JPEG2000_FILES,
  run: runValidate,
};

async function runValidate(args: string[]): Promise<ExitCode> {
  const { values, positionals: files } = parseCall(args, OPTIONS);
  if (files.length === 0) throw new CommandLineError('no files');
  const profile = values.profile === undefined ? undefined : readWord(values.profile, 'profile', PROFILES);
  const reports: unknown[] = [];
  let exit: ExitCode = EXIT.ok;
  await forEachFile(files, async (file, signal) => {
    try {
      const report = await validateFile(file, profile, signal);
      if (values.json) reports.push({ file, ...report });
      else print(describe(file, report, values.quiet).join('\n'));
      if (!report.valid) exit = worse(exit, EXIT.badInput);
    } catch (thrown) {
      const error = describeError(thrown);
      if (values.json) reports.push({ file, valid: false, error });
      else say(`${file}: ${error.message}`);
      exit = worse(exit, exitOfError(error));
    }
  });
  if (values.json) print(toJson(files.length === 1 ? reports[0] : reports));
  return exit;
}

async function validateFile(
  file: string,
  profile: ValidateProfile | undefined,
  signal: AbortSignal,
): Promise<ValidationReport> {
  const source = await fileSource(file);
  const bar = new ProgressBar(file);
  try {
    return await validate(source, { profile, signal, onProgress: ({ fraction }) => bar.update(fraction) });
  } finally {
    bar.clear();
    await source.close?.();
  }
}

function describe(file: string, report: ValidationReport, quiet: boolean): string[] {
  const { valid, container, checked, findings, profile } = report;
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const shown = findings.filter(({ severity }) => !quiet || severity !== 'note');
  const verdict = valid ? 'valid' : `not valid, ${errors} ${errors === 1 ? 'rule' : 'rules'} broken`;
  const what = [
    container ?? 'unknown',
    `${checked.codestreams} codestream${checked.codestreams === 1 ? '' : 's'}`,
    `${checked.tileParts} tile-part${checked.tileParts === 1 ? '' : 's'}`,
    `${checked.packets} packets`,
    ...(profile ? [`profile ${profile}`] : []),
  ];
  return [`${file}: ${verdict} (${what.join(', ')})`, ...shown.map(row)];
}

function row({ severity, code, message, offset, clause, count }: Finding): string {
  const place = offset === undefined ? '' : `at ${offset}`;
  const more = count === undefined ? '' : ` (and ${count - 1} more)`;
  return `  ${severity.padEnd(8)}${place.padEnd(12)} ${code.padEnd(18)} ${message}${more}${clause ? ` [${clause}]` : ''}`;
}
