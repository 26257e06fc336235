/** Every JPX box written and read again is what it was (15444-2 M.11). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import {
  type CodestreamHeader,
  readCodestreamHeader,
  writeCodestreamHeader,
} from '../../../src/codec/fileformat/codestream-header.ts';
import type { ColourSpecification } from '../../../src/codec/fileformat/colour-specification.ts';
import {
  type Composition,
  type Instruction,
  readComposition,
  writeComposition,
} from '../../../src/codec/fileformat/composition.ts';
import {
  readCrossReference,
  readDataReferences,
  safePath,
  writeCrossReference,
  writeDataReferences,
} from '../../../src/codec/fileformat/data-references.ts';
import { type Fragment, readFragmentList, writeFragmentList } from '../../../src/codec/fileformat/fragment-list.ts';
import { readLabel, writeLabel } from '../../../src/codec/fileformat/label.ts';
import { type LayerHeader, readLayerHeader, writeLayerHeader } from '../../../src/codec/fileformat/layer-header.ts';
import {
  readNumberList,
  readRegions,
  writeNumberList,
  writeRegions,
} from '../../../src/codec/fileformat/number-list.ts';
import {
  canDo,
  readReaderRequirements,
  writeRequirementsBox,
} from '../../../src/codec/fileformat/reader-requirements.ts';
import { written } from './box-bytes.ts';

const u8 = fc.nat(255);
const u16 = fc.nat(65535);
const u32 = fc.nat(2 ** 32 - 1);
const text = fc.string({ unit: 'grapheme', maxLength: 20 }).map((s) => s.replace(/\0/g, ''));
const maybe = <T>(arb: fc.Arbitrary<T>) => fc.option(arb, { nil: undefined });

/** Reads what was written, without a single complaint. */
function quiet<T>(read: (log: DiagnosticLog) => T): T {
  const log = new DiagnosticLog();
  const result = read(log);
  expect(log.list).toEqual([]);
  return result;
}

test('reader requirements', () => {
  const arb = fc.integer({ min: 1, max: 8 }).chain((maskLength) => {
    const mask = fc.bigInt({ min: 0n, max: (1n << BigInt(8 * maskLength)) - 1n });
    return fc.record({
      maskLength: fc.constant(maskLength),
      fullyUnderstand: mask,
      display: mask,
      features: fc.array(fc.record({ feature: u16, mask }), { maxLength: 20 }),
      vendorFeatures: fc.array(fc.record({ uuid: fc.uuid(), mask }), { maxLength: 3 }),
    });
  });
  fc.assert(
    fc.property(arb, (box) => {
      expect(readReaderRequirements(written((w) => writeRequirementsBox(w, box)))).toEqual(box);
      const all = box.features.reduce((sum, { mask }) => sum | mask, 0n);
      const vendors = box.vendorFeatures.reduce((sum, { mask }) => sum | mask, 0n);
      expect(canDo(all | vendors, box, () => true)).toBe(true);
      expect(canDo(all, box, (feature) => typeof feature === 'number')).toBe(true);
      expect(canDo(box.display, box, () => false)).toBe(box.display === 0n);
    }),
  );
});

const format = fc.record({ precision: fc.integer({ min: 1, max: 38 }), signed: fc.boolean() });
const codestreamHeader: fc.Arbitrary<CodestreamHeader> = fc.record({
  label: maybe(text),
  imageHeader: maybe(
    fc.record({
      height: u32,
      width: u32,
      numComponents: u16,
      format: maybe(format),
      compressionType: u8,
      colourSpaceUnknown: fc.boolean(),
      intellectualProperty: fc.boolean(),
    }),
  ),
  bitsPerComponent: maybe(fc.array(format, { maxLength: 5 })),
  palette: maybe(
    fc.array(fc.tuple(u8, u8), { minLength: 1, maxLength: 9 }).map((rows) => ({
      numEntries: rows.length,
      columns: [0, 1].map((k) => ({
        precision: 8,
        signed: false,
        values: Uint8Array.from(rows, (row) => row[k as 0 | 1]),
      })),
    })),
  ),
  componentMapping: maybe(fc.array(fc.record({ component: u16, paletteColumn: maybe(u8) }), { maxLength: 5 })),
});

test('codestream headers', () => {
  fc.assert(
    fc.property(codestreamHeader, (header) => {
      const box = written((w) => writeCodestreamHeader(w, header));
      expect(quiet((log) => readCodestreamHeader(box, log))).toEqual(header);
    }),
  );
});

const colour: fc.Arbitrary<ColourSpecification> = fc.record({
  method: fc.constant('enumerated' as const),
  enumerated: u32,
  precedence: fc.integer({ min: -128, max: 127 }),
  approximation: u8,
  parameters: fc.uint8Array({ maxLength: 8 }),
});
const layerHeader: fc.Arbitrary<LayerHeader> = fc.record({
  label: maybe(text),
  colours: maybe(fc.array(colour, { maxLength: 3 })),
  opacity: maybe(
    fc.oneof(
      fc.record({ kind: fc.constantFrom('last-channel' as const, 'last-channel-premultiplied' as const) }),
      fc.record({
        kind: fc.constant('chroma-key' as const),
        numChannels: u8,
        key: fc.uint8Array({ maxLength: 6 }),
      }),
    ),
  ),
  channelDefinitions: maybe(fc.array(fc.record({ channel: u16, type: u16, association: u16 }), { maxLength: 4 })),
  registration: maybe(
    fc.record({
      xs: u16,
      ys: u16,
      codestreams: fc.array(fc.record({ codestream: u16, xr: u8, yr: u8, xo: u8, yo: u8 }), {
        minLength: 1,
        maxLength: 4,
      }),
    }),
  ),
  captureResolution: maybe(fc.record({ vertical: fc.integer({ min: 1, max: 60000 }), horizontal: fc.constant(300) })),
  displayResolution: fc.constant(undefined),
});

