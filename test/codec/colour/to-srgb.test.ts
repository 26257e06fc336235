import { describe, expect, test } from 'vitest';
import { type RenderOptions, renderSrgb } from '../../../src/codec/colour/to-srgb.ts';
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import type { ChannelInfo, ColourInfo, Plane } from '../../../src/codec/image.ts';
import { ascii, hex, join } from '../fileformat/box-bytes.ts';
import { curv, profile, SRGB_CURVE, SRGB_PROFILE } from './icc-bytes.ts';
import { row } from './planes.ts';

const colours = (count: number): ChannelInfo[] =>
  Array.from({ length: count }, (_, k) => ({ kind: 'colour', association: k + 1 }));

function render(planes: Plane[], colour: Partial<ColourInfo>, options: RenderOptions = {}) {
  const log = new DiagnosticLog();
  const full: ColourInfo = { space: 'srgb', channels: colours(planes.length), palette: false, ...colour };
  const result = renderSrgb(planes, full, options, log);
  return {
    samples: result.planes.map((plane) => Array.from(plane.data)),
    colour: result.colour,
    planes: result.planes,
    codes: log.list.map((d) => d.code),
  };
}

describe('sRGB', () => {
  test('of eight bits is passed on as it is', () => {
    const data = Uint8Array.of(1, 2, 3);
    expect(render([row(data), row(data), row(data)], {}).planes[1].data).toBe(data);
  });

  test('of other depths is scaled to the full range', () => {
    const plane = row(Uint16Array.of(0, 2048, 4095), { precision: 12 });
    expect(render([plane, plane, plane], {}).samples[0]).toEqual([0, 128, 255]);
    expect(render([plane, plane, plane], {}, { precision: 16 }).samples[0]).toEqual([0, 32776, 65535]);
  });

  test('keeps opacity behind the colours, scaled, and drops what is unspecified', () => {
    const channels: ChannelInfo[] = [
      { kind: 'opacity', association: 0 },
      { kind: 'unspecified', association: 65535 },
      { kind: 'colour', association: 3 },
      { kind: 'colour', association: 2 },
      { kind: 'colour', association: 1 },
    ];
    const planes = [row([1], { precision: 1 }), row([9]), row([30]), row([20]), row([10])];
    const { samples, colour } = render(planes, { channels });
    expect(samples).toEqual([[10], [20], [30], [255]]);
    expect(colour).toMatchObject({ space: 'srgb', channels: [...colours(3), { kind: 'opacity', association: 0 }] });
  });
});

describe('grey', () => {
  test('becomes three planes that share their samples', () => {
    const { planes, samples } = render([row([-128, 0, 127], { signed: true })], { space: 'grey' });
    expect(samples[0]).toEqual([0, 128, 255]);
    expect(planes[1].data).toBe(planes[0].data);
  });

  test('of bi-level value 0 counts from white', () => {
    expect(render([row([0, 1], { precision: 1 })], { space: 'grey', enumerated: 0 }).samples[0]).toEqual([255, 0]);
    expect(render([row([0, 1], { precision: 1 })], { space: 'grey', enumerated: 15 }).samples[0]).toEqual([0, 255]);
  });
});

describe('sYCC', () => {
  const red = [76, 85, 255]; // BT.601 of pure red
  test('without chrominance is grey', () => {
    expect(render([row([0, 99, 255]), row([128, 128, 128]), row([128, 128, 128])], { space: 'sycc' }).samples).toEqual([
      [0, 99, 255],
      [0, 99, 255],
      [0, 99, 255],
    ]);
  });

  test('follows BT.601 over full ranges, with signed chrominance too', () => {
    expect(
      render(
        red.map((v) => row([v])),
        { space: 'sycc' },
      ).samples,
    ).toEqual([[254], [0], [0]]);
    const signed = [row([76]), row([85 - 128], { signed: true }), row([127], { signed: true })];
    expect(render(signed, { space: 'sycc' }).samples).toEqual([[254], [0], [0]]);
  });

  test('works at ten bits', () => {
    const planes = [512, 512, 512].map((v) => row([v], { precision: 10 }));
    expect(render(planes, { space: 'sycc' }).samples).toEqual([[128], [128], [128]]);
  });

  test('with smaller chrominance is brought to one grid', () => {
    const chroma = row([128, 255], { dx: 2 });
    const bounds = { x0: 0, y0: 0, x1: 4, y1: 1 };
    const planes = [row([100, 100, 100, 100]), row([128, 128], { dx: 2 }), chroma];
    expect(render(planes, { space: 'sycc' }, { bounds }).samples[0]).toEqual([100, 100, 255, 255]);
    expect(render(planes, { space: 'sycc' }, { bounds, upsample: 'linear' }).samples[0]).toEqual([100, 190, 255, 255]);
    expect(() => render(planes, { space: 'sycc' })).toThrow(expect.objectContaining({ code: 'layout-mismatch' }));
  });

  test('is what a bare codestream with smaller second and third components is taken for', () => {
    const planes = [row([76, 76]), row([85], { dx: 2 }), row([255], { dx: 2 })];
    const bounds = { x0: 0, y0: 0, x1: 2, y1: 1 };
    expect(render(planes, { space: 'unknown' }, { bounds }).samples[0]).toEqual([254, 254]);
  });
});

