import { describe, expect, test } from 'vitest';
import {
  decodeSync,
  type EncodeOptions,
  encodeSync,
  inspectSync,
  type TranscodeOptions,
  transcodeSync,
} from '../../../src/index.ts';
import { firstDifference } from '../../support/same-picture.ts';
import { wavyPicture } from '../../support/encodes.ts';

const { image } = wavyPicture(70, 50, 4, 8);
const rgba = (options: EncodeOptions = {}): Uint8Array =>
  encodeSync(image, { levels: 3, mct: 'none', ...options }).data;

function channelsOf(file: Uint8Array): string[] {
  return inspectSync(file).colour.channels.map(({ kind, association }) => `${kind} ${association}`);
}

describe('the boxes of a transcoded file', () => {
  test('are the same bytes when nothing that they speak of has changed', () => {
    const file = rgba({ metadata: { xml: ['<a/>'], resolution: { capture: { x: 3000, y: 2000 } } } });
    const { data } = transcodeSync(file);
    expect(firstDifference(data, file)).toBe(-1);
  });

  test('are put around a bare codestream, and taken off', () => {
    const bare = rgba({ container: 'codestream' });
    const wrapped = transcodeSync(bare, { container: 'jp2', metadata: { xml: ['<wrapped/>'] } });
    expect(inspectSync(wrapped.data)).toMatchObject({
      container: 'jp2',
      colour: { space: 'srgb' },
      metadata: { xml: ['<wrapped/>'] },
      warnings: [],
    });
    expect(firstDifference(transcodeSync(wrapped.data, { container: 'codestream' }).data, bare)).toBe(-1);
  });

  test('say the size of what is left of a picture, and of its resolution', () => {
    const file = rgba({ metadata: { resolution: { capture: { x: 4000, y: 2000 }, display: { x: 400, y: 400 } } } });
    const half = inspectSync(transcodeSync(file, { reduce: 1 }).data);
    expect(half).toMatchObject({ width: 35, height: 25, warnings: [] });
    expect(half.resolution).toEqual({
      capture: { horizontal: 2000, vertical: 1000 },
      display: { horizontal: 200, vertical: 200 },
    });
  });

  test('keep the resolution where the reference grid stays as it was', () => {
    const resolution = { capture: { x: 4000, y: 2000 } };
    const file = rgba({ tile: { width: 31, height: 31 }, metadata: { resolution } });
    const info = inspectSync(transcodeSync(file, { reduce: 1 }).data);
    expect(info.components[0]).toMatchObject({ dx: 2, dy: 2, width: 35, height: 25 });
    expect(info.resolution.capture).toEqual({ horizontal: 4000, vertical: 2000 });
    expect(info.warnings).toEqual([]);
  });

  test.each<[string, TranscodeOptions['components'], string[], string]>([
    ['all colours', [0, 1, 2], ['colour 1', 'colour 2', 'colour 3'], 'srgb'],
    ['one colour', [1], ['colour 1'], 'grey'],
    ['one colour and opacity', [2, 3], ['colour 1', 'opacity 0'], 'grey'],
    ['two of three colours', [0, 2], ['colour 1', 'unspecified 65535'], 'grey'],
  ])('say what channels mean when components are dropped: %s', (_, components, channels, space) => {
    const { data } = transcodeSync(rgba(), { components: components! });
    const info = inspectSync(data);
    expect(info.warnings).toEqual([]);
    expect(info.colour.space).toBe(space);
    expect(channelsOf(data).map((text) => text.replace(/unspecified .*/, 'unspecified 65535'))).toEqual(channels);
    const picture = decodeSync(data, { layout: 'planar' });
    components!.forEach((c, k) => {
      expect(firstDifference(picture.planes![k]!.data, image.planes![c]!.data)).toBe(-1);
    });
  });

  test('keep a palette as long as its component is there', () => {
    const palette = {
      columns: [0, 1, 2].map((c) => ({ precision: 8, entries: Uint8Array.from({ length: 16 }, (_, k) => 16 * k + c) })),
    };
    const indices = {
      width: 8,
      height: 8,
      planes: [{ data: Uint8Array.from({ length: 64 }, (_, k) => k % 16), precision: 4 }],
    };
    const file = encodeSync(indices, { colour: { space: 'srgb', palette } }).data;
    const result = transcodeSync(file, { components: [0], progression: 'CPRL' }).data;
    expect([...decodeSync(result).data]).toEqual([...decodeSync(file).data]);
  });

  test('lose their metadata when that is asked, or get others', () => {
    const file = rgba({ metadata: { xml: ['<a/>'], xmp: '<x/>' } });
    expect(inspectSync(transcodeSync(file, { metadata: 'drop' }).data).metadata).toMatchObject({ xml: [], uuid: [] });
    expect(inspectSync(transcodeSync(file, { metadata: { xml: ['<b/>'] } }).data).metadata.xml).toEqual(['<b/>']);
  });

  test('are kept with a warning where they place a picture that has changed', () => {
    const gml = '<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml"/>';
    const file = rgba({ metadata: { gml } });
    const codes = (options: TranscodeOptions) => transcodeSync(file, options).warnings.map(({ code }) => code);
    expect(codes({ reduce: 1 })).toEqual(['metadata-stale']);
    expect(codes({ reduce: 1, metadata: 'drop' })).toEqual([]);
    expect(codes({ progression: 'CPRL' })).toEqual([]);
  });

  test('come before the codestream, wherever they stood', () => {
    const file = rgba();
    const xml = new TextEncoder().encode('\0\0\0\0xml <late/>');
    new DataView(xml.buffer).setUint32(0, xml.length);
    const late = new Uint8Array([...file, ...xml]);
    const info = inspectSync(transcodeSync(late).data);
    expect(info.metadata.xml).toEqual(['<late/>']);
    expect(info.boxes.at(-1)!.type).toBe('jp2c');
  });
});
