/**
 * The demo page: a file dropped on it is decoded in the browser, whole or in part, and shown with what is inside it. A
 * picture of another format is encoded first, and shown beside what became of it.
 *
 * It uses nothing of the library that is not public.
 */
import {
  decode,
  type ImageInfo,
  inspect,
  Jpeg2000Error,
  type RasterImage,
  type Rect,
  toImageData,
} from '../src/index.ts';
import {
  drawPicture,
  type Encoded,
  encodeOnPage,
  isBrowserPicture,
  type Picture,
  readBrowserPicture,
  readPicture,
} from './encode.ts';
import { watchDrops } from './drops.ts';
import { showTree } from './tree.ts';

/** What is on show. */
interface Shown {
  readonly name: string;
  readonly blob: Blob;
  readonly info: ImageInfo;
  region: Rect | undefined;
}

/** What the file on show was made of, where this page made it. */
interface Compared {
  readonly name: string;
  readonly picture: Picture;
  /** Size of the file that the picture came from, where it is another one. */
  readonly bytes: number | undefined;
  readonly encoded: Encoded;
}

const find = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const canvas = find<HTMLCanvasElement>('canvas');
const controls = find<HTMLFieldSetElement>('controls');
const reduce = find<HTMLInputElement>('reduce');
const layers = find<HTMLInputElement>('layers');
const colour = find<HTMLSelectElement>('colour');
const component = find<HTMLSelectElement>('component');
const selection = find('selection');
const rate = find<HTMLSelectElement>('rate');
const download = find('download');

let shown: Shown | undefined;
let running: AbortController | undefined;
let compared: Compared | undefined;

/** Opens a file, whatever it is. */
async function openFile(blob: Blob, name: string): Promise<void> {
  running?.abort();
  say(`Reading ${name}…`);
  try {
    if (await isBrowserPicture(blob)) await encodeShown(name, () => readBrowserPicture(blob), blob.size);
    else await openJpeg2000(blob, name);
  } catch (error) {
    fail(error);
  }
}

/** Encodes a picture as the controls ask, and opens the file. */
async function encodeShown(
  name: string,
  read: (signal: AbortSignal) => Promise<Picture>,
  bytes?: number,
): Promise<void> {
  running?.abort();
  const abort = new AbortController();
  running = abort;
  find('progress').hidden = false;
  try {
    const picture = await read(abort.signal);
    say(`Encoding ${name}…`);
    const encoded = await encodeOnPage(picture, rate.value === '' ? { lossless: true } : { bpp: Number(rate.value) }, {
      signal: abort.signal,
      onProgress: ({ fraction }) => {
        find('progress-bar').style.width = `${Math.round(fraction * 100)}%`;
      },
    });
    if (abort.signal.aborted) return;
    await openJpeg2000(encoded.blob, `${name.replace(/\.[^.]*$/, '')}.jp2`, { name, picture, bytes, encoded });
  } catch (error) {
    if (!abort.signal.aborted) fail(error);
  } finally {
    if (running === abort) find('progress').hidden = true;
  }
}

/** Opens a JPEG 2000 file: first its description, then its picture; beside it what it was made of, where that is known. */
async function openJpeg2000(blob: Blob, name: string, original?: Compared): Promise<void> {
  try {
    const info = await inspect(blob);
    shown = { name, blob, info, region: undefined };
    compared = original;
    showComparison();
    prepareControls(info);
    showFacts(shown);
    await showTree(find('tree'), blob);
    await show();
  } catch (error) {
    fail(error);
  }
}

/** Decodes what the controls ask for. A newer wish ends an older one. */
async function show(): Promise<void> {
  if (!shown) return;
  const { blob, info } = shown;
  running?.abort();
  const abort = new AbortController();
  running = abort;
  tellControls();
  find('progress').hidden = false;
  try {
    const image = await decode(blob, {
      reduce: Number(reduce.value),
      layers: Number(layers.value),
      ...(shown.region ? { region: shown.region } : {}),
      ...(component.value === ''
        ? { colour: colour.value as 'native' | 'file' | 'srgb', upsample: 'linear' as const }
        : { components: [Number(component.value)] }),
      signal: abort.signal,
      onProgress: ({ fraction }) => {
        find('progress-bar').style.width = `${Math.round(fraction * 100)}%`;
      },
    });
    draw(image, info);
  } catch (error) {
    if (!abort.signal.aborted) fail(error);
  } finally {
    if (running === abort) find('progress').hidden = true;
  }
}

