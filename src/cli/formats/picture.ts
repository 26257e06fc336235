/**
 * What the format writers have in common: one view of a picture whatever its layout, and the choice of what a format
 * can hold.
 *
 * How samples become numbers of a format is decided once, for all of them:
 * - PGX, TIFF and raw keep the values as they are, signed ones included.
 * - PNM and PAM keep them too and say the largest with maxval; PNG scales them to its full range of 8 or 16 bits.
 * - Formats without signed samples get them raised by 2^(precision - 1), as `opj_decompress` does.
 * - Formats with at most 16 bits get deeper samples scaled to 16.
 */
import type { ChannelInfo, RasterImage, SampleArray } from '../../codec/image.ts';
import { CommandLineError } from '../exit.ts';

/** One file to write. Its name is the output's with `suffix` before the extension. */
export interface OutputPart {
  readonly suffix: string;
  readonly bytes: Uint8Array;
  /** Where rows follow each other behind a head, so that a file can be put together from strips. */
  readonly stack?: Stack;
  /** What the format could not hold, for the user to know. */
  readonly note?: string;
}

/** A file as a head, which says the height, and rows. */
export interface Stack {
  /** The head of a file of so many rows. */
  headFor(height: number): Uint8Array;
  readonly rows: Uint8Array;
}

/** A head and rows behind it. */
export function stacked(
  height: number,
  headFor: (height: number) => Uint8Array,
  rows: Uint8Array,
): Pick<OutputPart, 'bytes' | 'stack'> {
  const head = headFor(height);
  const bytes = joined([head, rows]);
  return { bytes, stack: { headFor, rows: bytes.subarray(head.length) } };
}

/** One channel of a picture: sample `i` is `data[start + i * stride]`. */
export interface Channel {
  readonly width: number;
  readonly height: number;
  readonly precision: number;
  readonly signed: boolean;
  readonly kind: ChannelInfo['kind'];
  readonly data: SampleArray;
  readonly start: number;
  readonly stride: number;
}

/** The channels of a picture in either layout. */
export function channelsOf(image: RasterImage): Channel[] {
  const kindOf = (k: number) => image.colour.channels[k]?.kind ?? 'unspecified';
  if (image.planes) return image.planes.map((plane, k) => ({ ...plane, kind: kindOf(k), start: 0, stride: 1 }));
  const { width, height, precision, signed, data, channels } = image;
  const interleaved = image.layout === 'interleaved';
  return Array.from({ length: channels }, (_, k) => ({
    width,
    height,
    precision,
    signed,
    kind: kindOf(k),
    data,
    start: interleaved ? k : k * width * height,
    stride: interleaved ? channels : 1,
  }));
}

/** A suffix where there are several files, none where there is one. */
export function suffixOf(k: number, count: number): string {
  return count > 1 ? `_${k}` : '';
}

/** One file for each of several groups of channels. */
export function writeEach<T>(groups: readonly T[], write: (group: T) => Omit<OutputPart, 'suffix'>): OutputPart[] {
  return groups.map((group, k) => ({ suffix: suffixOf(k, groups.length), ...write(group) }));
}

/** Channels for a format of one or three colours, perhaps with opacity. */
export interface ColourGroup {
  readonly colours: readonly Channel[];
  readonly opacity: Channel | undefined;
  readonly note?: string;
}

/**
 * Splits a picture for such a format. With one or three colours of one size it is a single group; anything else
 * becomes one grey group for each channel. In a picture whose colour space is unknown, the last of two or four
 * channels is taken for opacity.
 */
export function colourGroups(image: RasterImage): ColourGroup[] {
  const channels = channelsOf(image);
  const unknown = image.colour.space === 'unknown' && (channels.length === 2 || channels.length === 4);
  const guessed = unknown && channels.every((c) => c.kind === 'colour');
  const isOpacity = (c: Channel, k: number) => (guessed ? k === channels.length - 1 : c.kind.endsWith('opacity'));
  const opacities = channels.filter(isOpacity);
  let colours = channels.filter((c, k) => c.kind === 'colour' && !isOpacity(c, k));
  if (colours.length === 0) colours = channels.filter((c, k) => !isOpacity(c, k));
  const used = [...colours, ...opacities.slice(0, 1)];
  const oneSize = used.every((c) => c.width === channels[0].width && c.height === channels[0].height);
  if ((colours.length !== 1 && colours.length !== 3) || !oneSize) {
    return channels.map((c) => ({ colours: [c], opacity: undefined }));
  }
  const left = channels.length - used.length;
  const note = left > 0 ? `${left} further channel${left > 1 ? 's' : ''} left out` : undefined;
  return [{ colours, opacity: opacities[0], ...(note ? { note } : {}) }];
}

/** All channels, which have to be of one size. */
export function alike(image: RasterImage, format: string): Channel[] {
  const channels = channelsOf(image);
  const [first] = channels;
  if (channels.some((c) => c.width !== first.width || c.height !== first.height)) {
    throw new CommandLineError(`${format} needs channels of one size: choose pgx or raw, or one component at a time`);
  }
  return channels;
}

/**
 * Maps a sample to 0…2^bits - 1 of an unsigned format: raised if signed, then scaled over the full range where depths
 * differ.
 */
export function toUnsigned(channel: Channel, bits: number): (value: number) => number {
  const raise = channel.signed ? 2 ** (channel.precision - 1) : 0;
  const top = 2 ** channel.precision - 1;
  const max = 2 ** bits - 1;
  const scale = max / top;
  return (value) => Math.round(Math.min(Math.max(value + raise, 0), top) * scale);
}

/** The depth a format of at most 16 bits gives to some channels: the largest of theirs, if it can. */
export function depthOf(channels: readonly Channel[]): number {
  return Math.min(16, Math.max(...channels.map((c) => c.precision)));
}

/** Interleaves channels as unsigned numbers of one depth, in one byte each or in two, big-endian. */
export function interleave(channels: readonly Channel[], bits: number): Uint8Array {
  const count = channels[0].width * channels[0].height;
  const size = bits <= 8 ? 1 : 2;
  const step = size * channels.length;
  const bytes = new Uint8Array(count * step);
  channels.forEach((channel, c) => {
    const { data, start, stride } = channel;
    const convert = toUnsigned(channel, bits);
    for (let i = 0, at = c * size; i < count; i++, at += step) {
      const value = convert(data[start + i * stride]);
      if (size === 2) {
        bytes[at] = value >> 8;
        bytes[at + 1] = value;
      } else {
        bytes[at] = value;
      }
    }
  });
  return bytes;
}

/** A picture as a reader gives it: interleaved samples of one kind. */
export interface ReadPicture {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly precision: number;
  readonly signed: boolean;
  readonly data: SampleArray;
  /** The channels are inks, as the tuple type of a PAM file can say. */
  readonly cmyk?: boolean;
}

/** ASCII to bytes. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

/** Bytes one after the other. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