test('compositing layer headers', () => {
  fc.assert(
    fc.property(layerHeader, (header) => {
      const box = written((w) => writeLayerHeader(w, header));
      expect(quiet((log) => readLayerHeader(box, log))).toEqual(header);
    }),
  );
});

const fragment: fc.Arbitrary<Fragment> = fc.record({
  offset: fc.nat(Number.MAX_SAFE_INTEGER),
  length: u32,
  dataReference: u16,
});

describe('fragments', () => {
  test('in lists', () => {
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 20 }), (fragments) => {
        expect(readFragmentList(written((w) => writeFragmentList(w, fragments)))).toEqual(fragments);
      }),
    );
  });

  test('in cross-references', () => {
    const apart = fc.array(fc.integer({ min: 1, max: 2 ** 31 }), { minLength: 1, maxLength: 10 }).map((lengths) => {
      let offset = 1000;
      return lengths.map((length) => ({ offset: (offset += length + 1) - length - 1, length, dataReference: 0 }));
    });
    fc.assert(
      fc.property(apart, (fragments) => {
        const box = written((w) => writeCrossReference(w, { type: 'xml ', fragments }));
        expect(quiet((log) => readCrossReference(box, log))).toEqual({ type: 'xml ', fragments });
      }),
    );
  });

  test('in other files', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 10 }), (urls) => {
        const box = written((w) => writeDataReferences(w, urls));
        const read = quiet((log) => readDataReferences(box, log));
        expect(read.map(({ url }) => url)).toEqual(urls);
      }),
    );
  });
});

test('labels, number lists and regions', () => {
  const u24 = fc.nat(2 ** 24 - 1);
  fc.assert(
    fc.property(
      text,
      fc.record({ wholeFile: fc.boolean(), codestreams: fc.array(u24), layers: fc.array(u24) }),
      fc.array(
        fc.record({
          inCodestream: fc.boolean(),
          shape: u8,
          priority: u8,
          x: u32,
          y: u32,
          width: u32,
          height: u32,
        }),
        { maxLength: 5 },
      ),
      (label, numbers, regions) => {
        expect(readLabel(written((w) => writeLabel(w, label)))).toBe(label);
        expect(readNumberList(written((w) => writeNumberList(w, numbers)))).toEqual(numbers);
        expect(readRegions(written((w) => writeRegions(w, regions)))).toEqual(regions);
      },
    ),
  );
});

test('compositions', () => {
  const instructions = fc
    .record({ offset: fc.boolean(), size: fc.boolean(), animation: fc.boolean(), crop: fc.boolean() })
    .chain((has) => {
      const always = <T>(wanted: boolean, arb: fc.Arbitrary<T>) => (wanted ? arb : fc.constant(undefined));
      const instruction = fc
        .record({
          offset: always(has.offset, fc.record({ x: u32, y: u32 })),
          size: always(has.size, fc.record({ width: u32, height: u32 })),
          animation: always(
            has.animation,
            fc.record({ persist: fc.boolean(), life: fc.nat(2 ** 31 - 1), nextUse: u32 }),
          ),
          crop: always(has.crop, fc.record({ x: u32, y: u32, width: u32, height: u32 })),
        })
        .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value)) as Instruction);
      const any = has.offset || has.size || has.animation || has.crop;
      return fc.array(instruction, { maxLength: any ? 5 : 0 });
    });
  const composition: fc.Arbitrary<Composition> = fc.record({
    width: u32,
    height: u32,
    loops: fc.oneof(fc.integer({ min: 1, max: 255 }), fc.constant(Number.POSITIVE_INFINITY)),
    sets: fc.array(
      fc.record({
        repeat: fc.oneof(fc.integer({ min: 1, max: 65535 }), fc.constant(Number.POSITIVE_INFINITY)),
        tick: u32,
        instructions,
      }),
      { maxLength: 4 },
    ),
  });
  fc.assert(
    fc.property(composition, (box) => {
      const content = written((w) => writeComposition(w, box));
      expect(quiet((log) => readComposition(content, log))).toEqual(box);
    }),
  );
});

test('a safe path never leaves where it starts', () => {
  const piece = fc.constantFrom(
    'a',
    '..',
    '.',
    '/',
    '%2e',
    '%2f',
    '%5c',
    '\\',
    'C:',
    'http:',
    '//',
    '%00',
    '?',
    '#x',
    'é',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const path = safePath(pieces.join(''));
      if (path === undefined) return;
      expect(path).not.toMatch(/^\/|\\|:|\0/);
      expect(path.split('/')).not.toContain('..');
      expect(path).not.toBe('');
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ['frames/0001.jp2', 'frames/0001.jp2'],
  ['./a%20b.jp2', 'a b.jp2'],
  ['a//b.jp2', 'a/b.jp2'],
  ['sun.jp2?x=1#y', 'sun.jp2'],
  ['%C3%A9.jp2', 'é.jp2'],
  ['file:///etc/passwd', undefined],
  ['http://example.org/a.jp2', undefined],
  ['//example.org/a.jp2', undefined],
  ['/etc/passwd', undefined],
  ['%2Fetc/passwd', undefined],
  ['../a.jp2', undefined],
  ['a/%2e%2e/%2e%2e/b', undefined],
  ['a\\..\\b', undefined],
  ['C:/a.jp2', undefined],
  ['a%00.jp2', undefined],
  ['a%C3.jp2', undefined],
  ['a%G1.jp2', undefined],
  ['', undefined],
  ['.', undefined],
])('%s as a safe path is %s', (url, expected) => {
  expect(safePath(url)).toBe(expected);
});
