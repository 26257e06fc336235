/**
 * The bytes of packets piece by piece, for whoever hands packets on without looking into them: a server of data-bins.
 */
import { joinBytes } from '../bits/join-bytes.ts';
import { malformed } from '../errors.ts';
import { type ByteRange, BytesSource, type RandomAccessSource } from '../source.ts';
import { joinNear } from './byte-store.ts';
import type { FoundEnds } from './found-ends.ts';
import { rangesIn } from './found-packets.ts';
import type { LoadOptions, PrecinctKey } from './precinct-source.ts';

/**
 * Bytes `start .. end` of a precinct's packets written one after another from layer 0, each header in line before its body, with EPH
 * where it is stored and without SOP.
 */
export interface PrecinctPiece {
  readonly key: PrecinctKey;
  readonly start: number;
  readonly end: number;
}

/** Pieces that were read, and what that took. */
export interface ReadPieces {
  /** The bytes of each piece, in the order asked. */
  readonly bytes: readonly Uint8Array[];
  /** Reads of the input, and bytes that came with them. */
  readonly reads: number;
  readonly readBytes: number;
}

/** Ranges with at most this many bytes between them are read as one: a read costs more than these do. */
export const NEAR = 8192;

/**
 * Where the bytes of a precinct begin in the input, if they stand there just as pieces have them; `undefined` where other packets or SOP
 * are between, or headers are packed.
 */
export function runOf(
  { found }: FoundEnds,
  { tile, component, resolution, precinct }: PrecinctKey,
): number | undefined {
  const packets = found.get(tile)?.packets;
  if (packets === undefined || packets.packedHeaders || packets.headerRuns) return undefined;
  const first = packets.rangeOf(component, resolution, precinct, 0);
  if (first === undefined) return undefined;
  let end = first.start + first.length;
  for (let layer = 1; ; layer++) {
    const range = packets.rangeOf(component, resolution, precinct, layer);
    if (range === undefined) break;
    if (range.start !== end) return undefined;
    end += range.length;
  }
  for (const { offset, length } of rangesIn(packets.runs, first.start, end - first.start)) {
    return length === end - first.start ? offset : undefined;
  }
  return undefined;
}

/**
 * Reads pieces, in one go: what lies near each other in the input comes with one read, and reads are in the order of the input.
 *
 * @throws {Jpeg2000Error} `source-changed` when the input is shorter than it was.
 */
export async function readPieces(
  ends: FoundEnds,
  pieces: readonly PrecinctPiece[],
  options: Pick<LoadOptions, 'signal'> = {},
): Promise<ReadPieces> {
  const parts = pieces.map((piece) => partsOf(ends, piece));
  const runs = joinNear(parts.flat().filter((part) => !(part instanceof Uint8Array)) as ByteRange[], NEAR);
  const { input } = ends;
  const { signal } = options;
  const held =
    input instanceof BytesSource
      ? runs.map(({ offset, length }) => input.bytes.subarray(offset, offset + length))
      : await readRuns(input, runs, signal ? { signal } : {});
  const bytes = parts.map((list) =>
    joinBytes(list.map((part) => (part instanceof Uint8Array ? part : sliceOf(runs, held, part)))),
  );
  return { bytes, reads: runs.length, readBytes: held.reduce((sum, run) => sum + run.length, 0) };
}

/** Where a piece stands in the input, in order; packed headers that are in memory are there as bytes. */
function partsOf({ found }: FoundEnds, { key, start, end }: PrecinctPiece): (ByteRange | Uint8Array)[] {
  const parts: (ByteRange | Uint8Array)[] = [];
  const packets = found.get(key.tile)?.packets;
  if (packets === undefined) return parts;
  const { packedHeaders, headerRuns, runs } = packets;
  const packed = packedHeaders !== undefined || headerRuns !== undefined;
  let at = 0;
  for (let layer = 0; at < end; layer++) {
    const range = packets.rangeOf(key.component, key.resolution, key.precinct, layer);
    if (range === undefined) break;
    const header = packed ? range.headerLength + range.eph : 0;
    if (packed && at + header > start) {
      const from = range.headerStart + Math.max(0, start - at);
      const length = Math.min(range.headerStart + header, range.headerStart + end - at) - from;
      if (packedHeaders) parts.push(packedHeaders.subarray(from, from + length));
      else parts.push(...rangesIn(headerRuns!, from, length));
    }
    at += header;
    const next = at + range.length;
    if (next > start && at < end) {
      const from = Math.max(start, at);
      parts.push(...rangesIn(runs, range.start + from - at, Math.min(end, next) - from));
    }
    at = next;
  }
  return parts;
}

/** Reads runs at once. */
export async function readRuns(
  input: RandomAccessSource,
  runs: readonly ByteRange[],
  options: Pick<LoadOptions, 'signal'>,
): Promise<Uint8Array[]> {
  if (runs.length === 0) return [];
  if (input.readMany && runs.length > 1) return input.readMany(runs, options);
  return Promise.all(runs.map((run) => input.read(run, options)));
}

/** A range out of the run that it was joined to. */
export function sliceOf(
  runs: readonly ByteRange[],
  held: readonly Uint8Array[],
  { offset, length }: ByteRange,
): Uint8Array {
  let k = 0;
  for (let lo = 0, hi = runs.length - 1; lo <= hi; ) {
    const middle = (lo + hi) >> 1;
    if (runs[middle].offset <= offset) {
      k = middle;
      lo = middle + 1;
    } else hi = middle - 1;
  }
  const at = offset - runs[k].offset;
  const bytes = held[k].subarray(at, at + length);
  if (bytes.length === length) return bytes;
  throw malformed('source-changed', `${length} bytes of a packet were found before, now there are ${bytes.length}`, {
    offset,
  });
}
