/** Decodes one hostile file and says how it ended, how long it took and how much memory the process had: `one file`. */
import { readFileSync } from 'node:fs';
import { decodeSync, Jpeg2000Error } from '../../src/index.ts';
import { peakMemory } from '../../test/support/peak-memory.ts';

const bytes = new Uint8Array(readFileSync(process.argv[2]!));
const start = performance.now();
let outcome: string;
try {
  const image = decodeSync(bytes);
  outcome = image.status;
} catch (error) {
  if (error instanceof Jpeg2000Error) outcome = `${error.kind} ${error.code}: ${error.message}`;
  else outcome = `exception ${error instanceof Error ? error.stack : String(error)}`;
}
const ms = performance.now() - start;
console.log(JSON.stringify({ outcome, ms, peakMb: peakMemory() / 2 ** 20 }));
