/**
 * Makes `docs/demo.png`, the picture of the README: the demo page in a headless browser, showing the shipped sample.
 */
import { serve } from '../demo/server.mjs';
import { launchBrowser } from '../test/support/browser.ts';
import { inRepository } from '../test/support/root.ts';

const { url, close } = await serve(inRepository('demo', 'dist'));
const browser = await launchBrowser();
const page = await browser.newPage({ viewport: { width: 1360, height: 780 } });
await page.goto(url);
await page.waitForSelector('#canvas[data-ready="960x600"]');
await page.screenshot({ path: inRepository('docs', 'demo.png') });
await browser.close();
close();
