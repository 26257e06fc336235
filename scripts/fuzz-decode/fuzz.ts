/** Runs the spoilt files in child processes and watches them: a case that does not end is a finding like any other. */
import { fork } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { bundleForNode } from '../bundle.mjs';

/** What came of a run. */
export interface FuzzResult {
  readonly findings: readonly string[];
  readonly tally: Readonly<Record<string, number>>;
  readonly slowestMs: number;
}

/** A case without a sign of life for this long is taken for endless. */
const HANG_MS = 15_000;

/** Which cases: `from` to `from + count` of a seed, of files of one block coder (default `classic`). */
export interface FuzzOptions {
  readonly seed: number;
  readonly from: number;
  readonly count: number;
  readonly coder?: 'classic' | 'ht';
}

/** Runs cases, going on after a process that died or was ended. */
export async function runFuzz(options: FuzzOptions): Promise<FuzzResult> {
  const file = await bundleForNode(
    'scripts/fuzz-decode/worker.ts',
    `fuzz-worker-${options.coder ?? 'classic'}-${process.pid}`,
  );
  const findings: string[] = [];
  const tally: Record<string, number> = {};
  let slowestMs = 0;
  try {
    let next = options.from;
    const end = options.from + options.count;
    while (next < end) {
      const part = await runWorker(file, { ...options, from: next, count: end - next });
      findings.push(...part.findings);
      for (const [name, n] of Object.entries(part.tally)) tally[name] = (tally[name] ?? 0) + n;
      slowestMs = Math.max(slowestMs, part.slowestMs);
      next = part.next;
    }
  } finally {
    await rm(file, { force: true });
  }
  return { findings, tally, slowestMs };
}

function runWorker(
  file: string,
  { seed, from, count, coder = 'classic' }: FuzzOptions,
): Promise<FuzzResult & { next: number }> {
  return new Promise((resolve) => {
    const execArgv = ['--enable-source-maps', '--max-old-space-size=1024'];
    const child = fork(file, [...[seed, from, count].map(String), coder], {
      execArgv,
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    const findings: string[] = [];
    let tally: Record<string, number> = {};
    let slowestMs = 0;
    let current = from;
    let finished = false;
    let hung = false;
    let errors = '';
    child.stderr?.on('data', (text) => {
      errors = (errors + text).slice(-2000);
    });
    const watch = (): NodeJS.Timeout =>
      setTimeout(() => {
        hung = true;
        child.kill('SIGKILL');
      }, HANG_MS);
    let timer = watch();
    child.on('message', (message: { number?: number; finding?: string; tally?: typeof tally; slowest?: number }) => {
      clearTimeout(timer);
      timer = watch();
      if (message.number !== undefined) current = message.number;
      if (message.finding !== undefined) findings.push(message.finding);
      if (message.tally) {
        tally = message.tally;
        slowestMs = message.slowest ?? 0;
        finished = true;
      }
    });
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (!finished) {
        findings.push(`${seed}:${current}: ${hung ? 'did not end' : `the process died (${code ?? signal}) ${errors}`}`);
      }
      resolve({ findings, tally, slowestMs, next: finished ? from + count : current + 1 });
    });
  });
}
