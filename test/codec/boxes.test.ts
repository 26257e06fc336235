import { describe, expect, test } from 'vitest';
import { ByteWriter } from '../../src/codec/bits/byte-writer.ts';
import { type BoxEdit, type BoxNode, bytesSource, readBoxes, setBoxes } from '../../src/index.ts';
import { onlyForward, TestSink } from '../support/sinks.ts';
import { TestSource } from '../support/sources.ts';
import { ascii, box, CODESTREAM, FTYP_JP2, hex, join, SIGNATURE, smallFile } from './fileformat/box-bytes.ts';

const XML = { type: 'xml ', content: ascii('<note/>') };

/** The boxes of an edited file, with their bytes. */
async function edited(bytes: Uint8Array, edit: (boxes: readonly BoxNode[]) => readonly BoxEdit[]) {
  const { data, warnings } = await setBoxes(bytes, edit);
  const file = await readBoxes(data);
  return { data: data, warnings: warnings.map(({ code }) => code), boxes: file.boxes, file };
}

/** Before the first box of a type. */
function putBefore(boxes: readonly BoxNode[], type: string, ...added: BoxEdit[]): BoxEdit[] {
  const at = boxes.findIndex((b) => b.type === type);
  return [...boxes.slice(0, at), ...added, ...boxes.slice(at)];
}

