/**
 * The boxes of a Motion JPEG 2000 file of the simple profile (15444-3): one track of pictures, in the file itself. What `mj2-file`
 * reads, written.
 */
import { ByteWriter } from '../bits/byte-writer.ts';
import { writeBox } from './box.ts';
import { writeFileType } from './jp2-boxes.ts';
import {
  writeDataInformation,
  writeFullBox,
  writeMediaHeader,
  writeMovieHeader,
  writeTrackHeader,
  writeVideoHandler,
  writeVideoMediaHeader,
} from './mj2-boxes.ts';
import { type SampleEntrySpec, writeSampleEntry } from './mj2-sample-entry.ts';
import { type SampleList, writeSampleTable } from './mj2-sample-table.ts';

/** A movie of one track. */
export interface MovieSpec extends SampleList {
  /** Units a second. */
  readonly timescale: number;
  readonly entry: SampleEntrySpec;
}

/** Signature and file type: a Motion JPEG 2000 file that readers of the simple profile understand. */
export function writeMovieHead(): Uint8Array {
  const w = new ByteWriter();
  writeBox(w, 'jP  ', () => w.u32(0x0d0a870a)); // 15444-1 I.5.1
  writeFileType(w, { brand: 'mjp2', minorVersion: 0, compatible: ['mjp2', 'mj2s'] });
  return w.take();
}

/** The movie box. Its length depends on the number of samples only, and on whether an offset needs 64 bits. */
export function writeMovieBox({ timescale, entry, ...samples }: MovieSpec): Uint8Array {
  const w = new ByteWriter(1024 + 16 * samples.sizes.length);
  const duration = samples.durations.reduce((sum, one) => sum + one, 0);
  writeBox(w, 'moov', () => {
    writeMovieHeader(w, { timescale, duration });
    writeBox(w, 'trak', () => {
      writeTrackHeader(w, { id: 1, duration, width: entry.width, height: entry.height });
      writeBox(w, 'mdia', () => {
        writeMediaHeader(w, { timescale, duration, language: 'und' });
        writeVideoHandler(w);
        writeBox(w, 'minf', () => {
          writeVideoMediaHeader(w);
          writeDataInformation(w);
          writeBox(w, 'stbl', () => {
            writeFullBox(w, 'stsd', 0, 0, () => {
              w.u32(1);
              writeSampleEntry(w, entry);
            });
            writeSampleTable(w, samples);
          });
        });
      });
    });
  });
  return w.take();
}

/** Header of a media data box around `length` bytes; with `wide` of 16 bytes whatever the length, so that it can be filled in later. */
export function writeMediaDataHeader(length: number, wide = false): Uint8Array {
  const w = new ByteWriter(16);
  const long = wide || length + 8 >= 2 ** 32;
  w.u32(long ? 1 : length + 8);
  w.text('mdat');
  if (long) w.u64(length + 16);
  return w.take();
}
