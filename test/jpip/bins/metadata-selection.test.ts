/** What a metareq asks for: types, depth, limits, relevance and urgency. */
import { describe, expect, test } from 'vitest';
import { ByteWriter } from '../../../src/codec/bits/byte-writer.ts';
import { writeNumberList } from '../../../src/codec/fileformat/number-list.ts';
import { impliedMetadata, selectMetadata } from '../../../src/jpip/bins/metadata-selection.ts';
import { parseMetadataRequests } from '../../../src/jpip/request/metadata-request.ts';
import {
  ascii,
  box,
  CODESTREAM,
  FTYP_JP2,
  IHDR,
  join,
  SIGNATURE,
  smallFile,
} from '../../codec/fileformat/box-bytes.ts';
import { jpipFailureOf } from '../../support/jpip-failure.ts';
import { splitBytes } from '../../support/metadata-bins.ts';

const xml = (length: number) => box('xml ', ascii('x'.repeat(length)));
const about = (codestream: number) => {
  const w = new ByteWriter();
  writeNumberList(w, { wholeFile: false, codestreams: [codestream], layers: [] });
  return w.take();
};

// bin 1: xml; bin 2: an association with its own; bin 3: the xml in it
const FILE = smallFile(xml(2000), box('asoc', join(about(1), xml(3000))), box('uuid', new Uint8Array(30)));
const { split } = splitBytes(FILE);
const BIN0 = split.bins[0]!.length;

/** Selected bins as `id: length`, urgent ones with a mark. */
function select(metareq: string, codestreams?: readonly number[]): string[] {
  const wanted = selectMetadata(split, parseMetadataRequests(metareq), codestreams);
  return wanted.map(({ id, length, priority }) => `${id}: ${length}${priority ? '!' : ''}`);
}

/** Where things end in bin 0: behind the JP2 header stand placeholders of 28 bytes. */
const HEADER_END = smallFile().length - (8 + CODESTREAM.length);
const XML_END = HEADER_END + 28;
const ASOC_END = XML_END + 28;

describe('a box type', () => {
  test('selects the header of each such box and its contents', () => {
    expect(select('[xml_]')).toEqual([`0: ${ASOC_END}`, '1: 2000', `2: ${split.bins[2]!.length}`, '3: 3000']);
  });

  test('that the file has not selects nothing', () => expect(select('[abcd]')).toEqual([]));

  test('of any kind selects everything', () => {
    expect(select('[*]')).toEqual([`0: ${BIN0}`, '1: 2000', `2: ${split.bins[2]!.length}`, '3: 3000']);
  });

  test('in the header is there with bin 0', () => {
    expect(select('[ftyp]')).toEqual([`0: ${SIGNATURE.length + FTYP_JP2.length}`]);
  });
});

describe('depth', () => {
  test('0 stays among the boxes of the root', () => {
    expect(select('[xml_]D0')).toEqual([`0: ${XML_END}`, '1: 2000']);
  });

  test('ends what is sent of a superbox', () => {
    expect(select('[asoc]D0')).toEqual([`0: ${ASOC_END}`, `2: ${split.bins[2]!.length}`]);
    expect(select('[asoc]D1')).toEqual([`0: ${ASOC_END}`, `2: ${split.bins[2]!.length}`, '3: 3000']);
  });
});

describe('a root', () => {
  test('is a bin whose boxes are looked through', () => {
    expect(select('[xml_]R2')).toEqual([`2: ${split.bins[2]!.length}`, '3: 3000']);
  });

  test('that is not there, or holds no boxes, selects nothing', () => {
    expect(select('[*]R3')).toEqual([]);
    expect(select('[*]R99')).toEqual([]);
  });
});

describe('limits', () => {
  test('count bytes of contents', () => {
    expect(select('[xml_:100]D0')).toEqual([`0: ${XML_END}`, '1: 100']);
    expect(select('[xml_:9999]D0')).toEqual([`0: ${XML_END}`, '1: 2000']);
  });

  test('of 0 and r leave the header', () => {
    expect(select('[xml_:0]D0')).toEqual([`0: ${XML_END}`]);
    expect(select('[xml_:r]D0')).toEqual([`0: ${XML_END}`]);
  });

  test('of r go on to the headers inside', () => {
    expect(select('[asoc:r]')).toEqual([`0: ${ASOC_END}`, `2: ${split.bins[2]!.length}`]);
  });
});

describe('urgency', () => {
  test('puts bins first, with the way to them', () => {
    expect(select('[xml_!]D0')).toEqual([`0: ${XML_END}!`, '1: 2000!']);
    const deep = [`0: ${ASOC_END}!`, '1: 2000!', `2: ${split.bins[2]!.length}!`, '3: 3000!'];
    expect(select('[xml_!]')).toEqual(deep);
    expect(select('[xml_:10!;*]D0')).toEqual([
      `0: ${XML_END}!`,
      '1: 10!',
      `0: ${BIN0}`,
      '1: 2000',
      `2: ${split.bins[2]!.length}`,
    ]);
  });
});

describe('relevance', () => {
  test('g is about no codestream', () => expect(select('[xml_/g]')).toEqual([`0: ${XML_END}`, '1: 2000']));

  test('s and w are about those of the window', () => {
    const own = [`0: ${ASOC_END}`, `2: ${split.bins[2]!.length}`, '3: 3000'];
    expect(select('[xml_/s]', [1])).toEqual(own);
    expect(select('[xml_/w]', [0, 1])).toEqual(own);
    expect(select('[xml_/s]', [0])).toEqual([]);
    expect(select('[xml_/s]')).toEqual(own);
  });

  test('a is everything', () => expect(select('[xml_/a]', [7])).toEqual(select('[xml_]')));
});

test('several requests add up', () => {
  expect(select('[xml_:5]D0,[xml_]R2')).toEqual([`0: ${XML_END}`, '1: 5', `2: ${split.bins[2]!.length}`, '3: 3000']);
});

test('too many box types are refused before any work', () => {
  const many = `[${new Array(300).fill('xml_').join(';')}]`;
  expect(jpipFailureOf(() => select(many))).toMatchObject({ kind: 'limit', code: 'limit-request', status: 413 });
});

describe('what a view-window implies', () => {
  const profile = box('colr', join(Uint8Array.of(2, 0, 0), new Uint8Array(70_000)));
  const layer = (size: number) => box('jplh', box('cgrp', box('colr', new Uint8Array(size))));

  test('is nothing more where the headers stand in bin 0', () => {
    expect(impliedMetadata(split)).toEqual([]);
  });

  test('is the bins of headers that are too large for it, of the codestreams concerned', () => {
    const header = box('jp2h', join(IHDR, profile));
    const streams = join(box('jp2c', CODESTREAM), box('jp2c', CODESTREAM));
    const file = join(SIGNATURE, FTYP_JP2, header, layer(3), layer(70_000), streams, xml(5000));
    const large = splitBytes(file).split;
    // 1 and 2: the JP2 header and its profile; 3 to 5: the second layer; 6: xml, which no picture needs
    expect(large.bins.length).toBe(7);
    const implied = (codestreams?: number[]) =>
      impliedMetadata(large, codestreams).map(({ id, length }) => [id, length]);
    const whole = (...ids: number[]) => ids.map((id) => [id, large.bins[id]!.length]);
    expect(implied([0])).toEqual(whole(1, 2));
    expect(implied([1])).toEqual(whole(1, 2, 3, 4, 5));
    expect(implied()).toEqual(whole(1, 2, 3, 4, 5));
  });
});
