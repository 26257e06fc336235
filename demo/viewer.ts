/**
 * The viewer: a picture far larger than the screen, of which only what is looked at comes over the network (JPIP).
 *
 * The worker asks, keeps and decodes; this page draws squares and says what is wanted. It uses nothing of the library that is not public.
 */
import { Camera, type Pose } from './viewer/camera.ts';
import { watchGestures } from './viewer/gestures.ts';
import {
  coarsestOf,
  type HeldPrecinct,
  type Look,
  type Offer,
  type Order,
  type PictureFacts,
  type Report,
  type View,
} from './viewer/messages.ts';
import { OverviewMap } from './viewer/overview-map.ts';
import { addOffer, currentLook, find, preparePanel, say, showChosen, showFacts, showProgress } from './viewer/panel.ts';
import { drawPrecincts, type Screen, Squares } from './viewer/squares.ts';

/** The picture on show. */
interface Shown {
  readonly number: number;
  readonly offer: Offer;
  readonly facts: PictureFacts;
  readonly camera: Camera;
  readonly squares: Squares;
  look: Look;
}

/** A view is asked for when it has stood so long, or when so much time has passed in a long movement. */
const ASK_MS = 90;

const canvas = find<HTMLCanvasElement>('picture');
const context = canvas.getContext('2d')!;
const calm = matchMedia('(prefers-reduced-motion: reduce)');
const worker = new Worker('viewer-worker.js', { type: 'module' });
const map = new OverviewMap((x, y) => {
  if (!shown) return;
  shown.camera.go({ ...shown.camera.pose, x, y });
  redraw();
});

let shown: Shown | undefined;
let opening: { number: number; offer: Offer; pose: Pose | undefined } | undefined;
let pictures = 0;
let overlay = false;
let online = true;
let precincts: readonly HeldPrecinct[] = [];
let frame = 0;
let lastFrame = 0;
let asked = 0;
let askTimer: ReturnType<typeof setTimeout> | undefined;

function tell(order: Order): void {
  worker.postMessage(order);
}

function openPicture(offer: Offer, pose?: Pose): void {
  pictures++;
  opening = { number: pictures, offer, pose };
  shown?.squares.clear();
  shown = undefined;
  precincts = [];
  find('notice').hidden = true;
  for (const state of ['ready', 'busy', 'complete']) delete canvas.dataset[state];
  showChosen(offer);
  tell({ kind: 'open', picture: pictures, offer, online });
  redraw();
}

function startPicture(facts: PictureFacts): void {
  if (!opening) return;
  const { number, offer, pose } = opening;
  const { width, height } = screenOf({ x: 0, y: 0, scale: 1 });
  const camera = new Camera(facts, { width, height }, calm.matches);
  if (pose) camera.go(pose, true);
  showFacts(facts);
  const squares = new Squares(facts.transparent, coarsestOf(facts));
  shown = { number, offer, facts, camera, squares, look: currentLook() };
  opening = undefined;
  canvas.classList.toggle('see-through', facts.transparent);
  map.prepare(facts);
  redraw();
  ask();
}

function screenOf(pose: Pose): Screen {
  return { pose, width: canvas.clientWidth || 1, height: canvas.clientHeight || 1, ratio: devicePixelRatio };
}

/** The resolution that fits the screen: at least as fine as its pixels, but never much finer. */
function reduceFor(scale: number, levels: number, coarsest: number): number {
  const reduce = Math.floor(-Math.log2(scale * devicePixelRatio) + 0.25);
  return Math.max(0, Math.min(levels, coarsest, reduce));
}

/** Draws when the browser is ready to, and again while something moves. */
function redraw(): void {
  tellMoving();
  if (frame === 0) frame = requestAnimationFrame(draw);
}

/** Whoever watches the page from outside can see whether the camera has come to rest. */
function tellMoving(): void {
  canvas.dataset.moving = String(shown?.camera.moving ?? false);
}

