/**
 * The placeholder box (15444-9 A.3.6.3): stands in a metadata-bin where the file has a box whose contents are somewhere else.
 *
 * It has the header of the box that it replaces and the number of the data-bin with that box's contents; the same for a box of
 * another kind that says as much; and the number of the codestream that the box is or refers to. The box may end behind any of these parts:
 * peers are known to write 28 bytes, up to the first header, and 52 bytes, with zeros where nothing stands.
 */
import type { ByteReader } from '../bits/byte-reader.ts';
import type { ByteWriter } from '../bits/byte-writer.ts';
import { type BoxContent, type BoxHeader, fieldsOf, readType, writeBox } from './box.ts';

/** The header of a box as it stands in the file, or would stand. */
export type ReplacedHeader = Pick<BoxHeader, 'type' | 'headerLength' | 'length'>;

/** What a placeholder says. */
export interface Placeholder {
  /** OrigBH: the box that the file has here. */
  readonly original: ReplacedHeader;
  /** OrigID: the metadata-bin with the contents of that box; `undefined` when there is none. */
  readonly originalBin?: number;
  /** EquivBH and EquivID: another box that serves the same purpose, and the metadata-bin with its contents. */
  readonly equivalent?: { readonly header: ReplacedHeader; readonly bin: number };
  /** CSID: the codestream that the box is or refers to, or the first of them. */
  readonly codestream?: number;
  /** NCS: how many codestreams those are. Default 1. */
  readonly numCodestreams?: number;
}

/** Flags: which of the numbers count. */
const HAS_ORIGINAL = 1;
const HAS_EQUIVALENT = 2;
const HAS_CODESTREAM = 4;
const HAS_SEVERAL = 8;

const CLAUSE = '15444-9 A.3.6.3';

/** Reads a placeholder of any length. */
export function readPlaceholder(box: BoxContent): Placeholder {
  const fields = fieldsOf(box, CLAUSE);
  const flags = fields.u32();
  const originalBin = readU64(fields);
  const original = readHeader(fields);
  const equivalentBin = fields.remaining > 0 ? readU64(fields) : undefined;
  const equivalent = fields.remaining > 0 ? readHeader(fields) : undefined;
  const codestream = fields.remaining > 0 ? readU64(fields) : undefined;
  const numCodestreams = fields.remaining > 0 ? fields.u32() : undefined;
  return {
    original,
    ...(flags & HAS_ORIGINAL ? { originalBin } : {}),
    ...(flags & HAS_EQUIVALENT && equivalent ? { equivalent: { header: equivalent, bin: equivalentBin! } } : {}),
    ...(flags & HAS_CODESTREAM && codestream !== undefined ? { codestream } : {}),
    ...(flags & HAS_SEVERAL && numCodestreams !== undefined ? { numCodestreams } : {}),
  };
}

/** A whole placeholder box, no longer than what it says; one about a codestream has the 52 bytes that clients know. */
export function writePlaceholder(w: ByteWriter, placeholder: Placeholder): void {
  const { original, originalBin, equivalent, codestream, numCodestreams } = placeholder;
  writeBox(w, 'phld', () => {
    let flags = originalBin === undefined ? 0 : HAS_ORIGINAL;
    if (equivalent) flags |= HAS_EQUIVALENT;
    if (codestream !== undefined) flags |= HAS_CODESTREAM;
    if (numCodestreams !== undefined) flags |= HAS_SEVERAL;
    w.u32(flags);
    w.u64(originalBin ?? 0);
    writeHeader(w, original);
    if (!equivalent && codestream === undefined) return;
    w.u64(equivalent?.bin ?? 0);
    if (equivalent) writeHeader(w, equivalent.header);
    else w.u64(0);
    if (codestream === undefined) return;
    w.u64(codestream);
    if (numCodestreams !== undefined) w.u32(numCodestreams);
  });
}

/** LBox, TBox and perhaps XLBox, of a box that is not here. */
function readHeader(fields: ByteReader): ReplacedHeader {
  const lbox = fields.u32();
  const type = readType(fields);
  if (lbox === 1) return { type, headerLength: 16, length: readU64(fields) };
  return { type, headerLength: 8, length: lbox === 0 ? undefined : lbox };
}

function writeHeader(w: ByteWriter, { type, headerLength, length }: ReplacedHeader): void {
  w.u32(headerLength === 16 ? 1 : (length ?? 0));
  w.text(type);
  if (headerLength === 16) w.u64(length ?? 0);
}

function readU64(fields: ByteReader): number {
  return fields.u32() * 2 ** 32 + fields.u32();
}
