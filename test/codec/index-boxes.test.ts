import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DiagnosticLog } from '../../src/codec/errors.ts';
import { boxesIn } from '../../src/codec/fileformat/box.ts';
import { readCidx } from '../../src/codec/fileformat/index-boxes.ts';
import { DEFAULT_LIMITS } from '../../src/codec/limits.ts';
import { makeIndexBox } from '../../src/codec/packets/box-index.ts';
import { CodestreamSource } from '../../src/codec/packets/codestream-source.ts';
import { BytesSource, readNow } from '../../src/codec/source.ts';
import { decodeSync, type EncodeOptions, encodeSync, open, readBoxes, writeIndexBoxes } from '../../src/index.ts';
import { wavyPicture } from '../support/encodes.ts';
import { failureOfAsync } from '../support/failure.ts';
import { fixture } from '../support/fixtures.ts';
import { randomFrom } from '../support/random.ts';
import { expectSamePicture, firstDifference } from '../support/same-picture.ts';
import { describeShared, describeTools, sharedPath } from '../support/shared.ts';
import { TestSource } from '../support/sources.ts';
import { decodeWithOpenJpeg } from '../support/openjpeg.ts';

const options = { colour: 'native', layout: 'planar' } as const;

/** The file with index boxes. */
async function indexed(bytes: Uint8Array): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  const { bytes: length } = await writeIndexBoxes(bytes, { write: (piece) => void pieces.push(piece) });
  const whole = Uint8Array.from(Buffer.concat(pieces));
  expect(whole.length).toBe(length);
  return whole;
}

function jp2(how: EncodeOptions): Uint8Array {
  return encodeSync(wavyPicture(300, 200, 3, 8).image, { container: 'jp2', ...how }).data;
}

const PICTURES: readonly (readonly [string, EncodeOptions])[] = [
  ['one tile', {}],
  ['tiles and layers', { tile: { width: 128, height: 128 }, rate: [{ bpp: 0.5 }, { lossless: true }] }],
  [
    'precincts with SOP and EPH',
    { precincts: [{ width: 64, height: 64 }], markers: { sop: true, eph: true, plt: true } },
  ],
  ['tile-parts', { tileParts: 'resolution' }],
  ['packed headers', { markers: { ppt: true } }],
];

describe.each(PICTURES)('%s', (name, how) => {
  const bytes = jp2(how);
  const whole = decodeSync(bytes, options);

  test('a file with index boxes is the same picture, for us and with the boxes', async () => {
    const file = await indexed(bytes);
    expect(file.subarray(0, bytes.length)).toEqual(bytes);
    expectSamePicture(decodeSync(file, options), whole);
    const picture = await (await open(file)).decode(options);
    expectSamePicture(picture, whole);
    expect(picture.warnings).toEqual([]);
    const far = new TestSource(file);
    const image = await open(far);
    const opened = far.asked.length;
    expectSamePicture(await image.decode({ ...options, reduce: 2 }), decodeSync(bytes, { ...options, reduce: 2 }));
    // one tile-part a tile and headers in line: places are known, and only packets are asked for
    if (name !== 'tile-parts' && name !== 'packed headers') {
      const { codestream, ...info } = image.info;
      expect(info.warnings).toEqual([]);
      for (const { offset } of far.asked.slice(opened)) expect(offset).toBeGreaterThan(codestream.offset + 100);
    }
  });

  test('boxes that are written again take the place of those before', async () => {
    const twice = await indexed(await indexed(bytes));
    const { boxes } = await readBoxes(twice);
    expect(boxes.map(({ type }) => type).slice(-6)).toEqual(['jp2c', 'free', 'free', 'iptr', 'cidx', 'fidx']);
    expectSamePicture(await (await open(twice)).decode(options), whole);
  });

  test('boxes that lie are found out, or packets that do not fit are said', { timeout: 30_000 }, async () => {
    const file = await indexed(bytes);
    const random = randomFrom(how.tile ? 1 : 2);
    for (let n = 0; n < 40; n++) {
      const damaged = file.slice();
      for (let k = 0; k < 3; k++) damaged[random.int(bytes.length, file.length - 1)] = random.int(0, 255);
      const picture = await (await open(damaged)).decode(options);
      if (picture.warnings.length === 0) expectSamePicture(picture, whole);
    }
  });
});

test('a codestream in a box without a length gets one', async () => {
  const bytes = jp2({}).slice();
  const at = Buffer.from(bytes).indexOf('jp2c') - 4;
  bytes.set([0, 0, 0, 0], at);
  const file = await indexed(bytes);
  expect(new DataView(file.buffer).getUint32(at)).toBe(bytes.length - at);
  expectSamePicture(decodeSync(file, options), decodeSync(bytes, options));
});

test('index boxes go into JP2 files only', async () => {
  expect(await failureOfAsync(() => indexed(fixture('layers-lrcp-53')))).toMatchObject({ kind: 'usage' });
});

describeShared('jpip-captures', 'files that OpenJPIP serves', () => {
  const folder = ['jpip-captures', 'sources', 'openjpip'];
  test.each(readdirSync(sharedPath(...folder)).filter((name) => name.endsWith('.jp2')))(
    '%s: its index is what we find, and open uses it',
    async (name) => {
      const bytes = new Uint8Array(readFileSync(sharedPath(...folder, name)));
      const log = new DiagnosticLog(true);
      const top = [...boxesIn(bytes, 0, log)];
      const theirs = readCidx(top.find(({ type }) => type === 'cidx')!, log)!;
      const { offset, length } = theirs.codestream;
      const reading = CodestreamSource.open(new BytesSource(bytes), { offset, length }, DEFAULT_LIMITS, log);
      const ours = readNow(makeIndexBox(readNow(reading, bytes), length, DEFAULT_LIMITS), bytes);
      expect(ours.codestream).toEqual(theirs.codestream);
      expect(ours.tileParts).toEqual(theirs.tileParts);
      expect(ours.packets).toEqual(theirs.packets);
      expect(ours.header!.length).toBe(theirs.header!.length);
      for (const segment of theirs.header!.segments) {
        expect(ours.header!.segments).toContainEqual({ ...segment, more: expect.any(Number) });
      }
      expect(ours.tileHeaders!.map((h) => h.length)).toEqual(theirs.tileHeaders!.map((h) => h.length));
      const far = new TestSource(bytes);
      const image = await open(far);
      expectSamePicture(await image.decode({ ...options, reduce: 1 }), decodeSync(bytes, { ...options, reduce: 1 }));
    },
  );
});

describeTools(['opj_decompress', 'opj_dump'], 'files with index boxes', () => {
  test.each(PICTURES)('%s: OpenJPEG reads them', async (_, how) => {
    const bytes = jp2(how);
    const file = await indexed(bytes);
    const planes = await decodeWithOpenJpeg(file);
    const ours = decodeSync(bytes, options);
    for (const [c, plane] of planes.entries()) expect(firstDifference(plane.data, ours.planes![c]!.data)).toBe(-1);
    const folder = mkdtempSync(join(tmpdir(), 'jp2kit-boxes-'));
    try {
      writeFileSync(join(folder, 'a.jp2'), file);
      expect(execFileSync('opj_dump', ['-i', join(folder, 'a.jp2')], { encoding: 'utf8' })).toContain('numcomps=3');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
