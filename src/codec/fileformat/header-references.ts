/**
 * Header boxes that stand elsewhere: a cross-reference in a codestream or layer header counts as the box that it names
 * (15444-2 M.11.5).
 */
import { ByteWriter } from '../bits/byte-writer.ts';
import { DiagnosticLog } from '../errors.ts';
import type { ReadWindow } from '../read-window.ts';
import type { Reading } from '../source.ts';
import { type BoxContent, boxesIn, contentOffset, tolerate, writeBox } from './box.ts';
import { readCrossReference } from './data-references.ts';

/** What following references carries along. */
export interface ReferenceReader {
  readonly file: ReadWindow;
  readonly log: DiagnosticLog;
  /** Bytes of the file, as far as known. */
  readonly size: number | undefined;
  /** Bytes of headers that may still be read. */
  left: number;
}

/**
 * The contents of a superbox with every cross-reference in it replaced by the box that it names. Only what lies in the file
 * itself is followed, and only once: a reference to a reference stays one.
 */
export function* withReferences(box: BoxContent, reader: ReferenceReader): Reading<BoxContent> {
  const w = new ByteWriter(box.content.length);
  // whoever reads the result reports what is wrong with the other boxes
  for (const inner of boxesIn(box.content, contentOffset(box), new DiagnosticLog())) {
    const found = inner.type === 'cref' ? yield* follow(inner, reader) : inner;
    if (found) writeBox(w, found.type, () => w.append(found.content));
  }
  return { ...box, length: box.headerLength + w.length, content: w.take() };
}

/** The box that a cross-reference stands for; one that leads elsewhere, or nowhere, is reported. */
function* follow(
  box: BoxContent,
  reader: ReferenceReader,
): Reading<{ readonly type: string; readonly content: Uint8Array } | undefined> {
  const { file, log, size } = reader;
  const place = { offset: box.offset, clause: '15444-2 M.11.5' };
  const reference = tolerate(log, box, (cref) => readCrossReference(cref, log, size));
  if (!reference) return undefined;
  const { type, fragments } = reference;
  const length = fragments.reduce((sum, fragment) => sum + fragment.length, 0);
  if (fragments.some(({ dataReference }) => dataReference !== 0)) {
    log.add('fragment', `a '${type}' box in another file is not read`, place);
    return undefined;
  }
  if (length > reader.left) {
    log.add('limit-bytes', `a '${type}' box of ${length} bytes elsewhere is not read`, place);
    return undefined;
  }
  reader.left -= length;
  const content = new ByteWriter(length);
  for (const fragment of fragments) content.append(yield* file.need(fragment.offset, fragment.length));
  return { type, content: content.take() };
}
