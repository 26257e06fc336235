import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bytesSource,
  createJpx,
  decodeSync,
  encodeSync,
  inspectSync,
  type JpxFrame,
  openJpx,
  readBoxes,
  setBoxes,
} from '../../src/index.ts';
import { extractCodestream } from '../support/boxes.ts';
import { expectSamePicture } from '../support/same-picture.ts';
import { describeShared, describeTools, sharedPath } from '../support/shared.ts';
import { onlyForward, TestSink } from '../support/sinks.ts';
import { TestSource } from '../support/sources.ts';
import { runTool } from '../support/tools.ts';
import { hex } from './fileformat/box-bytes.ts';
import { SRGB_PROFILE } from './colour/icc-bytes.ts';
import { whole } from './fileformat/icc-whole.ts';

const SIZE = 12;
const samples = (channels: number, bits: number) =>
  Uint16Array.from({ length: SIZE * SIZE * channels }, (_, k) => (k * 37 + (k >> 3)) % 2 ** bits);
const image = (channels: number, bits = 8, size = SIZE) => ({
  width: size,
  height: (SIZE * SIZE) / size,
  channels,
  precision: bits,
  data: bits > 8 ? samples(channels, bits) : Uint8Array.from(samples(channels, bits)),
});
const palette = (scale: number) => ({
  columns: [0, 1, 2].map((c) => ({
    precision: 8,
    entries: Uint8Array.from({ length: 16 }, (_, k) => (k * scale + c * 5) & 255),
  })),
});

/** Files that differ in everything that header boxes say. */
const FILES: Readonly<Record<string, Uint8Array>> = {
  grey: encodeSync(image(1)).data,
  grey12: encodeSync(image(1, 12)).data,
  rgb: encodeSync(image(3)).data,
  wide: encodeSync(image(3, 8, 18)).data,
  rgba: encodeSync(image(4)).data,
  greyAlpha: encodeSync(image(2)).data,
  premultiplied: encodeSync(image(2), {
    colour: {
      channels: [
        { kind: 'colour', association: 1 },
        { kind: 'premultiplied-opacity', association: 0 },
      ],
    },
  }).data,
  bgr: encodeSync(image(3), {
    colour: { channels: [3, 2, 1].map((association) => ({ kind: 'colour' as const, association })) },
  }).data,
  palette: encodeSync(image(1, 4), { colour: { palette: palette(15) } }).data,
  palette2: encodeSync(image(1, 4), { colour: { palette: palette(9) } }).data,
  cmyk: encodeSync(image(4), { colour: { space: 'cmyk' } }).data,
  icc: encodeSync(image(3), { colour: { icc: whole(SRGB_PROFILE) } }).data,
  capture: encodeSync(image(1), { metadata: { resolution: { capture: { x: 1000, y: 2000 } } } }).data,
  fine: encodeSync(image(1), { metadata: { resolution: { capture: { x: 5000, y: 2000 }, display: { x: 1, y: 2 } } } })
    .data,
  codestream: encodeSync(image(3), { container: 'codestream' }).data,
};
const NAMES = Object.keys(FILES);
const frameOf = (name: string): JpxFrame => ({ input: FILES[name], url: `frames/${name}` });

/** Every layer of a file is what its own file is. */
async function expectFrames(bytes: Uint8Array, names: readonly string[], resolve?: (url: string) => TestSource) {
  const jpx = await openJpx(bytes, resolve ? { resolve } : {});
  expect(jpx.warnings).toEqual([]);
  expect([jpx.codestreams.length, jpx.layers.length]).toEqual([names.length, names.length]);
  for (const [n, name] of names.entries()) {
    // a bare codestream gets the header that encode would have given it
    const file = FILES[name === 'codestream' ? 'rgb' : name];
    const own = inspectSync(file);
    const frame = await jpx.layer(n);
    expect([name, frame.info.warnings]).toEqual([name, []]);
    // palettes of others stay with the file, but must not count
    expect([name, frame.info.colour]).toEqual([name, own.colour]);
    expect([name, frame.info.resolution]).toEqual([name, own.resolution]);
    expectSamePicture(await frame.decode(), decodeSync(file));
    expectSamePicture(await frame.decode({ colour: 'srgb' }), decodeSync(file, { colour: 'srgb' }));
  }
}

