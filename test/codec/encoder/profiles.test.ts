import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  decodeSync,
  type EncodeOptions,
  encodeSync,
  type ImageInfo,
  inspectSync,
  type RawImage,
} from '../../../src/index.ts';
import { failureOf } from '../../support/failure.ts';
import { describeTools } from '../../support/shared.ts';

/** Waves and a little noise. */
function picture(width: number, height: number, channels: number, precision: number): RawImage {
  const most = 2 ** precision - 1;
  const data = new Uint16Array(width * height * channels);
  for (let k = 0; k < data.length; k++) {
    const x = Math.floor(k / channels) % width;
    const y = Math.floor(k / channels / width);
    const wave = 0.5 + 0.3 * Math.sin(x / 17 + (k % channels)) * Math.cos(y / 23);
    data[k] = most * wave + ((Math.imul(k, 2654435761) >>> 24) * most) / 4096;
  }
  return { width, height, channels, precision, data };
}

const film = picture(300, 200, 3, 12);

function infoOf(image: RawImage, options: EncodeOptions): ImageInfo {
  const { data } = encodeSync(image, options);
  expect(decodeSync(data, { strict: true }).status).toBe('complete');
  return inspectSync(data, { index: true });
}

function refusal(image: RawImage, options: EncodeOptions): string {
  return failureOf(() => encodeSync(image, options)).code;
}

describe('digital cinema', () => {
  test('a 2K frame is one tile of three tile-parts, a component each, with the markers of the profile', () => {
    const info = infoOf(film, { profile: 'cinema2k' });
    expect(info).toMatchObject({
      container: 'codestream',
      profile: { rsiz: 3 },
      progression: 'CPRL',
      layers: 1,
      levels: 5,
      reversible: false,
      mct: 'ict',
      codeBlock: { width: 32, height: 32, styles: [] },
      quantization: { guardBits: 1 },
      markers: { tlm: true, poc: false, rgn: false },
    });
    expect(info.tileParts).toHaveLength(3);
    expect(info.precincts[0]).toEqual({ width: 128, height: 128 });
    expect(info.precincts.slice(1)).toEqual(Array(5).fill({ width: 256, height: 256 }));
  });

  test('a 4K frame sends all components of the 2K resolutions before the rest', () => {
    const info = infoOf(film, { profile: 'cinema4k' });
    expect(info).toMatchObject({
      profile: { rsiz: 4 },
      levels: 6,
      quantization: { guardBits: 2 },
      markers: { poc: true },
    });
    expect(info.tileParts).toHaveLength(6);
  });

  test('a frame keeps to its size, and no component takes more than four fifths of it', () => {
    // noise in one component only: left alone it would get nearly all of the frame
    const noisy = picture(1024, 1024, 3, 12);
    const data = noisy.data as Uint16Array;
    for (let k = 0; k < data.length; k++) data[k] = k % 3 === 1 ? (Math.imul(k, 40503) >>> 4) & 4095 : 2048;
    const { data: file, bytes } = encodeSync(noisy, { profile: 'cinema2k', frameRate: 48 });
    expect(bytes).toBeLessThanOrEqual(651041);
    const { packets } = inspectSync(file, { index: true });
    for (const component of packets!.bytesByComponent) expect(component).toBeLessThanOrEqual(520833);
  });

  test.each<[string, RawImage, EncodeOptions]>([
    ['a picture that is too wide', picture(2049, 8, 3, 12), {}],
    ['8 bits', picture(64, 64, 3, 8), {}],
    ['one component', picture(64, 64, 1, 12), {}],
    ['another progression', film, { progression: 'LRCP' }],
    ['tiles', film, { tile: { width: 128, height: 128 } }],
    ['the 5/3 filter', film, { wavelet: '5/3' }],
    ['layers', film, { layers: 2 }],
    ['a region of interest', film, { roi: { rects: [{ x: 0, y: 0, width: 9, height: 9 }] } }],
    ['a code-block style', film, { codeBlockStyle: { bypass: true } }],
    ['other code-blocks', film, { codeBlock: { width: 64, height: 64 } }],
    ['other precincts', film, { precincts: [{ width: 256, height: 256 }] }],
    ['a JP2 file', film, { container: 'jp2' }],
    ['a larger frame', film, { rate: { bytes: 1302084 } }],
    ['no size', film, { rate: { psnr: 50 } }],
    ['an offset', film, { origin: { x: 1, y: 0 } }],
    ['packed headers', film, { markers: { ppt: true } }],
    ['more guard bits', film, { guardBits: 2 }],
    [
      'a change of progression',
      film,
      {
        progressionChanges: [
          {
            resolutionStart: 0,
            resolutionEnd: 6,
            componentStart: 0,
            componentEnd: 3,
            layerEnd: 1,
            progression: 'CPRL',
          },
        ],
      },
    ],
  ])('%s is refused', (_, image, options) => {
    expect(refusal(image, { profile: 'cinema2k', ...options })).toBe('profile');
  });
});

