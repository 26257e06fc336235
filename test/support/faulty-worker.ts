/** A worker as the library's, but for batches whose cost asks for a fault; `workerData` counts by batch how often it has happened. */
import { parentPort, workerData } from 'node:worker_threads';
import { BatchServer } from '../../src/workers/batch-server.ts';
import { BUILD, type Request } from '../../src/workers/protocol.ts';
import { FAULT } from './faults.ts';

const port = parentPort!;
const deaths = workerData as Int32Array;
const server = new BatchServer({
  post: (message) => port.postMessage(message),
  pause: () => new Promise((resolve) => setImmediate(resolve)),
});

port.on('message', (request: Request) => {
  if (request.kind === 'task') {
    const { cost } = request.task.batch;
    const isFirst = cost !== FAULT.none && Atomics.add(deaths, request.id, 1) === 0;
    if (cost === FAULT.exitAlways || (cost === FAULT.exitOnce && isFirst)) process.exit(3);
    if (cost === FAULT.throwAlways || (cost === FAULT.throwOnce && isFirst)) throw new Error('as asked');
    if (cost === FAULT.nonsense) {
      port.postMessage({ jp2kit: BUILD, kind: 'done', id: request.id, outcome: { coefficients: 'none' } });
      return;
    }
  }
  server.receive(request);
});
