import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { PROGRESSIONS } from '../../../src/codec/codestream/cod.ts';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import { DEFAULT_LIMITS } from '../../../src/codec/limits.ts';
import { CodestreamSource } from '../../../src/codec/packets/codestream-source.ts';
import type { PacketEnds, PrecinctKey } from '../../../src/codec/packets/precinct-source.ts';
import { BytesSource, readFrom, readNow } from '../../../src/codec/source.ts';
import { hex, join, packetsOf, withPlt } from '../../support/codestream.ts';
import { failureOf } from '../../support/failure.ts';
import { FIXTURES, fixture } from '../../support/fixtures.ts';
import { allOf, PLAIN, rearrange, type Rearrangement } from '../../support/rearrange.ts';
import { describeShared, sharedPath } from '../../support/shared.ts';
import { TestSource } from '../../support/sources.ts';

function openNow(bytes: Uint8Array): CodestreamSource {
  const input = new BytesSource(bytes);
  return readNow(CodestreamSource.open(input, { offset: 0 }, DEFAULT_LIMITS, new DiagnosticLog()), bytes);
}

/** Headers, bodies and EPH markers of all precincts in the order of the list, and what they sum up to. */
function lengthsIn(
  ends: PacketEnds,
  keys: readonly PrecinctKey[],
): { all: number[][][]; sum: number; packets: number } {
  let sum = 0;
  let packets = 0;
  const all = keys.map((key) => {
    const { headers, bodies, ephs, complete } = ends.get(key)!;
    expect(complete).toBe(true);
    expect(bodies.length).toBe(headers.length);
    expect(ephs.length).toBe(headers.length);
    packets += headers.length;
    const lists = [headers, bodies, ephs].map((list) => Array.from(list));
    for (const list of lists) sum += list.reduce((a, b) => a + b, 0);
    return lists;
  });
  return { all, sum, packets };
}

/** Bytes of all tile-parts after SOD. */
function dataBytes(bytes: Uint8Array): number {
  return readNow(openNow(bytes).findTileParts(), bytes).reduce((n, part) => n + part.end - part.dataStart, 0);
}

const WAYS: readonly (readonly [string, Partial<Rearrangement>])[] = [false, true].flatMap((sop) =>
  [false, true].flatMap((eph) =>
    ([[], ['plt'], ['plm'], ['ppm'], ['ppt'], ['plt', 'ppt'], ['plt', 'ppm']] as const).map((marks) => {
      const name = [...(sop ? ['SOP'] : []), ...(eph ? ['EPH'] : []), ...marks.map((m) => m.toUpperCase())].join(' ');
      const how = Object.fromEntries(marks.map((mark) => [mark, true]));
      return [name || 'nothing', { sop, eph, ...how }] as const;
    }),
  ),
);

describe.each(['tiles-offsets-53', 'precincts-rlcp-53', 'layers-lrcp-53', 'poc-53'])('%s', (name) => {
  const original = fixture(name);
  const plain = rearrange(original, { ...PLAIN, sop: false, eph: false });
  const { plan, keys } = allOf(plain);
  const expected = lengthsIn(openNow(plain).packetEndsSync(plan), keys);

  test('lengths in a codestream without markers are those that packet headers tell', () => {
    const told = packetsOf(plain);
    expect(expected.packets).toBe(told.length);
    expect(expected.sum).toBe(dataBytes(plain));
    const pairs = expected.all.flatMap(([headers, bodies]) => headers!.map((h, k) => `${h} ${bodies![k]}`));
    expect(pairs.sort()).toEqual(told.map((p) => `${p.header.length} ${p.body.length}`).sort());
  });

  test.each(WAYS)('with %s the same headers and bodies are found', async (_, how) => {
    let bytes: Uint8Array;
    try {
      bytes = rearrange(original, { ...PLAIN, ...how });
    } catch (error) {
      expect((error as Error).message).toMatch(/where PLM holds 255/);
      return;
    }
    const source = openNow(bytes);
    const remote = new TestSource(bytes);
    const far = await readFrom(
      CodestreamSource.open(remote, { offset: 0, length: bytes.length }, DEFAULT_LIMITS, new DiagnosticLog()),
      remote,
    );
    for (const ends of [source.packetEndsSync(plan), await far.packetEnds(plan)]) {
      const found = lengthsIn(ends, keys);
      expect(found.all.map(([headers, bodies]) => [headers, bodies])).toEqual(
        expected.all.map(([headers, bodies]) => [headers, bodies]),
      );
      for (const [, , ephs] of found.all)
        expect(new Set(ephs)).toEqual(new Set(ephs!.length > 0 ? [how.eph ? 2 : 0] : []));
      const sops = how.sop ? 6 * found.packets : 0;
      const packed =
        how.ppm || how.ppt ? found.all.flatMap(([h, , e]) => [...h!, ...e!]).reduce((a, b) => a + b, 0) : 0;
      expect(found.sum + sops - packed).toBe(dataBytes(bytes));
    }
  });

  test('any of the five progressions gives the same lengths', () => {
    for (const progression of PROGRESSIONS) {
      const bytes = rearrange(original, { ...PLAIN, progression, sop: false, eph: false });
      expect(lengthsIn(openNow(bytes).packetEndsSync(plan), keys)).toEqual(expected);
    }
  });
});

