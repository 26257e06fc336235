/**
 * The Netpbm formats (netpbm.sourceforge.net/doc/pnm.html, pam.html): PGM and PPM with a maxval of 2^precision - 1,
 * and PAM, which holds any number of channels and names them.
 */
import type { RasterImage } from '../../codec/image.ts';
import { CommandLineError } from '../exit.ts';
import {
  alike,
  ascii,
  type Channel,
  channelsOf,
  colourGroups,
  depthOf,
  interleave,
  type OutputPart,
  type ReadPicture,
  stacked,
  writeEach,
} from './picture.ts';

/** PPM for a picture of three colours, PGM for one; otherwise a PGM for each channel. Opacity is left out. */
export function writePnm(image: RasterImage): OutputPart[] {
  return writeEach(colourGroups(image), ({ colours, opacity, note }) => {
    const notes = [opacity ? 'opacity left out' : '', note ?? ''].filter((text) => text !== '');
    return { ...pnmFile(colours), ...(notes.length > 0 ? { note: notes.join(', ') } : {}) };
  });
}

/** A PGM for each channel. */
export function writePgm(image: RasterImage): OutputPart[] {
  return writeEach(channelsOf(image), (channel) => pnmFile([channel]));
}

/** A PPM; of a picture of one colour its three are the same. */
export function writePpm(image: RasterImage): OutputPart[] {
  const groups = colourGroups(image);
  if (groups.length > 1) throw new CommandLineError('ppm needs one or three colours of one size');
  const [{ colours, opacity, note }] = groups;
  const [grey] = colours;
  const notes = [opacity ? 'opacity left out' : '', note ?? ''].filter((text) => text !== '');
  const file = pnmFile(colours.length === 3 ? colours : [grey, grey, grey]);
  return [{ suffix: '', ...file, ...(notes.length > 0 ? { note: notes.join(', ') } : {}) }];
}

function pnmFile(channels: readonly Channel[]): Pick<OutputPart, 'bytes' | 'stack'> {
  const [{ width, height }] = channels;
  const bits = depthOf(channels);
  const magic = channels.length === 3 ? 'P6' : 'P5';
  const headFor = (rows: number) => ascii(`${magic}\n${width} ${rows}\n${2 ** bits - 1}\n`);
  return stacked(height, headFor, interleave(channels, bits));
}

/**
 * One PAM with all channels; the tuple type says grey or colour, with or without opacity, where that is what they
 * are.
 */
export function writePam(image: RasterImage): OutputPart[] {
  const channels = alike(image, 'pam');
  const bits = depthOf(channels);
  const [group, ...others] = colourGroups(image);
  const { colours, opacity } = group;
  const named = others.length === 0 && channels.length === colours.length + (opacity ? 1 : 0);
  const order = named ? [...colours, ...(opacity ? [opacity] : [])] : channels;
  const base = colours.length === 3 ? 'RGB' : bits === 1 ? 'BLACKANDWHITE' : 'GRAYSCALE';
  const type = named ? `TUPLTYPE ${base}${opacity ? '_ALPHA' : ''}\n` : '';
  const { width, height } = channels[0];
  const headFor = (rows: number) =>
    ascii(`P7\nWIDTH ${width}\nHEIGHT ${rows}\nDEPTH ${order.length}\nMAXVAL ${2 ** bits - 1}\n${type}ENDHDR\n`);
  return [{ suffix: '', ...stacked(height, headFor, interleave(order, bits)) }];
}

/** Reads PBM, PGM and PPM, as text or as bytes (P1 to P6), and PAM (P7). */
export function readPnm(bytes: Uint8Array): ReadPicture {
  const magic = String.fromCharCode(bytes[0], bytes[1]);
  if (magic === 'P7') return readPam(bytes);
  if (!/^P[1-6]$/.test(magic)) throw new CommandLineError('not a PBM, PGM, PPM or PAM file');
  const text = new TokenReader(bytes, 2);
  if (magic === 'P1' || magic === 'P4') return readBitmap(bytes, text, magic === 'P4');
  const [width, height, maxval] = [text.number(), text.number(), text.number()];
  const channels = magic === 'P3' || magic === 'P6' ? 3 : 1;
  if (magic === 'P5' || magic === 'P6') return samples(bytes, text.at + 1, width, height, channels, maxval);
  const picture = emptyPicture(width, height, channels, maxval, bytes.length);
  for (let i = 0; i < picture.data.length; i++) picture.data[i] = text.number();
  return picture;
}

