/** The largest numbers that the standard allows, in files that hold nothing but empty packets. */
import { describe, expect, test } from 'vitest';
import { decodeSync, inspectSync } from '../../../src/index.ts';
import { be, join, segment } from '../../support/codestream.ts';

interface Shape {
  readonly width: number;
  readonly height: number;
  readonly components?: number;
  readonly precision?: number;
  readonly distance?: number;
  readonly layers?: number;
  readonly levels?: number;
  readonly packets: number;
}

/** A codestream of one tile whose packets are all empty: a byte of 0 each. */
function emptyPackets(shape: Shape): Uint8Array {
  const { width, height, components = 1, precision = 8, distance = 1, layers = 1, levels = 0, packets } = shape;
  const grid = [width, height, 0, 0, width, height, 0, 0].map((value) => be(value, 4));
  const component = Uint8Array.of(precision - 1, distance, distance);
  const siz = segment(
    0xff51,
    be(0, 2),
    ...grid,
    be(components, 2),
    ...new Array<Uint8Array>(components).fill(component),
  );
  const cod = segment(0xff52, Uint8Array.of(0, 0), be(layers, 2), Uint8Array.of(0, levels, 4, 4, 0, 1));
  const qcd = segment(0xff5c, Uint8Array.of(2 << 5), new Uint8Array(3 * levels + 1).fill(8 << 3));
  const sot = segment(0xff90, be(0, 2), be(14 + packets, 4), Uint8Array.of(0, 1));
  return join(be(0xff4f, 2), siz, cod, qcd, sot, be(0xff93, 2), new Uint8Array(packets), be(0xffd9, 2));
}

describe('files of empty packets decode to mid-grey', () => {
  test('with 16 384 components', () => {
    const image = decodeSync(emptyPackets({ width: 1, height: 1, components: 16384, packets: 16384 }));
    expect(image).toMatchObject({ channels: 16384, status: 'complete', warnings: [] });
    expect(new Set(image.data)).toEqual(new Set([128]));
  });

  test('with 65 535 layers', () => {
    const bytes = emptyPackets({ width: 16, height: 16, layers: 65535, packets: 65535 });
    const image = decodeSync(bytes);
    expect(image).toMatchObject({ status: 'complete', warnings: [], stats: { layers: 65535 } });
    expect(decodeSync(bytes, { layers: 40000 }).stats.layers).toBe(40000);
    expect(decodeSync(bytes.subarray(0, bytes.length - 100)).status).toBe('partial');
  });

  test('with 32 decomposition levels, down to any of them', () => {
    const bytes = emptyPackets({ width: 8, height: 5, levels: 32, packets: 33 });
    for (const reduce of [0, 1, 3, 32]) {
      const image = decodeSync(bytes, { reduce });
      expect(image).toMatchObject({ status: 'complete', width: Math.ceil(8 / 2 ** reduce), warnings: [] });
    }
  });

  test('with samples 255 apart', () => {
    const bytes = emptyPackets({ width: 300, height: 255, distance: 255, packets: 1 });
    expect(inspectSync(bytes).components[0]).toMatchObject({ width: 2, height: 1, dx: 255, dy: 255 });
    expect([...decodeSync(bytes).data]).toEqual([128, 128]);
  });

  test.each([
    [26, 2 ** 25],
    [28, 2 ** 27],
  ])('with %i bits a sample', (precision, grey) => {
    const image = decodeSync(emptyPackets({ width: 3, height: 2, precision, packets: 1 }));
    expect(image.data).toBeInstanceOf(Uint32Array);
    expect(new Set(image.data)).toEqual(new Set([grey]));
  });

  test('a small file that claims many samples takes memory for them and for nothing else', () => {
    const image = decodeSync(emptyPackets({ width: 4096, height: 4096, levels: 5, packets: 6 }));
    expect(image.stats.codeBlocks).toBe(0);
    expect(image.data[12345]).toBe(128);
  });
});
