/**
 * Reading samples without any header: what they are has to be said.
 *
 * Two spellings are read. Ours is `WxHxC,bits,signed|unsigned,little|big,planar|interleaved`, of which all but the size
 * may be left out or come in any order: 8 bits, unsigned, big-endian, planar, as `jp2kit decode` writes raw files. The
 * other is that of `opj_compress -F`: `W,H,C,bits,s|u` and, after an `@`, distances of the components: `1x1:2x2:2x2`.
 */
import type { RawComponent } from '../../codec/encoder/options.ts';
import type { SampleArray } from '../../codec/image.ts';
import { CommandLineError } from '../exit.ts';
import type { InputPicture } from './input-picture.ts';

/** What raw samples are. */
export interface RawDescription {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly precision: number;
  readonly signed: boolean;
  readonly littleEndian: boolean;
  readonly layout: 'planar' | 'interleaved';
  /** Distances of samples, for components that are subsampled. */
  readonly distances?: readonly { readonly dx: number; readonly dy: number }[];
}

/** Reads a description in either spelling. */
export function parseRawDescription(text: string): RawDescription {
  const lower = text.toLowerCase().trim();
  const plain = lower.split('@')[0].split(',');
  const description = /^\d+$/.test(plain[0]) ? fromCommas(lower) : fromWords(lower);
  const { width, height, channels, precision } = description;
  const sizes = [width, height, channels];
  if (sizes.some((n) => !(n >= 1)) || channels > 16384) throw bad(text, 'sizes from 1');
  if (!(precision >= 1 && precision <= 32)) throw bad(text, '1 to 32 bits');
  return description;
}

function fromWords(text: string): RawDescription {
  const [size, ...words] = text.split(',').map((word) => word.trim());
  const match = /^(\d+)x(\d+)(?:x(\d+))?$/.exec(size);
  if (!match) throw bad(text, 'WIDTHxHEIGHTxCOMPONENTS first');
  let description: RawDescription = {
    width: Number(match[1]),
    height: Number(match[2]),
    channels: Number(match[3] ?? 1),
    precision: 8,
    signed: false,
    littleEndian: false,
    layout: 'planar',
  };
  for (const word of words) {
    const bits = /^(\d+)(?:[- ]?bits?)?$/.exec(word);
    if (bits) description = { ...description, precision: Number(bits[1]) };
    else if (word === 'signed' || word === 'unsigned') description = { ...description, signed: word === 'signed' };
    else if (word === 'little' || word === 'big') description = { ...description, littleEndian: word === 'little' };
    else if (word === 'planar' || word === 'interleaved') description = { ...description, layout: word };
    else throw bad(text, `no "${word}"`);
  }
  return description;
}

function fromCommas(text: string): RawDescription {
  const [main, subsampling] = text.split('@');
  const fields = main.split(',').map((field) => field.trim());
  if (fields.length !== 5 || !/^[su]$/.test(fields[4]) || !fields.slice(0, 4).every((f) => /^\d+$/.test(f))) {
    throw bad(text, 'W,H,C,bits,s or W,H,C,bits,u');
  }
  const [width, height, channels, precision] = fields.map(Number);
  const description = {
    width,
    height,
    channels,
    precision,
    signed: fields[4] === 's',
    littleEndian: false,
    layout: 'planar' as const,
  };
  if (subsampling === undefined) return description;
  const distances = subsampling.split(':').map((pair) => {
    const match = /^(\d+)x(\d+)$/.exec(pair.trim());
    const [dx, dy] = [Number(match?.[1]), Number(match?.[2])];
    if (!(dx >= 1 && dx <= 255 && dy >= 1 && dy <= 255)) throw bad(text, 'distances as 1x1:2x2:2x2');
    return { dx, dy };
  });
  if (distances.length !== channels) throw bad(text, `${channels} distances`);
  return { ...description, distances };
}

/** The picture that a description makes of bytes. */
export function readRaw(bytes: Uint8Array, description: RawDescription): InputPicture {
  const { width, height, channels, precision, signed, littleEndian, layout, distances } = description;
  const size = precision <= 8 ? 1 : precision <= 16 ? 2 : 4;
  const shapes = Array.from({ length: channels }, (_, c) => {
    const { dx, dy } = distances?.[c] ?? { dx: 1, dy: 1 };
    return { dx, dy, count: Math.ceil(width / dx) * Math.ceil(height / dy) };
  });
  const expected = size * shapes.reduce((sum, { count }) => sum + count, 0);
  if (bytes.length !== expected) {
    throw new CommandLineError(`the raw file has ${bytes.length} bytes where its description asks for ${expected}`);
  }
  const data = samplesOf(bytes, size, signed, littleEndian);
  const common = { width, height, precision, signed };
  if (layout === 'interleaved') return { image: { ...common, channels, layout, data }, notes: [] };
  let at = 0;
  const planes = shapes.map(({ dx, dy, count }): RawComponent => {
    at += count;
    return { data: data.subarray(at - count, at), dx, dy, precision, signed };
  });
  return { image: { ...common, planes }, notes: [] };
}

function samplesOf(bytes: Uint8Array, size: 1 | 2 | 4, signed: boolean, littleEndian: boolean): SampleArray {
  if (size === 1) return signed ? new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length) : bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = bytes.length / size;
  const data =
    size === 2 ? new (signed ? Int16Array : Uint16Array)(count) : new (signed ? Int32Array : Uint32Array)(count);
  for (let i = 0; i < count; i++) {
    if (size === 2) data[i] = signed ? view.getInt16(2 * i, littleEndian) : view.getUint16(2 * i, littleEndian);
    else data[i] = signed ? view.getInt32(4 * i, littleEndian) : view.getUint32(4 * i, littleEndian);
  }
  return data;
}

function bad(text: string, expected: string): CommandLineError {
  return new CommandLineError(
    `--raw takes WxHxC,bits,signed,little,interleaved or W,H,C,bits,s|u[@dxXdy:…]; of "${text}" expected ${expected}`,
  );
}
