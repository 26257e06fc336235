/** How the command line ends: the exit codes, and the error that means "you called it wrongly". */

/**
 * Exit codes, stable for scripts. Of several files the worst counts: bad input before partial pictures. Pictures that
 * are further apart than was asked share their code with partial ones: done, but not as hoped.
 */
export const EXIT = { ok: 0, usage: 1, badInput: 2, partial: 3, apart: 3 } as const;

/** One of the exit codes. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The call is wrong; the message says how, and the command's help follows. */
export class CommandLineError extends Error {}

/** The worse of two endings. */
export function worse(a: ExitCode, b: ExitCode): ExitCode {
  const rank = [EXIT.ok, EXIT.partial, EXIT.badInput, EXIT.usage];
  return rank.indexOf(a) >= rank.indexOf(b) ? a : b;
}

/** A file cannot be read as what it seems to be, or not be used for this. */
export class InputFileError extends Error {}

/** Whether an error's code is that of the system, as ENOENT, and no fault of ours; Node reads at most 2 GB at once. */
export function isSystemCode(code: string): boolean {
  return /^E[A-Z]+$/.test(code) || code === 'ERR_FS_FILE_TOO_LARGE';
}
