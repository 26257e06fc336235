/** Small planes and files for colour tests. */
import { DiagnosticLog } from '../../../src/codec/errors.ts';
import { type Jp2File, readJp2File } from '../../../src/codec/fileformat/jp2-file.ts';
import type { Plane, SampleArray } from '../../../src/codec/image.ts';
import { DEFAULT_LIMITS } from '../../../src/codec/limits.ts';
import { readNow } from '../../../src/codec/source.ts';
import { box, CODESTREAM, FTYP_JP2, IHDR, join, SIGNATURE } from '../fileformat/box-bytes.ts';

/** One row of samples. */
export function row(data: SampleArray | readonly number[], rest: Partial<Plane> = {}): Plane {
  const samples = Array.isArray(data) ? Int32Array.from(data) : (data as SampleArray);
  return { width: samples.length, height: 1, dx: 1, dy: 1, precision: 8, signed: false, ...rest, data: samples };
}

/** A file with these boxes in its JP2 header, behind the image header. */
export function fileWith(...boxes: Uint8Array[]): Jp2File {
  const bytes = join(SIGNATURE, FTYP_JP2, box('jp2h', join(IHDR, ...boxes)), box('jp2c', CODESTREAM));
  return readNow(readJp2File(new DiagnosticLog(), DEFAULT_LIMITS, bytes.length), bytes);
}

/** A bare codestream. */
export function bareFile(): Jp2File {
  return readNow(readJp2File(new DiagnosticLog(), DEFAULT_LIMITS, CODESTREAM.length), CODESTREAM);
}
