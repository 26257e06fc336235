/**
 * A file put together from the metadata-bins that are held (15444-9 A.3.6), for reading what it says about colour, layers and the rest.
 *
 * Every placeholder gives way to the box that it stands for: the equivalent one before the original, and none while its contents are not all
 * there, but for superboxes, of which the boxes inside count that are there. A codestream becomes an empty box of its kind, which keeps its
 * number; its data are in other bins. Servers write placeholders of several shapes, and one leaves out which codestream is meant:
 * those are counted.
 */
import { ByteWriter } from '../../codec/bits/byte-writer.ts';
import { DiagnosticLog } from '../../codec/errors.ts';
import { type BoxContent, boxesIn, MAX_BOXES, tolerate, writeBox } from '../../codec/fileformat/box.ts';
import { MAX_BOX_DEPTH } from '../../codec/fileformat/box-tree.ts';
import { type Placeholder, readPlaceholder } from '../../codec/fileformat/placeholder.ts';
import { fieldsBeforeBoxes } from '../../codec/fileformat/superboxes.ts';
import type { JpipDiagnostic } from '../errors.ts';

/** What is held of a metadata-bin. */
export interface HeldBin {
  readonly bytes: Uint8Array;
  readonly complete: boolean;
}

/** A file made of metadata-bins. */
export interface JoinedFile {
  /** Boxes as in a file; empty for a bare codestream. */
  readonly file: Uint8Array;
  /** Metadata-bins of which something is missing, that other bins refer to; 0 is always referred to. */
  readonly missing: readonly number[];
  /** Numbers of the codestreams, in the order of their boxes. */
  readonly codestreams: readonly number[];
  /** What makes no sense and was left out. */
  readonly problems: readonly JpipDiagnostic[];
}

/** Codestreams that one placeholder may stand for: each becomes a box. */
const MOST_CODESTREAMS = MAX_BOXES;

interface Join {
  readonly bin: (id: number) => HeldBin | undefined;
  readonly log: DiagnosticLog;
  readonly missing: Set<number>;
  readonly codestreams: number[];
  /** Bins that are in use: a data-bin is the contents of one box, and so nothing can go round in circles. */
  readonly used: Set<number>;
  boxesLeft: number;
}

/** Puts a file together; `bin` gives what is held of a metadata-bin. */
export function joinMetadata(bin: (id: number) => HeldBin | undefined): JoinedFile {
  const join: Join = {
    bin,
    log: new DiagnosticLog(),
    missing: new Set(),
    codestreams: [],
    used: new Set([0]),
    boxesLeft: MAX_BOXES,
  };
  const w = new ByteWriter();
  const root = bin(0);
  if (!root?.complete) join.missing.add(0);
  if (root) writeBoxes(join, w, root.bytes, root.complete, 0);
  // a codestream that stands in no box is the whole target
  if (root?.complete && root.bytes.length === 0) join.codestreams.push(0);
  const problems = join.log.list.map(({ message, clause }) => ({
    code: 'metadata-bin' as const,
    message,
    ...(clause === undefined ? {} : { clause }),
  }));
  return { file: w.take(), missing: [...join.missing].sort((a, b) => a - b), codestreams: join.codestreams, problems };
}

/** Boxes that follow each other, as far as they go. */
function writeBoxes(join: Join, w: ByteWriter, bytes: Uint8Array, complete: boolean, depth: number): void {
  const walk = new DiagnosticLog();
  let last: BoxContent | undefined;
  for (const box of boxesIn(bytes, 0, walk)) {
    last = box;
    if (--join.boxesLeft < 0) {
      join.log.add('limit-boxes', `metadata of more than ${MAX_BOXES} boxes are left out`);
      return;
    }
    // the walk complains of a box that goes beyond what there is before it gives it
    const cut = !complete && walk.list.length > 0;
    if (box.type === 'phld') {
      const placeholder = cut ? undefined : tolerate(join.log, box, readPlaceholder);
      if (placeholder) writeReplaced(join, w, placeholder, depth);
    } else {
      writeWhole(join, w, box, !cut, depth);
    }
  }
  if (!complete) return;
  // the last box of a bin may say that it goes on to the end
  const openEnded = last !== undefined && bytes.subarray(last.offset, last.offset + 4).every((byte) => byte === 0);
  for (const { code, message } of openEnded ? [] : walk.list) join.log.add(code, message);
}

/** A box with contents; false when there is nothing of it to write. */
function writeWhole(join: Join, w: ByteWriter, box: BoxContent, complete: boolean, depth: number): void {
  const { type, content } = box;
  const fields = depth < MAX_BOX_DEPTH ? fieldsBeforeBoxes(type) : undefined;
  if (fields === undefined || content.length < fields) {
    if (!complete) return;
    if (type === 'jp2c') join.codestreams.push(join.codestreams.length);
    writeBox(w, type, () => w.append(content));
    return;
  }
  writeBox(w, type, () => {
    w.append(content.subarray(0, fields));
    writeBoxes(join, w, content.subarray(fields), complete, depth + 1);
  });
}

/** What a placeholder stands for. */
function writeReplaced(join: Join, w: ByteWriter, placeholder: Placeholder, depth: number): void {
  const { original, originalBin, equivalent, codestream, numCodestreams = 1 } = placeholder;
  if (codestream !== undefined || original.type === 'jp2c') {
    const first = codestream ?? join.codestreams.length;
    const count = Math.min(numCodestreams, MOST_CODESTREAMS, join.boxesLeft);
    for (let k = 0; k < count; k++) {
      join.codestreams.push(first + k);
      writeBox(w, 'jp2c', () => {});
    }
    join.boxesLeft -= count;
    return;
  }
  const choices = [
    ...(equivalent ? [{ type: equivalent.header.type, id: equivalent.bin }] : []),
    ...(originalBin === undefined ? [] : [{ type: original.type, id: originalBin }]),
  ].filter(({ id }) => !join.used.has(id));
  const held = choices.map((choice) => ({ ...choice, held: join.bin(choice.id) }));
  const chosen = held.find((choice) => choice.held?.complete) ?? held.find((choice) => choice.held !== undefined);
  if (!chosen?.held?.complete && choices.length > 0) join.missing.add((chosen ?? choices[0]).id);
  if (!chosen?.held) return;
  join.used.add(chosen.id);
  const { bytes, complete } = chosen.held;
  writeWhole(
    join,
    w,
    { type: chosen.type, offset: 0, headerLength: 8, length: 8 + bytes.length, content: bytes },
    complete,
    depth,
  );
}
