/** Where results go: names of output files, and writing that leaves either the whole file or none. */
import { mkdirSync, statSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
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

/** The path of one of several files of a picture: its suffix stands before the extension. */
export function pathOfPart(path: string, suffix: string): string {
  return suffix ? path.replace(/(\.[^./]*)?$/, `${suffix}$1`) : path;
}

/** A file that grows under a name of its own, so that an interrupted run never leaves half a picture under the real name. */
export interface WholeFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Gives it its real name. */
  finish(): Promise<void>;
  /** Takes it away; nothing after {@link finish}. */
  discard(): Promise<void>;
}

/** Begins a file that appears whole or not at all. */
export async function openWhole(path: string): Promise<WholeFile> {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.part`;
  const file = await open(temporary, 'w');
  let done = false;
  return {
    async write(bytes) {
      for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
    },
    async finish() {
      await file.close();
      await rename(temporary, path);
      done = true;
    },
    async discard() {
      if (done) return;
      await file.close();
      await rm(temporary, { force: true });
    },
  };
}

/** Writes a file that appears whole or not at all. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const file = await openWhole(path);
  try {
    await file.write(bytes);
    await file.finish();
  } finally {
    await file.discard();
  }
}
