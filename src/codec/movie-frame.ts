/**
 * A frame of a movie by itself: the size that its codestream has, and the header that a file around it would have.
 */
import { ByteReader } from './bits/byte-reader.ts';
import { SIZ, SOC } from './codestream/markers.ts';
import { readSiz, type Siz } from './codestream/siz.ts';
import { DiagnosticLog, malformed } from './errors.ts';
import { boxesIn, contentOffset } from './fileformat/box.ts';
import { type Jp2Header, readJp2Header } from './fileformat/jp2-boxes.ts';
import type { ColourSpec } from './fileformat/jp2-spec.ts';
import { writeJp2Head } from './fileformat/write-jp2.ts';

/** SIZ, which follows SOC at once (15444-1 A.5.1). */
export function sizOf(codestream: Uint8Array): Siz {
  const fields = new ByteReader(codestream, 0, '15444-1 A.5.1');
  const [soc, siz, length] = [fields.u16(), fields.u16(), fields.u16()];
  if (soc !== SOC || siz !== SIZ)
    throw malformed('not-jpeg2000', 'expected SOC and SIZ', { offset: 0, clause: '15444-1 A.5.1' });
  return readSiz(new ByteReader(fields.slice(Math.max(0, length - 2)), 6, '15444-1 A.5.1'));
}

/** The JP2 header that a file around such a codestream would have. */
export function headerOf(siz: Siz, colour: ColourSpec | undefined): Jp2Header {
  const log = new DiagnosticLog();
  for (const box of boxesIn(writeJp2Head(siz, colour), 0, log)) {
    if (box.type === 'jp2h') return readJp2Header(box.content, contentOffset(box), log);
  }
  throw new Error('a JP2 file without a header was written');
}
