/**
 * Runs one of the project's TypeScript programs: `node scripts/run-ts.mjs conformance/run.ts --filter p0`.
 *
 * The program is bundled with esbuild into a temporary file and started in a Node of its own, so that Node 20, which
 * cannot read TypeScript, is enough. Options for Node go into JP2KIT_NODE_OPTIONS (for instance `--cpu-prof`).
 */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { basename } from 'node:path';
import process from 'node:process';
import { bundleForNode } from './bundle.mjs';

const [entry, ...args] = process.argv.slice(2);
if (!entry) {
  console.error('usage: node scripts/run-ts.mjs program.ts [arguments]');
  process.exit(1);
}
const file = await bundleForNode(entry, `${basename(entry, '.ts')}-${process.pid}`);
const nodeOptions = (process.env.JP2KIT_NODE_OPTIONS ?? '').split(' ').filter(Boolean);
const child = spawn(process.execPath, ['--enable-source-maps', ...nodeOptions, file, ...args], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  rmSync(file, { force: true });
  process.exitCode = signal ? 1 : (code ?? 1);
});