/** A PBM: 1 is black there and white here; as text the digits need no space between them. */
function readBitmap(bytes: Uint8Array, text: TokenReader, packed: boolean): ReadPicture {
  const [width, height] = [text.number(), text.number()];
  const rowBytes = Math.ceil(width / 8);
  const held = bytes.length - text.at - 1;
  const picture = emptyPicture(width, height, 1, 1, packed ? (held >= rowBytes * height ? width * height : 0) : held);
  const { data } = picture;
  let at = text.at + 1;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (packed) {
        data[i] = (bytes[at + y * rowBytes + (x >> 3)] >> (7 - (x & 7))) & 1 ? 0 : 1;
      } else {
        while (isSpace(bytes[at])) at++;
        const digit = bytes[at++];
        if (digit !== 0x30 && digit !== 0x31)
          throw new CommandLineError('the Netpbm file has no 0 or 1 where one belongs');
        data[i] = digit === 0x31 ? 0 : 1;
      }
    }
  }
  return picture;
}

function readPam(bytes: Uint8Array): ReadPicture {
  const fields = new Map<string, string>();
  let at = 0;
  for (;;) {
    const end = bytes.indexOf(0x0a, at);
    if (end < 0 || end - at > 1000) throw new CommandLineError('the header of the PAM file has no end');
    const line = String.fromCharCode(...bytes.subarray(at, end)).trim();
    at = end + 1;
    if (line === 'ENDHDR') break;
    const [name] = line.split(/\s+/, 1);
    if (!line.startsWith('#')) fields.set(name, line.slice(name.length).trim());
  }
  const number = (name: string) => wholeNumber(fields.get(name) ?? '');
  const picture = samples(bytes, at, number('WIDTH'), number('HEIGHT'), number('DEPTH'), number('MAXVAL'));
  return fields.get('TUPLTYPE')?.startsWith('CMYK') ? { ...picture, cmyk: true } : picture;
}

/** Binary samples: one byte each up to a maxval of 255, two big-endian ones above. */
function samples(
  bytes: Uint8Array,
  at: number,
  width: number,
  height: number,
  channels: number,
  maxval: number,
): ReadPicture {
  const size = maxval < 256 ? 1 : 2;
  const picture = emptyPicture(width, height, channels, maxval, Math.floor((bytes.length - at) / size));
  const { data } = picture;
  for (let i = 0; i < data.length; i++, at += size) data[i] = size === 1 ? bytes[at] : bytes[at] * 256 + bytes[at + 1];
  return picture;
}

/** Room for samples of which the file can hold `most`. */
function emptyPicture(width: number, height: number, channels: number, maxval: number, most: number): ReadPicture {
  const count = width * height * channels;
  if (!(width > 0 && height > 0 && channels > 0 && maxval > 0 && maxval < 65536)) {
    throw new CommandLineError(`a Netpbm file of ${width} x ${height} x ${channels} and maxval ${maxval} is not legal`);
  }
  if (count > most) throw new CommandLineError(`the Netpbm file ends before its ${count} samples`);
  const data = maxval < 256 ? new Uint8Array(count) : new Uint16Array(count);
  return { width, height, channels, precision: Math.ceil(Math.log2(maxval + 1)), signed: false, data };
}

/** Numbers between white space and comments. */
class TokenReader {
  /** Index behind the last token. */
  at: number;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  number(): number {
    const { bytes } = this;
    let at = this.at;
    while (at < bytes.length && (isSpace(bytes[at]) || bytes[at] === 0x23)) {
      if (bytes[at] === 0x23) while (at < bytes.length && bytes[at] !== 0x0a) at++;
      else at++;
    }
    const from = at;
    while (at < bytes.length && at - from < 20 && !isSpace(bytes[at])) at++;
    this.at = at;
    return wholeNumber(String.fromCharCode(...bytes.subarray(from, at)));
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

function wholeNumber(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new CommandLineError(`the Netpbm file has "${text}" where a number belongs`);
  return Number(text);
}
