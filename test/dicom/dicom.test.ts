/**
 * Frames of DICOM: real ones against their raw pixels, and every way in which codestream and data set can disagree.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  decodeFrame,
  decodeFrameSync,
  encodeFrame,
  type FrameAttributes,
  framesOf,
  type PixelArray,
  TRANSFER_SYNTAXES,
} from '../../src/dicom/index.ts';
import { encodeSync, inspectSync, Jpeg2000Error, type RawImage } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { describeShared, describeTools, sharedPath } from '../support/shared.ts';
import { runTool } from '../support/tools.ts';

const folder = mkdtempSync(join(tmpdir(), 'jp2kit-dicom-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const GREY: FrameAttributes = {
  bitsAllocated: 16,
  bitsStored: 12,
  highBit: 11,
  pixelRepresentation: 0,
  samplesPerPixel: 1,
  photometricInterpretation: 'MONOCHROME2',
};

const COLOUR: FrameAttributes = {
  bitsAllocated: 8,
  bitsStored: 8,
  pixelRepresentation: 0,
  samplesPerPixel: 3,
  photometricInterpretation: 'YBR_RCT',
};

/** A codestream of 4 x 2 samples. */
function grey(samples: readonly number[], precision: number, signed = false): Uint8Array {
  const type = precision <= 8 ? (signed ? Int8Array : Uint8Array) : signed ? Int16Array : Uint16Array;
  const image: RawImage = { width: 4, height: 2, channels: 1, precision, signed, data: type.from(samples) };
  return encodeSync(image, { container: 'codestream', levels: 1 }).data;
}

function rgb(options: Parameters<typeof encodeSync>[1] = {}): Uint8Array {
  const data = new Uint8Array(8 * 8 * 3).map((_, k) => (k * 11) & 255);
  return encodeSync({ width: 8, height: 8, channels: 3, data }, { container: 'codestream', ...options }).data;
}

const RGB_PIXELS = new Uint8Array(8 * 8 * 3).map((_, k) => (k * 11) & 255);

function mismatches(frame: { warnings: readonly { code: string; message: string }[] }): string[] {
  return frame.warnings.filter(({ code }) => code === 'dicom-mismatch').map(({ message }) => message);
}

