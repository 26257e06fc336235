/**
 * Makes the pictures of the README with a headless browser: `docs/demo.png`, the demo page showing the shipped sample and what is left of it
 * at a quarter of a bit for each pixel, and `docs/viewer.jpg`, the viewer with a part of the large sample.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { launchBrowser } from '../test/support/browser.ts';
import { inRepository } from '../test/support/root.ts';

// the demo as people start it
const demo = spawn(process.execPath, [inRepository('demo', 'start.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
const url = await new Promise<string>((resolve) => {
  createInterface({ input: demo.stdout }).on('line', (line) => {
    const found = /on the page at (http:\S+)/.exec(line);
    if (found) resolve(found[1]!);
  });
});
const browser = await launchBrowser();
const page = await browser.newPage({ viewport: { width: 1360, height: 820 }, colorScheme: 'dark' });
await page.goto(url);
await page.waitForSelector('#canvas[data-ready="960x600"]');
await page.selectOption('#rate', '0.25');
await page.click('#encode');
await page.waitForFunction(() => document.getElementById('after-text')!.textContent !== '');
await page.waitForFunction(() => document.getElementById('status')!.textContent!.startsWith('960 × 600'));
await page.screenshot({ path: inRepository('docs', 'demo.png') });
await page.goto(`${url}viewer.html#country@3500,5150,0.9`);
await page.waitForSelector('#picture[data-busy="false"][data-complete="true"][data-ready]');
await page.click('#precincts');
await page.waitForTimeout(500);
await page.screenshot({ path: inRepository('docs', 'viewer.jpg'), type: 'jpeg', quality: 82 });
await browser.close();
demo.kill();
