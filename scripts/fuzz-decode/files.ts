/** Which files are spoilt: the smaller ones of the conformance set, which between them have every feature of Part 1. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type SeedFile, seedFile } from './mutate.ts';

const MAX_BYTES = 6000;

/** Reads the files to spoil. */
export function loadFiles(sharedFolder: string): SeedFile[] {
  const files: SeedFile[] = [];
  for (const folder of ['features', 'part1', 'jp2']) {
    const path = join(sharedFolder, 'conformance', folder);
    for (const name of readdirSync(path).sort()) {
      if (!/\.(j2k|jp2)$/.test(name) || statSync(join(path, name)).size > MAX_BYTES) continue;
      files.push(seedFile(name, new Uint8Array(readFileSync(join(path, name)))));
    }
  }
  return files;
}
