/** The version of the package. */
import { readFileSync } from 'node:fs';

/** As the manifest says it, which lies beside the folder of the built file. */
export function readVersion(): string {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
}
