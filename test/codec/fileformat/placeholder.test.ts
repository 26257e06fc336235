/** Placeholder boxes in the shapes that servers write, and as values that come back. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Placeholder,
  type ReplacedHeader,
  readPlaceholder,
  writePlaceholder,
} from '../../../src/codec/fileformat/placeholder.ts';
import { failureOf } from '../../support/failure.ts';
import { contents, hex, written } from './box-bytes.ts';

const read = (bytes: string) => readPlaceholder(contents('phld', bytes));

describe('a placeholder', () => {
  test('of 28 bytes ends after the original header (OpenJPEG)', () => {
    const bytes = `00000001            ${'' /* flags: OrigID counts */}
                   0000000000000005    ${'' /* OrigID */}
                   00000082 786d6c20   ${'' /* OrigBH: 130 bytes of xml */}`;
    expect(read(bytes)).toEqual({ original: { type: 'xml ', headerLength: 8, length: 130 }, originalBin: 5 });
  });

  test('of 52 bytes has zeros for an equivalent that there is none of (esajpip)', () => {
    const bytes = `00000004            ${'' /* flags: CSID counts */}
                   0000000000000000    ${'' /* OrigID */}
                   0001b0d0 6a703263   ${'' /* OrigBH: jp2c */}
                   0000000000000000    ${'' /* EquivID */}
                   00000000 00000000   ${'' /* EquivBH */}
                   0000000000000001    ${'' /* CSID */}`;
    const placeholder = { original: { type: 'jp2c', headerLength: 8 as const, length: 0x1b0d0 }, codestream: 1 };
    expect(read(bytes)).toEqual(placeholder);
    expect(written((w) => writePlaceholder(w, placeholder)).content).toEqual(hex(bytes));
  });

  test('with everything has headers of both lengths and a number of codestreams', () => {
    const bytes = `0000000f 0000000000000001 00000001 6a703263 0000000100000020
                   0000000100000002 00000018 636f6c72 0000000000000007 00000003`;
    const placeholder: Placeholder = {
      original: { type: 'jp2c', headerLength: 16, length: 2 ** 32 + 32 },
      originalBin: 1,
      equivalent: { header: { type: 'colr', headerLength: 8, length: 24 }, bin: 2 ** 32 + 2 },
      codestream: 7,
      numCodestreams: 3,
    };
    expect(read(bytes)).toEqual(placeholder);
    expect(written((w) => writePlaceholder(w, placeholder)).content).toEqual(hex(bytes));
  });

  test('says what its flags say, whatever else stands in it', () => {
    const bytes = `00000000 0000000000000001 00000000 6a703263 0000000000000002 00000018 636f6c72 0000000000000007 00000003`;
    expect(read(bytes)).toEqual({ original: { type: 'jp2c', headerLength: 8, length: undefined } });
  });

  test('that ends before its original header is none', () => {
    const failure = failureOf(() => read('00000001 0000000000000001 00000018'));
    expect(failure).toMatchObject({ kind: 'malformed', clause: '15444-9 A.3.6.3' });
  });
});

const boxType = fc.constantFrom('jp2c', 'xml ', 'asoc', 'ftbl');
const header: fc.Arbitrary<ReplacedHeader> = fc.oneof(
  fc.record({ type: boxType, headerLength: fc.constant(8 as const), length: fc.integer({ min: 8, max: 2 ** 32 - 1 }) }),
  fc.record({ type: boxType, headerLength: fc.constant(8 as const), length: fc.constant(undefined) }),
  fc.record({
    type: boxType,
    headerLength: fc.constant(16 as const),
    length: fc.integer({ min: 16, max: Number.MAX_SAFE_INTEGER }),
  }),
);
const placeholder: fc.Arbitrary<Placeholder> = fc
  .tuple(
    fc.record({ original: header }),
    fc.record(
      { originalBin: fc.maxSafeNat(), equivalent: fc.record({ header, bin: fc.maxSafeNat() }) },
      { requiredKeys: [] },
    ),
    fc.oneof(
      fc.constant({}),
      fc.record({ codestream: fc.maxSafeNat() }),
      fc.record({ codestream: fc.maxSafeNat(), numCodestreams: fc.nat(2 ** 32 - 1) }),
    ),
  )
  .map(([original, bins, codestreams]) => ({ ...original, ...bins, ...codestreams }) as Placeholder);

test('every placeholder comes back', () => {
  fc.assert(
    fc.property(placeholder, (one) => {
      expect(readPlaceholder(written((w) => writePlaceholder(w, one)))).toEqual(one);
    }),
  );
});
