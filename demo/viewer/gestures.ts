/** Hands on the picture: mouse, wheel, fingers and keys become movements of a camera. */
import type { Camera } from './camera.ts';

/** What keys may do besides moving. */
export interface KeyActions {
  readonly [key: string]: () => void;
}

interface Finger {
  x: number;
  y: number;
}

const WHEEL_SPEED = 0.0022;
/** Lines and pages of wheels that do not count in points. */
const WHEEL_UNITS = [1, 18, 320];

/** Watches an element; `changed` is called after every movement. */
export function watchGestures(
  element: HTMLElement,
  camera: () => Camera | undefined,
  changed: () => void,
  actions: KeyActions,
): void {
  const fingers = new Map<number, Finger>();
  let speed = { x: 0, y: 0, at: 0 };
  const at = (event: MouseEvent): Finger => {
    const box = element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  element.addEventListener('pointerdown', (event) => {
    element.focus({ preventScroll: true });
    element.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, at(event));
    speed = { x: 0, y: 0, at: event.timeStamp };
    element.classList.add('held');
  });
  element.addEventListener('pointermove', (event) => {
    const before = fingers.get(event.pointerId);
    const view = camera();
    if (!before || !view) return;
    const now = at(event);
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) pinch(view, before, now, other);
    else {
      view.drag(now.x - before.x, now.y - before.y);
      const ms = Math.max(1, event.timeStamp - speed.at);
      const share = Math.min(1, ms / 50);
      speed = {
        x: speed.x + (((now.x - before.x) * 1000) / ms - speed.x) * share,
        y: speed.y + (((now.y - before.y) * 1000) / ms - speed.y) * share,
        at: event.timeStamp,
      };
    }
    fingers.set(event.pointerId, now);
    changed();
  });
  const release = (event: PointerEvent): void => {
    if (!fingers.delete(event.pointerId)) return;
    if (fingers.size > 0) return;
    element.classList.remove('held');
    const still = event.timeStamp - speed.at > 60 || Math.hypot(speed.x, speed.y) < 120;
    if (!still && event.type === 'pointerup') camera()?.throw(speed.x, speed.y);
    changed();
  };
  element.addEventListener('pointerup', release);
  element.addEventListener('pointercancel', release);
  element.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      const { x, y } = at(event);
      const delta = event.deltaY * (WHEEL_UNITS[event.deltaMode] ?? 1);
      // touchpads that pinch say so with the control key, and mean more by less
      camera()?.zoom(Math.exp(-delta * WHEEL_SPEED * (event.ctrlKey ? 4 : 1)), x, y);
      changed();
    },
    { passive: false },
  );
  element.addEventListener('dblclick', (event) => {
    const { x, y } = at(event);
    camera()?.zoom(event.shiftKey ? 0.4 : 2.5, x, y);
    changed();
  });
  // keys work wherever one is on the page, but for controls that have a use for them
  document.addEventListener('keydown', (event) => {
    const view = camera();
    if (!view || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof Element && event.target.matches('select, input[type=range]')) return;
    const middle = [element.clientWidth / 2, element.clientHeight / 2] as const;
    const part = event.shiftKey ? 0.8 : 0.2;
    const moves: Record<string, () => void> = {
      ArrowLeft: () => view.step(-part, 0),
      ArrowRight: () => view.step(part, 0),
      ArrowUp: () => view.step(0, -part),
      ArrowDown: () => view.step(0, part),
      '+': () => view.zoom(1.6, ...middle),
      '=': () => view.zoom(1.6, ...middle),
      '-': () => view.zoom(1 / 1.6, ...middle),
      '0': () => view.fit(),
      Home: () => view.fit(),
      '1': () => view.go({ ...view.pose, scale: 1 / devicePixelRatio }),
    };
    const action = moves[event.key] ?? actions[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    action();
    changed();
  });
}

/** Two fingers: the places under them stay under them. */
function pinch(camera: Camera, before: Finger, now: Finger, other: Finger): void {
  const apart = Math.hypot(before.x - other.x, before.y - other.y);
  const factor = Math.hypot(now.x - other.x, now.y - other.y) / Math.max(1, apart);
  camera.drag((now.x - before.x) / 2, (now.y - before.y) / 2);
  camera.zoom(factor, (now.x + other.x) / 2, (now.y + other.y) / 2, true);
}
