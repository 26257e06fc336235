/** Where one looks and from how near; movements are eased, so that nothing jumps. */

/** A place and a magnification. */
export interface Pose {
  /** The point in the middle of the screen, in reference-grid units from the picture's corner. */
  x: number;
  y: number;
  /** Points of the screen to one unit. */
  scale: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The nearest one can come: points of the screen to one sample. */
const NEAREST = 24;
/** How much of the way to the goal is left after a second. */
const LEFT_AFTER_A_SECOND = 1e-5;
/** How much of a throw is left after a second. */
const GLIDE_AFTER_A_SECOND = 0.02;

/** A camera over a picture. */
export class Camera {
  pose: Pose = { x: 0, y: 0, scale: 1 };
  private goal: Pose = { x: 0, y: 0, scale: 1 };
  private glide = { x: 0, y: 0 };
  /** A point of the screen that stays where it is in the picture while the scale changes. */
  private anchor: { px: number; py: number; x: number; y: number } | undefined;
  private readonly picture: Size;
  private screen: Size;
  private readonly calm: boolean;

  /** `calm`: no movements but those of the hand. */
  constructor(picture: Size, screen: Size, calm: boolean) {
    this.picture = picture;
    this.screen = screen;
    this.calm = calm;
    this.fit(true);
  }

  get moving(): boolean {
    const { pose, goal, glide } = this;
    const off = Math.abs(Math.log(goal.scale / pose.scale)) > 1e-4;
    const away = Math.hypot(goal.x - pose.x, goal.y - pose.y) * pose.scale > 0.1;
    return off || away || Math.hypot(glide.x, glide.y) * pose.scale > 8;
  }

  /** The scale at which everything is seen. */
  get fitting(): number {
    return Math.min(this.screen.width / this.picture.width, this.screen.height / this.picture.height);
  }

  /** Shows everything. */
  fit(atOnce = false): void {
    this.go({ x: this.picture.width / 2, y: this.picture.height / 2, scale: this.fitting * 0.98 }, atOnce);
  }

  resize(screen: Size): void {
    const fitted = Math.abs(this.goal.scale / (this.fitting * 0.98) - 1) < 0.01;
    this.screen = screen;
    if (fitted) this.fit(true);
  }

  go(pose: Pose, atOnce = false): void {
    this.anchor = undefined;
    this.glide = { x: 0, y: 0 };
    this.goal = this.within(pose);
    if (atOnce || this.calm) this.pose = { ...this.goal };
  }

  /** Moves the picture by points of the screen, at once. */
  drag(dx: number, dy: number): void {
    this.anchor = undefined;
    this.glide = { x: 0, y: 0 };
    const { x, y, scale } = this.pose;
    this.pose = this.within({ x: x - dx / scale, y: y - dy / scale, scale });
    this.goal = { ...this.pose };
  }

  /** Lets go with a speed in points of the screen a second. */
  throw(vx: number, vy: number): void {
    if (this.calm) return;
    this.glide = { x: -vx / this.pose.scale, y: -vy / this.pose.scale };
  }

  /** Moves by parts of the screen, softly. */
  step(right: number, down: number): void {
    const { x, y, scale } = this.goal;
    this.go({ x: x + (right * this.screen.width) / scale, y: y + (down * this.screen.height) / scale, scale });
  }

  /** Comes nearer by a factor around a point of the screen. `atOnce` for fingers, which are the easing themselves. */
  zoom(factor: number, px: number, py: number, atOnce = false): void {
    this.glide = { x: 0, y: 0 };
    const { x, y } = this.toPicture(px, py);
    this.anchor = { px, py, x, y };
    const scale = this.clampScale(this.goal.scale * factor);
    this.goal = this.anchored(scale);
    if (atOnce || this.calm) this.pose = { ...this.goal };
  }

  /** The place in the picture under a point of the screen. */
  toPicture(px: number, py: number): { x: number; y: number } {
    const { x, y, scale } = this.pose;
    return { x: x + (px - this.screen.width / 2) / scale, y: y + (py - this.screen.height / 2) / scale };
  }

  /** What happens in some milliseconds. */
  advance(ms: number): void {
    const { pose, goal, glide } = this;
    if (glide.x !== 0 || glide.y !== 0) {
      const seconds = ms / 1000;
      this.pose = this.within({ x: pose.x + glide.x * seconds, y: pose.y + glide.y * seconds, scale: pose.scale });
      this.goal = { ...this.pose };
      const left = GLIDE_AFTER_A_SECOND ** seconds;
      this.glide = { x: glide.x * left, y: glide.y * left };
      if (Math.hypot(this.glide.x, this.glide.y) * pose.scale <= 8) this.glide = { x: 0, y: 0 };
      return;
    }
    const way = 1 - LEFT_AFTER_A_SECOND ** (ms / 1000);
    const scale = pose.scale * (goal.scale / pose.scale) ** way;
    if (this.anchor && Math.abs(Math.log(goal.scale / pose.scale)) > 1e-4) {
      this.pose = this.anchored(scale);
    } else this.pose = { x: pose.x + (goal.x - pose.x) * way, y: pose.y + (goal.y - pose.y) * way, scale };
    if (!this.moving) this.pose = { ...goal };
  }

  /** The pose at a scale in which the anchor stays where it is. */
  private anchored(scale: number): Pose {
    const { px, py, x, y } = this.anchor!;
    return this.within({
      x: x - (px - this.screen.width / 2) / scale,
      y: y - (py - this.screen.height / 2) / scale,
      scale,
    });
  }

  private clampScale(scale: number): number {
    return Math.max(Math.min(this.fitting * 0.5, 1), Math.min(NEAREST, scale));
  }

  /** Some of the picture stays in sight. */
  private within({ x, y, scale }: Pose): Pose {
    const { width, height } = this.picture;
    return { x: Math.max(0, Math.min(width, x)), y: Math.max(0, Math.min(height, y)), scale: this.clampScale(scale) };
  }
}
