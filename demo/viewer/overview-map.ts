/** The small map in the corner: the whole picture, and where one is in it. */
import type { Camera } from './camera.ts';
import { find } from './panel.ts';
import type { Squares } from './squares.ts';

const LONGER_SIDE = 160;

/** A map of one picture. */
export class OverviewMap {
  private readonly canvas = find<HTMLCanvasElement>('map');
  private readonly context = this.canvas.getContext('2d')!;
  private picture = { width: 1, height: 1 };
  private scale = 1;

  /** `go` is told where in the picture somebody points. */
  constructor(go: (x: number, y: number) => void) {
    const onPoint = (event: PointerEvent): void => {
      if (event.type === 'pointerdown') this.canvas.setPointerCapture(event.pointerId);
      if (event.buttons === 0) return;
      const box = this.canvas.getBoundingClientRect();
      go(
        ((event.clientX - box.left) / box.width) * this.picture.width,
        ((event.clientY - box.top) / box.height) * this.picture.height,
      );
    };
    this.canvas.addEventListener('pointerdown', onPoint);
    this.canvas.addEventListener('pointermove', onPoint);
  }

  prepare(picture: { width: number; height: number }): void {
    this.picture = picture;
    this.scale = LONGER_SIDE / Math.max(picture.width, picture.height);
    const ratio = devicePixelRatio;
    this.canvas.width = Math.max(1, Math.round(picture.width * this.scale * ratio));
    this.canvas.height = Math.max(1, Math.round(picture.height * this.scale * ratio));
    this.canvas.style.width = `${this.canvas.width / ratio}px`;
    this.canvas.style.height = `${this.canvas.height / ratio}px`;
  }

  draw(squares: Squares, camera: Camera, screen: { width: number; height: number }): void {
    const { context } = this;
    const scale = this.scale * devicePixelRatio;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, this.picture.width, this.picture.height);
    for (const { bitmap, region } of squares.overview()) {
      context.drawImage(bitmap, region.x, region.y, region.width, region.height);
    }
    const { x, y, scale: near } = camera.pose;
    const [width, height] = [screen.width / near, screen.height / near];
    // all of it is in sight: nothing to point out
    this.canvas.classList.toggle('idle', width >= this.picture.width && height >= this.picture.height);
    context.strokeStyle = '#fff';
    context.lineWidth = 2 / this.scale;
    context.shadowColor = '#000';
    context.shadowBlur = 3;
    const smallest = 6 / this.scale;
    const [w, h] = [Math.max(width, smallest), Math.max(height, smallest)];
    context.strokeRect(x - w / 2, y - h / 2, w, h);
    context.shadowBlur = 0;
  }
}