function draw(image: RasterImage, info: ImageInfo): void {
  const { width, height, data } = toImageData(image);
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d')!.putImageData(new ImageData(new Uint8ClampedArray(data), width, height), 0, 0);
  canvas.dataset.ready = `${width}x${height}`;
  const { stats, status } = image;
  const scale = info.width === width ? '' : ` of ${info.width} × ${info.height}`;
  say(
    `${width} × ${height}${scale}: ${stats.codeBlocks} code-blocks, ` +
      `${stats.bytesRead.toLocaleString('en')} bytes read, ${Math.round(stats.ms)} ms${status === 'partial' ? '; parts of the picture are missing' : ''}`,
  );
  showWarnings(image);
}

/** The original beside the result, with what the encode cost and brought. */
function showComparison(): void {
  find('before').hidden = !compared;
  download.hidden = !compared;
  find('after-text').textContent = '';
  if (!compared || !shown) return;
  const { name, picture, encoded, bytes } = compared;
  const { blob, psnr, ms } = encoded;
  const size = (count: number): string => `${count.toLocaleString('en')} bytes`;
  drawPicture(find<HTMLCanvasElement>('original'), picture);
  find('before-text').textContent =
    `${name}: ${bytes === undefined ? `${size(picture.data.length)} of samples` : size(bytes)}`;
  const quality = psnr === Number.POSITIVE_INFINITY ? 'every sample the same' : `${psnr.toFixed(2)} dB`;
  find('after-text').textContent = `encoded: ${size(blob.size)}, ${quality}, ${Math.round(ms)} ms`;
}

