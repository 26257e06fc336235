/** Damaged, cut and hostile codestreams through the transcoder: a typed error, or a legal result that says what is missing. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  decodeSync,
  encodeSync,
  Jpeg2000Error,
  transcode,
  type TranscodeOptions,
  transcodeSync,
  transcodeTo,
} from '../../../src/index.ts';
import { wavyPicture } from '../../support/encodes.ts';
import { randomFrom } from '../../support/random.ts';
import { firstDifference } from '../../support/same-picture.ts';
import { describeShared, sharedPath } from '../../support/shared.ts';
import { TestSink } from '../../support/sinks.ts';
import { TestSource } from '../../support/sources.ts';

const { image } = wavyPicture(90, 70, 3, 8);
const layered = encodeSync(image, {
  container: 'codestream',
  levels: 3,
  rate: [{ bpp: 2 }, { bpp: 8 }, { lossless: true }],
  tile: { width: 50, height: 40 },
  progression: 'LRCP',
  codeBlock: { width: 16, height: 16 },
}).data;

/** The result of any input: legal as far as a strict decoder can tell, or the error it ended with. */
function outcome(bytes: Uint8Array, options: TranscodeOptions): 'legal' | string {
  try {
    const { data, status, warnings } = transcodeSync(bytes, options);
    if (status === 'partial') expect(warnings.length).toBeGreaterThan(0);
    decodeSync(data, { layout: 'planar' });
    return 'legal';
  } catch (error) {
    if (!(error instanceof Jpeg2000Error)) throw error;
    return error.code;
  }
}

describe('a codestream that ends early', () => {
  test('becomes a legal one, with empty packets for what is missing, and the same picture', () => {
    for (const share of [0.3, 0.6, 0.9]) {
      const cut = layered.subarray(0, Math.floor(layered.length * share));
      const { data, status, warnings, packets, packetsFilled } = transcodeSync(cut, { progression: 'RPCL' });
      expect(status).toBe('partial');
      expect(packetsFilled).toBeLessThan(packets);
      expect(warnings.map(({ code }) => code)).toContain('tile-part-length');
      const found = decodeSync(data, { layout: 'planar' });
      expect(found.status).toBe('complete');
      // the decoder of the source also uses the packet that is cut off, so the two pictures are near, not the same
      const expected = decodeSync(cut, { layout: 'planar' });
      let error = 0;
      found.planes!.forEach(({ data: plane }, c) => {
        plane.forEach((sample, k) => {
          error += (sample - expected.planes![c]!.data[k]!) ** 2;
        });
      });
      expect(error / (90 * 70 * 3)).toBeLessThan(share > 0.5 ? 60 : 2000);
    }
  });

  test('is an error for a strict caller', () => {
    const cut = layered.subarray(0, layered.length / 2);
    expect(() => transcodeSync(cut, { strict: true })).toThrow(Jpeg2000Error);
  });

  test('goes through precincts and layers written anew as well', () => {
    const cut = layered.subarray(0, layered.length * 0.7);
    const { data, status } = transcodeSync(cut, { precincts: [{ width: 32, height: 32 }] });
    expect(status).toBe('partial');
    expect(decodeSync(data).status).toBe('complete');
  });
});

test('bytes changed at random end in a legal result or a typed error, soon', () => {
  const random = randomFrom(4);
  const variants: TranscodeOptions[] = [
    { progression: 'RPCL' },
    { progression: 'PCRL', markers: { ppm: true, plt: true, tlm: true, sop: true, eph: true } },
    { precincts: [{ width: 64, height: 64 }] },
    { reduce: 1, layers: 1 },
  ];
  const ends = new Map<string, number>();
  for (let n = 0; n < 400; n++) {
    const bytes = layered.slice();
    for (let k = random.int(1, 4); k > 0; k--) {
      const place = random.chance(0.4) ? random.int(0, 150) : random.int(0, bytes.length - 1);
      bytes[place] = random.int(0, 255);
    }
    const start = performance.now();
    const end = outcome(bytes, {
      ...random.pick(variants),
      limits: { pixels: 1 << 22, codeBlocks: 1 << 16, time: 5000 },
    });
    ends.set(end, (ends.get(end) ?? 0) + 1);
    expect(performance.now() - start).toBeLessThan(8000);
  }
  expect(ends.get('legal')).toBeGreaterThan(100);
});

describeShared('conformance/bad', 'the shared bad files', () => {
  test('end in a legal result or a typed error', () => {
    const folder = sharedPath('conformance', 'bad');
    for (const name of readdirSync(folder)) {
      const bytes = new Uint8Array(readFileSync(`${folder}/${name}`));
      outcome(bytes, { progression: 'CPRL', container: 'codestream', limits: { codeBlocks: 1 << 18, time: 20_000 } });
    }
  });
});

