/** How headers of codestreams and layers stand over the one for all (15444-2 M.11.6, M.11.7). */
import { describe, expect, test } from 'vitest';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import {
  type CodestreamHeader,
  headerForCodestream,
  readCodestreamHeader,
} from '../../../src/codec/fileformat/codestream-header.ts';
import type { Jp2Header } from '../../../src/codec/fileformat/jp2-boxes.ts';
import {
  headerForLayer,
  type LayerHeader,
  readLayerHeader,
  readOpacity,
  readRegistration,
} from '../../../src/codec/fileformat/layer-header.ts';
import { failureOf } from '../../support/failure.ts';
import { box, contents, hex, IHDR, join } from './box-bytes.ts';

const format = { precision: 8, signed: false };
const image = (numComponents: number) => ({
  height: 1,
  width: 1,
  numComponents,
  format: undefined,
  compressionType: 7,
  colourSpaceUnknown: false,
  intellectualProperty: false,
});
const ALL: Jp2Header = {
  imageHeader: image(2),
  bitsPerComponent: [format, format],
  colours: [],
  palette: undefined,
  componentMapping: undefined,
  channelDefinitions: undefined,
  captureResolution: undefined,
  displayResolution: undefined,
};
const NOTHING: CodestreamHeader & LayerHeader = {
  label: undefined,
  imageHeader: undefined,
  bitsPerComponent: undefined,
  palette: undefined,
  componentMapping: undefined,
  colours: undefined,
  opacity: undefined,
  channelDefinitions: undefined,
  registration: undefined,
  captureResolution: undefined,
  displayResolution: undefined,
};
const components = (header: Jp2Header) => header.imageHeader?.numComponents;

describe('the header of a codestream', () => {
  test('is the one for all where it says nothing, and where there is none', () => {
    expect(headerForCodestream(ALL, undefined)).toBe(ALL);
    expect(headerForCodestream(ALL, NOTHING)).toEqual(ALL);
    expect(headerForCodestream(undefined, undefined)).toBeUndefined();
  });

  test('brings its own depths with its own image header', () => {
    expect(headerForCodestream(ALL, { ...NOTHING, imageHeader: image(3) })).toEqual({
      ...ALL,
      imageHeader: image(3),
      bitsPerComponent: undefined,
    });
    const own = { ...NOTHING, imageHeader: image(1), bitsPerComponent: [format] };
    expect(headerForCodestream(ALL, own)).toMatchObject({ bitsPerComponent: [format] });
  });

  test('has the first of two boxes of a type', () => {
    const log = new DiagnosticLog();
    const twice = { ...contents('jpch', ''), content: join(IHDR, box('ihdr', hex('00000009'))) };
    expect(readCodestreamHeader(twice, log).imageHeader).toMatchObject({ width: 3, height: 2 });
    expect(log.list.map(({ code }) => code)).toEqual(['box-duplicate']);
  });
});

describe('the header of a layer', () => {
  test.each([
    ['last-channel', 1],
    ['last-channel-premultiplied', 2],
  ] as const)('with opacity in the %s defines the channels', (kind, type) => {
    expect(headerForLayer(ALL, { ...NOTHING, opacity: { kind } }, components)?.channelDefinitions).toEqual([
      { channel: 0, type: 0, association: 1 },
      { channel: 1, type, association: 0 },
    ]);
  });

  test('with definitions of its own, or a chroma key, leaves opacity aside', () => {
    const channelDefinitions = [{ channel: 0, type: 0, association: 1 }];
    const own = { ...NOTHING, channelDefinitions, opacity: { kind: 'last-channel' as const } };
    expect(headerForLayer(ALL, own, components)?.channelDefinitions).toBe(channelDefinitions);
    const key = { ...NOTHING, opacity: { kind: 'chroma-key' as const, numChannels: 1, key: hex('00') } };
    expect(headerForLayer(ALL, key, components)?.channelDefinitions).toBeUndefined();
  });

  test('leaves out boxes that make no sense, and says so', () => {
    const log = new DiagnosticLog();
    const content = join(box('opct', hex('07')), box('creg', hex('0001 0001')), box('cgrp', box('colr', hex('01'))));
    expect(readLayerHeader({ ...contents('jplh', ''), content }, log)).toEqual({ ...layerOf(NOTHING), colours: [] });
    expect(log.list.map(({ code }) => code)).toEqual(['out-of-bytes', 'box-value', 'box-value']);
    expect(failureOf(() => readOpacity(contents('opct', '03')))).toMatchObject({ code: 'box-value' });
    expect(failureOf(() => readRegistration(contents('creg', '0001 0001')))).toMatchObject({ code: 'box-value' });
  });

  function layerOf(header: typeof NOTHING): LayerHeader {
    const { imageHeader: _, bitsPerComponent: __, palette: ___, componentMapping: ____, ...layer } = header;
    return layer;
  }
});
