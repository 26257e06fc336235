import { describe, expect, test } from 'vitest';
import { applyPaletteColumn, channelSources } from '../../../src/codec/colour/palette.ts';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import { box, hex } from '../fileformat/box-bytes.ts';
import { fileWith, row } from './planes.ts';

const PCLR = box('pclr', hex('0002 02 07 8B  10 0FFF  20 07FF')); // two entries: 8 bits; 12 bits signed

describe('a palette column', () => {
  const column = { precision: 12, signed: true, values: Int16Array.of(-1, 2047, 5) };

  test('turns indices into its own kind of samples', () => {
    const log = new DiagnosticLog();
    const plane = applyPaletteColumn(row(Uint8Array.of(2, 0, 1)), column, log);
    expect(plane).toMatchObject({ precision: 12, signed: true, width: 3 });
    expect(plane.data).toEqual(Int16Array.of(5, -1, 2047));
    expect(log.list).toEqual([]);
  });

  test('gives its nearest entry to what is no index, once with a diagnostic', () => {
    const log = new DiagnosticLog();
    expect(applyPaletteColumn(row([-4, 3, 255, 1]), column, log).data).toEqual(Int16Array.of(-1, 5, 5, 2047));
    expect(log.list).toMatchObject([{ code: 'palette', message: expect.stringContaining('3 samples') }]);
  });
});

describe('sources of channels', () => {
  function sourcesOf(numComponents: number, ...boxes: Uint8Array[]) {
    const log = new DiagnosticLog();
    const sources = channelSources(fileWith(...boxes), numComponents, log);
    return { sources: sources.map((s) => [s.component, s.column?.precision]), codes: log.list.map((d) => d.code) };
  }

  test('are the components where there is no palette', () => {
    expect(sourcesOf(2)).toEqual({
      sources: [
        [0, undefined],
        [1, undefined],
      ],
      codes: [],
    });
  });

  test('are what the component mapping says, direct use included', () => {
    const cmap = box('cmap', hex('0000 01 01  0000 01 00  0001 00 00'));
    expect(sourcesOf(2, PCLR, cmap)).toEqual({
      sources: [
        [0, 12],
        [0, 8],
        [1, undefined],
      ],
      codes: [],
    });
  });

  test.each([
    ['a component that is not there', [PCLR, box('cmap', hex('0001 01 00'))], 'palette'],
    ['a column that is not there', [PCLR, box('cmap', hex('0000 01 02'))], 'palette'],
    ['a palette that is not there', [box('cmap', hex('0000 01 00'))], 'palette'],
    ['nothing', [PCLR, box('cmap')], 'palette'],
    ['anything, being absent', [PCLR], 'box-missing'],
  ])('are the components where the mapping leads to %s', (_, boxes, code) => {
    expect(sourcesOf(1, ...boxes)).toEqual({ sources: [[0, undefined]], codes: [code] });
  });
});
