/**
 * The headers of a Motion JPEG 2000 file (15444-3; the structure is that of 15444-12): what a movie, a track and its media say of
 * themselves. Samples and their tables have files of their own, `mj2-sample-entry` and `mj2-sample-table`.
 *
 * Most of these boxes are *full boxes*: a byte of version and three of flags come first. Version 1 has times of 64 bits where version 0
 * has 32; the writer takes it only where it must.
 */
import type { ByteReader } from '../bits/byte-reader.ts';
import type { ByteWriter } from '../bits/byte-writer.ts';
import { type BoxContent, fieldsOf, readType, writeBox } from './box.ts';
import { decodeUtf8 } from './utf8.ts';

/** Movie header (15444-12 8.2.2). */
export interface MovieHeader {
  /** Units a second of the movie's own times. */
  readonly timescale: number;
  /** In those units; 0 where the file does not know. */
  readonly duration: number;
}

/** Track header (15444-12 8.3.2). */
export interface TrackHeader {
  readonly id: number;
  /** False for a track that is not to be shown. */
  readonly enabled: boolean;
  /** In units of the movie header. */
  readonly duration: number;
  /** Size at which it is shown, in pixels. Some writers leave nonsense here, so the sample entry is a better witness. */
  readonly width: number;
  readonly height: number;
}

/** Media header (15444-12 8.4.2). */
export interface MediaHeader {
  /** Units a second of this track's sample times. */
  readonly timescale: number;
  readonly duration: number;
  /** Three letters of ISO 639-2, `und` for none. */
  readonly language: string;
}

/** One entry of an edit list (15444-12 8.6.6): which part of the media is played, one after the other. */
export interface EditEntry {
  /** How long, in units of the movie header. */
  readonly duration: number;
  /** From where, in units of the media header; -1 for a pause. */
  readonly mediaTime: number;
  /** How fast; 1 is as recorded. */
  readonly rate: number;
}

/** The flags of a track: enabled, in the movie, in its preview (15444-12 8.3.2). */
const TRACK_FLAGS = 7;

/** The identity as a 3 x 3 matrix of 16.16 and 2.30 numbers. */
const IDENTITY = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000];

/** An edit list of an honest file has a handful of entries. */
const MAX_EDITS = 1024;

/** Version and flags. */
export function readFull(fields: ByteReader): { version: number; flags: number } {
  const word = fields.u32();
  return { version: word >>> 24, flags: word & 0xffffff };
}

/** A whole full box. */
export function writeFullBox(w: ByteWriter, type: string, version: number, flags: number, contents: () => void): void {
  writeBox(w, type, () => {
    w.u32(version * 2 ** 24 + flags);
    contents();
  });
}

/** A number of 64 bits, exact below 2^53; all of what lies above is far beyond any file. */
export function readU64(fields: ByteReader): number {
  return fields.u32() * 2 ** 32 + fields.u32();
}

/** Movie header (15444-12 8.2.2). */
export function readMovieHeader(box: BoxContent): MovieHeader {
  const fields = fieldsOf(box, '15444-12 8.2.2');
  return readTimes(fields, readFull(fields).version);
}

/** A whole movie header, for a movie of one track. */
export function writeMovieHeader(w: ByteWriter, { timescale, duration }: MovieHeader): void {
  const version = versionFor(duration);
  writeFullBox(w, 'mvhd', version, 0, () => {
    writeTimes(w, version, () => w.u32(timescale), duration);
    w.u32(0x10000); // rate 1
    w.u16(0x100); // volume 1
    w.append(new Uint8Array(10));
    for (const number of IDENTITY) w.u32(number);
    w.append(new Uint8Array(24));
    w.u32(2); // the next free track number
  });
}

/** Track header (15444-12 8.3.2). */
export function readTrackHeader(box: BoxContent): TrackHeader {
  const fields = fieldsOf(box, '15444-12 8.3.2');
  const { version, flags } = readFull(fields);
  fields.slice(version === 1 ? 16 : 8); // creation and modification
  const id = fields.u32();
  fields.u32();
  const duration = version === 1 ? readU64(fields) : fields.u32();
  fields.slice(16 + 36); // layer, group, volume; matrix
  const [width, height] = [fields.u32() / 2 ** 16, fields.u32() / 2 ** 16];
  return { id, enabled: (flags & 1) !== 0, duration, width, height };
}

