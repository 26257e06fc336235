import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ColourSpecification,
  cieLabParameters,
  ILLUMINANT_D50,
  readColourSpecification,
  writeColourSpecification,
} from '../../../src/codec/fileformat/colour-specification.ts';
import { contents, hex, written } from './box-bytes.ts';

describe('colour specification', () => {
  test('enumerated', () => {
    const fields = '01 FE 02 00000010'; // METH, PREC = -2, APPROX, EnumCS = sRGB
    expect(readColourSpecification(contents('colr', fields))).toEqual({
      method: 'enumerated',
      precedence: -2,
      approximation: 2,
      enumerated: 16,
      parameters: hex(''),
    });
  });

  test('ICC profiles, restricted and any', () => {
    expect(readColourSpecification(contents('colr', '02 00 01 AABB'))).toMatchObject({
      method: 'restricted-icc',
      icc: hex('AABB'),
    });
    expect(readColourSpecification(contents('colr', '03 00 01 CC'))).toMatchObject({
      method: 'any-icc',
      icc: hex('CC'),
    });
  });

  test('vendor colour is a UUID and its parameters', () => {
    const fields = `04 00 00 ${'11'.repeat(16)} AA`;
    expect(readColourSpecification(contents('colr', fields))).toMatchObject({
      method: 'vendor',
      uuid: '11111111-1111-1111-1111-111111111111',
      parameters: hex('AA'),
    });
  });

  test('parameterised: code points of ITU-T H.273', () => {
    const fields = '05 00 00 0009 0010 0000 80'; // BT.2020 primaries, PQ, identity matrix, full range
    expect(readColourSpecification(contents('colr', fields))).toMatchObject({
      method: 'parameterised',
      primaries: 9,
      transfer: 16,
      matrix: 0,
      fullRange: true,
    });
  });

  test('an unknown method is kept as it is, an enumerated one without its number is malformed', () => {
    expect(readColourSpecification(contents('colr', '63 00 00 01'))).toMatchObject({ method: 'unknown', meth: 0x63 });
    expect(() => readColourSpecification(contents('colr', '01 00 00 0000'))).toThrow(
      expect.objectContaining({ code: 'out-of-bytes', offset: 11, clause: '15444-1 I.5.3.3' }),
    );
  });
});

describe('CIELab parameters (15444-2 M.11.7.4.1)', () => {
  test('have defaults that depend on the depth', () => {
    expect(cieLabParameters(hex(''), [8, 8, 8])).toEqual({
      range: [100, 170, 200],
      offset: [0, 128, 96],
      illuminant: ILLUMINANT_D50,
    });
    expect(cieLabParameters(hex(''), [16, 12, 10]).offset).toEqual([0, 2048, 384]);
  });

  test('alternate range and offset, then the illuminant', () => {
    const ep = '00000064 00000000 000000FF 00000080 000000FF 00000080 00443635';
    expect(cieLabParameters(hex(ep), [8, 8, 8])).toEqual({
      range: [100, 255, 255],
      offset: [0, 128, 128],
      illuminant: 0x00443635,
    });
  });
});

test('written and read back, a specification of any method is the same', () => {
  const base = { precedence: fc.integer({ min: -128, max: 127 }), approximation: fc.integer({ min: 0, max: 4 }) };
  const bytes = fc.uint8Array({ maxLength: 40 });
  const u16 = fc.integer({ min: 0, max: 65535 });
  const specification: fc.Arbitrary<ColourSpecification> = fc.oneof(
    fc.record({ ...base, method: fc.constant('enumerated' as const), enumerated: u16, parameters: bytes }),
    fc.record({ ...base, method: fc.constantFrom('restricted-icc' as const, 'any-icc' as const), icc: bytes }),
    fc.record({ ...base, method: fc.constant('vendor' as const), uuid: fc.uuid(), parameters: bytes }),
    fc.record({
      ...base,
      method: fc.constant('parameterised' as const),
      primaries: u16,
      transfer: u16,
      matrix: u16,
      fullRange: fc.boolean(),
    }),
    fc.record({
      ...base,
      method: fc.constant('unknown' as const),
      meth: fc.integer({ min: 6, max: 255 }),
      parameters: bytes,
    }),
  );
  fc.assert(
    fc.property(specification, (s) => {
      expect(readColourSpecification(written((w) => writeColourSpecification(w, s)))).toEqual(s);
    }),
  );
});
