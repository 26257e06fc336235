/** What `npm start` does after building: it decodes the shipped sample, says so, and serves the page. */
import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { inRepository } from './support/root.ts';

test('npm start decodes the sample and prints the address of the page', { timeout: 60_000 }, async () => {
  const child = spawn(process.execPath, [inRepository('demo', 'start.mjs')], { stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    let output = '';
    const address = await new Promise<string>((resolve, reject) => {
      child.stdout.on('data', (text) => {
        output += text;
        const found = /http:\/\/127\.0\.0\.1:\d+\//.exec(output);
        if (found) resolve(found[0]);
      });
      child.stderr.on('data', (text) => {
        output += text;
      });
      child.on('exit', (code) => reject(new Error(`ended with ${code}: ${output}`)));
    });
    expect(output).toContain('960 × 600');
    expect(output).toContain('decoded: complete');
    const page = await fetch(address);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(await page.text()).toContain('page.js');
    const part = await fetch(`${address}samples/lake.jp2`, { headers: { range: 'bytes=4-7' } });
    expect([part.status, await part.text()]).toEqual([206, 'jP  ']);
    expect((await fetch(`${address}../package.json`)).status).toBe(404);
    expect((await fetch(`${address}%2e%2e/start.mjs`)).status).toBe(404);
  } finally {
    child.kill();
  }
});
