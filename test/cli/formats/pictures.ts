/** Pictures for the tests of format writers. */
import type { ChannelInfo, ColourInfo, RasterImage, SampleArray } from '../../../src/codec/image.ts';

/** A picture of interleaved samples. */
export function picture(
  width: number,
  height: number,
  data: SampleArray,
  rest: Partial<Omit<RasterImage, 'colour'>> & { colour?: Partial<ColourInfo> } = {},
): RasterImage {
  const channels = data.length / (width * height);
  const colours: ChannelInfo[] = Array.from({ length: channels }, (_, k) => ({ kind: 'colour', association: k + 1 }));
  return {
    width,
    height,
    channels,
    precision: 8,
    signed: false,
    layout: 'interleaved',
    data,
    status: 'complete',
    warnings: [],
    stats: {} as RasterImage['stats'], // no writer looks at what a picture cost
    ...rest,
    colour: { space: channels < 3 ? 'grey' : 'srgb', channels: colours, palette: false, ...rest.colour },
  };
}

/** The same picture channel after channel, with planes. */
export function planar(image: RasterImage): RasterImage {
  const { width, height, channels, precision, signed } = image;
  const count = width * height;
  const data = image.data.slice();
  const planes = Array.from({ length: channels }, (_, c) => {
    const plane = data.subarray(c * count, (c + 1) * count);
    for (let i = 0; i < count; i++) plane[i] = image.data[i * channels + c];
    return { width, height, dx: 1, dy: 1, precision, signed, data: plane };
  });
  return { ...image, layout: 'planar', data, planes };
}

/** Colours 1 to n, then opacity. */
export function withOpacity(n: number): ChannelInfo[] {
  const colours = Array.from({ length: n }, (_, k) => ({ kind: 'colour' as const, association: k + 1 }));
  return [...colours, { kind: 'opacity', association: 0 }];
}

/** Bytes as text, for headers. */
export function textOf(bytes: Uint8Array, length: number): string {
  return String.fromCharCode(...bytes.subarray(0, length));
}
