import { parseArgs } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parseProgressionChanges } from '../../src/cli/coding-options.ts';
import {
  ENCODE_FLAGS,
  encodeOptionsOf,
  isLossy,
  mergeColour,
  mergeMetadata,
  parseResolution,
} from '../../src/cli/encode-options.ts';
import { withoutAliases } from '../../src/cli/options.ts';
import { hex } from '../codec/fileformat/box-bytes.ts';

/** Files that options can name. */
const FILES: Readonly<Record<string, string>> = { 'a.xml': '<a/>', 'b.xml': '<b/>', 'mask.pgm': 'P5 2 1 255 \0x' };

function optionsOf(...args: string[]) {
  const { values } = parseArgs({ args: withoutAliases(args, ENCODE_FLAGS), options: ENCODE_FLAGS });
  return encodeOptionsOf(values, (path) => new TextEncoder().encode(FILES[path] ?? path));
}

test('no arguments are no options', () => {
  expect(optionsOf('-o', 'x.jp2')).toEqual({});
});

describe('rates', () => {
  test.each([
    [['--lossless'], { lossless: true }],
    [['--ratio', '20'], { ratio: 20 }],
    [
      ['--ratio', '80,40,20'],
      [{ ratio: 80 }, { ratio: 40 }, { ratio: 20 }],
    ],
    [['--bpp=0.25,0.5'], [{ bpp: 0.25 }, { bpp: 0.5 }]],
    [['--rate', '1'], { bpp: 1 }],
    [
      ['--bytes', '50k,1M'],
      [{ bytes: 50_000 }, { bytes: 1_000_000 }],
    ],
    [['--psnr', '40'], { psnr: 40 }],
    [
      ['--quality', '30,40'],
      [{ psnr: 30 }, { psnr: 40 }],
    ],
    [['--step', '0.01'], { step: 0.01 }],
    [
      ['--ratio', '80,40,lossless'],
      [{ ratio: 80 }, { ratio: 40 }, { lossless: true }],
    ],
    [
      ['--ratio', '80', '--lossless'],
      [{ ratio: 80 }, { lossless: true }],
    ],
  ])('%j', (args, rate) => {
    expect(optionsOf(...args)).toEqual({ rate });
  });

  test.each([
    [['--ratio', '20', '--bpp', '1'], /two kinds/],
    [['--ratio', '0'], /--ratio takes/],
    [['--bpp', 'lossless,1'], /--bpp takes/],
    [['--bytes', 'many'], /--bytes takes/],
    [['--ratio', '20,10', '--layers', '3'], /contradicts/],
  ])('%j are refused', (args, message) => {
    expect(() => optionsOf(...args)).toThrow(message);
  });

  test('say whether samples change', () => {
    expect(isLossy(optionsOf())).toBe(false);
    expect(isLossy(optionsOf('--ratio', '80,lossless'))).toBe(false);
    expect(isLossy(optionsOf('--ratio', '80,20'))).toBe(true);
    expect(isLossy(optionsOf('--psnr', '40'))).toBe(true);
    expect(isLossy(optionsOf('--profile', 'cinema2k'))).toBe(true);
    expect(isLossy(optionsOf('--profile', 'archive', '--lossless'))).toBe(false);
  });
});