describe('interoperable masters', () => {
  test('say their size class, filter and level in Rsiz', () => {
    const eight = picture(640, 360, 3, 10);
    // 640 x 360 x 3 x 24 = 17 Msamples/s: main level 1; 0.5 bpp x 24: sublevel 1
    expect(infoOf(eight, { profile: 'imf', rate: { bpp: 0.5 } }).profile.rsiz).toBe(0x0411);
    expect(infoOf(eight, { profile: 'imf' }).profile.rsiz).toBe(0x0711);
    expect(infoOf(eight, { profile: 'imf', frameRate: 120 }).profile.rsiz).toBe(0x0712);
    const wide = picture(2100, 16, 1, 10);
    expect(infoOf(wide, { profile: 'imf', rate: { bpp: 1 }, levels: 3 }).profile.rsiz & 0xff00).toBe(0x0500);
  });

  test('may have square tiles of 1024 when lossless, and none when not', () => {
    const frame = picture(1100, 1030, 1, 8);
    const tile = { width: 1024, height: 1024 };
    expect(infoOf(frame, { profile: 'imf', tile })).toMatchObject({ levels: 4, tiles: { columns: 2, rows: 2 } });
    expect(refusal(frame, { profile: 'imf', tile, rate: { bpp: 1 } })).toBe('profile');
    expect(refusal(frame, { profile: 'imf', tile: { width: 512, height: 512 } })).toBe('profile');
    expect(refusal(frame, { profile: 'imf', tile, levels: 5 })).toBe('profile');
  });

  test('do not promise a bit rate that their level does not have', () => {
    expect(refusal(film, { profile: 'imf', rate: { bytes: 40_000_000 } })).toBe('profile');
  });
});

test('broadcast frames are one tile of 9/7 with a level in Rsiz', () => {
  const info = infoOf(picture(400, 200, 3, 10), { profile: 'broadcast', rate: { bpp: 2 } });
  expect(info).toMatchObject({ profile: { rsiz: 0x0101 }, progression: 'CPRL', reversible: false, levels: 5 });
  expect(refusal(picture(64, 64, 3, 14), { profile: 'broadcast', rate: { bpp: 2 } })).toBe('profile');
  expect(refusal(picture(64, 64, 3, 10), { profile: 'broadcast', rate: { lossless: true } })).toBe('option-value');
});

test('broadcast frames take what their main level has where no rate is given, and a higher level for a higher rate', () => {
  const frame = picture(400, 200, 3, 10);
  const sizeOf = (options: EncodeOptions) => encodeSync(frame, { profile: 'broadcast', ...options }).bytes;
  // 240 000 samples at 200 / 65 bits; 200 Mbit/s at 5000 frames a second
  expect(sizeOf({})).toBeLessThanOrEqual(92307);
  expect(sizeOf({ frameRate: 250 })).toBeLessThanOrEqual(92307);
  expect(sizeOf({ frameRate: 812 })).toBeLessThanOrEqual(30788);
  expect(sizeOf({ frameRate: 812 })).toBeGreaterThan(30000);
  expect(infoOf(frame, { profile: 'broadcast', rate: { bpp: 3 }, frameRate: 24 }).profile.rsiz).toBe(0x0101);
  // 10 bits a point, 80 000 of them, 270 times a second: 216 Mbit/s, which level 4 is the first to have
  expect(infoOf(frame, { profile: 'broadcast', rate: { bpp: 10 }, frameRate: 270 }).profile.rsiz).toBe(0x0104);
});

test.each(['cinema2k', 'cinema4k', 'broadcast', 'imf', 'dicom-j2k', 'jpip', 'archive'] as const)(
  '%s needs nothing besides its name, however small the picture is',
  (profile) => {
    for (const size of [1, 2, 3, 7, 40]) {
      const precision = profile.startsWith('cinema') ? 12 : 10;
      const { data } = encodeSync(picture(size, size, 3, precision), { profile });
      expect(decodeSync(data, { strict: true })).toMatchObject({ status: 'complete', width: size, height: size });
    }
  },
);

