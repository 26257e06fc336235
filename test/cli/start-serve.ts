/** `jp2kit serve` as a process that runs until a test has seen enough. */
import type { ChildProcess } from 'node:child_process';
import { type Run, runCli } from './run-cli.ts';

/** One event that it told. */
export interface ServeEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** A server that listens. */
export interface RunningServe {
  readonly url: string;
  // biome-ignore lint/suspicious/noExplicitAny: what it says is what tests look at
  readonly listening: any;
  /** Interrupts it, and waits for its end. */
  stop(): Promise<Run & { readonly events: readonly ServeEvent[] }>;
}

/** Starts it on a free port, and waits until it listens. */
export async function startServe(args: readonly string[]): Promise<RunningServe> {
  let child!: ChildProcess;
  const run = runCli(['serve', ...args, '--port', '0', '--json'], (process) => {
    child = process;
  });
  let output = '';
  const listening = await new Promise<ServeEvent>((resolve, reject) => {
    child.stdout!.on('data', (text) => {
      output += text;
      const line = output.split('\n')[0]!;
      if (output.includes('\n')) resolve(JSON.parse(line));
    });
    run.then(({ code, stderr }) => reject(new Error(`ended with ${code}: ${stderr}`)), reject);
  });
  return {
    url: String(listening.url),
    listening,
    async stop() {
      child.kill('SIGINT');
      const result = await run;
      const lines = result.stdout.split('\n').filter((line) => line !== '');
      return { ...result, events: lines.map((line) => JSON.parse(line) as ServeEvent) };
    },
  };
}