describe('coding and arrangement', () => {
  test.each([
    ['--layers 5', { layers: 5 }],
    ['--levels 3', { levels: 3 }],
    ['--resolutions 4', { levels: 3 }],
    ['--levels 3 --resolutions 4', { levels: 3 }],
    ['--wavelet 9/7', { wavelet: '9/7' }],
    ['--wavelet 53', { wavelet: '5/3' }],
    ['--mct ict', { mct: 'ict' }],
    ['--mct 0', { mct: 'none' }],
    ['--code-block 32', { codeBlock: { width: 32, height: 32 } }],
    ['--cblk 64x32', { codeBlock: { width: 64, height: 32 } }],
    [
      '--precincts 256x256,128x128',
      {
        precincts: [
          { width: 256, height: 256 },
          { width: 128, height: 128 },
        ],
      },
    ],
    [
      '--precincts [256,256],[128,64]',
      {
        precincts: [
          { width: 256, height: 256 },
          { width: 128, height: 64 },
        ],
      },
    ],
    ['--style lazy,TERMINATE,segmark', { codeBlockStyle: { bypass: true, terminate: true, segmentation: true } }],
    ['--quantization derived', { quantization: 'derived' }],
    ['--guard-bits 3', { guardBits: 3 }],
    ['--weights visual', { weights: 'visual' }],
    ['--progression rpcl', { progression: 'RPCL' }],
    ['--order CPRL', { progression: 'CPRL' }],
    ['--tile 512x256', { tile: { width: 512, height: 256 } }],
    ['--tiles 512', { tile: { width: 512, height: 512 } }],
    ['--origin 5,6 --tile-origin 1,2', { origin: { x: 5, y: 6 }, tileOrigin: { x: 1, y: 2 } }],
    ['--tile-parts r', { tileParts: 'resolution' }],
    ['--tlm --plt --sop --eph', { markers: { tlm: true, plt: true, sop: true, eph: true } }],
    ['--plm --ppm', { markers: { plm: true, ppm: true } }],
    ['--ppt', { markers: { ppt: true } }],
    ['--profile cinema2k', { profile: 'cinema2k' }],
    ['--profile broadcast --frame-rate 59.94', { profile: 'broadcast', frameRate: 59.94 }],
    ['--container j2k', { container: 'codestream' }],
    ['--verify', { verify: true }],
  ])('%s', (line, options) => {
    expect(optionsOf(...line.split(' '))).toEqual(options);
  });

  test.each([
    ['--levels 3 --resolutions 3', /contradicts/],
    ['--resolutions 0', /at least 1/],
    ['--frame-rate 0', /--frame-rate takes/],
    ['--wavelet 7/9', /--wavelet takes 5\/3, 9\/7/],
    ['--style fast', /--style takes/],
    ['--progression LCRP', /--progression takes/],
    ['--tile big', /--tile takes WIDTHxHEIGHT/],
    ['--origin 5', /2 whole numbers/],
    ['--tile-parts x', /--tile-parts takes/],
    ['--container zip', /--container takes/],
  ])('%s is refused', (line, message) => {
    expect(() => optionsOf(...line.split(' '))).toThrow(message);
  });
});

describe('changes of progression', () => {
  test('have ranges without their ends, and an asterisk for all', () => {
    expect(parseProgressionChanges('0-3:0-1:2:rlcp/*:*:*:LRCP')).toEqual([
      { resolutionStart: 0, resolutionEnd: 3, componentStart: 0, componentEnd: 1, layerEnd: 2, progression: 'RLCP' },
      {
        ...{ resolutionStart: 0, resolutionEnd: 33, componentStart: 0, componentEnd: 16384 },
        ...{ layerEnd: 65535, progression: 'LRCP' },
      },
    ]);
    expect(optionsOf('--poc', '0-1:*:1:LRCP').progressionChanges).toHaveLength(1);
  });

  test.each(['', '0-3', '3-3:*:1:LRCP', '*:*:0:LRCP', '*:*:1:LRC', '*:*:1:ABCD', '0:0:1:LRCP'])(
    '%j is refused',
    (text) => {
      expect(() => parseProgressionChanges(text)).toThrow('--poc takes');
    },
  );
});

describe('regions', () => {
  test('are rectangles or a mask', () => {
    expect(optionsOf('--roi', '1,2,3,4', '--roi', '5,6,7,8', '--roi-shift', '9', '--roi-components', '0,2')).toEqual({
      roi: {
        rects: [
          { x: 1, y: 2, width: 3, height: 4 },
          { x: 5, y: 6, width: 7, height: 8 },
        ],
        shift: 9,
        components: [0, 2],
      },
    });
    expect(optionsOf('--roi-mask', 'mask.pgm')).toEqual({ roi: { mask: Uint8Array.of(0, 1) } });
  });

  test.each([
    [['--roi', '1,2,3'], /4 whole numbers/],
    [['--roi-shift', '3'], /need a region/],
    [['--roi', '1,2,3,4', '--roi-mask', 'mask.pgm'], /twice/],
  ])('%j are refused', (args, message) => {
    expect(() => optionsOf(...args)).toThrow(message);
  });
});