test('no rate at all, or something that is none, is a wrong rate under a profile too', () => {
  for (const rate of [null, 3, {}, [], [null], { bytes: 5, bpp: 3 }]) {
    expect(refusal(film, { profile: 'cinema2k', rate: rate as never })).toBe('rate-value');
    expect(refusal(film, { profile: 'imf', rate: rate as never })).toBe('rate-value');
  }
});

test('DICOM frames are bare codestreams of one or three components, lossless or not', () => {
  const grey = picture(100, 80, 1, 16);
  expect(infoOf(grey, { profile: 'dicom-j2k' })).toMatchObject({ container: 'codestream', reversible: true });
  expect(infoOf(grey, { profile: 'dicom-j2k', rate: { ratio: 10 } })).toMatchObject({ reversible: false });
  expect(refusal(grey, { profile: 'dicom-j2k', container: 'jp2' })).toBe('profile');
  expect(refusal(picture(16, 16, 2, 8), { profile: 'dicom-j2k' })).toBe('profile');
  expect(
    refusal({ ...picture(16, 16, 1, 8), precision: 17, data: new Uint32Array(256) }, { profile: 'dicom-j2k' }),
  ).toBe('profile');
});

test('files for JPIP come by resolution, in small precincts, with packet and tile-part lengths', () => {
  const info = infoOf(picture(700, 500, 3, 8), { profile: 'jpip' });
  expect(info).toMatchObject({ container: 'jp2', progression: 'RPCL', layers: 6, markers: { plt: true, tlm: true } });
  expect(info.tileParts).toHaveLength(6);
  expect(info.precincts).toEqual(Array(6).fill({ width: 256, height: 256 }));
  expect(refusal(film, { profile: 'jpip', markers: { plt: false } })).toBe('profile');
});

test('archival masters are lossless, verified, and guarded against damage', () => {
  const info = infoOf(picture(300, 200, 3, 8), { profile: 'archive' });
  expect(info).toMatchObject({ reversible: true, markers: { sop: true, eph: true, plt: true, tlm: true } });
  expect(refusal(film, { profile: 'archive', rate: { bpp: 1 } })).toBe('profile');
});

test('an unknown profile is a wrong option', () => {
  expect(refusal(film, { profile: 'vhs' as never })).toBe('option-value');
});

describeTools(['opj_compress'], 'beside the profiles of OpenJPEG', () => {
  test.each<[string, string[], EncodeOptions]>([
    ['2K cinema', ['-cinema2K', '24'], { profile: 'cinema2k' }],
    ['4K cinema', ['-cinema4K'], { profile: 'cinema4k', levels: 5 }],
    ['IMF 2K', ['-IMF', '2K,mainlevel=1,sublevel=1', '-r', '10'], { profile: 'imf', rate: { ratio: 10 } }],
  ])(
    '%s has the same headers',
    (_, args, options) => {
      const image = picture(640, 360, 3, 12);
      const folder = mkdtempSync(join(tmpdir(), 'jp2kit-profile-'));
      try {
        const { width, height, data } = image;
        const raw = new Uint8Array(data!.length * 2);
        data!.forEach((value, k) => {
          const at = 2 * (width * height * (k % 3) + Math.floor(k / 3));
          raw[at] = value >> 8;
          raw[at + 1] = value;
        });
        writeFileSync(join(folder, 'in.raw'), raw);
        const output = join(folder, 'out.j2k');
        const format = `${width},${height},3,12,u`;
        execFileSync('opj_compress', ['-i', join(folder, 'in.raw'), '-F', format, '-o', output, ...args], {
          stdio: 'pipe',
        });
        const theirs = inspectSync(readFileSync(output), { index: true });
        const ours = inspectSync(encodeSync(image, options).data, { index: true });
        for (const key of ['progression', 'layers', 'codeBlock', 'precincts', 'reversible', 'mct', 'tiles'] as const) {
          expect(ours[key], key).toEqual(theirs[key]);
        }
        expect(ours.profile.rsiz).toBe(theirs.profile.rsiz);
        expect(ours.levels).toBe(theirs.levels);
        expect(ours.tileParts!.map(({ tile, part, of }) => [tile, part, of])).toEqual(
          theirs.tileParts!.map(({ tile, part, of }) => [tile, part, of]),
        );
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
    60_000,
  );
});
