/** Frames of a movie taken out, moved and added as boxes: what is said about a frame follows it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BoxEdit, type BoxNode, createJpx, encodeSync, openJpx, readBoxes, setBoxes } from '../../src/index.ts';
import { box, hex, join } from './fileformat/box-bytes.ts';

const frame = (value: number) =>
  encodeSync({ width: 8, height: 8, channels: 1, data: new Uint8Array(64).fill(value) }, { container: 'codestream' })
    .data;
const COUNT = 5;
const MOVIE = (
  await createJpx(
    Array.from({ length: COUNT }, (_, n) => ({
      input: frame(20 * n),
      label: `label ${n}`,
      xml: [`<about n="${n}"/>`],
    })),
  )
).data;
const TRIPLE = new Set(['jpch', 'jplh', 'jp2c']);

/** The boxes of a movie: before its frames, its frames, and behind them. */
function partsOf(boxes: readonly BoxNode[]) {
  const frames: BoxNode[][] = [];
  for (const node of boxes)
    if (TRIPLE.has(node.type)) (node.type === 'jpch' ? frames[frames.push([]) - 1] : frames.at(-1)!).push(node);
  const head = boxes.filter((_, k) => k < boxes.findIndex(({ type }) => TRIPLE.has(type)));
  const tail = boxes.filter(({ type }) => type === 'asoc');
  return { head, frames, tail };
}

/** What a movie shows and says, frame by frame. */
async function contentsOf(bytes: Uint8Array): Promise<string[]> {
  const jpx = await openJpx(bytes);
  expect(jpx.warnings).toEqual([]);
  return Promise.all(
    jpx.layers.map(async ({ index, header }) => {
      const { data } = await (await jpx.layer(index)).decode();
      const about = jpx.metadataAbout({ codestream: index, layer: index }).filter(({ children }) => children);
      const xml = await Promise.all(about.map((node) => jpx.text(node.children!.find((c) => c.box.type === 'xml ')!)));
      return `${data[0] / 20} ${header?.label ?? ''} ${xml.join()}`;
    }),
  );
}
const said = (n: number) => `${n} label ${n} <about n="${n}"/>`;

test('any choice of frames in any order keeps what is said about each', async () => {
  const choice = fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(choice, async (order) => {
      const { data, warnings } = await setBoxes(MOVIE, (boxes) => {
        const { head, frames, tail } = partsOf(boxes);
        return [...head, ...order.flatMap((n) => frames[n]), ...tail];
      });
      expect(await contentsOf(data)).toEqual(order.map(said));
      expect(warnings.map(({ code }) => code)).toEqual(Array(COUNT - order.length).fill('box-reference'));
    }),
    { numRuns: 60 },
  );
});

test('a frame that is put in front moves the others', async () => {
  const added: BoxEdit[] = [
    { type: 'jpch', children: [] },
    { type: 'jplh', children: [{ type: 'lbl ', content: new TextEncoder().encode('new') }] },
    { type: 'jp2c', content: frame(200) },
  ];
  const put = async (list: (boxes: readonly BoxNode[]) => BoxEdit[]) => contentsOf((await setBoxes(MOVIE, list)).data);
  const front = await put((boxes) => {
    const { head, frames, tail } = partsOf(boxes);
    return [...head, ...added, ...frames.flat(), ...tail];
  });
  expect(front).toEqual(['10 new ', ...[0, 1, 2, 3, 4].map(said)]);
  // what is given new is taken as it is
  const nlst = { type: 'nlst', content: hex('02000000') };
  const own = { type: 'asoc', children: [nlst, { type: 'xml ', content: new TextEncoder().encode('<new/>') }] };
  const described = await put((boxes) => {
    const { head, frames, tail } = partsOf(boxes);
    return [...head, ...added, ...frames.flat(), ...tail, own];
  });
  expect(described).toEqual(['10 new <new/>', ...[0, 1, 2, 3, 4].map(said)]);
});

describe('numbers', () => {
  const labelled = (numbers: string) =>
    box(
      'asoc',
      join(box('nlst', hex(numbers)), box('asoc', join(box('nlst', hex('00000000')), box('xml '))), box('free')),
    );

  async function edit(extra: Uint8Array, order: readonly number[]) {
    const { data, warnings } = await setBoxes(join(MOVIE, extra), (boxes) => {
      const { head, frames, tail } = partsOf(boxes);
      return [...head, ...order.flatMap((n) => frames[n]), ...tail.slice(COUNT)];
    });
    const last = (await readBoxes(data)).boxes.at(-1)!;
    return { bytes: data.slice(last.offset, last.offset + last.length!), type: last.type, warnings };
  }

  test('of kinds that mean something else stay, those of pictures that are gone go', async () => {
    const { bytes } = await edit(labelled('00000000 01000002 02000001 03000001 01000000'), [2, 0]);
    expect(bytes).toEqual(labelled('00000000 01000000 03000001 01000001'));
    const gone = await edit(labelled('01000001 02000001'), [2, 0]);
    expect(gone.type).toBe('jp2c');
    expect(gone.warnings.map(({ code }) => code)).toEqual(['box-reference']);
  });

  test('of layers stay when layer headers are taken away, and codestreams are the layers', async () => {
    const { data, warnings } = await setBoxes(MOVIE, (boxes) => boxes.filter(({ type }) => type !== 'jplh'));
    expect(await contentsOf(data)).toEqual([0, 1, 2, 3, 4].map((n) => `${n}  <about n="${n}"/>`));
    const jpx = await openJpx(data);
    expect(jpx.layers.map(({ index }) => jpx.metadataAbout({ layer: index }).length)).toEqual(Array(COUNT).fill(1));
    expect(warnings).toEqual([]);
  });

  test('of many frames are right, too', async () => {
    const input = frame(0);
    const many = (await createJpx(Array.from({ length: 600 }, (_, n) => ({ input, xml: [`${n}`] })))).data;
    const { data } = await setBoxes(many, (boxes) => {
      const { head, frames, tail } = partsOf(boxes);
      return [...head, ...frames.slice(1).flat(), ...tail];
    });
    const jpx = await openJpx(data);
    const [about, ...more] = jpx.metadataAbout({ layer: 598 });
    expect([await jpx.text(about.children![1]), more]).toEqual(['599', []]);
  });

  test('that nothing moved are not even read', async () => {
    const bytes = join(MOVIE, labelled('01000009')); // points at nothing, and did before
    const { data, warnings } = await setBoxes(bytes, (boxes) => [...boxes]);
    expect([data, warnings]).toEqual([bytes, []]);
  });

  test('in a registration follow its codestreams, which cannot be taken away alone', async () => {
    const creg = (number: string) => box('creg', hex(`0001 0001 ${number} 01 01 00 00`));
    const stream = (value: number) => box('jp2c', frame(value));
    const { boxes } = await readBoxes(MOVIE);
    const head = MOVIE.slice(0, partsOf(boxes).frames[0][0].offset);
    const file = join(head, box('jplh', creg('0001')), stream(0), stream(20));
    const move = (order: readonly number[]) =>
      setBoxes(file, (list) => {
        const streams = list.filter(({ type }) => type === 'jp2c');
        return [...list.filter(({ type }) => type !== 'jp2c'), ...order.map((n) => streams[n])];
      });
    expect((await move([1, 0])).data).toEqual(join(head, box('jplh', creg('0000')), stream(20), stream(0)));
    await expect(move([0])).rejects.toMatchObject({ kind: 'usage', code: 'box-reference' });
  });
});