describe('boxes', () => {
  test('come from words and files', () => {
    expect(optionsOf('--colour', 'gray')).toEqual({ colour: { space: 'grey' } });
    expect(optionsOf('--color', 'sYCC')).toEqual({ colour: { space: 'sycc' } });
    expect(optionsOf('--icc', 'profile')).toEqual({ colour: { icc: new TextEncoder().encode('profile') } });
    expect(optionsOf('--comment', 'one', '--comment', 'two')).toEqual({ comments: ['one', 'two'] });
    expect(optionsOf('--no-comment')).toEqual({ comments: [] });
    const id = '00112233-4455-6677-8899-aabbccddeeff';
    expect(
      optionsOf(
        ...['--xml', 'a.xml', '--xml', 'b.xml', '--xmp', 'x', '--gml', 'g', '--geotiff', 'II', '--uuid', `${id}:a`],
      ),
    ).toEqual({
      metadata: {
        xml: ['<a/>', '<b/>'],
        xmp: 'x',
        gml: 'g',
        geotiff: hex('4949'),
        uuid: [{ id, data: hex('61') }],
      },
    });
  });

  test.each([
    ['300dpi', 300 / 0.0254, 300 / 0.0254],
    ['300x150 dpi', 300 / 0.0254, 150 / 0.0254],
    ['118dpcm', 11800, 11800],
    ['11811x5906', 11811, 5906],
    ['2.5ppm', 2.5, 2.5],
  ])('a resolution of %s', (text, x, y) => {
    expect(parseResolution(text, 'resolution')).toEqual({ x, y });
    expect(optionsOf('--resolution', text).metadata?.resolution).toEqual({ capture: { x, y } });
    expect(optionsOf('--display-resolution', text).metadata?.resolution).toEqual({ display: { x, y } });
  });

  test.each([
    [['--colour', 'red'], /--colour takes/],
    [['--colour', 'srgb', '--icc', 'x'], /both name the colours/],
    [['--comment', 'x', '--no-comment'], /contradict/],
    [['--uuid', 'nothing'], /ID:FILE/],
    [['--resolution', 'fine'], /300dpi/],
    [['--resolution', '0dpi'], /numbers above 0/],
  ])('%j are refused', (args, message) => {
    expect(() => optionsOf(...args)).toThrow(message);
  });
});

describe('what the input says', () => {
  const columns = [{ precision: 8, entries: hex('00') }];

  test('of its colours holds unless the call says otherwise', () => {
    const icc = hex('01');
    expect(mergeColour(undefined, undefined, false)).toBeUndefined();
    expect(mergeColour({ icc }, undefined, false)).toEqual({ icc });
    expect(mergeColour({ icc, palette: { columns } }, { space: 'sycc' }, false)).toEqual({
      space: 'sycc',
      palette: { columns },
    });
    expect(mergeColour({ space: 'cmyk' }, undefined, true)).toEqual({ space: 'cmyk' });
    expect(mergeColour({ icc, palette: { columns } }, undefined, true)).toEqual({ palette: { columns } });
    expect(mergeColour({ icc }, undefined, true)).toBeUndefined();
  });

  test('beside its samples is joined by what the call says', () => {
    const capture = { x: 1, y: 1 };
    const input = { xmp: 'old', xml: ['<a/>'], resolution: { capture } };
    expect(mergeMetadata(input, undefined, false)).toBe(input);
    expect(mergeMetadata(input, { xmp: 'new', xml: ['<b/>'], resolution: { display: capture } }, false)).toEqual({
      xmp: 'new',
      xml: ['<a/>', '<b/>'],
      resolution: { capture, display: capture },
    });
    expect(mergeMetadata(input, undefined, true)).toBeUndefined();
    expect(mergeMetadata(input, { gml: 'g' }, true)).toEqual({ gml: 'g' });
  });
});
