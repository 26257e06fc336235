/**
 * The demo page in a real browser: it decodes the sample and a dropped file, whole and in part, and
 * encodes pictures of other formats, under its strict policy.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { encode as encodePng } from 'fast-png';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serve } from '../demo/server.mjs';
import { type DecodeOptions, decodeSync } from '../src/index.ts';
import { launchBrowser } from './support/browser.ts';
import { inRepository } from './support/root.ts';
import { describeTools } from './support/shared.ts';

describeTools(['chromium'], 'the demo page', () => {
  let server: { url: string; close(): void };
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  const lake = new Uint8Array(readFileSync(inRepository('demo', 'samples', 'lake.jp2')));

  beforeAll(async () => {
    server = await serve(inRepository('demo', 'dist'));
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1360, height: 860 } });
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(server.url);
    await page.waitForSelector('#canvas[data-ready="960x600"]', { timeout: 30_000 });
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  /** Size and checksum of the colours on the canvas, without the fourth channel. */
  function readCanvas(): Promise<{ size: string; checksum: string }> {
    return page.evaluate(async () => {
      const canvas = document.querySelector<HTMLCanvasElement>('#canvas')!;
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      const hash = await crypto.subtle.digest(
        'SHA-256',
        data.filter((_, k) => k % 4 < 3),
      );
      const checksum = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
      return { size: `${canvas.width} × ${canvas.height}`, checksum };
    });
  }

  /** The same of what this process decodes. */
  function expectedCanvas(options: DecodeOptions): { size: string; checksum: string } {
    const { width, height, data } = decodeSync(lake, { colour: 'srgb', sample: 'u8', ...options });
    return {
      size: `${width} × ${height}`,
      checksum: createHash('sha256')
        .update(data as Uint8Array)
        .digest('hex'),
    };
  }

  /** Drops a file on the page. */
  async function drop(bytes: Uint8Array, name: string, type = ''): Promise<void> {
    const dataTransfer = await page.evaluateHandle(
      ([text, fileName, fileType]) => {
        const transfer = new DataTransfer();
        const content = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
        transfer.items.add(new File([content], fileName, { type: fileType }));
        return transfer;
      },
      [Buffer.from(bytes).toString('base64'), name, type] as const,
    );
    await page.dispatchEvent('body', 'drop', { dataTransfer });
  }

  test('shows the sample with the very samples that Node decodes', async () => {
    expect(await readCanvas()).toEqual(expectedCanvas({}));
  });

  test('tells what is inside', async () => {
    expect(await page.textContent('#facts')).toContain('960 × 600');
    const tree = await page.textContent('#tree');
    for (const part of ['jp2h', 'ihdr', 'jp2c', 'SIZ', 'COD', 'QCD', 'tile 0, part 0', '30 × 19'])
      expect(tree).toContain(part);
  });

  test('decodes a smaller resolution and fewer layers when asked', async () => {
    await page.fill('#reduce', '2');
    await page.waitForSelector('#canvas[data-ready="240x150"]');
    await page.fill('#layers', '1');
    await page.waitForFunction(() => document.getElementById('layers-text')!.textContent === '1 of 6');
    await expect.poll(readCanvas, { timeout: 10_000 }).toEqual(expectedCanvas({ reduce: 2, layers: 1 }));
  });

  test('decodes only the part that is dragged out', async () => {
    await page.fill('#reduce', '0');
    await page.waitForSelector('#canvas[data-ready="960x600"]');
    const box = (await page.locator('#canvas').boundingBox())!;
    const at = (x: number, y: number) => [box.x + (x * box.width) / 960, box.y + (y * box.height) / 600] as const;
    await page.mouse.move(...at(200, 60));
    await page.mouse.down();
    await page.mouse.move(...at(280, 140), { steps: 4 });
    await page.mouse.up();
    await page.waitForFunction(() => document.querySelector<HTMLCanvasElement>('#canvas')!.width < 100);
    expect(await page.textContent('#region-text')).toMatch(/^\d+ × \d+ at \d+, \d+$/);
    await page.click('#whole');
    await page.waitForSelector('#canvas[data-ready="960x600"]');
  });

  test('decodes a file dropped on it, and one chosen', async () => {
    await drop(readFileSync(inRepository('demo', 'samples', 'relief.jp2')), 'dropped.jp2');
    await page.waitForSelector('#canvas[data-ready="256x192"]');
    expect(await page.textContent('#name')).toContain('dropped.jp2');
    await page.setInputFiles('#file', inRepository('demo', 'samples', 'lake.jp2'));
    await page.waitForSelector('#canvas[data-ready="960x600"]');
  });

  test('encodes a PNG that is dropped on it without loss, shows both, and hands the file over', async () => {
    const [width, height] = [96, 64];
    const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * i) >> 6);
    await page.selectOption('#rate', '');
    await drop(encodePng({ width, height, channels: 3, data }), 'squares.png', 'image/png');
    await page.waitForSelector('#canvas[data-ready="96x64"]');
    expect(await page.textContent('#name')).toContain('squares.jp2');
    expect(await page.textContent('#before-text')).toContain('squares.png');
    expect(await page.textContent('#after-text')).toMatch(/encoded: [\d,]+ bytes, every sample the same/);
    expect(await page.isVisible('#original')).toBe(true);
    expect(await page.textContent('#tree')).toContain('jp2c');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
    expect(download.suggestedFilename()).toBe('squares.jp2');
    const file = new Uint8Array(readFileSync(await download.path()));
    const decoded = decodeSync(file, { strict: true });
    expect([decoded.width, decoded.height, decoded.channels]).toEqual([width, height, 3]);
    expect(Buffer.compare(decoded.data as Uint8Array, data)).toBe(0);
  });

  test('encodes what is on show at the chosen rate', async () => {
    await page.click('[data-sample="lake.jp2"]');
    await page.waitForSelector('#canvas[data-ready="960x600"]');
    expect(await page.isVisible('#original')).toBe(false);
    expect(await page.isVisible('#download')).toBe(false);
    await page.selectOption('#rate', '0.25');
    await page.click('#encode');
    await page.waitForSelector('#original', { state: 'visible', timeout: 20_000 });
    const text = (await page.textContent('#after-text'))!;
    const [, bytes, decibels] = /encoded: ([\d,]+) bytes, ([\d.]+) dB/.exec(text)!;
    expect(Number(bytes!.replaceAll(',', ''))).toBeLessThanOrEqual((0.25 * 960 * 600) / 8);
    expect(Number(decibels)).toBeGreaterThan(38);
    expect(await page.textContent('#facts')).toContain('9/7 irreversible');
  });

  test('keeps opacity, and starts again from the original', async () => {
    await page.click('[data-sample="balloon.jp2"]');
    await page.waitForSelector('#canvas[data-ready="300x400"]');
    for (const rate of ['0.5', '']) {
      await page.selectOption('#rate', rate);
      await page.click('#encode');
      const pattern = rate === '' ? 'every sample the same' : 'dB';
      await page.waitForFunction((part) => document.getElementById('after-text')!.textContent!.includes(part), pattern);
      expect(await page.textContent('#facts')).toContain('4, 8 bits');
    }
  });

  test('says what is wrong with a file that is none', async () => {
    await page.setInputFiles('#file', {
      name: 'x.jp2',
      mimeType: 'image/jp2',
      buffer: Buffer.from('not a picture at all'),
    });
    await page.waitForSelector('#status.error');
    expect(await page.textContent('#status')).toContain('not-jpeg2000');
  });

  test('never offends its content security policy', () => {
    expect(complaints).toEqual([]);
  });
});
