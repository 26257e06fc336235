/** A thread that paints strips of the map as they are asked for. */
import { parentPort } from 'node:worker_threads';
import { paintRows } from './paint.mjs';

parentPort.on('message', ({ side, from, to }) => {
  const rows = paintRows(side, from, to);
  parentPort.postMessage({ from, rows }, [rows.buffer]);
});
