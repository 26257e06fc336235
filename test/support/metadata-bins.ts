/** Files as metadata-bins and back, over memory. */
import { joinBytes } from '../../src/codec/bits/join-bytes.ts';
import { DiagnosticLog } from '../../src/codec/errors.ts';
import { boxesIn } from '../../src/codec/fileformat/box.ts';
import { type JpxFile, readJpxFile } from '../../src/codec/fileformat/jpx-file.ts';
import { fieldsBeforeBoxes } from '../../src/codec/fileformat/superboxes.ts';
import { DEFAULT_LIMITS } from '../../src/codec/limits.ts';
import { readNow } from '../../src/codec/source.ts';
import {
  type MetadataBin,
  type SplitFile,
  type SplitOptions,
  splitMetadata,
} from '../../src/jpip/bins/metadata-bins.ts';

/** A file and its bins. */
export interface SplitBytes {
  readonly file: JpxFile;
  readonly split: SplitFile;
}

/** Divides a file in memory. */
export function splitBytes(bytes: Uint8Array, options: SplitOptions = {}): SplitBytes {
  const file = readNow(
    readJpxFile(new DiagnosticLog(), DEFAULT_LIMITS, () => bytes.length),
    bytes,
  );
  return { file, split: readNow(splitMetadata(file, bytes.length, options), bytes) };
}

/** The bytes of a bin, fetched from the file. */
export function bytesOfBin(bin: MetadataBin, file: Uint8Array): Uint8Array {
  const pieces = bin.pieces.map((piece) =>
    piece instanceof Uint8Array ? piece : file.subarray(piece.offset, piece.offset + piece.length),
  );
  return pieces.length === 0 ? new Uint8Array(0) : joinBytes(pieces);
}

/** A box as its type and contents, whatever form its length has. */
export type PlainBox = readonly [type: string, contents: string | readonly PlainBox[]];

/** Boxes with their contents in hex. */
export function plainBoxes(bytes: Uint8Array, depth = 0): PlainBox[] {
  const boxes: PlainBox[] = [];
  for (const { type, content } of boxesIn(bytes, 0, new DiagnosticLog())) {
    const fields = depth < 20 ? fieldsBeforeBoxes(type) : undefined;
    if (fields === undefined || content.length < fields) boxes.push([type, Buffer.from(content).toString('hex')]);
    else boxes.push([type, plainBoxes(content.subarray(fields), depth + 1)]);
  }
  return boxes;
}

/** What is left of boxes when the contents of codestreams are taken away. */
export function withoutCodestreams(boxes: readonly PlainBox[]): PlainBox[] {
  return boxes.map(([type, contents]) => (type === 'jp2c' || type === 'ftbl' ? ['jp2c', ''] : [type, contents]));
}

/** The boxes that hold no others. */
export function leavesOf(boxes: readonly PlainBox[]): string[] {
  return boxes.flatMap(([type, contents]) =>
    typeof contents === 'string' ? [`${type} ${contents}`] : leavesOf(contents),
  );
}