function draw(time: number): void {
  frame = 0;
  const ms = Math.min(50, time - lastFrame);
  lastFrame = time;
  const { clientWidth, clientHeight } = canvas;
  const [width, height] = [Math.round(clientWidth * devicePixelRatio), Math.round(clientHeight * devicePixelRatio)];
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
    shown?.camera.resize({ width: clientWidth, height: clientHeight });
  }
  if (!shown) {
    context.clearRect(0, 0, width, height);
    return;
  }
  const { camera, facts, squares } = shown;
  const moving = camera.moving;
  if (moving) camera.advance(ms);
  const screen = screenOf(camera.pose);
  const reduce = reduceFor(camera.pose.scale, facts.levels, coarsestOf(facts));
  squares.draw(context, screen, reduce);
  if (overlay) drawPrecincts(context, screen, precincts, overlayColours());
  map.draw(squares, camera, screen);
  tellPlace(camera.pose, reduce);
  tellMoving();
  canvas.dataset.scale = camera.pose.scale.toPrecision(6);
  canvas.dataset.center = `${Math.round(camera.pose.x)},${Math.round(camera.pose.y)}`;
  if (moving) {
    askSoon();
    redraw();
  }
}

function overlayColours(): { whole: string; part: string; none: string } {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  return { whole: colour('--whole'), part: colour('--part'), none: colour('--none') };
}

function tellPlace({ scale }: Pose, reduce: number): void {
  const percent = scale * devicePixelRatio * 100;
  const level = reduce === 0 ? 'full resolution' : `resolution 1/${2 ** reduce}`;
  find('place').textContent = `${percent.toFixed(percent < 10 ? 1 : 0)} % · ${level}`;
}

/** Asks for the view at once, or in a moment if that was just done. */
function askSoon(): void {
  const wait = asked + ASK_MS - performance.now();
  if (wait <= 0) ask();
  else {
    clearTimeout(askTimer);
    askTimer = setTimeout(ask, wait);
  }
}

function ask(): void {
  if (!shown) return;
  asked = performance.now();
  const { camera, facts, look, number } = shown;
  const { pose } = camera;
  const { width, height } = screenOf(pose);
  const [w, h] = [width / pose.scale, height / pose.scale];
  const x0 = Math.max(0, Math.floor(pose.x - w / 2));
  const y0 = Math.max(0, Math.floor(pose.y - h / 2));
  const x1 = Math.min(facts.width, Math.ceil(pose.x + w / 2));
  const y1 = Math.min(facts.height, Math.ceil(pose.y + h / 2));
  if (x1 <= x0 || y1 <= y0) return;
  const reduce = reduceFor(pose.scale, facts.levels, coarsestOf(facts));
  const view: View = { region: { x: x0, y: y0, width: x1 - x0, height: y1 - y0 }, reduce, look };
  tell({ kind: 'view', picture: number, view, overlay });
  remember();
}

/** The address says what is on show, so that it can be passed on, and survives a reload. */
function remember(): void {
  if (!shown) return;
  const { x, y, scale } = shown.camera.pose;
  const place = [Math.round(x), Math.round(y), Number(scale.toPrecision(4))].join(',');
  history.replaceState(null, '', `#${encodeURIComponent(shown.offer.name)}@${place}`);
}

/** What the address asks for. */
function remembered(offers: readonly Offer[]): { offer: Offer; pose?: Pose } {
  const match = /^#([^@]+)(?:@([\d.]+),([\d.]+),([\d.e-]+))?$/.exec(location.hash);
  const named = offers.find(({ name }) => encodeURIComponent(name) === match?.[1]);
  const offer = named ?? offers[0]!;
  const pose = { x: Number(match?.[2]), y: Number(match?.[3]), scale: Number(match?.[4]) };
  // an address that somebody has typed may say anything
  return named && Object.values(pose).every(Number.isFinite) && pose.scale > 0 ? { offer, pose } : { offer };
}

