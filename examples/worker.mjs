/** Decode in a worker, so that the main thread stays free; the samples come back without a copy. */
import { readFileSync } from 'node:fs';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { decodeSync } from 'jp2kit';

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url));
  const bytes = new Uint8Array(readFileSync(new URL('../demo/samples/lake.jp2', import.meta.url)));
  worker.postMessage(bytes);
  worker.once('message', ({ width, height, data }) => {
    console.log(`the worker decoded ${width} × ${height}: ${data.length} samples`);
    worker.terminate();
  });
} else {
  parentPort?.once('message', (bytes) => {
    const { width, height, data } = decodeSync(bytes, { sample: 'u8' });
    parentPort?.postMessage({ width, height, data }, [/** @type {ArrayBuffer} */ (data.buffer)]);
  });
}
