import { describe, expect, test } from 'vitest';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import { type BoxNode, readBoxTree } from '../../../src/codec/fileformat/box-tree.ts';
import { bytesSource, readFrom, readNow } from '../../../src/codec/source.ts';
import { readBoxes } from '../../../src/index.ts';
import { failureOf } from '../../support/failure.ts';
import { describeShared, sharedPath } from '../../support/shared.ts';
import { TestSource } from '../../support/sources.ts';
import { readFileSync } from 'node:fs';
import { ascii, box, CODESTREAM, FTYP_JP2, hex, join, SIGNATURE, smallFile } from './box-bytes.ts';

const LIMITS = { boxes: 1000 };

function treeOf(bytes: Uint8Array, limits = LIMITS) {
  const log = new DiagnosticLog();
  const tree = readNow(
    readBoxTree(log, limits, () => bytes.length),
    bytes,
  );
  return { ...tree, codes: log.list.map(({ code }) => code) };
}

/** Types with those of the boxes inside. */
function shapeOf(boxes: readonly BoxNode[]): unknown[] {
  return boxes.map((b) => (b.children ? [b.type, shapeOf(b.children)] : b.type));
}

describe('the tree of boxes', () => {
  test('opens superboxes, also those with fields before their boxes', () => {
    const url = box('url ', hex('00000000 6100'));
    const bytes = smallFile(
      box('jplh', box('cgrp', box('colr', hex('01 00 00 00000011')))),
      box('dtbl', join(hex('0001'), url)),
      box('cref', join(ascii('xml '), box('flst', hex('0000')))),
    );
    const { boxes, brand, codes } = treeOf(bytes);
    expect(brand).toBe('jp2 ');
    expect(shapeOf(boxes)).toEqual([
      'jP  ',
      'ftyp',
      ['jp2h', ['ihdr', 'colr']],
      ['jplh', [['cgrp', ['colr']]]],
      ['dtbl', ['url ']],
      ['cref', ['flst']],
      'jp2c',
    ]);
    expect(codes).toEqual([]);
    const [entry] = boxes[4].children!;
    expect(bytes.subarray(entry.offset, entry.offset + entry.length!)).toEqual(url);
  });

  test('of a bare codestream is empty, and of another format an error', () => {
    expect(treeOf(CODESTREAM)).toEqual({ brand: undefined, boxes: [], codes: [] });
    expect(failureOf(() => treeOf(ascii('<!DOCTYPE html>')))).toMatchObject({
      kind: 'malformed',
      code: 'not-jpeg2000',
    });
    expect(failureOf(() => treeOf(new Uint8Array(0)))).toMatchObject({ code: 'not-jpeg2000' });
  });

  test('says what is open-ended, and what claims more than there is', () => {
    const open = join(SIGNATURE, FTYP_JP2, box('jp2c', CODESTREAM, 'open'));
    expect(treeOf(open).boxes.at(-1)).toMatchObject({ type: 'jp2c', openEnded: true, length: 8 + CODESTREAM.length });
    const cut = smallFile().slice(0, -2);
    const { boxes, codes } = treeOf(cut);
    expect(boxes.at(-1)).toMatchObject({ length: 12, claimedLength: 14 });
    expect(codes).toEqual(['box-length']);
  });

  test('does not let a box overlap what follows its superbox', () => {
    const child = hex('00000040 66726565 00'); // 'free', 64 bytes in 9
    const { boxes, codes } = treeOf(smallFile(box('asoc', child), box('xml ')));
    const [asoc, xml] = boxes.slice(3);
    expect(asoc.children).toMatchObject([{ type: 'free', length: 9, claimedLength: 64 }]);
    expect(xml.offset).toBe(asoc.offset + asoc.length!);
    expect(codes).toEqual(['box-length']);
  });

  test('lists a superbox without its boxes when those make no sense', () => {
    for (const content of [hex('00000003 66726565'), hex('000000'), hex('00000001 66726565 00')]) {
      const { boxes, codes } = treeOf(smallFile(box('asoc', content), box('xml ')));
      expect(shapeOf(boxes.slice(3, 5))).toEqual(['asoc', 'xml ']);
      expect(codes).toEqual(['box-length']);
    }
  });

  test('takes a superbox full of zeros for one that was never filled in', () => {
    const { boxes, codes } = treeOf(smallFile(box('cidx', new Uint8Array(16)), box('xml ')));
    expect(shapeOf(boxes.slice(3, 5))).toEqual(['cidx', 'xml ']);
    expect(codes).toEqual([]);
  });

  test('ends at a box header that makes no sense', () => {
    const { boxes, codes } = treeOf(join(smallFile(), hex('00000002 66726565')));
    expect(boxes.at(-1)!.type).toBe('jp2c');
    expect(codes).toEqual(['box-length']);
  });

  test('takes lengths beyond 2^53 for nonsense', () => {
    const huge = hex('00000001 66726565 FFFFFFFFFFFFFFFF');
    expect(treeOf(join(smallFile(), huge)).codes).toEqual(['box-length']);
  });

  test('goes down to a limited depth and lists a limited number', () => {
    let nested: Uint8Array = box('xml ');
    for (let k = 0; k < 5000; k++) nested = box('asoc', nested);
    expect(treeOf(smallFile(nested)).codes).toEqual(['limit-boxes']);
    const many = join(...Array.from({ length: 100 }, () => box('free')));
    expect(failureOf(() => treeOf(smallFile(many), { boxes: 50 }))).toMatchObject({
      kind: 'limit',
      code: 'limit-boxes',
    });
    expect(failureOf(() => treeOf(smallFile(box('asoc', many)), { boxes: 50 }))).toMatchObject({ code: 'limit-boxes' });
  });

  test('reports wrong order, duplicates and missing boxes', () => {
    const header = box('jp2h');
    const stream = box('jp2c', CODESTREAM);
    const ftyp = box('ftyp', hex('6A707820 00000000 6A707820'));
    expect(treeOf(join(SIGNATURE, ftyp, stream, header)).codes).toEqual(['box-order']);
    expect(treeOf(join(SIGNATURE, header, ftyp, stream)).codes).toEqual(['box-order']);
    expect(treeOf(join(SIGNATURE, header, stream)).codes).toEqual(['box-missing']);
    expect(treeOf(join(SIGNATURE, ftyp, header, header, stream)).codes).toEqual(['box-duplicate']);
    expect(treeOf(join(SIGNATURE, ftyp, header, box('jpch'), box('jpch'), stream)).codes).toEqual(['box-duplicate']);
    expect(treeOf(join(SIGNATURE, ftyp, header, box('rreq'), stream)).codes).toEqual(['box-order']);
    expect(treeOf(join(SIGNATURE, ftyp, header, stream, stream)).codes).toEqual([]);
    expect(treeOf(smallFile(stream)).codes).toEqual(['box-duplicate']); // a JP2 reader knows one codestream
  });

  test('is the same from a source, whether that knows its size or not', async () => {
    const bytes = smallFile(box('asoc', box('lbl ', ascii('a'))), box('free', new Uint8Array(10000)));
    const expected = treeOf(bytes);
    for (const sizeKnown of [true, false]) {
      const source = new TestSource(bytes, { sizeKnown });
      const tree = await readFrom(
        readBoxTree(new DiagnosticLog(), LIMITS, () => source.size),
        source,
      );
      expect(tree).toEqual({ brand: expected.brand, boxes: expected.boxes });
    }
  });

  test('costs a few small reads, whatever the boxes hold', async () => {
    const bytes = smallFile(box('free', new Uint8Array(1 << 20)), box('free', new Uint8Array(1 << 20)));
    const source = new TestSource(bytes);
    await readBoxes(source);
    expect(source.bytesRead).toBeLessThan(20000);
    expect(source.asked.length).toBeLessThan(6);
  });

  test('gives contents on demand, up to the limit', async () => {
    const bytes = smallFile(box('xml ', ascii('<a/>')));
    const file = await readBoxes(bytesSource(bytes), { limits: { bytes: 100 } });
    expect(file.size).toBe(bytes.length);
    expect(await file.content(file.boxes[3])).toEqual(ascii('<a/>'));
    const long = await readBoxes(smallFile(box('xml ', new Uint8Array(200))), { limits: { bytes: 100 } });
    await expect(long.content(long.boxes[3])).rejects.toMatchObject({ code: 'limit-bytes' });
    await expect(readBoxes(smallFile(box('jp2h')), { strict: true })).rejects.toMatchObject({ code: 'box-duplicate' });
    await expect(readBoxes(bytes, { signal: { aborted: true, reason: 'enough' } })).rejects.toBe('enough');
  });
});

describeShared('jpx', 'the solar movies', () => {
  test.each([
    ['helioviewer-4frames-embedded.jpx', 17, 'jp2c'],
    ['helioviewer-4frames-linked.jpx', 18, 'ftbl'],
    ['3codestreams-mixed-size-heliov.jpx', 13, 'jp2c'],
  ])('%s is listed without complaint', async (name, count, stream) => {
    const file = await readBoxes(new Uint8Array(readFileSync(sharedPath('jpx', name))));
    expect(file.warnings).toEqual([]);
    expect(file.boxes.length).toBe(count);
    expect(file.boxes.filter((b) => b.type === stream).length).toBe(name.startsWith('3') ? 3 : 4);
    expect(file.boxes.reduce((sum, b) => sum + b.length!, 0)).toBe(file.size);
  });
});
