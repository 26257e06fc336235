import { expect, test } from 'vitest';
import { type BoxEdit, bytesSource, readBoxes, setBoxes } from '../../src/index.ts';
import { MAX_BOX_DEPTH } from '../../src/codec/fileformat/box-tree.ts';
import { smallFile } from '../codec/fileformat/box-bytes.ts';

const refused = { kind: 'usage', code: 'option-value' };

/** Superboxes inside each other, with a free box in the innermost. */
function nested(depth: number): BoxEdit {
  let box: BoxEdit = { type: 'free', content: new Uint8Array(3) };
  for (let k = 1; k < depth; k++) box = { type: 'asoc', children: [box] };
  return box;
}

test('superboxes nest as deep in an edit as they are read, and no deeper', async () => {
  const { data } = await setBoxes(smallFile(), (boxes) => [...boxes, nested(MAX_BOX_DEPTH)]);
  expect((await readBoxes(data)).warnings).toEqual([]);
  expect((await setBoxes(data, (boxes) => boxes)).data).toEqual(data);
  for (const depth of [MAX_BOX_DEPTH + 1, 20_000]) {
    await expect(setBoxes(smallFile(), (boxes) => [...boxes, nested(depth)])).rejects.toMatchObject(refused);
  }
});

test('a list that holds itself is refused, once or many times over', async () => {
  const children: BoxEdit[] = [];
  const box: BoxEdit = { type: 'asoc', children };
  children.push(box);
  await expect(setBoxes(smallFile(), (boxes) => [...boxes, box])).rejects.toMatchObject(refused);
  let twice: BoxEdit = { type: 'asoc', children: [] };
  for (let k = 2; k < MAX_BOX_DEPTH; k++) twice = { type: 'asoc', children: [twice, twice] };
  await expect(setBoxes(smallFile(), (boxes) => [...boxes, twice])).rejects.toMatchObject({ code: 'limit-boxes' });
});

test.each([
  ['nothing', undefined],
  ['a number', 7],
  ['a box that is null', [null]],
  ['a box without a type', [{ content: new Uint8Array(1) }]],
  ['contents of text', [{ type: 'xml ', content: '<note/>' }]],
  ['contents that are missing', [{ type: 'xml ', content: undefined }]],
  ['a range without a source', [{ type: 'xml ', content: { offset: 0, length: 9 } }]],
  [
    'a range that begins before the source',
    [{ type: 'xml ', content: { source: bytesSource(new Uint8Array(9)), offset: -1, length: 3 } }],
  ],
  [
    'a range without an end',
    [
      {
        type: 'xml ',
        content: { source: bytesSource(new Uint8Array(9)), offset: 0, length: Number.POSITIVE_INFINITY },
      },
    ],
  ],
  ['children that are no list', [{ type: 'asoc', children: { length: 1 } }]],
  ['fields of text', [{ type: 'asoc', children: [], fields: 'x' }]],
])('a list of boxes that is %s is refused as such', async (_, wrong) => {
  const edit = (boxes: readonly BoxEdit[]) => (Array.isArray(wrong) ? [...boxes, ...wrong] : wrong) as BoxEdit[];
  await expect(setBoxes(smallFile(), edit)).rejects.toMatchObject(refused);
});
