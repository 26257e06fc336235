/** The transcoder over providers of packets that are no files: an encoder's output, and a picture repeated. */
import { expect, test } from 'vitest';
import { transcodePackets } from '../../../src/codec/index.ts';
import { decodeSync, encodeSync } from '../../../src/index.ts';
import { hostExecutor } from '../../../src/platform/host-executor.ts';
import { RepeatedSource } from '../../../bench/support/repeated-source.ts';
import { wavyPicture } from '../../support/encodes.ts';
import { TestSink } from '../../support/sinks.ts';

const { image } = wavyPicture(128, 128, 1, 8);
const small = encodeSync(image, {
  container: 'codestream',
  levels: 2,
  layers: 2,
  precincts: [{ width: 32, height: 32 }],
  codeBlock: { width: 16, height: 16 },
}).data;

test.each([true, false])('a picture repeated becomes a large one, tiled: %s', async (tiled) => {
  const sink = new TestSink();
  const source = new RepeatedSource(small, 3, 2, tiled);
  const summary = await transcodePackets(hostExecutor, source, sink, { progression: 'PCRL', markers: { tlm: true } });
  expect(summary).toMatchObject({ tiles: tiled ? 6 : 1, bytes: sink.bytes.length, status: 'complete', warnings: [] });
  const { width, height, data } = decodeSync(sink.bytes, { strict: true });
  expect([width, height]).toEqual([384, 256]);
  if (!tiled) return; // one transform over all of it mixes samples across the seams
  const original = image.planes![0]!.data;
  for (let y = 0; y < height; y += 7) {
    for (let x = 0; x < width; x++) expect(data[y * width + x]).toBe(original[(y % 128) * 128 + (x % 128)]);
  }
});
