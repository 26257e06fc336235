import { describe, expect, test } from 'vitest';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import { boxesIn } from '../../../src/codec/fileformat/box.ts';
import { collectMetadata, emptyMetadata } from '../../../src/codec/fileformat/metadata.ts';
import { ascii, box, hex, join } from './box-bytes.ts';

function metadataOf(...boxes: Uint8Array[]) {
  const log = new DiagnosticLog();
  const metadata = emptyMetadata();
  for (const b of boxesIn(join(...boxes), 0, log)) collectMetadata(metadata, b, log);
  return { metadata, codes: log.list.map((d) => d.code) };
}

test('XML boxes become strings', () => {
  expect(metadataOf(box('xml ', ascii('<a/>')), box('xml ', hex('3C C3A9 2F3E'))).metadata.xml).toEqual([
    '<a/>',
    '<é/>',
  ]);
});

describe('UUID boxes', () => {
  test('have a canonical id, and a name if they are well known', () => {
    const { metadata } = metadataOf(
      box('uuid', hex('BE7ACFCB97A942E89C71999491E3AFAC 3C783E')),
      box('uuid', hex('B14BF8BD083D4B43A5AE8CD7D5A6CE03 49492A00')),
      box('uuid', join(ascii('JpgTiffExif->JP2'), hex('4D4D'))),
      box('uuid', hex('00112233445566778899AABBCCDDEEFF')),
    );
    expect(metadata.uuids.map((u) => u.name)).toEqual(['xmp', 'geotiff', 'exif', undefined]);
    expect(metadata.uuids[1]).toMatchObject({ id: 'b14bf8bd-083d-4b43-a5ae-8cd7d5a6ce03', data: hex('49492A00') });
  });

  test('shorter than a UUID are left out', () => {
    expect(metadataOf(box('uuid', hex('BE7A')))).toMatchObject({ metadata: { uuids: [] }, codes: ['out-of-bytes'] });
  });
});

test('UUID info: a list and a URL', () => {
  const list = box('ulst', hex(`0001 ${'22'.repeat(16)}`));
  const url = box('url ', join(hex('00 000000'), ascii('http://example.org/\0')));
  expect(metadataOf(box('uinf', join(list, url))).metadata.uuidInfos).toEqual([
    { ids: ['22222222-2222-2222-2222-222222222222'], url: 'http://example.org/' },
  ]);
});

test('GML in JP2 is found by its labels', () => {
  const instance = box('asoc', join(box('lbl ', ascii('gml.root-instance')), box('xml ', ascii('<gml/>'))));
  const schema = box('asoc', join(box('lbl ', ascii('schema')), box('xml ', ascii('<xsd/>'))));
  const { metadata } = metadataOf(box('asoc', join(box('lbl ', ascii('gml.data')), instance, schema)));
  expect(metadata.gml).toBe('<gml/>');
  expect(metadata.xml).toEqual([]);
  expect(metadata.labelledXml).toEqual([
    { labels: ['gml.data', 'gml.root-instance'], xml: '<gml/>' },
    { labels: ['gml.data', 'schema'], xml: '<xsd/>' },
  ]);
});

test('association boxes a thousand deep do no harm', () => {
  let nest = box('xml ', ascii('<deep/>'));
  for (let k = 0; k < 1000; k++) nest = box('asoc', nest);
  expect(metadataOf(nest).metadata.labelledXml).toEqual([]);
});
