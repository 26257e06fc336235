/** A worker's side, without a thread: what it says to which message. */
import { expect, test } from 'vitest';
import { BatchServer } from '../../src/workers/batch-server.ts';
import { type Answer, BUILD, type Task } from '../../src/workers/protocol.ts';
import { decodeCase, encodeCase } from '../arbitraries/batches.ts';
import { eventually } from '../support/eventually.ts';
import { randomFrom } from '../support/random.ts';

const random = randomFrom(77);
const decode = decodeCase(random, 2, 10);
const encode = encodeCase(random, 2, 10);

function setUp() {
  const said: Answer[] = [];
  const server = new BatchServer({
    post: (message) => said.push(message),
    pause: () => new Promise((resolve) => setImmediate(resolve)),
  });
  const ask = (id: number, { kind, batch }: { kind: string; batch: unknown }): void =>
    server.receive({ jp2kit: BUILD, kind: 'task', id, task: { kind, batch } as Task });
  const heard = () => said.map((answer) => `${answer.kind} ${'id' in answer ? answer.id : ''}`.trim());
  return { server, said, ask, heard };
}

test('batches are done in order', async () => {
  const { said, ask, heard } = setUp();
  ask(1, decode);
  ask(2, encode);
  await eventually(heard).toEqual(['ready', 'done 1', 'done 2']);
  expect(said.slice(1)).toMatchObject([{ outcome: decode.expected }, { outcome: encode.expected }]);
});

test('coefficients go to shared memory', async () => {
  const { ask, heard } = setUp();
  const out = new Int32Array(new SharedArrayBuffer(4 * decode.batch.length));
  ask(1, { kind: 'decode', batch: { ...decode.batch, out } });
  await eventually(heard).toEqual(['ready', 'done 1']);
  expect([...out]).toEqual([...decode.expected.coefficients]);
});

test('a batch that is cancelled before it begins is dropped, one that is done is not', async () => {
  const { server, ask, heard } = setUp();
  ask(1, decode);
  ask(2, decode);
  server.receive({ jp2kit: BUILD, kind: 'cancel', id: 2 });
  await eventually(heard).toEqual(['ready', 'dropped 2', 'done 1']);
  server.receive({ jp2kit: BUILD, kind: 'cancel', id: 1 });
  ask(3, decode);
  await eventually(heard).toEqual(['ready', 'dropped 2', 'done 1', 'done 3']);
});

test('a batch that cannot be done is said so, and the next is done', async () => {
  const { server, said, ask, heard } = setUp();
  ask(1, { kind: 'decode', batch: { ...decode.batch, coder: 'unheard-of' } });
  ask(2, { kind: 'decode', batch: null });
  ask(3, decode);
  await eventually(heard).toEqual(['ready', 'failed 1', 'failed 2', 'done 3']);
  expect(said[1]).toMatchObject({ message: expect.stringContaining('unheard-of') });
  server.receiveUnreadable();
  expect(heard().at(-1)).toBe('unreadable');
});

test('messages of others are nobody’s business here', () => {
  const { server, heard } = setUp();
  for (const noise of [null, undefined, 3, 'task', {}, { kind: 'task', id: 1 }, { jp2kit: '99', kind: 'cancel' }]) {
    server.receive(noise);
  }
  expect(heard()).toEqual(['ready']);
});
