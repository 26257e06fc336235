import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  readChannelDefinition,
  readComponentMapping,
  readPalette,
  writeChannelDefinition,
  writeComponentMapping,
  writePalette,
} from '../../../src/codec/fileformat/channel-boxes.ts';
import { contents, written } from './box-bytes.ts';

describe('palette', () => {
  test('stands row by row, each value in whole bytes', () => {
    const head = '0002 03 07 8B 20'; // 2 entries; columns of 8 bits, 12 bits signed, 33 bits
    const rows = 'FF 0FFF 01FFFFFFFF   10 07FF 0000000001';
    const palette = readPalette(contents('pclr', head + rows));
    expect(palette.numEntries).toBe(2);
    expect(palette.columns).toEqual([
      { precision: 8, signed: false, values: Uint8Array.of(255, 16) },
      { precision: 12, signed: true, values: Int16Array.of(-1, 2047) },
      { precision: 33, signed: false, values: Float64Array.of(2 ** 33 - 1, 1) },
    ]);
  });

  test.each([
    ['no entries', '0000 01 07', 'palette'],
    ['too many entries', '0401 01 07', 'palette'],
    ['no columns', '0001 00', 'palette'],
    ['a depth of 39 bits', '0001 01 26 0000000000', 'palette'],
    ['fewer values than it says', '0002 01 07 01', 'out-of-bytes'],
  ])('with %s is malformed', (_, bytes, code) => {
    expect(() => readPalette(contents('pclr', bytes))).toThrow(expect.objectContaining({ kind: 'malformed', code }));
  });
});

test('component mapping: component, kind, palette column', () => {
  expect(readComponentMapping(contents('cmap', '0000 01 02  0001 00 00'))).toEqual([
    { component: 0, paletteColumn: 2 },
    { component: 1, paletteColumn: undefined },
  ]);
});

test('channel definition: channel, type, association', () => {
  expect(readChannelDefinition(contents('cdef', '0002  0000 0000 0001  0001 0001 0000'))).toEqual([
    { channel: 0, type: 0, association: 1 },
    { channel: 1, type: 1, association: 0 },
  ]);
});

describe('written and read back', () => {
  const u16 = fc.integer({ min: 0, max: 65535 });

  test('a palette is the same at every depth', () => {
    const column = fc.record({ precision: fc.integer({ min: 1, max: 38 }), signed: fc.boolean() });
    const palette = fc
      .record({
        numEntries: fc.integer({ min: 1, max: 20 }),
        formats: fc.array(column, { minLength: 1, maxLength: 5 }),
      })
      .chain(({ numEntries, formats }) =>
        fc.record({
          numEntries: fc.constant(numEntries),
          columns: fc.tuple(
            ...formats.map(({ precision, signed }) => {
              const low = signed ? -(2 ** (precision - 1)) : 0;
              const value = fc.maxSafeInteger().map((n) => low + (Math.abs(n) % 2 ** precision));
              const values = fc.array(value, { minLength: numEntries, maxLength: numEntries });
              return values.map((list) => ({ precision, signed, values: Float64Array.from(list) }));
            }),
          ),
        }),
      );
    fc.assert(
      fc.property(palette, (p) => {
        const { numEntries, columns } = readPalette(written((w) => writePalette(w, p)));
        const found = columns.map((c) => ({ ...c, values: Float64Array.from(c.values) }));
        expect({ numEntries, columns: found }).toEqual(p);
      }),
    );
  });

  test('a component mapping is the same', () => {
    const entry = fc.record({
      component: u16,
      paletteColumn: fc.option(fc.integer({ min: 0, max: 255 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 9 }), (mapping) => {
        expect(readComponentMapping(written((w) => writeComponentMapping(w, mapping)))).toEqual(mapping);
      }),
    );
  });

  test('channel definitions are the same', () => {
    const entry = fc.record({ channel: u16, type: u16, association: u16 });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 9 }), (definitions) => {
        expect(readChannelDefinition(written((w) => writeChannelDefinition(w, definitions)))).toEqual(definitions);
      }),
    );
  });
});
