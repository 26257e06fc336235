/**
 * What a sample of a movie holds: a codestream in a box, or two for the fields of a frame (15444-3 6.1). Other muxers store codestreams
 * without a box, or whole JP2 files.
 */
import type { DiagnosticLog } from '../errors.ts';
import type { ReadWindow } from '../read-window.ts';
import { type ByteRange, type Reading, readRange } from '../source.ts';
import { type BoxHeader, contentOffset, readBoxHeader } from './box.ts';
import { type Jp2Header, readJp2Header } from './jp2-boxes.ts';
import type { SamplePlace } from './mj2-sample-table.ts';

/** What was found in a sample. */
export interface SampleContents {
  /** Codestreams, in order, as many as were asked for at most. */
  readonly codestreams: readonly ByteRange[];
  /** A JP2 header in the sample itself. */
  readonly header: Jp2Header | undefined;
}

/** Boxes that are looked at in one sample. */
const MAX_SAMPLE_BOXES = 64;

/** Bytes of a JP2 header inside a sample that are still read. */
const MAX_HEADER_BYTES = 1 << 24;

/** Looks through the boxes of a sample for its first codestreams; `window` ends with the sample, or with the file. */
export function* readSample(
  window: ReadWindow,
  place: SamplePlace,
  most: number,
  log: DiagnosticLog,
): Reading<SampleContents> {
  const end = place.offset + place.length;
  const start = yield* window.need(place.offset, 2);
  if (start[0] === 0xff && start[1] === 0x4f) {
    return { codestreams: [{ offset: place.offset, length: place.length }], header: undefined };
  }
  const codestreams: ByteRange[] = [];
  let header: Jp2Header | undefined;
  let offset = place.offset;
  for (let count = 0; offset < end && codestreams.length < most && count < MAX_SAMPLE_BOXES; count++) {
    const box: BoxHeader | undefined = yield* readBoxHeader(window, offset);
    if (!box) break;
    const stop = box.length === undefined ? end : offset + box.length;
    // a length that goes beyond the sample belongs to something else
    if (box.type === 'jp2c') {
      codestreams.push({ offset: contentOffset(box), length: Math.min(stop, end) - contentOffset(box) });
    }
    if (box.type === 'jp2h' && !header && stop - offset <= MAX_HEADER_BYTES) {
      const content = yield* readRange(contentOffset(box), stop - contentOffset(box));
      header = readJp2Header(content, contentOffset(box), log);
    }
    offset = stop;
  }
  return { codestreams, header };
}