/** An item of a sequence of fragments. */
function item(bytes: ArrayLike<number>, tag = 0xe000): Uint8Array {
  const out = new Uint8Array(8 + bytes.length);
  const view = new DataView(out.buffer);
  view.setUint16(0, 0xfffe, true);
  view.setUint16(2, tag, true);
  view.setUint32(4, bytes.length, true);
  out.set(bytes as ArrayLike<number> & Uint8Array, 8);
  return out;
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function table(...offsets: readonly number[]): Uint8Array {
  return item(new Uint8Array(Uint32Array.from(offsets).buffer));
}

describeShared('bench-seeds/CT1.j2k', 'a slice of a CT', () => {
  const codestream = new Uint8Array(readFileSync(sharedPath('bench-seeds', 'CT1.j2k')));
  const { buffer } = new Uint8Array(readFileSync(sharedPath('bench-seeds', 'CT1.RAW')));
  const attributes: FrameAttributes = {
    ...GREY,
    bitsStored: 16,
    highBit: 15,
    pixelRepresentation: 1,
    rows: 512,
    columns: 512,
    transferSyntaxUid: '1.2.840.10008.1.2.4.90',
  };

  test('has the pixels it was made of', async () => {
    const frame = await decodeFrame(codestream, attributes);
    expect(frame).toMatchObject({ rows: 512, columns: 512, signed: true, bitsStored: 16, lossy: false, warnings: [] });
    expect(frame.photometricInterpretation).toBe('MONOCHROME2');
    expect(frame.pixels).toEqual(new Int16Array(buffer));
    expect(decodeFrameSync([codestream], attributes).pixels).toEqual(frame.pixels);
  });

  test('has the same pixels cut into fragments, padded, with bytes behind it, and in items', () => {
    const cuts = [0, 1000, 5000, codestream.length];
    const pieces = cuts.slice(1).map((end, k) => codestream.slice(cuts[k], end));
    const wanted = new Int16Array(buffer);
    for (const fragments of [
      pieces,
      [codestream, new Uint8Array(1)],
      [codestream, new Uint8Array(999).fill(0xff)],
      concat(...pieces.map((piece) => item(piece)), item([], 0xe0dd)),
      concat(item([]), item(codestream), item([], 0xe0dd)),
      concat(table(0), item(codestream)),
    ]) {
      const frame = decodeFrameSync(fragments, attributes);
      expect(frame.pixels).toEqual(wanted);
      expect(frame.status).toBe('complete');
    }
  });

  test('read as unsigned has the same bits', () => {
    const frame = decodeFrameSync(codestream, { ...attributes, pixelRepresentation: 0 });
    expect(frame.pixels).toEqual(new Uint16Array(buffer));
    expect(mismatches(frame)).toHaveLength(1);
  });

  test('is read smaller', () => {
    const frame = decodeFrameSync(codestream, attributes, { reduce: 3 });
    expect(frame).toMatchObject({ rows: 64, columns: 64, warnings: [] });
  });
});

describeTools(['opj_decompress'], 'OpenJPEG', () => {
  describeShared('bench-seeds/SC1.j2k', 'a scanned radiograph', () => {
    test('has the pixels that it finds', async () => {
      const path = sharedPath('bench-seeds', 'SC1.j2k');
      const raw = join(folder, 'sc1.rawl');
      expect(await runTool('opj_decompress', ['-i', path, '-o', raw])).toMatchObject({ ok: true });
      const frame = await decodeFrame(new Uint8Array(readFileSync(path)), { ...GREY, rows: 2487, columns: 2048 });
      expect(frame.warnings).toEqual([]);
      const { buffer } = new Uint8Array(readFileSync(raw));
      expect(Buffer.compare(Buffer.from(frame.pixels.buffer), Buffer.from(buffer))).toBe(0);
    });
  });
});

describe('where codestream and data set disagree', () => {
  test('unsigned samples become signed by the bits that are stored', () => {
    const samples = [0, 1, 2047, 2048, 4095, 4094, 100, 3000];
    const frame = decodeFrameSync(grey(samples, 12), { ...GREY, pixelRepresentation: 1 });
    expect(frame.pixels).toEqual(Int16Array.from([0, 1, 2047, -2048, -1, -2, 100, -1096]));
    expect(mismatches(frame)).toEqual([expect.stringContaining('coded as unsigned, the data set says signed')]);
    expect(frame).toMatchObject({ signed: true, bitsStored: 12 });
  });

  test('unsigned samples of whole cells become signed, whatever stands above the stored bits', () => {
    const cells = [0, 0x0fff, 0xffff, 0x0800, 0xf800, 0x07ff, 0x1001, 5];
    const frame = decodeFrameSync(grey(cells, 16), { ...GREY, pixelRepresentation: 1 });
    expect([...frame.pixels]).toEqual([0, -1, -1, -2048, -2048, 2047, 1, 5]);
    expect(mismatches(frame)).toHaveLength(2);
  });

  test('signed samples become unsigned by their bits', () => {
    const frame = decodeFrameSync(grey([0, -1, -2048, 2047, 5, -5, 1, 2], 12, true), GREY);
    expect(frame.pixels).toEqual(Uint16Array.from([0, 4095, 2048, 2047, 5, 4091, 1, 2]));
    expect(mismatches(frame)).toHaveLength(1);
  });

  test('depths differ without any value being changed', () => {
    const deep = decodeFrameSync(grey([0, 65535, 4096, 1, 2, 3, 4, 5], 16), GREY);
    expect([...deep.pixels]).toEqual([0, 65535, 4096, 1, 2, 3, 4, 5]);
    expect(deep.bitsStored).toBe(16);
    const shallow = decodeFrameSync(grey([0, 255, 9, 1, 2, 3, 4, 5], 8), GREY);
    expect(shallow.pixels).toEqual(Uint16Array.from([0, 255, 9, 1, 2, 3, 4, 5]));
    expect(shallow.bitsStored).toBe(8);
    for (const frame of [deep, shallow]) expect(mismatches(frame)).toEqual([expect.stringContaining('Bits Stored')]);
  });

  test('the array grows when the cells are too small', () => {
    const frame = decodeFrameSync(grey([0, 4095, 300, 1, 2, 3, 4, 5], 12), { ...GREY, bitsAllocated: 8 });
    expect(frame.pixels).toEqual(Uint16Array.from([0, 4095, 300, 1, 2, 3, 4, 5]));
    expect(mismatches(frame)).toEqual([expect.stringContaining('allocated')]);
  });

  test('arrays are as wide as cells', () => {
    const samples = [0, 1, 2, 3, 4, 5, 6, 7];
    const types: [Partial<FrameAttributes>, unknown][] = [
      [{ bitsAllocated: 8, bitsStored: 8 }, Uint8Array],
      [{ bitsAllocated: 8, bitsStored: 8, pixelRepresentation: 1 }, Int8Array],
      [{ bitsAllocated: 16, bitsStored: 8 }, Uint16Array],
      [{ bitsAllocated: 32, bitsStored: 8 }, Uint32Array],
      [{ bitsAllocated: 32, bitsStored: 8, pixelRepresentation: 1 }, Int32Array],
    ];
    for (const [attributes, type] of types) {
      const frame = decodeFrameSync(grey(samples, 8), { ...GREY, ...attributes, highBit: undefined });
      expect(frame.pixels.constructor).toBe(type);
      expect([...frame.pixels]).toEqual(samples);
    }
  });

  test('sizes, components and high bits are told, and the codestream counts', () => {
    const frame = decodeFrameSync(rgb(), { ...COLOUR, rows: 9, columns: 8, samplesPerPixel: 1, highBit: 11 });
    expect(frame).toMatchObject({ rows: 8, columns: 8, samplesPerPixel: 3 });
    expect(mismatches(frame)).toHaveLength(3);
  });

  test('a JP2 file is read for its codestream', () => {
    const frame = decodeFrameSync(rgb({ container: 'jp2' }), COLOUR);
    expect(frame.pixels).toEqual(RGB_PIXELS);
    expect(mismatches(frame)).toEqual([expect.stringContaining('JP2')]);
  });

  test('subsampled components are brought to full size', () => {
    const plane = (size: number) => new Uint8Array(size * size).fill(7);
    const planes = [{ data: plane(8) }, { data: plane(4), dx: 2, dy: 2 }, { data: plane(4), dx: 2, dy: 2 }];
    const { data } = encodeSync({ width: 8, height: 8, planes }, { container: 'codestream' });
    const frame = decodeFrameSync(data, { ...COLOUR, photometricInterpretation: 'YBR_FULL' });
    expect(frame.pixels).toEqual(new Uint8Array(192).fill(7));
    expect(mismatches(frame)).toEqual([expect.stringContaining('subsampled')]);
  });
});

describe('colours', () => {
  test.each([
    ['YBR_RCT', {}, 'RGB', 0],
    ['YBR_ICT', { rate: { psnr: 40 } }, 'RGB', 0],
    ['YBR_ICT', {}, 'RGB', 1],
    ['RGB', { mct: 'none' }, 'RGB', 0],
    ['RGB', {}, 'RGB', 1],
    ['YBR_RCT', { mct: 'none' }, 'RGB', 1],
    ['YBR_FULL', { mct: 'none' }, 'YBR_FULL', 0],
    ['YBR_FULL', {}, 'YBR_FULL', 1],
  ] as const)('%s coded with %o are %s', (photometricInterpretation, options, found, warnings) => {
    const frame = decodeFrameSync(rgb(options), { ...COLOUR, photometricInterpretation });
    expect(frame.photometricInterpretation).toBe(found);
    expect(mismatches(frame)).toHaveLength(warnings);
    if (!('rate' in options)) expect(frame.pixels).toEqual(RGB_PIXELS);
    expect(frame.lossy).toBe('rate' in options);
  });

  test('come pixel by pixel, or plane by plane where that is asked for', () => {
    const frame = decodeFrameSync(rgb(), { ...COLOUR, planarConfiguration: 1 });
    expect(frame.planarConfiguration).toBe(1);
    const planes = [0, 1, 2].flatMap((c) => [...RGB_PIXELS].filter((_, k) => k % 3 === c));
    expect([...frame.pixels]).toEqual(planes);
    expect(decodeFrameSync(rgb(), COLOUR).planarConfiguration).toBe(0);
    expect(decodeFrameSync(grey([1, 2, 3, 4, 5, 6, 7, 8], 12), { ...GREY, planarConfiguration: 1 })).toMatchObject({
      planarConfiguration: 0,
    });
  });
});

describe('transfer syntaxes', () => {
  test('are known by their UIDs', () => {
    const of = (ending: string) => TRANSFER_SYNTAXES[`1.2.840.10008.1.2.4.${ending}`]!;
    expect(Object.keys(TRANSFER_SYNTAXES)).toHaveLength(11);
    expect(of('90')).toMatchObject({ supported: true, losslessOnly: true, coder: 'classic' });
    expect(of('91')).toMatchObject({ supported: true, losslessOnly: false });
    for (const [uid, syntax] of Object.entries(TRANSFER_SYNTAXES)) {
      expect(syntax.uid).toBe(uid);
      expect(syntax.why === undefined).toBe(syntax.supported);
    }
  });

  test('that hold no frames, or are of other codecs, are refused', () => {
    const frame = grey([1, 2, 3, 4, 5, 6, 7, 8], 12);
    const failure = (ending: string) =>
      failureOf(() => decodeFrameSync(frame, { ...GREY, transferSyntaxUid: `1.2.840.10008.1.2.4.${ending}` }));
    for (const ending of ['94', '95', '204', '205']) {
      expect(failure(ending)).toMatchObject({ kind: 'unsupported', code: 'transfer-syntax' });
    }
    for (const ending of ['50', '80', 'toString']) {
      expect(failure(ending)).toMatchObject({ kind: 'usage', code: 'transfer-syntax' });
    }
  });

  test('that promise more than the frame keeps are told', () => {
    const lossy = rgb({ rate: { psnr: 40 } });
    const uid = (ending: string) => ({ ...COLOUR, transferSyntaxUid: `1.2.840.10008.1.2.4.${ending}` });
    const attributes = { ...uid('90'), photometricInterpretation: 'YBR_ICT' };
    expect(mismatches(decodeFrameSync(lossy, attributes))).toEqual([expect.stringContaining('irreversibly')]);
    expect(mismatches(decodeFrameSync(rgb(), uid('201')))).toEqual([expect.stringContaining('block coder')]);
    expect(mismatches(decodeFrameSync(rgb(), uid('90')))).toEqual([]);
  });
});

describe('encapsulated pixel data', () => {
  const frames = [0, 1, 2]
    .map((n) => grey([n, 2, 3, 4, 5, 6, 7, 8], 12))
    .map((f) => concat(f, new Uint8Array(f.length % 2)));
  const size = (n: number) => frames[n]!.length + 8;
  const items = frames.map((frame) => item(frame));
  const halves = frames.flatMap((frame) => [item(frame.subarray(0, 60)), item(frame.subarray(60))]);
  const end = item([], 0xe0dd);

  test('gives the fragments of every frame, whatever tells frames apart', () => {
    const offsets = [0, size(0), size(0) + size(1)];
    const halfOffsets = offsets.map((offset, k) => offset + 8 * k);
    for (const [value, tables] of [
      [concat(item([]), ...items, end), {}],
      [concat(table(...offsets), ...items, end), {}],
      [concat(item([]), ...items), { extendedOffsets: BigUint64Array.from(offsets.map(BigInt)) }],
      [concat(table(...halfOffsets), ...halves, end), {}],
      [concat(item([]), ...halves, end), {}],
      [concat(item([]), ...halves, end), { extendedOffsets: halfOffsets }],
    ] as const) {
      const found = framesOf(value, { numberOfFrames: 3, ...tables });
      expect(found.map((fragments) => Buffer.concat(fragments))).toEqual(frames.map((frame) => Buffer.from(frame)));
      expect(decodeFrameSync(found[2]!, GREY).pixels[0]).toBe(2);
    }
    expect(framesOf(concat(item([]), ...halves.slice(0, 2), end))).toHaveLength(1);
  });

  test('that contradicts itself is refused', () => {
    for (const run of [
      () => framesOf(new Uint8Array(0)),
      () => framesOf(new Uint8Array(100).fill(9)),
      () => framesOf(concat(item([]), items[0]!.subarray(0, 50))),
      () => framesOf(concat(table(0, 3), ...items), { numberOfFrames: 2 }),
      () => framesOf(concat(table(0), ...items), { numberOfFrames: 3 }),
      () => framesOf(concat(item([]), ...items), { numberOfFrames: 2 }),
      () => framesOf(concat(item([]), ...items), { numberOfFrames: 3, extendedOffsets: [0, 4, 8] }),
    ]) {
      expect(failureOf(run)).toMatchObject({ kind: 'malformed', code: 'dicom-fragments' });
    }
    expect(failureOf(() => framesOf(items[0]!, { numberOfFrames: 0 }))).toMatchObject({ code: 'option-value' });
  });

  test('must be bytes, with attributes that make sense', () => {
    expect(failureOf(() => decodeFrameSync([], GREY))).toMatchObject({ code: 'input-type' });
    expect(failureOf(() => decodeFrameSync('x' as never, GREY))).toMatchObject({ code: 'input-type' });
    expect(failureOf(() => decodeFrameSync(new Uint8Array(8), GREY))).toMatchObject({ code: 'not-jpeg2000' });
    for (const wrong of [
      { bitsAllocated: 0 },
      { bitsStored: 33 },
      { pixelRepresentation: 2 },
      { samplesPerPixel: 0 },
      { photometricInterpretation: undefined as never },
    ]) {
      expect(failureOf(() => decodeFrameSync(frames[0]!, { ...GREY, ...wrong }))).toMatchObject({
        code: 'option-value',
      });
    }
  });

  test('cut short gives what is there', () => {
    const whole = rgb();
    const frame = decodeFrameSync(whole.subarray(0, whole.length - 60), COLOUR);
    expect(frame.status).toBe('partial');
    expect(frame.pixels).toHaveLength(192);
  });
});

describe('frames written here', () => {
  const shape = { rows: 8, columns: 8 };

  test('come back, as bare codestreams of an even length', async () => {
    const cases: [FrameAttributes, PixelArray][] = [
      [{ ...COLOUR, photometricInterpretation: 'RGB' }, RGB_PIXELS],
      [{ ...COLOUR, photometricInterpretation: 'YBR_FULL' }, RGB_PIXELS],
      [{ ...COLOUR, photometricInterpretation: 'RGB', planarConfiguration: 1 }, RGB_PIXELS],
      [GREY, Uint16Array.from({ length: 64 }, (_, k) => (k * 77) % 4096)],
      [{ ...GREY, pixelRepresentation: 1 }, Int16Array.from({ length: 64 }, (_, k) => ((k * 77) % 4096) - 2048)],
    ];
    for (const [attributes, pixels] of cases) {
      const { fragment, photometricInterpretation, ...rest } = await encodeFrame(pixels, { ...attributes, ...shape });
      expect(fragment.length % 2).toBe(0);
      expect(inspectSync(fragment).container).toBe('codestream');
      expect(rest).toMatchObject({ lossy: false, transferSyntaxUid: '1.2.840.10008.1.2.4.90' });
      expect(photometricInterpretation).toBe(
        attributes.photometricInterpretation === 'RGB' ? 'YBR_RCT' : attributes.photometricInterpretation,
      );
      const frame = await decodeFrame([fragment], {
        ...attributes,
        ...shape,
        photometricInterpretation,
        transferSyntaxUid: rest.transferSyntaxUid,
      });
      expect(frame.warnings).toEqual([]);
      expect(frame.pixels).toEqual(pixels);
      expect(frame.photometricInterpretation).toBe(attributes.photometricInterpretation);
    }
  });

  test('say that they are lossy', async () => {
    const attributes = { ...COLOUR, ...shape, photometricInterpretation: 'RGB' };
    const frame = await encodeFrame(RGB_PIXELS, attributes, { rate: { psnr: 30 } });
    expect(frame).toMatchObject({
      lossy: true,
      transferSyntaxUid: '1.2.840.10008.1.2.4.91',
      photometricInterpretation: 'YBR_ICT',
    });
    expect(frame.ratio).toBeGreaterThan(0);
  });

  test.each([
    ['201', {}, '201', 'LRCP'],
    ['202', {}, '202', 'RPCL'],
    ['203', {}, '201', 'LRCP'],
    ['203', { rate: { bpp: 8 } }, '203', 'LRCP'],
    ['201', { rate: { psnr: 40 } }, '203', 'LRCP'],
    ['202', { rate: { qfactor: 90 } }, '203', 'RPCL'],
    ['90', { rate: { psnr: 40 } }, '91', 'LRCP'],
  ] as const)('transfer syntax .%s with %j', async (asked, options, found, progression) => {
    const attributes = {
      ...GREY,
      ...{ rows: 200, columns: 300, transferSyntaxUid: `1.2.840.10008.1.2.4.${asked}` },
    };
    const pixels = Uint16Array.from({ length: 200 * 300 }, (_, k) => 2048 + 1500 * Math.sin((k % 300) / 20 + k / 9000));
    const { fragment, transferSyntaxUid } = await encodeFrame(pixels, attributes, options);
    expect(transferSyntaxUid).toBe(`1.2.840.10008.1.2.4.${found}`);
    expect(inspectSync(fragment)).toMatchObject({ coder: found.startsWith('2') ? 'ht' : 'classic', progression });
    const frame = await decodeFrame(fragment, { ...attributes, transferSyntaxUid });
    expect(frame.warnings).toEqual([]);
    expect(frame.lossy).toBe(found === '203' || found === '91');
    if (!frame.lossy) expect(frame.pixels).toEqual(pixels);
  });

  test('a transfer syntax without pixels cannot be encoded', async () => {
    const attributes = { ...GREY, rows: 2, columns: 4, transferSyntaxUid: '1.2.840.10008.1.2.4.94' };
    await expect(encodeFrame(new Uint16Array(8), attributes)).rejects.toMatchObject({ code: 'transfer-syntax' });
  });

  test('are refused where attributes do not fit', async () => {
    const refused = encodeFrame(RGB_PIXELS, { ...COLOUR, ...shape });
    await expect(refused).rejects.toThrow(Jpeg2000Error);
    await expect(encodeFrame(RGB_PIXELS, { ...GREY, ...shape })).rejects.toThrow(Jpeg2000Error);
  });
});
