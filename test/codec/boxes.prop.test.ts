/** Edits of random box trees: what is not edited comes back byte for byte, and an edit undone leaves no trace. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BoxEdit, type BoxNode, Jpeg2000Error, readBoxes, setBoxes } from '../../src/index.ts';
import { ascii, box, CODESTREAM, join, type LengthForm, smallFile } from './fileformat/box-bytes.ts';

const form = fc.constantFrom<LengthForm>('short', 'long');
const { tree } = fc.letrec<{ tree: Uint8Array; leaf: Uint8Array; node: Uint8Array }>((tie) => ({
  leaf: fc
    .tuple(fc.constantFrom('free', 'mdat', 'abcd', 'lbl ', 'xml '), fc.uint8Array({ maxLength: 30 }), form)
    .map(([type, data, length]) => box(type, data, length)),
  node: fc
    .tuple(fc.constantFrom('asoc', 'jpch', 'ftbl', 'uinf'), fc.array(tie('tree'), { maxLength: 4 }), form)
    .map(([type, children, length]) => box(type, join(...children), length)),
  tree: fc.oneof({ depthSize: 'small' }, tie('leaf'), tie('node')),
}));

/** More codestreams than codestream headers, whatever comes. */
const file = fc
  .tuple(fc.array(tree, { maxLength: 6 }), fc.constantFrom<LengthForm>('short', 'long', 'open'))
  .map(([trees, last]) => {
    const streams = trees.map(() => box('jp2c', CODESTREAM));
    return join(smallFile(...streams), ...trees, box('jp2c', CODESTREAM, last));
  });

const bytesOf = async (bytes: Uint8Array, list: readonly BoxEdit[]) => (await setBoxes(bytes, list)).data;

test('keeping everything gives the same bytes', async () => {
  await fc.assert(
    fc.asyncProperty(file, async (bytes) => {
      expect(await bytesOf(bytes, (await readBoxes(bytes)).boxes)).toEqual(bytes);
    }),
  );
});

/** The list with a box put in at a place, counted over the whole tree, and whether it found that place. */
function withBox(boxes: readonly BoxNode[], place: number, added: BoxEdit): { list: BoxEdit[]; left: number } {
  let left = place;
  const list: BoxEdit[] = [];
  for (const node of boxes) {
    if (node.children && left > 0) {
      const inside = withBox(node.children, left - 1, added);
      list.push(inside.left < 0 && left > 0 ? { ...node, children: inside.list } : node);
      left = inside.left;
    } else {
      list.push(node);
      left--;
    }
    if (left === 0) {
      list.push(added);
      left = -1;
    }
  }
  return { list, left };
}

/** The list without the boxes of a type, wherever they stand. */
function without(boxes: readonly BoxNode[], type: string): BoxEdit[] {
  return boxes
    .filter((node) => node.type !== type)
    .map((node) => (node.children ? { ...node, children: without(node.children, type) } : node));
}

test('an edit and its inverse give the same bytes, but for a length that was open', async () => {
  await fc.assert(
    fc.asyncProperty(
      file,
      fc.integer({ min: 3, max: 30 }),
      fc.uint8Array({ maxLength: 20 }),
      async (bytes, at, content) => {
        const { list } = withBox((await readBoxes(bytes)).boxes, at, { type: 'mark', content });
        const edited = await bytesOf(bytes, list);
        const back = await bytesOf(edited, without((await readBoxes(edited)).boxes, 'mark'));
        expect(back.length).toBe(bytes.length);
        const reread = (await readBoxes(back)).boxes.map(({ openEnded: _, ...node }) => node);
        expect(reread).toEqual((await readBoxes(bytes)).boxes.map(({ openEnded: _, ...node }) => node));
        if ((await readBoxes(edited)).boxes.at(-1)!.type !== 'mark') expect(back).toEqual(bytes);
      },
    ),
  );
});

test('the boxes written anew from their contents give the same bytes, but for long forms of short lengths', async () => {
  const anew = async (bytes: Uint8Array): Promise<Uint8Array> => {
    const { boxes, content } = await readBoxes(bytes);
    const copy = async (node: BoxNode): Promise<BoxEdit> =>
      node.children
        ? { type: node.type, children: await Promise.all(node.children.map(copy)) }
        : { type: node.type, content: await content(node) };
    return bytesOf(bytes, await Promise.all(boxes.map(copy)));
  };
  await fc.assert(
    fc.asyncProperty(file, async (bytes) => {
      const once = await anew(bytes);
      expect(await anew(once)).toEqual(once);
    }),
    { numRuns: 50 },
  );
});

test('any damage ends in a file, or a typed error', async () => {
  const rich = smallFile(
    box('asoc', join(box('lbl ', ascii('a')), box('asoc', box('xml ')))),
    box('ftbl', box('flst', Uint8Array.from([0, 1, 0, 0, 0, 0, 0, 0, 0, 80, 0, 0, 0, 2, 0, 0]))),
    box('fidx', box('prxy', new Uint8Array(40))),
    box('iptr', new Uint8Array(16)),
    box('cidx', box('cptr', new Uint8Array(20))),
    box('stco', Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 9])),
  );
  const damage = fc.array(fc.tuple(fc.nat(rich.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(damage, fc.nat(rich.length), async (edits, cut) => {
      const bytes = rich.slice(0, cut % 3 === 0 ? cut : rich.length);
      for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
      try {
        await setBoxes(bytes, (boxes) => [
          ...boxes.slice(0, 2),
          { type: 'free', content: ascii('!') },
          ...boxes.slice(2),
        ]);
      } catch (error) {
        if (!(error instanceof Jpeg2000Error)) throw error;
      }
    }),
    { numRuns: 2000 },
  );
});
