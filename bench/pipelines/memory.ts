/**
 * Peak memory of one full decode, in a process of its own: `memory <stream name>`. Prints JSON.
 *
 * What counts is how far the resident size grows beyond what it was with the bytes in memory and the code warm.
 */
import { decodeSync } from '../../src/index.ts';
import { peakMemory } from '../../test/support/peak-memory.ts';
import { type StreamName, streamOf } from '../support/streams.ts';

const { bytes, samples } = await streamOf(process.argv[2] as StreamName);
decodeSync(bytes, { region: { x: 0, y: 0, width: 64, height: 64 } });
const before = process.memoryUsage().rss;
const image = decodeSync(bytes, { colour: 'native' });
const peak = peakMemory();
console.log(
  JSON.stringify({
    samples,
    output: image.data.byteLength,
    before,
    peak,
    ratio: (peak - before) / (samples * 4),
    whole: peak / (samples * 4),
  }),
);