describe.each(FIXTURES)('%s', (name) => {
  const bytes = fixture(name);
  const { plan, keys } = allOf(bytes);

  test('single packets are those of get, and header and body are apart as the lengths say', () => {
    const source = openNow(bytes);
    const ends = source.packetEndsSync(plan);
    const snapshot = source.loadSync(plan);
    for (const key of keys) {
      const held = snapshot.get(key)!;
      const { headers, bodies, ephs } = ends.get(key)!;
      expect(headers.length).toBe(held.packets.length);
      held.packets.forEach((packet, layer) => {
        const { header, body } = snapshot.packet(key, layer)!;
        expect(header!.length).toBe(headers[layer]! + ephs[layer]!);
        expect(body.length).toBe(bodies[layer]);
        expect(join(header!, body)).toEqual(join(packet.header ?? hex(''), packet.body));
      });
      expect(snapshot.packet(key, held.packets.length)).toBeUndefined();
    }
  });

  test('layers from the middle on are brought in alone', async () => {
    const from = Math.floor(plan[0]!.layers / 2);
    const remote = new TestSource(bytes);
    const place = { offset: 0, length: bytes.length };
    const source = await readFrom(CodestreamSource.open(remote, place, DEFAULT_LIMITS, new DiagnosticLog()), remote);
    const whole = openNow(bytes).loadSync(plan);
    const part = await source.load(plan.map((selection) => ({ ...selection, fromLayer: from })));
    for (const key of keys) {
      const { packets } = whole.get(key)!;
      packets.forEach((_, layer) => {
        const packet = part.packet(key, layer);
        if (layer >= from) expect(packet).toEqual(whole.packet(key, layer));
        else if (packet) expect(packet).toEqual(whole.packet(key, layer));
      });
      if (from > 0) expect(part.get(key)!.complete && part.get(key)!.packets.length < packets.length).toBe(false);
    }
  });
});

test('with fromLayer no byte of lower layers is fetched for packets', async () => {
  const bytes = withPlt(fixture('layers-lrcp-53'));
  const { plan } = allOf(bytes);
  const remote = new TestSource(bytes);
  const place = { offset: 0, length: bytes.length };
  const source = await readFrom(CodestreamSource.open(remote, place, DEFAULT_LIMITS, new DiagnosticLog()), remote);
  await source.load(plan.map((selection) => ({ ...selection, layers: 0 })));
  const before = remote.bytesRead;
  const last = plan[0]!.layers - 1;
  await source.load(plan.map((selection) => ({ ...selection, fromLayer: last })));
  const fetched = remote.bytesRead - before;
  const layerBytes = packetsOf(bytes)
    .filter(({ layer }) => layer === last)
    .reduce((n, p) => n + p.sop.length + p.header.length + p.body.length, 0);
  expect(fetched).toBe(layerBytes);
});

describe('where PLT lies', () => {
  const honest = fixture('layers-lrcp-53');
  // the same sum, so that nothing contradicts it: the first two packets share their bytes otherwise
  const lying = withPlt(honest, ([a, b, ...rest]) => [a! + 1, b! - 1, ...rest]);
  const { plan, keys } = allOf(withPlt(honest));

  test('the lengths told are those of the packet headers', () => {
    expect(lengthsIn(openNow(lying).packetEndsSync(plan), keys)).toEqual(
      lengthsIn(openNow(honest).packetEndsSync(plan), keys),
    );
  });

  test('what is loaded after lengths were told agrees with them', () => {
    const source = openNow(lying);
    source.loadSync(plan);
    source.packetEndsSync(plan);
    const [after, right] = [source.loadSync(plan), openNow(honest).loadSync(plan)];
    for (const key of keys) expect(after.get(key)).toEqual(right.get(key));
  });
});

