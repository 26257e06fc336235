/** Patterns that look for the end of a text from each of its characters took minutes for a file of a megabyte. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readLabel } from '../../src/codec/fileformat/label.ts';
import { decodeXmlText } from '../../src/codec/fileformat/utf8.ts';
import { parseXml } from '../../src/geo/xml.ts';
import { inspect } from '../../src/index.ts';
import { ascii, box, join } from '../codec/fileformat/box-bytes.ts';

const LENGTH = 1 << 20;

const PICTURE = new URL('../fixtures/grey-16-53.jp2', import.meta.url);

/** NULs, and one character that keeps them from being the end. */
const nuls = join(new Uint8Array(LENGTH), ascii('x'));

test('a label of NULs before a last character is read at once', async () => {
  const start = performance.now();
  const gml = box('asoc', join(box('lbl ', nuls), box('xml ', ascii('<a/>'))));
  expect(await inspect(join(readFileSync(PICTURE), gml))).toMatchObject({ warnings: [] });
  const wide = Uint8Array.from({ length: 2 * LENGTH }, (_, k) => (k === 0 ? 0xfe : k === 1 ? 0xff : 0));
  expect(decodeXmlText(join(wide, ascii('\0x')))).toHaveLength(LENGTH);
  expect(performance.now() - start).toBeLessThan(3000);
});

test('NULs at the end are left out, and those before another character stay', () => {
  const label = (text: string) =>
    readLabel({ type: 'lbl ', offset: 0, headerLength: 8, length: 8, content: ascii(text) });
  expect([label('\0a\0b\0\0'), label('\0\0'), label(''), label('a')]).toEqual(['\0a\0b', '', '', 'a']);
  expect([decodeXmlText(ascii('<a/>\0\0')), decodeXmlText(ascii('\xfe\xff\0a\0\0'))]).toEqual(['<a/>', 'a']);
});

test('a tag of a million characters without an attribute is read at once', () => {
  const start = performance.now();
  for (const filling of ['a', ' ', '=', '="', "='", 'a ', 'a = ', '/']) {
    parseXml(`<root ${filling.repeat(LENGTH / filling.length)}><inner/></root>`);
  }
  expect(performance.now() - start).toBeLessThan(5000);
});

test('attributes are found behind whatever else stands in a tag', () => {
  const { name, attributes } = parseXml(`<x:a odd b="1" c = '2"' d=3 e:f\n=\n"&lt;" ="none" g/="5" h="6"i="7"/>`);
  expect(name).toBe('a');
  expect([...attributes]).toEqual([
    ['b', '1'],
    ['c', '2"'],
    ['f', '<'],
    ['h', '6'],
    ['i', '7'],
  ]);
});