describe('calls that cannot be', () => {
  const error = (options: object) => {
    try {
      transcodeSync(layered, options);
    } catch (thrown) {
      return thrown;
    }
    return undefined;
  };

  test.each([
    ['a component of a component transform alone', { components: [0] }, 'component-transform', '15444-1 G.2'],
    ['a component that is not there', { components: [3] }, 'component-missing', undefined],
    ['components that do not ascend', { components: [1, 0] }, 'option-value', undefined],
    ['more levels than there are', { reduce: 4 }, 'option-value', '15444-1 A.6.1'],
    ['tiles beyond the grid', { crop: { column: 1, row: 0, columns: 2, rows: 1 } }, 'option-value', undefined],
    ['a tile beyond the last', { tiles: [4] }, 'option-value', undefined],
    ['precincts that cut code-blocks', { precincts: [{ width: 16, height: 16 }] }, 'precinct-partition', '15444-1 B.7'],
    ['layers into layers', { insertLayers: 4 }, 'option-value', undefined],
    ['metadata that are none', { metadata: null }, 'option-value', undefined],
    ['XML that is no text', { metadata: { xml: 5 } }, 'option-value', undefined],
    ['a limit that is no number', { limits: { codeBlocks: Number.NaN } }, 'option-value', undefined],
    ['PPM and PPT', { markers: { ppm: true, ppt: true } }, 'option-value', undefined],
    ['an option that does not exist', { progresion: 'RPCL' }, 'option-value', undefined],
    ['an order that does not exist', { progression: 'XYZ' }, 'option-value', undefined],
    [
      'changes of progression that leave packets out',
      {
        progressionChanges: [
          {
            resolutionStart: 0,
            resolutionEnd: 2,
            componentStart: 0,
            componentEnd: 3,
            layerEnd: 3,
            progression: 'LRCP',
          },
        ],
      },
      'option-value',
      '15444-1 A.6.6',
    ],
  ])('%s', (_, options, code, clause) => {
    expect(error(options)).toMatchObject({ kind: 'usage', code, clause });
  });

  test('a distance of samples beyond 255, in a grid that cannot be divided', () => {
    const { image: wide } = wavyPicture(40, 40, 1, 8);
    const plane = { ...wide.planes![0]!, dx: 100, dy: 1 };
    const subsampled = { width: 4000, height: 40, planes: [{ ...plane, data: plane.data.slice(0, 40 * 40) }] };
    const file = encodeSync(subsampled, { levels: 3, tile: { width: 1111, height: 33 } }).data;
    expect(() => transcodeSync(file, { reduce: 2 })).toThrow(/samples of component 0 are 400 apart/);
  });
});

describe('a transcode to a sink', () => {
  test('gives the sink up when it fails, with the reason', async () => {
    const sink = new TestSink({ failIn: 'write', how: 'reject' });
    await expect(transcodeTo(new TestSource(layered), sink, {})).rejects.toMatchObject({
      kind: 'usage',
      code: 'sink',
      cause: sink.failure,
    });
    expect(sink.calls.abort).toBe(1);
  });

  test('ends with the reason of its signal', async () => {
    const reason = new Error('enough');
    const signal = { aborted: false, reason };
    const running = transcode(new TestSource(layered), {
      signal,
      onProgress: () => {
        signal.aborted = true;
      },
    });
    await expect(running).rejects.toBe(reason);
  });

  test('reports how far it is, up to the end', () => {
    const seen: number[] = [];
    transcodeSync(layered, {
      markers: { tlm: true },
      onProgress: ({ stage, fraction }) => stage === 'write' && seen.push(fraction),
    });
    expect(seen.at(-1)).toBe(1);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
  });

  test('stays within a time limit', () => {
    expect(() => transcodeSync(layered, { limits: { time: 0 } })).toThrow(/took longer/);
  });
});

test('more packets than the limit are refused before anything is allocated for them', () => {
  const hostile = layered.slice();
  // COD: 65535 layers (15444-1 A.6.1)
  const cod = hostile.findIndex((byte, k) => byte === 0xff && hostile[k + 1] === 0x52);
  hostile.set([0xff, 0xff], cod + 6);
  expect(() => transcodeSync(hostile, { limits: { codeBlocks: 1 << 16 } })).toThrow(
    expect.objectContaining({ kind: 'limit', code: 'limit-code-blocks' }),
  );
});

test('tiles that are not kept stay in the grid, with nothing in them', () => {
  const { data, packetsFilled, packets } = transcodeSync(layered, { tiles: [0, 3] });
  expect(packetsFilled).toBeLessThan(packets);
  const found = decodeSync(data, { layout: 'planar', strict: true });
  const expected = decodeSync(layered, { layout: 'planar' });
  const column = (picture: typeof found, x: number) =>
    Array.from({ length: 40 }, (_, y) => picture.planes![0]!.data[y * 90 + x]);
  expect(firstDifference(column(found, 10) as number[], column(expected, 10) as number[])).toBe(-1);
  expect(new Set(column(found, 80))).toEqual(new Set([128]));
});
