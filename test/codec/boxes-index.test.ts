/** Edits of files with index boxes (15444-9 Annex I): indexing and editing may come in either order. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BoxEdit, type BoxNode, encodeSync, readBoxes, setBoxes, writeIndexBoxes } from '../../src/index.ts';
import { TestSink } from '../support/sinks.ts';

const FILE = encodeSync(
  { width: 64, height: 48, channels: 3, data: new Uint8Array(64 * 48 * 3).map((_, k) => k * 7) },
  { tile: { width: 32, height: 32 }, metadata: { xml: ['<a/>'] } },
).data;

async function indexed(bytes: Uint8Array): Promise<Uint8Array> {
  const sink = new TestSink();
  await writeIndexBoxes(bytes, sink);
  return sink.bytes;
}

test('an index that was moved is the index of the moved file, byte for byte', async () => {
  const content = fc.uint8Array({ maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(1), content), { maxLength: 3 }), fc.boolean(), async (added, dropXml) => {
      // before or after the XML box, all of them before the codestream
      const edit = (boxes: readonly BoxNode[]): BoxEdit[] => {
        const list: BoxEdit[] = boxes.filter(({ type }) => !(dropXml && type === 'xml '));
        for (const [place, data] of added) list.splice(dropXml ? 3 : 3 + place, 0, { type: 'free', content: data });
        return list;
      };
      const editedThenIndexed = await indexed((await setBoxes(FILE, edit)).data);
      const { data, warnings } = await setBoxes(await indexed(FILE), edit);
      expect(warnings).toEqual([]);
      expect(Buffer.compare(data, editedThenIndexed)).toBe(0);
    }),
    { numRuns: 30 },
  );
});

test('an index of a codestream that is replaced is left out, and all that leads to it', async () => {
  const file = await indexed(FILE);
  const { data, warnings } = await setBoxes(file, (boxes) =>
    boxes.map((box) => (box.type === 'jp2c' ? { type: 'jp2c', content: file.subarray(0, 9) } : box)),
  );
  expect((await readBoxes(data)).boxes.map(({ type }) => type)).toEqual(['jP  ', 'ftyp', 'jp2h', 'xml ', 'jp2c']);
  expect(new Set(warnings.map(({ code }) => code))).toEqual(new Set(['box-reference']));
});
