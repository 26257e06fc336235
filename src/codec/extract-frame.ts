/**
 * One frame of a JPX file as a file of its own.
 */
import { boxHeader } from './fileformat/box-edit.ts';
import { writeParts } from './fileformat/box-output.ts';
import type { SourceFragment } from './fileformat/fragment-source.ts';
import type { Jp2Header } from './fileformat/jp2-boxes.ts';
import { writeSingleHead } from './fileformat/write-jpx.ts';
import type { SinkWriter } from './sink.ts';
import type { AbortSignalLike } from './source.ts';

/** Writes header, metadata boxes and the codestream; without a header, the codestream alone. */
export async function writeFrameFile(
  out: SinkWriter,
  header: Jp2Header | undefined,
  metadata: Uint8Array,
  codestream: readonly SourceFragment[],
  signal: AbortSignalLike | undefined,
): Promise<void> {
  // the end of a bare codestream of unknown length is not known either
  const pieces = codestream.map((piece) => ({
    ...piece,
    length: Math.min(piece.length, (piece.source.size ?? Number.POSITIVE_INFINITY) - piece.offset),
  }));
  if (header) {
    await out.write(writeSingleHead(header, metadata));
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    await out.write(boxHeader('jp2c', length));
  }
  const parts = pieces.map((piece) => ({ kind: 'copy' as const, ...piece }));
  const [{ source }] = pieces;
  await writeParts(parts, out, { source, contents: new Map(), ...(signal ? { signal } : {}) });
}