describe('an edit of boxes', () => {
  test('that changes nothing gives the same bytes', async () => {
    const files = [
      smallFile(box('asoc', join(box('lbl ', ascii('x'), 'long'), box('free'))), box('mdat', CODESTREAM, 'long')),
      join(SIGNATURE, FTYP_JP2, box('jp2c', CODESTREAM, 'open')),
      smallFile().slice(0, -3),
    ];
    for (const bytes of files) {
      expect((await setBoxes(bytes, (boxes) => boxes)).data).toEqual(bytes);
      // the list may also have been kept, or sent, as plain data
      const list = structuredClone((await readBoxes(bytes)).boxes);
      expect((await setBoxes(bytes, list)).data).toEqual(bytes);
    }
  });

  test('adds, takes away and moves', async () => {
    const bytes = smallFile(box('free', new Uint8Array(9)));
    const { data, boxes } = await edited(bytes, (list) =>
      putBefore(
        list.filter((b) => b.type !== 'free'),
        'jp2c',
        XML,
      ),
    );
    expect(boxes.map((b) => b.type)).toEqual(['jP  ', 'ftyp', 'jp2h', 'xml ', 'jp2c']);
    expect(data).toEqual(smallFile(box('xml ', XML.content)));
    const { data: back } = await edited(data, (list) => list.filter((b) => b.type !== 'xml '));
    expect(back).toEqual(smallFile());
  });

  test('changes what a superbox holds, and keeps the form of its length', async () => {
    const bytes = smallFile(box('asoc', box('lbl ', ascii('x')), 'long'));
    const { data } = await edited(bytes, (list) =>
      list.map((b) => (b.type === 'asoc' ? { ...b, children: [...b.children!, XML] } : b)),
    );
    expect(data).toEqual(smallFile(box('asoc', join(box('lbl ', ascii('x')), box('xml ', XML.content)), 'long')));
    const { data: back } = await edited(data, (list) =>
      list.map((b) => (b.type === 'asoc' ? { ...b, children: b.children!.slice(0, 1) } : b)),
    );
    expect(back).toEqual(bytes);
  });

  test('makes superboxes from kept and new boxes, counting where the type counts', async () => {
    const bytes = smallFile(box('dtbl', join(hex('0001'), box('url ', hex('00000000 6100')))), box('free'));
    const url = { type: 'url ', content: hex('00000000 6200') };
    const { data } = await edited(bytes, (list) =>
      list.flatMap((b): BoxEdit[] => {
        if (b.type === 'dtbl') return [{ ...b, children: [...b.children!, url] }];
        return b.type === 'free' ? [{ type: 'asoc', children: [b, XML] }] : [b];
      }),
    );
    expect(data).toEqual(
      smallFile(
        box('dtbl', join(hex('0002'), box('url ', hex('00000000 6100')), box('url ', url.content))),
        box('asoc', join(box('free'), box('xml ', XML.content))),
      ),
    );
  });

  test('gives a codestream to the end of the file its length when something follows', async () => {
    const bytes = join(SIGNATURE, FTYP_JP2, box('jp2c', CODESTREAM, 'open'));
    const { data } = await edited(bytes, (list) => [...list, XML]);
    expect(data).toEqual(join(SIGNATURE, FTYP_JP2, box('jp2c', CODESTREAM), box('xml ', XML.content)));
    const cut = smallFile().slice(0, -2); // claims two bytes more than there are
    const { boxes } = await edited(cut, (list) => [...list, XML]);
    expect(boxes.slice(-2)).toMatchObject([{ type: 'jp2c', length: 12 }, { type: 'xml ' }]);
  });

  test('takes contents from other sources', async () => {
    const other = new TestSource(join(hex('AABB'), CODESTREAM));
    const { data } = await setBoxes(smallFile(), (list) => [
      ...list.slice(0, -1),
      { type: 'jp2c', content: { source: other, offset: 2, length: CODESTREAM.length } },
    ]);
    expect(data).toEqual(smallFile());
    await expect(
      setBoxes(smallFile(), (list) => [...list, { type: 'free', content: { source: other, offset: 0, length: 99 } }]),
    ).rejects.toMatchObject({ code: 'out-of-bytes' });
  });

  test('breaks no order that the file kept', async () => {
    const [jP, ftyp, jp2h, jp2c] = (await readBoxes(smallFile())).boxes;
    const refused: [BoxEdit[], string][] = [
      [[ftyp, jP, jp2h, jp2c], 'box-order'],
      [[jP, jp2h, ftyp, jp2c], 'box-order'],
      [[jP, ftyp, jp2c, jp2h], 'box-order'],
      [[jP, jp2h, jp2c], 'box-missing'],
      [[jP, ftyp, jp2h, { type: 'jp2h', children: [] }, jp2c], 'box-duplicate'],
      [[jP, ftyp, jp2h, { type: 'jpch', children: [] }, { type: 'jpch', children: [] }, jp2c], 'box-duplicate'],
    ];
    for (const [list, code] of refused) {
      await expect(setBoxes(smallFile(), list)).rejects.toMatchObject({ kind: 'usage', code });
    }
    const odd = join(SIGNATURE, FTYP_JP2, box('jp2c', CODESTREAM), box('jp2h'));
    expect((await edited(odd, (list) => [...list, XML])).warnings).toEqual(['box-order']);
  });

  test('refuses boxes that are not of the file, or make no sense', async () => {
    const { boxes } = await readBoxes(smallFile(box('free')));
    const [first, ...rest] = boxes;
    const lists: BoxEdit[][] = [
      [first, ...rest, { ...rest[0], offset: 7 }],
      [first, { ...rest[0], length: 9 }, ...rest.slice(1)],
      [first, ...rest, rest[0]],
      [first, ...rest, { type: 'toolong', content: new Uint8Array(0) }],
      [first, ...rest, { type: 'abc', content: new Uint8Array(0) }],
      [first, ...rest, { type: 'xml ', children: [] }],
      [first, ...rest, { type: 'mjp2', children: [] }],
    ];
    for (const list of lists) {
      await expect(setBoxes(smallFile(box('free')), list)).rejects.toMatchObject({ kind: 'usage' });
    }
    await expect(setBoxes(CODESTREAM, (b) => b)).rejects.toMatchObject({ code: 'input-type' });
    const nameless = new TestSource(smallFile(), { sizeKnown: false });
    await expect(setBoxes(nameless, (b) => b)).rejects.toMatchObject({ code: 'input-type' });
  });

  test('goes to a sink in steps, and gives it up when something fails', async () => {
    const bytes = smallFile(box('mdat', new Uint8Array(5 << 20).fill(7)));
    const source = new TestSource(bytes);
    const sink = new TestSink();
    const { bytes: length, data } = await setBoxes(source, (b) => b, { sink: onlyForward(sink) });
    expect(data.length).toBe(0);
    expect(length).toBe(bytes.length);
    expect(Buffer.compare(sink.bytes, bytes)).toBe(0);
    expect(Math.max(...source.asked.map((range) => range.length))).toBeLessThanOrEqual(1 << 20);
    expect(sink.calls.close).toBe(1);
    const failing = new TestSink({ failIn: 'write' });
    await expect(setBoxes(bytes, (b) => b, { sink: failing })).rejects.toMatchObject({ code: 'sink' });
    expect(failing.calls.abort).toBe(1);
    const unused = new TestSink();
    await expect(setBoxes(bytes, () => [], { sink: unused })).rejects.toMatchObject({ kind: 'usage' });
    expect(unused.calls).toMatchObject({ write: 0, abort: 1 });
    await expect(setBoxes(bytes, (b) => b, { limits: { bytes: 1000 } })).rejects.toMatchObject({ code: 'limit-bytes' });
  });
});

