import { describe, expect, test } from 'vitest';
import { joinBytes } from '../../../src/codec/bits/join-bytes.ts';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import { DEFAULT_LIMITS } from '../../../src/codec/limits.ts';
import { CodestreamSource } from '../../../src/codec/packets/codestream-source.ts';
import { readPieces } from '../../../src/codec/packets/packet-pieces.ts';
import { BytesSource, readFrom, readNow } from '../../../src/codec/source.ts';
import { failureOfAsync } from '../../support/failure.ts';
import { fixture } from '../../support/fixtures.ts';
import { randomFrom } from '../../support/random.ts';
import { allOf, PLAIN, rearrange } from '../../support/rearrange.ts';
import { TestSource } from '../../support/sources.ts';

async function sourcesOf(bytes: Uint8Array): Promise<CodestreamSource[]> {
  const near = new BytesSource(bytes);
  const far = new TestSource(bytes);
  const place = { offset: 0, length: bytes.length };
  return [
    readNow(CodestreamSource.open(near, place, DEFAULT_LIMITS, new DiagnosticLog()), bytes),
    await readFrom(CodestreamSource.open(far, place, DEFAULT_LIMITS, new DiagnosticLog()), far),
  ];
}

describe.each(['tiles-offsets-53', 'precincts-rlcp-53', 'layers-lrcp-53'])('%s', (name) => {
  const original = fixture(name);
  const ways = [{}, { sop: true, eph: true }, { ppt: true, eph: true }, { ppm: true }, { plt: true, sop: true }];

  test.each(ways)('pieces of precincts with %j are their packets in line, without SOP', async (how) => {
    const bytes = rearrange(original, { ...PLAIN, sop: false, eph: false, ...how });
    const { plan, keys } = allOf(bytes);
    for (const source of await sourcesOf(bytes)) {
      const ends = await source.packetEnds(plan);
      const snapshot = await source.load(plan);
      const whole = keys.map((key) =>
        joinBytes(
          Array.from(ends.get(key)!.headers, (_, layer) => {
            const { header, body } = snapshot.packet(key, layer)!;
            return joinBytes(header ? [header, body] : [body]);
          }),
        ),
      );
      const all = await readPieces(
        ends,
        keys.map((key, k) => ({ key, start: 0, end: whole[k]!.length })),
      );
      expect(all.bytes).toEqual(whole);
      const random = randomFrom(7);
      const pieces = keys.map((key, k) => {
        const start = random.int(0, whole[k]!.length);
        return { key, start, end: random.int(start, whole[k]!.length) };
      });
      const some = await readPieces(ends, pieces);
      expect(some.bytes).toEqual(pieces.map(({ start, end }, k) => whole[k]!.subarray(start, end)));
    }
  });
});

describe('reads', () => {
  const bytes = rearrange(fixture('layers-lrcp-53'), { ...PLAIN, sop: false, eph: false });
  const { plan, keys } = allOf(bytes);

  test('come in the order of the input, few, whatever order the pieces have', async () => {
    const [, far] = await sourcesOf(bytes);
    const ends = await far!.packetEnds(plan);
    const pieces = keys.map((key) => {
      const { headers, bodies } = ends.get(key)!;
      return { key, start: 0, end: headers[0]! + bodies[0]! };
    });
    const forward = await readPieces(ends, pieces);
    const backward = await readPieces(ends, [...pieces].reverse());
    expect(backward.bytes).toEqual([...forward.bytes].reverse());
    expect(forward.reads).toBe(1);
    expect(forward.readBytes).toBeLessThan(bytes.length);
  });

  test('of an input that became shorter fail with a typed error', async () => {
    const far = new TestSource(bytes);
    const place = { offset: 0, length: bytes.length };
    const source = await readFrom(CodestreamSource.open(far, place, DEFAULT_LIMITS, new DiagnosticLog()), far);
    const ends = await source.packetEnds(plan);
    far.read = async ({ offset, length }) => bytes.subarray(offset, Math.min(offset + length, bytes.length - 40));
    const key = keys.at(-1)!;
    const { headers, bodies } = ends.get(key)!;
    const end = Array.from(headers, (h, k) => h + bodies[k]!).reduce((a, b) => a + b, 0);
    const error = await failureOfAsync(() =>
      readPieces(
        ends,
        [...keys, key].map((k) => ({ key: k, start: 0, end: k === key ? end : 1 })),
      ),
    );
    expect(error).toMatchObject({ kind: 'malformed', code: 'source-changed' });
  });
});
