/** Where results go: names of output files, and writing that leaves either the whole file or none. */
import { mkdirSync, statSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** True for a folder that exists. */
export function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** The output of one input: inside a folder when an extension is given, else the path or pattern itself. */
export function outputPathOf(output: string, name: string, extension: string | undefined): string {
  if (extension !== undefined) return join(output, `${name}.${extension}`);
  return output.replaceAll('{name}', name);
}

/** Writes to a name of its own first, so that an interrupted run never leaves half a picture under the real name. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.part`;
  try {
    await writeFile(temporary, bytes);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