/** Hands over the file that was made. */
function saveFile(): void {
  if (!shown) return;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(shown.blob);
  link.download = shown.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Encodes what is on show, or again what that was made of. */
function encodeAgain(): void {
  if (!shown) return;
  const { blob, name } = shown;
  const original = compared;
  void encodeShown(
    original?.name ?? name,
    (signal) => (original ? Promise.resolve(original.picture) : readPicture(blob, signal)),
    original?.bytes,
  );
}

function prepareControls(info: ImageInfo): void {
  controls.disabled = false;
  reduce.max = String(info.levels);
  reduce.value = '0';
  layers.max = String(info.layers);
  layers.value = String(info.layers);
  colour.value = 'srgb';
  component.replaceChildren(new Option('all', ''), ...info.components.map((_, c) => new Option(String(c), String(c))));
}

function tellControls(): void {
  if (!shown) return;
  const { region } = shown;
  const n = Number(reduce.value);
  find('reduce-text').textContent = n === 0 ? 'full' : `1/${2 ** n}`;
  find('layers-text').textContent = `${layers.value} of ${layers.max}`;
  find('region-text').textContent = region
    ? `${region.width} × ${region.height} at ${region.x}, ${region.y}`
    : 'whole picture';
  find<HTMLButtonElement>('whole').disabled = region === undefined;
}

function showFacts({ name, blob, info }: Shown): void {
  find('name').textContent = `${name}, ${blob.size.toLocaleString('en')} bytes`;
  const first = info.components[0]!;
  const depths = [...new Set(info.components.map((c) => `${c.precision} bits${c.signed ? ' signed' : ''}`))].join(', ');
  const { tiles } = info;
  const facts: [string, string][] = [
    ['container', info.container],
    ['size', `${info.width} × ${info.height}`],
    ['components', `${info.components.length}, ${depths}`],
    ['grid', info.components.map((c) => `${c.dx}×${c.dy}`).join(' ')],
    ['tiles', `${tiles.columns} × ${tiles.rows} of ${tiles.width} × ${tiles.height}`],
    ['resolutions', String(info.levels + 1)],
    ['layers', String(info.layers)],
    ['progression', info.progression],
    ['transform', `${info.reversible ? '5/3 reversible' : '9/7 irreversible'}, ${info.mct}`],
    ['colour', info.colour.space],
    ['bits per pixel', ((blob.size * 8) / (info.width * info.height)).toFixed(2)],
  ];
  if (first.dx === 1 && first.dy === 1 && info.components.length === 1) facts.splice(3, 1);
  find('facts').replaceChildren(
    ...facts.map(([key, value]) => {
      const row = document.createElement('tr');
      for (const text of [key, value]) row.insertCell().textContent = text;
      return row;
    }),
  );
}

function showWarnings(image: RasterImage): void {
  find('warnings').replaceChildren(
    ...image.warnings.map((warning) => {
      const item = document.createElement('li');
      item.textContent = `${warning.code}: ${warning.message}${warning.count ? ` (${warning.count} more)` : ''}`;
      return item;
    }),
  );
}

function say(text: string): void {
  const status = find('status');
  status.textContent = text;
  status.classList.remove('error');
}

function fail(error: unknown): void {
  const status = find('status');
  const known = error instanceof Jpeg2000Error;
  status.textContent = known ? `${error.kind} (${error.code}): ${error.message}` : String(error);
  status.classList.add('error');
  find('progress').hidden = true;
}

/** A rectangle dragged on the canvas becomes the region, in pixels of the full picture. */
function watchSelection(): void {
  let start: { x: number; y: number } | undefined;
  const place = (event: PointerEvent): { x: number; y: number } => {
    const box = canvas.getBoundingClientRect();
    return {
      x: Math.max(0, Math.min(box.width, event.clientX - box.left)),
      y: Math.max(0, Math.min(box.height, event.clientY - box.top)),
    };
  };
  canvas.addEventListener('pointerdown', (event) => {
    start = place(event);
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!start) return;
    const end = place(event);
    selection.hidden = false;
    selection.style.left = `${Math.min(start.x, end.x)}px`;
    selection.style.top = `${Math.min(start.y, end.y)}px`;
    selection.style.width = `${Math.abs(end.x - start.x)}px`;
    selection.style.height = `${Math.abs(end.y - start.y)}px`;
  });
  canvas.addEventListener('pointerup', (event) => {
    if (!start || !shown) return;
    const end = place(event);
    const box = canvas.getBoundingClientRect();
    const from = shown.region ?? { x: 0, y: 0, width: shown.info.width, height: shown.info.height };
    const [sx, sy] = [from.width / box.width, from.height / box.height];
    const x = Math.floor(from.x + Math.min(start.x, end.x) * sx);
    const y = Math.floor(from.y + Math.min(start.y, end.y) * sy);
    const width = Math.round(Math.abs(end.x - start.x) * sx);
    const height = Math.round(Math.abs(end.y - start.y) * sy);
    start = undefined;
    selection.hidden = true;
    if (width < 4 || height < 4) return;
    shown.region = { x, y, width, height };
    void show();
  });
}

async function openSample(name: string): Promise<void> {
  try {
    const response = await fetch(`samples/${name}`);
    await openFile(await response.blob(), name);
  } catch (error) {
    fail(error);
  }
}

for (const input of [reduce, layers, colour, component]) input.addEventListener('input', () => void show());
find('whole').addEventListener('click', () => {
  if (shown) shown.region = undefined;
  void show();
});
find('encode').addEventListener('click', encodeAgain);
download.addEventListener('click', saveFile);
find<HTMLInputElement>('file').addEventListener('change', (event) => {
  const file = (event.target as HTMLInputElement).files?.[0];
  if (file) void openFile(file, file.name);
});
for (const button of document.querySelectorAll<HTMLButtonElement>('[data-sample]')) {
  button.addEventListener('click', () => void openSample(button.dataset.sample!));
}
watchSelection();
watchDrops((file) => void openFile(file, file.name));
await openSample('lake.jp2');
