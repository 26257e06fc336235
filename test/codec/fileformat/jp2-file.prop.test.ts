import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DiagnosticLog, Jpeg2000Error } from '../../../src/codec/errors.ts';
import { type BoxPlace, type Jp2File, readJp2File } from '../../../src/codec/fileformat/jp2-file.ts';
import { DEFAULT_LIMITS } from '../../../src/codec/limits.ts';
import { bytesSource, readFrom, readNow } from '../../../src/codec/source.ts';
import { describeShared, sharedPath } from '../../support/shared.ts';
import { ascii, box, hex, join, type LengthForm, smallFile } from './box-bytes.ts';

interface Tree {
  readonly type: string;
  readonly form: LengthForm;
  readonly data: Uint8Array;
  readonly children: readonly Tree[];
}

const { tree } = fc.letrec<{ tree: Tree; leaf: Tree; node: Tree }>((tie) => ({
  leaf: fc.record({
    type: fc.constantFrom('free', 'mdat', 'abcd', 'lbl ', 'bfil'),
    form: fc.constantFrom<LengthForm>('short', 'long'),
    data: fc.uint8Array({ maxLength: 30 }),
    children: fc.constant([]),
  }),
  node: fc.record({
    type: fc.constant('asoc'),
    form: fc.constantFrom<LengthForm>('short', 'long'),
    data: fc.constant(new Uint8Array(0)),
    children: fc.array(tie('tree'), { maxLength: 4 }),
  }),
  tree: fc.oneof({ depthSize: 'small' }, tie('leaf'), tie('node')),
}));

function bytesOf(t: Tree): Uint8Array {
  return box(t.type, t.type === 'asoc' ? join(...t.children.map(bytesOf)) : t.data, t.form);
}

/** What a tree should look like once read. */
function shapeOf(t: Tree): unknown {
  const length = bytesOf(t).length;
  return t.type === 'asoc' ? [t.type, length, t.children.map(shapeOf)] : [t.type, length];
}

function shapeRead(b: BoxPlace): unknown {
  return b.children ? [b.type, b.length, b.children.map(shapeRead)] : [b.type, b.length];
}

/** A file, or the typed error that it ended in; anything else fails the test. */
function outcome(bytes: Uint8Array): Jp2File | Jpeg2000Error {
  const log = new DiagnosticLog();
  try {
    return readNow(readJp2File(log, DEFAULT_LIMITS, bytes.length), bytes);
  } catch (error) {
    if (error instanceof Jpeg2000Error) return error;
    throw error;
  }
}

test('random box trees read back, from memory and from a source alike', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(tree, { maxLength: 5 }), async (trees) => {
      const bytes = smallFile(...trees.map(bytesOf));
      const file = outcome(bytes) as Jp2File;
      expect(file.boxes.slice(3, -1).map(shapeRead)).toEqual(trees.map(shapeOf));
      const slow = await readFrom(readJp2File(new DiagnosticLog(), DEFAULT_LIMITS), bytesSource(bytes));
      expect(slow).toEqual(file);
    }),
    { numRuns: 200 },
  );
});

const RICH = smallFile(
  box('xml ', ascii('<a/>')),
  box('uuid', hex('BE7ACFCB97A942E89C71999491E3AFAC 3C783E')),
  box('uinf', join(box('ulst', hex(`0001 ${'22'.repeat(16)}`)), box('url ', hex('00000000 2F00')))),
  box('asoc', join(box('lbl ', ascii('gml.data')), box('asoc', box('xml ', ascii('<g/>'))))),
);

test('any damage ends in a file or a typed error', () => {
  const damage = fc.array(fc.tuple(fc.nat(RICH.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 6 });
  fc.assert(
    fc.property(damage, fc.nat(RICH.length), (edits, cut) => {
      const bytes = RICH.slice(0, cut % 3 === 0 ? cut : RICH.length);
      for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
      outcome(bytes);
    }),
    { numRuns: 3000 },
  );
});

test('every prefix ends in a file or a typed error', () => {
  for (let end = 0; end <= RICH.length; end++) outcome(RICH.slice(0, end));
});

describeShared('conformance', 'the conformance files', () => {
  test('of the JP2 suite and the features are read without complaint', () => {
    for (const folder of ['jp2', 'features']) {
      for (const name of readdirSync(sharedPath('conformance', folder))) {
        const bytes = new Uint8Array(readFileSync(sharedPath('conformance', folder, name)));
        const log = new DiagnosticLog();
        const file = readNow(readJp2File(log, DEFAULT_LIMITS, bytes.length), bytes);
        const { offset, length } = file.codestream;
        expect(Array.from(bytes.subarray(offset, offset + 4)), name).toEqual([0xff, 0x4f, 0xff, 0x51]);
        expect(offset + (length ?? 0)).toBeLessThanOrEqual(bytes.length);
        expect([name, log.list]).toEqual([name, []]);
      }
    }
  });

  test('that are hostile end in a file or a typed error', () => {
    for (const name of readdirSync(sharedPath('conformance', 'bad'))) {
      outcome(new Uint8Array(readFileSync(sharedPath('conformance', 'bad', name))));
    }
  });
});
