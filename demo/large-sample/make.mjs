/**
 * Makes the large sample: a map painted by worker threads, encoded strip by strip as it comes, and indexed. What was made is kept, under
 * a name that changes with whatever it is made by.
 *
 * Tiles bound the memory of encoding, precincts and layers make windows cheap: a view is a few precincts of each resolution.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { buildIndexTo, createEncoder } from 'jp2kit';
import { fileSink, fileSource } from 'jp2kit/node';

const STRIP = 64;
/** A file that nobody has written to for so long is nobody's any more. */
const ABANDONED_MS = 600_000;
/** Strips that are asked for before they are needed. */
const AHEAD = 4;
const CODING = {
  tile: { width: 1024, height: 1024 },
  levels: 6,
  rate: { step: 2 },
  layers: 8,
  progression: 'RPCL',
  precincts: [{ width: 256, height: 256 }],
  markers: { plt: true, tlm: true },
};

/** Where samples are kept. */
export const CACHE = fileURLToPath(new URL('../.cache', import.meta.url));

/**
 * The path of the sample, `side` points wide and high, which is made if it is not there. `onProgress` is told what is done, from 0 to 1.
 *
 * @param {{ side: number, folder?: string, onProgress?: (fraction: number) => void }} options
 * @returns {Promise<{ path: string, made: boolean, bytes: number }>}
 */
export async function largeSample({ side, folder = CACHE, onProgress = () => {} }) {
  const name = `country-${side}-${await fingerprint()}`;
  const path = join(folder, `${name}.jp2`);
  const there = await stat(path).catch(() => undefined);
  if (there) return { path, made: false, bytes: there.size };
  await mkdir(folder, { recursive: true });
  await removeOthers(folder, side);
  // the picture gets its name last, so that it is never there without its index
  const unfinished = `${path}.${process.pid}`;
  try {
    const { bytes } = await encodeMap(unfinished, side, onProgress);
    const source = await fileSource(unfinished);
    await buildIndexTo(source, await fileSink(`${path}.idx`));
    await source.close?.();
    await rename(unfinished, path);
    return { path, made: true, bytes };
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** Says on a terminal how far it is, and elsewhere nothing. */
export function progressBar(label, stream = process.stderr) {
  if (!stream.isTTY) return { update() {}, clear() {} };
  let last = -1;
  return {
    update(fraction) {
      const percent = Math.floor(fraction * 100);
      if (percent === last) return;
      last = percent;
      const full = Math.round(fraction * 40);
      stream.write(`\r${label} [${'#'.repeat(full)}${' '.repeat(40 - full)}] ${String(percent).padStart(3)} %`);
    },
    clear: () => stream.write('\r\u001b[K'),
  };
}

async function encodeMap(path, side, onProgress) {
  const encoder = createEncoder({ width: side, height: side, channels: 3 }, { sink: await fileSink(path), ...CODING });
  const painters = startPainters(side);
  try {
    for (let y = 0; y < side; y += STRIP) {
      await encoder.writeRows(await painters.rows(y));
      onProgress((y + STRIP) / (side + STRIP));
    }
    return await encoder.finish();
  } catch (error) {
    await encoder.abort(error);
    throw error;
  } finally {
    await painters.stop();
  }
}

/** Threads that paint a few strips ahead of the one that is wanted. */
function startPainters(side) {
  const workers = Array.from(
    { length: Math.max(1, Math.min(4, availableParallelism())) },
    () => new Worker(new URL('./worker.mjs', import.meta.url)),
  );
  const strips = new Map();
  let next = 0;
  const failed = new Promise((_, reject) => {
    for (const worker of workers) worker.on('error', reject);
  });
  failed.catch(() => {});
  const askFor = (from) => {
    const worker = workers[(from / STRIP) % workers.length];
    const painted = new Promise((resolve) => {
      const onMessage = (message) => {
        if (message.from !== from) return;
        worker.off('message', onMessage);
        resolve(message.rows);
      };
      worker.on('message', onMessage);
    });
    worker.postMessage({ side, from, to: Math.min(side, from + STRIP) });
    strips.set(from, painted);
  };
  return {
    async rows(from) {
      for (; next < side && next <= from + AHEAD * STRIP * workers.length; next += STRIP) askFor(next);
      const rows = await Promise.race([strips.get(from), failed]);
      strips.delete(from);
      return rows;
    },
    stop: () => Promise.all(workers.map((worker) => worker.terminate())),
  };
}

/** A few letters that stand for everything a sample depends on. */
async function fingerprint() {
  const hash = createHash('sha256').update(JSON.stringify(CODING));
  for (const name of ['paint.mjs', 'glyphs.mjs']) hash.update(await readFile(new URL(name, import.meta.url)));
  return hash.digest('hex').slice(0, 8);
}

/** Removes what was made by older versions, and what a run left that was ended in the middle; not what another run is making now. */
async function removeOthers(folder, side) {
  for (const name of await readdir(folder)) {
    if (!name.includes(`country-${side}-`)) continue;
    const path = join(folder, name);
    const finished = /\.(?:jp2|idx)$/.test(name);
    const age = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now());
    if (finished || age > ABANDONED_MS) await rm(path, { force: true });
  }
}
