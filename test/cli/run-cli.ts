/** The built command line, run by Node as users run it. */
import { type ChildProcess, execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { inRepository } from '../support/root.ts';

/** The built file. */
export const CLI = inRepository('dist', 'cli.js');

/** What a run said and how it ended. */
export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Complains early where the file has not been built. */
export function requireCli(): void {
  if (!existsSync(CLI)) throw new Error('dist/cli.js is missing: npm run build:js');
}

/** Runs it to the end; `onStart` gets the process, to interrupt it for instance. */
export function runCli(args: readonly string[], onStart?: (child: ChildProcess) => void): Promise<Run> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [CLI, ...args],
      { maxBuffer: 1 << 26 },
      (error, stdout, stderr) => void resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
    onStart?.(child);
  });
}
