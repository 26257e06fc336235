/** The small pictures that the server of the JPIP fuzz has. */
import { readFileSync } from 'node:fs';

const NAMES = [
  'no-levels-53.j2k',
  'layers-lrcp-53.j2k',
  'tiles-offsets-53.j2k',
  'metadata.jp2',
  'subsampled-420-53.j2k',
];

/** Reads them, relative to the repository. */
export function fuzzPictures(): Map<string, Uint8Array> {
  return new Map(NAMES.map((name) => [name, readFileSync(`test/fixtures/${name}`)]));
}