/** A whole track header. */
export function writeTrackHeader(w: ByteWriter, track: Omit<TrackHeader, 'enabled'>): void {
  const version = versionFor(track.duration);
  writeFullBox(w, 'tkhd', version, TRACK_FLAGS, () => {
    const idAndNothing = () => {
      w.u32(track.id);
      w.u32(0);
    };
    writeTimes(w, version, idAndNothing, track.duration);
    w.append(new Uint8Array(16));
    for (const number of IDENTITY) w.u32(number);
    w.u32(track.width * 2 ** 16);
    w.u32(track.height * 2 ** 16);
  });
}

/** Media header (15444-12 8.4.2). */
export function readMediaHeader(box: BoxContent): MediaHeader {
  const fields = fieldsOf(box, '15444-12 8.4.2');
  const times = readTimes(fields, readFull(fields).version);
  return { ...times, language: fields.remaining < 2 ? 'und' : languageOf(fields.u16()) };
}

/** A whole media header. */
export function writeMediaHeader(w: ByteWriter, { timescale, duration, language }: MediaHeader): void {
  const version = versionFor(duration);
  writeFullBox(w, 'mdhd', version, 0, () => {
    writeTimes(w, version, () => w.u32(timescale), duration);
    w.u16([...language].reduce((packed, letter) => (packed << 5) | (letter.charCodeAt(0) - 0x60), 0));
    w.u16(0);
  });
}

/** Handler (15444-12 8.4.3): four characters, `vide` for pictures, and a name. */
export function readHandler(box: BoxContent): { type: string; name: string } {
  const fields = fieldsOf(box, '15444-12 8.4.3');
  fields.slice(8);
  const type = readType(fields);
  const name = fields.remaining <= 12 ? '' : decodeUtf8(fields.rest().subarray(12)).replace(/\0.*$/s, '');
  return { type, name };
}

/** A whole handler box for pictures. */
export function writeVideoHandler(w: ByteWriter): void {
  writeFullBox(w, 'hdlr', 0, 0, () => {
    w.u32(0);
    w.text('vide');
    w.append(new Uint8Array(12));
    w.text('video\0');
  });
}

/** Edit list (15444-12 8.6.6). A count that lies gives what is there. */
export function readEditList(box: BoxContent): EditEntry[] {
  const fields = fieldsOf(box, '15444-12 8.6.6');
  const wide = readFull(fields).version === 1;
  const count = Math.min(fields.u32(), MAX_EDITS, Math.floor(fields.remaining / (wide ? 20 : 12)));
  return Array.from({ length: count }, () => {
    const duration = wide ? readU64(fields) : fields.u32();
    const high = wide ? fields.u32() | 0 : 0;
    const mediaTime = wide ? high * 2 ** 32 + fields.u32() : fields.u32() | 0;
    return { duration, mediaTime, rate: (fields.u32() | 0) / 2 ** 16 };
  });
}

/** Which of a track's data references lie in the file itself (15444-12 8.7.2), in order. */
export function readDataReferences(boxes: readonly BoxContent[]): boolean[] {
  return boxes.map((box) => box.content.length >= 4 && (box.content[3] & 1) !== 0);
}

/** Data information of a file that holds its own samples (15444-12 8.7.1, 8.7.2). */
export function writeDataInformation(w: ByteWriter): void {
  writeBox(w, 'dinf', () =>
    writeFullBox(w, 'dref', 0, 0, () => {
      w.u32(1);
      writeFullBox(w, 'url ', 0, 1, () => {});
    }),
  );
}

/** A whole video media header (15444-12 12.1.2). */
export function writeVideoMediaHeader(w: ByteWriter): void {
  writeFullBox(w, 'vmhd', 0, 1, () => w.append(new Uint8Array(8)));
}

/** Creation and modification, then time scale and duration, as movie and media headers begin. */
function readTimes(fields: ByteReader, version: number): { timescale: number; duration: number } {
  fields.slice(version === 1 ? 16 : 8);
  const timescale = fields.u32();
  return { timescale, duration: version === 1 ? readU64(fields) : fields.u32() };
}

/** Dates are left at zero, so that the same frames make the same file. */
function writeTimes(w: ByteWriter, version: number, between: () => void, duration: number): void {
  w.append(new Uint8Array(version === 1 ? 16 : 8));
  between();
  if (version === 1) w.u64(duration);
  else w.u32(duration);
}

function versionFor(duration: number): 0 | 1 {
  return duration < 2 ** 32 ? 0 : 1;
}

/** Three letters of five bits each; some writers leave zero. */
function languageOf(packed: number): string {
  if (packed === 0) return 'und';
  return String.fromCharCode(...[10, 5, 0].map((shift) => 0x60 + ((packed >> shift) & 31)));
}
