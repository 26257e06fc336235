/** The squares that were decoded, and how they make a picture: coarse ones below, fine ones above. */
import type { Rect } from '../../src/index.ts';
import type { HeldPrecinct, PaintedSquare } from './messages.ts';
import type { Pose } from './camera.ts';

/** Bitmaps that are kept: a megabyte each. */
const MOST_SQUARES = 120;
/** From this magnification on samples are shown as they are. */
const SHARP_FROM = 5;

/** What a screen shows. */
export interface Screen {
  readonly pose: Pose;
  /** In points of the screen. */
  readonly width: number;
  readonly height: number;
  /** Device pixels to a point. */
  readonly ratio: number;
}

/** Decoded squares of one picture. */
export class Squares {
  private readonly squares = new Map<string, PaintedSquare>();
  private readonly transparent: boolean;
  private readonly coarsest: number;
  private look = '';

  constructor(transparent: boolean, coarsest: number) {
    this.transparent = transparent;
    this.coarsest = coarsest;
  }

  /** Takes a square, in place of an older one. */
  add(square: PaintedSquare): void {
    if (square.look !== this.look) {
      // the first of a new look is a coarse one that covers all
      this.clear();
      this.look = square.look;
    }
    const key = `${square.reduce} ${square.column} ${square.row}`;
    this.squares.get(key)?.bitmap.close();
    this.squares.delete(key);
    this.squares.set(key, square);
    for (const [old, { bitmap, reduce }] of this.squares) {
      if (this.squares.size <= MOST_SQUARES) break;
      if (reduce === this.coarsest) continue;
      bitmap.close();
      this.squares.delete(old);
    }
  }

  clear(): void {
    for (const { bitmap } of this.squares.values()) bitmap.close();
    this.squares.clear();
  }

  get size(): number {
    return this.squares.size;
  }

  /** The coarsest squares, which show everything. */
  overview(): PaintedSquare[] {
    return [...this.squares.values()].filter(({ reduce }) => reduce === this.coarsest);
  }

  /** Draws what is in sight, down to the resolution that makes sense there. */
  draw(context: CanvasRenderingContext2D, screen: Screen, reduce: number): void {
    const { width, height, ratio, pose } = screen;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, Math.ceil(width * ratio), Math.ceil(height * ratio));
    context.imageSmoothingEnabled = pose.scale * ratio < SHARP_FROM;
    context.imageSmoothingQuality = 'medium';
    const seen = [...this.squares.entries()].filter(
      ([, square]) => square.reduce >= reduce && isSeen(square.region, screen),
    );
    seen.sort(([, a], [, b]) => b.reduce - a.reduce);
    for (const [key, square] of seen) {
      const { x0, y0, x1, y1 } = place(square.region, screen);
      if (x1 <= x0 || y1 <= y0) continue;
      if (this.transparent) context.clearRect(x0, y0, x1 - x0, y1 - y0);
      context.drawImage(square.bitmap, x0, y0, x1 - x0, y1 - y0);
      // whatever is seen is forgotten last
      this.squares.delete(key);
      this.squares.set(key, square);
    }
  }
}

/** Draws the precincts of a view: how much of each is here. */
export function drawPrecincts(
  context: CanvasRenderingContext2D,
  screen: Screen,
  precincts: readonly HeldPrecinct[],
  colours: { readonly whole: string; readonly part: string; readonly none: string },
): void {
  context.lineWidth = Math.max(1, screen.ratio);
  for (const { region, bytes, complete } of precincts) {
    if (!isSeen(region, screen)) continue;
    const { x0, y0, x1, y1 } = place(region, screen);
    const colour = complete ? colours.whole : bytes > 0 ? colours.part : colours.none;
    context.globalAlpha = bytes === 0 && !complete ? 0.06 : 0.16;
    context.fillStyle = colour;
    context.fillRect(x0, y0, x1 - x0, y1 - y0);
    context.globalAlpha = 0.9;
    context.strokeStyle = colour;
    const inset = context.lineWidth;
    context.strokeRect(x0 + inset, y0 + inset, Math.max(1, x1 - x0 - 2 * inset), Math.max(1, y1 - y0 - 2 * inset));
  }
  context.globalAlpha = 1;
}

function isSeen({ x, y, width, height }: Rect, screen: Screen): boolean {
  const { pose } = screen;
  const [halfWidth, halfHeight] = [screen.width / 2 / pose.scale, screen.height / 2 / pose.scale];
  return (
    x < pose.x + halfWidth &&
    x + width > pose.x - halfWidth &&
    y < pose.y + halfHeight &&
    y + height > pose.y - halfHeight
  );
}

/** Device pixels of a region. Edges are rounded, so that neighbours meet without a seam. */
function place({ x, y, width, height }: Rect, screen: Screen): { x0: number; y0: number; x1: number; y1: number } {
  const { pose, ratio } = screen;
  const across = (value: number): number => Math.round(((value - pose.x) * pose.scale + screen.width / 2) * ratio);
  const down = (value: number): number => Math.round(((value - pose.y) * pose.scale + screen.height / 2) * ratio);
  return { x0: across(x), y0: down(y), x1: across(x + width), y1: down(y + height) };
}
