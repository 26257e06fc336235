/** A headless Chromium for tests, driven through playwright-core; nothing is downloaded. */
import { type Browser, chromium } from 'playwright-core';
import { requireTool } from './tools.ts';

/** Starts the installed browser without reaching for the network. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: requireTool('chromium'),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-default-apps',
      '--disable-sync',
      '--no-first-run',
    ],
  });
}
