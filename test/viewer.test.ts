/**
 * The viewer in a real browser, against the demo's own server: it shows a picture by JPIP, follows mouse, wheel, keys and fingers, asks only
 * for what is looked at, and lives from its cache when the server is gone.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jpipService } from '../demo/jpip.mjs';
import { largeSample } from '../demo/large-sample/make.mjs';
import { serve } from '../demo/server.mjs';
import { launchBrowser } from './support/browser.ts';
import { eventually } from './support/eventually.ts';
import { inRepository } from './support/root.ts';
import { describeTools } from './support/shared.ts';

const SIDE = 3000;

describeTools(['chromium'], 'the viewer', () => {
  let folder: string;
  let jpip: Awaited<ReturnType<typeof jpipService>>;
  let server: Awaited<ReturnType<typeof serve>>;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const complaints: string[] = [];
  const asked: string[] = [];
  /** Everything that reached the server. */
  const seen: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'jp2kit-viewer-'));
    const { path } = await largeSample({ side: SIDE, folder });
    jpip = await jpipService([path, inRepository('demo', 'samples')]);
    server = await serve(inRepository('demo', 'dist'), 0, (request, response, next) => {
      seen.push(request.url!);
      if (request.url?.startsWith('/jpip/')) asked.push(request.url);
      jpip.handler(request, response, next);
    });
    browser = await launchBrowser();
    context = await browser.newContext({ viewport: { width: 1200, height: 800 }, hasTouch: true });
    page = await openPage();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    server?.close();
    await jpip?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function openPage(): Promise<Page> {
    const opened = await context.newPage();
    opened.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('ERR_INTERNET_DISCONNECTED'))
        complaints.push(message.text());
    });
    opened.on('pageerror', (error) => complaints.push(String(error)));
    await opened.goto(`${server.url}viewer.html`);
    return opened;
  }

  /** Everything of the view is here and decoded. */
  async function settled(): Promise<void> {
    await page.waitForSelector('#picture[data-busy="false"][data-complete="true"][data-ready]', { timeout: 20_000 });
  }

  /** The camera, as the page tells it. */
  async function camera(): Promise<{ x: number; y: number; scale: number }> {
    const { center, scale } = await page.$eval('#picture', (element) => ({ ...(element as HTMLElement).dataset }));
    const [x, y] = center!.split(',').map(Number);
    return { x: x!, y: y!, scale: Number(scale) };
  }

  /** Waits until the camera has come to rest. */
  async function resting(): Promise<{ x: number; y: number; scale: number }> {
    await page.waitForSelector('#picture[data-moving="false"]');
    return camera();
  }

  /** Bytes that are here, as the panel tells them. */
  async function held(): Promise<number> {
    const text = (await page.textContent('#held'))!;
    const [, value, unit] = /^([\d.]+) (bytes|kB|MB)$/.exec(text)!;
    return Number(value) * { bytes: 1, kB: 1e3, MB: 1e6 }[unit as 'kB']!;
  }

  /** The mean colour of a rectangle of the screen. */
  function colourAt(x: number, y: number, size = 8): Promise<number[]> {
    return page.evaluate(
      ([left, top, side]) => {
        const canvas = document.querySelector<HTMLCanvasElement>('#picture')!;
        const { data } = canvas.getContext('2d')!.getImageData(left, top, side, side);
        const sums = [0, 0, 0];
        for (let i = 0; i < data.length; i++) if (i % 4 < 3) sums[i % 4]! += data[i]!;
        return sums.map((sum) => Math.round(sum / (side * side)));
      },
      [x, y, size] as const,
    );
  }

  test('shows the large picture whole, from a part of its bytes', async () => {
    await settled();
    const { x, y, scale } = await resting();
    expect([x, y]).toEqual([SIDE / 2, SIDE / 2]);
    expect(scale * SIDE).toBeGreaterThan(700);
    expect(await page.textContent('#facts')).toContain(`${SIDE} × ${SIDE}`);
    const [red, green, blue] = await colourAt(500, 700);
    // the sea in the south
    expect(blue! - Math.max(red!, green!)).toBeGreaterThan(30);
    const share = /of [\d.]+ MB, ([\d.]+) %/.exec((await page.textContent('#of'))!)!;
    expect(Number(share[1])).toBeLessThan(50);
    expect(await page.textContent('#status')).toContain('All of this view is here');
  });

  test('zooms at the mouse, and asks for more only then', async () => {
    const before = await held();
    const under = await camera();
    const place = (pose: { x: number; y: number; scale: number }, px: number, py: number) => ({
      x: pose.x + (px - 450) / pose.scale,
      y: pose.y + (py - 400) / pose.scale,
    });
    await page.mouse.move(300, 300);
    for (let k = 0; k < 4; k++) await page.mouse.wheel(0, -300);
    const near = await resting();
    expect(near.scale).toBeGreaterThan(under.scale * 3);
    // what was under the mouse still is
    const [a, b] = [place(under, 300, 300), place(near, 300, 300)];
    expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeLessThan(30);
    await settled();
    expect(await held()).toBeGreaterThan(before);
  });

  test('moves with the mouse', async () => {
    const from = await resting();
    await page.mouse.move(600, 400);
    await page.mouse.down();
    await page.mouse.move(500, 350, { steps: 5 });
    await page.waitForTimeout(150);
    await page.mouse.up();
    const to = await resting();
    expect(to.x - from.x).toBeCloseTo(100 / from.scale, -1);
    expect(to.y - from.y).toBeCloseTo(50 / from.scale, -1);
  });

  test('moves and zooms with keys and buttons', async () => {
    const from = await resting();
    await page.keyboard.press('ArrowRight');
    expect((await resting()).x).toBeGreaterThan(from.x);
    await page.keyboard.press('+');
    expect((await resting()).scale).toBeCloseTo(from.scale * 1.6, 2);
    await page.click('#further');
    expect((await resting()).scale).toBeCloseTo(from.scale * 0.8, 2);
    await page.keyboard.press('1');
    expect((await resting()).scale).toBeCloseTo(1, 4);
    expect(await page.textContent('#place')).toBe('100 % · full resolution');
    await page.click('#fit');
    expect((await resting()).x).toBeCloseTo(SIDE / 2, -1);
  });

  test('zooms between two fingers, at the place between them', async () => {
    const from = await resting();
    const touch: CDPSession = await context.newCDPSession(page);
    const fingers = (type: string, apart: number): Promise<unknown> =>
      touch.send('Input.dispatchTouchEvent', {
        type: type as 'touchStart',
        touchPoints:
          type === 'touchEnd'
            ? []
            : [
                { x: 300 - apart, y: 300, id: 1 },
                { x: 300 + apart, y: 300, id: 2 },
              ],
      });
    await fingers('touchStart', 50);
    for (const apart of [70, 90, 110, 130, 150]) await fingers('touchMove', apart);
    await fingers('touchEnd', 150);
    const to = await resting();
    expect(to.scale / from.scale).toBeGreaterThan(2.5);
    expect(to.scale / from.scale).toBeLessThan(3.5);
    const x = (pose: typeof to): number => pose.x + (300 - 450) / pose.scale;
    expect(Math.abs(x(to) - x(from)) * to.scale).toBeLessThan(20);
    await page.click('#fit');
    await resting();
    await settled();
  });

  test('draws the precincts that are held', async () => {
    const before = await colourAt(500, 700, 1);
    await page.click('#precincts');
    expect(await page.isVisible('#legend')).toBe(true);
    await eventually(() => colourAt(500, 700, 1)).not.toEqual(before);
    // green goes up where everything is here
    const [, green] = await colourAt(500, 700);
    expect(green).toBeGreaterThan(before[1]!);
    await page.keyboard.press('p');
    expect(await page.isVisible('#legend')).toBe(false);
    await eventually(() => colourAt(500, 700, 1)).toEqual(before);
  });

  test('shows fewer layers and single components', async () => {
    const full = await colourAt(330, 250, 60);
    await page.fill('#layers', '1');
    expect(await page.textContent('#layers-text')).toBe('1 of 8 layers');
    await eventually(() => colourAt(330, 250, 60)).not.toEqual(full);
    await settled();
    await page.selectOption('#component', '2');
    await eventually(async () => new Set(await colourAt(330, 250)).size).toBe(1);
    await page.selectOption('#component', '');
    await page.fill('#layers', '8');
    await eventually(() => colourAt(330, 250, 60)).toEqual(full);
  });

  test('offers other pictures, with opacity too', async () => {
    await page.click('[data-name="balloon"]');
    await settled();
    expect(await page.textContent('#facts')).toContain('300 × 400');
    expect(await page.getAttribute('[data-name="balloon"]', 'aria-pressed')).toBe('true');
    const corner = await page.evaluate(() => {
      const canvas = document.querySelector<HTMLCanvasElement>('#picture')!;
      return canvas.getContext('2d')!.getImageData(210, 30, 1, 1).data[3];
    });
    expect(corner).toBe(0);
    for (const name of ['land', 'relief', 'lake-420', 'country']) {
      await page.click(`[data-name="${name}"]`);
      await settled();
    }
  });

  test('the address leads back to the same place', async () => {
    await page.mouse.move(450, 300);
    for (let k = 0; k < 3; k++) await page.mouse.wheel(0, -300);
    const there = await resting();
    await settled();
    await eventually(() => page.evaluate(() => location.hash)).toMatch(/^#country@\d+,\d+,[\d.]+$/);
    await page.reload();
    await settled();
    const again = await resting();
    expect(again.x).toBeCloseTo(there.x, -1);
    expect(again.scale).toBeCloseTo(there.scale, 2);
  });

  test('an address that makes no sense leads to the first picture', { timeout: 60_000 }, async () => {
    for (const hash of ['#%', '#country@1.2.3,5,0']) {
      const other = await context.newPage();
      await other.goto(`${server.url}viewer.html${hash}`);
      await other.waitForSelector('#picture[data-busy="false"][data-complete="true"][data-ready]', { timeout: 20_000 });
      expect(await other.textContent('#facts')).toContain(`${SIDE} × ${SIDE}`);
      await other.close();
    }
  });

  test('asks for nothing when it is told so, and shows what it has', async () => {
    const before = asked.length;
    await page.check('#offline');
    for (let k = 0; k < 3; k++) await page.keyboard.press('Shift+ArrowRight');
    await resting();
    await eventually(() => page.textContent('#status')).toContain('Showing what is kept here');
    expect(asked.slice(before)).toEqual([]);
    await page.uncheck('#offline');
    await settled();
    expect(asked.length).toBeGreaterThan(before);
  });

  test('lives from its cache while the network is gone, and goes on when it is back', async () => {
    const whole = await held();
    await context.setOffline(true);
    await page.click('[data-name="lake"]');
    await page.click('[data-name="country"]');
    // the picture is there although nobody answers
    await page.waitForSelector('#picture[data-ready]', { timeout: 15_000 });
    await eventually(held).toBeGreaterThan(whole * 0.9);
    await eventually(() => page.textContent('#status')).toContain('does not answer');
    const before = asked.length;
    await context.setOffline(false);
    await settled();
    expect(asked.length).toBeGreaterThan(before);
    expect(await page.textContent('#status')).toContain('All of this view is here');
  });

  test('opens without its server, as it was', async () => {
    const there = await resting();
    const before = await held();
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await eventually(() => page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
    await context.setOffline(true);
    const reached = seen.length;
    await page.reload();
    await page.waitForSelector('#picture[data-ready]', { timeout: 15_000 });
    const again = await resting();
    expect([again.x, again.y]).toEqual([there.x, there.y]);
    await eventually(held).toBeGreaterThan(before * 0.9);
    const until = seen.length;
    await context.setOffline(false);
    // browsers look after their service workers by roads of their own
    expect(seen.slice(reached, until).filter((url) => url !== '/viewer-offline.js')).toEqual([]);
    await settled();
  });

  test('forgets what it keeps', async () => {
    const before = await held();
    await page.click('#fit');
    await resting();
    await page.click('#forget');
    await settled();
    expect(await held()).toBeLessThan(before);
  });

  test("shows a file of one's own, served to itself, and says what is wrong with one that is none", async () => {
    const before = asked.length;
    await page.setInputFiles('#file', inRepository('test', 'fixtures', 'photograph-97.jp2'));
    await settled();
    expect(await page.textContent('#status')).toContain('from a server inside this page');
    expect(await page.getAttribute('[data-name="photograph-97.jp2"]', 'aria-pressed')).toBe('true');
    await page.setInputFiles('#file', { name: 'x.jp2', mimeType: 'image/jp2', buffer: Buffer.from('not a picture') });
    await eventually(() => page.isVisible('#notice')).toBe(true);
    expect(await page.textContent('#status')).toContain('cannot be opened');
    const dataTransfer = await page.evaluateHandle(
      (text) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], 'dropped.jp2'));
        return transfer;
      },
      readFileSync(inRepository('demo', 'samples', 'relief.jp2')).toString('base64'),
    );
    await page.dispatchEvent('body', 'drop', { dataTransfer });
    await settled();
    expect(await page.textContent('#facts')).toContain('256 × 192');
    // but for the end of the session before
    expect(asked.slice(before).filter((url) => !url.includes('cclose'))).toEqual([]);
    await page.click('[data-name="country"]');
    await settled();
  });

  test('works from plain files, without a JPIP server', async () => {
    const plain = await serve(inRepository('demo', 'dist'));
    const other = await context.newPage();
    await other.goto(`${plain.url}viewer.html`);
    await other.waitForSelector('#picture[data-busy="false"][data-complete="true"][data-ready]', { timeout: 20_000 });
    expect(await other.textContent('#facts')).toContain('2560 × 1920');
    await other.close();
    plain.close();
  });

  test('on a phone the panel folds, and the picture has the room', async () => {
    await page.setViewportSize({ width: 390, height: 780 });
    await page.reload();
    await settled();
    expect(await page.isVisible('#facts')).toBe(false);
    const box = (await page.locator('#picture').boundingBox())!;
    expect(box.height).toBeGreaterThan(500);
    await page.click('#fold');
    expect(await page.isVisible('#facts')).toBe(true);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });

  test('never offends its content security policy', () => {
    expect(complaints).toEqual([]);
  });
});
