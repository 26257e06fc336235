/**
 * Runs every example as a user would, each in a process of its own; an example that fails or is silent fails the run.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

const filter = process.argv[2] ?? '';
const names = readdirSync('examples').filter((name) => name.endsWith('.mjs') && name.includes(filter));
let failed = 0;
for (const name of names) {
  const start = performance.now();
  const run = spawnSync(process.execPath, [join('examples', name)], { encoding: 'utf8', timeout: 60_000 });
  const ms = Math.round(performance.now() - start);
  const good = run.status === 0 && run.stdout.trim() !== '';
  if (!good) failed++;
  console.log(`${good ? 'ok    ' : 'failed'} ${name} (${ms} ms)`);
  for (const line of run.stdout.trim().split('\n')) console.log(`       ${line}`);
  if (!good) console.log(run.stderr);
}
console.log(`${names.length - failed} of ${names.length} examples ran`);
process.exitCode = failed > 0 || names.length === 0 ? 1 : 0;
