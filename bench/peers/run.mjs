/**
 * `npm run bench:peers -- [--rounds n] [--update]` and `npm run bench:encoders` likewise: installs the rivals into this folder,
 * bundles the comparison (`compare.ts`, or `encoders.ts` as the first argument) beside them, and runs it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
if (!existsSync(join(here, 'node_modules', '@cornerstonejs', 'codec-openjph'))) {
  const install = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: here, stdio: 'inherit' });
  if (install.status !== 0) process.exit(1);
}
const [program, ...args] = process.argv.slice(2);
const outfile = join(here, 'node_modules', `compare-${process.pid}.mjs`);
await build({
  entryPoints: [join(here, program)],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  logLevel: 'warning',
});
try {
  const run = spawnSync(process.execPath, [outfile, ...args], { stdio: 'inherit' });
  process.exitCode = run.status ?? 1;
} finally {
  rmSync(outfile, { force: true });
}