describe('offsets that boxes hold', () => {
  /** Fragments as offset, length and data reference. */
  function fragments(...list: [number, number, number][]): Uint8Array {
    const w = new ByteWriter();
    w.u16(list.length);
    for (const [offset, length, reference] of list) {
      w.u64(offset);
      w.u32(length);
      w.u16(reference);
    }
    return box('flst', w.take());
  }

  /** A file whose fragments lie in a box before their table, so that places are known beforehand. */
  const DATA_AT = smallFile().length + 8;
  const mdat = box(
    'mdat',
    Uint8Array.from({ length: 40 }, (_, k) => k),
  );
  const tail = (...list: [number, number, number][]) => box('ftbl', fragments(...list));

  test('of fragments in this file follow them, of others stay', async () => {
    const bytes = join(smallFile(), mdat, tail([DATA_AT + 3, 5, 0], [777, 9, 1], [DATA_AT, 40, 0]));
    const { data, boxes, warnings } = await edited(bytes, (list) => putBefore(list, 'jp2c', XML));
    const moved = DATA_AT + 8 + XML.content.length;
    expect(boxes.at(-1)!.children).toHaveLength(1);
    expect(data.subarray(boxes.at(-1)!.offset)).toEqual(tail([moved + 3, 5, 0], [777, 9, 1], [moved, 40, 0]));
    expect(warnings).toEqual([]);
    expect((await edited(data, (list) => list.filter((b) => b.type !== 'xml '))).data).toEqual(bytes);
  });

  test('of fragments that would be lost are refused, of those that never were are left', async () => {
    const bytes = join(smallFile(), mdat, tail([DATA_AT, 40, 0]));
    const without = setBoxes(bytes, (list) => list.filter((b) => b.type !== 'mdat'));
    await expect(without).rejects.toMatchObject({ kind: 'usage', code: 'box-reference' });
    // half of it would be: from the end of one box into the next
    const across = join(smallFile(), mdat, tail([DATA_AT - 12, 30, 0]));
    const taken = setBoxes(across, (list) => list.filter((b) => b.type !== 'jp2c'));
    await expect(taken).rejects.toMatchObject({ code: 'box-reference' });
    const apart = setBoxes(across, (list) => putBefore(list, 'mdat', XML));
    await expect(apart).rejects.toMatchObject({ code: 'box-reference' });
    const wild = join(smallFile(), tail([99999, 40, 0]));
    const { data, warnings } = await edited(wild, (list) => putBefore(list, 'jp2c', XML));
    expect(warnings).toEqual(['box-reference']);
    expect(data.subarray(-tail([99999, 40, 0]).length)).toEqual(tail([99999, 40, 0]));
  });

  test('of chunks follow their samples', async () => {
    const chunks = (type: 'stco' | 'co64', offsets: number[]): Uint8Array => {
      const w = new ByteWriter();
      w.u32(0);
      w.u32(offsets.length);
      for (const offset of offsets) type === 'stco' ? w.u32(offset) : w.u64(offset);
      return box('moov', box('trak', box('mdia', box('minf', box('stbl', box(type, w.take()))))));
    };
    for (const type of ['stco', 'co64'] as const) {
      const bytes = join(smallFile(), mdat, chunks(type, [DATA_AT, DATA_AT + 20]));
      const { data, boxes } = await edited(bytes, (list) => putBefore(list, 'mdat', XML));
      const moved = DATA_AT + 8 + XML.content.length;
      expect(data.subarray(boxes.at(-1)!.offset)).toEqual(chunks(type, [moved, moved + 20]));
      const lost = setBoxes(bytes, (list) => list.filter((b) => b.type !== 'mdat'));
      await expect(lost).rejects.toMatchObject({ code: 'box-reference' });
    }
  });

  describe('in the index boxes of JPIP', () => {
    const cptr = (offset: number, length: number): Uint8Array => {
      const w = new ByteWriter();
      w.u16(0);
      w.u16(0);
      w.u64(offset);
      w.u64(length);
      return box('cidx', box('cptr', w.take()));
    };
    const pair = (offset: number, length: number): Uint8Array => {
      const w = new ByteWriter();
      w.u64(offset);
      w.u64(length);
      return w.take();
    };
    /** The proxy of a box, with one index box. */
    const proxy = (bytes: Uint8Array, of: number, index: number): Uint8Array => {
      const header = (at: number) => bytes.slice(at, at + 8);
      const w = new ByteWriter();
      w.u64(of);
      w.append(header(of));
      w.u8(1);
      w.u64(index);
      w.append(header(index));
      return box('prxy', w.take());
    };

    /** jp2c, its index, the file index, and a finder for that. */
    function indexed(...extra: Uint8Array[]): Uint8Array {
      const head = smallFile(...extra);
      const jp2cAt = head.length - 8 - CODESTREAM.length;
      const cidx = cptr(jp2cAt + 8, CODESTREAM.length);
      const first = join(head, cidx);
      const fidx = box('fidx', proxy(first, jp2cAt, head.length));
      return join(first, fidx, box('iptr', pair(first.length, fidx.length)));
    }

    test('follow what they point at', async () => {
      const { data, warnings } = await edited(indexed(), (list) => putBefore(list, 'jp2c', XML));
      expect(data).toEqual(indexed(box('xml ', XML.content)));
      expect(warnings).toEqual([]);
    });

    test('follow a box whose header changes', async () => {
      const jp2cAt = smallFile().length - 8 - CODESTREAM.length;
      const bytes = join(SIGNATURE, FTYP_JP2, box('fidx', proxy(smallFile(), jp2cAt, jp2cAt)));
      const open = join(bytes, box('jp2c', CODESTREAM, 'open'));
      const at = bytes.length;
      const view = new DataView(open.buffer);
      const fidxAt = SIGNATURE.length + FTYP_JP2.length + 16;
      for (const place of [fidxAt, fidxAt + 17]) {
        view.setBigUint64(place, BigInt(at));
        view.setUint32(place + 8, 0);
      }
      const { data } = await edited(open, (list) => [...list, XML]);
      expect(new DataView(data.buffer).getUint32(fidxAt + 8)).toBe(8 + CODESTREAM.length);
      expect(new DataView(data.buffer).getUint32(fidxAt + 17 + 8)).toBe(8 + CODESTREAM.length);
    });

    test('are left out, all that depend on each other, when what they point at is gone', async () => {
      const fresh = { type: 'jp2c', content: CODESTREAM };
      const { boxes, warnings } = await edited(indexed(), (list) => list.map((b) => (b.type === 'jp2c' ? fresh : b)));
      expect(boxes.map((b) => b.type)).toEqual(['jP  ', 'ftyp', 'jp2h', 'jp2c']);
      expect(new Set(warnings)).toEqual(new Set(['box-reference']));
    });

    test('know how long a box is that they point at', async () => {
      const { data, boxes } = await edited(indexed(), (list) =>
        list.map((b) => (b.type === 'fidx' ? { ...b, children: [...b.children!, XML] } : b)),
      );
      const [fidx, iptr] = boxes.slice(-2);
      const view = new DataView(data.buffer, iptr.offset + 8);
      expect([Number(view.getBigUint64(0)), Number(view.getBigUint64(8))]).toEqual([fidx.offset, fidx.length]);
    });

    test('that were never filled in stay', async () => {
      const bytes = join(smallFile(), cptr(0, 0));
      const signature = { type: 'jP  ', content: SIGNATURE.subarray(8) };
      const { boxes, warnings } = await edited(bytes, (list) =>
        putBefore([signature as never, ...list.slice(1)], 'jp2c', XML),
      );
      expect(boxes.at(-1)!.type).toBe('cidx');
      expect(warnings).toEqual([]);
    });
  });

  test('are found through a source by small reads', async () => {
    const bytes = join(smallFile(), box('mdat', new Uint8Array(3 << 20)), tail([DATA_AT, 40, 0]));
    const source = new TestSource(bytes);
    const sink = new TestSink();
    await setBoxes(source, (list) => putBefore(list, 'jp2c', XML), { sink });
    const moved = tail([DATA_AT + 8 + XML.content.length, 40, 0]);
    expect(sink.bytes.subarray(-moved.length)).toEqual(moved);
    const { data } = await setBoxes(bytesSource(bytes), (list) => putBefore(list, 'jp2c', XML));
    expect(Buffer.compare(data, sink.bytes)).toBe(0);
  });
});
