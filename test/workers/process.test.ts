/** The built package in processes of their own: they end by themselves, whatever module system they use. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { inRepository } from '../support/root.ts';

const run = promisify(execFile);

const BATCH = `{
  coder: 'classic',
  params: Int32Array.from({ length: ENCODE_PARAMS.count }, (_, i) => [8, 8, 0, 0, 0, 1][i]),
  stopSlopes: new Float64Array(1),
  coefficients: Int32Array.from({ length: 64 }, (_, i) => i - 30),
  cost: 1,
}`;

/** Runs a script with Node; fails if it does not end long before idle workers are let go. */
async function runScript(type: 'module' | 'commonjs', body: string): Promise<string> {
  if (!existsSync(inRepository('dist', 'worker.js'))) throw new Error('dist is missing: npm run build:js');
  const args = [`--input-type=${type}`, '--eval', body];
  const { stdout } = await run(process.execPath, args, { cwd: inRepository(), timeout: 20_000 });
  return stdout.trim();
}

const IMPORTS = {
  module: `import { createPool, ENCODE_PARAMS } from 'jp2kit/workers';`,
  commonjs: `const { createPool, ENCODE_PARAMS } = require('jp2kit/workers');`,
} as const;

test.each(['module', 'commonjs'] as const)(
  'an open pool with nothing to do does not hold a process (%s)',
  async (type) => {
    const output = await runScript(
      type,
      `${IMPORTS[type]}
    const pool = createPool({ size: 2, idleMs: 3_600_000, onWarning: (w) => console.log(w) });
    Promise.all([1, 2, 3].map(() => pool.encode(${BATCH}))).then((all) => {
      const { workers, doneByWorkers, doneInline, inline } = pool.stats;
      console.log(JSON.stringify({ bytes: all[0].data.length, workers, doneByWorkers, doneInline, inline }));
    });`,
    );
    expect(JSON.parse(output)).toEqual({ bytes: 43, workers: 2, doneByWorkers: 3, doneInline: 0, inline: false });
  },
);

test('a process that waits for nothing but a batch stays until it is done', async () => {
  const output = await runScript(
    'module',
    `${IMPORTS.module}
    const pool = createPool({ size: 1 });
    await pool.encode(${BATCH});
    await new Promise((resolve) => setTimeout(resolve, 50));
    pool.encode(${BATCH}).then(() => console.log('done'));`,
  );
  expect(output).toBe('done');
});

test('where threads are forbidden everything is done on the spot', async () => {
  const output = await runScript(
    'module',
    `${IMPORTS.module}
    const codes = [];
    const pool = createPool({
      size: 2,
      createWorker: () => { throw new Error('forbidden'); },
      onWarning: ({ code }) => codes.push(code),
    });
    const { data } = await pool.encode(${BATCH});
    console.log(data.length, pool.stats.inline, codes.join());`,
  );
  expect(output).toBe('43 true worker-start,worker-start,inline');
});
