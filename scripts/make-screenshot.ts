/**
 * Makes `docs/demo.png`, the picture of the README: the demo page in a headless browser, showing the shipped sample and what is left
 * of it at a quarter of a bit for each pixel.
 */
import { serve } from '../demo/server.mjs';
import { launchBrowser } from '../test/support/browser.ts';
import { inRepository } from '../test/support/root.ts';

const { url, close } = await serve(inRepository('demo', 'dist'));
const browser = await launchBrowser();
const page = await browser.newPage({ viewport: { width: 1360, height: 820 } });
await page.goto(url);
await page.waitForSelector('#canvas[data-ready="960x600"]');
await page.selectOption('#rate', '0.25');
await page.click('#encode');
await page.waitForFunction(() => document.getElementById('after-text')!.textContent !== '');
await page.waitForFunction(() => document.getElementById('status')!.textContent!.startsWith('960 × 600'));
await page.screenshot({ path: inRepository('docs', 'demo.png') });
await browser.close();
close();