describe('a JPX file of many frames', () => {
  test('has what the model has, in its order', async () => {
    const { data, bytes, frames } = await createJpx([frameOf('rgb'), frameOf('rgb')], { xml: ['<movie/>'] });
    expect([data.length, frames]).toEqual([bytes, 2]);
    const file = await readBoxes(data);
    expect(file.warnings).toEqual([]);
    expect(file.brand).toBe('jpx ');
    const head = ['jP  ', 'ftyp', 'rreq', 'jp2h', 'xml '];
    expect(file.boxes.map(({ type }) => type)).toEqual([...head, 'jpch', 'jplh', 'jp2c', 'jpch', 'jplh', 'jp2c']);
    // like the header for all: nothing to add
    expect(file.boxes.filter(({ type }) => type === 'jpch' || type === 'jplh').map(({ length }) => length)).toEqual(
      Array(4).fill(8),
    );
  });

  test('in which frames differ in everything keeps what each of them is', async () => {
    const { data } = await createJpx(NAMES.map(frameOf));
    await expectFrames(data, NAMES);
  });

  test('does so in any order, with any first frame, embedded and linked', async () => {
    const resolve = (url: string) => new TestSource(FILES[url.replace('frames/', '')]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        async (names, linked) => {
          const { data } = await createJpx(names.map(frameOf), { mode: linked ? 'linked' : 'embedded' });
          await expectFrames(data, names, linked ? resolve : undefined);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('is a JP2 file, too, when a JP2 reader can show its first frame', async () => {
    const compatible = async (...args: Parameters<typeof createJpx>) => {
      const { data } = await createJpx(...args);
      return new TextDecoder('latin1').decode(data.subarray(28, 12 + new DataView(data.buffer).getUint32(12)));
    };
    expect(await compatible([frameOf('palette'), frameOf('cmyk')])).toBe('jpx jp2 ');
    expect(await compatible([frameOf('cmyk'), frameOf('palette')])).toBe('jpx ');
    expect(await compatible([frameOf('rgb')], { mode: 'linked' })).toBe('jpx ');
    const { data } = await createJpx([frameOf('palette2'), frameOf('rgb')]);
    expectSamePicture(decodeSync(data), decodeSync(FILES.palette2));
  });

  test('says what its reader must know', async () => {
    const features = async (...args: Parameters<typeof createJpx>) => {
      const { requirements } = await openJpx((await createJpx(...args)).data);
      const masks = requirements!.features.reduce((sum, { mask }) => sum + mask, 0n);
      expect([requirements!.fullyUnderstand, requirements!.display]).toEqual([masks, masks]);
      return requirements!.features.map(({ feature }) => feature);
    };
    expect(await features([frameOf('rgb')])).toEqual([5]);
    expect(await features(['rgb', 'rgba', 'premultiplied', 'cmyk'].map(frameOf))).toEqual([5, 2, 9, 10, 55]);
    const linked = { mode: 'linked' } as const;
    expect(await features([frameOf('rgb'), frameOf('rgb')], linked)).toEqual([5, 2, 15]);
    expect(await features([{ input: FILES.rgb, url: 'http://example.org/a.jp2' }], linked)).toEqual([5, 16]);
  });

  test('ties labels, XML and UUID boxes to frames, also those of their own files', async () => {
    const id = '33c7a4d2-b81d-4723-a0ba-f1a3e097ad38';
    const own = encodeSync(image(1), { metadata: { xml: ['<own/>'], xmp: '<x/>' } }).data;
    const frames: JpxFrame[] = [
      { input: own, label: 'one', xml: ['<first/>'] },
      { input: FILES.grey },
      { input: own, uuid: [{ id, data: hex('0102') }] },
    ];
    const jpx = await openJpx((await createJpx(frames)).data);
    const about = async (n: number) => {
      const nodes = jpx.metadataAbout({ codestream: n, layer: n }).flatMap((node) => node.children ?? [node]);
      return Promise.all(
        nodes
          .filter(({ box }) => box.type !== 'nlst')
          .map(async (node) => node.label ?? node.uuid ?? (await jpx.text(node))),
      );
    };
    const xmp = 'be7acfcb-97a9-42e8-9c71-999491e3afac';
    expect(await about(0)).toEqual(['one', '<first/>', '<own/>', xmp]);
    expect(await about(1)).toEqual([]);
    expect(await about(2)).toEqual([id, '<own/>', xmp]);
    expect(jpx.layers[0].header!.label).toBe('one');
    const bare = await openJpx((await createJpx(frames, { keepMetadata: false })).data);
    expect(bare.metadataAbout({ layer: 2 }).flatMap((node) => node.children ?? []).length).toBe(2);
  });

  test('plays', async () => {
    const composition = async (names: string[], spec: NonNullable<Parameters<typeof createJpx>[1]>['composition']) =>
      (await openJpx((await createJpx(names.map(frameOf), { composition: spec! })).data)).composition;
    expect(await composition(['rgb', 'grey', 'rgb'], { framesPerSecond: 25, loops: 3 })).toEqual({
      width: 12,
      height: 12,
      loops: 3,
      sets: [{ repeat: 3, tick: 40, instructions: [{ animation: { persist: true, life: 1, nextUse: 0 } }] }],
    });
    const uneven = await composition(['rgb', 'rgb', 'rgb'], { framesPerSecond: 24 });
    expect(uneven!.sets[0].instructions.map(({ animation }) => animation!.life)).toEqual([42, 41, 42]);
    expect(uneven!.loops).toBe(Number.POSITIVE_INFINITY);
    const mixed = await composition(['rgb', 'wide'], { framesPerSecond: 10, width: 36, height: 36 });
    expect(mixed!.sets[0].instructions.map(({ offset, size }) => [offset, size])).toEqual([
      [
        { x: 0, y: 0 },
        { width: 36, height: 36 },
      ],
      [
        { x: 0, y: 10 },
        { width: 36, height: 16 },
      ],
    ]);
  });

  test('goes to a sink frame by frame, with few files open', async () => {
    let open = 0;
    let most = 0;
    const frames = Array.from({ length: 40 }, (_, k) => ({
      url: `${k}`,
      input: async () => {
        most = Math.max(most, ++open);
        return Object.assign(new TestSource(FILES.rgb), { close: () => void open-- });
      },
    }));
    const sink = new TestSink();
    const { data, bytes } = await createJpx(frames, { sink: onlyForward(sink) });
    expect([data.length, sink.bytes.length, sink.calls.close, open, most]).toEqual([0, bytes, 1, 0, 1]);
    expect((await openJpx(sink.bytes)).layers.length).toBe(40);
    const failing = new TestSink({ failIn: 'write' });
    await expect(createJpx(frames, { sink: failing })).rejects.toMatchObject({ code: 'sink' });
    expect([failing.calls.abort, open]).toEqual([1, 0]);
    const limits = { bytes: 3000 };
    await expect(createJpx(frames, { limits })).rejects.toMatchObject({ kind: 'limit', code: 'limit-bytes' });
    await expect(createJpx(frames, { signal: { aborted: true, reason: 'stop' } })).rejects.toBe('stop');
  });

  test('links to pieces of files, and embeds what was in pieces', async () => {
    // a file whose codestream is in two fragments, out of order
    const codestream = FILES.codestream;
    const { data: cut } = await setBoxes(FILES.rgb, (list) => {
      const head = list.slice(0, 3);
      const at = head.reduce((sum, { length }) => sum + length!, 0);
      const second = codestream.length - 40;
      const flst = new DataView(new ArrayBuffer(30));
      flst.setUint16(0, 2);
      flst.setBigUint64(2, BigInt(at + 8 + second));
      flst.setUint32(10, 40);
      flst.setBigUint64(16, BigInt(at + 8));
      flst.setUint32(24, second);
      const swapped = Uint8Array.from([...codestream.subarray(40), ...codestream.subarray(0, 40)]);
      return [
        ...head,
        { type: 'mdat', content: swapped },
        { type: 'ftbl', children: [{ type: 'flst', content: new Uint8Array(flst.buffer) }] },
      ];
    });
    expectSamePicture(decodeSync(cut), decodeSync(FILES.rgb));
    const embedded = (await createJpx([{ input: cut }])).data;
    expect(extractCodestream(embedded)).toEqual(codestream);
    const linked = (
      await createJpx(
        [
          { input: cut, url: 'cut' },
          { input: FILES.grey, url: 'g' },
          { input: cut, url: 'cut' },
        ],
        { mode: 'linked' },
      )
    ).data;
    const jpx = await openJpx(linked, { resolve: (url) => bytesSource(url === 'cut' ? cut : FILES.grey) });
    expect(jpx.references.map(({ url, safe }) => [url, safe])).toEqual([
      ['cut', 'cut'],
      ['g', 'g'],
    ]);
    expectSamePicture(await (await jpx.layer(2)).decode(), decodeSync(FILES.rgb));
    await expect(createJpx([{ input: linked }])).rejects.toMatchObject({ kind: 'unsupported', code: 'fragment' });
  });

  test('takes any codestream of a JPX file', async () => {
    const all = (await createJpx(['grey', 'palette', 'rgb'].map(frameOf))).data;
    const { data } = await createJpx([
      { input: all, codestream: 2 },
      { input: all, codestream: 1 },
    ]);
    await expectFrames(data, ['rgb', 'palette']);
  });

  test('gives back every frame as a file of its own', async () => {
    // with a palette that is for all, and must not stay with those that have none
    const names = ['palette', ...NAMES.filter((name) => name !== 'palette')];
    const frames = names.map((name) => ({ ...frameOf(name), xml: [`<${name}/>`] }));
    for (const mode of ['embedded', 'linked'] as const) {
      const { data } = await createJpx(frames, { mode });
      const jpx = await openJpx(mode === 'linked' ? new TestSource(data) : data, {
        resolve: (url) => new TestSource(FILES[url.replace('frames/', '')]),
      });
      for (const [n, name] of names.entries()) {
        const file = FILES[name === 'codestream' ? 'rgb' : name];
        const { data: own, bytes } = await jpx.extract(n);
        expect(own.length).toBe(bytes);
        const [found, expected] = [inspectSync(own), inspectSync(file)];
        const of = ({ container, colour, resolution, warnings }: typeof found) => [
          container,
          colour,
          resolution,
          warnings,
        ];
        expect([name, of(found)]).toEqual([name, of(expected)]);
        expect(found.metadata.xml).toEqual([`<${name}/>`]);
        expect(found.boxes.find(({ type }) => type === 'jp2h')).toEqual(
          expect.objectContaining({ length: expected.boxes.find(({ type }) => type === 'jp2h')!.length }),
        );
        expect(extractCodestream(own)).toEqual(extractCodestream(file));
      }
    }
    const sink = new TestSink();
    const jpx = await openJpx(FILES.codestream);
    expect((await jpx.extract(0, { sink })).data.length).toBe(0);
    expect(sink.bytes).toEqual(FILES.codestream);
    await expect(jpx.extract(1)).rejects.toMatchObject({ kind: 'usage' });
    const short = await openJpx(FILES.rgb, { limits: { bytes: 300 } });
    await expect(short.extract(0)).rejects.toMatchObject({ code: 'limit-bytes' });
  });

  test.each<[string, unknown, unknown]>([
    ['no frames', [], {}],
    ['frames that are no list', 'x', {}],
    ['another mode', [{ input: FILES.grey }], { mode: 'x' }],
    ['no names to link by', [{ input: FILES.grey }], { mode: 'linked' }],
    ['a codestream that is not there', [{ input: FILES.grey, codestream: 1 }], {}],
    ['XML that is no string', [{ input: FILES.grey, xml: [3] }], {}],
    ['a UUID that is none', [{ input: FILES.grey, uuid: [{ id: 'x', data: hex('00') }] }], {}],
    ['no time at all', [{ input: FILES.grey }], { composition: { framesPerSecond: 0 } }],
    ['too many loops', [{ input: FILES.grey }], { composition: { framesPerSecond: 1, loops: 300 } }],
  ])('refuses %s', async (_, frames, options) => {
    const sink = new TestSink(); // which is told
    const call = createJpx(frames as JpxFrame[], { ...(options as object), sink });
    await expect(call).rejects.toMatchObject({ kind: 'usage' });
    expect(sink.calls).toMatchObject({ abort: 1, close: 0 });
  });
});

describeShared('jpx', 'the solar movie', () => {
  const model = new Uint8Array(readFileSync(sharedPath('jpx', 'helioviewer-4frames-embedded.jpx')));

  test('taken apart and made again has the same codestreams, headers and metadata', async () => {
    const jpx = await openJpx(model);
    const header = (await readBoxes(model)).boxes.find(({ type }) => type === 'jp2h')!;
    const frames = await Promise.all(
      jpx.codestreams.map(async ({ index, box }) => {
        const xml = jpx.metadataAbout({ codestream: index })[0].children![1];
        const { data } = await setBoxes(model, (list) => [
          ...list.slice(0, 2),
          list.find(({ offset }) => offset === header.offset)!,
          list.find(({ offset }) => offset === box!.offset)!,
          { type: 'xml ', content: { source: bytesSource(model), ...contentOf(xml.box) } },
        ]);
        return { input: data, url: `${index}.jp2` };
      }),
    );
    const made = await openJpx((await createJpx(frames)).data);
    const linked = await openJpx((await createJpx(frames, { mode: 'linked' })).data, {
      resolve: (_, { index }) => bytesSource(frames[index].input),
    });
    for (let n = 0; n < 4; n++) {
      const expected = await (await jpx.layer(n)).decode({ reduce: 2 });
      expectSamePicture(await (await made.layer(n)).decode({ reduce: 2 }), expected);
      expectSamePicture(await (await linked.layer(n)).decode({ reduce: 2 }), expected);
      const [old] = jpx.metadataAbout({ layer: n });
      const [fresh] = made.metadataAbout({ layer: n });
      expect(await made.text(fresh.children![1])).toBe(await jpx.text(old.children![1]));
      expect(made.codestreams[n].box!.length).toBe(jpx.codestreams[n].box!.length);
    }
  });

  function contentOf({
    offset,
    headerLength,
    length,
  }: {
    offset: number;
    headerLength: number;
    length: number | undefined;
  }) {
    return { offset: offset + headerLength, length: length! - headerLength };
  }
});

describe('what other programs make of the first frame', () => {
  async function inFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
    const folder = await mkdtemp(joinPath(tmpdir(), 'jp2kit-jpx-'));
    try {
      return await run(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  const movie = async (folder: string): Promise<string> => {
    const path = joinPath(folder, 'movie.jpx');
    const frames = ['rgb', 'grey', 'palette'].map((name) => ({ ...frameOf(name), label: name, xml: ['<f/>'] }));
    await writeFile(path, (await createJpx(frames, { composition: { framesPerSecond: 12 } })).data);
    return path;
  };

  describeTools(['opj_dump', 'opj_decompress'], 'OpenJPEG', () => {
    test('describes it, and decodes its samples', () =>
      inFolder(async (folder) => {
        const path = await movie(folder);
        const dump = await runTool('opj_dump', ['-i', path]);
        expect([dump.ok, dump.output]).toEqual([true, expect.stringContaining('x1=12, y1=12')]);
        const out = joinPath(folder, 'out.ppm');
        expect((await runTool('opj_decompress', ['-i', path, '-o', out])).ok).toBe(true);
        const ppm = new Uint8Array(await readFile(out));
        const { data } = decodeSync(FILES.rgb, { layout: 'interleaved' });
        expect(ppm.subarray(ppm.length - data.length)).toEqual(data);
      }));
  });

  describeTools(['opj_dump', 'grk_dump', 'gdalinfo'], 'a linked file, or one with its codestream in fragments', () => {
    // none of them knows fragment tables (15444-2 M.11.3): they look for a codestream box and find none
    test('nothing, since there is no codestream box', () =>
      inFolder(async (folder) => {
        const path = joinPath(folder, 'linked.jpx');
        await writeFile(path, (await createJpx([frameOf('rgb')], { mode: 'linked' })).data);
        for (const args of [
          ['opj_dump', '-i', path],
          ['grk_dump', '-i', path],
          ['gdalinfo', path],
        ] as const) {
          const [tool, ...rest] = args;
          const { ok, output } = await runTool(tool, rest);
          expect([tool, ok]).toEqual([tool, false]);
          expect(output).toMatch(/SOC marker|No code-stream/);
        }
      }));
  });

  describeTools(['gdalinfo', 'opj_decompress'], 'a file with an edited box', () => {
    test('the box is there, and the samples are what they were', () =>
      inFolder(async (folder) => {
        const note = { type: 'xml ', content: new TextEncoder().encode('<note>hello</note>') };
        const edited = await setBoxes(FILES.rgb, (boxes) => [...boxes.slice(0, 3), note, ...boxes.slice(3)]);
        const [before, after] = ['before', 'after'].map((name) => joinPath(folder, name));
        await writeFile(`${before}.jp2`, FILES.rgb);
        await writeFile(`${after}.jp2`, edited.data);
        const { output } = await runTool('gdalinfo', ['-mdd', 'all', `${after}.jp2`]);
        expect(output).toContain('<note>hello</note>');
        for (const name of [before, after]) await runTool('opj_decompress', ['-i', `${name}.jp2`, '-o', `${name}.ppm`]);
        const [old, fresh] = await Promise.all([before, after].map((name) => readFile(`${name}.ppm`)));
        expect(Buffer.compare(old, fresh)).toBe(0);
      }));
  });

  describeTools(['grk_dump'], 'Grok', () => {
    test('describes it', () =>
      inFolder(async (folder) => {
        const dump = await runTool('grk_dump', ['-i', await movie(folder)]);
        expect([dump.ok, dump.output]).toEqual([true, expect.stringMatching(/x1=12/)]);
      }));
  });

  describeTools(['gdalinfo'], 'GDAL', () => {
    test('describes it', () =>
      inFolder(async (folder) => {
        const { ok, output } = await runTool('gdalinfo', [await movie(folder)]);
        expect([ok, output]).toEqual([true, expect.stringContaining('Size is 12, 12')]);
        expect(output).toContain('Band 3');
      }));
  });
});