describe('where the data ends early', () => {
  test('the lengths are those of whole packets, and a precinct that lacks some is not complete', () => {
    const whole = fixture('layers-lrcp-53');
    const { plan, keys } = allOf(whole);
    const full = openNow(whole).packetEndsSync(plan);
    const cut = openNow(whole.subarray(0, Math.floor(whole.length * 0.6)));
    const ends = cut.packetEndsSync(plan);
    let incomplete = 0;
    for (const key of keys) {
      const { headers, bodies, complete } = ends.get(key)!;
      const all = full.get(key)!;
      expect(Array.from(headers)).toEqual(Array.from(all.headers).slice(0, headers.length));
      expect(Array.from(bodies)).toEqual(Array.from(all.bodies).slice(0, bodies.length));
      expect(complete).toBe(headers.length === all.headers.length);
      if (!complete) incomplete++;
    }
    expect(incomplete).toBeGreaterThan(0);
    expect(ends.diagnostics.map((d) => d.code)).toContain('packet-truncated');
  });

  test('a tile that is not there, or was not asked for, has no lengths', () => {
    const bytes = fixture('tiles-offsets-53');
    const { plan } = allOf(bytes);
    const ends = openNow(bytes).packetEndsSync([plan[1]!, { tile: 2, components: [], layers: 0 }]);
    expect(ends.get({ tile: 0, component: 0, resolution: 0, precinct: 0 })).toBeUndefined();
    expect(ends.tile(0)).toBeUndefined();
    expect(ends.get({ tile: 2, component: 0, resolution: 0, precinct: 0 })).toBeUndefined();
    expect(ends.tile(2)!.tile).toBe(2);
    const key = { tile: 1, component: 0, resolution: 0, precinct: 0 };
    const { headers, bodies, complete } = ends.get(key)!;
    const whole = openNow(bytes).packetEndsSync(plan).get(key)!;
    expect([Array.from(headers), Array.from(bodies), complete]).toEqual([
      Array.from(whole.headers),
      Array.from(whole.bodies),
      true,
    ]);
    expect(headers.length).toBeGreaterThan(0);
  });
});

test('lengths of packets cannot be told without waiting from a source that is not memory', async () => {
  const remote = new TestSource(fixture('layers-lrcp-53'));
  const source = await readFrom(
    CodestreamSource.open(remote, { offset: 0 }, DEFAULT_LIMITS, new DiagnosticLog()),
    remote,
  );
  expect(failureOf(() => source.packetEndsSync([])).code).toBe('sync-source');
});

describeShared('conformance', 'conformance codestreams', () => {
  const names = (folder: string): string[] =>
    readdirSync(sharedPath('conformance', folder))
      .filter((name) => /\.j2[kc]$/.test(name))
      .map((name) => `${folder}/${name}`);
  const read = (name: string): Uint8Array => new Uint8Array(readFileSync(sharedPath('conformance', name)));

  test.each([...names('part1'), ...names('features'), ...names('ht')])('%s: lengths sum up to the data', (name) => {
    const bytes = read(name);
    const { plan, keys } = allOf(bytes);
    const source = openNow(bytes);
    const ends = source.packetEndsSync(plan);
    const { sum, packets } = lengthsIn(ends, keys);
    const snapshot = source.loadSync(plan);
    let apart = 0;
    for (const key of keys) {
      const { headers, bodies, ephs } = ends.get(key)!;
      snapshot.get(key)!.packets.forEach(({ header, body }, layer) => {
        const length = headers[layer]! + ephs[layer]! + bodies[layer]!;
        expect((header?.length ?? 0) + body.length).toBe(length);
        apart += header?.length ?? 0;
      });
    }
    // what is left is SOP: six bytes, before all packets, or some, or none
    const sops = dataBytes(bytes) - (sum - apart);
    expect(sops % 6).toBe(0);
    expect(sops / 6).toBeGreaterThanOrEqual(0);
    expect(sops / 6).toBeLessThanOrEqual(packets);
  });
});
