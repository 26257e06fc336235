/**
 * The client against any JPIP server that runs, with the file that it serves at hand:
 * `npm run interop:jpip -- http://localhost:8080/jpip?target=map.jp2 --local map.jp2 [--windows 20] [--seed 1] [--mode auto|session|stateless] [--type jpp|jpt]`.
 *
 * Windows of all sizes and resolutions are decoded from the server and from the file, and compared sample for sample; at the end everything
 * that was received is written as a codestream and decoded once more. What the server did wrong on the way is told.
 */
import { parseArgs } from 'node:util';
import { decode, type DecodeOptions, open } from '../../src/index.ts';
import { openJpip } from '../../src/jpip-client.ts';
import { fileSource } from '../../src/node/index.ts';
import { randomFrom } from '../../test/support/random.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    local: { type: 'string' },
    windows: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    mode: { type: 'string', default: 'auto' },
    type: { type: 'string', default: 'jpp' },
  },
});

const [url] = positionals;
if (url === undefined || values.local === undefined) {
  console.error('usage: npm run interop:jpip -- <url of a picture on a JPIP server> --local <the same file>');
  process.exit(1);
}

const random = randomFrom(Number(values.seed));
const local = await open(await fileSource(values.local));
const { width, height, levels, layers } = local.info;
const mode = values.mode as 'auto' | 'session' | 'stateless';
const remote = await openJpip(url, { mode, type: values.type as 'jpp' | 'jpt' });
console.log(`${width} x ${height}, ${levels + 1} resolutions, ${layers} layers`);

let wrong = 0;
for (let k = 0; k < Number(values.windows); k++) {
  const reduce = random.int(0, levels);
  const most = 600 * 2 ** reduce;
  const [w, h] = [Math.min(width, random.int(1, most)), Math.min(height, random.int(1, most))];
  const region = { x: random.int(0, width - w), y: random.int(0, height - h), width: w, height: h };
  const window: DecodeOptions = { region, reduce, ...(random.chance(0.3) ? { layers: random.int(1, layers) } : {}) };
  const before = remote.cache.bytes;
  const start = performance.now();
  const [found, expected] = [await remote.decode(window), await local.decode(window)];
  let differences = 0;
  for (let n = 0; n < expected.data.length; n++) if (expected.data[n] !== found.data[n]) differences++;
  if (differences > 0) wrong++;
  console.log(
    `${w} x ${h} at ${region.x}, ${region.y}, reduce ${reduce}${window.layers ? `, ${window.layers} layers` : ''}: ` +
      `${differences === 0 ? 'same' : `${differences} samples differ`}, ${remote.cache.bytes - before} bytes more, ` +
      `${Math.round(performance.now() - start)} ms${found.warnings.map(({ message }) => `\n  ${message}`).join('')}`,
  );
}
const all = await decode(await remote.toCodestream(), { reduce: levels });
console.log(`all that was received, as a codestream: ${all.width} x ${all.height}, ${all.status}`);
await remote.close();
await local.close();
console.log(wrong === 0 ? 'no difference' : `${wrong} windows differ`);
process.exitCode = wrong === 0 ? 0 : 1;
