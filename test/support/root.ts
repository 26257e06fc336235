/** Where the repository lies: tests, scripts and benches are bundled or run from different places, so they ask here. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

let found: string | undefined;

/** The folder of the project's package.json, searched upwards from the working folder. */
export function repositoryRoot(): string {
  if (found !== undefined) return found;
  for (let folder = resolve('.'); ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'jp2kit') {
      found = folder;
      return folder;
    }
    if (folder === dirname(folder)) throw new Error('run this inside the jp2kit repository');
  }
}

/** A path inside the repository. */
export function inRepository(...parts: string[]): string {
  return join(repositoryRoot(), ...parts);
}
