/** The viewer's camera, without a browser and without a clock. */
import { describe, expect, test } from 'vitest';
import { Camera } from '../demo/viewer/camera.ts';

const PICTURE = { width: 4000, height: 2000 };
const SCREEN = { width: 1000, height: 800 };

/** Lets it move until it rests; the milliseconds that took. */
function settle(camera: Camera): number {
  let ms = 0;
  for (; camera.moving; ms += 16) {
    if (ms > 10_000) throw new Error('it never rests');
    camera.advance(16);
  }
  return ms;
}

describe('the camera', () => {
  test('begins with everything in sight, and goes back there', () => {
    const camera = new Camera(PICTURE, SCREEN, false);
    const fitted = { ...camera.pose };
    expect(fitted).toEqual({ x: 2000, y: 1000, scale: 0.245 });
    camera.zoom(5, 10, 10);
    settle(camera);
    camera.fit();
    settle(camera);
    expect(camera.pose).toEqual(fitted);
  });

  test('keeps the place under the mouse while it comes nearer', () => {
    const camera = new Camera(PICTURE, SCREEN, false);
    const before = camera.toPicture(300, 500);
    camera.zoom(3, 300, 500);
    for (let k = 0; camera.moving; k++) {
      camera.advance(16);
      const now = camera.toPicture(300, 500);
      expect(Math.hypot(now.x - before.x, now.y - before.y) * camera.pose.scale, `step ${k}`).toBeLessThan(1);
    }
    expect(camera.pose.scale).toBeCloseTo(0.735, 5);
  });

  test('turns of the wheel add up while it still moves', () => {
    const camera = new Camera(PICTURE, SCREEN, false);
    for (let k = 0; k < 3; k++) {
      camera.zoom(2, 500, 400);
      camera.advance(16);
    }
    settle(camera);
    expect(camera.pose.scale).toBeCloseTo(0.245 * 8, 5);
  });

  test('glides on when thrown, and comes to rest', () => {
    const camera = new Camera(PICTURE, SCREEN, false);
    camera.go({ x: 2000, y: 1000, scale: 1 }, true);
    camera.throw(-1000, 0);
    expect(camera.moving).toBe(true);
    const ms = settle(camera);
    expect(camera.pose.x - 2000).toBeGreaterThan(150);
    expect(camera.pose.x - 2000).toBeLessThan(400);
    expect(camera.pose.y).toBe(1000);
    expect(ms).toBeLessThan(3000);
  });

  test('a hand on the picture ends the glide', () => {
    const camera = new Camera(PICTURE, SCREEN, false);
    camera.go({ x: 2000, y: 1000, scale: 1 }, true);
    camera.throw(-1000, 0);
    camera.advance(16);
    camera.drag(10, 0);
    expect(camera.moving).toBe(false);
  });

  test('for those who want no movements it is there at once', () => {
    const camera = new Camera(PICTURE, SCREEN, true);
    camera.zoom(4, 500, 400);
    expect(camera.pose.scale).toBeCloseTo(0.98, 5);
    camera.throw(5000, 0);
    camera.step(0.5, 0);
    expect(camera.moving).toBe(false);
  });

  test('never loses the picture, and comes neither too near nor goes too far', () => {
    const camera = new Camera(PICTURE, SCREEN, true);
    camera.drag(1e6, -1e6);
    expect(camera.pose).toMatchObject({ x: 0, y: 2000 });
    for (let k = 0; k < 40; k++) camera.zoom(2, 0, 0);
    expect(camera.pose.scale).toBe(24);
    for (let k = 0; k < 40; k++) camera.zoom(0.5, 0, 0);
    expect(camera.pose.scale).toBeCloseTo(0.125, 5);
  });

  test('shows everything also after the screen has changed, if it did before', () => {
    const camera = new Camera(PICTURE, SCREEN, false);
    camera.resize({ width: 500, height: 800 });
    expect(camera.pose.scale).toBeCloseTo(0.125 * 0.98, 5);
    camera.go({ x: 100, y: 100, scale: 2 }, true);
    camera.resize({ width: 900, height: 800 });
    expect(camera.pose).toEqual({ x: 100, y: 100, scale: 2 });
  });
});
