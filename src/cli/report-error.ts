/** What went wrong with one file of several, as reports tell it. */
import { Jpeg2000Error } from 'jp2kit';
import { JpipError } from 'jp2kit/jpip/client';
import { CommandLineError, EXIT, type ExitCode, InputFileError, isSystemCode } from './exit.ts';

/** An error in a report. */
export interface ReportedError {
  readonly kind: string;
  readonly code: string;
  readonly message: string;
}

/** An error as a report tells it. A fault of ours is thrown on, to be seen with its stack. */
export function describeError(error: unknown): ReportedError {
  if (error instanceof Jpeg2000Error || error instanceof JpipError) {
    return { kind: error.kind, code: error.code, message: error.message };
  }
  if (error instanceof CommandLineError) return { kind: 'usage', code: 'call', message: error.message };
  if (error instanceof InputFileError) return { kind: 'malformed', code: 'input', message: error.message };
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (isSystemCode(code)) return { kind: 'system', code, message: (error as Error).message };
  if (error instanceof Error && error.message === INTERRUPTED) {
    return { kind: 'system', code: INTERRUPTED, message: INTERRUPTED };
  }
  throw error;
}

/** The exit code that an error stands for. */
export function exitOfError({ kind }: ReportedError): ExitCode {
  return kind === 'usage' ? EXIT.usage : EXIT.badInput;
}

const INTERRUPTED = 'interrupted';

/**
 * Works through files one after the other, until somebody interrupts. The signal's reason is an error that {@link describeError} knows.
 */
export async function forEachFile<P>(
  files: readonly P[],
  work: (file: P, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const abort = new AbortController();
  const onInterrupt = (): void => abort.abort(new Error(INTERRUPTED));
  process.once('SIGINT', onInterrupt);
  try {
    for (const file of files) {
      await work(file, abort.signal);
      if (abort.signal.aborted) return;
    }
  } finally {
    process.removeListener('SIGINT', onInterrupt);
  }
}