function setOverlay(on: boolean): void {
  overlay = on;
  find('precincts').setAttribute('aria-pressed', String(on));
  find('legend').hidden = !on;
  if (!on) precincts = [];
  ask();
  redraw();
}

function toggleFullScreen(): void {
  if (document.fullscreenElement) void document.exitFullscreen();
  else void document.documentElement.requestFullscreen().catch(() => {});
}

worker.addEventListener('message', ({ data }: MessageEvent<Report>) => {
  if (data.kind === 'trouble') {
    if (data.picture === opening?.number || data.picture === shown?.number) complain(data.message, data.fatal);
    return;
  }
  if (data.kind === 'opened') {
    if (data.picture === opening?.number) startPicture(data.facts);
    return;
  }
  if (data.picture !== shown?.number) {
    if (data.kind === 'square') data.square.bitmap.close();
    return;
  }
  if (data.kind === 'square') {
    shown.squares.add(data.square);
    canvas.dataset.ready = String(shown.squares.size);
  } else if (data.kind === 'held') precincts = overlay ? data.precincts : [];
  else {
    if (data.server === 'answers') find('notice').hidden = true;
    showProgress(data, shown.offer);
    canvas.dataset.busy = String(data.busy);
    canvas.dataset.complete = String(data.complete);
  }
  redraw();
});

function complain(message: string, fatal: boolean): void {
  const notice = find('notice');
  notice.textContent = fatal ? message : `${message.replace(/[.!]?$/, '.')} What is here stays on show.`;
  notice.hidden = false;
  say(fatal ? 'This picture cannot be opened' : 'The server does not answer', 'bad');
}

watchGestures(
  canvas,
  () => shown?.camera,
  () => {
    askSoon();
    redraw();
  },
  { p: () => setOverlay(!overlay), f: toggleFullScreen },
);
const middle = (): [number, number] => [canvas.clientWidth / 2, canvas.clientHeight / 2];
const onCamera = (id: string, move: (camera: Camera) => void): void => {
  find(id).addEventListener('click', () => {
    if (shown) move(shown.camera);
    redraw();
  });
};
onCamera('nearer', (camera) => camera.zoom(2, ...middle()));
onCamera('further', (camera) => camera.zoom(0.5, ...middle()));
onCamera('fit', (camera) => camera.fit());
find('precincts').addEventListener('click', () => setOverlay(!overlay));
find('full').addEventListener('click', toggleFullScreen);
new ResizeObserver(() => {
  redraw();
  askSoon();
}).observe(canvas);
matchMedia('(prefers-color-scheme: light)').addEventListener('change', redraw);

// browsers have service workers where the address is safe; elsewhere the page needs its server to open
navigator.serviceWorker?.register('viewer-offline.js', { scope: './' }).catch(() => {});

/** What there is to see: what the server offers, or without one the samples that lie beside this page. */
async function findOffers(): Promise<Offer[]> {
  try {
    const response = await fetch('viewer.json');
    if (response.ok) return (await response.json()) as Offer[];
  } catch {
    // no server at all
  }
  return ['highlands', 'lake', 'balloon'].map((name) => ({ name, title: name, url: `samples/${name}.jp2`, own: true }));
}

/** A file of somebody's own: it stays here, and is served by an engine in the worker. */
function openOwn(file: File): void {
  const offer: Offer = { name: file.name, title: file.name, url: '', bytes: file.size, own: file };
  addOffer(offer, () => openPicture(offer));
  openPicture(offer);
}

const offers = await findOffers();
preparePanel(offers, {
  choose: openPicture,
  open: openOwn,
  look: (look) => {
    if (shown) shown.look = look;
    ask();
  },
  online: (wanted) => {
    online = wanted;
    tell({ kind: 'online', online });
  },
  forget: () => {
    tell({ kind: 'forget' });
    if (shown) openPicture(shown.offer, shown.camera.pose);
  },
});
const { offer, pose } = remembered(offers);
openPicture(offer, pose);