test('e-sRGB has black at three eighths and clips what lies outside', () => {
  const black = 384; // of 10 bits
  const white = 384 + 510;
  const plane = row([0, black, black + 255, white, 1023], { precision: 10 });
  expect(render([plane, plane, plane], { space: 'esrgb' }).samples[0]).toEqual([0, 0, 128, 255, 255]);
});

test('CMYK is light left over by perfect inks', () => {
  const planes = [row([0, 255, 0, 255]), row([0, 0, 0, 255]), row([0, 0, 0, 0]), row([0, 0, 255, 0])];
  expect(render(planes, { space: 'cmyk' }).samples).toEqual([
    [255, 0, 0, 0],
    [255, 255, 0, 0],
    [255, 255, 0, 255],
  ]);
});

describe('CIELab', () => {
  /** Samples of 8 bits for L*, a*, b* with the default ranges and offsets. */
  function lab(l: number, a: number, b: number): Plane[] {
    return [(l / 100) * 255, (a / 170) * 255 + 128, (b / 200) * 255 + 96].map((v) => row([Math.round(v)]));
  }

  test('has white, black and a grey in the middle', () => {
    expect(render(lab(100, 0, 0), { space: 'cielab' }).samples).toEqual([[255], [255], [255]]);
    expect(render(lab(0, 0, 0), { space: 'cielab' }).samples).toEqual([[0], [0], [0]]);
    const [[r], [g], [b]] = render(lab(53.4, 0, 0), { space: 'cielab' }).samples;
    for (const v of [r, g, b]) expect(Math.abs(v - 127)).toBeLessThanOrEqual(1);
  });

  test('finds the primaries of sRGB where they are under D50', () => {
    const [[r], [g], [b]] = render(lab(54.29, 80.81, 69.89), { space: 'cielab' }).samples; // red
    expect(Math.abs(r - 255)).toBeLessThanOrEqual(4);
    expect(g).toBeLessThanOrEqual(12); // half a level of a* or b* is several levels of a dark green
    expect(b).toBeLessThanOrEqual(12);
  });

  test('takes ranges, offsets and the illuminant from the box', () => {
    const ep = '00000064 00000000 000000FF 00000080 000000FF 00000080 00443635'; // a*, b* = sample - 128, D65
    const planes = [row([255]), row([128]), row([128])];
    const { samples, codes } = render(planes, { space: 'cielab', parameters: hex(ep) });
    expect(samples).toEqual([[255], [255], [255]]);
    expect(codes).toEqual([]);
    const odd = ep.replace('00443635', '12345678');
    expect(render(planes, { space: 'cielab', parameters: hex(odd) }).codes).toEqual(['colour-space']);
  });
});

describe('ICC profiles', () => {
  const ramp = row(Uint8Array.from({ length: 256 }, (_, k) => k));
  const other = row(Uint8Array.from({ length: 256 }, (_, k) => (k * 7) & 255));

  test('of sRGB change nothing', () => {
    const { samples, codes } = render([ramp, other, ramp], { space: 'icc', icc: SRGB_PROFILE });
    expect(codes).toEqual([]);
    [ramp, other, ramp].forEach((plane, c) => {
      expect(Math.max(...samples[c].map((v, k) => Math.abs(v - plane.data[k])))).toBeLessThanOrEqual(1);
    });
  });

  test('of grey go through their curve, in either connection space', () => {
    expect(render([ramp], { space: 'icc', icc: profile('GRAY', { kTRC: SRGB_CURVE }) }).samples[2]).toEqual(
      Array.from(ramp.data),
    );
    const lab = render([row([0, 136, 255])], { space: 'icc', icc: profile('GRAY', { kTRC: curv() }, 'Lab ') });
    expect(lab.samples[0]).toEqual([0, 127, 255]); // L* of 53.3 is the middle of sRGB
  });

  test.each([
    ['of lookup tables', profile('RGB ', { A2B0: join(ascii('mft1'), new Uint8Array(44)) })],
    ['that are damaged', new Uint8Array(7)],
    ['that are missing', undefined],
  ])('%s are handed over with a diagnostic', (_, icc) => {
    const { samples, codes } = render([row([1]), row([2]), row([3])], { space: 'icc', icc });
    expect(samples).toEqual([[1], [2], [3]]);
    expect(codes).toEqual(['icc-profile']);
  });
});

describe('what cannot be converted', () => {
  test('is shown by its number of channels', () => {
    expect(render([row([7])], { space: 'unknown' })).toMatchObject({ samples: [[7], [7], [7]], codes: [] });
    expect(render([row([7])], { space: 'unknown', enumerated: 19 }).codes).toEqual(['colour-space']);
    expect(render([row([1]), row([2]), row([3])], { space: 'esycc' })).toMatchObject({
      samples: [[1], [2], [3]],
      codes: ['colour-space'],
    });
  });

  test('for want of channels is shown with what there is', () => {
    expect(render([row([5])], { space: 'srgb' })).toMatchObject({
      samples: [[5], [5], [5]],
      codes: ['colour-space'],
    });
  });

  test('for want of any channel is a wrong call, as is an odd precision', () => {
    expect(() => render([], {})).toThrow(expect.objectContaining({ kind: 'usage', code: 'component-missing' }));
    expect(() => render([row([1])], {}, { precision: 17 })).toThrow(expect.objectContaining({ kind: 'usage' }));
  });
});
